"""Judges the entries of a ledger one after the other (formats.md section 9)."""

import dataclasses

import entry as entries
import ed25519
import tree
from encoding import Malformed
from findings import Finding


@dataclasses.dataclass
class Judged:
    """An entry, who sent it, and what is wrong with it; `entry` is None when malformed."""

    index: int
    findings: list
    entry: entries.Entry | None = None
    writer: object = None
    is_rightly_signed: bool = False


@dataclasses.dataclass(frozen=True)
class _ChainEnd:
    """Where a writer's chain stands: its next record number and its head."""

    number: int
    head: bytes


class Walk:
    def __init__(self, ledger_id, succession):
        self._ledger_id = ledger_id
        self._succession = succession
        self._prev = entries.genesis_prev(ledger_id)
        self._chains = {}
        self.last_received = None
        # Replaced by whoever has had the signatures checked already.
        self.verify = lambda index, *signed: ed25519.verify(*signed)

    def judge(self, index, raw):
        judged = Judged(index, [])
        self._judge(judged, raw)
        self._prev = tree.leaf_hash(raw)
        return judged

    def _judge(self, judged, raw):
        def found(code):
            judged.findings.append(Finding(code, judged.index))

        try:
            entry = judged.entry = entries.decode(raw)
        except Malformed:
            found("entry-malformed")
            return
        if entry.prev != self._prev:
            found("chain-broken")
        if self.last_received is not None and entry.received < self.last_received:
            found("time-reversed")
        self.last_received = entry.received
        writer = self._succession.in_force.writers.get(entry.key)
        if writer is None:
            found("writer-unknown")
            return
        judged.writer = writer
        self._judge_chain(judged, found)
        if entry.kind == entries.KIND_ROSTER:
            if self._succession.accept(judged.index, raw, entry, writer):
                found("roster-invalid")
        elif judged.index == 0:
            found("roster-invalid")

    def _judge_chain(self, judged, found):
        entry, name = judged.entry, judged.writer.name
        chain = self._chains.get(name)
        if chain is None:
            chain = _ChainEnd(1, entries.first_head(self._ledger_id, name))
        if entry.number != chain.number:
            found("writer-gap")
        if entry.before != chain.head:
            found("writer-chain-broken")
        head = entry.head
        # What comes next is held against what this entry states, so that one
        # fault is found once.
        self._chains[name] = _ChainEnd(entry.last_number + 1, head)
        text = entries.signed_text(self._ledger_id, name, entry.last_number, head)
        key = judged.writer.key.public
        judged.is_rightly_signed = self.verify(judged.index, key, text, entry.signature)
        if not judged.is_rightly_signed:
            found("writer-signature")
