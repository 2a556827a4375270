"""Field types for type checkers: what a field accepts, and what it then is."""

from __future__ import annotations

from typing import Any, Generic, Self, TypeVar, overload

__all__ = ["Accepts"]

G_contra = TypeVar("G_contra", contravariant=True)
K_co = TypeVar("K_co", covariant=True)


class Accepts(Generic[G_contra, K_co]):
    """A field that accepts more than it keeps: ``"6.50"`` for a price, which becomes a Decimal.

    Only type checkers see it: they take the type of a constructor's argument from ``__set__``, and
    the type of the attribute from ``__get__``. At run time no field uses it.
    """

    @overload
    def __get__(self, instance: None, owner: type[object]) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[object]) -> K_co: ...
    def __get__(self, instance: object, owner: type[object]) -> Any: ...
    def __set__(self, instance: object, value: G_contra) -> None: ...
