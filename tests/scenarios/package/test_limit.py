"""The time limit of the tests that wait for other processes."""

from datetime import timedelta
from threading import Event

import pytest

from tests.limit import within


def test_a_wait_without_end_is_ended() -> None:
    with (
        pytest.raises(TimeoutError, match="not done within"),
        within(timedelta(0, 0.05)),
    ):
        Event().wait(60)


def test_what_is_done_in_time_is_let_be() -> None:
    with within(timedelta(0, 0.05)):
        pass
    assert not Event().wait(0.1)
