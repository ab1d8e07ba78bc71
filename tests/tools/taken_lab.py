"""What is taken away from a ledger, for tests: ledgers by hand with hostile records, and what an
independent reading says of every record that stands."""

import base64
import datetime
import hashlib
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import history_lab
from history_lab import BIN, SRC

import reference_path  # noqa: F401
import entry as entries
import forge
import msgpack
from packing import pack

VERIFY = str(BIN / "keiin-verify")
T0 = 1767225600000  # 2026-01-01T00:00:00Z
GREATEST = 2**53 - 1
SIX = "actor", "unit", "authority", "dataset", "purpose", "outcome"


class Done:
    """What one run of a command said."""

    def __init__(self, process):
        self.status = process.returncode
        self.bytes = process.stdout
        self.err = process.stderr.decode()

    @property
    def out(self):
        return self.bytes.decode()


def run(*arguments, **options):
    options = {"capture_output": True, "timeout": 600, **options}
    return Done(subprocess.run([VERIFY, *map(str, arguments)], **options))


def rfc3339(ms):
    """As the programs write a time; years above 9999 have more digits."""
    if ms > 253402300799999:
        return None
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def received(ms, **stated):
    return forge.Stated(received=ms, **stated)


def record(**fields):
    return pack({"action": "query", "at": T0, "salt": bytes(16), **fields})


def ledger():
    made = forge.Ledger()
    made.add_roster_entry(made.operator, made.add_roster(), stated=received(T0))
    return made


def publish(made, folder):
    """Files of the ledger, with its roster in hand beside them."""
    published = made if isinstance(made, forge.Publication) else made.publish(
        made.checkpoint(cosigned=((0, GREATEST // 1000), (1, GREATEST // 1000))))
    published.write(folder)
    pathlib.Path(f"{folder}.roster").write_bytes(published.trusted)
    return folder


# Texts as an attacker may choose them, in fields of type text and under names of one's own.
HOSTILE_TEXTS = (
    "<script>alert(1)</script>", "</td></tr></table><h1>", "\"'&amp;<b>", "=1+1",
    "=cmd|' /C calc'!A0", "+1-1", "-2", "@SUM(A1:A9)", "\uff1d1+1", "\uff201", "a,b;c\"d\"\"",
    "back\\slash \\u0000 \\n", " leading and trailing ", "\u0301combining first",
    "\U0001f600 \U0001f468\U0001f3fd emoji \U0001f9ff", "\u061c\u05d0\u05d1 right to left \u0645",
    "\ufffe\ufdd0 \U000e0041 \U0003fffd", "契印の記録\u3000検査", "a" * 200, "")
HOSTILE_IDS = ("=1+1", "<b>", "--", "@x", "+1", "-1", "'quote", '"', "a,b", "&lt;", "x" * 255,
               "{}[]", "\\", "%s%n", "../../etc", "null", "1e9")


def hostile_records():
    """Well-formed records whose texts are hostile."""
    for text in HOSTILE_TEXTS:
        yield record(detail=text, reason=text, actor="a", **{"x-text": text})
    for text in HOSTILE_IDS:
        yield record(actor=text, dataset=text, unit=text, parents=[text, text], authority=text,
                     **{"x-" + re.sub(r"[^ -~]", "", text[:40]): text})
    yield record(**{"x-long": "\U0001f600" * 14000, "x-quotes": '"' * 3000})
    yield record(**{"x-bin": bytes(range(256)) * 200})
    yield record(**{"x-deep": {"a": [1, "=1", True, b"\0\xff"], "b\"": {}, "": []}, "x-": 0,
                    "x-契印": "\U0001f600", "x-number": GREATEST, "x-true": True})
    yield record(at=GREATEST, count=GREATEST, discarded=0, retain_until=0, emergency=True)
    yield record(action="x-own", criteria=bytes(32), content=b"\xff" * 32,
                 recipient="r", recipient_kind="foreign", ref="d-1")
    yield record(action="unheard", at=0, outcome="denied")


def with_hostile_records():
    made = ledger()
    for number, one in enumerate(hostile_records()):
        made.add_records(made.agency, one, stated=received(T0 + 1000 * number))
    return made


def writers_of(folder):
    """(name, role, organisation) of each key that any roster of the ledger lists."""
    found = {}
    for path in sorted((pathlib.Path(folder) / "roster").iterdir()):
        for line in path.read_text(encoding="utf-8").splitlines() if path.suffix == "" else ():
            if line.startswith("writer "):
                _, vkey, role, organisation = line.split(" ")
                name, _, key = vkey.split("+", 2)
                found[hashlib.sha256(base64.b64decode(key)).digest()] = name, role, organisation
    return found


def standing(folder):
    """Every record of a sound ledger that is there: address, entry, writer, number, digest, fields."""
    writers = writers_of(folder)
    for index, entry, records in history_lab.stream(folder):
        if entry.kind != entries.KIND_RECORDS:
            continue
        for position, fields in enumerate(records):
            if fields is not None:
                yield {"address": f"{index}.{position}", "received": entry.received,
                       "writer": writers[entry.key], "number": entry.number + position,
                       "digest": entry.digests[position].hex(), "fields": fields}


class Case(unittest.TestCase):
    """A test with a folder of its own; histories are made once for a class."""

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="keiin-taken-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-taken-", dir=self.shared))

    @classmethod
    def history(cls, name, *options, records=10000, seed=1):
        history_lab.make(cls.shared / name, "--records", records, "--seed", seed, "--answers",
                         cls.shared / f"{name}.answers", *options)
        return cls.shared / name


__all__ = ["BIN", "GREATEST", "SRC", "T0", "VERIFY", "Case", "Done", "forge", "hostile_records",
           "ledger", "msgpack", "publish", "received", "record", "rfc3339", "run", "standing",
           "with_hostile_records"]
