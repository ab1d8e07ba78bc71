#!/usr/bin/env python3
"""keiin-verify reconcile: a real audit log against the ledger it was imported into, and lies on
either side: each difference is found, with its place, and nothing else is."""

import csv
import functools
import gzip
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.path.insert(0, str(SRC / "tests" / "forge"))
sys.dont_write_bytecode = True

import forge  # noqa: E402
import ledger_lab  # noqa: E402

VERIFY, CLIENT = str(BIN / "keiin-verify"), str(BIN / "keiin-client")
# A time that every clock has passed: what is later than the ledger is another case.
LOG = gzip.decompress((SRC / "tests" / "data" / "pgaudit.csv.gz").read_bytes()).replace(
    b"2026-11-22", b"2020-11-22")
LINES = LOG.splitlines(True)
SLICE = b"".join(LINES[10050:11650])
USERS = {
    "nco_analyst": "nco", "npa_investigator": "npa", "mod_liaison": "mod", "sdf_cyber": "mod",
    "postgres": "ops",
}
FOLDERS = sorted(set(USERS.values()))


class Statement:
    """The lines of one statement, as they stand in a log."""

    def __init__(self, row):
        self.id, self.user, self.database = f"{row[5]}.{row[6]}", row[1], row[2]
        self.at, self.session, self.lines, self.text = row[0], row[5], [], ""


@functools.lru_cache(maxsize=None)
def statements(log):
    """By id; a COPY and its SELECT are one."""
    groups = {}
    for number, line in enumerate(log.splitlines(True), 1):
        row = next(csv.reader([line.decode()]))
        if row[13].startswith("AUDIT: "):
            audit = next(csv.reader([row[13][7:]]))
            key = (row[5], audit[1], None if row[7] == "COPY" else audit[2])
            text = audit[7]
        elif row[12] == "42501":
            key, text = (row[5], row[6], "denied"), row[19]
        else:
            continue
        group = groups.setdefault(key, Statement(row))
        group.lines.append(number)
        group.text = group.text or text
    return {group.id: group for group in groups.values()}


def without(log, numbers):
    gone = set(numbers)
    return b"".join(
        line for number, line in enumerate(log.splitlines(True), 1) if number not in gone)


class Lab:
    """A ledger that runs, a client folder for each agency, a map and a digest key."""

    def __init__(self):
        self.lab = ledger_lab.Lab()
        self.dir = self.lab.folder
        self.names = {name: f"agency.test/{name}" for name in FOLDERS}
        self.writers = {name: self.lab.writer(full) for name, full in self.names.items()}
        self.other = self.lab.writer("agency.test/other")
        self.lab.init()
        self.lab.start()
        for name, writer in self.writers.items():
            writer.key.write(self.dir / f"{name}.key")
            subprocess.run(
                [CLIENT, "init", "--ledger", self.lab.url, "--key", self.dir / f"{name}.key",
                 "--roster", self.dir / "roster0", self.dir / name],
                check=True, capture_output=True)
        self.write_map(USERS)
        (self.dir / "digest").write_bytes(bytes(range(32)))

    def write_map(self, users, actor="p-"):
        (self.dir / "map.ini").write_text("".join(
            f"[user {user}]\nclient = {folder}\nunit = {folder}-1\nactor = {actor}{user}\n"
            f"authority = A-17\n" for user, folder in users.items()))

    def add(self, log, expect=0):
        """Imports a log."""
        (self.dir / "import").write_bytes(log)
        done = subprocess.run(
            [CLIENT, "import", "pgaudit", "--final", "--map", self.dir / "map.ini", "--digest-key",
             self.dir / "digest", self.dir / "import"], capture_output=True, timeout=120)
        assert done.returncode == expect, done

    def reconcile(self, *logs, options=(), source=None, stdin=None, text=False, key=True):
        """Exit status, and the verdict."""
        names = []
        for number, log in enumerate(logs):
            names.append(self.dir / f"log{number}")
            names[-1].write_bytes(log)
        command = [VERIFY, "reconcile", "--map", self.dir / "map.ini",
                   "--roster", self.dir / "roster0", *options, *names]
        if key:
            command[2:2] = ["--digest-key", self.dir / "digest"]
        command += ["-"] if stdin is not None else []
        command += [] if text else ["--json"]
        done = subprocess.run([*map(str, command), str(source or self.lab.url)], input=stdin,
                              capture_output=True, timeout=120)
        if text or not done.stdout:
            return done.returncode, (done.stdout + done.stderr).decode()
        return done.returncode, json.loads(done.stdout)


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.lab.close)
        cls.lab.add(cls.imported)

    def setUp(self):
        self.lab.write_map(USERS)

    def check(self, *logs, status, **how):
        """What was found: the ids of each kind of difference; and the whole verdict."""
        got, verdict = self.lab.reconcile(*logs, **how)
        self.assertEqual(got, status, verdict)
        found = {}
        for item in verdict["differences"]:
            found.setdefault(item["code"], []).append(item["id"])
        for code in ("not-in-ledger", "changed", "not-in-log", "log-repeats"):
            self.assertEqual(verdict[code], len(found.get(code, ())), code)
        self.assertEqual(verdict["verdict"],
                         {0: "all-there", 1: "differences", 2: "incomplete"}[status])
        return found, verdict


