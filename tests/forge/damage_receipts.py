"""Damage to a receipt, or a receipt of what was damaged: files that `keiin-verify check` reads.

The ledger itself stays as it is. What is foretold is what is found in the one file, with all
rosters of the ledger given.
"""

import dataclasses

import checkpoint as checkpoints
import entry as entries
import tree
from encoding import sha256

import forge
from damage_records import STRANGER, made_up
from draft import is_met
from expectation import CODES
from keys import Key, signature_line, spoiled
from kinds import BY_STATE, NO_DAMAGE, Subject
from ledger_copy import Unsuitable, encode, signatures
from packing import pack

subject = Subject("receipts")
kind = subject.kind


@dataclasses.dataclass
class Receipt:
    """The parts of a receipt of one record, and what is found in it; `found` are codes and,
    for those of an entry or record, their addresses."""

    index: int
    extra: list
    hashes: list
    checkpoint: bytes
    found: set = dataclasses.field(default_factory=set)
    data: bytes | None = None  # in place of the whole file
    first_roster: int = 0  # the one that is trusted

    @property
    def file(self):
        if self.data is not None:
            return self.data
        extra = pack(self.extra) if self.extra else b""
        return forge.proof_file(extra, self.index, self.hashes, self.checkpoint)

    @property
    def findings(self):
        def place(text):
            return " " not in text, CODES.index(text.split(" ")[0])

        return sorted(self.found, key=place)


def _receipt(draft, is_sealed=None):
    """Return a sound receipt of a record that is chosen."""
    index, position = draft.pick(draft.addresses(is_sealed))
    item = draft.items[index]
    extra = [item.raw, position, *item.pairs[position]]
    hashes = forge.inclusion(index, draft.copy.leaves)
    draft.receipt = Receipt(index, extra, hashes, draft.copy.checkpoint_note)
    return draft.receipt


def _add(name, what, change, is_sealed=None, found=("receipt-mismatch",), unseen=None):
    def make(draft):
        receipt = _receipt(draft, is_sealed)
        receipt.found.update(found)
        change(receipt)

    kind("a receipt " + what, name="receipt-" + name, unseen=unseen)(make)


def _nothing(receipt):
    pass


def _another_index(receipt):
    receipt.index ^= 1


def _no_hash(receipt):
    receipt.hashes = receipt.hashes[1:]


def _more_hashes(receipt):
    receipt.hashes = [*receipt.hashes, bytes(32)]


def _other_hash(receipt):
    receipt.hashes = [bytes(32), *receipt.hashes[1:]]


def _other_record(receipt):
    receipt.extra[2] = made_up()
    receipt.extra[3] = b""


def _other_sealed_part(receipt):
    receipt.extra[3] = spoiled(receipt.extra[3])


def _sealed_part_unasked(receipt):
    receipt.extra[3] = b"unasked"


def _position_beyond(receipt):
    receipt.extra[1] = 1024


def _no_extra(receipt):
    receipt.extra = []


def _three_elements(receipt):
    receipt.extra = receipt.extra[:3]


def _entry_with_more(receipt):
    receipt.extra[0] += b"\0"


def _of_other_time(receipt):
    entry = entries.decode(receipt.extra[0])
    receipt.extra[0] = encode(dataclasses.replace(entry, received=entry.received + 1))


def _empty(receipt):
    receipt.data = b""


def _cut(receipt):
    receipt.data = receipt.file[:-1]


def _no_proof_at_all(receipt):
    receipt.data = receipt.checkpoint


_add("sound", "as it should be", _nothing, found=(), unseen=NO_DAMAGE)
_add("index", "for another index", _another_index)
_add("hash-gone", "without one of its hashes", _no_hash)
_add("hash-more", "with a hash more", _more_hashes)
_add("hash-other", "with another hash", _other_hash)
_add("record-other", "with another record", _other_record)
_add("sealed-other", "with another sealed part", _other_sealed_part, is_sealed=True)
_add("sealed-unasked", "with a sealed part that its record does not name",
     _sealed_part_unasked, is_sealed=False)
_add("position", "for a position that its entry does not have", _position_beyond)
_add("no-extra", "without its entry", _no_extra)
_add("extra-cut", "with three elements where four belong", _three_elements)
_add("entry-longer", "whose entry has bytes after it", _entry_with_more)
_add("entry-time", "whose entry was received at another time", _of_other_time)
_add("empty", "of no bytes", _empty)
_add("cut", "cut in its last line", _cut, found=("checkpoint-invalid",))
_add("no-proof", "that is a checkpoint", _no_proof_at_all)


