#!/usr/bin/env python3
"""The rules with a state: however a ledger's growth is cut into runs, they find the same in the same
order; and a state that does not serve is never used, so that nothing is missed."""

import os
import pathlib
import shutil
import sys
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.dont_write_bytecode = True

import rules_lab as lab  # noqa: E402

SEED = int(os.environ.get("KEIIN_SEED", "1"))
# Within a bundle, at its end, behind it, and twice the same.
SIZES = (1, 300, 2560, 2561, 2561, 3800)


class Case(lab.Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        whole = cls.history("whole", "--near", 1, "--violate", "all=2", seed=SEED)
        cls.key = lab.log_key(cls.shared, SEED)
        cls.all = lab.cut(whole, cls.shared / "all", 5000, cls.key)
        cls.cuts = {}
        cls.whole = lab.rules(cls.all)
        cls.size = cls.whole.verdict["size"]
        cls.cuts[cls.size] = cls.all

    def at(self, size):
        """The ledger when it had `size` entries."""
        if size not in self.cuts:
            self.cuts[size] = lab.cut(self.all, self.shared / f"at-{size}", size, self.key)
        return self.cuts[size]

    def setUp(self):
        super().setUp()
        self.state = self.dir / "state"

    def step(self, size, *options):
        return lab.rules(self.at(size), "--state", self.state, *options)

    def kept(self, size):
        return self.state / f"rules-{size}"

    def states(self):
        return sorted(path.name for path in self.state.iterdir() if path.name != "lock")

    def assert_all_again(self, done, whole=None):
        whole = whole or self.whole
        self.assertEqual(done.findings, whole.findings)
        self.assertEqual(done.verdict["findings_before"], 0)
        self.assertEqual(done.status, whole.status)

    def assert_only_new(self, done, before):
        """`before`: what was found in the runs before."""
        self.assertEqual(before + done.closed, self.whole.closed)
        self.assertEqual(done.open, self.whole.open)
        self.assertEqual(done.verdict["findings_before"], len(before))


class Growing(Case):
    def test_steps_find_what_one_run_finds_in_the_same_order(self):
        told, opened = [], 0
        for size in (*SIZES, self.size):
            done = self.step(size)
            with self.subTest(size=size):
                fresh = lab.rules(self.at(size))
                self.assertEqual(done.verdict["findings_before"], len(told))
                told += done.closed
                opened += len(done.open)
                self.assertEqual(told, fresh.closed)
                self.assertEqual(done.open, fresh.open)
                self.assertEqual(done.findings, done.closed + done.open)
                for name in ("records", "entries", "not_judged", "last_received"):
                    self.assertEqual(done.verdict[name], fresh.verdict[name], name)
                self.assertEqual(done.status, 1 if done.findings else 0)
                self.assertEqual(self.states(), [f"rules-{size}", "state.json"])
        self.assertEqual(told, self.whole.closed)
        self.assertGreater(len(told), 20)
        self.assertGreater(opened, 0, "no cut has anything open: it shows nothing about that")

    def test_nothing_new(self):
        self.step(self.size)
        again = self.step(self.size)
        self.assertEqual(again.closed, [])
        self.assertEqual(again.verdict["findings_before"], len(self.whole.closed))
        said = self.step(self.size, "--text")
        self.assertTrue(said.out.startswith("NO NEW FINDINGS" if not self.whole.open else "FIND"))
        self.assertRegex(said.out, rf"{len(self.whole.closed)}\sfindings up to")

    def test_a_rolled_back_ledger_is_still_found(self):
        self.step(self.size)
        done = self.step(2700)
        self.assertEqual(done.status, 1)
        self.assertEqual(done.verdict["audit"], "findings")
        audit = lab.run("audit", "--json", "--roster", f"{self.all}.roster", "--state", self.state,
                        self.at(2700))
        self.assertIn("rollback", [finding["code"] for finding in audit.lines[0]["findings"]])
        # And nothing of what was remembered is lost by it.
        again = self.step(self.size)
        self.assertEqual(again.closed, [])
        self.assertEqual(again.verdict["findings_before"], len(self.whole.closed))


class Unfit(Case):
    """A state that was not kept by the last run of the rules."""

    def setUp(self):
        super().setUp()
        self.before = self.step(2700).closed
        self.assertTrue(self.before)

    def test_other_limits(self):
        limits = self.write("[denied-burst]\nuse = no\n")
        done = self.step(self.size, "--rules", limits)
        self.assertIn("other limits", done.err)
        self.assert_all_again(done, lab.rules(self.all, "--rules", limits))
        self.assertNotEqual(done.verdict["limits"], self.whole.verdict["limits"])
        # The same limits in other bytes are another file.
        self.assert_all_again(self.step(self.size, "--rules", self.write("# none\n")),
                              lab.rules(self.all, "--rules", self.dir / "rules.ini"))

    def test_missing(self):
        self.kept(2700).unlink()
        self.assert_all_again(self.step(self.size))
        self.assertEqual(self.states(), [f"rules-{self.size}", "state.json"])

    def test_damaged(self):
        good = self.kept(2700).read_bytes()
        state = (self.state / "state.json").read_bytes()
        spoiled = [bytes([*good[:at], good[at] ^ 1, *good[at + 1:]])
                   for at in (7, 39, 40, len(good) - 1)]
        for number, bad in enumerate([*spoiled, b"", good + b"\0"]):
            with self.subTest(number=number):
                for path in self.state.glob("rules-*"):
                    path.unlink()
                self.kept(2700).write_bytes(bad)
                (self.state / "state.json").write_bytes(state)
                done = self.step(self.size)
                self.assertIn("judged again", done.err)
                self.assert_all_again(done)

    def test_older_under_the_name_of_the_newer(self):
        older = self.kept(2700).read_bytes()
        self.step(3900)
        self.kept(3900).write_bytes(older)
        done = self.step(self.size)
        self.assertIn("judged again", done.err)
        self.assert_all_again(done)

    def test_of_another_ledger(self):
        other = self.history("other", "--violate", "all=1", seed=SEED + 1)
        key = lab.log_key(self.dir, SEED + 1)
        other = lab.cut(other, self.dir / "other", 2700, key)
        lab.rules(other, "--state", self.dir / "its-state")
        shutil.copy(self.dir / "its-state" / "rules-2700", self.kept(2700))
        done = self.step(self.size)
        self.assertIn("judged again", done.err)
        self.assert_all_again(done)

    def test_killed_before_the_verdict_was_written(self):
        verdict, rules = (self.state / "state.json").read_bytes(), self.kept(2700).read_bytes()
        first = self.step(3900)
        # Killed between the two files: both of the rules' are there, and the verdict is the old one.
        (self.state / "state.json").write_bytes(verdict)
        self.kept(2700).write_bytes(rules)
        again = self.step(3900)
        self.assertEqual(again.findings, first.findings)
        (self.state / "state.json").write_bytes(verdict)
        self.kept(2700).write_bytes(rules)
        self.assert_only_new(self.step(self.size), self.before)
        self.assertEqual(self.states(), [f"rules-{self.size}", "state.json"])

    def test_an_old_verdict_alone(self):
        verdict = (self.state / "state.json").read_bytes()
        self.step(3900)
        (self.state / "state.json").write_bytes(verdict)
        self.assert_all_again(self.step(self.size))

    def test_an_audit_went_on_without_the_rules(self):
        audit = lab.run("audit", "--roster", f"{self.all}.roster", "--state", self.state,
                        self.at(3900))
        self.assertEqual(audit.status, 0, audit.err)
        self.assert_all_again(self.step(self.size))

    def test_of_another_ledger_altogether(self):
        other = self.history("third", seed=SEED + 2)
        done = lab.rules(other, "--state", self.state)
        self.assertEqual(done.status, 64)
        self.assertEqual(done.out, "")
        self.assert_only_new(self.step(self.size), self.before)


if __name__ == "__main__":
    unittest.main()
