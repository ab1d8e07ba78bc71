"""Damage to records and sealed parts, and orders that ought not to excuse it."""

from encoding import sha256

from forge import join_parts, order, record
from keys import Key
from kinds import BY_STATE, ON_RECORD, Subject
from ledger_copy import Unsuitable
from packing import pack

subject = Subject("records")
kind = subject.kind

STRANGER = Key("stranger.example/one")


def _answer_for(draft, item, position):
    """With the writer's key the entry is made to name what is stored now; True if so."""
    if draft.keys.by_digest(item.entry.key) is None:
        item.faults[position] = "record-mismatch"
        return False
    digests = list(item.entry.digests)
    digests[position] = sha256(item.pairs[position][0])
    draft.set_digests(item, digests)
    return True


def _picked(draft, is_sealed=None):
    index, position = draft.pick(draft.addresses(is_sealed))
    return draft.items[index], position


@kind("a stored record says another time", unseen=BY_STATE)
def change_record(draft):
    item, position = _picked(draft)
    fields = item.fields(position)
    fields["at"] ^= 1
    item.pairs[position][0] = pack(fields)
    _answer_for(draft, item, position)


@kind("an order to erase says another time, and what it named is gone", unseen=BY_STATE)
def change_order(draft):
    index, position = draft.pick(draft.effective_orders())
    item = draft.items[index]
    fields = item.fields(position)
    fields["at"] ^= 1
    item.pairs[position][0] = pack(fields)
    _answer_for(draft, item, position)


@kind("a stored record gives another reason, and is longer", unseen=BY_STATE)
def lengthen_record(draft):
    item, position = _picked(draft)
    fields = item.fields(position)
    fields["reason"] = "another reason than before"
    item.pairs[position][0] = pack(fields)
    _answer_for(draft, item, position)


@kind("a sealed part is changed", unseen=BY_STATE)
def change_sealed_part(draft):
    item, position = _picked(draft, True)
    data, sealed = item.pairs[position]
    sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    item.pairs[position][1] = sealed
    if draft.keys.by_digest(item.entry.key) is None:
        item.faults[position] = "record-mismatch"
        return
    fields = item.fields(position)
    item.pairs[position][0] = pack({**fields, "sealed": sha256(sealed)})
    _answer_for(draft, item, position)


@kind("two records of an entry change places", unseen=BY_STATE)
def swap_records(draft):
    places = [(i, p) for i, p in draft.addresses() if (i, p + 1) in draft.addresses()]
    index, position = draft.pick(places)
    item = draft.items[index]
    pairs = item.pairs
    pairs[position], pairs[position + 1] = pairs[position + 1], pairs[position]
    _answer_for(draft, item, position)
    _answer_for(draft, item, position + 1)


# What is not there, and orders that name it. An order that is in the ledger already may
# name it too, since an order may come before what it names.


def _drop(draft, index, position, only_sealed=False):
    item = draft.items[index]
    item.missing[position] = only_sealed
    item.pairs[position][1] = b""
    if not only_sealed:
        item.pairs[position][0] = b""


@kind("a record is gone", unseen=ON_RECORD)
def drop_record(draft):
    _drop(draft, *draft.pick(draft.addresses()))


@kind("a sealed part is gone", unseen=ON_RECORD)
def drop_sealed_part(draft):
    index, position = draft.pick(draft.addresses(True))
    _drop(draft, index, position, only_sealed=True)


@kind("all records of an entry are gone", unseen=ON_RECORD)
def drop_all_records(draft):
    index = draft.pick({index for index, _ in draft.addresses()})
    for position in range(len(draft.items[index].pairs)):
        _drop(draft, index, position)


def order_by(draft, role, *addresses):
    """Add an order at the end: by a key of this role where one is had, else a stranger's."""
    draft.need_log_key()
    key = draft.writer_key(role) or STRANGER
    draft.new_item(key, [(order(*addresses), b"")])


@kind("a record is gone, and the committee orders it", unseen=ON_RECORD)
def drop_record_by_order(draft):
    index, position = draft.pick(draft.addresses())
    _drop(draft, index, position)
    order_by(draft, b"committee", "%d.%d" % (index, position))


@kind("a sealed part is gone, and the committee orders it", unseen=ON_RECORD)
def drop_sealed_part_by_order(draft):
    index, position = draft.pick(draft.addresses(True))
    _drop(draft, index, position, only_sealed=True)
    order_by(draft, b"committee", "%d.%d/sealed" % (index, position))


@kind("a record is gone, and an order names its sealed part alone")
def drop_record_by_order_for_sealed_part(draft):
    index, position = draft.pick(draft.addresses(True))
    _drop(draft, index, position)
    order_by(draft, b"committee", "%d.%d/sealed" % (index, position))


