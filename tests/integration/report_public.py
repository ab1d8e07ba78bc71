#!/usr/bin/env python3
"""Reports for the public: what an outsider can compute from all of them together.

Ledgers of one year, with numbers that would give small counts away; every month's report and the
year's; and for each small count GLPK is asked whether it can still be 1, and the greatest small one.
"""

import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

from ledger_lab import BIN  # noqa: E402
from made_ledger import MadeLedger, ms  # noqa: E402
from public_solver import FLOWS, STOCKS, Program, columns, key_of  # noqa: E402

VERIFY = str(BIN / "keiin-verify")
OPERATOR, COMMITTEE, ALPHA, BETA = "o.test/o", "c.test/c", "a.test/a", "b.test/b"
WRITERS = [(OPERATOR, "operator", "operation"), (COMMITTEE, "committee", "committee"),
           (ALPHA, "agency", "alpha"), (BETA, "agency", "beta")]
AGENCIES = {ALPHA: "alpha", BETA: "beta"}
MONTHS = [f"2025-{month:02}" for month in range(1, 13)]
LEAST = 10


def report(folder, first, last, out, *options):
    return subprocess.run(
        [VERIFY, "report", "--format", "json", "--roster", f"{folder}.roster", "--from", first,
         "--to", last, "--out", str(out), *map(str, options), str(folder)],
        capture_output=True, timeout=600)


class Year:
    """A ledger of 2025: what happens in each month, then the reports of it."""

    def __init__(self, folder):
        self.folder, self.made = folder, MadeLedger(WRITERS, ms(2025, 1, 1))
        self.open, self.number = {}, 0
        self.made.add(COMMITTEE, ms(2025, 1, 1, 1), *(
            {"action": "approve", "approval": f"A{stream}", "decision": "granted", "stream": stream,
             "purposes": ["p1", "p2", "p3"], "valid_from": ms(2025, 1, 1)}
            for stream in ("s1", "s2")))
        # Asked for afterwards: what a stream is called, the committee said first.
        self.made.add(ALPHA, ms(2025, 1, 1, 2), *(
            {"action": "approve", "approval": f"A{stream}", "decision": "requested"}
            for stream in ("s1", "s2")))

    def id(self, head):
        self.number += 1
        return f"{head}{self.number}"

    def month(self, month, happenings):
        """Entries of a month: of each writer what is given, in this order."""
        at = ms(2025, month, 10)
        for writer, records in happenings:
            for first in range(0, len(records), 1000):
                self.made.add(writer, at, *records[first:first + 1000])
                at += 60_000

    def finish(self):
        self.made.add(OPERATOR, ms(2026, 1, 2), {"action": "heartbeat"})
        self.made.write(self.folder / "ledger")
        return self.folder / "ledger"


# --- What happens.


def queries(purpose, done, denied=0, agency=ALPHA):
    record = {"action": "query", "authority": "As1", "purpose": purpose, "count": 1}
    return agency, [record] * done + [{**record, "outcome": "denied"}] * denied


def grants(year, stream, asked, granted, refused):
    ids = [year.id("G") for _ in range(asked)]
    asks = [{"action": "approve", "approval": i, "decision": "requested", "stream": stream}
            for i in ids]
    says = ["granted"] * granted + ["refused"] * refused
    decided = [{"action": "approve", "approval": i, "decision": says_, "stream": stream,
                "valid_from": ms(2025, 1, 1)} for i, says_ in zip(ids, says)]
    return [(ALPHA, asks), (COMMITTEE, decided)]


def demands(year, made, answered):
    waits = year.open.setdefault("demands", [])
    new = [year.id("D") for _ in range(made)]
    waits += new
    answers, year.open["demands"] = waits[:answered], waits[answered:]
    return [(COMMITTEE, [{"action": "demand", "ref": ref} for ref in new]),
            (ALPHA, [{"action": "respond", "ref": ref} for ref in answers])]


