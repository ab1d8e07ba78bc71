#!/usr/bin/env python3
"""The options of keiin-verify's subcommands: each is taken with all that it may hold, and what
is wrong is refused with one line, exit status 64, before anything is read."""

import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests" / "forge"))
sys.dont_write_bytecode = True

import audits  # noqa: E402
import forge  # noqa: E402

VERIFY = str(BIN / "keiin-verify")
U64 = 2 ** 64

# What each takes: None nothing, a pair the first and last number, a word its kind.
AUDITED = {"roster": "text", "latest": None, "threads": (1, 256), "timeout": (1, 86400),
           "json": None}
OPTIONS = {
    "audit": AUDITED | {"state": "text", "max-age": (0, 2 ** 40), "no-records": None,
                        "findings-max": (0, 100000000), "certificate": "text", "out": "text"},
    "reconcile": AUDITED | {"map": "text", "digest-key": "text", "writer": "text",
                            "from": "time", "to": "time", "findings-max": (0, 1000000),
                            "statements-max": (1, 2 ** 32 - 2),
                            "row-bytes-max": (4096, 2 ** 31)},
    "compare": {"roster": "roster", "evidence": "text", "latest": None, "timeout": (1, 86400),
                "json": None},
    "prove": {"at": "text", "roster": "text", "latest": None, "out": "text"},
    "show": {"at": "text", "roster": "text", "latest": None},
    "check": {"roster": "roster", "key": "key", "json": None},
    "export": AUDITED | {"format": "text", "from": "time", "to": "time", "out": "text"},
    "sample": AUDITED | {"seed": "text", "n": (1, 10000), "urgent-first": None, "rules": "text",
                         "from": "time", "to": "time", "actions": "text", "format": "text",
                         "out": "text"},
    "copy": {"no-records": None},
    "report-check": {"roster": "text", "rules": "text", "threads": (1, 256), "timeout": (1, 86400),
                     "json": None},
}
# What a command says when its options are right and nothing stands behind them.
LACKS = {"audit": "SOURCE", "reconcile": "--map FILE", "compare": "needs two", "prove": "--at",
         "show": "--at", "check": "at least one", "export": "--format", "sample": "--seed",
         "copy": "SOURCE and a folder", "report-check": "at most one SOURCE"}


def chosen():
    """Every command; under sanitizers, where a program starts slowly, three a day."""
    commands = list(OPTIONS.items())
    if not os.environ.get("KEIIN_SHORT"):
        return commands
    day = int(time.strftime("%j"))
    return [commands[(day * 3 + i) % len(commands)] for i in range(3)]


