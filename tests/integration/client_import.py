#!/usr/bin/env python3
"""keiin-client import pgaudit: a real audit log, interrupted, repeated, torn, and spoiled."""

import calendar
import collections
import csv
import gzip
import hashlib
import io
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
sys.dont_write_bytecode = True

import fake_ledger as fake  # noqa: E402
from client_lab import CLIENT, SRC, main  # noqa: E402

LOG = gzip.decompress((SRC / "tests" / "data" / "pgaudit.csv.gz").read_bytes())
USERS = {
    "nco_analyst": "nco", "npa_investigator": "npa", "mod_liaison": "mod", "sdf_cyber": "mod",
    "postgres": "ops",
}
KEY = bytes(range(32))


def rows_of(log):
    return list(csv.reader(io.StringIO(log.decode(), newline="")))


def expected(log):
    """What the log says, worked out a second time: by folder, in the order of the log."""
    groups, denied = collections.OrderedDict(), 0
    for row in rows_of(log):
        session = row[5]
        if row[13].startswith("AUDIT: "):
            audit = next(csv.reader([row[13][7:]]))
            copy = row[7] == "COPY"
            # The one COPY of this log has one SELECT, its own.
            key = (session, audit[1], None if copy else audit[2])
            group = groups.setdefault(key, {
                "user": row[1], "id": f"{session}.{row[6]}", "at": row[0], "names": [], "count": 0,
                "text": audit[7], "action": "query", "outcome": "success",
            })
            if copy:
                group["action"] = "export"
            elif audit[3] in ("DDL", "ROLE"):
                group["action"] = "config"
            elif audit[3] == "WRITE":
                group["action"] = "erase" if audit[4] == "DELETE" else "modify"
            if audit[6] and audit[6] not in group["names"]:
                group["names"].append(audit[6])
            group["count"] = max(group["count"], int(audit[9]))
        elif row[12] == "42501":
            denied += 1
            groups[(session, "denied", denied)] = {
                "user": row[1], "id": f"{session}.{row[6]}", "at": row[0],
                "names": [row[13].rsplit(" ", 1)[1]], "count": None, "text": row[19],
                "action": "query", "outcome": "denied",
            }
    out = collections.defaultdict(list)
    for group in groups.values():
        folder = USERS[group["user"]]
        date, clock, _ = group["at"].split()
        at = time.strptime(f"{date} {clock[:8]} UTC", "%Y-%m-%d %H:%M:%S %Z")
        record = {
            "action": group["action"], "outcome": group["outcome"], "id": group["id"],
            "at": int(calendar.timegm(at)) * 1000 + int(clock[9:]),
            "unit": f"{folder}-1", "actor": f"p-{group['user']}", "authority": "A-17",
            "purpose": "analysis",
            "statement": hashlib.blake2b(group["text"].encode(), digest_size=32, key=KEY).digest(),
        }
        if group["names"]:
            record["dataset"] = group["names"][0]
        if group["names"][1:]:
            record["parents"] = group["names"][1:]
        if group["count"] is not None:
            record["count"] = group["count"]
        out[folder].append(record)
    return out


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-import-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.ledger = fake.Ledger()
        folders = sorted(set(USERS.values()))
        self.keys = {name: self.ledger.add_writer(f"agency.test/{name}") for name in folders}
        (self.dir / "roster").write_bytes(self.ledger.publish_roster())
        self.server = fake.Server(self.ledger)
        self.addCleanup(self.server.stop)
        for name, key in self.keys.items():
            key.write(self.dir / f"{name}.key")
            subprocess.run(
                [CLIENT, "init", "--ledger", self.server.url, "--key", self.dir / f"{name}.key",
                 "--roster", self.dir / "roster", self.dir / "clients" / name],
                check=True, capture_output=True,
            )
        (self.dir / "digest").write_bytes(KEY)
        self.write_map(USERS)

    def write_map(self, users, more=""):
        text = more
        for user, folder in users.items():
            text += f"[user {user}]\nclient = clients/{folder}\nunit = {folder}-1\n"
            text += f"actor = p-{user} ; a comment\nauthority = A-17\npurpose = analysis\n\n"
        (self.dir / "map.ini").write_text(text)

    def command(self, *args):
        return [CLIENT, "import", "pgaudit", "--map", str(self.dir / "map.ini"),
                "--digest-key", str(self.dir / "digest"), "--timeout", "5", *map(str, args)]

    def run_import(self, log, *args, expect=0):
        """Imports bytes through a file, or with "-" through a pipe."""
        if "-" not in args:
            (self.dir / "log").write_bytes(log)
            args = (*args, self.dir / "log")
        done = subprocess.run(self.command(*args), input=log, capture_output=True, timeout=120)
        self.assertEqual(done.returncode, expect, done)
        return done.stdout.decode() + done.stderr.decode()

    def records(self):
        """What is in the ledger, by folder, without salt."""
        out = collections.defaultdict(list)
        for entry in self.ledger.entries:
            for data in entry.records:
                record = fake.unpack(data)
                self.assertEqual(len(record.pop("salt")), 16)
                out[entry.name.rsplit("/", 1)[1]].append(record)
        return out

    def assert_all_once(self, log=LOG):
        self.assertEqual(self.records(), expected(log))


