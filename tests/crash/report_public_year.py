#!/usr/bin/env python3
"""Years published month by month: random numbers, and a made operation with violations in it."""

import os
import pathlib
import random
import shutil
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))

import history_lab  # noqa: E402
from public_solver import Program  # noqa: E402
from report_public import (ALPHA, BETA, LEAST, MONTHS, Case, Solving, batches, demands,  # noqa: E402
                           emergencies, grants, provisions, queries)

RECORDS, ASKED = 100000, 100
LONG = "KEIIN_LONG" in os.environ


def any_numbers(seed):
    def happen(year):
        die = random.Random(seed)

        def some():
            return die.choice((0, 0, 1, 1, 2, 5, 8, 9, 9, 10, 11, 23))

        for month in range(1, 13):
            happens = [queries(p, some(), some(), a) for p in ("p1", "p2") for a in (ALPHA, BETA)]
            granted, refused = some(), min(some(), 9)
            happens += grants(year, "s1", granted + refused + die.choice((0, 1)), granted, refused)
            made = some()
            happens += demands(year, made, die.randint(0, made))
            made = some()
            happens += provisions(year, "domestic", made, die.randint(0, made))
            begun = some()
            ratified = die.randint(0, begun)
            happens += emergencies(year, begun, ratified, min(begun - ratified, die.randint(0, 2)))
            made = some()
            happens += batches(year, month, made, some(), some(), some() if made else 0,
                               die.randint(0, made))
            year.month(month, [piece for piece in happens if piece[1]])
    return happen


@unittest.skipIf(shutil.which("glpsol") is None, "glpsol is not there")
class Random(Solving):
    def test_any_numbers(self):
        for seed in (1, 2, 3) if LONG else (1,):
            with self.subTest(seed=seed):
                shutil.rmtree(self.dir / "ledger", ignore_errors=True)
                for path in self.dir.glob("*.json"):
                    path.unlink()
                self.solve(any_numbers(seed), 100)


@unittest.skipUnless(LONG, "thirteen reports of 100,000 records: with KEIIN_LONG")
@unittest.skipIf(shutil.which("glpsol") is None, "glpsol is not there")
class History(Case):
    def test_any_small_count_stays_possible(self):
        folder = self.dir / "history"
        history_lab.make(folder, "--records", RECORDS, "--days", 365, "--seed", 7, "--violate",
                         "all", "--answers", self.dir / "answers")
        months = [self.read(folder, month) for month in MONTHS]
        # It begins in April: before there is nothing.
        self.assertEqual(months[2]["figures"]["accesses"]["rows"], [])
        program = Program(months, self.read(folder, "2025"), LEAST, expects=False)
        small = program.shown_as_small()
        self.assertGreater(len(small), 500)
        asked = random.Random(5).sample(small, ASKED)
        for name, ends in program.ranges(asked):
            with self.subTest(name=name):
                self.assertEqual(ends, (1, LEAST - 1))


if __name__ == "__main__":
    unittest.main()
