"""A keiin-client of one's own for a test: a folder, and a ledger that does as it is told."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import fake_ledger as fake

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
CLIENT = str(BIN / "keiin-client")


def line(i, **more):
    record = {"action": "query", "at": 1700000000000 + i, "actor": f"p-{i}", "count": i}
    return json.dumps({**record, **more})


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-client-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.ledger = fake.Ledger()
        self.key = self.ledger.add_writer("agency.test/a")
        self.key.write(self.dir / "key")
        (self.dir / "roster").write_bytes(self.ledger.publish_roster())
        self.server = fake.Server(self.ledger)
        self.addCleanup(self.server.stop)
        self.folder = self.dir / "client"

    def client(self, *args, stdin="", expect=0, env=None):
        done = subprocess.run(
            [CLIENT, *map(str, args)], input=stdin, capture_output=True, text=True, timeout=60,
            env={**os.environ, "KEIIN_DIR": str(self.folder), **(env or {})},
        )
        self.assertEqual(done.returncode, expect, f"{args}\n{done.stdout}{done.stderr}")
        if expect:
            self.assertEqual(done.stderr.count("\n"), 1 + done.stderr.count(" kept in "), done.stderr)
        return done.stdout + done.stderr

    def init(self):
        return self.client(
            "init", "--ledger", self.server.url, "--key", self.dir / "key", "--roster",
            self.dir / "roster", self.folder,
        )

    def submit(self, lines, *args, expect=0):
        text = "".join(l + "\n" for l in lines)
        return self.client("submit", "--timeout", "2", *args, stdin=text, expect=expect)

    def records(self):
        """What the ledger stored, without its own entries."""
        out = []
        for entry in self.ledger.entries:
            out += [fake.unpack(record) for record in entry.records]
        return out

    def assert_actors(self, count):
        """Each record once, in order."""
        self.assertEqual([r["actor"] for r in self.records()], [f"p-{i}" for i in range(count)])

    def assert_receipts(self, count):
        out = self.client("receipts", "check")
        self.assertIn(f"{count} receipts verify", out)
        self.assertIn(f"{count} of them are provisional", out)
        self.assertEqual(len(list((self.folder / "receipts").iterdir())), count)


def main():
    if not os.access(CLIENT, os.X_OK):
        print(f"{CLIENT} is not built", file=sys.stderr)
        sys.exit(77)
    unittest.main()