class RealLog(Case):
    def test_whole_log_and_again(self):
        out = self.run_import(LOG)
        for text in (
            "14639 lines of the log", "14619 audit lines", "of 11918 statements (11919 with",
            "7 denied attempts", "13 skipped", "11925 records", "11925 sent", "  0 were sent before",
        ):
            self.assertIn(text, out)
        self.assert_all_once()
        entries = len(self.ledger.entries)
        out = self.run_import(LOG, "-")
        self.assertIn("  0 sent\n  11925 were sent before", out)
        self.assertEqual(len(self.ledger.entries), entries)
        for name in self.keys:
            subprocess.run(
                [CLIENT, "-C", self.dir / "clients" / name, "receipts", "check"], check=True,
                capture_output=True,
            )

    def test_no_statement_text_leaves(self):
        self.run_import(LOG)
        for entry in self.ledger.entries:
            for data in entry.records:
                self.assertNotIn(b"select", data.lower())

    def test_killed_anywhere(self):
        """SIGKILL at arbitrary moments, then again, until it is through."""
        log = b"".join(LOG.splitlines(True)[11000:12600])
        (self.dir / "log").write_bytes(log)
        delay, kills = 0.01, 0
        for _ in range(300):
            child = subprocess.Popen(self.command("--batch", "16", self.dir / "log"),
                                     stdout=subprocess.DEVNULL)
            try:
                self.assertEqual(child.wait(delay), 0)
                break
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                kills += 1
                delay *= 1.1 if kills % 4 == 0 else 1
        else:
            self.fail("never came to its end")
        self.assertGreater(kills, 5)
        self.assert_all_once(log)

    def test_answers_lost(self):
        log = b"".join(LOG.splitlines(True)[11000:12600])
        self.ledger.script.extend([None, fake.drop_after, fake.drop_before, None] * 3)
        self.run_import(log)
        self.assert_all_once(log)

    def test_unreachable_then_again(self):
        log = b"".join(LOG.splitlines(True)[11000:12600])
        self.ledger.script.extend([None, None] + [fake.drop_after] * 200)
        out = self.run_import(log, expect=2)
        self.assertIn("import the same log again to go on", out)
        self.ledger.script.clear()
        self.run_import(log)
        self.assert_all_once(log)

    def test_a_growing_log(self):
        """The log is imported again and again while it is written."""
        lines = LOG.splitlines(True)[11400:11700]
        for n in range(0, 301, 60):
            self.run_import(b"".join(lines[:n]) + (lines[n][:40] if n < 300 else b""))
        self.assert_all_once(b"".join(lines))


class Refusals(Case):
    def test_unmapped_users_are_all_listed(self):
        self.write_map({"postgres": "ops", "nco_analyst": "nco"})
        out = self.run_import(LOG, expect=1)
        self.assertIn("3 database users", out)
        for user in ("npa_investigator", "mod_liaison", "sdf_cyber"):
            self.assertIn(user, out)
        self.assertEqual(out.count("\n"), 1)
        self.assertEqual(self.records(), {})

    def test_bad_rows_before_anything_is_sent(self):
        lines = LOG.splitlines(True)
        for spoil, text in (
            (b'a"b\n', "line 14001"),
            (b"a,b\n", "2 columns"),
            (lines[14000].replace(b" UTC", b" XYZ"), "XYZ"),
            (lines[14000].replace(b"AUDIT: SESSION", b"AUDIT: SESS"), "audit line"),
        ):
            with self.subTest(text):
                out = self.run_import(b"".join(lines[:14000] + [spoil] + lines[14000:]), expect=1)
                self.assertIn(text, out)
                self.assertIn("nothing was sent", out)
        self.assertEqual(self.records(), {})

    def test_maps(self):
        sound = (self.dir / "map.ini").read_text()
        for text, what in (
            ("", "no section"),
            ("[user a]\nunit = u\nactor = a\n", "client is missing"),
            ("[user a]\nclient = c\nunit = u v\nactor = a\n", "unit"),
            ("[user a]\nclient = c\nunit = u\nactor = a\ncolour = red\n", "colour"),
            ("[user a]\nclient = c\nclient = d\nunit = u\nactor = a\n", "twice"),
            (sound + "[user nco_analyst]\nclient = c\nunit = u\nactor = a\n", "mapped twice"),
            ("[other]\nclient = c\n", "section"),
            ("client = c\n", "section"),
            ("[user a]\nclient\n", "line 2"),
            ("[user a]\nclient = " + "c" * 300 + "\n", "line 2"),
            ("[user " + "a" * 60 + "]\n", "line 1"),
            ("  [user " + "a" * 60 + "]\nclient = c\nunit = u\nactor = a\n", "line 1"),
            ("\ufeff[user " + "a" * 60 + "]\nclient = c\nunit = u\nactor = a\n", "line 1"),
            ("[user a\x1b[2J]\ncolour = red\n", "\\u{001b}"),
            (sound + "[zones]\nCET = one\n", "offset"),
        ):
            with self.subTest(what=what, text=text[-60:]):
                (self.dir / "map.ini").write_text(text)
                self.assertIn(what, self.run_import(LOG, expect=64))
        self.assertEqual(self.records(), {})

    def test_digest_keys(self):
        for key, expect in ((b"x" * 31, 64), (b"x" * 33, 64), (b"", 64), (b"0" * 63, 64),
                            (KEY.hex().encode() + b"\n", 0)):
            (self.dir / "digest").write_bytes(key)
            self.run_import(LOG, expect=expect)
        self.assert_all_once()

    def test_folder_of_no_client(self):
        shutil.rmtree(self.dir / "clients" / "mod")
        out = self.run_import(LOG, expect=1)
        self.assertIn("clients/mod", out)
        self.assertEqual(self.records(), {})

    def test_usage(self):
        for args in (["import"], ["import", "other"], ["import", "pgaudit"],
                     ["import", "pgaudit", "--map", "m", "a", "b"],
                     ["import", "pgaudit", "--map", "m", "--batch", "0"]):
            self.assertEqual(subprocess.run([CLIENT, *args], capture_output=True).returncode, 64)


