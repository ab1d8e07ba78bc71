"""Forges ledgers: sound ones, and ones in which any single statement is a lie.

A `Ledger` grows entry by entry; `publish` gives the files that a source would serve.
All keys are made from seeds, so a forged ledger is the same on every run.
"""

import dataclasses
import os
import shutil
import struct

import reference_path  # noqa: F401
import entry as entries
import tree
from encoding import b64_encode, sha256
from tiles import WIDTH_FULL, index_path

from keys import Key, spoiled, witness
from packing import pack

ORIGIN = "log.example/one"
GENESIS_PARENT = bytes(range(32))
COSIGNED = ((0, 100), (1, 200))
PROOF_HEADER = b"c2sp.org/tlog-proof@v1\n"

# In place of a file's bytes: nothing of that name, or something that is no file.
ABSENT = "absent"
UNREADABLE = "unreadable"

# In place of a signature: the right one with a bit changed.
SPOILED = "spoiled"


def record(**fields):
    """Return a record of action `query`; a field that is None is left out."""
    stated = {"action": "query", "at": 5, "salt": bytes(16), **fields}
    return pack({name: value for name, value in stated.items() if value is not None})


def sealed(part, **fields):
    """Return a record and its sealed part, as a pair."""
    return record(sealed=sha256(part), **fields), part


def order(*addresses, **fields):
    """Return a record that orders the records of these addresses to be erased."""
    return record(action="erase.record", records=list(addresses), **fields)


def join_parts(pairs):
    """Write pairs of record and sealed part as `tile/records` has them for one entry."""
    fields = (field for pair in pairs for field in pair)
    return b"".join(struct.pack(">H", len(field)) + field for field in fields)


@dataclasses.dataclass(frozen=True)
class Stated:
    """What an entry states in place of what would be true."""

    number: int | None = None
    before: bytes | None = None
    received: int | None = None
    prev: bytes | None = None
    signature: bytes | str | None = None


TRUE = Stated()


@dataclasses.dataclass
class Roster:
    text: bytes
    note: bytes


@dataclasses.dataclass
class Publication:
    """The files of a source, and the roster that an auditor of it trusts."""

    files: dict
    trusted: bytes

    def write(self, folder):
        """Write the files below `folder`, which must hold nothing else afterwards."""
        shutil.rmtree(folder, ignore_errors=True)
        for name, data in self.files.items():
            path = os.path.join(folder, name)
            if data is ABSENT:
                continue
            if data is UNREADABLE:
                os.makedirs(path)
                continue
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
        os.makedirs(folder, exist_ok=True)


