"""Damage to entries: their places, times, chains, signatures and form."""

import ed25519
from encoding import sha256

from damage_records import STRANGER, made_up, order_by
from keys import spoiled
from kinds import BY_STATE, BY_WRITER, Subject
from ledger_copy import Unsuitable, encode
from packing import pack

subject = Subject("entries")
kind = subject.kind


@kind("an entry names another digest")
def change_entry(draft):
    index, position = draft.pick(draft.addresses())
    item = draft.items[index]
    digests = list(item.entry.digests)
    digests[position] = sha256(b"another record")
    draft.set_digests(item, digests)
    item.faults[position] = "record-mismatch"


# Places


def _not_last(draft):
    return [index for index in draft.indexes() if draft.next_of(index) is not None]


@kind("an entry is removed after which its writer sent another", unseen=BY_STATE)
def remove_entry(draft):
    del draft.items[draft.pick(_not_last(draft))]


@kind("the newest entries are removed", unseen=BY_STATE)
def remove_newest(draft):
    first = max(draft.indexes(2)) + 1
    size = draft.pick(range(max(first, 1), len(draft.items)))
    del draft.items[size:]


@kind("a writer's newest entry is removed, others follow", unseen=BY_STATE)
def remove_newest_of_writer(draft):
    last = len(draft.items) - 1
    del draft.items[draft.pick(i for i in draft.indexes() if i < last and not draft.next_of(i))]


@kind("an order to erase is removed", unseen=BY_STATE)
def remove_order(draft):
    def orders(item):
        return any(
            item.pairs[p][0] and item.fields(p)["action"] == "erase.record"
            for p in range(len(item.pairs))
        )

    del draft.items[draft.pick(i for i in draft.indexes() if orders(draft.items[i]))]


def _swap(draft, one, other):
    items = draft.items
    items[one], items[other] = items[other], items[one]
    if draft.has_log_key():
        # No writer signs when its entry came, so the times can stay in order.
        first, second = items[one].entry.received, items[other].entry.received
        items[one].change(received=second)
        items[other].change(received=first)


@kind("two neighbours of different writers change places", unseen=BY_STATE)
def swap_entries(draft):
    indexes = set(draft.indexes())
    _swap_at(draft, [
        index for index in indexes
        if index + 1 in indexes
        and draft.name_of(draft.items[index]) != draft.name_of(draft.items[index + 1])
    ])


def _swap_at(draft, candidates):
    index = draft.pick(sorted(candidates))
    _swap(draft, index, index + 1)


@kind("two entries of one writer change places", unseen=BY_STATE)
def swap_entries_of_writer(draft):
    index = draft.pick(i for i in _not_last(draft) if not draft.items[draft.next_of(i)].is_roster)
    _swap(draft, index, draft.next_of(index))


def _insert(draft, index, item):
    """Put an entry in that has the time of the one before it."""
    draft.items.insert(index, item)
    if index and draft.has_log_key():
        item.change(received=draft.items[index - 1].entry.received)


@kind("an entry is there a second time", unseen=BY_STATE)
def repeat_entry(draft):
    last = len(draft.items) - 1
    index = draft.pick(index for index in draft.indexes() if index < last)
    _insert(draft, draft.random.randrange(index + 1, last + 1), draft.items[index].copied())


@kind("an entry of a key that nobody listed is put in")
def insert_by_stranger(draft):
    end = len(draft.items) + draft.has_log_key()  # behind the checkpoint nobody would look
    index = draft.pick(range(1, end))
    draft.new_item(STRANGER, [(made_up(), b"")], index)


def _in_name(draft, digest, index):
    """Put an entry in under a listed writer's key, which is or is not had."""
    name = draft.writer_names[digest]
    key = draft.keys.by_digest(digest)
    item = draft.new_item(key or STRANGER, [(made_up(), b"")], index)
    if key is None:
        number, before = draft.chain_end(name, index)
        item.change(key=digest, number=number, before=before)
        item.is_signed = False


@kind("an entry that a writer never sent is put in at the end", unseen=BY_WRITER)
def append_in_name(draft):
    draft.need_log_key()
    digest = draft.items[draft.pick(draft.indexes())].entry.key
    if digest not in draft.last_roster().writers:
        raise Unsuitable("a writer who is listed no more")
    _in_name(draft, digest, len(draft.items))


@kind("an entry that a writer never sent is put in before others of its", unseen=BY_STATE)
def insert_in_name(draft):
    index = draft.pick(_not_last(draft))
    _in_name(draft, draft.items[index].entry.key, index)


# Times


@kind("an entry is dated before the one before it")
def back_date(draft):
    index = draft.pick(
        i for i in range(1, len(draft.items)) if draft.items[i - 1].entry.received > 0
    )
    draft.items[index].change(received=draft.items[index - 1].entry.received - 1)


@kind("an entry is dated back to the one before it", unseen=BY_STATE)
def back_date_within_order(draft):
    def is_later(index):
        return draft.items[index].entry.received > draft.items[index - 1].entry.received

    index = draft.pick(i for i in range(1, len(draft.items)) if is_later(i))
    draft.items[index].change(received=draft.items[index - 1].entry.received)


@kind("the newest entry is dated into the far future", unseen=BY_STATE)
def post_date(draft):
    draft.items[-1].change(received=2**53 - 1)


@kind("an entry is dated after those that follow it")
def post_date_earlier_entry(draft):
    index = draft.pick(range(len(draft.items) - 1))
    draft.items[index].change(received=draft.items[-1].entry.received + 1)


# Chains


@kind("an entry's `prev` is another hash")
def change_prev(draft):
    item = draft.items[draft.pick(range(len(draft.items)))]
    item.change(prev=sha256(b"another entry"))
    item.keeps_prev = True


