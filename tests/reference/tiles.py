"""Tiles and bundles by c2sp.org/tlog-tiles: names, reading, and the tree they show."""

import tree
from encoding import Malformed
from source import Absent, Unreadable

WIDTH_FULL = 256
HASH_BYTES = 32


def index_path(index):
    """Write a tile index in path elements of three digits, all but the last with an x."""
    elements = ["%03d" % (index % 1000)]
    while index >= 1000:
        index //= 1000
        elements.insert(0, "x%03d" % (index % 1000))
    return "/".join(elements)


def open_tile(source, kind, index, width):
    """Open a tile or bundle; return the stream and whether its name states `width`.

    A partial one that is gone may have become a full one, which then is read
    up to `width` only.
    """
    full = "tile/%s/%s" % (kind, index_path(index))
    if width == WIDTH_FULL:
        return source.open(full), True
    try:
        return source.open("%s.p/%d" % (full, width)), True
    except Absent:
        return source.open(full), False


class Entries:
    """The entries of one bundle, read one after the other."""

    def __init__(self, source, index, width):
        self._stream, self._is_exact = open_tile(source, "entries", index, width)

    def next(self):
        """Return the next entry's bytes, or raise Absent where the bundle is cut short."""
        prefix = self._stream.read(2)
        size = int.from_bytes(prefix, "big")
        data = self._stream.read(size)
        if len(prefix) < 2 or len(data) < size:
            raise Absent("entries bundle cut short")
        return data

    def has_more(self):
        return self._is_exact and bool(self._stream.read(1))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stream.__exit__()


def root_at(source, size, ledger_size):
    """Hash the first entries of a ledger once more and return their root."""
    frontier = tree.Frontier()
    for start in range(0, size, WIDTH_FULL):
        width = min(WIDTH_FULL, ledger_size - start)
        with Entries(source, start // WIDTH_FULL, width) as bundle:
            for _ in range(min(width, size - start)):
                frontier.append(tree.leaf_hash(bundle.next()))
    return frontier.root()


def compare(source, level, index, hashes):
    """Hold a served tile against the computed hashes; return the codes that apply."""
    computed = b"".join(hashes)
    try:
        stream, is_exact = open_tile(source, str(level), index, len(hashes))
        with stream:
            served = stream.read(len(computed) + 1)
    except (Absent, Unreadable):
        return ["incomplete"]
    codes = []
    is_longer = is_exact and len(served) > len(computed)
    # What is there of a tile cut short can still disagree with the entries.
    compared = min(len(served), len(computed)) // HASH_BYTES * HASH_BYTES
    if is_longer or served[:compared] != computed[:compared]:
        codes.append("root-mismatch")
    if len(served) < len(computed):
        codes.append("incomplete")
    return codes


class Levels:
    """Grows every level of tiles from the leaves and compares each tile when it is whole."""

    def __init__(self, source, report):
        self._source = source
        self._report = report
        self._pending = []
        self._done = []

    def append(self, leaf):
        node = leaf
        level = 0
        while node is not None:
            if level == len(self._pending):
                self._pending.append([])
                self._done.append(0)
            hashes = self._pending[level]
            hashes.append(node)
            node = None
            if len(hashes) == WIDTH_FULL:
                self._compare(level)
                node = tree.root_of(hashes)
                hashes.clear()
                self._done[level] += 1
            level += 1

    def finish(self):
        """Compare the partial tiles at the right edge of the tree."""
        for level, hashes in enumerate(self._pending):
            if hashes:
                self._compare(level)

    def _compare(self, level):
        hashes = self._pending[level]
        for code in compare(self._source, level, self._done[level], hashes):
            self._report(code)


class RecordParts:
    """The parts of one bundle of `tile/records`, one for each entry of the bundle."""

    def __init__(self, source, index, width):
        self._stream, self._is_exact = open_tile(source, "records", index, width)
        self.promised = 0  # bytes of the part that was read last, there or not

    def next(self, limit):
        """Return the next entry's part, None for one longer than `limit`.

        The part is passed over in both cases, and Absent says that the bundle
        ends within it.
        """
        self.promised = 0
        prefix = self._stream.read(4)
        if len(prefix) < 4:
            raise Absent("records bundle cut short")
        size = self.promised = int.from_bytes(prefix, "big")
        if size > limit:
            if not self._stream.skip(size):
                raise Absent("records bundle cut short")
            return None
        part = self._stream.read(size)
        if len(part) < size:
            raise Absent("records bundle cut short")
        return part

    def has_more(self):
        return self._is_exact and bool(self._stream.read(1))

    def close(self):
        self._stream.__exit__()


PART_BYTES_MAX_PER_RECORD = 2 * (2 + 0xFFFF)


def split_part(part, count):
    """Split an entry's part into `count` pairs of record and sealed part."""
    # Nothing at all stands for records that are all erased.
    if not part:
        return [(b"", b"")] * count
    fields = []
    offset = 0
    for _ in range(2 * count):
        start = offset + 2
        size = int.from_bytes(part[offset:start], "big")
        offset = start + size
        if offset > len(part):
            raise Malformed("lengths do not fit the entry")
        fields.append(part[start:offset])
    if offset != len(part):
        raise Malformed("lengths do not fit the entry")
    return list(zip(fields[::2], fields[1::2]))
