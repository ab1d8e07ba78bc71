#!/usr/bin/env python3
"""keiin-verify sample: the records on a work sheet are those that SPEC.md section 10 gives, drawn again
here from an export; n of N is said, urgent ones come first, the command that a sheet prints draws
the same ones when the ledger has grown, and hostile texts stay text."""

import csv
import hashlib
import html.parser
import io
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(SRC / "tests" / "tools"), str(SRC / "tests" / "forge")]
sys.dont_write_bytecode = True

import taken_lab as lab  # noqa: E402
import damage  # noqa: E402
import history_lab  # noqa: E402
from taken_lab import T0, forge, received, record  # noqa: E402

POPULATION = set("""collect.start collect.stop batch.receive select.run select.criteria deident.apply
    deident.reverse modify combine copy erase retain.review retain.extend query view export provide
    receive""".split())
SEED = "2026-lottery_7.a"
# Under sanitizers each way is gone once.
whole = unittest.skipIf(os.environ.get("KEIIN_SHORT"), "left to the build without sanitizers")


def key(seed, ledger_id, address):
    return hashlib.sha256(f"keiin/sample/v1\n{seed}\n{ledger_id}\n{address}\n".encode()).digest()


def place(address):
    return tuple(map(int, address.split(".")))


def drawn(lines, ledger_id, n, seed=SEED, actions=POPULATION, urgent=()):
    """Addresses of the sample, in the order of the ledger; of an export's lines."""
    population = [line["address"] for line in lines if line["record"]["action"] in actions]
    by_key = sorted(population, key=lambda address: key(seed, ledger_id, address))
    first = [address for address in by_key if address in urgent][:n]
    rest = [address for address in by_key if address not in urgent][:n - len(first)]
    return sorted(first + rest, key=place), len(population)


class Sheet:
    """A work sheet in CSV."""

    def __init__(self, path):
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""),
                               strict=True))
        blank = rows.index([])
        self.head = {row[0]: row[1] for row in rows[:blank]}
        self.columns = rows[blank + 1]
        self.rows = [dict(zip(self.columns, row, strict=True)) for row in rows[blank + 2:]]

    @property
    def addresses(self):
        return [row["Address"] for row in self.rows]


class Case(lab.Case):
    def sample(self, folder, *options, seed=SEED, expect=0, form="csv", **how):
        self.count = getattr(self, "count", 0) + 1
        out = self.dir / f"sheet-{self.count}"
        done = lab.run("sample", "--roster", f"{folder}.roster", "--seed", seed, "--format", form,
                       "--out", out, *options, folder, **how)
        self.assertEqual(done.status, expect, done.err)
        self.assertEqual(done.out, "")
        self.done = done
        return out

    def sheet(self, folder, *options, **how):
        return Sheet(self.sample(folder, *options, **how))

    @staticmethod
    def lines(folder, *options):
        done = lab.run("export", "--format", "jsonl", "--roster", f"{folder}.roster", *options,
                       folder)
        return [json.loads(line) for line in done.out.splitlines()]

    @staticmethod
    def audit(folder):
        return json.loads(lab.run("audit", "--json", "--roster", f"{folder}.roster", folder).out)


