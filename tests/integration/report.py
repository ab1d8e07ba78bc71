#!/usr/bin/env python3
"""keiin-verify report: every number is counted a second time, from the records alone and from the
text of doc/report.md (tests/reference/recount.py), over made histories, ledgers by chance, damaged
ones and ones by hand; the same bytes come out whatever the machine, the source and the threads; and
nothing that stands in a record gets through as markup, direction or formula."""

import atexit
import html.parser
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
import unittest.mock

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(SRC / "tests" / "tools"), str(SRC / "tests" / "forge"),
                str(SRC / "tests" / "reference")]
sys.dont_write_bytecode = True

import history_lab  # noqa: E402
import ledger_lab  # noqa: E402
import report_lab as made  # noqa: E402
import taken_lab as lab  # noqa: E402
import damage  # noqa: E402
import recount  # noqa: E402
from ledger_copy import Unsuitable  # noqa: E402
from recount import time_text  # noqa: E402
from report_lab import DAY, HOUR, MINUTE, T0, record  # noqa: E402
from taken_lab import forge, received  # noqa: E402

SEED = int(os.environ.get("KEIIN_SEED", "1"))
LONG = bool(os.environ.get("KEIIN_LONG"))
SHORT = bool(os.environ.get("KEIIN_SHORT"))  # under sanitizers, which are for memory and not for numbers
FORMATS = "html", "csv", "json", "pdf"
RULES_OF_ONES_OWN = """[actions]
x-lookup = query
x-own = erase
[reports]
zone = +09:00
[heartbeat-missing]
limit = 30 min
[erase-late]
limit = 1 h
[response-overdue]
limit = 5 d
"""

compared = []
atexit.register(lambda: print(f"{sum(compared)} numbers of {len(compared)} reports compared"))


class Case(lab.Case):
    def report(self, folder, begins, ends, *options, form="json", out=None, source=None, status=None):
        """Makes a report; its bytes. Times are texts or milliseconds."""
        begins, ends = (time if isinstance(time, str) else time_text(time) for time in (begins, ends))
        out = out or self.dir / f"{len(list(self.dir.iterdir()))}.{form}"
        done = lab.run("report", "--roster", f"{folder}.roster", "--from", begins, "--to", ends,
                       "--format", form, "--out", out, *options, source or folder)
        self.assertIn(done.status, (0, 1, 2) if status is None else (status,), done.err)
        return out.read_bytes() if out.exists() else None

    def recounted(self, folder, begins, ends, rules=None, is_trusting=True):
        """A report whose every number is as counted again."""
        options = [] if rules is None else ["--rules", rules]
        report = json.loads(self.report(folder, begins, ends, *options))
        counted = recount.recount(report, folder, f"{folder}.roster", lab.VERIFY, rules, is_trusting)
        compared.append(counted.compared)
        self.assertEqual(counted.differing, [], (folder, begins, ends, SEED))
        self.assertGreater(counted.compared, 60)
        return report

    def rows(self, report, table, *key):
        """A row's numbers; None where it is not there."""
        keys = recount.KEYS[table]
        for row in report["figures"][table]["rows"]:
            if tuple(row[name] for name in keys) == key:
                return {name: value for name, value in row.items() if name not in keys}
        return None

    def rules_file(self, text=RULES_OF_ONES_OWN):
        path = self.dir / "rules.ini"
        path.write_text(text)
        return path