def provisions(year, kind, made, received):
    waits = year.open.setdefault(kind, [])
    refs = [year.id("P") for _ in range(made)]
    waits += refs
    came, year.open[kind] = waits[:received], waits[received:]
    give = [{"action": "provide", "ref": ref, "recipient": f"r{i % 3}", "recipient_kind": kind,
             "authority": "As1", "purpose": "p1", "count": 2} for i, ref in enumerate(refs)]
    return [(ALPHA, give), (BETA, [{"action": "receive", "ref": ref} for ref in came])]


def emergencies(year, begun, ratified, refused):
    waits = year.open.setdefault("emergencies", [])
    new = [year.id("E") for _ in range(begun)]
    waits += new
    ends = ["ratified"] * ratified + ["refused"] * refused
    now, year.open["emergencies"] = waits[:len(ends)], waits[len(ends):]
    begin = [{"action": "query", "authority": i, "purpose": "p3", "emergency": True} for i in new]
    asks = [{"action": "approve", "approval": i, "decision": "requested", "stream": "s2"}
            for i in now]
    decide = [{"action": "approve", "approval": i, "decision": end, "stream": "s2",
               "valid_from": ms(2025, 1, 1)} for i, end in zip(now, ends)]
    return [(BETA, begin), (ALPHA, asks), (COMMITTEE, decide)]


def batches(year, month, made, selected, discarded, lost, late):
    """Batches of one item and one large one, selected whole but for `lost` items; then erased."""
    ids = [year.id("B") for _ in range(made)]
    total = selected + discarded + lost
    until = ms(2025, month, 12)
    receive = [{"action": "batch.receive", "dataset": i, "authority": "As1", "stream": "s1",
                "count": total if k == 0 else 0, "retain_until": until}
               for k, i in enumerate(ids)]
    select = [{"action": "select.run", "parents": ids, "authority": "As1", "count": selected,
               "discarded": discarded}]
    erase = [{"action": "erase", "dataset": i, "count": 1} for i in ids[:made - late]]
    return [(ALPHA, receive), (ALPHA, select if ids else []), (ALPHA, erase)]


def hard(year):
    """Sums that would force their parts, and flows whose balance would."""
    for month in range(1, 13):
        happens = []
        happens += [queries(purpose, 9, denied=1) for purpose in ("p1", "p2", "p3")]
        happens += [queries("p1", 40, denied=11, agency=BETA), queries("p2", 1, agency=BETA)]
        happens += [queries("p3", (month * 5) % 9 + 1, agency=BETA)]
        happens += grants(year, "s1", 12, 11 if month % 2 else 3, 1)
        # The first month's numbers are large, and what the second has is all that can be left.
        made, gone = {1: (12, 11), 2: (0, 1)}.get(month, (1, month % 2))
        happens += demands(year, made, gone) + emergencies(year, made, gone, 0)
        happens += provisions(year, "foreign", *{1: (20, 10), 2: (9, 19)}.get(month, (12, 11)))
        happens += provisions(year, "council", 1, 1)
        happens += batches(year, month, 12, 30, month % 9 + 1, (month + 2) % 3, month % 2)
        happens += [(COMMITTEE, [{"action": "inspect"}] * (month % 4)),
                    (BETA, [{"action": "incident"}] * (10 if month == 5 else month % 2))]
        year.month(month, [piece for piece in happens if piece[1]])


def single(year):
    """One small count in the whole year, and beside it large ones."""
    year.month(1, [queries("p1", 30, agency=BETA)])
    year.month(6, [queries("p1", 50), queries("p2", 1)])
    year.month(7, grants(year, "s1", 12, 11, 1))


def left_over(year):
    """Nothing is received in the second month: what is selected then, the first one left."""
    def batch(name, count):
        return {"action": "batch.receive", "dataset": name, "authority": "As1", "count": count}

    def select(name, count, discarded):
        return {"action": "select.run", "parents": [name], "authority": "As1", "count": count,
                "discarded": discarded}

    year.month(1, [(ALPHA, [batch("L1", 50), batch("L2", 100), select("L2", 60, 40)])])
    year.month(2, [(ALPHA, [select("L1", 45, 5)])])


