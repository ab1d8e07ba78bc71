"""What recordlib.c wrote down, and the disks that a loss of power would have left of it.

The promises of the disk are those of POSIX, and no more: a sync makes durable what was written to
that file before it (fdatasync: bytes and size); the names in a folder are durable when the folder
was synced; a rename is seen whole or not at all. What was not synced may be there or not, every
call for itself and in any order, and of the bytes of a write every sector of 512 for itself."""

import collections
import hashlib
import os
import random
import struct

CREATE, MKDIR, WRITE, TRUNCATE, RENAME, LINK, UNLINK, BEGIN_SYNC, END_SYNC, SENT, SHARED_MAP, \
    WRITE_DURABLE = range(1, 13)
MARK = 100  # of a driver: something was said to somebody
HEADER = struct.Struct("<IIQQQIIQ")
SECTOR = 512

Event = collections.namedtuple("Event", "kind pid inode a b path second data")


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    at, events = 0, []
    while at < len(data):
        kind, pid, inode, a, b, n, m, k = HEADER.unpack_from(data, at)
        at += HEADER.size
        events.append(Event(kind, pid, inode, a, b, data[at : at + n].decode(),
                            data[at + n : at + n + m].decode(), data[at + n + m : at + n + m + k]))
        at += n + m + k
    if at != len(data):
        raise ValueError("the record is cut short")
    return events


def mark(path, text):
    """Adds what a driver knows to the record, while no recorded process runs."""
    with open(path, "ab") as file:
        file.write(HEADER.pack(MARK, 0, 0, 0, 0, 0, 0, len(text)) + text.encode())


class Name:
    """A change of names, of one call: pairs of folder and name, and what is there then."""

    def __init__(self, order, *changes):
        self.order, self.changes = order, changes

    def apply(self, names):
        for folder, name, inode in self.changes:
            if inode is None:
                names[folder].pop(name, None)
            else:
                names[folder][name] = inode