class Drawn(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.history("all", "--violate", "all=2",
                                 seed=int(os.environ.get("KEIIN_SEED", "1")))

        cls.all_lines = cls.lines(cls.folder)
        cls.verdict = cls.audit(cls.folder)

    def setUp(self):
        super().setUp()
        self.exported, self.id = self.all_lines, self.verdict["ledger_id"]

    def check(self, sheet, n, **how):
        addresses, population = drawn(self.exported, self.id, n, **how)
        self.assertEqual(sheet.addresses, addresses)
        self.assertEqual(sheet.head["Drawn"], f"{len(addresses)} of {population}")
        by_address = {line["address"]: line for line in self.exported}
        for row in sheet.rows:
            line = by_address[row["Address"]]
            fields = line["record"]
            self.assertEqual((row["Recorded by system"], row["Organisation"], row["Action"],
                              row["Received by the ledger"], row["When, by the system's clock"]),
                             (line["writer"], line["organisation"], fields["action"],
                              line["received"], fields["at"]))
            for column, name in (("Person or program", "actor"), ("Unit", "unit"),
                                 ("Authority", "authority"), ("Purpose", "purpose"),
                                 ("Data set", "dataset"), ("Items", "count"),
                                 ("Outcome", "outcome"), ("Recipient", "recipient"),
                                 ("Reason", "reason"), ("Detail", "detail")):
                self.assertEqual(row[column], str(fields.get(name, "")), (row, name))
            self.assertTrue(line["digest"].startswith(row["Digest, its beginning"]))
            self.assertEqual(len(row["Digest, its beginning"]), 16)
            self.assertEqual([row[name] for name in ("As recorded?", "Allowed?", "Explained?",
                                                     "Remarks")], [""] * 4)

    def test_least_hashes(self):
        for n in (1, 50, 10000):
            self.check(self.sheet(self.folder, "--n", n), n)
        self.check(self.sheet(self.folder), 200)

    @whole
    def test_seeds(self):
        first = self.sheet(self.folder, "--n", 30, seed="a")
        self.check(first, 30, seed="a")
        second = self.sheet(self.folder, "--n", 30, seed="b")
        self.check(second, 30, seed="b")
        self.assertNotEqual(first.addresses, second.addresses)

    @whole
    def test_actions(self):
        for actions in ("view,provide", "x-drill,query", "nothing-such"):
            sheet = self.sheet(self.folder, "--n", 20, "--actions", actions)
            self.check(sheet, 20, actions=set(actions.split(",")))

    def test_time(self):
        first, last = self.exported[2000]["received"], self.exported[7000]["received"]
        sheet = self.sheet(self.folder, "--n", 40, "--from", first, "--to", last)
        self.exported = [line for line in self.exported if first <= line["received"] < last]
        self.check(sheet, 40)

    def urgent(self):
        """Emergencies, and what findings of severity high name; with the reasons."""
        done = lab.run("rules", "--json", "--roster", f"{self.folder}.roster", self.folder)
        reasons = {}
        for line in map(json.loads, done.out.splitlines()):
            if line.get("severity") == "high":
                for address in line["records"]:
                    reasons.setdefault(address, set()).add(line["rule"])
        for line in self.exported:
            if line["record"].get("emergency"):
                reasons.setdefault(line["address"], {"use in an emergency"})
        return reasons

    def test_urgent_first(self):
        urgent = self.urgent()
        of_population = [line["address"] for line in self.exported
                         if line["record"]["action"] in POPULATION and line["address"] in urgent]
        self.assertGreater(len(of_population), 30)
        for n in (5, len(of_population), 300):
            sheet = self.sheet(self.folder, "--n", n, "--urgent-first")
            self.check(sheet, n, urgent=urgent)
            rules = set()
            for row in sheet.rows:
                reason = row["Came first because of"]
                said = {reason} if reason.startswith("use ") else set(reason.split())
                self.assertEqual(said, urgent.get(row["Address"], set()))
                rules |= said
            told = min(n, len(of_population))
            self.assertEqual(sheet.head["Of these first, as urgent"].split(" that")[0],
                             f"{told} of {len(of_population)}")
        self.assertGreater(len(rules), 3)
        self.assertEqual(sheet.head["Limits of the rules (SHA-256)"],
                         hashlib.sha256(b"").hexdigest())

    @whole
    def test_rules_file(self):
        """A rule that is switched off makes nothing urgent."""
        limits = self.dir / "rules.ini"
        limits.write_text("[authority-missing]\nuse = no\n[reports]\nzone = +09:00\n")
        text = self.sample(self.folder, "--urgent-first", "--rules", limits).read_text(
            encoding="utf-8")
        self.assertNotIn("authority-missing", text)
        self.assertIn(hashlib.sha256(limits.read_bytes()).hexdigest(), text)
        page = self.sample(self.folder, "--rules", limits, form="html").read_text(encoding="utf-8")
        self.assertIn("UTC+09:00", page)

    @whole
    def test_the_same_bytes(self):
        for form in ("csv", "html"):
            sheets = {self.sample(self.folder, "--threads", threads, "--n", 20, "--urgent-first",
                                  form=form).read_bytes() for threads in (1, 3)}
            self.assertEqual(len(sheets), 1)

    def test_what_the_head_says(self):
        audit = self.verdict
        head = self.sheet(self.folder, "--n", 20).head
        self.assertEqual(head["Ledger"], audit["origin"])
        self.assertEqual(head["Ledger id"].replace(" ", ""), audit["ledger_id"])
        self.assertEqual(head["Checkpoint"], f"{audit['size']} entries, root {audit['root']}")
        self.assertEqual(head["Seed"], SEED)
        others = [line["record"]["action"] for line in self.exported
                  if line["record"]["action"] not in POPULATION]
        own = [action for action in others if action not in history_lab.ACTIONS]
        numbers = re.findall(r"\d+", head["Size of the population"])
        self.assertEqual(numbers[1:3], [str(len(others)), str(len(own))])
        for blank in ("Inspector", "Date", "Place, persons present"):
            self.assertEqual(head[blank], "")
        for name in sorted(POPULATION):
            self.assertIn(name, head["Population"])

    def test_japanese(self):
        english = self.sample(self.folder, "--n", 20, form="html").read_text(encoding="utf-8")
        japanese = self.sample(self.folder, "--n", 20, "--lang", "ja", form="html").read_text(
            encoding="utf-8")
        self.assertIn("検査作業票", japanese)
        self.assertIn("抽出した記録", self.done.err)
        addresses = [re.findall(r"\b(\d+\.\d+)\s*[（(]", text) for text in (english, japanese)]
        self.assertEqual(addresses[0], addresses[1])
        self.assertEqual(len(addresses[0]), 20)


class Again(Case):
    def test_drawn_again_when_the_ledger_has_grown(self):
        ledger = lab.ledger()
        for number in range(300):
            ledger.add_records(ledger.agency, record(actor=f"a{number}"), record(action="heartbeat"),
                               stated=received(T0 + 1000 * (number + 1)))
        before = lab.publish(ledger, self.dir / "before")
        first = self.sheet(before, "--n", 25)
        for number in range(300):
            ledger.add_records(ledger.agency, record(actor="later"),
                               stated=received(T0 + 10**6 + number))
        after = lab.publish(ledger, self.dir / "after")
        self.assertNotEqual(self.sheet(after, "--n", 25).addresses, first.addresses)
        words = shlex.split(first.head["To draw it again"])
        self.assertEqual(words[:2], ["keiin-verify", "sample"])
        out = self.dir / "again"
        at = {"NOTE": f"{after}.roster", "FILE": out, str(before): after}
        done = lab.run(*[at.get(word, word) for word in words[1:]], "--format", "csv")
        self.assertEqual(done.status, 0, done.err)
        again = Sheet(out)
        self.assertEqual(again.rows, first.rows)
        self.assertEqual(again.head["Drawn"], first.head["Drawn"])


class Page(html.parser.HTMLParser):
    """Elements and texts of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.text, self.attributes = [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text.append(data)


class Hostile(Case):
    def page(self, ledger, name, *options):
        folder = lab.publish(ledger, self.dir / name)
        return Page(self.sample(folder, "--n", 500, "--urgent-first", "--actions",
                                "query,x-own,unheard", *options, form="html").read_text(
                                    encoding="utf-8"))

    def test_texts_are_text(self):
        """The page has the elements that it has with plain texts, and nothing that runs."""
        plain = lab.ledger()
        for number, one in enumerate(lab.hostile_records()):
            fields = {name: value for name, value in lab.msgpack.decode(one).items()
                      if not name.startswith("x-")}
            fields = {name: "plain" if name in ("detail", "reason") and value
                      else "plain" if name in ("actor", "dataset", "unit", "authority") else value
                      for name, value in fields.items()}
            plain.add_records(plain.agency, lab.record(**fields),
                              stated=received(T0 + 1000 * number))
        hostile = self.page(lab.with_hostile_records(), "hostile")
        wanted = self.page(plain, "plain").tags
        # What runs from right to left is set apart.
        self.assertEqual([tag for tag in hostile.tags if tag != "bdi"], wanted)
        self.assertNotIn("script", hostile.tags)
        self.assertEqual([name for name, _ in hostile.attributes if name.startswith("on")], [])
        text = "".join(hostile.text)
        for wanted in ("<script>alert(1)</script>", "=cmd|' /C calc'!A0", "契印の記録", "\U0001f600",
                       "x" * 255, "a" * 200):
            self.assertIn(wanted, text)

    def test_csv_has_no_formulas(self):
        folder = lab.publish(lab.with_hostile_records(), self.dir / "csv")
        out = self.sample(folder, "--n", 500, "--actions", "query,x-own,unheard")
        rows = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig"), newline=""),
                               strict=True))
        for row in rows:
            for cell in row:
                self.assertNotRegex(cell, "^[=+\\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
        self.assertIn("'=1+1", {cell for row in rows for cell in row})
        self.assertEqual({len(row) for row in rows[rows.index([]) + 1:]}, {23})


class Files(Case):
    def ledger(self):
        ledger = lab.ledger()
        for number in range(6):
            ledger.add_records(ledger.agency, record(detail=f"d{number}"), record(detail="second"),
                               stated=received(T0 + 1 + number))
        return ledger

    def test_damaged(self):
        """With findings the sheet says so and is drawn from what stands; without a verdict, none."""
        made = self.ledger()
        sound = lab.publish(made, self.dir / "sound")
        keys = [made.log, *made.witnesses]
        for kind in ("change-record", "drop-record", "other-root", "no-log-signature",
                     "lengths-beyond-part", "checkpoint-gone", "checkpoint-unreadable"):
            with self.subTest(kind=kind):
                damaged = damage.damage(damage.Copy(str(sound)), kind, keys, None, 1)
                folder = lab.publish(damaged.publication, self.dir / kind)
                audit = lab.run("audit", "--json", "--roster", f"{folder}.roster", folder)
                for options in ((), ("--urgent-first",)):
                    out = self.sample(folder, *options, expect=audit.status)
                    if audit.status == 2:
                        self.assertFalse(out.exists())
                        self.assertIn("NO VERDICT", self.done.err)
                        continue
                    sheet = Sheet(out)
                    self.assertEqual(sheet.addresses, [line["address"] for line in
                                                       self.lines(folder)])
                    self.assertIn("has findings", out.read_text(encoding="utf-8"))
                    page = self.sample(folder, *options, form="html", expect=1)
                    self.assertIn("has findings", page.read_text(encoding="utf-8"))
        self.assertEqual([path for path in self.dir.iterdir() if path.name.endswith(".part")], [])

    def test_empty_population(self):
        folder = lab.publish(lab.ledger(), self.dir / "empty")
        sheet = self.sheet(folder)
        self.assertEqual((sheet.rows, sheet.head["Drawn"]), ([], "0 of 0"))
        self.assertIn("No record of the population",
                      self.sample(folder, form="html").read_text(encoding="utf-8"))

    def test_standard_output(self):
        folder = lab.publish(self.ledger(), self.dir / "ledger")
        for form in ("csv", "html"):
            done = lab.run("sample", "--roster", f"{folder}.roster", "--seed", SEED, "--format", form,
                           folder)
            self.assertEqual(done.status, 0)
            self.assertEqual(done.out, self.sample(folder, form=form).read_text(encoding="utf-8"))
        with open("/dev/full", "wb") as full:
            done = subprocess.run([lab.VERIFY, "sample", "--roster", f"{folder}.roster", "--seed", "s",
                                   folder], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn(b"standard output", done.stderr)

    def test_nothing_is_overwritten(self):
        folder = lab.publish(self.ledger(), self.dir / "ledger")
        out = self.dir / "mine"
        out.write_text("mine")
        done = lab.run("sample", "--roster", f"{folder}.roster", "--seed", "s", "--out", out, folder)
        self.assertNotEqual(done.status, 0)
        self.assertEqual(out.read_text(), "mine")

    def test_wrong_usage(self):
        folder = lab.publish(self.ledger(), self.dir / "usage")
        good = {"--seed": "s", "--out": self.dir / "never"}
        for changed in ({"--seed": None}, {"--seed": ""}, {"--seed": "a b"}, {"--seed": "a\nb"},
                        {"--seed": "x" * 101}, {"--n": "0"}, {"--n": "10001"},
                        {"--format": "pdf"}, {"--actions": ""}, {"--actions": "query,,view"},
                        {"--actions": ",".join(f"x-{i}" for i in range(101))}, {"--json": True},
                        {"--rules": self.dir / "absent"}, {"--state": self.dir},
                        {"--from": "2026-01-02T00:00:00Z", "--to": "2026-01-01T00:00:00Z"}):
            options = []
            for name, value in {**good, **changed}.items():
                options += [] if value is None else [name] if value is True else [name, value]
            done = lab.run("sample", "--roster", f"{folder}.roster", *options, folder)
            self.assertEqual(done.status, 64, changed)
        self.assertFalse((self.dir / "never").exists())
        self.assertEqual([path for path in self.dir.iterdir() if path.name.endswith(".part")], [])


if __name__ == "__main__":
    unittest.main()