# --- What is so, for whoever may read it.


def truth_of(program, folder, path):
    """The true number of every variable, from the committee's reports of each month."""
    truth = {}
    for number, month in enumerate(MONTHS):
        done = report(folder, month, month, path / f"c{number}.json")
        assert done.returncode == 0, done
        figures = json.loads((path / f"c{number}.json").read_text())["figures"]
        for table in FLOWS:
            rows = {key_of(table, row): row for row in figures[table]["rows"]}
            for key in program.rows[table]:
                for column in columns(table):
                    row = rows.get(key, {})
                    value = row.get(column, 0) or 0
                    if (table, column) == ("retention", "late"):
                        value += row.get("not_erased", 0)
                    truth[table, key, column, number] = value
    return truth


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-public-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def read(self, folder, first, *options, last=None):
        out = self.dir / f"{first}-{len(list(self.dir.iterdir()))}.json"
        done = report(folder, first, last or first, out, "--profile", "public", *options)
        self.assertEqual(done.returncode, 0, done)
        done = subprocess.run([VERIFY, "report-check", "--roster", f"{folder}.roster", out],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done)
        return json.loads(out.read_text())


class Solving(Case):
    def solve(self, happen, more_than):
        year = Year(self.dir)
        happen(year)
        folder = year.finish()
        months = [self.read(folder, month) for month in MONTHS]
        program = Program(months, self.read(folder, "2025"), LEAST)
        truth = truth_of(program, folder, self.dir)
        self.assertEqual(program.misfits(truth), [])
        small = program.small(truth)
        self.assertGreater(len(small), more_than)
        chosen, seen = [], collections.Counter()
        for name in small:
            seen[name[:3]] += 1
            if seen[name[:3]] <= 2:
                chosen.append(name)
        for name, (least, greatest) in program.ranges(chosen):
            with self.subTest(name=name, true=truth[name]):
                # What is the sum of columns is not less than these, each shown to be there.
                parts = 3 if program.is_withheld(name) else 2 if name[2] == "due" else 1
                self.assertLessEqual(least, parts)
                self.assertGreaterEqual(greatest, LEAST - 1)


@unittest.skipIf(shutil.which("glpsol") is None, "glpsol is not there")
class Solved(Solving):
    def test_sums_and_balances_that_would_force_small_counts(self):
        self.solve(hard, 100)

    def test_one_small_count_beside_large_ones(self):
        self.solve(single, 1)

    def test_what_is_left(self):
        self.solve(left_over, 1)


MARKS = ["zz-actor", "zz-data", "zz-purpose", "zz-stream", "zz-recipient", "zz-kind", "zz-unit",
         "zz-reason", "zz-detail", "x-zz-action", "zz-ref", "zz-method", "zz-approval"]


