#!/usr/bin/env python3
"""keiin-verify compare: one history or two, and where they part; receipts against a ledger. A
source that lies in its tiles, or lacks some, never makes another one a fork."""

import copy
import functools
import http.server
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests" / "forge"))
sys.dont_write_bytecode = True

import audits  # noqa: E402
import forge  # noqa: E402
from keys import Key  # noqa: E402

VERIFY = str(BIN / "keiin-verify")
SEED = int(os.environ.get("KEIIN_SEED", "7"))


def raw(ledger, count, tag):
    """Entries that nobody signed: for what is about the tree alone."""
    for number in range(count):
        ledger.add_raw_entry(b"%s %d" % (tag, number))
    return ledger


class Counting(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.asked.append(self.path)
        super().do_GET()


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-compare-",
                                                 dir=audits.memory_folder()))
        self.addCleanup(shutil.rmtree, self.dir)

    def write(self, name, ledger, **publish):
        """A source."""
        publication = ledger.publish(**publish)
        publication.write(self.dir / name)
        (self.dir / "roster").write_bytes(publication.trusted)
        return self.dir / name

    def file(self, name, data):
        (self.dir / name).parent.mkdir(exist_ok=True)
        (self.dir / name).write_bytes(data)
        return self.dir / name

    def compare(self, a, b, status, *options, text=False):
        command = [VERIFY, "compare", "--roster", self.dir / "roster", *options, a, b]
        command += [] if text else ["--json"]
        done = subprocess.run(list(map(str, command)), capture_output=True, timeout=60)
        self.assertEqual(done.returncode, status, done)
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode() if text else json.loads(done.stdout)

    def both_ways(self, a, b, status, outcome, codes=()):
        for one, other in ((a, b), (b, a)):
            verdict = self.compare(one, other, status)
            self.assertEqual((verdict["outcome"], self.codes(verdict)), (outcome, list(codes)))
        return verdict

    @staticmethod
    def codes(verdict):
        return [finding["code"] for finding in verdict["findings"]]


class Histories(Case):
    def test_one_history(self):
        ledger = raw(forge.begun(), 300, b"x")
        a = self.write("a", ledger)
        old = self.file("old", ledger.checkpoint(258))
        longer = raw(copy.deepcopy(ledger), 400, b"y")
        b = self.write("b", longer)
        self.both_ways(a, a, 0, "same")
        verdict = self.both_ways(a, b, 0, "prefix")
        self.assertEqual((verdict["common"], verdict["a"]["size"]), (301, 701))
        self.assertEqual(self.both_ways(old, b, 0, "prefix")["common"], 258)
        self.both_ways(self.file("now", ledger.checkpoint()), a, 0, "same")
        # Two checkpoints of different size alone say nothing.
        self.both_ways(old, self.file("now", ledger.checkpoint()), 2, "incomplete", ["incomplete"])
        text = self.compare(a, b, 0, text=True)
        self.assertIn("ONE HISTORY: A is the beginning of B, which has 400 entries more", text)

    def test_the_first_difference_is_found(self):
        """Of every kind of place in the tiles, in trees of different size."""
        rng = random.Random(SEED)
        common = raw(forge.begun(), 700, b"x")
        for place in (1, 2, 3, 128, 255, 256, 257, 511, 512, 513, 700, rng.randrange(1, 700)):
            with self.subTest(place=place, seed=SEED):
                sizes = rng.randrange(place + 1, 770), rng.randrange(place + 1, 770)
                paths = []
                for name, size in zip("ab", sizes):
                    ledger = copy.copy(common)
                    ledger._files = {}
                    for field in ("entries", "leaves", "parts"):
                        setattr(ledger, field, getattr(common, field)[:place])
                    raw(ledger, size - place, name.encode())
                    ledger._files.update(common._files)
                    paths.append(self.write(name, ledger))
                verdict = self.both_ways(*paths, 1, "fork", ["fork"])
                self.assertEqual((verdict["index"], verdict["common"]), (place, place))
                self.assertTrue(verdict["index_is_first"])

    def test_few_files_are_read(self):
        common = raw(forge.begun(), 700, b"x")
        a = self.write("a", raw(copy.deepcopy(common), 1500, b"a"))
        self.write("b", raw(copy.deepcopy(common), 1700, b"b"))
        asked = []
        handler = functools.partial(type("H", (Counting,), {"asked": asked}),
                                    directory=str(self.dir / "b"))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            url = "http://127.0.0.1:%d" % server.server_port
            done = subprocess.run([VERIFY, "--version"], capture_output=True)
            self.assertEqual(done.returncode, 0)
            verdict = self.compare(a, url, 1)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertEqual((verdict["outcome"], verdict["index"]), ("fork", 701))
        tiles = [path for path in asked if path.startswith("/tile/") and "entries" not in path]
        self.assertLess(len(set(tiles)), 8)
        self.assertLess(len(tiles), 16)  # and a full one for a partial one that is not there


