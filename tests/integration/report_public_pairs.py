#!/usr/bin/env python3
"""Reports for the public of ledgers that differ in small counts alone: they say the same.

The same things happen in each, one to nine times each. Whatever is told of a month, and all that is
told of the year but rounded numbers, must be the same to the byte: a count, a row, a reason, a
sentence that differs tells how often something happened. Of rounded numbers nobody may be able to
say from which numbers the program makes such a range.
"""

import json
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))

from made_ledger import ms  # noqa: E402
from report_public import (ALPHA, BETA, COMMITTEE, LEAST, VERIFY, Year, emergencies,  # noqa: E402
                           report)

FIRST, LARGE = 3, 6  # the months of small counts, and behind them one of large ones
SMALL = [f"2025-{month:02}" for month in range(FIRST, LARGE)]


# --- What can happen: records of a writer that make counts be `n`, in some month.


def times(writer, **fields):
    return lambda year, month, n: [(writer, [fields] * n)]


def each(writer, **fields):
    """With a name of its own in each field whose value is a head of names."""
    def make(year, month, n):
        new = [{**fields} for _ in range(n)]
        for record in new:
            name = year.id("N")
            record.update({field: name for field, value in fields.items() if value == "*"})
        return [(writer, new)]
    return make


def approved(*decisions):
    """Approvals with these decisions, one behind the other."""
    def make(year, month, n):
        ids = [year.id("A") for _ in range(n)]
        return [(COMMITTEE, [
            {"action": "revoke" if decision == "revoked" else "approve", "approval": i,
             **({} if decision == "revoked" else {
                 "decision": decision, "stream": "s1", "purposes": ["p1"],
                 "valid_from": ms(2025, 1, 1),
                 "valid_to": ms(2025, month, 20 if decision == "granted" else 28)})}
            for i in ids for decision in decisions])]
    return make


def selected(kept, thrown, lost):
    """One batch, and a selection that keeps, throws away or loses n of it, beside 50 others."""
    def make(year, month, n):
        data = year.id("B")
        return [(ALPHA, [{"action": "batch.receive", "dataset": data, "stream": "s1",
                          "authority": "As1", "count": n + 50},
                         {"action": "select.run", "parents": [data], "authority": "As1",
                          "count": n if kept else 50 * thrown,
                          "discarded": n if thrown else 50}])]
    return make


def retained(*then):
    """Data sets whose time ends in the month; `then` is what becomes of each, and when."""
    def make(year, month, n):
        names = [year.id("R") for _ in range(n)]
        made = [(BETA, [{"action": "copy", "dataset": i, "parents": ["whatever"],
                         "retain_until": ms(2025, month, 11)} for i in names])]
        longer = {"retain_until": ms(2025, month + 4, 1)}
        return made + [(BETA, [{"action": action, "dataset": i, "count": 1,
                                **(longer if action == "retain.extend" else {})} for i in names])
                       for action in then]
    return make


def answered(action):
    def make(year, month, n):
        refs = [year.id("Q") for _ in range(n)]
        return [(COMMITTEE, [{"action": action, "ref": i} for i in refs]),
                (ALPHA, [{"action": "respond", "ref": i} for i in refs])]
    return make


def both(year, month, n):
    refs = [year.id("V") for _ in range(n)]
    return [(ALPHA, [{"action": "provide", "ref": i, "recipient": i, "recipient_kind": "council",
                      "count": 1, "authority": "As1", "purpose": "p1"} for i in refs]),
            (BETA, [{"action": "receive", "ref": i} for i in refs])]


