"""Ports that are listened to while a life is recorded, and that answer from it when it is replayed.

A port is known by a name in its shop; what it can do is a tuple of methods.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tests.same.wire import Json, answered, failed, read_answer, read_error, text

Call = Callable[[str, str, tuple[Any, ...]], Any]
"""Answers one call: the port's name, the method, what it was given."""

CARRIER = ("buy_label", "find", "void_label", "hand_over")
RECALLING_CARRIER = (*CARRIER, "intercept")
PARTNER = ("submit", "cancel", "chase")
PARTNER_THAT_ACCEPTS_RETURNS = (*PARTNER, "accept_return")
PAYMENTS = ("refund",)
NOTIFIER = ("send",)
WAREHOUSE = ("pick",)
_RENAMED = {"give_up": "cancel", "remind": "chase", "take_back": "accept_return"}
"""What methods were called when lives were recorded, and are now."""


def port(name: str, methods: Sequence[str], call: Call) -> Any:
    """An object with these methods and no other: some ports are known by what they can do."""

    def method(each: str) -> Callable[..., Any]:
        return lambda _self, *given: call(name, each, given)

    return type("Port", (), {each: method(each) for each in methods})()


def key_of(given: tuple[Any, ...]) -> str:
    """The idempotency key of a call: what it begins with, or what its request has."""
    return given[0] if isinstance(given[0], str) else str(given[0].key)


class Heard:
    """Passes calls on to real ports, and takes down what they answer."""

    def __init__(self, ports: Mapping[str, object]) -> None:
        self._ports = ports
        self.answers: list[Json] = []
        self.listens = False
        """Whether the worker performs an effect: what others ask the ports is their own affair."""

    def __call__(self, name: str, method: str, given: tuple[Any, ...]) -> Any:
        if not self.listens:
            return getattr(self._ports[name], method)(*given)
        entry: Json = {"port": name, "call": method, "key": key_of(given)}
        self.answers.append(entry)
        try:
            answer = getattr(self._ports[name], method)(*given)
        except Exception as error:
            entry["error"] = failed(error)
            raise
        if (wire := answered(answer)) is not None:
            entry["answer"] = wire
        return answer


class Scripted:
    """Answers as it was recorded, in order for each port, method and key; tells each call."""

    def __init__(self, answers: Sequence[Json], tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._left: dict[tuple[str, str, str], deque[Json]] = defaultdict(deque)
        for entry in answers:
            call: str = entry["call"]
            self._left[entry["port"], _RENAMED.get(call, call), entry["key"]].append(entry)
        self.calls = 0

    def __call__(self, name: str, method: str, given: tuple[Any, ...]) -> Any:
        self.calls += 1
        known = self._left[name, method, key_of(given)]
        entry = known.popleft() if known else {"error": ["PortFailed", "NOT IN THE RECORDING"]}
        said = entry.get("error") or entry.get("answer")
        self._tell(f"{name}.{method} {text(given)} -> {text(said)}")
        if "error" in entry:
            raise read_error(entry["error"])
        return read_answer(entry.get("answer"))

    def never_asked(self) -> list[str]:
        """The calls of the recording that did not come."""
        return [
            f"never called: {name}.{method} {key}"
            for (name, method, key), left in self._left.items()
            for _ in left
        ]
