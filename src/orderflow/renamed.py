"""Old names and the new ones. The old ones still work, with a DeprecationWarning, until 0.3.

The upgrade page is made from these tables.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar
from warnings import warn

__all__ = [
    "ARGUMENTS",
    "CARD",
    "MEMBERS",
    "NAMES",
    "keeps_old_members",
    "old_names",
    "with_new_names",
]

T = TypeVar("T")

NAMES: Mapping[str, Mapping[str, str]] = {
    "orderflow.calendars": {"later": "add_span"},
    "orderflow.carriers": {"recognise": "recognize"},
    "orderflow.documents": {"Facts": "DocumentValues", "Item": "DocumentLine"},
    "orderflow.engine": {"Offer": "CommandCheck", "WaitsFor": "PendingItem"},
    "orderflow.engine.doctor": {"mend": "repair", "mend_of": "repair_of"},
    "orderflow.errors": {
        "ByHand": "NeedsPerson",
        "OldTransaction": "StaleTransaction",
        "UnknownHere": "NotRegistered",
    },
    "orderflow.fulfillment": {"OnePlace": "SingleSource"},
    "orderflow.kernel.decision.rules": {"Place": "RoutingOption"},
    "orderflow.model.commands": {
        "ConfirmReceipt": "ConfirmDelivery",
        "Draft": "SaveDraft",
        "ExpectReceipt": "ExpectInbound",
        "Place": "PlaceOrder",
        "Receive": "ReceiveStock",
        "RemindPayment": "SendDunning",
        "Substitute": "AcceptSubstitute",
    },
    "orderflow.model.document": {"ItemFacts": "ItemDetails"},
    "orderflow.model.observations": {"EventUnread": "UnreadableEvent", "Fact": "ObservationBody"},
    "orderflow.model.returns": {"Finding": "InspectionLine"},
    "orderflow.model.state": {"PaymentFact": "PaymentOutcome"},
    "orderflow.ports": {
        "Committed": "Stored",
        "Deed": "EffectAttempt",
        "GiveUp": "PartnerCancellation",
        "InboxItem": "UnmatchedItem",
        "Party": "Partner",
        "PartyRequest": "PartnerRequest",
        "Payments": "PaymentProvider",
        "Pending": "OutboxRow",
        "Receipt": "ProcessedMessage",
        "Reply": "EffectAnswer",
        "SharedStore": "ScheduledStore",
        "TakeBack": "PartnerReturn",
        "Taken": "LeasedRows",
        "TakesBack": "AcceptsReturns",
        "Watch": "WatcherCall",
    },
    "orderflow.simulation": {"Moods": "PartnerBehavior", "SimulatedParty": "SimulatedPartner"},
    "orderflow.testing": {
        "Broken": "BrokenLaw",
        "Died": "SimulatedCrash",
        "FakeParty": "FakePartner",
        "Moods": "PortFaults",
        "Move": "LifeStep",
        "PartyContract": "PartnerContract",
        "Performed": "PerformedEffect",
    },
    "orderflow.workflow": {
        "OfUnits": "UnitsPending",
        "PartyAnswer": "PartnerAnswer",
        "Release": "WorkRelease",
    },
}
"""What may be imported: module, old name, new name."""

_STORE: Mapping[str, str] = {
    "claim": "lease",
    "commit_and_claim": "commit_and_lease",
    "dismiss": "dismiss_unmatched",
    "expected": "inbound_shipments",
    "fail": "record_failure",
    "find": "resolve",
    "gave_up": "given_up_rows",
    "hand_over": "dispatch",
    "inbox": "unmatched",
    "keep": "park",
    "keep_unreadable": "park_unreadable",
    "levels": "stock_levels",
    "load": "orders_by_id",
    "mend": "repair",
    "movements": "stock_movements",
    "odd": "inconsistencies",
    "orders": "order_ids",
    "parcels": "parcels_by_id",
    "pending": "open_rows",
    "promised": "reservations_of",
    "put_off": "postpone",
    "reading": "read_session",
    "receipt": "processed",
    "reserved": "reservations_of_order",
    "rewrite": "rewrite_history",
    "still": "snapshot",
    "still_mine": "lease_valid",
    "stock": "list_stock_levels",
    "strike": "purge",
    "take": "lease_all",
    "take_one": "lease_one",
    "undelivered": "pending_messages",
    "waiting": "waiting_list",
    "within": "in_transaction",
}

MEMBERS: Mapping[str, Mapping[str, str]] = {
    "Engine": {
        "finish_walk": "finish_pick_tour",
        "forget": "erase",
        "forget_order": "erase_order",
        "inbox": "unmatched",
        "plan_walk": "plan_pick_tour",
        "silent": "idle_parts",
    },
    "Explanation": {"offered": "allowed", "silent": "idle_parts", "waits": "pending"},
    "FakePartner": {"asked_back": "cancellations", "reminded": "chased"},
    "Partner": {"give_up": "cancel", "remind": "chase", "take_back": "accept_return"},
    "FulfillmentStrategy": {"takes_back": "accepts_returns"},
    "PartnerContract": {"make_party": "make_partner"},
    "MemoryStore": _STORE,
    "Payments": {"kept": "net_captured"},
    "SqlStore": _STORE,
    "Step": {"facts": "external"},
}
"""Methods and attributes: class, old name, new name."""

ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "Engine": {
        "facts": "external",
        "hit": "shortage",
        "owed": "amount_due",
        "serve": "backorder_priority",
    },
    "SqlStore": {"patience": "lock_timeout"},
}
"""Keyword arguments: class, old name, new name."""

CARD: Mapping[str, str] = {
    "hit": "shortage",
    "owed": "amount_due",
    "serve": "backorder_priority",
    "takes_back": "accepts_returns",
    "orderflow.model.amount_due:owed_for_what_is_kept": "orderflow.model.amount_due:amount_due",
    "orderflow.fulfillment.parties:Dropship.accepts": (
        "orderflow.fulfillment.partners:Dropship.accepts"
    ),
    "orderflow.fulfillment.parties:ThirdParty.accepts": (
        "orderflow.fulfillment.partners:ThirdParty.accepts"
    ),
}
"""What a card of the rules names: as an earlier release wrote it, and as it is read."""


def old_names(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module, which finds what it still calls by an old name."""

    def named(name: str) -> Any:
        new = NAMES[module].get(name)
        if new is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        _tell(f"{module}.{name}", new)
        return getattr(sys.modules[module], new)

    return named


