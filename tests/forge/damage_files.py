"""Damage to files: missing, unreadable, cut, longer, or not what they should be."""

from tiles import WIDTH_FULL

from forge import ABSENT, UNREADABLE, tile_name
from kinds import NO_DAMAGE, Subject
from ledger_copy import Unsuitable

subject = Subject("files")
kind = subject.kind


def _bundle(draft):
    """Choose a bundle; return its index, its first entry's and the one after its last."""
    size = len(draft.items)
    index = draft.random.randrange((size + WIDTH_FULL - 1) // WIDTH_FULL)
    return index, index * WIDTH_FULL, min(size, (index + 1) * WIDTH_FULL)


def _damage_entries(name, what, change, last=None):
    def make(draft):
        index, first, end = _bundle(draft)
        path = tile_name("entries", index, len(draft.items))
        draft.put(path, change(_data(draft, path), draft.items[end - 1]))
        draft.ends_at = end - 1 if last else first

    kind("a bundle of entries " + what, name="entries-" + name)(make)


def _data(draft, path):
    return draft.files()[path]


def _length_lies(data, last):
    """Let the last entry's length promise more than is left."""
    start = len(data) - len(last.raw) - 2
    return data[:start] + b"\xff\xff" + data[start + 2 :]


_damage_entries("gone", "is not there", lambda data, _: ABSENT)
_damage_entries("unreadable", "cannot be read", lambda data, _: UNREADABLE)
_damage_entries("empty", "is empty", lambda data, _: b"")
_damage_entries("cut", "is cut short", lambda data, _: data[:-1], last=True)
_damage_entries("length-lies", "ends in a length that lies", _length_lies, last=True)


def _damage_records(name, what, change, last=None):
    def make(draft):
        index, first, end = _bundle(draft)
        path = tile_name("records", index, len(draft.items))
        draft.put(path, change(_data(draft, path), draft.items[end - 1]))
        draft.unread_records = set(range(end - 1 if last else first, end))
        draft.found.add("incomplete")

    kind("a bundle of records " + what, name="records-" + name)(make)


def _records_length_lies(data, last):
    """Let the last part promise 4 GiB."""
    if last.is_roster:
        raise Unsuitable("the last entry is a roster's")
    start = len(data) - len(last.part) - 4
    return data[:start] + b"\xff\xff\xff\xff" + data[start + 4 :]


_damage_records("gone", "is not there", lambda data, _: ABSENT)
_damage_records("unreadable", "cannot be read", lambda data, _: UNREADABLE)
_damage_records("empty", "is empty", lambda data, _: b"")
_damage_records("cut", "is cut short", lambda data, _: data[:-1], last=True)
_damage_records("length-lies", "promises 4 GiB", _records_length_lies, last=True)


def _damage_any(name, what, kinds, change, found):
    def make(draft):
        size = len(draft.items)
        level = draft.random.choice(kinds)
        index = draft.random.randrange((size + WIDTH_FULL - 1) // WIDTH_FULL)
        path = tile_name(level, index, size)
        draft.put(path, change(_data(draft, path)))
        draft.found.add(found)

    kind(what, name=name)(make)


_damage_any("entries-longer", "bytes after a bundle of entries", ["entries"],
            lambda data: data + b"\0", "root-mismatch")
_damage_any("records-longer", "bytes after a bundle of records", ["records"],
            lambda data: data + b"\0\0\0\0", "root-mismatch")
_damage_any("tile-longer", "a hash more in a tile", [0], lambda data: data + bytes(32),
            "root-mismatch")
_damage_any("tile-wrong", "a tile disagrees with the entries", [0],
            lambda data: bytes([data[0] ^ 1]) + data[1:], "root-mismatch")
_damage_any("tile-swapped", "the first hash of a tile in place of its last", [0],
            lambda data: data[:-32] + bytes(32), "root-mismatch")
_damage_any("tile-gone", "a tile is not there", [0], lambda data: ABSENT, "incomplete")
_damage_any("tile-unreadable", "a tile cannot be read", [0], lambda data: UNREADABLE, "incomplete")
_damage_any("tile-cut", "a tile is cut short", [0], lambda data: data[:-1], "incomplete")


@kind("a tile of the second level disagrees with the first")
def upper_tile_wrong(draft):
    full = len(draft.items) // WIDTH_FULL
    if full == 0:
        raise Unsuitable("there is no second level")
    path = tile_name(1, 0, full)
    draft.put(path, bytes(len(_data(draft, path))))
    draft.found.add("root-mismatch")


@kind("partial files under the names of full ones, with more after them", unseen=NO_DAMAGE)
def full_for_partial(draft):
    size = len(draft.items)
    if size % WIDTH_FULL == 0:
        raise Unsuitable("no file is partial")
    for level in ("entries", "records", 0):
        path = tile_name(level, size // WIDTH_FULL, size)
        draft.put(path.partition(".p/")[0], _data(draft, path) + b"\xff\xff\xff\xff what follows")
        draft.put(path, ABSENT)


@kind("every file is gone but the checkpoint and the rosters")
def everything_gone(draft):
    for name in draft.files():
        if name.startswith("tile/"):
            draft.put(name, ABSENT)
    draft.ends_at = 0


@kind("files that nobody asked for", unseen=NO_DAMAGE)
def more_files(draft):
    draft.put("tile/entries/999", b"another bundle")
    draft.put("roster/99", b"another roster")
    draft.put("index.html", b"<script>")
