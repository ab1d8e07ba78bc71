#!/usr/bin/env python3
"""report-check: a good report is good all ways; every leaf of its JSON that is changed is found with
the ledger at hand, and those that can be without it; so are changed proofs, rosters, checkpoints and
pages; whatever a file holds, there is a verdict."""

import copy
import json
import os
import pathlib
import random
import re
import shutil
import sys
import time
import tempfile
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.dont_write_bytecode = True

import history_lab as lab  # noqa: E402
from recheck_lab import Case, run  # noqa: E402

SEED = int(os.environ.get("KEIIN_SEED", "1"))
PERIOD = ("--from", "2025-04-12", "--to", "2025-04-18")
PUBLIC = ("--profile", "public", "--from", "2025-04", "--to", "2025-04")
BATCH = 30
SHORT = bool(os.environ.get("KEIIN_SHORT"))
# Each leaf of a report is changed with KEIIN_LONG, else one of so many, another part each day.
EVERY = 1 if os.environ.get("KEIIN_LONG") else 15
# What the maker of a report says of the making: told, and not held against anything.
TOLD = (("version",), ("ledger", "roster_trusted"), ("rules", "digest"))
TURN = int(os.environ.get("KEIIN_SEED", time.strftime("%j"))) % EVERY
KEYS = {"records": ["agency"], "systems": ["system", "agency", "role"], "approvals": ["stream"],
        "volumes": ["agency"], "accesses": ["agency", "action", "purpose"],
        "accesses_over_time": ["time", "agency"], "provisions": ["kind"],
        "recipients": ["kind", "recipient"], "emergencies": ["agency"], "retention": ["agency"],
        "incidents": ["agency"], "findings": ["rule"], "acts": ["act"], "answers": ["kind"]}


def leaves(value, path=()):
    """Every leaf as (path, value); an empty object or list is one."""
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from leaves(item, (*path, name))
    elif isinstance(value, list) and value:
        for number, item in enumerate(value):
            yield from leaves(item, (*path, number))
    else:
        yield path, value


def put(report, path, value):
    for step in path[:-1]:
        report = report[step]
    report[path[-1]] = value


def other(value):
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return 1
    if isinstance(value, str):
        if re.fullmatch(r"\d{4}-\d\d-(\d\d)T.*Z", value):
            return value[:8] + f"{int(value[8:10]) % 28 + 1:02}" + value[10:]
        return value[:-1] + ("0" if value[-1:] != "0" else "1")
    return ["x"] if isinstance(value, list) else {"x": 1}


def named(report, path):
    """A path as report-check names it."""
    if path[0] == "figures" and len(path) > 4 and path[2] == "rows":
        row = report["figures"][path[1]]["rows"][path[3]]
        keys = ", ".join(f"{key}={row[key]}" for key in KEYS[path[1]])
        return f"figures.{path[1]}[{keys}]" + ("" if path[4] in KEYS[path[1]] else "." + path[4])
    if path[0] == "findings" and len(path) > 2:
        head = f"findings[id={report['findings'][path[1]]['id']}]"
        path = () if path[2] == "id" else path[2:]
    else:
        head, path = path[0], path[1:]
    return head + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


