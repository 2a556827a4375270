"""Runs one law of a contract against something broken on purpose, fast: without shrinking."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from hypothesis import Phase, settings

from orderflow.testing import Contract

settings.register_profile(
    "mutants",
    max_examples=200,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    report_multiple_bugs=False,
)


def what_is_told(contract: type[Contract], law: str, **methods: Any) -> str:
    """What a contract says of something that breaks a law, as pytest would show it.

    *methods* are the contract's: what each of them gives.
    """
    before = settings.get_current_profile_name()
    settings.load_profile("mutants")
    try:
        body = {name: staticmethod(given) for name, given in methods.items()}
        test = getattr(type(f"Test{law}", (contract,), body)(), f"test_{law}")
    finally:
        settings.load_profile(before)
    with pytest.raises(Exception) as caught:  # noqa: PT011 (what is told is looked at)
        test()
    return "".join(traceback.format_exception_only(caught.value))