class Bytes:
    """A change of a file's bytes: a write, or (data is None) a new size."""

    def __init__(self, order, at, data, number=0):
        self.order, self.at, self.data, self.number = order, at, data, number

    def apply(self, to, sectors=None, size=True):
        """`sectors` says of the number of a sector in the file whether it was written."""
        if self.data is None:
            del to[self.at :]
            to.extend(bytes(self.at - len(to)))
            return
        end = self.at + len(self.data)
        if sectors is None:
            pieces = [(self.at, end)]
        else:
            pieces = [(max(self.at, s * SECTOR), min(end, (s + 1) * SECTOR))
                      for s in range(self.at // SECTOR, (end - 1) // SECTOR + 1) if sectors(s)]
        reach = end if size else max([last for _, last in pieces], default=0)
        to.extend(bytes(max(0, reach - len(to))))
        for first, last in pieces:
            to[first:last] = self.data[first - self.at : last - self.at]


class Inode:
    def __init__(self, number, is_folder, mode):
        self.number, self.is_folder, self.mode = number, is_folder, mode
        self.mapped = False
        self.data = bytearray()  # durable
        self.names = {}  # durable, of a folder
        self.pending = []


class Disk:
    """What is durable and what is not, after the first events of a record."""

    def __init__(self, root_inode):
        self.root = Inode(root_inode, True, 0o700)
        self.inodes = {root_inode: self.root}
        self.live = {self.root: {}}  # names as programs see them
        self.pending_names = []
        self.begun = {}
        self.order = 0
        self.settled = 0  # changes that became durable

    def _find(self, path):
        at = self.root
        for part in path.split("/") if path else []:
            at = self.live[at][part]
        return at

    def _place(self, path):
        folder, _, name = path.rpartition("/")
        return self._find(folder), name

    def _change_names(self, *changes):
        change = Name(self.order, *changes)
        change.apply(self.live)
        self.pending_names.append(change)

    def take(self, e):
        """The next event."""
        self.order += 1
        if e.kind in (CREATE, MKDIR):
            inode = self.inodes[e.inode] = Inode(e.inode, e.kind == MKDIR, e.a & 0o777)
            if inode.is_folder:
                self.live[inode] = {}
            self._change_names((*self._place(e.path), inode))
        elif e.kind in (WRITE, WRITE_DURABLE):
            number = (e.pid, e.b) if e.kind == WRITE_DURABLE else 0
            self.inodes[e.inode].pending.append(Bytes(self.order, e.a, e.data, number))
        elif e.kind == TRUNCATE:
            self.inodes[e.inode].pending.append(Bytes(self.order, e.a, None))
        elif e.kind == RENAME:
            self._change_names((*self._place(e.path), None),
                               (*self._place(e.second), self._find(e.path)))
        elif e.kind == LINK:
            self._change_names((*self._place(e.second), self._find(e.path)))
        elif e.kind == UNLINK:
            self._change_names((*self._place(e.path), None))
        elif e.kind == BEGIN_SYNC:
            self.begun[e.pid, e.b] = e.inode, self.order
        elif e.kind == END_SYNC:
            self._end_sync(e)
        elif e.kind == SHARED_MAP:
            self.inodes[e.inode].mapped = True

    def _end_sync(self, e):
        number, before = self.begun.pop((e.pid, e.b), (None, None))
        if before is None:  # a durable write, alone
            self._settle(self.inodes[e.inode], lambda change: change.number == (e.pid, e.b))
            return
        for inode in list(self.inodes.values()) if number == 0 else [self.inodes[number]]:
            self._settle(inode, lambda change: change.order < before)
        folder = None if number == 0 else self.inodes[number]
        rest = []
        for change in self.pending_names:
            if change.order < before and (number == 0 or
                                          any(where is folder for where, _, _ in change.changes)):
                for where, name, inode in change.changes:
                    where.names.pop(name, None)
                    if inode is not None:
                        where.names[name] = inode
                self.settled += 1
            else:
                rest.append(change)
        self.pending_names = rest

    def _settle(self, inode, is_durable):
        rest = []
        for change in inode.pending:
            if is_durable(change):
                change.apply(inode.data)
                self.settled += 1
            else:
                rest.append(change)
        inode.pending = rest

    def unsynced(self):
        """The orders of all changes that are not durable."""
        return sorted([change.order for change in self.pending_names] +
                      [change.order for inode in self.inodes.values() for change in inode.pending])

    def key(self, choice):
        """Equal for disks that are surely equal; cheap, for many to be left out."""
        names = tuple(c.order for c in self.pending_names if choice.name(c.order))
        pending = [c.order for inode in self.inodes.values() for c in inode.pending]
        taken = tuple(order for order in pending if choice.bytes(order)[0])
        torn = choice.label if any(choice.bytes(order)[1] for order in taken) else ""
        return self.settled, names, taken, torn

    def after_cut(self, choice, rng):
        """{path: (mode, bytes or None for a folder)} of what is found when power is back."""
        names = collections.defaultdict(dict)
        for inode in self.inodes.values():
            names[inode] = dict(inode.names)
        for change in self.pending_names:
            if choice.name(change.order):
                change.apply(names)
        found = {}

        def walk(folder, path):
            for name, inode in names[folder].items():
                if inode.is_folder:
                    found[path + name] = inode.mode, None
                    walk(inode, path + name + "/")
                else:
                    found[path + name] = inode.mode, self._content(inode, choice, rng)

        walk(self.root, "")
        return found

    @staticmethod
    def _content(inode, choice, rng):
        data = bytearray(inode.data)
        for change in inode.pending:
            taken, sectors, size = choice.bytes(change.order)
            if taken:
                change.apply(data, sectors, size)
        if inode.mapped:  # nobody knows
            return rng.choice((b"", bytes(len(data)), rng.randbytes(len(data))))
        return bytes(data)


def always(_):
    return True


def never(_):
    return False


class Choice:
    """What of the unsynced reached the disk. `bytes` says of a write: whether it did, which
    of its sectors (None: all), and whether the file's size did."""

    def __init__(self, label, name, bytes_):
        self.label, self.name, self.bytes = label, name, bytes_


def whole(taken):
    return lambda order: (taken(order), None, True)


def extremes(unsynced):
    """Choices that are the same whatever the seed."""
    last = unsynced[-1] if unsynced else 0
    return [
        Choice("none", never, whole(never)),
        Choice("all", always, whole(always)),
        Choice("last", lambda order: order == last, whole(lambda order: order == last)),
        Choice("all but the last", lambda order: order != last, whole(lambda order: order != last)),
        Choice("names and sizes", always, lambda order: (True, never, True)),
        Choice("bytes", never, whole(always)),
    ]


def random_choice(unsynced, seed):
    """In order up to some call, a call or a sector at random, or the last write torn."""
    rng = random.Random(seed)
    kind = rng.choice(("prefix", "calls", "sectors", "sectors", "last torn"))
    label = f"{kind} {seed}"
    part = rng.choice((0.1, 0.5, 0.9))
    last = unsynced[-1]

    def drawn(*what):
        digest = hashlib.sha256(repr((seed, *what)).encode()).digest()
        return int.from_bytes(digest[:4], "big") < part * 2**32

    def torn(order):
        return True, lambda sector: drawn("sector", order, sector), drawn("size", order)

    def name(order):
        return drawn("name", order)

    if kind == "prefix":
        end = rng.choice(unsynced)
        return Choice(label, lambda order: order <= end, whole(lambda order: order <= end))
    if kind == "calls":
        return Choice(label, name, whole(lambda order: drawn("call", order)))
    if kind == "sectors":
        return Choice(label, name, torn)
    return Choice(label, always, lambda order: torn(order) if order == last else (True, None, True))


def choices(disk, at, per_cut, seed):
    """Of the moment after `at` events: the extremes, and `per_cut` random ones."""
    unsynced = disk.unsynced()
    if not unsynced:
        return extremes(unsynced)[:1]
    return extremes(unsynced) + [random_choice(unsynced, f"{seed}-{at}-{i}") for i in range(per_cut)]


def make(found, folder):
    """Puts such a disk into an empty folder."""
    for path in sorted(found):
        mode, data = found[path]
        if data is None:
            os.mkdir(os.path.join(folder, path))
        else:
            with open(os.path.join(folder, path), "xb") as file:
                file.write(data)
        os.chmod(os.path.join(folder, path), mode or 0o700)


def check_complete(events, root_inode, folder, rng):
    """The record misses nothing: everything in it, applied, is what is in the folder now."""
    disk = Disk(root_inode)
    for event in events:
        disk.take(event)
    mapped = {inode.number for inode in disk.inodes.values() if inode.mapped}
    found = disk.after_cut(Choice("all", always, whole(always)), rng)
    there = set()
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            path = os.path.relpath(os.path.join(parent, name), folder)
            full = os.path.join(parent, name)
            if name in folders or os.path.isfile(full):
                there.add(path)
            if name in files and os.path.isfile(full) and os.stat(full).st_ino not in mapped:
                with open(full, "rb") as file:
                    assert file.read() == found[path][1], f"{path} is not what the record says"
    assert there == set(found), there ^ set(found)
