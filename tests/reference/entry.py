"""Entries and the writer's chain (formats.md sections 4 and 5)."""

import dataclasses

import msgpack
from encoding import SAFE_INTEGER_MAX, Malformed, b64_encode, sha256

KIND_RECORDS = 1
KIND_ROSTER = 2
ENTRY_BYTES_MAX = 65_535
DIGESTS_MAX = 1024


@dataclasses.dataclass(frozen=True)
class Entry:
    kind: int
    received: int
    prev: bytes
    key: bytes
    number: int
    before: bytes
    digests: list
    signature: bytes

    @property
    def last_number(self):
        return self.number + len(self.digests) - 1

    @property
    def head(self):
        """The writer's head after this entry, from the entry's own `before`."""
        return sha256(b"\x02", self.before, *self.digests)


def _is_hash(value):
    return type(value) is bytes and len(value) == 32


def decode(data):
    """Return the well-formed entry, or raise Malformed."""
    if len(data) > ENTRY_BYTES_MAX:
        raise Malformed("entry too long")
    elements = msgpack.decode(data)
    if type(elements) is not list or len(elements) != 8:
        raise Malformed("entry is not an array of eight")
    entry = Entry(*elements)
    for uint in (entry.kind, entry.received, entry.number):
        if type(uint) is not int:
            raise Malformed("not a uint")
    for digest in (entry.prev, entry.key, entry.before):
        if not _is_hash(digest):
            raise Malformed("not a hash")
    if type(entry.signature) is not bytes or type(entry.digests) is not list:
        raise Malformed("element of another type")
    if not 1 <= len(entry.digests) <= DIGESTS_MAX:
        raise Malformed("number of digests")
    if not all(_is_hash(digest) for digest in entry.digests):
        raise Malformed("not a digest")
    if entry.kind not in (KIND_RECORDS, KIND_ROSTER):
        raise Malformed("kind")
    if entry.kind == KIND_ROSTER and len(entry.digests) != 1:
        raise Malformed("a roster entry has one digest")
    if entry.number == 0 or entry.last_number > SAFE_INTEGER_MAX:
        raise Malformed("record numbers")
    return entry


def genesis_prev(ledger_id):
    return sha256(b"keiin/genesis/v1\n", ledger_id)


def first_head(ledger_id, name):
    return sha256(b"keiin/writer/v1\n", ledger_id, name)


def signed_text(ledger_id, name, last_number, head):
    lines = (
        b"keiin/records/v1",
        b64_encode(ledger_id),
        name,
        b"%d" % last_number,
        b64_encode(head),
    )
    return b"".join(line + b"\n" for line in lines)