class WholeLedger(Case):
    """The whole log was imported; it is the log that lies."""

    imported = LOG

    def test_all_there(self):
        found, verdict = self.check(LOG, status=0)
        self.assertEqual(found, {})
        for field, value in (("statements", 11925), ("matched", 11925), ("lines", 14639),
                             ("repeated", 0), ("texts_compared", 11925), ("elsewhere", 0)):
            self.assertEqual(verdict[field], value, field)
        self.assertEqual(verdict["audit"]["verdict"], "verified")
        status, text = self.lab.reconcile(LOG, text=True)
        self.assertEqual(status, 0)
        for words in ("ALL THERE", "11925 of 11925", "Cannot show", "VERIFIED"):
            self.assertIn(words, text)

    def test_standard_input_and_parts(self):
        self.assertEqual(self.check(stdin=LOG, status=0)[0], {})
        # Cut where no statement goes on; each part is read by itself, as an import would.
        self.assertEqual(self.check(b"".join(LINES[:7]), b"".join(LINES[7:]), status=0)[0], {})

    def test_lines_that_the_log_lost(self):
        every = statements(LOG)
        of_session = {}
        for s in every.values():
            of_session.setdefault(s.session, []).append(s)
        large = max(of_session.values(), key=len)
        small = next(group for group in of_session.values() if len(group) == 1)
        gone = [large[3], large[len(large) // 2], small[0]]
        log = without(LOG, [n for s in gone for n in s.lines])
        found, verdict = self.check(log, status=1)
        self.assertEqual({code: sorted(ids) for code, ids in found.items()},
                         {"not-in-log": sorted(s.id for s in gone)})
        self.assertEqual(verdict["matched"], 11925 - 3)
        sessions = {item["id"]: item["session_in_log"] for item in verdict["differences"]}
        self.assertEqual(sessions, {gone[0].id: True, gone[1].id: True,
                                    # the session's own login and the like are still there
                                    gone[2].id: small[0].session.encode() in log})
        for item in verdict["differences"]:
            self.assertIn(item["writer"], self.lab.names.values())
            shown = subprocess.run(
                [VERIFY, "show", "--at", f"{item['index']}.{item['position']}", self.lab.lab.url],
                capture_output=True, text=True, check=True).stdout
            self.assertIn(item["id"], shown)

    def test_what_the_log_says_was_changed(self):
        every = [s for s in statements(LOG).values() if s.user == "nco_analyst" and
                 s.text.startswith("select") and len(s.lines) == 1]
        lines = list(LINES)
        wording, count = every[5], every[9]
        n = wording.lines[0] - 1
        self.assertIn(b"select", lines[n])
        lines[n] = lines[n].replace(b"select", b"SELECT", 1)
        n = count.lines[0] - 1
        before, comma, _ = lines[n].partition(b",<none>,")
        row_end = lines[n][len(before) + len(comma):].index(b'"')
        lines[n] = before + comma + b"987654" + lines[n][len(before) + len(comma) + row_end:]
        found, verdict = self.check(b"".join(lines), status=1)
        self.assertEqual(set(found), {"changed"})
        differs = {item["id"]: item["differs"] for item in verdict["differences"]}
        self.assertEqual(differs, {wording.id: ["statement"], count.id: ["said"]})
        # Without the key nothing can be said of the wording, and that is told.
        found, verdict = self.check(b"".join(lines), status=1, key=False)
        self.assertEqual(found, {"changed": [count.id]})
        self.assertEqual(verdict["texts_not_compared"], 11925)

    def test_another_key_is_hinted_at(self):
        (self.lab.dir / "digest").write_bytes(b"x" * 32)
        try:
            status, text = self.lab.reconcile(LOG, text=True)
        finally:
            (self.lab.dir / "digest").write_bytes(bytes(range(32)))
        self.assertEqual(status, 1)
        self.assertIn("perhaps the digest key", text)

    def test_recorded_for_somebody_else(self):
        self.lab.write_map(USERS, actor="q-")
        found, verdict = self.check(LOG, status=1, options=["--findings-max", "20000"])
        self.assertEqual(set(found), {"changed"})
        self.assertEqual(len(found["changed"]), 11925)
        self.assertTrue(all(item["differs"] == ["user"] for item in verdict["differences"]))

    def test_users_that_the_map_does_not_know(self):
        self.lab.write_map({user: to for user, to in USERS.items() if user != "mod_liaison"})
        _, verdict = self.check(LOG, status=0)
        self.assertEqual(verdict["unmapped"],
                         sum(s.user == "mod_liaison" for s in statements(LOG).values()))

    def test_cut_lines_and_repeated_lines(self):
        _, verdict = self.check(LOG[:-30], status=0)
        self.assertEqual((verdict["torn"], verdict["unsure"]), (1, 0))
        copy = [s for s in statements(LOG).values() if len(s.lines) == 1
                and b",READ,SELECT," in LINES[s.lines[0] - 1]][7]
        _, verdict = self.check(LOG + LINES[copy.lines[0] - 1], status=0)
        self.assertEqual(verdict["repeated"], 1)
        edited = LINES[copy.lines[0] - 1].replace(b"AUDIT: SESSION", b"AUDIT: OBJECT").replace(
            b",READ,SELECT,", b",WRITE,UPDATE,")
        found, _ = self.check(LOG + edited, status=1)
        self.assertEqual(found, {"log-repeats": [copy.id]})

    def test_logs_that_cannot_be_judged(self):
        for log, why in ((b"", None), (b'a"b\n' + LOG, "quote"), (b"a,b\n" + LOG, "2 columns"),
                         (LOG + LINES[5000].replace(b" UTC", b" XYZ", 1), "XYZ")):
            with self.subTest(why=why):
                _, verdict = self.check(log, status=2)
                if why is not None:
                    self.assertIn(why, verdict["why"])

    def test_more_statements_than_there_is_room_for(self):
        status, text = self.lab.reconcile(LOG, options=["--statements-max", "11924"])
        self.assertEqual(status, 2)
        self.assertIn("more than 11924 statements", text)
        self.check(LOG, status=0, options=["--statements-max", "11925"])

    def test_log_of_another_server(self):
        log = SLICE.replace(b",6b0", b",7c1")
        found, verdict = self.check(log, status=1, options=["--findings-max", "100000"])
        self.assertEqual(set(found), {"not-in-ledger"})
        self.assertEqual(set(found["not-in-ledger"]), set(statements(log)))
        self.assertGreater(verdict["elsewhere"], 100)  # of that time, and not accused
        self.assertEqual(verdict["matched"], 0)

    def test_time_that_is_given(self):
        day = ["--from", "2020-11-22T00:00:00Z", "--to", "2020-11-23T00:00:00Z"]
        found, _ = self.check(SLICE, status=1, options=[*day, "--findings-max", "20000"])
        self.assertEqual(set(found), {"not-in-log"})
        self.assertEqual(set(found["not-in-log"]), set(statements(LOG)) - set(statements(SLICE)))

    def test_differences_are_counted_behind_the_limit(self):
        log = SLICE.replace(b",6b0", b",7c1")
        status, verdict = self.lab.reconcile(log, options=["--findings-max", "3"])
        self.assertEqual((status, len(verdict["differences"])), (1, 3))
        self.assertEqual(verdict["not-in-ledger"], len(statements(log)))
        lines = [item["line"] for item in verdict["differences"]]
        first = sorted(s.lines[0] for s in statements(log).values())[:3]
        self.assertEqual(lines, first)

    def test_a_ledger_that_is_not_sound(self):
        copy = self.lab.dir / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        subprocess.run([VERIFY, "copy", self.lab.lab.url, copy], check=True, capture_output=True)
        self.assertEqual(self.check(LOG, status=0, source=copy)[0], {})
        bundle = next(path for path in sorted((copy / "tile/records").rglob("*")) if path.is_file())
        sound = bundle.read_bytes()
        bundle.unlink()
        found, verdict = None, self.lab.reconcile(LOG, source=copy)
        self.assertEqual(verdict[0], 2)
        self.assertEqual((verdict[1]["differences"], verdict[1]["not-in-ledger"]), ([], None))
        # A record that is not what was signed is believed by nobody: it is missing, too.
        at = sound.index(b"p-npa_investigator")
        bundle.write_bytes(sound[:at] + b"q" + sound[at + 1:])
        found, verdict = self.check(LOG, status=1, source=copy)
        self.assertEqual([item["code"] for item in verdict["audit"]["findings"]],
                         ["record-mismatch"])
        self.assertEqual({code: len(ids) for code, ids in found.items()}, {"not-in-ledger": 1})

    def test_usage(self):
        for arguments in ([], [self.lab.dir], ["--map", self.lab.dir / "map.ini", "log"],
                          ["--map", self.lab.dir / "map.ini", "--from", "then", "a", "b"],
                          ["--map", self.lab.dir / "absent", "a", "b"][:0]):
            done = subprocess.run([VERIFY, "reconcile", *map(str, arguments)], capture_output=True)
            self.assertEqual(done.returncode, 64, done)


class PartOfALedger(Case):
    """The ledger lacks what the log has."""

    every = statements(SLICE)
    gone = [s for s in every.values() if len(s.lines) > 1][:2] + [
        s for s in every.values() if s.user == "nco_analyst"][40:43]
    imported = without(SLICE, [n for s in gone for n in s.lines])

    def test_exactly_these_are_missing(self):
        found, verdict = self.check(SLICE, status=1)
        self.assertEqual(set(found), {"not-in-ledger"})
        self.assertEqual(sorted(found["not-in-ledger"]), sorted(s.id for s in self.gone))
        for item in verdict["differences"]:
            s = self.every[item["id"]]
            self.assertEqual((item["line"], item["user"], item["database"]),
                             (s.lines[0], s.user, s.database))
            self.assertTrue(s.text.startswith(item["statement"]), item)
            self.assertGreater(len(item["statement"]), 10)
        status, text = self.lab.reconcile(SLICE, text=True)
        self.assertEqual(status, 1)
        self.assertIn("5 statements of the log are not in the ledger", text)
        self.assertEqual(text.count("[not-in-ledger]"), 5)

    def test_the_newest_may_still_come(self):
        more = b"".join(LINES[11650:11700])
        _, verdict = self.check(SLICE + more, status=1)
        last = max(s.at for id, s in self.every.items() if s not in self.gone)
        late = [s for s in statements(more).values() if s.at > last]
        self.assertGreater(len(late), 10)
        self.assertEqual(verdict["last_ones"], len(late))

    def test_later_than_the_ledger(self):
        log = self.imported + LINES[11650].replace(b"2020-11-22", b"2099-11-22")
        _, verdict = self.check(log, status=2)
        self.assertEqual(verdict["later"], 1)

    def test_a_cut_statement_is_not_accused(self):
        """Its first line is whole, its second is torn: what the ledger has is of both."""
        two = next(s for s in self.every.values()
                   if s not in self.gone and len(s.lines) == 2 and s.lines[1] == s.lines[0] + 1)
        lines = SLICE.splitlines(True)
        numbers = [n for s in self.gone for n in s.lines if n <= two.lines[0]]
        log = without(b"".join(lines[:two.lines[0]]), numbers) + lines[two.lines[1] - 1][:-9]
        _, verdict = self.check(log, status=0)
        self.assertEqual(verdict["torn"], 1)


class OtherWriters(Case):
    imported = SLICE

    def test_they_are_not_accused(self):
        """Records that look imported, by a writer that imports another log."""
        when = statements(SLICE)
        at = 1606007980000 + 20000
        with_id = [ledger_lab.record(id=f"5fb9c1a0.1a2b.{n}", at=at + n) for n in range(4)]
        body = self.lab.other.sign([*with_id, ledger_lab.record(id="case-17", at=at)])
        self.assertEqual(self.lab.lab.post(body).status, 201)
        # ... and one by a writer of this log that is of another kind.
        mod = self.lab.writers["mod"]
        state = self.lab.lab.get(f"/writers/{ledger_lab.sha256(mod.name.encode()).hex()}").value
        mod.number, mod.head = state[1], state[2]
        body = mod.sign([ledger_lab.record(id="case-18", at=at)])
        self.assertEqual(self.lab.lab.post(body).status, 201)
        day = ["--from", "2020-11-22T00:00:00Z", "--to", "2020-11-23T00:00:00Z"]
        found, verdict = self.check(SLICE, status=0, options=day)
        self.assertEqual((found, verdict["elsewhere"], verdict["matched"]), ({}, 4, len(when)))
        # Named, its records count.
        writers = [word for name in (*self.lab.names.values(), self.lab.other.name)
                   for word in ("--writer", name)]
        found, _ = self.check(SLICE, status=1, options=[*day, *writers])
        self.assertEqual(found, {"not-in-log": [f"5fb9c1a0.1a2b.{n}" for n in range(4)]})

    def test_only_those_named_count(self):
        options = ["--writer", self.lab.names["nco"], "--findings-max", "10000"]
        found, _ = self.check(SLICE, status=1, options=options)
        self.assertEqual(set(found["not-in-ledger"]),
                         {s.id for s in statements(SLICE).values() if USERS[s.user] != "nco"})
        status, text = self.lab.reconcile(SLICE, options=["--writer", "agency.test/nobody"],
                                          text=True)
        self.assertEqual(status, 1)
        self.assertIn("no imported record by the writer agency.test/nobody", text)


class ForgedLedger(unittest.TestCase):
    """What the operator can put into a ledger by itself is nobody's record."""

    def reconcile(self, ledger, log):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            publication = ledger.publish()
            publication.write(folder / "source")
            (folder / "roster").write_bytes(publication.trusted)
            (folder / "log").write_bytes(log)
            (folder / "map").write_text("[user u]\nclient = c\nunit = u-1\nactor = p-1\n")
            done = subprocess.run(
                [VERIFY, "reconcile", "--json", "--map", folder / "map", "--roster",
                 folder / "roster", folder / "log", folder / "source"], capture_output=True)
            verdict = json.loads(done.stdout)
            codes = [item["code"] for item in verdict["differences"]]
            found = [item["code"] for item in verdict["audit"]["findings"]]
            return done.returncode, codes, found

    def test_only_signed_records_count(self):
        row = [""] * 26
        row[0], row[1], row[5], row[6] = "1970-01-01 00:00:00.005 UTC", "u", "a.b", "1"
        row[7], row[11], row[12] = "SELECT", "LOG", "00000"
        row[13] = 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,s.t,"select 1",<none>,3'
        log = io.StringIO()
        csv.writer(log, lineterminator="\n").writerow(row)
        record = forge.record(id="a.b.1", outcome="success", dataset="s.t", count=3, unit="u-1",
                              actor="p-1")
        spoiled = forge.Stated(signature=forge.SPOILED)
        for key, stated, expected in (
            ("agency", forge.TRUE, (0, [], [])),
            ("agency", spoiled, (1, ["not-in-ledger"], ["writer-signature"])),
            ("stranger", forge.TRUE, (1, ["not-in-ledger"], ["writer-unknown"])),
        ):
            with self.subTest(key=key, expected=expected):
                ledger = forge.begun()
                ledger.add_records(getattr(ledger, key), record, stated=stated)
                self.assertEqual(self.reconcile(ledger, log.getvalue().encode()), expected)
        # Stored otherwise than it was signed.
        ledger = forge.begun()
        other = forge.record(id="a.b.1", outcome="success", dataset="s.t", count=3, unit="u-1",
                             actor="p-2")
        ledger.add_records(ledger.agency, other, stored=[(record, b"")])
        self.assertEqual(self.reconcile(ledger, log.getvalue().encode()),
                         (1, ["not-in-ledger"], ["record-mismatch"]))


if __name__ == "__main__":
    unittest.main()
