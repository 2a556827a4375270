"""Submitting commands about orders: repeated ones get their old answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from orderflow.engine.pipeline.envelope import DecisionOrRefusals, Envelope, check_enveloped, digest
from orderflow.engine.pipeline.fault import as_rule_failure
from orderflow.engine.pipeline.handle import Handler
from orderflow.errors import NotFound, OrderflowError, Refusal, Refused
from orderflow.model.commands import Command, PlaceOrder, SaveDraft, StockCommand
from orderflow.model.folds.fold import fold
from orderflow.model.order import Order
from orderflow.ports import ProcessedMessage

__all__ = ["Submitter"]

_TOGETHER = 100


class Submitter:
    """Handles commands about orders. The same id with the same content gets the same answer."""

    def __init__(self, handler: Handler) -> None:
        self._handler, self._store = handler, handler.store

    def submit(self, command: Command, task: str = "") -> Order:
        """The order after a command, alone or as the completion of a *task*.

        Raises Refused, NotFound, Conflict.
        """
        (found,) = self.submit_all([command], task)
        if isinstance(found, Exception):
            raise found
        return found

    def submit_all(
        self, commands: Sequence[Command], task: str = ""
    ) -> list[Order | OrderflowError]:
        """For each command the order after it, or the error that :meth:`submit` would raise."""
        for command in commands:
            check_enveloped(command, Command)
            if isinstance(command.body, StockCommand):
                raise TypeError("stock is no order's: use engine.change_stock(command)")
        return [answer for run in _runs(commands) for answer in self._together(run, task)]

    def _together(self, commands: Sequence[Command], task: str) -> list[Order | OrderflowError]:
        found: dict[int, Order | OrderflowError] = {}
        new: dict[int, Envelope] = {}
        for number, command in enumerate(commands):
            try:
                known = self._known_answer(command)
                if known is not None:
                    found[number] = known
                else:
                    new[number] = self._envelope(command, task)
            except OrderflowError as refused:
                found[number] = refused
        answers = self._handler.handle_all(list(new.values()))
        for (number, envelope), answer in zip(new.items(), answers, strict=True):
            try:
                found[number] = self._told(commands[number], envelope, answer)
            except OrderflowError as error:
                found[number] = error
        return [found[number] for number in range(len(commands))]

    def _told(
        self, command: Command, envelope: Envelope, answer: DecisionOrRefusals
    ) -> Order | OrderflowError:
        if answer is None:  # the same command arrived twice at the same moment
            (again,) = self._together([command], envelope.task)
            return again
        if isinstance(answer, tuple):
            with suppress(Refused):  # its id was taken meanwhile: return its own refusals
                if known := self._known_answer(command):  # it arrived twice, this one was slower
                    return known
            order_id = envelope.subject.removeprefix("order:")
            self._handler.rules.hooks.tell_refused(order_id, answer)
            return Refused(answer)
        return (
            as_rule_failure(answer, envelope.subject) if isinstance(answer, Exception) else answer
        )

    def _envelope(self, command: Command, task: str) -> Envelope:
        body, order_id = command.body, command.subject
        creates = isinstance(body, PlaceOrder | SaveDraft)
        if isinstance(body, PlaceOrder | SaveDraft):
            order_id = body.order.number or self._handler.ids.new("order")
        cause = command.id or self._handler.ids.new("message")
        content = digest(command.content())
        return Envelope(
            f"order:{order_id}",
            body,
            f"{order_id}/{cause}",
            command.actor,
            processed=(_scope(command), command.id, content) if command.id else None,
            creates=creates,
            task=task,
        )

    def _known_answer(self, command: Command) -> Order | None:
        """The order as it was after the command, where it was processed before; else None."""
        if not command.id:
            return None
        receipt = self.is_processed(_scope(command), command.id, digest(command.content()))
        return None if receipt is None else self._as_of(receipt)

    def _as_of(self, receipt: ProcessedMessage) -> Order:
        """The order at the version of a processed message, folded from the journal."""
        name = receipt.subject.removeprefix("order:")
        order = self._store.order(name)
        if order is None:
            raise NotFound(f"there is no order {name}")
        entries = (e for e in self._store.journal(receipt.subject) if e.version <= receipt.version)
        return order.with_state(fold(entries, order.id))

    def completed(self, task: str, message: str) -> Order | None:
        """The order after a task was completed under an id; None where it was not.

        The task is closed, but its key begins with the id of its order or parcel.
        """
        for end in [at for at, letter in enumerate(task) if letter in "-:"]:
            name = task[:end]
            for scope in (name, f"order:{name}"):
                if receipt := self._store.processed(scope, message):
                    return self._as_of(receipt)
            if self._store.processed(f"parcel:{name}", message) and (
                parcel := self._store.parcel(name)
            ):
                return self._store.order(parcel.lead)
        return None

    def is_processed(self, scope: str, message: str, content: str) -> ProcessedMessage | None:
        """The processed message; None if new. Raises Refused where its content was another."""
        receipt = self._store.processed(scope, message)
        if receipt is not None and receipt.digest != content:
            sentence = f"the id {message} was used for another content; give this one its own id"
            raise Refused([Refusal("id_reused", sentence)])
        return receipt

    def in_transaction(self, connection: Any) -> Submitter:
        """The same submitter, inside the application's transaction."""
        return Submitter(self._handler.in_transaction(connection))


def _runs(commands: Sequence[Command]) -> Iterator[list[Command]]:
    """Split commands into runs that are handled together: no run has an id twice."""
    run: list[Command] = []
    ids: set[tuple[str, str]] = set()
    for command in commands:
        used = (_scope(command), command.id) if command.id else None
        if len(run) == _TOGETHER or used in ids:
            yield run
            run, ids = [], set()
        run.append(command)
        if used:
            ids.add(used)
    yield run


def _scope(command: Command) -> str:
    body = command.body
    return (
        f"channel:{body.order.channel}"
        if isinstance(body, PlaceOrder | SaveDraft)
        else command.subject
    )
