"""Laws, and contracts: sets of laws that each subclass runs, one pytest test for each.

Hypothesis refuses an inherited ``@given`` on a second subclass, so each contract gets a copy of
each law with its own ``given``.
"""

from __future__ import annotations

import functools
import inspect
from abc import ABC
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, overload, runtime_checkable

import attrs
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

__all__ = ["Contract", "Law", "law", "must_meet"]

Check = Callable[..., None]


@runtime_checkable
class Told(Protocol):
    """A drawn value with a story; a failure shows it."""

    def story(self) -> str:
        """The events, line by line."""


_LEAST = 20


@attrs.frozen(eq=False)
class Law:
    """A law: a check and its reason. Made by :func:`law`.

    Attributes:
        check: The test; its arguments are drawn.
        why: What goes wrong where the law is broken.
        since: The first release with it.
        needs: The capability that it tests; empty where it holds for all.
        share: The share of the profile's examples that is enough, for laws over histories.
    """

    check: Check
    why: str = ""
    since: str = ""
    needs: str = ""
    share: float = 1.0

    @property
    def name(self) -> str:
        """The law's name, as in ``declined``; its test is ``test_`` and the name."""
        return self.check.__name__

    @property
    def sentence(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.check) or self.name.replace("_", " ")).partition("\n")[0]

    @property
    def draws(self) -> tuple[str, ...]:
        """The names of its drawn arguments."""
        return tuple(inspect.signature(self.check).parameters)[1:]

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else functools.partial(self.check, instance)


@overload
def law(check: Check, /) -> Law: ...
@overload
def law(
    *, why: str = ..., since: str = ..., needs: str = ..., share: float = ...
) -> Callable[[Check], Law]: ...
def law(check: Check | None = None, /, **about: Any) -> Law | Callable[[Check], Law]:
    """Make a method of a contract a law, optionally with the fields of :class:`Law`.

    Each argument besides ``self`` is drawn from the contract's method of that name.
    """
    return Law(check) if check is not None else lambda found: Law(found, **about)


class Contract(ABC):  # noqa: B024 (its subclasses have abstract methods)
    """A set of laws. A subclass named ``Test…`` gets a test for each, and can add laws.

    Override a method that draws data to narrow the data.

    Attributes:
        declined: Laws that do not hold here, each with a reason; their tests are skipped.
        capabilities: Optional promises that hold here; laws about others are skipped.
    """

    declined: ClassVar[Mapping[str, str]] = {}
    capabilities: ClassVar[frozenset[str]] = frozenset()

    if TYPE_CHECKING:
        # The tests, which a subclass gets at its creation.
        def __getattr__(self, name: str) -> Callable[[], None]: ...

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        laws = {found.name: found for found in cls.laws()}
        _check_names(cls, laws)
        for found in laws.values():
            setattr(cls, f"test_{found.name}", _test_of(cls, found))

    @classmethod
    def laws(cls) -> Iterator[Law]:
        """Every law of the contract: the general ones first."""
        names = [name for kind in reversed(cls.__mro__) for name in vars(kind)]
        for name in dict.fromkeys(names):
            found = getattr(cls, name, None)
            if isinstance(found, Law):
                yield found


def _check_names(cls: type[Contract], laws: Mapping[str, Law]) -> None:
    """Raise TypeError for missing methods and misspelled laws, when the class is created."""
    names = {name: getattr(cls, name, None) for kind in cls.__mro__ for name in vars(kind)}
    missing = [n for n in names if getattr(names[n], "__isabstractmethod__", False)]
    if missing and cls.__name__.startswith("Test"):
        raise TypeError(f"{cls.__name__} has no {missing[0]}(): write what it gives to test")
    for name, reason in cls.declined.items():
        if name not in laws:
            raise TypeError(f"{cls.__name__} declines {name!r}; its laws are: {', '.join(laws)}")
        if not reason.strip():
            raise TypeError(f"{cls.__name__} declines {name!r} and does not say why")
    known = sorted({found.needs for found in laws.values()} - {""})
    if unknown := sorted(set(cls.capabilities) - set(known)):
        raise TypeError(f"{cls.__name__} has unknown capabilities {unknown}; there are: {known}")
    for found in laws.values():
        for name in found.draws:
            if not callable(getattr(cls, name, None)):
                raise TypeError(f"{cls.__name__} has no method {name}() for {found.name} to draw")


def _test_of(cls: type[Contract], found: Law) -> Callable[[Any], None]:
    """A test of one law for one contract."""
    if reason := cls.declined.get(found.name):
        return _skipped(cls, found, f"declined: {reason}")
    if found.needs and found.needs not in cls.capabilities:
        return _skipped(cls, found, f"not a capability of {cls.__name__}: {found.needs}")

    def test(self: Any, *drawn: Any) -> None:
        try:
            found.check(self, *drawn)
        except Exception as error:
            error.add_note(f"law {found.name}: {found.sentence}")
            if found.why:
                error.add_note(f"     because {found.why}")
            for found_in in drawn:
                if isinstance(found_in, Told):
                    error.add_note(f"What happened:\n{found_in.story()}")
            raise

    _named(test, cls, found)
    if not found.draws:
        return test
    test.__signature__ = inspect.signature(found.check)  # type: ignore[attr-defined]  # for given
    data = {name: _drawn(cls, name) for name in found.draws}
    return given(**data)(_effort(found)(test))


def _effort(found: Law) -> settings:
    """The profile's settings, with fewer examples for laws over histories."""
    profile = settings.default
    assert profile is not None  # Hypothesis always has one
    fewer = min(profile.max_examples, max(_LEAST, round(profile.max_examples * found.share)))
    slow = {HealthCheck.too_slow, *profile.suppress_health_check}
    told = [phase for phase in profile.phases if phase is not Phase.explain]  # stories explain
    return settings(
        profile,
        max_examples=fewer,
        deadline=None,
        phases=told,
        suppress_health_check=tuple(slow),
    )


def _drawn(cls: type[Contract], name: str) -> st.SearchStrategy[Any]:
    """The contract's strategy of this name; created when the test runs."""
    return st.deferred(lambda: getattr(cls(), name)())  # noqa: PLW0108 (later)


def _skipped(cls: type[Contract], found: Law, reason: str) -> Callable[[Any], None]:
    def test(_self: Any) -> None:
        pytest.skip(reason)

    _named(test, cls, found)
    return test


def _named(test: Any, cls: type[Contract], found: Law) -> None:
    test.__name__, test.__doc__ = f"test_{found.name}", found.sentence
    test.__qualname__, test.__module__ = f"{cls.__qualname__}.{test.__name__}", cls.__module__


def must_meet(
    drawn: st.SearchStrategy[Any], wanted: Callable[[Any], bool], examples: int, told: str
) -> None:
    """Raise AssertionError with *told* where none of the drawn *examples* is wanted."""
    budget = settings(
        max_examples=examples, database=None, derandomize=True, phases=[Phase.generate]
    )
    try:
        find(drawn, wanted, settings=budget)
    except NoSuchExample:
        raise AssertionError(told) from None