class Texts(Case):
    """Nothing that an agency wrote, and nothing of a single record, is in any form of a report."""

    def marked(self):
        year = Year(self.dir)
        every = {"actor": "zz-actor", "dataset": "zz-data", "purpose": "zz-purpose",
                 "stream": "zz-stream", "recipient": "zz-recipient", "recipient_kind": "zz-kind",
                 "unit": "zz-unit", "reason": "zz-reason", "detail": "zz-detail", "ref": "zz-ref",
                 "method": "zz-method", "authority": "zz-approval", "approval": "zz-approval"}
        records = [{"action": action, **every} for action in
                   ("query", "view", "export", "provide", "receive", "batch.receive", "select.run",
                    "erase", "incident", "respond", "copy", "x-zz-action")]
        records += [{"action": "approve", "decision": "requested", **every},
                    {"action": "approve", "decision": "granted", "purposes": ["zz-purpose"], **every},
                    {"action": "retain.extend", "retain_until": ms(2025, 7, 1), **every},
                    {"action": "query", "emergency": True, **every}]
        said = {"reason": "zz-reason", "detail": "zz-detail", "ref": "zz-ref", "unit": "zz-unit"}
        asked = [{"action": action, **said} for action in ("demand", "recommend", "inspect", "notify")]
        # Twenty of each: enough to be told exactly.
        year.month(6, [(ALPHA, records * 20), (COMMITTEE, asked * 20)])
        return year.finish()

    def test_in_no_format(self):
        folder = self.marked()
        rules = self.dir / "rules.ini"
        rules.write_text("[actions]\nx-zz-action = view\n")
        for form in ("json", "html", "csv", "pdf"):
            for when in ("2025-06", "2025"):
                for language in ("en", "ja"):
                    out = self.dir / f"{when}-{language}.{form}"
                    done = report(folder, when, when, out, "--profile", "public", "--format", form,
                                  "--lang", language, "--rules", rules)
                    if form == "pdf" and b"--without-pdf" in done.stderr:
                        continue
                    self.assertEqual(done.returncode, 0, done)
                    self.look(out, form)

    def look(self, out, form):
        data = out.read_bytes()
        if form == "pdf" and shutil.which("pdftotext"):
            data = subprocess.run(["pdftotext", "-layout", out, "-"], capture_output=True,
                                  timeout=60).stdout
        self.assertGreater(len(data), 1000)
        for mark in MARKS:
            self.assertNotIn(mark.encode(), data, f"{mark} in {out.name}")

    def test_the_committee_is_told_them(self):
        """So that the marks are those that would be there."""
        folder = self.marked()
        done = report(folder, "2025", "2025", self.dir / "c.json")
        self.assertEqual(done.returncode, 0, done)
        text = (self.dir / "c.json").read_text()
        for mark in ("zz-purpose", "zz-stream", "zz-recipient", "zz-kind", "zz-actor", "zz-data"):
            self.assertIn(mark, text)

    def test_no_findings_and_no_addresses(self):
        folder = self.marked()
        for when in ("2025-06", "2025"):
            told = self.read(folder, when)
            self.assertNotIn("findings", told)
            self.assertFalse({"records", "systems", "recipients"} & set(told["figures"]))
            self.assertFalse({"entries", "records_stated", "records_read", "last_received",
                              "audit_findings_omitted"} & set(told["ledger"]))
            self.assertIsInstance(told["ledger"]["audit_findings"], list)
            for figures in told["figures"].values():
                for row in [*figures["rows"], figures["total"]]:
                    for value in row.values():
                        self.reasoned(value)

    def page(self, folder, when, language, *options):
        out = self.dir / f"{len(list(self.dir.iterdir()))}.html"
        done = report(folder, when, when, out, "--format", "html", "--lang", language, *options)
        self.assertEqual(done.returncode, 0, done)
        return out.read_text().split('<script type="application/json"')[0]

    def test_what_is_withheld_is_not_said_to_be_nothing(self):
        """A month's findings are told of the year only: neither that there are some nor that not."""
        folder = self.marked()
        empty = Year(self.dir / "empty").finish() if (self.dir / "empty").mkdir() is None else None
        for language, nothing, of_years in (
                ("en", "the rules found nothing", "told for whole years only"),
                ("ja", "説明を要する事項は見つかりませんでした", "年次報告書でのみ、規則ごとに")):
            self.assertIn("class=\"notice\"", self.page(folder, "2025-06", language))
            self.assertIn(nothing, self.page(empty, "2025-07", language))
            for ledger in (folder, empty):
                page = self.page(ledger, "2025-06", language, "--profile", "public")
                self.assertNotIn(nothing, page)
                self.assertIn(of_years, page)
                self.assertNotIn({"en": "None in this period", "ja": "この期間にはありません"}[language],
                                 page)

    def test_a_column_without_a_number_is_left_out_and_the_reason_said(self):
        page = self.page(self.marked(), "2025-06", "en", "--profile", "public")
        emergencies = page[page.index("Emergency uses by agency"):]
        emergencies = emergencies[:emergencies.index("</p>")]
        self.assertNotIn("Shortest</th>", emergencies)
        self.assertIn("Begun</th>", emergencies)
        self.assertIn("Shortest, Median, Longest: not given", emergencies)
        self.assertIn("Ratified, Refused, Undecided at the end: given in the report of the year only",
                      emergencies)

    def reasoned(self, value):
        """A number, a key, or what is told in its place with the reason."""
        if isinstance(value, dict) and "withheld" in value:
            self.assertIn(value["withheld"], ("yearly", "follows", "merged", "single"))
        elif isinstance(value, dict):
            self.assertIn(value["why"], ("small", "sum", "rounded"))
            self.assertLess(value["low"], value["high"])
        else:
            self.assertIsInstance(value, (int, str))


