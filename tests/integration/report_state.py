#!/usr/bin/env python3
"""A report with --state takes over the signatures that the last verdict verified, and no others."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "tools"))
import rules_lab  # noqa: E402
from rules_lab import BIN, Case, log_key  # noqa: E402

SEED = 3
LONG = "KEIIN_LONG" in os.environ
SHORT = "KEIIN_SHORT" in os.environ  # under sanitizers, where each audit takes long


class ReportState(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.good = cls.history("good", "--days", 40, seed=SEED)
        cls.keys = cls.shared / "keys"
        cls.keys.mkdir()
        log_key(cls.keys, SEED)
        cls.size = int((cls.good / "checkpoint").read_text().splitlines()[1])
        cls.bad = None if SHORT else cls.damaged(cls.size // 2)

    def report(self, folder, *options, status=0):
        out = self.dir / f"report-{len(list(self.dir.iterdir()))}.json"
        done = subprocess.run(
            [BIN / "keiin-verify", "report", "--roster", f"{self.good}.roster", "--from",
             "2025-04-01", "--to", "2025-04-30", "--format", "json", "--out", out, *options,
             folder], capture_output=True, timeout=600)
        self.assertEqual(done.returncode, status, done)
        return json.loads(out.read_bytes())

    def audit(self, folder, state):
        return subprocess.run(
            [BIN / "keiin-verify", "audit", "--roster", f"{self.good}.roster", "--state", state,
             folder], capture_output=True, timeout=600).returncode

    def state_of(self, folder, status=0):
        state = self.dir / "state"
        self.assertEqual(self.audit(folder, state), status)
        return state

    @classmethod
    def damaged(cls, entry):
        """A copy with a writer's signature spoiled, and the tree over it signed again."""
        out = cls.shared / f"spoiled-{entry}"
        done = subprocess.run(
            [sys.executable, TESTS / "forge" / "damage.py", "--sound", "--keys",
             cls.keys, "--where", str(entry), "signature-spoiled", cls.good, out], capture_output=True, timeout=600)
        assert done.returncode == 0, done
        return out

    def test_the_same_with_and_without_it(self):
        state = self.state_of(self.good)
        self.assertEqual(self.report(self.good), self.report(self.good, "--state", state))

    @unittest.skipUnless(LONG, "KEIIN_LONG")
    def test_it_remembers_a_verdict_itself(self):
        state = self.dir / "state"
        first = self.report(self.good, "--state", state)
        known = json.loads((state / "state.json").read_text())["position"]["size"]
        self.assertEqual(known, self.size)
        self.assertEqual(first, self.report(self.good, "--state", state))

    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_a_signature_that_was_spoiled_since_is_found(self):
        """The operator spoils a signature below what was verified, and signs the tree again."""
        state = self.state_of(self.good)
        plain = self.report(self.bad)
        known = self.report(self.bad, "--state", state)
        self.assertEqual(plain["ledger"]["audit_findings"]["writer-signature"], 1)
        self.assertEqual(known["ledger"]["audit_findings"]["writer-signature"], 1)
        self.assertIn("fork", known["ledger"]["audit_findings"])
        self.assertEqual(plain["figures"], known["figures"])

    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_a_signature_behind_what_was_verified_is_verified(self):
        shorter = rules_lab.cut(self.good, self.dir / "shorter", self.size - 600,
                                self.keys / f"log-key-{SEED}")
        state = self.state_of(shorter)
        late = self.damaged(self.size - 300)
        known = self.report(late, "--state", state)
        plain = self.report(late)
        self.assertEqual(plain["ledger"]["audit_findings"]["writer-signature"], 1)
        self.assertEqual(known["ledger"]["audit_findings"]["writer-signature"], 1)
        self.assertEqual(known["figures"], plain["figures"])

    @unittest.skipUnless(LONG, "KEIIN_LONG")
    def test_a_ledger_that_had_findings_is_verified_again(self):
        state = self.state_of(self.bad, status=1)
        self.assertEqual(self.report(self.bad), self.report(self.bad, "--state", state))

    @unittest.skipIf(SHORT, "left to the build without sanitizers")
    def test_a_ledger_shorter_than_what_was_verified(self):
        """A rollback: nothing of it counts as verified, though it says so."""
        state = self.state_of(self.good)
        shorter = rules_lab_cut(self.bad, self.dir / "shorter", self.size - 600,
                                self.keys / f"log-key-{SEED}", f"{self.good}.roster")
        known = self.report(shorter, "--state", state)
        self.assertEqual(known["ledger"]["audit_findings"]["writer-signature"], 1)
        self.assertIn("rollback", known["ledger"]["audit_findings"])


def rules_lab_cut(folder, out, size, key, roster):
    shutil.copy(roster, f"{folder}.roster")
    return rules_lab.cut(folder, out, size, key)


if __name__ == "__main__":
    unittest.main()
