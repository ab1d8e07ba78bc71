"""Keys and a small log for seeds.py, the same that tests/fuzz/fixture.c makes."""

import base64
import hashlib
import os
import struct
import sys

SRC = os.environ.get("KEIIN_SRC") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(SRC, "tests", part) for part in ("tools", "forge", "reference")]

from ed25519_sign import public_key, sign  # noqa: E402
from packing import pack  # noqa: E402

DASH = "\u2014 ".encode()


def read(path):
    with open(os.path.join(SRC, path), "rb") as file:
        return file.read()


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data)


class Key:
    """A key whose seed is one byte, 32 times; tests/fuzz/fixture.c makes the same ones."""

    def __init__(self, byte, name, type=1):
        self.seed, self.name, self.type = bytes([byte]) * 32, name.encode(), type
        self.typed = bytes([type]) + public_key(self.seed)
        self.id = sha256(self.name, b"\n", self.typed)[:4]
        self.digest = sha256(self.typed)

    @property
    def vkey(self):
        return b"%s+%s+%s" % (self.name, self.id.hex().encode(), b64(self.typed))

    def line(self, text, time=None):
        head = b"" if time is None else struct.pack(">Q", time)
        message = text if time is None else b"cosignature/v1\ntime %d\n%s" % (time, text)
        return DASH + self.name + b" " + b64(self.id + head + sign(self.seed, message)) + b"\n"


def fixture_roster(witness):
    """The text that fixture_roster of tests/fuzz/fixture.c makes."""
    root, log = Key(5, "root.test/r"), Key(1, "log.test/fuzz")
    policy = b"quorum none\n"
    if witness:
        policy = b"witness w %s\nquorum w\n" % Key(2, "witness.test/w", 4).vkey
    return b"keiin/roster/v1\nlog.test/fuzz\n0\n%s\nroot %s\nthreshold 1\nlog %s\n%s" % (
        b64(bytes([7]) * 32), root.vkey, log.vkey, policy) + b"writer %s operator op\nwriter %s agency ag\n" % (
        Key(4, "operator.test/o").vkey, Key(3, "writer.test/w").vkey)


class Log:
    """Entries of the fixture's writer, and what proves them."""

    def __init__(self, witness):
        self.roster = fixture_roster(witness)
        self.id, self.witness = sha256(self.roster), witness
        self.writer = Key(3, "writer.test/w")
        self.head = sha256(b"keiin/writer/v1\n", self.id, self.writer.name)
        self.prev, self.number = sha256(b"keiin/genesis/v1\n", self.id), 1
        self.entries, self.parts = [], []

    def add(self, *pairs, stored=None, kind=1, spoiled=False):
        digests = [sha256(pair[0]) for pair in pairs]
        before, self.head = self.head, sha256(b"\2", self.head, *digests)
        last = self.number + len(pairs) - 1
        text = b"keiin/records/v1\n%s\n%s\n%d\n%s\n" % (
            b64(self.id), self.writer.name, last, b64(self.head))
        signature = sign(self.writer.seed, text + b"spoiled" * spoiled)
        entry = pack([kind, 1790000000000 + len(self.entries), self.prev, self.writer.digest, self.number, before,
                      digests, signature])
        self.number, self.prev = last + 1, sha256(b"\0", entry)
        self.entries.append(entry)
        part = b"".join(struct.pack(">H", len(field)) + field for pair in (stored or pairs) for field in pair)
        self.parts.append(part if kind == 1 else b"")

    def leaves(self):
        return [sha256(b"\0", entry) for entry in self.entries]

    def checkpoint(self, time=1790000000):
        text = b"log.test/fuzz\n%d\n%s\n" % (len(self.entries), b64(root_of(self.leaves())))
        note = text + b"\n" + Key(1, "log.test/fuzz").line(text)
        return note + Key(2, "witness.test/w", 4).line(text, time) if self.witness else note

    def proof(self, index, extra):
        path = b"".join(b64(node) + b"\n" for node in path_of(index, self.leaves()))
        return b"c2sp.org/tlog-proof@v1\nextra %s\nindex %d\n%s\n%s" % (
            b64(pack(extra)), index, path, self.checkpoint())

    def bundle(self, flags=0, tile=None):
        entries = b"".join(struct.pack(">H", len(entry)) + entry for entry in self.entries)
        tile = b"".join(self.leaves()) if tile is None else tile
        records = b"".join(struct.pack(">I", len(part)) + part for part in self.parts)
        return bytes([len(self.entries) - 1, flags]) + struct.pack(">H", len(entries)) + entries + (
            struct.pack(">H", len(tile)) + tile + records)


def split_at(count):
    half = 1
    while 2 * half < count:
        half *= 2
    return half


def root_of(leaves):
    if len(leaves) == 1:
        return leaves[0]
    half = split_at(len(leaves))
    return sha256(b"\1", root_of(leaves[:half]), root_of(leaves[half:]))


def path_of(index, leaves):
    if len(leaves) == 1:
        return []
    half = split_at(len(leaves))
    if index < half:
        return [*path_of(index, leaves[:half]), root_of(leaves[half:])]
    return [*path_of(index - half, leaves[half:]), root_of(leaves[:half])]