def keeps_old_members(kind: type[T]) -> type[T]:
    """Let a class answer to its old members and keyword arguments; ``dir()`` has the new alone."""
    members = MEMBERS.get(kind.__name__, {})

    def named(value: Any, name: str) -> Any:
        if (new := members.get(name)) is None:
            raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")
        _tell(f"{kind.__name__}.{name}", new)
        return getattr(value, new)

    if members:
        kind.__getattr__ = named  # type: ignore[attr-defined]  # asked for what is not there
    if renamed := ARGUMENTS.get(kind.__name__):
        _take_old_arguments(kind, renamed)
    return kind


def takes_old_overrides(kind: type[Any], of: str) -> None:
    """Let a subclass of *of* that overrides a member by its old name override it by the new one."""
    for old, new in MEMBERS[of].items():
        if old in vars(kind):
            _tell(f"{kind.__name__}.{old}", new)
            setattr(kind, new, vars(kind)[old])


def with_new_names(port: Any, kind: str) -> Any:
    """A port as it is now called; one that has the old methods of its *kind* is wrapped."""
    old = {now: was for was, now in MEMBERS[kind].items() if hasattr(port, was)}
    lacking = {now: was for now, was in old.items() if not hasattr(port, now)}
    if not lacking:
        return port
    for now, was in lacking.items():
        _tell(f"{type(port).__name__}.{was}", now)
    return _Renamed(port, lacking)


class _Renamed:
    """A port of the application, with its methods under their new names besides."""

    def __init__(self, port: Any, lacking: Mapping[str, str]) -> None:
        self._port = port
        vars(self).update({now: getattr(port, was) for now, was in lacking.items()})

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


def _take_old_arguments(kind: type[Any], renamed: Mapping[str, str]) -> None:
    begin = kind.__init__

    @wraps(begin)
    def with_new_arguments(self: Any, *given: Any, **named: Any) -> None:
        for old in renamed.keys() & named.keys():
            _tell(f"{kind.__name__}({old}=)", renamed[old])
            named[renamed[old]] = named.pop(old)
        begin(self, *given, **named)

    kind.__init__ = with_new_arguments


def _tell(old: str, new: str) -> None:
    warn(f"{old} is now called {new}", DeprecationWarning, stacklevel=3)