class Lies(Case):
    """The histories are one; a source's files are not what its root says."""

    def setUp(self):
        super().setUp()
        self.ledger = raw(forge.begun(), 600, b"x")
        self.longer = raw(copy.deepcopy(self.ledger), 300, b"y")
        self.a = self.write("a", self.ledger)
        self.b = self.write("b", self.longer)

    def spoil(self, path, at=0):
        data = bytearray(path.read_bytes())
        data[at] ^= 1
        path.write_bytes(data)

    def test_tiles_that_lead_nowhere(self):
        self.spoil(self.b / "tile/1/000.p/3")
        verdict = self.both_ways(self.a, self.b, 1, "incomplete", ["root-mismatch"])
        self.assertIn(str(self.b), verdict["findings"][0]["detail"])
        text = self.compare(self.a, self.b, 1, text=True)
        self.assertNotIn("TWO HISTORIES", text)

    def test_tiles_that_are_not_there(self):
        (self.b / "tile/1/000.p/3").unlink()
        self.both_ways(self.a, self.b, 2, "incomplete", ["incomplete"])
        (self.b / "tile/1/000.p/3").write_bytes(b"short")
        self.both_ways(self.a, self.b, 2, "incomplete", ["incomplete"])

    def test_a_fork_stands_where_it_cannot_be_located(self):
        """The first difference is claimed only over tiles that lead to both roots."""
        other = raw(copy.deepcopy(self.ledger), 50, b"z")
        for spoilt in (lambda path: self.spoil(path, 32 * 100), lambda path: path.unlink()):
            b, o = self.write("b", self.longer), self.write("o", other)
            self.assertEqual(self.compare(b, o, 1)["index"], 601)
            spoilt(o / "tile/0/002.p/139")
            verdict = self.compare(b, o, 1)
            self.assertEqual(verdict["outcome"], "fork")
            self.assertIsNone(verdict["index"])
            self.assertEqual(self.codes(verdict)[-1:] or None, [
                "root-mismatch" if (o / "tile/0/002.p/139").exists() else "fork"])
            self.assertIn("fork", self.codes(verdict))

    def test_checkpoints_that_the_log_did_not_sign(self):
        """Anybody can write another root; that is no fork."""
        other = raw(copy.deepcopy(self.ledger), 50, b"z")
        for name, signed in (("stranger", {"logs": [Key(forge.ORIGIN, tag="other")]}),
                             ("origin", {"origin": "log.example/two"})):
            with self.subTest(name):
                o = self.write("o", other, checkpoint=other.checkpoint(**signed))
                self.both_ways(self.b, o, 1, "incomplete", ["checkpoint-invalid"])
                kept = self.dir / "kept"
                self.compare(self.b, o, 1, "--evidence", kept)
                self.assertFalse(kept.exists())

    def test_what_is_no_side(self):
        for name, data in (("empty", b""), ("words", b"hello\n"), ("old", b"old 7\n"),
                           ("old2", b"old 7 AAAA\n\nx"), ("proof", b"c2sp.org/tlog-proof@v1\nx")):
            done = subprocess.run([VERIFY, "compare", "--roster", self.dir / "roster",
                                   self.file(name, data), self.a], capture_output=True)
            self.assertEqual((done.returncode, done.stdout), (2, b""), name)
        (self.dir / "nothing").mkdir()
        for arguments in ([self.a], [], [self.a, self.b, self.a], [self.a, self.dir / "nothing"],
                          ["--evidence"], ["--what", self.a, self.b]):
            done = subprocess.run([VERIFY, "compare", "--roster", self.dir / "roster", *arguments],
                                  capture_output=True)
            self.assertEqual(done.returncode, 64, (arguments, done))

    def test_a_saved_root_that_does_not_lead_to_its_checkpoint(self):
        other = raw(copy.deepcopy(self.ledger), 50, b"z")
        o = self.write("o", other)
        kept = self.dir / "kept"
        self.compare(self.b, self.file("only", other.checkpoint()), 1, "--evidence", kept)
        sound = (kept / "a.consistency").read_bytes()
        self.assertEqual(self.compare(kept / "a.consistency", o, 1)["outcome"], "fork")
        lines = sound.split(b"\n")
        for i in (0, 1):
            spoilt = list(lines)
            spoilt[i] = spoilt[i][:-8] + (b"A" if spoilt[i][-8:-7] != b"A" else b"B") + spoilt[i][-7:]
            done = subprocess.run(
                [VERIFY, "compare", "--roster", self.dir / "roster",
                 self.file("spoilt", b"\n".join(spoilt)), o], capture_output=True)
            self.assertEqual((done.returncode, done.stdout), (2, b""))