@kind("a record is gone, and an agency orders it")
def drop_record_by_agency(draft):
    index, position = draft.pick(draft.addresses())
    _drop(draft, index, position)
    order_by(draft, b"agency", "%d.%d" % (index, position))


@kind("a record is gone, and the operator orders it")
def drop_record_by_operator(draft):
    index, position = draft.pick(draft.addresses())
    _drop(draft, index, position)
    order_by(draft, b"operator", "%d.%d" % (index, position))


@kind("a record is gone, and its address is spelt another way in the order")
def drop_record_by_misspelt_order(draft):
    index, position = draft.pick(draft.addresses())
    _drop(draft, index, position)
    spellings = ("0%d.%d", "%d.0%d", "+%d.%d", "%d.%d/", "%d.%d/record", "%d,%d")
    order_by(draft, b"committee", *(form % (index, position) for form in spellings))


@kind("a record is gone and its sealed part is still there")
def keep_sealed_part_alone(draft):
    item, position = _picked(draft, True)
    item.pairs[position][0] = b""
    item.faults[position] = "record-mismatch"


@kind("a sealed part stands beside a record that has none")
def add_sealed_part(draft):
    item, position = _picked(draft, False)
    item.pairs[position][1] = b"nobody asked for this"
    item.faults[position] = "record-mismatch"


@kind("a sealed part longer than allowed")
def lengthen_sealed_part(draft):
    item, position = _picked(draft, True)
    sealed = bytes(60_001)
    item.pairs[position] = [pack({**item.fields(position), "sealed": sha256(sealed)}), sealed]
    if _answer_for(draft, item, position):
        item.faults[position] = "record-malformed"


# Records that are none: with the writer's key they are what the entry says


def _add_malformed(name, what, change):
    def make(draft):
        item, position = _picked(draft, False)
        item.pairs[position][0] = change(item.fields(position))
        if _answer_for(draft, item, position):
            item.faults[position] = "record-malformed"

    kind("a record " + what, name="malformed-record-" + name)(make)


def _with(**more):
    return lambda fields: pack({**fields, **more})


def _longer_header(fields):
    """Write the map's header in a form that a shorter one would do for."""
    return b"\xde\x00" + bytes([len(fields)]) + pack(fields)[1:]


def _unsorted(fields):
    names = sorted(fields, reverse=True)
    return bytes([0x80 | len(fields)]) + b"".join(pack(n) + pack(fields[n]) for n in names)


_add_malformed("bytes-after", "with bytes after it", lambda fields: pack(fields) + b"\0")
_add_malformed("header", "with a longer header than needed", _longer_header)
_add_malformed("unsorted", "whose keys do not ascend", _unsorted)
_add_malformed("field", "with a field that is not in the vocabulary", _with(unlisted="x"))
_add_malformed("type", "with a field of another type", _with(at="yesterday"))
_add_malformed("control", "with a character that turns a terminal's text", _with(detail="\u202e"))
_add_malformed("escape", "with an escape sequence", _with(detail="\x1b[2J"))
_add_malformed("depth", "nested too deep", _with(**{"x-deep": [[[1]]]}))
_add_malformed("long", "longer than allowed", _with(checkpoint=bytes(60_001)))
_add_malformed("no-salt", "without salt",
               lambda fields: pack({n: fields[n] for n in fields if n != "salt"}))
_add_malformed("nothing", "that is no map", lambda _: b"\xc3")


# Lengths that lie


def _misfit(draft, change, index=None):
    index = draft.pick(draft.indexes()) if index is None else index
    item = draft.items[index]
    item.part_stated = change(item.part or join_parts(item.pairs))
    item.is_misfit = True


@kind("bytes after an entry's records")
def lengths_short_of_part(draft):
    _misfit(draft, lambda part: part + b"\0")


@kind("an entry's records end within one of them")
def lengths_beyond_part(draft):
    _misfit(draft, lambda part: part[:-1])


@kind("a record's length that lies")
def length_of_record_lies(draft):
    _misfit(draft, lambda part: b"\xff\xff" + part[2:])


@kind("a roster's entry has records")
def records_of_roster(draft):
    _misfit(draft, lambda _: b"abc", draft.pick(draft.indexes(2)))


@kind("a record is put in place of another entry's", unseen=BY_STATE)
def copy_record_elsewhere(draft):
    addresses = draft.addresses()
    index, position = draft.pick(addresses)
    others = [(i, p) for i, p in addresses if i != index]
    if not others:
        raise Unsuitable("only one entry has records")
    other = draft.random.choice(others)
    item = draft.items[index]
    item.pairs[position] = list(draft.items[other[0]].pairs[other[1]])
    _answer_for(draft, item, position)


def made_up():
    """Return a record that nobody sent."""
    return record(action="query", detail="made up")