def decided(year, month, n):
    return emergencies(year, n, n // 2, n - n // 2)


# The month in which each is small: never two in one cell.
HAPPENINGS = {
    "accesses.done": (3, times(ALPHA, action="query", authority="As1", purpose="p1")),
    "accesses.other": (3, times(ALPHA, action="view", purpose="mine")),
    "accesses.denied": (3, times(BETA, action="view", purpose="p2", outcome="denied")),
    "accesses.failed": (3, times(BETA, action="export", purpose="p2", outcome="failure")),
    "accesses.items": (3, lambda year, month, n: [
        (BETA, [{"action": "export", "purpose": "p3", "count": n}])]),
    "approvals.requested": (3, each(ALPHA, action="approve", approval="*", decision="requested")),
    "approvals.granted": (3, approved("granted")),
    "approvals.refused": (3, approved("refused")),
    "approvals.extended": (4, approved("granted", "extended")),
    "approvals.revoked": (5, approved("granted", "revoked")),
    "volumes.batches": (3, each(BETA, action="batch.receive", dataset="*", count=0)),
    "volumes.not_selected": (4, each(BETA, action="batch.receive", dataset="*", count=1)),
    "volumes.selected": (3, selected(1, 0, 0)),
    "volumes.discarded": (4, selected(0, 1, 0)),
    "volumes.unbalanced": (5, selected(0, 0, 1)),
    "volumes.erased": (3, times(BETA, action="erase", dataset="whatever", count=1)),
    "provisions.provided": (3, each(ALPHA, action="provide", recipient="*",
                                    recipient_kind="foreign")),
    "provisions.items": (3, times(BETA, action="provide", recipient="one", count=1,
                                  recipient_kind="domestic")),
    "provisions.receipts": (3, both),
    "emergencies.begun": (3, lambda year, month, n: emergencies(year, n, 0, 0)),
    "emergencies.refused": (4, decided),
    "retention.on_time": (4, retained("erase")),
    "retention.not_erased": (3, retained()),
    "retention.extended": (3, retained("retain.extend")),
    "incidents.incidents": (3, times(ALPHA, action="incident")),
    "answers.in_time": (3, answered("demand")),
    "answers.made": (3, answered("recommend")),
    "answers.waiting": (4, each(COMMITTEE, action="demand", ref="*")),
    "acts.acts": (3, times(COMMITTEE, action="inspect")),
    "acts.notify": (3, times(COMMITTEE, action="notify")),
    "acts.erase.record": (3, times(COMMITTEE, action="erase.record", records=["9000.0"])),
    "acts.emergency.end": (3, times(COMMITTEE, action="emergency.end")),
    "records.not_judged": (3, times(BETA, action="x-own")),
}


def ledger(folder, counts):
    """Everything as often as `counts` says, each in its month; and then all 20 times."""
    year = Year(folder)
    for month in range(FIRST, LARGE + 1):
        happens = [piece for name, (own, make) in HAPPENINGS.items() if month in (own, LARGE)
                   for piece in make(year, month, 20 if month == LARGE else counts[name])]
        year.month(month, [piece for piece in happens if piece[1]])
    return year.finish()


def of_the_ledger(text):
    """A report without what the checkpoint is and says."""
    told = json.loads(text)
    for name in ("id", "size", "root"):
        del told["ledger"][name]
    del told["evidence"]
    return told


def without_rounded(value):
    """The same, of rounded numbers only that they are, and no row that is there for one of them."""
    if isinstance(value, dict):
        if value.get("why") == "rounded":
            return "rounded"
        return {name: without_rounded(part) for name, part in value.items()}
    if isinstance(value, list):
        return [without_rounded(part) for part in value if not is_for_rounded(part)]
    return value


def is_for_rounded(row):
    """Whether it has rounded numbers, and nothing else but names and zeros."""
    parts = list(row.values()) if isinstance(row, dict) else []
    rounded = [part for part in parts if isinstance(part, dict) and part.get("why") == "rounded"]
    told = [part for part in parts if part not in rounded and not isinstance(part, str)
            and part != 0 and not (isinstance(part, dict) and "withheld" in part)]
    return bool(rounded) and not told and "rule" not in row


class Pairs(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-pairs-"))
        cls.addClassCleanup(shutil.rmtree, cls.dir)
        die = random.Random(11)
        wanted = {"least": lambda: 1, "most": lambda: LEAST - 1,
                  "any": lambda: die.randint(1, LEAST - 1)}
        cls.ledgers = {}
        for name, number in wanted.items():
            folder = cls.dir / name
            folder.mkdir()
            cls.ledgers[name] = ledger(folder, {what: number() for what in HAPPENINGS})

    def read(self, folder, when, *options, form="json"):
        out = self.dir / "report"
        done = report(folder, when, when, out, "--format", form, *options)
        self.assertEqual(done.returncode, 0, done)
        text = out.read_text()
        out.unlink()
        return text

    def public(self, folder, when):
        return of_the_ledger(self.read(folder, when, "--profile", "public"))

    def all_of(self, when, change):
        """What the reports of all ledgers say."""
        told = {name: change(self.public(folder, when)) for name, folder in self.ledgers.items()}
        first = told.pop("least")
        for name, other in told.items():
            self.assertEqual(first, other, name)
        return first

    def test_each_count_is_there_and_small(self):
        """So that what is compared is what it should be."""
        for name, folder in self.ledgers.items():
            seen = {f"{table}.{column}" for when in SMALL
                    for table, figures in json.loads(self.read(folder, when))["figures"].items()
                    for row in figures["rows"] for column, value in row.items()
                    if isinstance(value, int) and 0 < value < LEAST}
            named = {what for what in HAPPENINGS if not what.startswith("acts.")}
            self.assertEqual(named - {"accesses.other"} - seen, set(), name)

    def test_months_say_the_same(self):
        small = 0
        for when in SMALL:
            told = self.all_of(when, lambda report: report)
            small += json.dumps(told["figures"]).count('"small"')
        self.assertGreater(small, 40)
        # Of later months too, where all counts are large: whatever was left over is in them.
        for month in range(LARGE, 13):
            self.all_of(f"2025-{month:02}", lambda report: report)

    def test_years_say_the_same_but_for_what_is_rounded(self):
        self.assertIn("rounded", json.dumps(self.all_of("2025", without_rounded)))

    def test_pages_say_the_same(self):
        """Whatever is drawn or written: sentences, bars, labels, the embedded report."""
        pages = []
        for folder in self.ledgers.values():
            told = json.loads(self.read(folder, SMALL[0], "--profile", "public"))
            page = self.read(folder, SMALL[0], "--profile", "public", "--lang", "ja", form="html")
            cut = re.sub(r"(?s)<script.*?</script>|<pre.*?</pre>", "", page)
            own = told["ledger"]["id"]
            cut = re.sub(r"[0-9a-f]{4}( [0-9a-f]{4}){15}", "ID", cut)
            for text in (own, own[:16], told["ledger"]["root"], f'{told["ledger"]["size"]:,}'):
                cut = cut.replace(text, "-")
            pages.append(cut)
        self.assertGreater(len(pages[0]), 10000)
        self.assertEqual(pages[0], pages[1])
        self.assertEqual(pages[0], pages[2])

    @unittest.skipIf(shutil.which("pdftotext") is None, "pdftotext is not there")
    def test_no_heading_stands_alone_at_the_end_of_a_page(self):
        for language in ("en", "ja"):
            out = self.dir / f"{language}.pdf"
            done = report(self.ledgers["any"], "2025", "2025", out, "--profile", "public",
                          "--format", "pdf", "--lang", language)
            if b"--without-pdf" in done.stderr:
                self.skipTest("built without PDF")
            self.assertEqual(done.returncode, 0, done)
            text = subprocess.run(["pdftotext", "-layout", out, "-"], capture_output=True,
                                  timeout=60).stdout.decode()
            pages = [[line.split() for line in page.splitlines() if line.strip()]
                     for page in text.split("\f")[:-1]]
            headings = [line[:-1] for line in pages[0] if line[0].isdigit() and line[-1].isdigit()]
            self.assertGreater(len(headings), 10)
            for page in pages[1:]:
                self.assertNotIn(page[-2], headings)  # above the footer

    # --- What is rounded.

    def rounded(self):
        """What the public is told of each rounded number of the year, and the number."""
        for folder in self.ledgers.values():
            told = self.public(folder, "2025")["figures"]
            truth = json.loads(self.read(folder, "2025"))["figures"]
            for table, figures in told.items():
                keys = [name for name in (figures["rows"] or [{}])[0]
                        if isinstance(figures["rows"][0][name], str)]
                true = {tuple(row[key] for key in keys): row for row in truth[table]["rows"]}
                rows = [(row, true.get(tuple(row[key] for key in keys), {}))
                        for row in figures["rows"]] + [(figures["total"], truth[table]["total"])]
                for row, real in rows:
                    for column, value in row.items():
                        if isinstance(value, dict) and value.get("why") == "rounded":
                            yield value["low"], value["high"], real.get(column, 0)

    def test_the_ends_hang_on_every_entry(self):
        """Of two ledgers in which the same happened they are not the same."""
        told = []
        for name in ("one", "other"):
            with tempfile.TemporaryDirectory(prefix="keiin-pairs-") as folder:
                year = Year(pathlib.Path(folder))
                year.month(FIRST, [(ALPHA, [{"action": "config", "detail": name}])])
                year.month(LARGE, [(ALPHA, [{"action": "query", "purpose": "p1"}] * 20)])
                told.append(self.public(year.finish(), "2025"))
        self.assertEqual(*map(without_rounded, told))
        rows = [told[i]["figures"]["findings"]["rows"] for i in range(2)]
        same = [column for one, other in zip(*rows) for column in one
                if column not in ("rule", "unsettled") and one[column] == other[column]]
        self.assertLess(len(same), len(rows[0]))

    def test_a_range_has_the_number_in_it_at_any_place(self):
        places = {}
        for low, high, number in self.rounded():
            self.assertLessEqual(low, number)
            self.assertLessEqual(number, high)
            self.assertEqual(low, max(0, high - 10 * LEAST))
            places.setdefault(number, []).append(high - number)
        # A fixed way of rounding has one place for each number, whoever rounds it.
        self.assertGreater(len(set(places[0])), 2 * LEAST)
        every = [place for those in places.values() for place in those]
        near = [place for place in every if not LEAST - 2 <= place <= 9 * LEAST + 2]
        self.assertGreater(len(every), 300)
        self.assertLess(len(near), len(every) / 100)


class PageOne(unittest.TestCase):
    def test_nobody_says_that_nothing_was_found_who_does_not_tell_how_much(self):
        sound = {"en": "nothing that the rules ask about", "ja": "見つかりませんでした"}
        with tempfile.TemporaryDirectory(prefix="keiin-pairs-") as name:
            folder = pathlib.Path(name)
            year = Year(folder)
            year.month(FIRST, [(ALPHA, [{"action": "query", "purpose": "p1"}] * 3)])
            made = year.finish()
            done = report(made, SMALL[0], SMALL[0], folder / "c.json")
            self.assertEqual(done.returncode, 0, done)
            found = json.loads((folder / "c.json").read_text())["figures"]["findings"]["total"]
            self.assertGreater(found["found"], 0)
            for when in (SMALL[0], "2025"):
                for language, words in sound.items():
                    out = folder / f"{when}-{language}.html"
                    done = report(made, when, when, out, "--profile", "public", "--format", "html",
                                  "--lang", language)
                    self.assertEqual(done.returncode, 0, done)
                    self.assertNotIn(words, out.read_text())


if __name__ == "__main__":
    unittest.main()
