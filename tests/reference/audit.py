"""The audit of one source: what it reads, in which order, and the verdict."""

import dataclasses
import time

import checkpoint as checkpoints
import tiles
import tree
from encoding import Malformed, b64_encode
from findings import Finding, Findings
from records import NoRecords, Records
from source import Absent, Unreadable, read_file
from succession import Succession, trace_parents
from walk import Walk


@dataclasses.dataclass(frozen=True)
class Options:
    read_records: bool = True
    use_latest: bool = False
    max_age_seconds: int | None = None


@dataclasses.dataclass
class Verdict:
    """Everything that the audit says; times are in milliseconds."""

    origin: str
    ledger_id: str | None = None
    size: int | None = None
    records: int | None = None
    root: str | None = None
    last_received: int | None = None
    vouched_at: int | None = None
    roster: int | None = None
    findings: list[Finding] = dataclasses.field(default_factory=list)

    @property
    def summary(self):
        codes = {finding.code for finding in self.findings}
        if not codes:
            return "verified"
        return "incomplete" if codes == {"incomplete"} else "findings"

    @property
    def exit_status(self):
        return {"verified": 0, "findings": 1, "incomplete": 2}[self.summary]

    def as_json(self):
        fields = {"verdict": self.summary}
        for field in dataclasses.fields(self):
            fields[field.name] = getattr(self, field.name)
        fields["findings"] = [finding.as_json() for finding in self.findings]
        return fields


def audit(source, trusted, options=Options()):
    """Audit the ledger at `source` from the roster that the caller trusts."""
    return _Audit(source, trusted, options).run()


class _Audit:
    def __init__(self, source, trusted, options):
        self._source = source
        self._trusted = trusted
        self._options = options
        self._findings = Findings()
        self._verdict = Verdict(trusted.origin.decode(), roster=trusted.serial)
        if trusted.serial == 0:
            self._verdict.ledger_id = trusted.digest.hex()
        self._frontier = tree.Frontier()
        self._roots_by_size = {}

    def run(self):
        checkpoint = self._read_checkpoint()
        if checkpoint is not None:
            self._verdict.size = checkpoint.size
            self._verdict.root = b64_encode(checkpoint.root).decode()
            lineage = trace_parents(self._source, self._trusted)
            if lineage is None:
                self._findings.add_incomplete()
            else:
                self._judge_ledger(checkpoint, lineage)
        self._verdict.findings = self._findings.result()
        return self._verdict

    def _read_checkpoint(self):
        name = "latest-checkpoint" if self._options.use_latest else "checkpoint"
        try:
            data = read_file(self._source, name, checkpoints.NOTE_BYTES_MAX)
            return checkpoints.parse(data)
        except (Absent, Unreadable):
            self._findings.add_incomplete()
        except Malformed:
            self._findings.add_ledger("checkpoint-invalid")
        return None

    def _judge_ledger(self, checkpoint, lineage):
        ledger_id = lineage[0].digest
        self._verdict.ledger_id = ledger_id.hex()
        self._succession = Succession(self._source, lineage, self._findings)
        self._walk = Walk(ledger_id, self._succession)
        if self._options.read_records:
            self._records = Records(self._source, self._findings)
        else:
            self._records = NoRecords()
        self._levels = tiles.Levels(self._source, self._findings.add_ledger)
        is_whole = self._read_entries(checkpoint.size)
        self._verdict.records = self._records.count
        self._verdict.last_received = self._walk.last_received
        self._verdict.roster = self._succession.judge.serial
        if is_whole:
            self._levels.finish()
            self._judge_root(checkpoint)
            self._judge_signatures(checkpoint)

    def _read_entries(self, size):
        """Judge entry after entry; return whether all of them were there."""
        for start in range(0, size, tiles.WIDTH_FULL):
            width = min(tiles.WIDTH_FULL, size - start)
            if not self._read_bundle(start // tiles.WIDTH_FULL, width):
                self._findings.add_incomplete()
                return False
        return True

    def _read_bundle(self, bundle_index, width):
        """Judge a bundle's entries and records; return whether all entries were there."""
        first = bundle_index * tiles.WIDTH_FULL
        try:
            with tiles.Entries(self._source, bundle_index, width) as bundle:
                self._records.begin_bundle(bundle_index, width)
                for index in range(first, first + width):
                    self._take_entry(index, bundle.next())
                self._look_behind(bundle.has_more)
                self._look_behind(self._records.has_more)
        except (Absent, Unreadable):
            return False
        finally:
            self._records.end_bundle()
        return True

    def _look_behind(self, has_more):
        try:
            if has_more():
                self._findings.add_ledger("root-mismatch")
        except Unreadable:
            self._findings.add_incomplete()

    def _take_entry(self, index, raw):
        judged = self._walk.judge(index, raw)
        found, missing = self._records.judge(judged)
        self._findings.add_entry(judged.findings + found, missing)
        leaf = tree.leaf_hash(raw)
        self._frontier.append(leaf)
        self._levels.append(leaf)
        size = self._frontier.size
        if any(signed.size == size for signed in self._succession.signed_roots):
            self._roots_by_size[size] = self._frontier.root()

    def _judge_root(self, checkpoint):
        self._hashes_to_root = self._frontier.root() == checkpoint.root
        if not self._hashes_to_root:
            self._findings.add_ledger("root-mismatch")

    def _judge_signatures(self, checkpoint):
        roster = self._succession.judge
        judgement = checkpoints.judge(
            checkpoint, roster.origin, roster.logs, roster.policy
        )
        # Two trees contradict each other only where both were signed for.
        is_signed = judgement.origin_is_right and judgement.is_log_signed
        if is_signed and self._hashes_to_root and self._contradicts_a_proof():
            self._findings.add_ledger("fork")
        if not self._succession.is_settled:
            return
        if not judgement.is_valid:
            self._findings.add_ledger("checkpoint-invalid")
        if judgement.could_be_met:
            self._findings.add_incomplete()
        elif judgement.met_at is None:
            self._findings.add_ledger("witness-quorum")
        self._judge_age(roster, judgement)

    def _contradicts_a_proof(self):
        for signed in self._succession.signed_roots:
            if signed.size <= self._frontier.size:
                root = self._root_at(signed.size)
                if root is not None and root != signed.root:
                    return True
        return False

    def _root_at(self, size):
        # A proof for a tree too small to hold its own entry comes up when that
        # tree has passed by, so the entries are hashed a second time for it.
        if size not in self._roots_by_size:
            try:
                self._roots_by_size[size] = tiles.root_at(
                    self._source, size, self._frontier.size
                )
            except (Absent, Unreadable):
                self._findings.add_incomplete()
                return None
        return self._roots_by_size[size]

    def _judge_age(self, roster, judgement):
        if roster.policy.is_none():
            # Nobody but the operator says when this was, and the verdict then
            # repeats the operator's own word.
            self._verdict.vouched_at = self._walk.last_received
        elif judgement.met_at is not None:
            self._verdict.vouched_at = judgement.met_at * 1000
        limit = self._options.max_age_seconds
        if limit is None or self._verdict.vouched_at is None:
            return
        if time.time() * 1000 - self._verdict.vouched_at > limit * 1000:
            self._findings.add_ledger("stale")
