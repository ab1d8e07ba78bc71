#!/usr/bin/env python3
"""Audits every forged ledger with keiin-verify and with the reference implementation.

A case names exactly the findings that an audit has, in their order; both programs must
report these, keiin-verify with one thread and with two (under sanitizers: keiin-verify, with two). Cases with a state folder are for
keiin-verify alone, which then must also say what it says without one.
    forge.py            every case
    forge.py WORD...    the groups or cases whose name contains a WORD, with _ for a blank
"""

import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "forge"))
import audits
import cases_checkpoint
import cases_entries
import cases_files
import cases_records
import cases_rosters
import cases_state
import cases_trust
import property_ledger
from case import StateCase

SUBJECTS = (
    cases_records,
    cases_entries,
    cases_rosters,
    cases_checkpoint,
    cases_files,
    cases_trust,
    cases_state,
)
SHORT = bool(os.environ.get("KEIIN_SHORT"))  # under sanitizers, which do not watch the reference
THREADS = (2,) if SHORT else (1, 2)
# What a verdict with a state folder says as one without does.
SAME_FIELDS = ("verdict", "size", "records", "root", "last_received", "vouched_at", "roster")


class Run:
    def __init__(self, folder):
        self.folder = folder
        self.failed = 0
        self.audits = 0

    def path(self, name):
        return os.path.join(self.folder, name)

    def equal(self, what, got, wanted):
        if got == wanted:
            return True
        print("  %s\n    got    %s\n    wanted %s" % (what, got, wanted))
        return False

    def is_verdict_right(self, what, verdict, expected, says):
        self.audits += 1
        if isinstance(verdict, str) and isinstance(expected, str):
            return self.equal(what, verdict[: len(expected)], expected)
        if isinstance(verdict, str):
            print("  %s: no verdict: %s" % (what, verdict.strip()))
            return False
        is_right = self.equal(what, audits.findings(verdict), expected)
        for field, wanted in says.items():
            is_right &= self.equal("%s, %s" % (what, field), verdict.get(field), wanted)
        return is_right

    def is_case_right(self, case):
        publication = case.make()
        ledger = self.path("ledger")
        publication.write(ledger)
        is_right = True
        for threads in THREADS:
            options = (*case.options, "--threads", str(threads))
            verdict = audits.by_verify(ledger, publication.trusted, options)
            what = "%s, %d threads" % (case.name, threads)
            is_right &= self.is_verdict_right(what, verdict, case.expected, case.says)
        if SHORT:
            return is_right
        verdict = audits.by_reference(ledger, publication.trusted, case.options)
        what = case.name + ", reference"
        return is_right & self.is_verdict_right(what, verdict, case.expected, case.says)

    def is_state_case_right(self, case):
        is_right = True
        steps = case.make_steps()
        for threads in THREADS:
            state = self.path("state")
            shutil.rmtree(state, ignore_errors=True)
            for number, step in enumerate(steps):
                what = "%s, run %d, %d threads" % (case.name, number + 1, threads)
                is_right &= self.is_step_right(what, step, state, threads)
        return is_right

    def is_step_right(self, what, step, state, threads):
        ledger = self.path("ledger")
        step.publication.write(ledger)
        trusted = step.publication.trusted
        options = (*step.options, "--threads", str(threads))
        verdict = audits.by_verify(ledger, trusted, (*options, "--state", state))
        is_right = self.is_verdict_right(what, verdict, step.expected, step.says)
        if step.is_as_whole and not isinstance(verdict, str):
            whole = audits.by_verify(ledger, trusted, options)
            is_right &= self.is_verdict_right(what + ", no state", whole, step.expected, {})
            for field in SAME_FIELDS:
                is_right &= self.equal("%s: %s" % (what, field), verdict[field], whole[field])
        if step.conflicts_kept is None:
            return is_right
        kept = [name for name in os.listdir(state) if name.startswith("conflicting-")]
        return is_right & self.equal(what + ": evidence", len(kept), step.conflicts_kept)

    def check_property_ledger(self):
        """The committed ledger that test_bits.c changes is the one that the forge makes."""
        is_same = property_ledger.is_same()
        self.failed += not is_same
        print("%s property: the ledger there is that of the forge" % ("FAIL", "PASS")[is_same])

    def run(self, group, words):
        chosen = [
            case
            for case in group.cases
            if not words or any(word in group.subject + " " + case.name for word in words)
        ]
        wrong = 0
        for case in chosen:
            is_state = isinstance(case, StateCase)
            is_right = self.is_state_case_right(case) if is_state else self.is_case_right(case)
            if not is_right:
                wrong += 1
                print("  failed: %s: %s: %s" % (group.subject, case.name, case.what))
        self.failed += wrong
        if chosen:
            result = "FAIL" if wrong else "PASS"
            print("%s %s: %d cases, %d wrong" % (result, group.subject, len(chosen), wrong))
        return len(chosen)


def main(words):
    folder = tempfile.mkdtemp(prefix="keiin-forge-", dir=audits.memory_folder())
    try:
        run = Run(folder)
        words = [word.replace("_", " ") for word in words]
        count = sum(run.run(subject.group, words) for subject in SUBJECTS)
        run.check_property_ledger()
    finally:
        shutil.rmtree(folder)
    print("forge: %d cases, %d audits, %d cases failed" % (count, run.audits, run.failed))
    return 1 if run.failed or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
