"""When the rules showed each finding: `keiin-verify rules` over the beginnings of a ledger.

What the rules find is not counted a second time here; only when it was found is, from how many
findings they tell of the first so many entries."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import tiles
import tree
from encoding import b64_encode


class Prefixes:
    """`verify` is the program, `arguments` what its `rules` needs besides SOURCE."""

    def __init__(self, verify, folder, ledger, arguments):
        self._verify, self._folder, self._size = verify, pathlib.Path(folder), ledger.size
        self._origin = ledger.checkpoint.origin
        self._arguments = [str(argument) for argument in arguments]
        self._findings = {0: []}
        self.runs = 0

    def findings(self, count):
        """What the rules find in the first `count` entries."""
        if count not in self._findings:
            with tempfile.TemporaryDirectory(prefix="keiin-prefix-") as place:
                folder = self._folder
                if count < self._size:
                    folder = pathlib.Path(place) / "cut"
                    cut(self._folder, folder, self._size, count, self._origin)
                self._findings[count] = self._run(folder)
        return self._findings[count]

    def _run(self, folder):
        self.runs += 1
        done = subprocess.run([self._verify, "rules", "--json", *self._arguments, str(folder)],
                              capture_output=True, timeout=3600, check=False)
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode not in (0, 1, 2) or not lines:
            raise RuntimeError("rules: exit %d: %s" % (done.returncode, done.stderr.decode()))
        return lines[:-1]

    def closed(self, count):
        return [finding for finding in self.findings(count) if not finding["open"]]

    def open(self, count):
        return [finding for finding in self.findings(count) if finding["open"]]

    def is_found_by(self, place, count):
        """Whether the finding of this place among all was there behind `count` entries."""
        known = [other for other in self._findings if other <= count]
        if len(self.closed(max(known))) > place:
            return True
        return len(self.closed(count)) > place


def cut(folder, out, size, count, origin):
    """The ledger's first `count` entries, under a checkpoint that nobody signed: what is found
    in records is the same. Full tiles are links."""
    shutil.copytree(folder / "roster", out / "roster")
    leaves = _cut_level(folder, out, "entries", size, count, _entries_of)
    _cut_level(folder, out, "records", size, count, _records_of)
    level, items, of_all = 0, count, size
    while items:
        _cut_level(folder, out, str(level), of_all, items, lambda data, n: data[:32 * n])
        level, items, of_all = level + 1, items // tiles.WIDTH_FULL, of_all // tiles.WIDTH_FULL
    frontier = tree.Frontier()
    for data in leaves:
        for raw in _split(data, 2):
            frontier.append(tree.leaf_hash(raw[2:]))
    text = b"%s\n%d\n%s\n" % (origin, count, b64_encode(frontier.root()))
    line = "\u2014 nobody.example ".encode() + b64_encode(bytes(68)) + b"\n"
    (out / "checkpoint").write_bytes(text + b"\n" + line)


def _cut_level(folder, out, kind, size, count, shorten):
    """Take the first `count` items of a level that has `size`; return the bundles."""
    kept = []
    for index in range((count + tiles.WIDTH_FULL - 1) // tiles.WIDTH_FULL):
        width = min(tiles.WIDTH_FULL, count - index * tiles.WIDTH_FULL)
        name = _find(folder, kind, index, size)
        if name is None:
            continue
        to = out / _name(kind, index, width)
        to.parent.mkdir(parents=True, exist_ok=True)
        data = (folder / name).read_bytes()
        if width == tiles.WIDTH_FULL:
            os.link(folder / name, to) if _same_disk(folder, to.parent) else to.write_bytes(data)
        else:
            data = shorten(data, width)
            to.write_bytes(data)
        kept.append(data)
    return kept


def _same_disk(one, other):
    return os.stat(one).st_dev == os.stat(other).st_dev


def _name(kind, index, width):
    name = "tile/%s/%s" % (kind, tiles.index_path(index))
    return name if width == tiles.WIDTH_FULL else "%s.p/%d" % (name, width)


def _find(folder, kind, index, size):
    width = min(tiles.WIDTH_FULL, size - index * tiles.WIDTH_FULL)
    for width_there in (width, tiles.WIDTH_FULL):
        name = _name(kind, index, width_there)
        if (folder / name).is_file():
            return name
    return None


def _split(data, bytes_of_length):
    at = 0
    while at < len(data):
        end = at + bytes_of_length + int.from_bytes(data[at:at + bytes_of_length], "big")
        yield data[at:end]
        at = end


def _entries_of(data, count):
    return b"".join(list(_split(data, 2))[:count])


def _records_of(data, count):
    return b"".join(list(_split(data, 4))[:count])