class Forks(Case):
    def setUp(self):
        super().setUp()
        self.common = forge.grown(4)
        self.one = copy.deepcopy(self.common)
        self.two = copy.deepcopy(self.common)
        for number in range(3):
            self.one.add_records(self.one.agency, forge.record(actor="p-one", count=number))
        self.two.add_records(self.two.operator, forge.record(actor="p-two"))

    def test_both_entries_in_words(self):
        a, b = self.write("a", self.one), self.write("b", self.two)
        text = self.compare(a, b, 1, text=True)
        for words in ("TWO HISTORIES", "first 5 entries are the same", "Entry 5 in A", "Entry 5 in B",
                      "p-one", "p-two", "writer      ag (agency, npa)", "writer      op (operator, nco)",
                      "numbers 5 to 5"):
            self.assertIn(words, text)
        self.assertNotIn("such pairs", text)

    def test_evidence_stands_alone(self):
        a, b = self.write("a", self.one), self.write("b", self.two)
        kept = self.dir / "kept"
        self.compare(a, b, 1, "--evidence", kept)
        self.assertEqual(sorted(path.name for path in kept.iterdir()),
                         ["a.checkpoint", "a.consistency", "a.tlog-proof", "b.checkpoint",
                          "b.tlog-proof"])
        for side, ledger in (("a", self.one), ("b", self.two)):
            self.assertEqual((kept / f"{side}.checkpoint").read_bytes(), ledger.checkpoint())
        shutil.rmtree(a)
        shutil.rmtree(b)
        subprocess.run([VERIFY, "check", "--roster", self.dir / "roster", kept / "a.tlog-proof",
                        kept / "b.tlog-proof"], check=True, capture_output=True)
        verdict = self.both_ways(kept / "a.tlog-proof", kept / "b.tlog-proof", 1, "fork", ["fork"])
        self.assertEqual((verdict["index"], verdict["index_is_first"]), (5, False))
        self.both_ways(kept / "b.checkpoint", kept / "a.consistency", 1, "fork", ["fork"])
        # Nothing is overwritten.
        done = subprocess.run([VERIFY, "compare", "--roster", self.dir / "roster", "--evidence",
                               kept, kept / "a.tlog-proof", kept / "b.tlog-proof"],
                              capture_output=True)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"kept", done.stderr)

    def test_a_fork_of_one_size_is_two_checkpoints(self):
        other = copy.deepcopy(self.common)
        for number in range(3):
            other.add_records(other.operator, forge.record(count=number))
        a, b = self.write("a", self.one), self.write("b", other)
        self.assertEqual(self.both_ways(a, b, 1, "fork", ["fork"])["index"], 5)
        self.both_ways(self.file("x", self.one.checkpoint()), self.file("y", other.checkpoint()),
                       1, "fork", ["fork"])

    def test_a_writer_that_signed_twice(self):
        """Behind the first difference, wherever its entries stand."""
        self.two.add_records(self.two.agency, forge.record(actor="p-three"))
        self.two.add_records(self.two.agency, forge.record(actor="p-four"))
        a, b = self.write("a", self.one), self.write("b", self.two)
        kept = self.dir / "kept"
        verdict = self.compare(a, b, 1, "--evidence", kept)
        self.assertEqual(verdict["writer_forks"], [
            {"writer": "ag", "number": 5, "a": 5, "b": 6},
            {"writer": "ag", "number": 6, "a": 6, "b": 7}])
        self.assertEqual(sorted(self.codes(verdict)), ["fork", "writer-fork", "writer-fork"])
        self.assertIn("2 such pairs", self.compare(a, b, 1, text=True))
        pair = kept / "a.writer.tlog-proof", kept / "b.writer.tlog-proof"
        verdict = self.both_ways(*pair, 1, "fork", ["writer-fork", "fork"])
        self.assertEqual(verdict["writer_forks"][0]["number"], 5)

    def test_heads_that_the_writer_did_not_sign(self):
        """The operator can put any entry into its own history; no writer is accused of it."""
        self.two.add_records(self.two.agency, forge.record(actor="p-three"),
                             stated=forge.Stated(signature=forge.SPOILED))
        a, b = self.write("a", self.one), self.write("b", self.two)
        self.both_ways(a, b, 1, "fork", ["fork"])

    def test_the_same_head_in_both(self):
        """A fork of the log alone: the writer sent the same to both."""
        self.two.add_records(self.two.agency, forge.record(actor="p-one", count=0))
        a, b = self.write("a", self.one), self.write("b", self.two)
        self.both_ways(a, b, 1, "fork", ["fork"])

    def test_another_log_key_since(self):
        """Old receipts are judged by the roster of their time, which the source brings along."""
        receipt = self.file("r/5.tlog-proof", self.one.proof(5))
        new = Key(forge.ORIGIN, tag="new")
        text = self.one.add_roster(logs=[new])
        index = self.one.add_roster_entry(self.one.committee, text)
        self.one.put_proof(1, index)
        a = self.write("a", self.one, checkpoint=self.one.checkpoint(logs=[new]),
                       trusted=self.one.rosters[0].note)
        self.both_ways(receipt, a, 0, "prefix")
        self.assertEqual(self.compare(self.dir / "r", a, 0)["there"], 1)
        b = self.write("b", self.two)
        self.both_ways(receipt, b, 1, "fork", ["fork"])