class Options(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-options-",
                                                dir=audits.memory_folder()))
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        publication = forge.grown(3).publish()
        publication.write(cls.dir / "source")
        (cls.dir / "roster").write_bytes(publication.trusted)
        (cls.dir / "key").write_text(forge.Key("auditor.test/a").vkey + "\n")

    def verify(self, *words, roster=None):
        environment = {k: v for k, v in os.environ.items() if k != "KEIIN_ROSTER"}
        if roster is not None:
            environment["KEIIN_ROSTER"] = str(roster)
        return subprocess.run([VERIFY, *map(str, words)], capture_output=True, text=True,
                              timeout=60, env=environment, check=False)

    def refused(self, words, said):
        done = self.verify(*words)
        self.assertEqual((done.returncode, done.stdout), (64, ""), done.stderr[:200])
        self.assertIn(said, done.stderr, words[:3])
        self.assertLessEqual(len(done.stderr.splitlines()), 1, words[:3])

    def values(self, kind):
        """What an option takes, and what it does not."""
        if isinstance(kind, tuple):
            first, last = kind
            good = [first, last]
            bad = [last + 1, U64, -1, "", "1x", "01", " 1"] + ([first - 1] if first else [])
            return good, bad
        if kind == "time":
            return ["2026-10-01T00:00:00Z"], ["2026-10-01", "yesterday", ""]
        if kind == "roster":
            return [self.dir / "roster"], []
        if kind == "key":
            return [self.dir / "key"], []
        return ["anything"], []

    def wrong(self, name, kind):
        return f"--{name} takes a time" if kind == "time" else \
            f"--{name} must be a number from {kind[0]} to {kind[1]}"

    def test_each_is_taken(self):
        """With every value that it may hold, the command gets to what it lacks next."""
        for command, options in chosen():
            for name, kind in options.items():
                if kind is None:
                    self.refused([command, f"--{name}"], LACKS[command])
                    self.refused([command, f"--{name}=1"], "is not known or lacks its value")
                    continue
                lacks = LACKS[command]
                if (command, name) in (("prove", "at"), ("show", "at")):
                    lacks = "--out" if command == "prove" else "SOURCE"
                if (command, name) == ("sample", "seed"):
                    lacks = "SOURCE"
                if (command, name) == ("reconcile", "map"):
                    lacks = "LOG"
                for value in self.values(kind)[0]:
                    self.refused([command, f"--{name}", value], lacks)
                    self.refused([command, f"--{name}={value}"], lacks)
                self.refused([command, f"--{name}"], "is not known or lacks its value")

    def test_what_it_may_not_hold_is_refused(self):
        for command, options in chosen():
            for name, kind in options.items():
                if kind is not None:
                    for value in self.values(kind)[1]:
                        self.refused([command, f"--{name}={value}"], self.wrong(name, kind))

    def test_unknown_ones_are_refused(self):
        names = set().union(*OPTIONS.values()) | {"rosters", "x"}
        for command, options in chosen():
            for name in names - set(options):
                if sum(known.startswith(name) for known in options) != 1:
                    self.refused([command, f"--{name}", "1"], f'option "--{name}" is not known')
            self.refused([command, "-x"], '"-x" is not known')

    def test_too_many_writers_are_said(self):
        words = ["reconcile"] + ["--writer=w"] * 1001
        self.refused(words, "--writer 1000 times at the most")
        self.refused(words[:-1], "--map FILE")

    def test_the_roster_is_named_by_the_environment_too(self):
        source = self.dir / "source"
        for words in (["audit", source], ["compare", source, source]):
            self.refused(words, "needs --roster")
            done = self.verify(*words, roster=self.dir / "roster")
            self.assertEqual((done.returncode, done.stderr), (0, ""), words)

    def test_what_cannot_be_read_is_named_once(self):
        nothing, roster = str(self.dir / "nothing"), self.dir / "roster"
        for words, status in ((["check", "--roster", roster, nothing], 2),
                              (["check", "--roster", roster, "--roster", nothing, "x"], 64),
                              (["audit", "--roster", nothing, "x"], 64)):
            done = self.verify(*words)
            self.assertEqual((done.returncode, done.stdout), (status, ""), words)
            self.assertEqual(done.stderr.count(nothing), 1, done.stderr)

    def test_what_they_say_is_done(self):
        """Each option of an audit changes what it is there to change."""
        source, roster = self.dir / "source", f"--roster={self.dir / 'roster'}"

        def audit(*options):
            done = self.verify("audit", roster, "--json", *options, source)
            self.assertEqual(done.stderr, "")
            return done.returncode, json.loads(done.stdout)

        status, verdict = audit()
        self.assertEqual((status, verdict["verdict"], verdict["records"]), (0, "verified", 3))
        self.assertEqual(audit("--no-records")[1]["records"], None)
        self.assertEqual(audit("--no-records")[0], 0)
        self.assertEqual(audit("--threads=2", "--timeout=5", "--latest")[0], 0)
        status, verdict = audit("--max-age=0")
        self.assertEqual((status, [f["code"] for f in verdict["findings"]]), (1, ["stale"]))
        state = f"--state={self.dir / 'state'}"
        audit(state)
        self.assertTrue(any((self.dir / "state").iterdir()))

    def test_a_report_that_cannot_be_written_is_no_finding(self):
        """Status 1 is for findings."""
        def full_disk():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

        for options in ([], ["--json"]):
            with open(self.dir / "report", "wb") as report:
                done = subprocess.run(
                    [VERIFY, "audit", "--roster", self.dir / "roster", *options,
                     self.dir / "source"], stdout=report, stderr=subprocess.PIPE,
                    preexec_fn=full_disk, restore_signals=False, timeout=60, check=False)
            self.assertEqual(done.returncode, 2, done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