class Histories(Case):
    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_all_periods(self):
        for seed in (SEED, SEED + 1) if LONG else (SEED,):
            folder = self.history(f"h{seed}", "--violate", "all=2", "--near", "1", seed=seed)
            last = max(entry.received for _, entry, _ in history_lab.stream(folder))
            periods = [("2025", "2026"), ("2025-04", "2025-04"),
                       ("2025-04-03T10:11:12.345Z", "2025-05-01T03:04:05Z")]
            if LONG:
                periods += [("2025-04", "2025-06"), ("2025-04-10", "2025-04-10"), ("2031", "2031"), ("2020", "2020"),
                            ("2025-04-10T12:00:00.001Z", "2025-04-10T12:00:00.002Z"),
                            (last, last + 1), (last - 1, last)]
            for begins, ends in periods:
                with self.subTest(seed=seed, begins=begins, ends=ends):
                    self.recounted(folder, begins, ends)
            rules = self.rules_file()
            self.recounted(folder, "2025-04", "2025-04", rules)

    def test_the_findings_are_what_was_seeded(self):
        folder = self.history("answers", "--violate", "all=3", seed=SEED)
        report = json.loads(self.report(folder, "2025", "2026"))
        wanted = {}
        for answer in history_lab.answers(pathlib.Path(f"{folder}.answers")):
            wanted[answer["rule"]] = wanted.get(answer["rule"], 0) + 1
        found = {row["rule"]: row["found"] + row["unsettled"]
                 for row in report["figures"]["findings"]["rows"]}
        self.assertEqual(found, wanted)

    def test_signatures_checked_here(self):
        """Nothing at all is taken from the program but the rules' findings."""
        chance = made.Chance(SEED + 1000)
        folder = made.published(chance.grow(60), self.dir / "small")
        self.recounted(folder, T0, chance.clock + 1, is_trusting=False)

    @unittest.skipUnless(LONG, "KEIIN_LONG")
    def test_100000_records(self):
        for seed in range(SEED, SEED + 3):
            folder = self.history(f"long{seed}", "--violate", "all=8", "--near", "2", seed=seed,
                                  records=100000)
            for begins, ends in (("2025", "2026"), ("2025-06", "2025-06"), ("2025-05-07", "2025-05-09"),
                                 ("2025-04-20T00:00:00.001Z", "2025-07-01T23:59:59.999Z")):
                with self.subTest(seed=seed, begins=begins, ends=ends):
                    self.recounted(folder, begins, ends)


class ByChance(Case):
    def test_everything_meets_everything(self):
        for seed in range(SEED * 100, SEED * 100 + (40 if LONG else 1 if SHORT else 3)):
            with self.subTest(seed=seed):
                chance = made.Chance(seed)
                first = made.published(chance.grow(90), self.dir / f"first{seed}")
                ids = [json.loads(line)["id"] for line in lab.run(
                    "rules", "--json", "--roster", f"{first}.roster", first).out.splitlines()[:-1]]
                self.assertTrue(ids)
                folder = made.published(chance.grow(110, ids), self.dir / f"whole{seed}")
                rules = self.rules_file() if seed % 2 else None
                for begins, ends in (*chance.periods(3), (T0, chance.clock + 1)):
                    self.recounted(folder, begins, ends, rules)


