"""Follow-up: messages that decisions send are handled in the same transaction.

An order and its parcels inform each other. Such a message is decided at once, and stored in the
transaction of its sender. All others go through the outbox: messages to stock, to several orders,
and to a subject that has another message in the same turn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import attrs

from orderflow.engine.pipeline.envelope import Envelope, LoadedSubjects, Prepared
from orderflow.engine.pipeline.prepare import Preparer
from orderflow.errors import raised
from orderflow.model.folds.builder import changed
from orderflow.model.work import Message
from orderflow.ports import Commit

__all__ = ["follow"]

_DEPTH = 8
"""The longest chain of messages that are handled at once."""


def follow(
    preparer: Preparer,
    commits: Mapping[int, Commit],
    taken: Collection[str],
    reading: LoadedSubjects,
) -> dict[int, Commit]:
    """The same commits, each with the commits that follow from it.

    *taken* are the subjects of all messages of this turn. A message that cannot be handled now
    stays in the outbox, with all later messages to the same subject.
    """
    chains = {number: _Chain([commit]) for number, commit in commits.items()}
    owners: dict[str, _Chain | None] = dict.fromkeys(taken)
    owners |= {chain.parts[0].subject: chain for chain in chains.values()}
    fresh = [(chain, chain.parts[0]) for chain in chains.values() if chain.parts[0].messages]
    for _ in range(_DEPTH):
        told = [(chain, m) for chain, part in fresh for m in chain.tells(part, owners)]
        if not told:
            break
        envelopes = [Envelope(message.to, message.body, message.key) for _, message in told]
        try:
            preparer.read(envelopes, reading)
        except raised():  # the worker reads them again, one by one, and reports the error
            break
        fresh = []
        for (chain, message), envelope in zip(told, envelopes, strict=True):
            if part := chain.take(message, preparer, envelope, reading):
                fresh.append((chain, part))
    return {number: chain.commit() for number, chain in chains.items()}


@attrs.define(eq=False)
class _Chain:
    """A commit with the messages that are handled in the same transaction, *carried*."""

    parts: list[Commit]
    carried: set[str] = attrs.field(factory=set)
    left: set[str] = attrs.field(factory=set)

    def tells(self, part: Commit, owners: dict[str, _Chain | None]) -> Iterator[Message]:
        """Messages of a part that may be handled at once; this chain now owns their subjects."""
        several = sum(message.to.startswith("order:") for message in part.messages) > 1
        for message in part.messages:
            apart = message.to.startswith("stock:") or (several and message.to.startswith("order:"))
            if not apart and owners.setdefault(message.to, self) is self:
                yield message
            else:
                self.left.add(message.to)

    def take(
        self, message: Message, preparer: Preparer, envelope: Envelope, reading: LoadedSubjects
    ) -> Commit | None:
        """The commit of a message; None where it stays in the outbox."""
        if message.to in self.left:
            return None
        try:
            prepared = preparer.prepare(envelope, reading)
        except raised():  # the worker delivers it, and reports the error
            prepared = ()
        if not isinstance(prepared, Prepared):
            self.left.add(message.to)
            return None
        part = prepared.commit
        reading.apply(part)
        self.carried.add(message.key)
        self.parts.append(part)
        return part

    def commit(self) -> Commit:
        """All parts as one commit."""
        if not self.carried:
            return self.parts[0]
        first, *along = map(self._without, self.parts)
        return changed(first, with_it=tuple(along))

    def _without(self, part: Commit) -> Commit:
        left = tuple(message for message in part.messages if message.key not in self.carried)
        return changed(part, messages=left) if part.messages else part