class Made(Case):
    """Over a history in which every rule finds something."""

    @classmethod
    def setUpClass(cls):
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="keiin-report-check-"))
        cls.addClassCleanup(shutil.rmtree, cls.place)
        cls.ledger = cls.place / "h"
        lab.make(cls.ledger, "--records", 10000, "--seed", SEED, "--violate", "raw-access=12",
                 "--violate", "erase-late=8", "--violate", "denied-burst=6",
                 "--violate", "heartbeat-missing=6", "--answers", cls.place / "answers")
        cls.roster = f"{cls.ledger}.roster"

    def test_good_all_ways(self):
        for form in ("json", "html"):
            for language in ("en", "ja"):
                if SHORT and (form == "json") != (language == "en"):
                    continue
                with self.subTest(form=form, language=language):
                    file = self.report(self.ledger, *PERIOD, "--lang", language, form=form)
                    alone = self.check(file, roster=self.roster, status=0)
                    self.assertTrue(alone["trusted"] and alone["rules_known"])
                    self.assertFalse(alone["recounted"])
                    self.assertGreater(alone["proofs"], 8)
                    self.assertGreater(alone["sums"], 100)
                    for said in ("en", "ja") if form == "html" else ("en",):
                        with_ledger = self.check(file, self.ledger, roster=self.roster, status=0,
                                                 words=("--lang", said))
                        self.assertTrue(with_ledger["recounted"])
                        self.assertGreater(with_ledger["compared"], 500)
        file = self.report(self.ledger, *PERIOD, "--era", "--lang", "ja", form="html")
        self.check(file, self.ledger, roster=self.roster, status=0)
        for form in ("json", "html"):
            file = self.report(self.ledger, *PUBLIC, form=form)
            self.assertTrue(self.check(file, self.ledger, roster=self.roster, status=0)["recounted"])

    def test_what_the_public_is_told(self):
        """Of one month or year, each row once and in its order, and why a number is withheld."""
        report = json.loads(self.report(self.ledger, *PUBLIC).read_text())
        figures = report["figures"]
        several = [name for name in figures if len(figures[name]["rows"]) > 1]
        self.assertGreater(len(several), 4)
        for name in several:
            changed = copy.deepcopy(report)
            changed["figures"][name]["rows"].reverse()
            self.assertEqual(self.codes(changed, roster=self.roster), {"sum"})
        changed = copy.deepcopy(report)
        changed["figures"]["acts"]["rows"].append(figures["acts"]["rows"][-1])
        self.assertEqual(self.codes(changed, roster=self.roster), {"sum"})
        for place, time_ in (("from", "2025-04-02T00:00:00.000Z"), ("from", "2025-06-01T00:00:00.000Z"),
                             ("to", "2025-05-01T00:00:00.001Z"), ("to", "2025-06-01T00:00:00.000Z")):
            changed = copy.deepcopy(report)
            changed["period"][place] = time_
            self.assertEqual(self.codes(changed, roster=self.roster), {"sum"})
        for path, value in leaves(figures):
            if path[-1] in ("why", "withheld"):
                changed = copy.deepcopy(report)
                put(changed["figures"], path, value + "er")
                self.assertEqual(self.codes(changed, roster=self.roster), {"form"})
                break
        for codes, verdict in (([], "findings"), (["fork"], "incomplete"), (["incomplete"], "findings"),
                               (["fork", "fork"], "findings"), (["incomplete", "fork"], "findings")):
            changed = copy.deepcopy(report)
            changed["ledger"].update(audit_findings=codes, verdict=verdict)
            self.assertIn("sum", self.codes(changed, roster=self.roster))

    def test_data_that_a_browser_shows_as_a_page(self):
        """A report in JSON has no tag in it, whatever records say; one that has is none."""
        report = json.loads(self.report(self.ledger, *PERIOD).read_text())
        lie = "<!DOCTYPE html><style>body{font-size:0}h1{font-size:40px}</style><h1>Nothing was found</h1><!--"
        for place in ({"version": lie}, {"evidence": {**report["evidence"], "rosters_lacking": lie}}):
            text = json.dumps({**place, **{name: value for name, value in report.items()
                                           if name not in place}})
            self.assertEqual(self.codes(text.encode(), roster=self.roster), {"form"})
        done = run("report-check", self.report(self.ledger, *PERIOD), roster=self.roster)
        self.assertIn("It is data without a page", done.stdout.decode())
        done = run("report-check", self.report(self.ledger, *PERIOD, form="html"), roster=self.roster)
        self.assertIn("The page shows what its data say.", done.stdout.decode())
        self.assertIn("Neither its numbers nor its findings were held", done.stdout.decode())

    def test_words_in_both_languages(self):
        good = self.report(self.ledger, *PERIOD)
        bad = json.loads(good.read_text())
        bad["figures"]["accesses"]["rows"][0]["done"] += 1
        (self.dir / "bad").write_text(json.dumps(bad))
        for language, verdicts, differs in (
                ("en", (": GOOD: all of it follows from the ledger", ": NOT GOOD",
                        ": GOOD in itself: its signatures, proofs and sums hold; "
                        "the ledger was not asked"), "the ledger says otherwise"),
                ("ja", ("：適正（すべて台帳のとおりです）", "：不適正",
                        "：適正（署名、証明、合計に食い違いはありません。台帳とは照らしていません）"),
                 "台帳と一致しません")):
            for words, verdict in zip(((good, self.ledger), (self.dir / "bad", self.ledger), (good,)),
                                      verdicts):
                done = run("report-check", "--lang", language, *words, roster=self.roster)
                said = done.stdout.decode()
                self.assertIn(f"{words[0].name}{verdict}\n", said)
                self.assertEqual(differs in said, words[0].name == "bad")

    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_every_leaf(self):
        """Each leaf alone without the ledger; all that the file alone does not end with it, each told
        by its own path."""
        report = json.loads(self.report(self.ledger, *PERIOD, "--findings-max", 1).read_text())
        self.assertGreater(report["findings_not_listed"], 0)
        offline, numbers, told, left = 0, [0, 0], [], []
        total = 0
        for place, (path, value) in enumerate(leaves(report)):
            if path[0] == "evidence" and path[1] != "proofs":
                continue  # their bits are flipped below
            if place % EVERY != TURN and path not in TOLD:
                continue
            changed = copy.deepcopy(report)
            put(changed, path, other(value))
            codes = self.codes(changed, roster=self.roster)
            number = isinstance(value, int) and not isinstance(value, bool)
            total += 1
            offline += bool(codes)
            numbers[0] += number
            numbers[1] += number and bool(codes)
            if path[0] == "evidence":
                self.assertTrue(codes, path)
            elif not codes & {"form", "rosters", "checkpoint"}:
                (told if path in TOLD else left).append((path, value))
        alone = [item for item in left if item[0][0] in ("period", "findings_max", "rules")]
        batched = [item for item in left if item not in alone]
        alone = alone if EVERY == 1 else alone[::3]
        random.Random(SEED).shuffle(batched)
        for start in range(0, len(batched), BATCH):
            self.batch(report, batched[start:start + BATCH])
        sample = random.Random(SEED).sample(batched, 10 if EVERY == 1 else min(len(batched), 3))
        for path, value in alone + sample:
            with self.subTest(path=path):
                changed = copy.deepcopy(report)
                put(changed, path, other(value))
                self.check(changed, self.ledger, roster=self.roster, status=1)
        self.not_numbers(report, told)
        print(f"report_check: {total} leaves, {offline} found without the ledger, all with it; "
              f"of {numbers[0]} numbers {numbers[1]} without", file=sys.stderr)
        self.assertGreater(numbers[0], 200 // EVERY)
        self.assertGreater(numbers[1] * 2, numbers[0])

    def batch(self, report, items):
        """Changes in leaves of different rows and findings: each is told of by its path."""
        changed, rows, put_ones, later = copy.deepcopy(report), set(), [], []
        for path, value in items:
            # A changed key hides what else is changed in its row.
            row = path[:4] if path[0] == "figures" and path[2] == "rows" else path[:2]
            if row in rows and path[0] in ("figures", "findings"):
                later.append((path, value))
                continue
            rows.add(row)
            put(changed, path, other(value))
            put_ones.append(path)
        said = self.check(changed, self.ledger, roster=self.roster, status=1)
        where = {problem["where"] for problem in said["problems"] if problem["code"] == "differs"}
        self.assertTrue(said["recounted"])
        for path in put_ones:
            name = named(report, path)
            self.assertTrue(any(w == name or w.startswith((name + "[", name + "."))
                                for w in where), (name, sorted(where)))
        if later:
            self.batch(report, later)

    def not_numbers(self, report, told):
        """What the ledger does not decide is told of all the same."""
        self.assertEqual({path[-1] for path, _ in told}, {"version", "roster_trusted", "digest"})
        for path, value in told:
            changed = copy.deepcopy(report)
            put(changed, path, other(value))
            said = self.check(changed, self.ledger, roster=self.roster)
            if path[-1] == "digest":
                self.assertEqual((said["verdict"], said["open"]), ("open", ["rules"]))
            else:
                self.assertTrue(said["other_version" if path[-1] == "version" else "other_trust"])

    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_rows_and_findings_that_go_or_come(self):
        report = json.loads(self.report(self.ledger, *PERIOD).read_text())
        changes = [
            lambda r: r["figures"]["systems"]["rows"].pop(),
            lambda r: r["figures"]["systems"]["rows"].append(r["figures"]["systems"]["rows"][0]),
            lambda r: r["findings"].pop(),
            lambda r: r["findings"].append(r["findings"][0]),
            lambda r: r["evidence"]["proofs"].pop(),
            lambda r: r["evidence"]["proofs"].reverse(),
            lambda r: r["evidence"]["rosters"].pop(),
            lambda r: r["evidence"]["rosters"].append(r["evidence"]["rosters"][-1]),
            lambda r: r.update(findings=[]),
            lambda r: r["ledger"]["witnesses"].append({"name": "w", "at": r["period"]["from"]}),
            lambda r: r.update(more=1),
            lambda r: r["ledger"].update(more=1),
            lambda r: r.pop("rules"),
            lambda r: r["figures"].pop("acts"),
        ]
        for number, change in enumerate(changes):
            with self.subTest(number=number):
                changed = copy.deepcopy(report)
                change(changed)
                self.assertNotIn("differs", self.codes(changed, roster=self.roster, status=1)
                                 if number else self.codes(changed, roster=self.roster))
                if number % 3 == TURN % 3 or EVERY == 1:
                    self.check(changed, self.ledger, roster=self.roster, status=1)
        report["findings"].reverse()
        said = self.check(report, self.ledger, roster=self.roster, status=1)
        self.assertEqual({problem["code"] for problem in said["problems"]}, {"differs"})

    def test_every_proof_roster_and_checkpoint_with_a_bit_flipped(self):
        report = json.loads(self.report(self.ledger, *PERIOD).read_text())
        dice, evidence = random.Random(SEED), report["evidence"]
        places = [(("evidence", "checkpoint"), evidence["checkpoint"])] * 20
        places += [(("evidence", "rosters", n), text) for n, text in enumerate(evidence["rosters"])] * 10
        places += [(("evidence", "proofs", n, "proof"), item["proof"])
                   for n, item in enumerate(evidence["proofs"])]
        for path, text in places:
            at = dice.randrange(len(text))
            # Never to a control character, which is another fault than the one that is meant.
            flipped = text[:at] + chr(ord(text[at]) ^ 1 if ord(text[at]) < 128 else 0x2013) + text[at + 1:]
            with self.subTest(path=path, at=at):
                changed = copy.deepcopy(report)
                put(changed, path, flipped)
                said = self.check(changed, roster=self.roster)
                # A line of a key that nobody knows is passed over: its name may be anything.
                if said["verdict"] != "bad":
                    line = text[:at].count("\n")
                    self.assertTrue(text.split("\n")[line].startswith("— "), text)

    def test_pages_that_show_something_else(self):
        for language in ("en", "ja"):
            page = self.report(self.ledger, *PERIOD, "--lang", language, form="html").read_text()
            shown = [m.start(1) for m in re.finditer(r"<td[^>]*>(\d+)</td>", page)]
            self.assertGreater(len(shown), 100)
            for at in random.Random(SEED).sample(shown, 20) + [page.index("</title>") - 1]:
                changed = page[:at] + other_digit(page[at]) + page[at + 1:]
                self.assertEqual(self.codes(changed.encode(), roster=self.roster), {"page"})
            data = page.index('id="keiin-report"')
            at = data + page[data:].index('"done":') + len('"done":')
            changed = page[:at] + other_digit(page[at]) + page[at + 1:]
            codes = self.codes(changed.encode(), roster=self.roster)
            self.assertLessEqual({"page", "sum"}, codes)
        for changed in (page.replace("</body>", "<script>alert(1)</script></body>"),
                        page.replace("<title>", "<title>x"), page[:-1], page + " ",
                        page.replace('lang="ja"', 'lang="en"')):
            self.assertLessEqual(self.codes(changed.encode(), roster=self.roster, status=1),
                                 {"page", "form"})
        # Another version's page that is made alike shows what its data say.
        said = self.check(page.replace("0.1.0", "0.1.1").encode(), roster=self.roster, status=0)
        self.assertTrue(said["other_version"])
        # One that is not cannot be made again: that is said.
        changed = page.replace('"version":"', '"version":"9', 1)
        said = self.check(changed.encode(), roster=self.roster, status=2)
        self.assertEqual(said["open"], ["page"])

    def test_what_is_no_report(self):
        good = self.report(self.ledger, *PERIOD).read_bytes()
        report = json.loads(good)
        dice = random.Random(SEED)
        files = [b"", b" ", b"{}", b"[]", b"null", b"1", b"\xff\xfe", b"<", b"<html></html>", b"[" * 100000,
                 b'{"a":' * 100000, b"[" + b"{}," * (9 << 20), b'{"format":"keiin-report/v1"}', good[:-3], good + b"x",
                 b"\xef\xbb\xbf" + good, good.replace(b'"size"', b'"size": 1, "size"', 1),
                 good.replace(b'"committee"', b'"commit\xffee"', 1),
                 good.replace(b'"committee"', b'"commit\\u0000ee"', 1),
                 good.replace(b'"committee"', b'"\\ud800"', 1),
                 good.replace(b'"size": ', b'"size": 1', 1).replace(b'"size": 1', b'"size": 1.5e', 1),
                 re.sub(rb'"size": \d+', b'"size": 1e400', good, count=1),
                 re.sub(rb'"size": \d+', b'"size": 1.0', good, count=1),
                 re.sub(rb'"size": \d+', b'"size": 99999999999999999999', good, count=1),
                 re.sub(rb'"size": \d+', b'"size": -1', good, count=1)]
        files += [good[:dice.randrange(len(good))] for _ in range(30 if EVERY == 1 else 4)]
        for number, data in enumerate(files):
            with self.subTest(data=data[:40], length=len(data)):
                self.assertEqual(self.codes(data, roster=self.roster, status=1), {"form"})
                if number % 4 == 0 and not SHORT:
                    self.check(data, self.ledger, roster=self.roster, status=1)
        huge = self.dir / "huge"
        with huge.open("wb") as file:
            file.truncate((256 << 20) + 1)
        self.assertEqual(run("report-check", huge, roster=self.roster).returncode, 2)
        self.assertEqual(run("report-check", self.dir / "absent", roster=self.roster).returncode, 2)
        for words in ([], ["a", "b", "c"], ["--nothing", "a"], ["--rules", self.dir / "absent", "a"]):
            self.assertEqual(run("report-check", *words, roster=self.roster).returncode, 64)
        # Any member of any other type.
        for path, _ in dice.sample(list(leaves(report)), 40 if EVERY == 1 else 6):
            for value in ({}, [], 1.5, "\u202e", -1, None, True, [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]):
                changed = copy.deepcopy(report)
                put(changed, path, value)
                self.check(changed, self.ledger, roster=self.roster)

    def test_the_seeds_of_the_fuzz_target_are_reports(self):
        corpus = SRC / "tests" / "fuzz" / "corpus" / "recheck"
        for name in ("good.json", "no-rosters.json"):
            said = self.check(corpus / name)
            self.assertNotIn("form", {problem["code"] for problem in said["problems"]})
            self.assertGreater(said["sums"], 10)

    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_rosters_in_hand(self):
        file = self.report(self.ledger, *PERIOD)
        self.assertEqual(self.check(file, status=2)["open"], ["roster"])
        self.assertIn(b"compare the ledger id in person", run("report-check", file).stdout)
        self.assertTrue(self.check(file, self.ledger, status=2)["recounted"])
        for serial in (0, 1, 2):
            said = self.check(file, self.ledger, roster=self.ledger / "roster" / str(serial), status=0)
            self.assertTrue(said["trusted"])
            self.assertEqual(said["other_trust"], serial != 0)
        other_ledger = self.dir / "o"
        lab.make(other_ledger, "--records", 10000, "--seed", SEED + 1)
        self.assertIn("rosters", self.codes(file, roster=f"{other_ledger}.roster", status=1))
        self.assertIn("rosters", self.codes(self.report(other_ledger, *PERIOD), self.ledger,
                                            roster=self.roster, status=1))
        # Its own roster, and the ledger of another.
        self.assertEqual(self.codes(self.report(other_ledger, *PERIOD), self.ledger,
                                    roster=f"{other_ledger}.roster", status=1), {"differs"})

    def test_another_history_by_the_same_keys(self):
        """Who holds all keys makes another history: its report holds alone, not with the ledger."""
        again = self.dir / "again"
        lab.make(again, "--records", 10000, "--seed", SEED)
        file = self.report(again, *PERIOD)
        keys = pathlib.Path(f"{again}.keys").read_bytes()
        self.assertEqual(keys, pathlib.Path(f"{self.ledger}.keys").read_bytes())
        if pathlib.Path(f"{again}.roster").read_bytes() != pathlib.Path(self.roster).read_bytes():
            self.assertIn("rosters", self.codes(file, roster=self.roster, status=1))

    def test_rules_files(self):
        rules = self.dir / "rules.ini"
        rules.write_text("[reports]\nzone = +09:00\n[heartbeat-missing]\nlimit = 2 h\n")
        file = self.report(self.ledger, *PERIOD, "--rules", rules)
        self.assertFalse(self.check(file, roster=self.roster, status=0)["rules_known"])
        done = run("report-check", file, roster=self.roster)
        self.assertIn("It was made with another rules file than the one in hand", done.stdout.decode())
        self.assertEqual(self.check(file, self.ledger, roster=self.roster, status=2)["open"], ["rules"])
        said = self.check(file, self.ledger, roster=self.roster, words=("--rules", rules), status=0)
        self.assertTrue(said["recounted"] and said["rules_known"])
        report = json.loads(file.read_text())
        for path, value in leaves(report["rules"]):
            if path != ("digest",):
                changed = copy.deepcopy(report)
                put(changed["rules"], path, other(value))
                self.assertIn("stated", self.codes(changed, roster=self.roster,
                                                   words=("--rules", rules), status=1))


def other_digit(digit):
    return "0" if digit == "9" else chr(ord(digit) + 1)


if __name__ == "__main__":
    unittest.main()
