"""Judges the records that stand beside the entries (formats.md section 9)."""

import record as records
import tiles
from encoding import Malformed, sha256
from entry import KIND_ROSTER
from findings import Finding, Missing, Order
from source import Absent, Unreadable


class NoRecords:
    """Stands in where no records are read, because nobody asked for them."""

    count = None

    def begin_bundle(self, index, width):
        pass

    def judge(self, judged):
        return [], []

    def has_more(self):
        return False

    def end_bundle(self):
        pass


class Records:
    """Reads `tile/records` beside the entries; `count` says how many records it read."""

    def __init__(self, source, findings):
        self._source = source
        self._findings = findings
        self._parts = None
        self.count = 0

    def begin_bundle(self, index, width):
        try:
            self._parts = tiles.RecordParts(self._source, index, width)
        except (Absent, Unreadable):
            self._give_up()

    def judge(self, judged):
        """Return the findings and the missing records of the next entry."""
        entry = judged.entry
        count = len(entry.digests) if entry is not None else 0
        part, promised = self._next_part(count * tiles.PART_BYTES_MAX_PER_RECORD)
        misfit = [Finding("record-malformed", judged.index, 0)]
        if entry is not None and entry.kind == KIND_ROSTER:
            return (misfit if promised else []), []
        if part is False or entry is None:
            return [], []
        if part is None:
            return misfit, []
        try:
            pairs = tiles.split_part(part, count)
        except Malformed:
            return misfit, []
        return self._judge_pairs(judged, pairs)

    def has_more(self):
        """Say whether the bundle goes on after the parts that its name promises."""
        return self._parts is not None and self._parts.has_more()

    def end_bundle(self):
        if self._parts is not None:
            self._parts.close()
        self._parts = None

    def _next_part(self, limit):
        """Return the next part and the bytes it promises; None for one that is too long,
        False where none is had."""
        if self._parts is None:
            return False, 0
        parts = self._parts
        try:
            part = parts.next(limit)
        except (Absent, Unreadable):
            self._give_up()
            part = False
        return part, parts.promised

    def _give_up(self):
        self.end_bundle()
        self._findings.add_incomplete()

    def _judge_pairs(self, judged, pairs):
        found = []
        missing = []
        for position, (record, sealed) in enumerate(pairs):
            digest = judged.entry.digests[position]
            self.count += bool(record)
            code, fields = judge_record(record, sealed, digest)
            if code is not None:
                finding = Finding(code, judged.index, position)
                if code == "record-missing":
                    missing.append(Missing(finding, is_sealed_part=bool(record)))
                else:
                    found.append(finding)
            if code in (None, "record-missing") and fields is not None:
                self._take_order(judged, position, fields)
        return found, missing

    def _take_order(self, judged, position, fields):
        if fields["action"] != "erase.record" or not judged.is_rightly_signed:
            return
        if judged.writer.role != b"committee":
            return
        address = "%d.%d" % (judged.index, position)
        names = frozenset(fields.get("records", ()))
        self._findings.add_order(Order(address, names))


def judge_record(record, sealed, digest):
    """Return the first code that applies, if any, and the fields of a sound record."""
    if not record:
        return ("record-mismatch" if sealed else "record-missing"), None
    if sha256(record) != digest:
        return "record-mismatch", None
    if sealed and records.sealed_digest(record) != sha256(sealed):
        return "record-mismatch", None
    try:
        fields = records.decode(record)
    except Malformed:
        return "record-malformed", None
    if len(sealed) > records.SEALED_BYTES_MAX:
        return "record-malformed", None
    if "sealed" in fields and not sealed:
        return "record-missing", fields
    return None, fields
