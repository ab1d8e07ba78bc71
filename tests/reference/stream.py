"""What a ledger says, record by record: those that stand, and whose they are."""

import dataclasses

import ed25519
import entry as entries
import findings
import record as records
import tiles
from encoding import Malformed, sha256
from records import judge_record
from source import Absent, Unreadable, read_file
from succession import Succession, trace_parents
from walk import Walk

import checkpoint as checkpoints


@dataclasses.dataclass
class Record:
    """A record that stands: in a rightly signed entry, as its digest says, well-formed."""

    index: int
    position: int
    name: str  # of the writer
    role: str
    agency: str
    received: int
    now: int
    fields: dict

    @property
    def began(self):
        return min(self.fields["at"], self.received)


@dataclasses.dataclass
class Entry:
    """An entry with its records; `writer` is None where no listed writer rightly signed it."""

    index: int
    received: int
    now: int
    writer: object
    kind: int
    last_number: int
    digests: int
    records: list
    roster: object  # in force behind it
    codes: list  # of the audit
    sender: str | None  # the listed writer that it names, rightly signed or not


class Ledger:
    """Reads a ledger from its folder or URL. `wrong_signatures` has the indexes of entries whose
    signature is wrong where somebody checked them already; None checks them here."""

    def __init__(self, source, trusted, wrong_signatures=None):
        self._source = source
        self._lineage = trace_parents(source, trusted)
        note = read_file(source, "checkpoint", checkpoints.NOTE_BYTES_MAX)
        self.checkpoint = checkpoints.parse(note)
        self.size = self.checkpoint.size
        self.ledger_id = self._lineage[0].digest
        self._wrong = wrong_signatures

    def entries(self):
        """Every entry in order, as far as they can be read."""
        succession = Succession(self._source, self._lineage, findings.Findings())
        walk = Walk(self.ledger_id, succession)
        if self._wrong is not None:
            walk.verify = lambda index, *_: index not in self._wrong
        now = 0
        for start in range(0, self.size, tiles.WIDTH_FULL):
            width = min(tiles.WIDTH_FULL, self.size - start)
            try:
                with tiles.Entries(self._source, start // tiles.WIDTH_FULL, width) as bundle:
                    parts = _Parts(self._source, start // tiles.WIDTH_FULL, width)
                    try:
                        for index in range(start, start + width):
                            judged = walk.judge(index, bundle.next())
                            if judged.entry is not None:
                                now = max(now, judged.entry.received)
                            yield self._entry(judged, parts, now, succession.in_force)
                    finally:
                        parts.close()
            except (Absent, Unreadable):
                return

    def _entry(self, judged, parts, now, roster):
        entry = judged.entry
        part = parts.next(len(entry.digests) if entry is not None else 0)
        codes = [finding.code for finding in judged.findings]
        if entry is None:
            return Entry(judged.index, now, now, None, 0, 0, 0, [], roster, codes, None)
        sender = judged.writer.name.decode() if judged.writer is not None else None
        writer = judged.writer if judged.is_rightly_signed else None
        made = Entry(judged.index, entry.received, now, writer, entry.kind, entry.last_number,
                     len(entry.digests), [], roster, codes, sender)
        if writer is None or entry.kind != entries.KIND_RECORDS or part is None:
            return made
        try:
            pairs = tiles.split_part(part, len(entry.digests))
        except Malformed:
            return made
        for position, (data, sealed) in enumerate(pairs):
            fields = _standing(data, sealed, entry.digests[position])
            if fields is not None:
                made.records.append(Record(judged.index, position, writer.name.decode(),
                                           writer.role.decode(), writer.organisation.decode(),
                                           entry.received, now, fields))
        return made


class _Parts:
    """The parts of a bundle of records; None for each from where they cannot be read."""

    def __init__(self, source, index, width):
        try:
            self._parts = tiles.RecordParts(source, index, width)
        except (Absent, Unreadable):
            self._parts = None

    def next(self, count):
        if self._parts is None:
            return None
        try:
            return self._parts.next(count * tiles.PART_BYTES_MAX_PER_RECORD)
        except (Absent, Unreadable):
            self.close()
            return None

    def close(self):
        if self._parts is not None:
            self._parts.close()
        self._parts = None


def _standing(data, sealed, digest):
    """The fields of a record that stands; a sealed part that is gone takes nothing from it."""
    code, fields = judge_record(data, sealed, digest)
    return fields if code in (None, "record-missing") else None