class Ledger:
    def __init__(self, origin=ORIGIN):
        self.origin = origin
        self.roots = [Key("r1"), Key("r2"), Key("r3")]
        self.threshold = 2
        self.log = Key(origin)
        self.witnesses = [witness("wa"), witness("wb"), witness("wc")]
        self.operator = Key("op")
        self.committee = Key("com")
        self.agency = Key("ag")
        self.stranger = Key("ag2")
        self.rosters = []
        self.entries = []
        self.leaves = []
        self.parts = []
        self._chains = {}
        self._clock = 1000
        self._files = {}

    # Rosters

    def writers(self, *more):
        """Return the writers that rosters list unless told otherwise, and `more`."""
        return [
            (self.operator, "operator", "nco"),
            (self.committee, "committee", "cc"),
            (self.agency, "agency", "npa"),
            *more,
        ]

    def roster_text(self, origin=None, serial=None, parent=None, **parts):
        """Write the text of the next roster, with some of its parts in place of the usual."""
        if serial is None:
            serial = len(self.rosters)
        if parent is None:
            parent = sha256(self.rosters[-1].text) if self.rosters else GENESIS_PARENT
        lines = ["keiin/roster/v1", origin or self.origin, str(serial), b64_encode(parent).decode()]
        lines += self._key_lines(**parts)
        return ("\n".join(lines) + "\n").encode()

    def _key_lines(self, threshold=None, logs=None, witnesses=None, quorum=None, writers=None):
        logs = logs or [self.log]
        witnesses = self.witnesses if witnesses is None else witnesses
        writers = writers or self.writers()
        names = [key.name.decode() + "-n" for key in witnesses]
        lines = ["root " + key.vkey for key in self.roots]
        lines += ["threshold %d" % (threshold or self.threshold)]
        lines += ["log " + key.vkey for key in logs]
        lines += ["witness %s %s" % pair for pair in zip(names, (k.vkey for k in witnesses))]
        if quorum is None:
            lines += ["group g 2 " + " ".join(names)]
        lines += ["quorum " + (quorum or "g")]
        lines += ["writer %s %s %s" % (key.vkey, role, body) for key, role, body in writers]
        return lines

    def add_roster(self, signers=None, text=None, **parts):
        """Sign the next roster and put it beside the ledger; return its text."""
        text = text or self.roster_text(**parts)
        signers = self.roots[: self.threshold] if signers is None else signers
        note = text + b"\n" + b"".join(key.line(text) for key in signers)
        self.put("roster/%d" % len(self.rosters), note)
        self.rosters.append(Roster(text, note))
        return text

    # Entries

    @property
    def ledger_id(self):
        return sha256(self.rosters[0].text)

    def add_raw_entry(self, raw, part=b""):
        """Add any bytes as an entry, `part` as its records; return its index."""
        self.entries.append(raw)
        self.leaves.append(tree.leaf_hash(raw))
        self.parts.append(part)
        return len(self.entries) - 1

    def add_entry(self, kind, key, digests, part=b"", stated=TRUE):
        number, before = self._chain_end(key)
        if stated.number is not None:
            number = stated.number
        before = stated.before or before
        head = sha256(b"\x02", before, *digests)
        last = number + len(digests) - 1
        self._chains[key.name] = last + 1, head
        signature = stated.signature
        if signature is None or signature is SPOILED:
            text = entries.signed_text(self.ledger_id, key.name, last, head)
            right = key.sign(text)
            signature = right if signature is None else spoiled(right)
        elements = [kind, self._received(stated), stated.prev or self._prev(), key.digest]
        elements += [number, before, list(digests), signature]
        return self.add_raw_entry(pack(elements), part)

    def _chain_end(self, key):
        first = 1, entries.first_head(self.ledger_id, key.name)
        return self._chains.get(key.name, first)

    def _received(self, stated):
        self._clock += 1
        return self._clock if stated.received is None else stated.received

    def _prev(self):
        return self.leaves[-1] if self.leaves else entries.genesis_prev(self.ledger_id)

    def add_records(self, key, *records, stored=None, stated=TRUE):
        """Add one entry of records; each is its bytes, or a pair with its sealed part.

        `stored` says what lies in `tile/records` in place of these pairs.
        """
        pairs = [item if isinstance(item, tuple) else (item, b"") for item in records]
        part = join_parts(pairs if stored is None else stored)
        digests = [sha256(data) for data, _ in pairs]
        return self.add_entry(entries.KIND_RECORDS, key, digests, part, stated)

    def add_roster_entry(self, key, text, stated=TRUE):
        return self.add_entry(entries.KIND_ROSTER, key, [sha256(text)], stated=stated)

    # Checkpoints and proofs

    def checkpoint(
        self,
        size=None,
        *,
        root=None,
        origin=None,
        logs=None,
        witnesses=None,
        cosigned=COSIGNED,
        extra=b"",
    ):
        """Write a checkpoint; `cosigned` has (number of the witness, time in seconds)."""
        size = len(self.entries) if size is None else size
        root = tree.root_of(self.leaves[:size]) if root is None else root
        text = b"%s\n%d\n%s\n" % ((origin or self.origin).encode(), size, b64_encode(root))
        witnesses = witnesses or self.witnesses
        lines = [key.line(text) for key in logs or [self.log]]
        lines += [witnesses[number].line(text, time) for number, time in cosigned]
        return text + b"\n" + b"".join(lines) + extra

    def inclusion(self, index, size):
        return inclusion(index, self.leaves[:size])

    def proof(self, index, size=None, *, stated_index=None, extra=None, hashes=None, **signed):
        """Write the proof of an entry in the checkpoint that `size` and `signed` give."""
        size = len(self.entries) if size is None else size
        if hashes is None:
            hashes = self.inclusion(index, size)
        if extra is None:
            extra = pack([self.entries[index]])
        stated_index = index if stated_index is None else stated_index
        return proof_file(extra, stated_index, hashes, self.checkpoint(size, **signed))

    def put_proof(self, serial, index, size=None, **proof):
        """Put the proof of the entry that holds roster `serial` beside that roster."""
        self.put("roster/%d.tlog-proof" % serial, self.proof(index, size, **proof))

    # Publishing

    def put(self, name, data):
        """Serve these bytes, ABSENT or UNREADABLE under a name, whatever is true."""
        self._files[name] = data

    def entries_bundle(self, start=0, count=WIDTH_FULL):
        return entries_bundle(self.entries[start : start + count])

    def records_bundle(self, start=0, count=WIDTH_FULL):
        return records_bundle(self.parts[start : start + count])

    def tile_name(self, kind, index=0, count=None):
        """Return the name of a tile of `count` items in all: leaves, if not given."""
        return tile_name(kind, index, len(self.entries) if count is None else count)

    def publish(self, checkpoint=None, trusted=None):
        """Return all files, those that were put in place of what would be there."""
        checkpoint = self.checkpoint() if checkpoint is None else checkpoint
        files = {"checkpoint": checkpoint, "latest-checkpoint": checkpoint}
        files.update(tile_files(self.entries, self.parts, self.leaves))
        return Publication({**files, **self._files}, trusted or self.rosters[0].note)