@kind("a receipt of a roster's entry that claims a record", name="receipt-of-roster")
def of_roster(draft):
    index = draft.pick(draft.indexes(entries.KIND_ROSTER))
    hashes = forge.inclusion(index, draft.copy.leaves)
    extra = [draft.items[index].raw, 0, made_up(), b""]
    draft.receipt = Receipt(index, extra, hashes, draft.copy.checkpoint_note)
    draft.receipt.found.add("receipt-mismatch")


# Checkpoints


def _judge(draft, note):
    """Say what is found in a checkpoint by the last roster."""
    roster = draft.last_roster()
    checkpoint = checkpoints.parse(note)
    signed = signatures(checkpoint.note, draft.rosters)
    found = set()
    is_signed = not signed.keys.isdisjoint(roster.logs)
    if checkpoint.origin != roster.origin or signed.wrong or not is_signed:
        found.add("checkpoint-invalid")
    if not is_met(roster.policy, signed.keys):
        found.add("witness-quorum")
    return found


def _with_checkpoint(draft, change):
    receipt = _receipt(draft)
    receipt.checkpoint = change(receipt.checkpoint)
    receipt.found = _judge(draft, receipt.checkpoint)


@kind("a receipt whose checkpoint a stranger signed", name="receipt-stranger")
def by_stranger(draft):
    stranger = Key(draft.copy.checkpoint.origin.decode(), tag="stranger")
    text = draft.copy.checkpoint.note.text
    _with_checkpoint(draft, lambda _: text + b"\n" + stranger.line(text))


@kind("a receipt with a wrong line of the log beside the right one", name="receipt-wrong-line")
def with_wrong_line(draft):
    log = sorted(draft.copy.signed.keys & set(draft.last_roster().logs), key=lambda k: k.id)[0]
    line = signature_line(log.name, log.id, bytes(64))
    _with_checkpoint(draft, lambda note: note + line)


@kind("a receipt that no witness has cosigned yet", name="receipt-unwitnessed")
def unwitnessed(draft):
    if draft.last_roster().policy.is_none():
        raise Unsuitable("no witness is asked for")
    names = {key.name for key in draft.last_roster().witnesses}

    def change(note):
        lines = note.split(b"\n")
        kept = [line for line in lines if not line.startswith(b"\xe2\x80\x94 ")
                or line.split(b" ")[1] not in names]
        return b"\n".join(kept)

    _with_checkpoint(draft, change)


@kind("a receipt of another ledger of the same log", name="receipt-origin")
def of_another_origin(draft):
    draft.need_log_key()
    note = draft.checkpoint(draft.copy.leaves, origin=b"another.example/ledger")
    _with_checkpoint(draft, lambda _: note)


@kind("a receipt that is checked without the roster of serial 0", name="receipt-no-ledger-id")
def without_ledger_id(draft):
    if len(draft.rosters) < 2:
        raise Unsuitable("there is one roster only")
    receipt = _receipt(draft)
    receipt.first_roster = 1
    # No one can say what the writer signed; a writer of serial 0 alone is not even known.
    receipt.found.add("incomplete")


# Receipts of another history, which whoever has the log's key can sign


def _of_other_history(draft, index, position):
    """Give the receipt of an entry that was changed, in a tree that was built anew."""
    draft.need_log_key()
    leaves = [*draft.copy.leaves]
    item = draft.items[index]
    leaves[index] = tree.leaf_hash(item.raw)
    extra = [item.raw, position, *item.pairs[position]]
    hashes = forge.inclusion(index, leaves)
    draft.receipt = Receipt(index, extra, hashes, draft.checkpoint(leaves))
    draft.receipt.found = _judge(draft, draft.receipt.checkpoint)


def _put_record(draft, data):
    """Put another record in an entry, signed anew where the writer's key is had."""
    index, position = draft.pick(draft.addresses(False))
    item = draft.items[index]
    item.pairs[position][0] = data
    digests = list(item.entry.digests)
    digests[position] = sha256(data)
    draft.set_digests(item, digests)
    key = draft.keys.by_digest(item.entry.key)
    if key is not None:
        draft.sign(item, key)
    _of_other_history(draft, index, position)
    if key is None:
        draft.receipt.found.add("writer-signature %d" % index)
    return index, position


@kind("a receipt of a record that was never in the ledger", unseen=BY_STATE,
      name="receipt-made-up")
def of_made_up_record(draft):
    _put_record(draft, made_up())


@kind("a receipt of what is no record", name="receipt-malformed-record")
def of_malformed_record(draft):
    index, position = _put_record(draft, made_up() + b"\0")
    draft.receipt.found.add("record-malformed %d.%d" % (index, position))


@kind("a receipt of an entry of a key that nobody listed", name="receipt-unlisted")
def of_unlisted_key(draft):
    draft.need_log_key()
    index, position = draft.pick(draft.addresses())
    draft.items[index].change(key=STRANGER.digest)
    _of_other_history(draft, index, position)
    draft.receipt.found.add("incomplete")