class Receipts(Case):
    def setUp(self):
        super().setUp()
        self.ledger = forge.grown(9)
        self.source = self.write("source", self.ledger)
        self.folder = self.dir / "client"
        (self.folder / "receipts").mkdir(parents=True)
        for index in range(1, 10):
            self.receipt(index, self.ledger.proof(index, index + 1, cosigned=()))

    def receipt(self, index, data):
        (self.folder / f"receipts/{index}.tlog-proof").write_bytes(data)

    def tally(self, status, source=None, *options):
        verdict = self.compare(self.folder, source or self.source, status, *options)
        return verdict["there"], verdict["not_covered"], self.codes(verdict)

    def test_all_there(self):
        self.assertEqual(self.tally(0), (9, 0, []))
        verdict = self.compare(self.source, self.folder / "receipts", 0)
        self.assertEqual((verdict["there"], verdict["records"], verdict["outcome"]),
                         (9, 9, "all-there"))
        text = self.compare(self.folder, self.source, 0, text=True)
        self.assertIn("ALL THERE", text)
        self.assertIn("9 of 9 receipts, for 9 records", text)
        self.assertEqual(self.compare(self.folder / "receipts/3.tlog-proof", self.source, 0)["outcome"],
                         "prefix")

    def test_a_ledger_that_is_behind(self):
        short = self.write("short", forge.grown(6))
        self.assertEqual(self.tally(2, short), (6, 3, []))
        verdict = self.compare(self.folder / "receipts/8.tlog-proof", short, 2)
        self.assertEqual((verdict["outcome"], self.codes(verdict)), ("incomplete", ["incomplete"]))
        self.assertIn("NO VERDICT", self.compare(self.folder, short, 2, text=True))
        # A receipt whose entry is old and whose checkpoint is newer.
        self.receipt(2, self.ledger.proof(2, 10))
        self.assertEqual(self.tally(2, short), (6, 3, []))
        self.assertEqual(
            self.compare(self.folder / "receipts/2.tlog-proof", short, 0)["outcome"], "entry")

    def test_entries_that_are_not_the_trees(self):
        """A bundle beside its tiles is no other history."""
        short = self.write("short", forge.grown(6))
        self.receipt(2, self.ledger.proof(2, 10))
        bundle = short / "tile/entries/000.p/7"
        bundle.write_bytes(bundle.read_bytes().replace(self.ledger.entries[2][-20:], bytes(20)))
        verdict = self.compare(self.folder / "receipts/2.tlog-proof", short, 1)
        self.assertEqual((verdict["outcome"], self.codes(verdict)),
                         ("incomplete", ["root-mismatch"]))

    def test_a_ledger_without_one_of_them(self):
        """The operator took entry 6 out and made everything after it anew."""
        other = forge.grown(5)
        for number in range(6, 9):
            other.add_records(other.operator, forge.record(count=number))
        source = self.write("other", other)
        kept = self.dir / "kept"
        self.assertEqual(self.tally(1, source, "--evidence", kept), (5, 1, ["fork"] * 3))
        self.assertTrue((kept / "a.tlog-proof").exists())
        self.assertIn("NOT ALL THERE", self.compare(self.folder, source, 1, text=True))
        # ... and a ledger that is shorter than the receipt's checkpoint: entry against entry.
        self.receipt(6, self.ledger.proof(6, 10))
        verdict = self.compare(self.folder / "receipts/6.tlog-proof", source, 1)
        self.assertEqual((verdict["outcome"], verdict["index"]), ("fork", 6))
        self.assertEqual(verdict["findings"][0]["code"], "fork")

    def test_a_writer_that_signed_twice(self):
        """The receipt has the one head, the ledger the other, at another place."""
        other = forge.grown(5)
        other.add_records(other.operator, forge.record())
        other.add_records(other.agency, forge.record(count=77))
        source = self.write("other", other)
        for one, two, places in ((self.folder / "receipts/6.tlog-proof", source, {"a": 6, "b": 7}),
                                 (source, self.folder / "receipts/6.tlog-proof", {"a": 7, "b": 6})):
            verdict = self.compare(one, two, 1)
            self.assertEqual(verdict["writer_forks"], [{"writer": "ag", "number": 6, **places}])
        self.assertEqual(self.tally(1, source)[2].count("writer-fork"), 1)

    def test_receipts_that_are_none(self):
        self.receipt(3, self.ledger.proof(3, 4, stated_index=2))
        self.receipt(4, self.ledger.proof(4, 5, extra=forge.pack([self.ledger.entries[3]])))
        self.receipt(5, b"c2sp.org/tlog-proof@v1\nindex x\n")
        self.receipt(6, self.ledger.checkpoint(7))
        there, not_covered, codes = self.tally(1)
        self.assertEqual((there, not_covered, codes), (5, 0, ["receipt-mismatch"] * 4))

    def test_a_receipt_of_a_stranger(self):
        self.receipt(3, self.ledger.proof(3, 4, logs=[Key(forge.ORIGIN, tag="other")]))
        there, not_covered, codes = self.tally(1)
        self.assertEqual((there, not_covered, codes), (8, 0, ["checkpoint-invalid"]))


if __name__ == "__main__":
    unittest.main()
