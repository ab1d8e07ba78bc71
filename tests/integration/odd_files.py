#!/usr/bin/env python3
"""Audits folders in which something stands in place of a file, or a file without end.

A pipe, a socket, a device or a loop of links is unreadable, never waited for and never
believed; a file of terabytes costs neither time nor memory.
"""

import contextlib
import os
import resource
import shutil
import socket
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "forge"))
import audits
from cases_rosters import changed

SECONDS_MAX = 60
MEMORY_BYTES_MAX = 1 << 30
HUGE_BYTES = 1 << 42


def pipe(path, data):
    os.mkfifo(path)


def device(path, data):
    os.symlink("/dev/zero", path)


def socket_file(path, data):
    here = os.getcwd()
    os.chdir(os.path.dirname(path))  # the names of sockets are short
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as made:
        made.bind(os.path.basename(path))
    os.chdir(here)


def loop(path, data):
    os.symlink(os.path.basename(path), path)


def folder(path, data):
    os.mkdir(path)


def endless(path, data):
    """What belongs there, and zeros after it for terabytes that no disk holds."""
    with open(path, "wb") as file:
        file.write(data)
        file.truncate(HUGE_BYTES)


CHECKPOINT, ENTRIES, RECORDS = "checkpoint", "tile/entries/000.p/4", "tile/records/000.p/4"
TILE, ROSTER, PROOF = "tile/0/000.p/4", "roster/1", "roster/1.tlog-proof"
NEEDED = (CHECKPOINT, ENTRIES, RECORDS, TILE, ROSTER, PROOF)
# Where the roster is not read the stranger whom it lists is unknown.
UNREADABLE = {ROSTER: ["writer-unknown 3", "incomplete"], PROOF: ["writer-unknown 3", "incomplete"]}
ENDLESS = {
    CHECKPOINT: ["checkpoint-invalid"],
    ENTRIES: ["root-mismatch"],
    RECORDS: ["root-mismatch"],
    TILE: ["root-mismatch"],
    ROSTER: ["roster-invalid 2", "writer-unknown 3"],
    PROOF: ["roster-invalid 2"],
}


def cases():
    for way in (pipe, device, socket_file, loop, folder):
        for name in NEEDED:
            yield way, name, UNREADABLE.get(name, ["incomplete"])
    for name in NEEDED:
        yield endless, name, ENDLESS[name]


def found(ledger, trusted):
    verdict = audits.by_verify(ledger, trusted)
    return verdict if isinstance(verdict, str) else audits.findings(verdict)


def is_right(publication, ledger, way, name, expected):
    publication.write(ledger)
    path = os.path.join(ledger, name)
    os.unlink(path)
    way(path, publication.files[name])
    try:
        got = found(ledger, publication.trusted)
    except audits.subprocess.TimeoutExpired:
        got = "no end"
    if got != expected:
        print("%s in place of %s: got %s, wanted %s" % (way.__name__, name, got, expected))
    return got == expected


def is_sanitized():
    """Say whether the program reserves terabytes of addresses that it never uses."""
    with open(audits.VERIFY, "rb") as program:
        return b"__asan_init" in program.read()


def main():
    audits.SECONDS_MAX = SECONDS_MAX
    if not is_sanitized():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    publication = changed().publish()
    work = tempfile.mkdtemp(prefix="keiin-odd-")
    try:
        ledger = os.path.join(work, "ledger")
        results = [is_right(publication, ledger, *case) for case in cases()]
    finally:
        shutil.rmtree(work)
    print("odd files: %d folders, %d wrong" % (len(results), results.count(False)))
    return 0 if all(results) and results else 1


if __name__ == "__main__":
    sys.exit(main())
