"""Proofs that an entry is in a ledger: c2sp.org/tlog-proof files."""

import dataclasses

import checkpoint as checkpoints
import msgpack
import tree
from encoding import Malformed, b64_decode, parse_decimal

HEADER = b"c2sp.org/tlog-proof@v1"
HASHES_MAX = 63
FILE_BYTES_MAX = 1024 * 1024


@dataclasses.dataclass(frozen=True)
class Proof:
    extra: bytes | None
    index: int
    hashes: list
    checkpoint: checkpoints.Checkpoint

    def includes(self, leaf):
        root = tree.root_from_inclusion(
            leaf, self.index, self.checkpoint.size, self.hashes
        )
        return root == self.checkpoint.root

    def extra_elements(self):
        """Return the elements of the `extra` line: an entry, perhaps with a record."""
        if self.extra is None:
            raise Malformed("proof without extra")
        elements = msgpack.decode(self.extra)
        shapes = ([bytes], [bytes, int, bytes, bytes])
        if type(elements) is not list or [type(e) for e in elements] not in shapes:
            raise Malformed("extra is of another shape")
        return elements


def parse(data):
    """Take a proof file apart, or raise Malformed."""
    if len(data) > FILE_BYTES_MAX:
        raise Malformed("proof too long")
    head, separator, note = data.partition(b"\n\n")
    if not separator:
        raise Malformed("proof without checkpoint")
    lines = head.split(b"\n")
    if lines.pop(0) != HEADER or not lines:
        raise Malformed("not a proof")
    extra = None
    if lines[0].startswith(b"extra "):
        extra = b64_decode(lines.pop(0)[len(b"extra ") :])
    if not lines or not lines[0].startswith(b"index "):
        raise Malformed("proof without index")
    index_text = lines.pop(0)[len(b"index ") :]
    index = parse_decimal(index_text, checkpoints.SIZE_MAX)
    if len(lines) > HASHES_MAX:
        raise Malformed("proof has too many hashes")
    hashes = [b64_decode(line) for line in lines]
    if any(len(item) != 32 for item in hashes):
        raise Malformed("proof hash of another length")
    return Proof(extra, index, hashes, checkpoints.parse(note))