class Oddities(Case):
    def line(self, session, number, message, user="postgres", tag="SELECT", at=None, **more):
        row = [""] * 26
        row[0] = at or "2026-11-22 01:19:40.003 UTC"
        row[1], row[5], row[6], row[7] = user, session, str(number), tag
        row[11], row[12], row[13] = "LOG", "00000", message
        for column, value in more.items():
            row[int(column[1:])] = value
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(row)
        return out.getvalue().encode()

    def test_torn_line(self):
        """What may belong to a torn line waits for it."""
        one = self.line("a.1", 1, "AUDIT: SESSION,1,1,READ,SELECT,TABLE,s.t,select,<none>,1")
        two = self.line("a.1", 2, "AUDIT: SESSION,1,1,READ,SELECT,TABLE,s.u,select,<none>,1")
        out = self.run_import(one + two[:-5])
        self.assertIn("1 torn line", out)
        self.assertIn("  0 sent", out)
        self.run_import(one + two)
        (record,) = self.records()["ops"]
        self.assertEqual((record["dataset"], record["parents"]), ("s.t", ["s.u"]))
        out = self.run_import(one + two + one.replace(b"a.1", b"b.1")[:-5], "--final")
        self.assertIn("  0 sent\n  1 were sent before", out)

    def test_a_statement_that_grew(self):
        """Imported too early, it is said and not sent a second time."""
        one = self.line("a.1", 1, "AUDIT: SESSION,1,1,READ,SELECT,TABLE,s.t,select,<none>,1")
        two = self.line("a.1", 2, "AUDIT: SESSION,1,1,READ,SELECT,TABLE,s.u,select,<none>,1")
        self.run_import(one)
        out = self.run_import(one + two, expect=1)
        self.assertIn("the first a.1.1", out)
        self.assertEqual(len(self.records()["ops"]), 1)

    def test_fresh_lines_of_a_growing_file_wait(self):
        now = time.strftime("%Y-%m-%d %H:%M:%S.000 UTC", time.gmtime())
        one = self.line("a.1", 1, "AUDIT: SESSION,1,1,READ,SELECT,TABLE,s.t,select,<none>,1", at=now)
        self.assertIn("1 left for the next run", self.run_import(one))
        self.assertIn("  1 sent", self.run_import(one, "-"))

    def test_names_zones_and_forgeries(self):
        self.write_map(USERS, "[zones]\nCET = +01:00\n[user x]\ndatabase_user = two words\n"
                              "client = clients/ops\nunit = u\nactor = a\n")
        out = self.run_import(b"".join([
            self.line("a.1", 1, 'AUDIT: SESSION,1,1,READ,SELECT,TABLE,"s.""a b""","x, y\n""z""",<none>,1',
                      user="two words", at="2026-11-22 02:19:40.003 CET"),
            self.line("b.1", 1, "AUDIT: SESSION,1,1,READ,SELECT,TABLE,s.t,x,<none>,1",
                      _18="PL/pgSQL function f() line 3 at RAISE"),
        ]))
        self.assertIn("1 skipped: look like audit lines", out)
        (record,) = self.records()["ops"]
        self.assertEqual(record["dataset"], 's."a%20b"')
        self.assertEqual((record["at"], record["unit"]), (1795310380003, "u"))
        self.assertNotIn("authority", record)
        self.assertEqual(
            record["statement"], hashlib.blake2b(b'x, y\n"z"', digest_size=32, key=KEY).digest())

    def test_empty_log(self):
        self.assertIn("0 lines of the log", self.run_import(b""))


if __name__ == "__main__":
    main()