def proof_file(extra, index, hashes, checkpoint):
    """Write a proof, without its `extra` line where that is empty."""
    head = PROOF_HEADER
    if extra:
        head += b"extra " + b64_encode(extra) + b"\n"
    head += b"index %d\n" % index
    head += b"".join(b64_encode(item) + b"\n" for item in hashes)
    return head + b"\n" + checkpoint


def entries_bundle(entries):
    return b"".join(struct.pack(">H", len(raw)) + raw for raw in entries)


def records_bundle(parts):
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


def tile_name(kind, index, count):
    """Return the name of a tile of a level that has `count` items in all."""
    name = "tile/%s/%s" % (kind, index_path(index))
    width = min(WIDTH_FULL, count - index * WIDTH_FULL)
    return name if width == WIDTH_FULL else "%s.p/%d" % (name, width)


def tile_files(entries, parts, leaves):
    """Return all tiles and bundles of a ledger, as names and bytes."""
    files = {}
    for start in range(0, len(entries), WIDTH_FULL):
        index, end = start // WIDTH_FULL, start + WIDTH_FULL
        files[tile_name("entries", index, len(entries))] = entries_bundle(entries[start:end])
        files[tile_name("records", index, len(entries))] = records_bundle(parts[start:end])
    level, hashes = 0, leaves
    while hashes:
        groups = _groups(hashes)
        for index, group in enumerate(groups):
            files[tile_name(level, index, len(hashes))] = b"".join(group)
        hashes = [tree.root_of(group) for group in groups if len(group) == WIDTH_FULL]
        level += 1
    return files


def _groups(hashes):
    return [hashes[start : start + WIDTH_FULL] for start in range(0, len(hashes), WIDTH_FULL)]


def inclusion(index, leaves):
    """Return the inclusion proof of RFC 6962 section 2.1.1."""
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return inclusion(index, leaves[:split]) + [tree.root_of(leaves[split:])]
    return inclusion(index - split, leaves[split:]) + [tree.root_of(leaves[:split])]


def begun(**parts):
    """Return a ledger whose only entry is that of its first roster."""
    ledger = Ledger()
    ledger.add_roster_entry(ledger.operator, ledger.add_roster(**parts))
    return ledger


def grown(count, **parts):
    """Return a ledger with `count` entries of one record each after that."""
    ledger = begun(**parts)
    for number in range(count):
        ledger.add_records(ledger.agency, record(count=number))
    return ledger
