#!/usr/bin/env python3
"""The generator of histories: what it writes is a ledger that an audit verifies, the same for the
same seed, with every action of the vocabulary in it; its answers name records that are there, and
the rules find exactly these."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.dont_write_bytecode = True

import history_lab as lab  # noqa: E402

SEED = int(os.environ.get("KEIIN_SEED", "1"))
RECORDS = 10000
SEEDS = SEED, SEED + 1
SHORT = bool(os.environ.get("KEIIN_SHORT"))
# Under sanitizers it is made and judged once; what the generator is for is seen without them.
whole = unittest.skipIf(SHORT, "left to the build without sanitizers")


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-history-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def make(self, name, *options, seed=SEED, records=RECORDS):
        self.made = lab.make(self.dir / name, "--records", records, "--seed", seed, *options)
        return self.dir / name

    def audit(self, folder):
        return subprocess.run([lab.VERIFY, "audit", "--roster", f"{folder}.roster", folder],
                              capture_output=True, timeout=300).returncode


@whole
class Lawful(Case):
    def test_an_audit_verifies_it(self):
        folder = self.make("a")
        self.assertEqual(self.audit(folder), 0)
        self.assertEqual(self.made["answers"], 0)
        self.assertLess(abs(self.made["records"] - RECORDS), RECORDS // 20)
        self.assertTrue((folder / "roster" / "2.tlog-proof").is_file())
        # The check can fail: another roster's ledger is not this one.
        other = self.make("b", seed=SEED + 1)
        shutil.copy(f"{other}.roster", f"{folder}.roster")
        self.assertNotEqual(self.audit(folder), 0)

    def test_the_seed_decides_every_byte(self):
        first, again, other = self.make("a"), self.make("b"), self.make("c", seed=SEED + 1)
        self.assertEqual(lab.files(first), lab.files(again))
        for name in ("roster", "keys"):
            self.assertEqual(pathlib.Path(f"{first}.{name}").read_bytes(),
                             pathlib.Path(f"{again}.{name}").read_bytes())
        self.assertNotEqual(lab.files(first), lab.files(other))

    def test_every_action_and_every_office_is_in_it(self):
        folder = self.make("a")
        actions, keys, outcomes, decisions = set(), set(), set(), set()
        erased = 0
        for _, entry, records in lab.stream(folder):
            keys.add(entry.key)
            erased += records.count(None)
            for record in filter(None, records):
                actions.add(record["action"])
                outcomes.add(record.get("outcome"))
                decisions.add(record.get("decision"))
        self.assertEqual({action for action in actions if action[:2] != "x-"}, set(lab.ACTIONS))
        self.assertIn("x-drill", actions)
        self.assertEqual(erased, 1)  # by order of the committee
        # Eight writers, one of them with two keys.
        self.assertEqual(len(keys), 9)
        self.assertLessEqual({"success", "denied"}, outcomes)
        self.assertLessEqual({"requested", "granted", "refused", "extended", "ratified"}, decisions)


@whole
class Seeded(Case):
    def setUp(self):
        super().setUp()
        self.answers = self.dir / "answers"

    def test_answers_of_every_rule_name_records_that_are_there(self):
        folder = self.make("a", "--near", 1, "--violate", "all=8", "--answers",
                           self.answers, records=20000)
        self.assertEqual(self.audit(folder), 0)
        there = {f"{index}.{position}": record for index, _, records in lab.stream(folder)
                 for position, record in enumerate(records)}
        answers = lab.answers(self.answers)
        self.assertEqual({answer["rule"] for answer in answers}, set(lab.RULES))
        self.assertEqual(self.made["answers"], len(answers))
        for answer in answers:
            with self.subTest(answer=answer, seed=SEED):
                self.assertTrue(answer["records"])
                for address in answer["records"]:
                    self.assertIsNotNone(there[address])

    def test_what_is_seeded_is_what_was_asked_for(self):
        self.make("a", "--violate", "raw-access=3", "--answers", self.answers)
        self.assertEqual([answer["rule"] for answer in lab.answers(self.answers)],
                         ["raw-access"] * 3)
        first = self.answers.read_bytes()
        again = self.make("b", "--violate", "raw-access=3", "--answers", self.answers)
        self.assertEqual(self.answers.read_bytes(), first)
        self.assertEqual(lab.files(self.dir / "a"), lab.files(again))


class Judged(Case):
    """The rules, with their defaults, find what was seeded, and nothing else."""

    @whole
    def test_nothing_in_what_is_lawful(self):
        for seed in SEEDS:
            with self.subTest(seed=seed):
                self.assertFalse(lab.findings(self.make(f"a{seed}", seed=seed)))

    @whole
    def test_nothing_in_near_misses(self):
        self.assertFalse(lab.findings(self.make("a", "--near", 4)))

    def test_all_that_was_seeded(self):
        for seed in SEEDS[:1] if SHORT else SEEDS:
            with self.subTest(seed=seed):
                answers = self.dir / f"answers{seed}"
                folder = self.make(f"a{seed}", "--near", 1, "--violate", "all=8", "--answers",
                                   answers, seed=seed, records=20000)
                wanted = lab.wanted(answers)
                self.assertEqual({rule for rule, _ in wanted}, set(lab.RULES))
                self.assertEqual(lab.findings(folder), wanted)


class Usage(Case):
    def test_wrong_words(self):
        for options in (["--records", "5"], ["--records", "x"], ["--violate", "no-such-rule"],
                        ["--violate", "raw-access"], ["--days", "3"], ["--near", "x"],
                        ["--nothing"], []):
            with self.subTest(options=options):
                folder = [str(self.dir / "a")] if options else []
                done = subprocess.run([lab.HISTORY, *options, *folder], capture_output=True,
                                      timeout=60)
                self.assertEqual(done.returncode, 64)
                self.assertIn(b"usage:", done.stderr)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_nothing_is_overwritten(self):
        (self.dir / "a").mkdir()
        done = subprocess.run([lab.HISTORY, "--records", str(RECORDS), str(self.dir / "a")],
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(list((self.dir / "a").iterdir()), [])


if __name__ == "__main__":
    unittest.main()
