"""The shop in which the scenarios play: its own example is true."""

import doctest

import tests.shop


def test_the_example_is_true() -> None:
    found = doctest.testmod(tests.shop)
    assert (found.failed, found.attempted > 0) == (0, True)