@kind("a writer's numbers jump")
def jump_number(draft):
    item = draft.items[draft.pick(draft.indexes())]
    item.change(number=item.entry.number + 5)
    item.is_signed, item.keeps_place = False, True


@kind("a writer's `before` is another head")
def change_before(draft):
    item = draft.items[draft.pick(draft.indexes())]
    item.change(before=sha256(b"another head"))
    item.is_signed, item.keeps_place = False, True


@kind("two entries of one writer for one number in one ledger")
def fork_writer_within(draft):
    """Whoever has the writer's key signs a second entry over the head of the first."""
    draft.need_log_key()
    index = draft.pick(draft.indexes())
    digest = draft.items[index].entry.key
    key = draft.keys.by_digest(digest)
    entry = draft.items[index].entry
    item = draft.new_item(key or STRANGER, [(made_up(), b"")])
    item.change(key=digest, number=entry.number, before=entry.before)
    item.is_signed, item.keeps_place = False, True
    if digest not in draft.last_roster().writers:
        raise Unsuitable("a writer who is listed no more")


@kind("a writer's newest entry is another one, signed by the writer too", unseen=BY_STATE)
def fork_writer_across(draft):
    index = draft.pick(i for i in draft.indexes() if draft.next_of(i) is None)
    item = draft.items[index]
    item.pairs[0] = [made_up(), b""]
    item.missing.pop(0, None)
    draft.set_digests(item, [sha256(made_up()), *item.entry.digests[1:]])


# Signatures


def _add_signature(name, what, change):
    def make(draft):
        item = draft.items[draft.pick(draft.indexes())]
        item.change(signature=change(item.entry.signature))
        item.is_signed, item.keeps_signature = False, True

    kind(what, name="signature-" + name)(make)


def _great_s(signature):
    s = int.from_bytes(signature[32:], "little") + ed25519.L
    return signature[:32] + s.to_bytes(32, "little")


_add_signature("spoiled", "a writer's signature with one bit changed", spoiled)
_add_signature("great-s", "a writer's signature in its second spelling (S + L)", _great_s)
_add_signature("short", "a writer's signature cut", lambda signature: signature[:63])
_add_signature("longer", "a writer's signature with a byte after it",
               lambda signature: signature + b"\0")
_add_signature("empty", "no signature at all", lambda signature: b"")
_add_signature("zero", "a signature of zeros", lambda signature: bytes(64))
_add_signature("small-order", "a signature whose R has small order",
               lambda signature: b"\1" + bytes(31) + signature[32:])


@kind("an entry is given to another writer")
def give_to_another_writer(draft):
    index = draft.pick(draft.indexes())
    item = draft.items[index]
    name = draft.name_of(item)
    others = [
        other.entry.key for other in draft.items[:index] if draft.name_of(other) not in (name, None)
    ]
    if not others:
        raise Unsuitable("only one writer")
    item.change(key=draft.random.choice(others))
    item.is_signed, item.keeps_place, item.keeps_signature = False, True, True


# Form


def _add_malformed(name, what, change):
    def make(draft):
        item = draft.items[draft.pick(draft.indexes())]
        item.raw_stated = change(item.entry)

    kind("an entry " + what, name="malformed-entry-" + name)(make)


def _elements(entry, **changed):
    names = ("kind", "received", "prev", "key", "number", "before", "digests", "signature")
    values = {name: getattr(entry, name) for name in names}
    return pack(list({**values, **changed}.values()))


def _wide_kind(entry):
    raw = encode(entry)
    return raw[:1] + b"\xcc" + raw[1:]


_add_malformed("bytes-after", "with bytes after it", lambda entry: encode(entry) + b"\0")
_add_malformed("wide", "written a second way (a number in more bytes)", _wide_kind)
_add_malformed("header", "written a second way (a longer header)",
               lambda entry: b"\xdc\0\x08" + encode(entry)[1:])
_add_malformed("empty", "of no bytes", lambda entry: b"")
_add_malformed("kind", "of a kind that is none", lambda entry: _elements(entry, kind=3))
_add_malformed("number", "numbered 0", lambda entry: _elements(entry, number=0))
_add_malformed("great-number", "with a number above 2^53-1",
               lambda entry: _elements(entry, number=2**53))
_add_malformed("digests", "without digests", lambda entry: _elements(entry, digests=[]))
_add_malformed("more", "of nine elements", lambda entry: _elements(entry, ninth=1))
_add_malformed("cut", "cut short", lambda entry: encode(entry)[:-1])
_add_malformed("float", "with a time that is no whole number",
               lambda entry: encode(entry)[:2] + b"\xcb" + bytes(8) + b"\xc4")


# What an entry is


@kind("records are passed off as a roster")
def records_as_roster(draft):
    index = draft.pick(i for i in draft.indexes() if len(draft.items[i].pairs) == 1)
    item = draft.items[index]
    item.part_stated = item.part
    item.is_misfit = bool(item.part)
    item.change(kind=2)


@kind("a roster is passed off as a record")
def roster_as_records(draft):
    item = draft.items[draft.pick(draft.indexes(2))]
    item.change(kind=1)
    item.pairs, item.missing = [[b"", b""]], {0: False}


@kind("a roster is passed off as a record that the committee has erased",
      unseen=BY_STATE)
def roster_as_erased_record(draft):
    draft.need_log_key()
    index = draft.pick(draft.indexes(2)[1:])
    item = draft.items[index]
    item.change(kind=1)
    item.pairs, item.missing = [[b"", b""]], {0: False}
    order_by(draft, b"committee", "%d.0" % index)


@kind("entry 0 holds another roster than the trusted one")
def replace_first_roster(draft):
    item = draft.items[0]
    draft.set_digests(item, [sha256(b"another roster")])

