"""Which roster is in force, for entries and for checkpoints (formats.md section 7)."""

import dataclasses
import enum

import checkpoint as checkpoints
import proof as proofs
import roster as rosters
import tree
from encoding import Malformed
from source import Absent, Unreadable, read_file


def trace_parents(source, trusted):
    """Return the rosters from serial 0 to the trusted one, or None where one is not had."""
    lineage = [trusted]
    while lineage[0].serial > 0:
        name = "roster/%d" % (lineage[0].serial - 1)
        try:
            data = read_file(source, name, rosters.NOTE_BYTES_MAX)
            lineage.insert(0, rosters.parse_parent(data, lineage[0]))
        except (Absent, Unreadable, Malformed):
            return None
    return lineage


class _Outcome(enum.Enum):
    GOOD = 1
    FAILED = 2
    UNSETTLED = 3


@dataclasses.dataclass(frozen=True)
class SignedRoot:
    """A tree that the log signed for, seen in a proof."""

    size: int
    root: bytes


class Succession:
    """Walks from the first roster to the last as the entries that carry them come.

    `in_force` judges entries.  `judge` judges the checkpoint: it moves only as
    long as every roster's proof holds.  `is_settled` turns false where a file
    that decides about `judge` could not be read or checked.
    """

    def __init__(self, source, lineage, findings):
        self._source = source
        self._findings = findings
        self._lineage = lineage
        self._proofs_hold = True
        self.in_force = lineage[0]
        self.judge = lineage[-1]
        self.is_settled = True
        self.signed_roots = []

    def accept(self, index, raw, entry, writer):
        """Take a kind 2 entry by a known writer; return whether it is `roster-invalid`."""
        if writer.role not in rosters.ROLES_OF_ROSTER_ENTRIES:
            return True
        if index == 0:
            return entry.digests[0] != self._lineage[0].digest
        serial = self.in_force.serial + 1
        if serial < len(self._lineage):
            return self._accept_known(entry, self._lineage[serial])
        return self._accept_new(index, raw, entry, serial)

    def _accept_known(self, entry, roster):
        # The trusted roster vouches for these by its chain of parents, so
        # neither signatures nor proofs could add anything.
        if entry.digests[0] != roster.digest:
            return True
        self.in_force = roster
        return False

    def _accept_new(self, index, raw, entry, serial):
        name = "roster/%d" % serial
        before = self.in_force
        try:
            data = read_file(self._source, name, rosters.NOTE_BYTES_MAX)
            roster = rosters.parse_successor(data, before)
        except (Absent, Malformed):
            return True
        except Unreadable:
            self._leave_unsettled()
            return False
        if entry.digests[0] != roster.digest:
            return True
        try:
            proof_name = name + ".tlog-proof"
            data = read_file(self._source, proof_name, proofs.FILE_BYTES_MAX)
            outcome = self._judge_proof(data, index, raw, before, roster)
        except (Absent, Malformed):
            outcome = _Outcome.FAILED
        except Unreadable:
            # The specification sends the audit on under the roster before, for
            # entries too, where it would not if the proof were merely absent.
            self._leave_unsettled()
            return False
        self.in_force = roster
        return self._conclude(outcome, roster)

    def _conclude(self, outcome, roster):
        if outcome is _Outcome.GOOD:
            if self._proofs_hold:
                self.judge = roster
            return False
        if outcome is _Outcome.UNSETTLED:
            # Once an earlier proof failed, no later roster can judge anyway.
            self._findings.add_incomplete()
            self.is_settled = self.is_settled and not self._proofs_hold
            return False
        self._proofs_hold = False
        return True

    def _leave_unsettled(self):
        self._findings.add_incomplete()
        self.is_settled = False

    def _judge_proof(self, data, index, raw, before, roster):
        proof = proofs.parse(data)
        logs = before.logs + [key for key in roster.logs if key not in before.logs]
        checkpoint = proof.checkpoint
        judgement = checkpoints.judge(checkpoint, before.origin, logs, before.policy)
        if judgement.origin_is_right and judgement.is_log_signed:
            self.signed_roots.append(SignedRoot(checkpoint.size, checkpoint.root))
        if not judgement.is_valid or proof.index != index:
            return _Outcome.FAILED
        if proof.extra_elements()[0] != raw or not proof.includes(tree.leaf_hash(raw)):
            return _Outcome.FAILED
        if judgement.met_at is not None:
            return _Outcome.GOOD
        return _Outcome.UNSETTLED if judgement.could_be_met else _Outcome.FAILED