class Damaged(Case):
    KINDS = """change-record drop-record drop-sealed-part change-sealed-part lengthen-sealed-part
        drop-all-records drop-record-by-order keep-sealed-part-alone malformed-record-type
        lengths-beyond-part remove-entry insert-by-stranger insert-in-name back-date post-date-earlier-entry
        jump-number signature-spoiled malformed-entry-cut entries-gone entries-cut records-gone
        records-cut no-log-signature no-witnesses""".split()

    def test_kinds(self):
        chance = made.Chance(SEED, is_sound=True)
        ledger = chance.grow(50)
        parts = [forge.sealed(b"part %d" % number, at=chance.clock) for number in range(3)]
        ledger.add_records(ledger.agency, *parts, stated=received(chance.clock + 1))
        ledger.add_records(ledger.agency, record("view", chance.clock), stated=received(chance.clock + 2))
        copy = damage.Copy(str(made.published(ledger, self.dir / "sound")))
        seen = set()
        for kind in self.KINDS:
            with self.subTest(kind=kind, seed=SEED):
                try:
                    damaged = damage.damage(copy, kind, [ledger.log, *ledger.witnesses], None, SEED)
                except Unsuitable:
                    continue
                folder = self.dir / kind
                damaged.publication.write(folder)
                pathlib.Path(f"{folder}.roster").write_bytes(damaged.publication.trusted)
                report = self.recounted(folder, T0, chance.clock + DAY)
                codes = {finding.split(" ")[0] for finding in damaged.findings}
                self.assertEqual(set(report["ledger"]["audit_findings"]), codes)
                seen.add(kind)
        self.assertGreater(len(seen), len(self.KINDS) - 4, seen)

    def test_a_period_of_which_half_is_gone(self):
        folder = self.history("half", seed=SEED)
        bundles = sorted((folder / "tile/records").glob("[0-9][0-9][0-9]"))
        for path in bundles[len(bundles) // 3: len(bundles) * 2 // 3]:
            path.unlink()
        report = self.recounted(folder, "2025", "2026")
        total = report["figures"]["records"]["total"]
        self.assertGreater(total["not_read"], total["recorded"] // 4)
        self.assertEqual(report["ledger"]["verdict"], "incomplete")
        self.recounted(folder, "2025-04-10", "2025-04-20")


class FirstPage(Case):
    """What stands before the contents: is it all there, unchanged, and was it allowed."""

    def lead(self, folder, begins, ends, *options):
        page = self.report(folder, begins, ends, *options, form="html").decode()
        return page.partition("<main>")[2].partition("<nav")[0]

    def setUp(self):
        super().setUp()
        self.ledger = made.begun()
        self.ledger.add_records(self.ledger.agency, record("query", T0, actor="p"),
                                stated=received(T0))

    def test_good(self):
        folder = made.published(self.ledger, self.dir / "good")
        lead = self.lead(folder, T0, T0 + DAY)
        for words in ("The ledger is whole", "the rules found 1 matter ", "witnesses",
                      "does not show that every access was recorded"):
            self.assertIn(words, lead)
        self.assertIn("この期間に、規則に照らして説明を要する事項が1件見つかりました",
                      self.lead(folder, T0, T0 + DAY, "--lang", "ja"))

    def test_nothing_is_good_in_a_period_to_come(self):
        lead = self.lead(made.published(self.ledger, self.dir / "good"), T0 + DAY, T0 + 2 * DAY)
        self.assertIn("no entry of this period", lead)
        self.assertNotIn("the rules found nothing", lead)

    def test_what_is_wrong_is_said_in_words(self):
        self.ledger.add_records(self.ledger.agency, record("heartbeat", T0), stated=received(T0 + 1))
        copy = damage.Copy(str(made.published(self.ledger, self.dir / "sound")))
        damaged = damage.damage(copy, "change-record", [self.ledger.log, *self.ledger.witnesses],
                                None, SEED)
        folder = self.dir / "damaged"
        damaged.publication.write(folder)
        pathlib.Path(f"{folder}.roster").write_bytes(damaged.publication.trusted)
        for language, words in (("en", "A record is not the one that was sent: it was changed "
                                       "(record-mismatch): 1"),
                                ("ja", "記録が、送られたものから変更されている（record-mismatch）：1件")):
            lead = self.lead(folder, T0, T0 + DAY, "--lang", language)
            self.assertIn(words, lead)
            self.assertIn('class="alarm"', lead)
            self.assertNotIn('class="good"', lead)


class ByHand(Case):
    """Numbers that are known here, at their limits."""

    def setUp(self):
        super().setUp()
        self.ledger = made.begun()

    def add(self, who, at, action, began=None, **fields):
        self.ledger.add_records(getattr(self.ledger, who), record(
            action, at if began is None else began, **fields), stated=received(at))

    def publish(self, **how):
        return made.published(self.ledger, self.dir / f"l{len(list(self.dir.iterdir()))}", **how)

    def of(self, table, *key, begins=T0, ends, folder=None, rules=None):
        report = self.recounted(folder or self.publish(), begins, ends, rules)
        return self.rows(report, table, *key)

    def test_an_approval_up_to_the_end_of_a_month_expires_in_it(self):
        end = T0 + 31 * DAY
        self.add("committee", T0, "approve", approval="a", decision="granted", valid_to=end - 1)
        self.add("committee", T0, "approve", approval="b", decision="granted", valid_to=end)
        self.add("agency", end, "view")
        self.add("agency", end + DAY, "view")
        january = self.of("approvals", "", ends=end)
        self.assertEqual((january["expired"], january["live"]), (1, 2))
        february = self.of("approvals", "", begins=end, ends=end + DAY)
        self.assertEqual((february["expired"], february["live"]), (1, 0))

    def test_late_extension_and_what_a_revocation_ended(self):
        for approval in "abc":
            self.add("committee", T0, "approve", approval=approval, decision="granted",
                     valid_to=T0 + HOUR, stream="s")
        self.add("committee", T0 + 2 * HOUR, "approve", approval="a", decision="extended",
                 valid_to=T0 + 5 * HOUR)
        self.add("committee", T0 + HOUR // 2, "revoke", approval="b")
        self.add("committee", T0 + 2 * HOUR, "revoke", approval="none")
        self.add("agency", T0 + 3 * HOUR, "revoke", approval="a")
        row = self.of("approvals", "s", ends=T0 + 3 * HOUR)
        self.assertEqual(row, {"requested": 0, "granted": 3, "refused": 0, "extended": 1, "ratified": 0,
                               "revoked": 1, "expired": 1, "live": 1})
        self.add("committee", T0 + 4 * HOUR, "approve", approval="b", decision="extended",
                 valid_to=T0 + 5 * HOUR)
        self.add("agency", T0 + 6 * HOUR, "view")
        self.assertEqual(self.of("approvals", "s", ends=T0 + 7 * HOUR)["expired"], 3)

    def test_emergencies(self):
        self.add("committee", T0, "approve", approval="old", decision="refused")
        self.add("committee", T0, "approve", approval="good", decision="ratified")
        self.add("agency", T0 + 1, "query", began=T0 - HOUR, authority="e1", emergency=True)
        self.add("agency", T0 + 2, "query", authority="e1", emergency=True)
        self.add("agency", T0 + 2, "query", authority="e2", emergency=True)
        self.add("agency", T0 + 2, "query", authority="old", emergency=True)
        self.add("agency", T0 + 2, "query", authority="good", emergency=True)
        self.add("agency", T0 + 2, "query", authority="e9", emergency=True, outcome="denied")
        self.add("committee", T0 + 3, "emergency.begin", approval="good")
        self.add("committee", T0 + 3, "emergency.begin", approval="e3")
        self.add("agency", T0 + 3, "emergency.begin", approval="e4")
        self.add("committee", T0 + HOUR, "approve", approval="e1", decision="ratified")
        self.add("committee", T0 + HOUR, "approve", approval="e2", decision="refused")
        self.add("committee", T0 + HOUR, "approve", approval="e2", decision="ratified")
        folder = self.publish()
        self.assertEqual(self.of("emergencies", "npa", ends=T0 + DAY, folder=folder), {
            "begun": 3, "ratified": 1, "refused": 2, "waiting": 0, "shortest": 2 * HOUR,
            "median": 2 * HOUR, "longest": 2 * HOUR})
        self.assertEqual(self.of("emergencies", "cc", ends=T0 + DAY, folder=folder)["waiting"], 1)
        self.assertIsNone(self.of("emergencies", "npa", begins=T0 + 2 * HOUR, ends=T0 + DAY,
                                  folder=folder))

    def test_retention_by_the_ledgers_clock(self):
        until = T0 + 2 * DAY
        for name in ("d1", "d2", "d3", "d4", "d5", "d6", "d7"):
            self.add("agency", T0, "batch.receive", dataset=name, count=1, retain_until=until)
        self.add("agency", until - 1, "erase", dataset="d1")
        self.add("agency", until - 1, "batch.receive", began=until, dataset="d1", count=1,
                 retain_until=until + DAY // 2)  # anew: both count
        self.add("agency", until + DAY, "erase", dataset="d2")
        self.add("agency", until + DAY, "retain.extend", dataset="d3", retain_until=until + 9 * DAY)
        self.add("agency", until + DAY + 1, "erase", began=until - 1, dataset="d4")  # too late, back-dated
        self.add("agency", until + DAY + 1, "retain.extend", began=until - 1, dataset="d5",
                 retain_until=until + 9 * DAY)
        self.add("agency", until + 2 * DAY, "erase", dataset="d6", outcome="failure")
        folder = self.publish()
        self.assertEqual(self.of("retention", "npa", ends=T0 + 5 * DAY, folder=folder), {
            "due": 7, "on_time": 2, "late": 1, "not_erased": 4, "extended": 2})
        # The allowed time of all but the second life of d1 ends within this very millisecond.
        self.assertEqual(self.of("retention", "npa", begins=until + DAY, ends=until + DAY + 1,
                                 folder=folder)["due"], 6)
        self.assertIsNone(self.of("retention", "npa", begins=T0 + DAY, ends=until + DAY, folder=folder))

    def test_answers_at_their_deadline(self):
        limit = 30 * DAY
        self.add("committee", T0, "demand", ref="r1")
        self.add("committee", T0 + 1, "recommend", began=T0 + HOUR, ref="r2")
        self.add("committee", T0 + 1, "demand")
        self.add("agency", T0 + 1, "demand", ref="r1")
        self.add("agency", T0 + limit, "respond", ref="r1")
        folder = self.publish()
        self.assertEqual(self.of("answers", "demand", ends=T0 + 60 * DAY, folder=folder),
                         {"made": 2, "in_time": 1, "late": 0, "waiting": 1, "overdue": 0})
        self.add("agency", T0 + limit + 1, "view")
        folder = self.publish()
        for ends, overdue in ((T0 + 60 * DAY, 0), (T0 + limit + 2, 0)):
            self.assertEqual(self.of("answers", "recommend", ends=ends, folder=folder)["overdue"], overdue)
        self.add("agency", T0 + limit + 2, "respond", ref="r2")
        folder = self.publish()
        self.assertEqual(self.of("answers", "recommend", ends=T0 + 60 * DAY, folder=folder),
                         {"made": 1, "in_time": 0, "late": 1, "waiting": 0, "overdue": 0})
        self.assertEqual(self.of("answers", "demand", ends=T0 + 60 * DAY, folder=folder)["overdue"], 1)

    def test_findings_and_what_became_of_them(self):
        for number in range(3):
            self.add("agency", T0 + number, "query", actor="p", dataset="d")
        ids = [json.loads(line)["id"] for line in self.rules().splitlines()[:-1]]
        self.assertEqual(len(ids), 3)
        self.add("committee", T0 + HOUR, "finding", finding=ids[0], state="explained")
        self.add("committee", T0 + HOUR, "finding", finding=ids[1][:16], state="confirmed")
        self.add("committee", T0 + HOUR, "finding", finding=ids[2][:15], state="confirmed")
        self.add("agency", T0 + HOUR, "finding", finding=ids[2], state="confirmed")
        self.add("committee", T0 + 2 * HOUR, "finding", finding=ids[1], state="open")
        self.add("committee", T0 + 2 * HOUR, "finding", finding=ids[0], state="odd")
        rule = self.of("findings", "authority-missing", ends=T0 + 3 * HOUR)
        self.assertEqual(rule, {"found": 3, "explained": 1, "confirmed": 1, "undecided": 2,
                                "undecided_30_days": 2, "undecided_90_days": 0, "undecided_longer": 0,
                                "unsettled": 0})
        for days, where in ((30, "30_days"), (31, "90_days"), (90, "90_days"), (91, "longer")):
            end = T0 + days * DAY + 1
            self.add("agency", end + 1, "view", authority="x")
            row = self.of("findings", "authority-missing", begins=T0 + DAY, ends=end)
            self.assertEqual((row["found"], row["undecided"]), (0, 2))
            # The second was found a millisecond later than the first, the third another one.
            self.assertEqual(row["undecided_" + where], 2, days)
        self.assertEqual(self.of("findings", "authority-unknown", begins=T0, ends=T0 + 60 * DAY)
                         ["unsettled"], 2)

    def rules(self):
        folder = self.publish()
        return lab.run("rules", "--json", "--roster", f"{folder}.roster", folder).out

    def test_what_the_read_checkpoint_shows_is_told(self):
        self.add("agency", T0 + HOUR, "heartbeat")
        folder = self.publish(cosigned=((0, T0 // 1000), (1, T0 // 1000)))
        report = self.recounted(folder, T0, T0 + DAY)
        row = self.rows(report, "findings", "time-disputed")
        self.assertEqual((row["found"], row["unsettled"]), (0, 2))
        report = self.recounted(folder, T0, T0 + HOUR)  # it ends before
        self.assertIsNone(self.rows(report, "findings", "time-disputed"))
        report = self.recounted(folder, T0 + DAY, T0 + 2 * DAY)
        self.assertEqual(self.rows(report, "findings", "time-disputed")["unsettled"], 2)

    def test_how_things_stand_is_told_where_nothing_happened(self):
        self.add("agency", T0, "query", actor="p", authority="x")
        self.add("committee", T0, "demand", ref="r")
        self.add("agency", T0 + HOUR, "heartbeat")
        self.add("agency", T0 + 2 * HOUR, "view", actor="p")
        for begins in (T0 + 10 * DAY, T0 + HOUR + 5):
            report = self.recounted(self.publish(), begins, begins + 1)
            self.assertEqual(len(report["figures"]["systems"]["rows"]), 3)
            self.assertEqual(self.rows(report, "findings", "authority-unknown")["unsettled"], 1)
            self.assertEqual(self.rows(report, "answers", "demand")["waiting"], 1)
            self.assertTrue(any(finding["open"] for finding in report["findings"]))

    def test_silence(self):
        self.add("agency", T0 + 3 * HOUR, "heartbeat")
        self.add("agency", T0 + 5 * HOUR, "heartbeat")
        self.add("committee", T0 + 8 * HOUR, "inspect")
        folder = self.publish()
        key = "ag", "npa", "agency"
        row = self.of("systems", *key, ends=T0 + DAY, folder=folder)
        self.assertEqual((row["silent"], row["longest_silence"]), (5 * HOUR, 3 * HOUR))
        row = self.of("systems", *key, begins=T0 + 2 * HOUR, ends=T0 + 7 * HOUR, folder=folder)
        self.assertEqual((row["silent"], row["longest_silence"]), (3 * HOUR, 3 * HOUR))
        row = self.of("systems", "op", "nco", "operator", begins=T0 + 8 * HOUR, ends=T0 + 9 * HOUR,
                      folder=folder)
        self.assertEqual((row["silent"], row["last_number"]), (0, 1))

    def test_receipts_before_what_they_are_of_and_times_that_run_backwards(self):
        self.add("agency", T0 + HOUR, "receive", ref="r1")
        self.add("agency", T0 + MINUTE, "provide", ref="r1", recipient_kind="foreign", recipient="n")
        self.add("agency", T0 + 2 * HOUR, "receive", ref="r1")
        folder = self.publish()
        row = self.of("provisions", "foreign", ends=T0 + DAY, folder=folder)
        self.assertEqual(row, {"provided": 1, "items": 0, "receipts": 1, "recipients": 1})
        self.assertEqual(self.of("provisions", "", ends=T0 + DAY, folder=folder)["receipts"], 1)
        # It was received, says the ledger, before; it stands behind, and counts there.
        self.assertIsNone(self.of("provisions", "foreign", ends=T0 + HOUR, folder=folder))

    def test_sums_beyond_what_there_is(self):
        for start in range(0, 2100, 300):
            self.ledger.add_records(self.ledger.agency, *[record(
                "erase", T0, count=made.GREATEST) for _ in range(300)], stated=received(T0 + start))
        folder = self.publish()
        row = self.of("volumes", "npa", ends=T0 + DAY, folder=folder)
        self.assertEqual(row["erased"], 2**63 - 1)
        report = self.dir / "greatest.json"
        self.report(folder, T0, T0 + DAY, out=report)
        done = lab.run("report-check", "--roster", f"{folder}.roster", report, folder)
        self.assertEqual(done.status, 0, done.out + done.err)

    def test_the_end_decides_by_now(self):
        """An entry behind the end ends the period, even where a later one is dated into it."""
        self.add("agency", T0 + HOUR, "view", authority="a")
        self.add("agency", T0 + 3 * HOUR, "view", authority="a")
        self.add("agency", T0 + 90 * MINUTE, "view", authority="a")
        folder = self.publish()
        self.assertEqual(self.of("accesses", "npa", "view", "", ends=T0 + 2 * HOUR, folder=folder)
                         ["done"], 1)
        report = self.recounted(folder, T0, T0 + 3 * HOUR + 1)
        self.assertFalse(report["period"]["complete"])
        self.assertEqual(self.rows(report, "accesses", "npa", "view", "")["done"], 3)


class SameBytes(Case):
    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_threads_language_zone_and_source(self):
        folder = self.history("same", "--violate", "all=1", seed=SEED)
        for form in ("json", "html", "csv"):
            whole = self.report(folder, "2025-04", "2025-04", "--lang", "ja", "--threads", 1, form=form)
            self.assertEqual(whole, self.report(folder, "2025-04", "2025-04", "--threads", 2,
                                                "--lang", "ja", form=form), form)
            with unittest.mock.patch.dict(os.environ, LC_ALL="", LANG="ja_JP.UTF-8", TZ="Asia/Tokyo"):
                self.assertEqual(whole, self.report(folder, "2025-04", "2025-04", form=form), form)
            with unittest.mock.patch.dict(os.environ, LC_ALL="C", TZ="America/New_York"):
                self.assertEqual(whole, self.report(folder, "2025-04", "2025-04", "--lang", "ja",
                                                    form=form), form)
        self.assertEqual(self.report(folder, "2025-04", "2025-04", "--lang", "en"),
                         self.report(folder, "2025-04", "2025-04", "--lang", "ja"))

    def test_folder_and_url(self):
        with ledger_lab.lab() as running:
            agency = running.writer("agency.test/a")
            running.init()
            running.start()
            for number in range(5):
                records = [ledger_lab.record(f"{number}", count=number, actor="p", purpose="u")]
                self.assertEqual(running.post(agency.sign(records)).status, 201)
            ledger_lab.wait_until(lambda: running.checkpoint()[0] == 6)
            copy = self.dir / "copy"
            self.assertEqual(lab.run("copy", running.url, copy).status, 0)
            pathlib.Path(f"{copy}.roster").write_bytes((running.folder / "roster0").read_bytes())
            report = self.recounted(copy, "2020", "2100")
            self.assertEqual(self.rows(report, "accesses", "agency", "query", "u")["items"], 10)
            for form in ("json", "html", "csv"):
                self.assertEqual(self.report(copy, "2020", "2100", form=form),
                                 self.report(copy, "2020", "2100", form=form, source=running.url), form)
            running.stop()

    def test_nothing_is_overwritten(self):
        folder = made.published(made.begun(), self.dir / "l")
        out = self.dir / "report"
        first = self.report(folder, "2026", "2026", out=out, status=0)
        again = self.report(folder, "2026-01", "2026-01", out=out, status=64)
        self.assertEqual(first, again)


class Page(html.parser.HTMLParser):
    """What a reader's program makes of a page."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.attributes, self.texts = set(), set(), []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data):
        self.texts.append(data)


class Hostile(Case):
    DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c\ufeff\u0000-\u0008\u000b-\u001f"
                           "\u007f-\u009f]")

    def ledger(self):
        ledger = lab.with_hostile_records()
        at = T0 + 10**6
        for text in (*lab.HOSTILE_IDS, "<script>alert(1)</script>", "</script>", "]]>", "<!--"):
            for fields in (
                    {"action": "query", "purpose": text, "actor": text, "dataset": text, "count": 1,
                     "authority": text, "emergency": True, "retain_until": at},
                    {"action": "provide", "recipient": text, "recipient_kind": text, "ref": text},
                    {"action": "batch.receive", "dataset": text, "count": 5},
                    {"action": "x-" + text, "outcome": "denied"}, {"action": text[:200]}):
                at += 1000
                ledger.add_records(ledger.agency, record(**{"at": at, **fields}), stated=received(at))
            ledger.add_records(
                ledger.committee,
                record("approve", at, approval=text, stream=text, decision="granted", reason=text[:60],
                       purposes=[text], requested_by=text, approved_by=text),
                record("demand", at, ref=text, detail=text[:60]),
                record("incident", at - DAY, detail="\u202e\U0001f600\u2067" + text[:60]),
                record("finding", at, finding=text, rule=text, state=text), stated=received(at))
        ledger.add_records(ledger.agency, record("query", at + 9 * DAY, **{"x-" + "\u202e": "\u2067" * 19000}),
                           stated=received(at))
        return ledger, at

    def test_every_format_and_language(self):
        ledger, at = self.ledger()
        folder = made.published(ledger, self.dir / "hostile")
        report = self.recounted(folder, T0, at + 1)
        for language in ("en", "ja"):
            for form in FORMATS:
                with self.subTest(form=form, language=language):
                    out = self.report(folder, T0, at + 1, "--lang", language, "--findings-max", 10000,
                                      form=form, status=0)
                    getattr(self, "check_" + form)(out)
        for form in FORMATS:
            self.assertTrue(self.report(folder, T0, at + 1, "--lang", "ja", "--era", form=form, status=0))
        self.assertGreater(len(report["figures"]["recipients"]["rows"]), 20)

    def check_html(self, out):
        text = out.decode()
        self.assertIsNone(self.DIRECTION.search(text))
        page = Page(text)
        self.assertLessEqual(page.elements & {"script", "b", "h1", "iframe", "img", "object", "a"},
                             {"script", "h1", "a"})
        for tag in re.findall(r"<script[^>]*>", text):
            self.assertIn("application/json", tag)
        self.assertFalse({name for name in page.attributes if name.startswith("on")})
        self.assertIn("<b>", "".join(page.texts))

    def check_csv(self, out):
        text = out.decode("utf-8-sig")
        self.assertIsNone(self.DIRECTION.search(text.replace("\r\n", "\n")))
        for cell in re.findall(r'(?:^|,)"?([^",\n])', text, re.M):
            self.assertNotIn(cell, "=+@\uff1d\uff0b\uff20\t")

    def check_json(self, out):
        self.assertTrue(json.loads(out)["figures"])

    def check_pdf(self, out):
        self.assertTrue(out.startswith(b"%PDF-"))


if __name__ == "__main__":
    unittest.main()
