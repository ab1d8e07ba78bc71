"""Histories (tests/history) for tests: made, judged, and read again record by record."""

import collections
import json
import os
import pathlib
import subprocess
import sys

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests" / "reference"))
sys.dont_write_bytecode = True

import entry as entries  # noqa: E402
import msgpack  # noqa: E402

VERIFY = str(BIN / "keiin-verify")
HISTORY = str(BIN / "tests" / "history" / "history")

RULES = """action-unknown authority-missing authority-unknown authority-expired
    authority-retroactive authority-scope extension-late collection-overrun raw-access
    criteria-changed selection-unbalanced erase-late erase-unwitnessed use-after-erase
    copy-untracked deident-missing foreign-unnotified provision-unmatched emergency-unratified
    self-approved heartbeat-missing source-unbalanced time-disputed late-record clock-step
    denied-burst volume-outlier response-overdue""".split()

ACTIONS = """collect.start collect.stop batch.receive select.run select.criteria deident.apply
    deident.reverse modify combine copy erase retain.review retain.extend query view export provide
    receive approve revoke emergency.begin emergency.end inspect notify demand recommend respond
    finding erase.record heartbeat config incident correct""".split()


def make(folder, *options):
    """Runs the generator; what it printed."""
    done = subprocess.run([HISTORY, *map(str, options), str(folder)], capture_output=True,
                          timeout=3600)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def answers(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def wanted(path):
    """How often each (rule, first record) stands in an answer file."""
    return collections.Counter((answer["rule"], answer["records"][0]) for answer in answers(path))


def findings(folder):
    """The same of what the rules find, with their defaults."""
    done = subprocess.run([VERIFY, "rules", "--json", "--findings-max", "1000000", "--roster",
                           f"{folder}.roster", str(folder)], capture_output=True, timeout=3600)
    found = collections.Counter()
    for line in map(json.loads, done.stdout.splitlines()):
        if "rule" in line:
            found[line["rule"], line["records"][0]] += 1
    assert done.returncode == (1 if found else 0), done
    return found


def _bundles(folder, kind):
    """Paths of all bundles, in order."""
    top = folder / "tile" / kind
    found = []
    for path in filter(pathlib.Path.is_file, top.rglob("*")):
        name = str(path.relative_to(top)).split(".p/")[0]
        found.append((int(name.replace("/", "").replace("x", "")), path))
    return [path for _, path in sorted(found)]


def _parts(data, bytes_of_length):
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at:at + bytes_of_length], "big")
        at += bytes_of_length
        yield data[at:at + length]
        at += length


def stream(folder):
    """Every entry with its records: (index, entry, [record or None, ...])."""
    folder = pathlib.Path(folder)
    index = 0
    for paths in zip(_bundles(folder, "entries"), _bundles(folder, "records"), strict=True):
        for raw, part in zip(_parts(paths[0].read_bytes(), 2), _parts(paths[1].read_bytes(), 4),
                             strict=True):
            pieces = list(_parts(part, 2))[::2]
            yield index, entries.decode(raw), [msgpack.decode(p) if p else None for p in pieces]
            index += 1


def files(folder):
    """Every file below the folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}
