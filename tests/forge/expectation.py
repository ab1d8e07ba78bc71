"""Foretells what an audit finds in a damaged ledger, from what was done to it.

No signature is checked here and no record hashed: the draft knows who signed what, and
which record is not the one that was promised. What follows from that for entries, rosters
and the whole is worked out here, once more and on its own, from section 9 of SPEC.md.
"""

import dataclasses

import reference_path  # noqa: F401
import checkpoint as checkpoints
import entry as entries
import proof as proofs
import tree
from encoding import Malformed

import forge
from draft import is_met
from ledger_copy import signatures

# In the order of the table.
CODES = """checkpoint-invalid witness-quorum rollback fork stale root-mismatch entry-malformed
    chain-broken time-reversed writer-unknown writer-gap writer-chain-broken writer-signature
    writer-fork roster-invalid record-mismatch record-malformed record-missing
    receipt-mismatch incomplete""".split()


@dataclasses.dataclass
class _Roster:
    """The rosters as the entries bring them into force."""

    in_force: int = 0
    judge: int = 0
    proofs_hold: bool = True
    is_settled: bool = True


class Expectation:
    """The findings of a sealed draft, in order, as "code", "code entry", "code entry.position"."""

    def __init__(self, draft):
        self._draft = draft
        self._ledger = set(draft.found)
        self._entries = []
        self._rosters = _Roster()
        self._signed_roots = []
        self._orders = []
        self._missing = {}
        self._leaves = draft.leaves()
        self.size = None
        self.root = None
        self.is_signed_by_log = False
        self.first_look = self._work_out()

    def _work_out(self):
        draft = self._draft
        if not draft.is_checkpoint_read:
            return sorted(self._ledger)
        try:
            checkpoint = checkpoints.parse(draft.checkpoint_note)
        except Malformed:
            return ["checkpoint-invalid"]
        self.size, self.root = checkpoint.size, checkpoint.root
        self.origin = checkpoint.origin
        end = self.size if draft.ends_at is None else draft.ends_at
        self._walk(draft.items[:end])
        self.is_whole = min(end, len(draft.items)) == self.size
        if self.is_whole:
            self._judge_tree(checkpoint)
            self._judge_checkpoint(checkpoint)
        else:
            self._ledger.add("incomplete")
        return self._texts()

    # Entries

    def _walk(self, items):
        prev = entries.genesis_prev(self._draft.copy.ledger_id)
        received, ends = 0, {}
        for index, item in enumerate(items):
            self._judge(index, item, prev, received, ends)
            prev = self._leaves[index]
            if not item.is_malformed:
                received = item.entry.received

    def _judge(self, index, item, prev, received, ends):
        entry = item.entry
        if item.is_malformed:
            self._find(index, "entry-malformed")
            return
        if entry.prev != prev:
            self._find(index, "chain-broken")
        if entry.received < received:
            self._find(index, "time-reversed")
        roster = self._draft.rosters[self._rosters.in_force].roster
        writer = roster.writers.get(entry.key)
        if writer is None:
            self._find(index, "writer-unknown")
        else:
            self._judge_chain(index, item, writer.name, ends)
        if item.is_roster or index == 0:
            if writer is not None and not self._accept(index, item, writer.role):
                self._find(index, "roster-invalid")
        self._judge_records(index, item, writer)

    def _judge_chain(self, index, item, name, ends):
        entry = item.entry
        first = 1, entries.first_head(self._draft.copy.ledger_id, name)
        number, before = ends.get(name, first)
        if entry.number != number:
            self._find(index, "writer-gap")
        if entry.before != before:
            self._find(index, "writer-chain-broken")
        if not item.is_signed:
            self._find(index, "writer-signature")
        ends[name] = entry.last_number + 1, entry.head

    # Rosters

    def _accept(self, index, item, role):
        """Bring the roster of an entry into force; return False for `roster-invalid`."""
        draft, state = self._draft, self._rosters
        if not item.is_roster or role not in (b"operator", b"committee"):
            return False
        if index == 0:
            return item.entry.digests == [draft.rosters[0].roster.digest]
        serial = state.in_force + 1
        file = draft.rosters[serial] if serial < len(draft.rosters) else None
        if file is None or file.fault == "invalid":
            return False
        if file.fault == "unreadable":
            self._ledger.add("incomplete")
            state.is_settled = False
            return True
        if item.entry.digests != [file.roster.digest]:
            return False
        if file.proof_fault == "unreadable":
            self._ledger.add("incomplete")
            state.is_settled = False
            return True
        state.in_force = serial
        is_proved = self._is_proved(index, item, serial)
        state.proofs_hold = state.proofs_hold and is_proved
        if state.proofs_hold:
            state.judge = serial
        return is_proved

    def _is_proved(self, index, item, serial):
        file = self._draft.rosters[serial]
        if file.proof is None or file.proof_fault == "absent":
            return False
        before = self._draft.rosters[serial - 1].roster
        try:
            proof = proofs.parse(file.proof)
        except Malformed:
            return False
        signed = signatures(proof.checkpoint.note, self._draft.rosters)
        logs = before.logs + file.roster.logs
        is_signed = not signed.keys.isdisjoint(logs) and proof.checkpoint.origin == before.origin
        if is_signed:
            self._signed_roots.append((proof.checkpoint.size, proof.checkpoint.root))
        return (
            file.proof_fault is None
            and is_signed
            and signed.wrong.isdisjoint(logs + before.witnesses)
            and is_met(before.policy, signed.keys)
            and proof.index == index
            and proof.extra_elements()[0] == item.raw
        )

    # Records

    def _judge_records(self, index, item, writer):
        if index in self._draft.unread_records:
            return
        if item.is_misfit:
            self._find(index, "record-malformed", 0)
            return
        if item.is_roster:
            return
        for position in range(len(item.pairs)):
            if position in item.faults:
                self._find(index, item.faults[position], position)
                continue
            if position in item.missing:
                self._missing[index, position] = item.missing[position]
            if item.missing.get(position) is not False and writer is not None:
                self._take_order(index, position, item, writer)

    def _take_order(self, index, position, item, writer):
        if writer.role != b"committee" or not item.is_signed:
            return
        fields = item.fields(position)
        if fields["action"] == "erase.record":
            self._orders.append(((index, position), set(fields.get("records", ()))))

    def _excuse(self):
        """Take out what is missing by an order that has no finding of its own."""
        is_changed = True
        while is_changed:
            names = set()
            for address, named in self._orders:
                if address not in self._missing:
                    names |= named
            left = {
                (index, position): is_sealed
                for (index, position), is_sealed in self._missing.items()
                if "%d.%d" % (index, position) not in names
                and not (is_sealed and "%d.%d/sealed" % (index, position) in names)
            }
            is_changed = left != self._missing
            self._missing = left

    # The whole

    def _judge_tree(self, checkpoint):
        leaves = self._leaves[: checkpoint.size]
        self._root_fits = tree.root_of(leaves) == checkpoint.root
        if not self._root_fits:
            self._ledger.add("root-mismatch")
        self._is_forked = self._root_fits and any(
            size <= len(leaves) and tree.root_of(leaves[:size]) != root
            for size, root in self._signed_roots
        )

    def _judge_checkpoint(self, checkpoint):
        draft, state = self._draft, self._rosters
        roster = draft.rosters[state.judge].roster
        signed = draft.signed
        is_origin = checkpoint.origin == roster.origin
        is_logged = not signed.keys.isdisjoint(roster.logs)
        self.is_signed_by_log = is_logged and is_origin
        if self.is_signed_by_log and self._is_forked:
            self._ledger.add("fork")
        if not state.is_settled:
            return
        if not self.is_signed_by_log or not signed.wrong.isdisjoint(roster.logs + roster.witnesses):
            self._ledger.add("checkpoint-invalid")
        if not is_met(roster.policy, signed.keys):
            self._ledger.add("witness-quorum")

    # In words

    def _find(self, index, code, position=None):
        self._entries.append((index, CODES.index(code), -1 if position is None else position))

    def _texts(self):
        self._excuse()
        for index, position in self._missing:
            self._find(index, "record-missing", position)
        texts = []
        for index, rank, position in sorted(self._entries):
            address = "%d" % index if position < 0 else "%d.%d" % (index, position)
            texts.append("%s %s" % (CODES[rank], address))
        return texts + sorted(self._ledger, key=CODES.index)

    # With what an audit of the ledger as it was remembers

    def with_state(self):
        """Return the findings of an auditor who saw the ledger before, None where that depends
        on how much of it is read."""
        before = self._draft.copy.checkpoint
        if self.size is None:
            return self.first_look
        if (self.size, self.root) == (before.size, before.root):
            return self._of_checkpoint_alone()
        if not self.is_whole:
            return None
        found = list(self.first_look)
        if self.size > before.size and self._root_fits and not self._differs_from(before):
            # Only what is new is read.
            found = [text for text in found if _index(text) >= before.size]
        elif self.size < before.size:
            found.append("rollback")
        elif self.is_signed_by_log and self._differs_from(before):
            found.append("fork")
        own = [text for text in found if " " in text]
        ledger = {text for text in found if " " not in text}
        return own + sorted(ledger, key=CODES.index)

    def _of_checkpoint_alone(self):
        """Nothing is new but signatures: beside them only the tree's right edge is read."""
        draft = self._draft
        roster = draft.copy.rosters[-1].roster
        signed, known = draft.signed, roster.logs + roster.witnesses
        found = {"stale"} & draft.found
        is_logged = not signed.keys.isdisjoint(roster.logs) and self.origin == roster.origin
        if not is_logged or not signed.wrong.isdisjoint(known):
            found.add("checkpoint-invalid")
        if not is_met(roster.policy, signed.keys):
            found.add("witness-quorum")
        return sorted(found | self._of_right_edge(), key=CODES.index)

    def _of_right_edge(self):
        """Say what is found in the partial tiles above the first level."""
        copy, files, found = self._draft.copy, self._draft.files(), set()
        empty = [b""] * len(copy.leaves)
        for name, data in forge.tile_files(empty, empty, copy.leaves).items():
            level, is_partial = name.split("/")[1], ".p/" in name
            if level in ("0", "entries", "records") or not is_partial:
                continue
            served = files.get(name, forge.ABSENT)
            if not isinstance(served, bytes) or len(served) < len(data):
                found.add("incomplete")
            if isinstance(served, bytes) and not data.startswith(served):
                found.add("root-mismatch")
        return found

    def _differs_from(self, before):
        if self.size == before.size:
            return self.root != before.root
        return self._root_fits and tree.root_of(self._leaves[: before.size]) != before.root


def _index(text):
    """Return the entry's index in a finding; what is about the whole ledger is always new."""
    _, _, address = text.partition(" ")
    return int(address.split(".")[0]) if address else float("inf")