class Asked(Case):
    """What can be asked for."""

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="keiin-public-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)
        year = Year(cls.shared)
        single(year)
        cls.folder = year.finish()

    def refused(self, first, last, words, *options):
        out = self.dir / "refused.json"
        done = report(self.folder, first, last, out, "--profile", "public", *options)
        self.assertEqual(done.returncode, 64, done)
        self.assertIn(words, done.stderr.decode())
        self.assertFalse(out.exists())

    def test_only_calendar_months_and_years(self):
        for first, last in (("2025-01", "2025-03"), ("2025-02", "2026-01"), ("2024", "2025"),
                            ("2025-01-01", "2025-01-30"), ("2025-01-02", "2025-02-01"),
                            ("2025-03-03", "2025-03-03"),
                            ("2025-01-01T00:00:00Z", "2025-02-01T00:00:00.001Z")):
            self.refused(first, last, "calendar month")
        # The same month, however it is asked for.
        self.assertEqual(self.read(self.folder, "2025-01"),
                         self.read(self.folder, "2025-01-01", last="2025-01-31"))

    def test_only_what_is_over(self):
        for when in ("2026-01", "2026", "2027"):
            self.refused(when, when, "not over")

    def test_records_that_are_gone_are_pointed_out(self):
        """Not in the report: to whoever is about to publish it beside an older one."""
        year = Year(self.dir)
        single(year)
        next(records for records in year.made.records if len(records) == 50)[0] = b""
        lacking = year.finish()
        for folder, when, says in ((self.folder, "2025-06", False), (lacking, "2025-06", True),
                                   (lacking, "2025", True), (lacking, "2025-07", False)):
            out = self.dir / "report.json"
            done = report(folder, when, when, out, "--profile", "public")
            self.assertEqual(done.returncode, 0, done)
            self.assertEqual(b"publish this one only" in done.stderr, says, (when, done.stderr))
            self.assertNotIn("publish", out.read_text())
            out.unlink()

    def test_no_evidence(self):
        self.refused("2025", "2025", "evidence", "--evidence")

    def test_the_least_count(self):
        rules = self.dir / "rules.ini"
        for least in (2, 1, 0):
            rules.write_text(f"[reports]\npublic_min = {least}\n")
            self.refused("2025", "2025", "is no number from 3", "--rules", rules)
        rules.write_text("[reports]\npublic_min = 60\n")
        told = self.read(self.folder, "2025-06", "--rules", rules)["figures"]["accesses"]["rows"]
        self.assertEqual([row["done"] for row in told], [{"low": 1, "high": 59, "why": "small"}] * 2)

    def test_a_later_checkpoint_tells_no_more(self):
        """A month is told the same however long the ledger went on."""
        later = self.dir / "later"
        year = Year(self.dir)
        single(year)
        year.made.add(OPERATOR, ms(2026, 1, 2), {"action": "heartbeat"})
        year.made.add(ALPHA, ms(2026, 1, 3), *[
            {"action": "query", "purpose": "p1", "at": ms(2025, 6, 5)}] * 20)
        year.made.add(COMMITTEE, ms(2026, 1, 4), {"action": "revoke", "approval": "As1"})
        year.made.write(later)
        for when in [*MONTHS, "2025"]:
            first, second = self.read(self.folder, when), self.read(later, when)
            self.assertNotEqual(first["ledger"]["size"], second["ledger"]["size"])
            self.assertEqual(first["figures"], second["figures"])


if __name__ == "__main__":
    unittest.main()
