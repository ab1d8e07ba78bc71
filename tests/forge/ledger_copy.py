"""A copy of a ledger, read whole, in the form in which it can be damaged.

What is kept of an entry is more than its bytes: whether its signature is its writer's,
and what is wrong with its records. Whoever damages something says so here, and that, not
the bytes, is what a finding is foretold from.
"""

import dataclasses
import os

import reference_path  # noqa: F401
import checkpoint as checkpoints
import entry as entries
import note as notes
import proof as proofs
import record as records
import roster as rosters
import tiles
import tree
from encoding import Malformed
from source import Absent, Directory, read_file

import audits
from forge import join_parts
from packing import pack


class Unsuitable(Exception):
    """This ledger has nothing that such damage could be done to."""


def encode(entry):
    return pack([getattr(entry, field.name) for field in dataclasses.fields(entry)])


@dataclasses.dataclass
class Item:
    """An entry and its records.

    `faults` says what is wrong with a record, by position; `missing` which records are not
    there, and whether only their sealed parts are not. `part` stands in place of the bytes
    of `pairs`, `raw` in place of those of `entry`.
    """

    entry: entries.Entry
    pairs: list
    missing: dict = dataclasses.field(default_factory=dict)
    faults: dict = dataclasses.field(default_factory=dict)
    is_signed: bool = True
    is_misfit: bool = False  # the lengths in `part` do not fit
    keeps_prev: bool = False  # not to be chained anew
    keeps_place: bool = False  # number and `before` are meant
    keeps_signature: bool = False
    raw_stated: bytes | None = None
    part_stated: bytes | None = None
    encoded: bytes | None = None  # what was made of `entry` last

    @property
    def is_malformed(self):
        return self.raw_stated is not None

    @property
    def raw(self):
        if self.raw_stated is not None:
            return self.raw_stated
        if self.encoded is None:
            self.encoded = encode(self.entry)
        return self.encoded

    @property
    def part(self):
        if self.part_stated is not None:
            return self.part_stated
        return join_parts(self.pairs) if any(map(any, self.pairs)) else b""

    @property
    def is_roster(self):
        return self.entry.kind == entries.KIND_ROSTER

    def change(self, **fields):
        changed = dataclasses.replace(self.entry, **fields)
        if changed != self.entry:
            self.entry, self.encoded = changed, None

    def copied(self):
        return dataclasses.replace(
            self,
            pairs=[list(pair) for pair in self.pairs],
            missing=dict(self.missing),
            faults=dict(self.faults),
        )

    def fields(self, position):
        """Return the fields of a record that is there and well-formed."""
        return dict(records.decode(self.pairs[position][0]))


@dataclasses.dataclass
class Signed:
    """Who really signed a note, as keys of the reference; `times` are of cosignatures."""

    keys: set
    times: dict
    wrong: set = dataclasses.field(default_factory=set)


@dataclasses.dataclass
class RosterFile:
    """`roster/<serial>` and its proof; `fault` and `proof_fault` are "invalid", "unreadable"."""

    roster: rosters.Roster
    note: bytes
    proof: bytes | None = None
    fault: str | None = None
    proof_fault: str | None = None


class Copy:
    """A ledger that an audit finds nothing wrong with; `Unsuitable` for any other."""

    def __init__(self, folder, is_sound=False):
        """With `is_sound` somebody has audited it; here that takes seconds a thousand entries."""
        self.folder = folder
        source = Directory(folder)
        self.trusted = _read(source, "roster/0", rosters.NOTE_BYTES_MAX)
        if not is_sound:
            verdict = audits.by_reference(folder, self.trusted)
            if verdict["verdict"] != "verified":
                raise Unsuitable("%s is damaged already: %s" % (folder, verdict["findings"]))
        self.checkpoint_note = _read(source, "checkpoint", checkpoints.NOTE_BYTES_MAX)
        self.checkpoint = checkpoints.parse(self.checkpoint_note)
        self.rosters = list(_rosters(source))
        self.items = list(_items(source, self.checkpoint.size))
        self.ledger_id = self.rosters[0].roster.digest
        self.leaves = [tree.leaf_hash(item.raw) for item in self.items]
        self.signed = signatures(self.checkpoint.note, self.rosters)


def signatures(note, files):
    """Say who of all those that some roster names has really signed."""
    known = []
    for file in files:
        known += file.roster.roots + file.roster.logs + file.roster.witnesses
    checked = notes.check_lines(note, list(dict.fromkeys(known)))
    times = {}
    for line in checked:
        if line.status is notes.Status.VALID:
            times[line.key] = max(line.time, times.get(line.key, 0))
    wrong = {line.key for line in checked if line.status is notes.Status.WRONG}
    return Signed(set(times), times, wrong)


def _read(source, name, limit):
    try:
        return read_file(source, name, limit)
    except Absent as error:
        raise Unsuitable("there is no %s" % name) from error


def _rosters(source):
    for serial in range(10_000):
        try:
            note = read_file(source, "roster/%d" % serial, rosters.NOTE_BYTES_MAX)
        except Absent:
            return
        proof = None
        if serial > 0:
            proof = _read(source, "roster/%d.tlog-proof" % serial, proofs.FILE_BYTES_MAX)
        yield RosterFile(rosters.parse_text(notes.parse(note).text), note, proof)


def _items(source, size):
    for start in range(0, size, tiles.WIDTH_FULL):
        width = min(tiles.WIDTH_FULL, size - start)
        parts = tiles.RecordParts(source, start // tiles.WIDTH_FULL, width)
        try:
            with tiles.Entries(source, start // tiles.WIDTH_FULL, width) as bundle:
                for _ in range(width):
                    yield _item(bundle.next(), parts)
        finally:
            parts.close()


def _item(raw, parts):
    entry = entries.decode(raw)
    part = parts.next(len(entry.digests) * tiles.PART_BYTES_MAX_PER_RECORD)
    if entry.kind == entries.KIND_ROSTER:
        return Item(entry, [])
    pairs = [list(pair) for pair in tiles.split_part(part, len(entry.digests))]
    item = Item(entry, pairs)
    for position, (data, sealed) in enumerate(pairs):
        if not data:
            item.missing[position] = False
        elif not sealed and "sealed" in records.decode(data):
            item.missing[position] = True
    if encode(entry) != raw:
        raise Malformed("the forge writes entries in another way")
    return item


def path_in(folder, name):
    return os.path.join(folder, *name.split("/"))
