#!/usr/bin/env python3
"""Makes histories from seeds, with near misses and violations, runs the rules over each and holds
what they found against the answers:

    KEIIN_BIN=build tests/history/judge.py [--records N] [--seeds A-B] [--near N] [--violate N]

Prints a JSON object a seed, and the first differences. Exit status 0, or 1 when the rules missed
something or found what nobody seeded."""

import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.dont_write_bytecode = True

import history_lab as lab  # noqa: E402

SHOWN = 5


def judge(folder, seed, options):
    answers = pathlib.Path(f"{folder}.answers")
    start = time.monotonic()
    made = lab.make(folder, "--records", options.records, "--seed", seed, "--near", options.near,
                    "--violate", f"all={options.violate}", "--answers", answers)
    made_s = time.monotonic() - start
    found = lab.findings(folder)
    wanted = lab.wanted(answers)
    missed, alarms = wanted - found, found - wanted
    print(json.dumps({
        "seed": seed, "records": made["records"], "entries": made["entries"],
        "seeded": wanted.total(), "found": found.total(), "missed": missed.total(),
        "false_alarms": alarms.total(), "made_s": round(made_s, 1),
        "judged_s": round(time.monotonic() - start - made_s, 1)}), flush=True)
    for word, some in (("missed", missed), ("false alarm", alarms)):
        for rule, address in sorted(some)[:SHOWN]:
            print(f"  {word}: {rule} at {address}", flush=True)
    return not missed and not alarms


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1000000)
    parser.add_argument("--seeds", default="1-10")
    parser.add_argument("--near", type=int, default=10)
    parser.add_argument("--violate", type=int, default=40)
    options = parser.parse_args()
    first, _, last = options.seeds.partition("-")
    good = True
    for seed in range(int(first), int(last or first) + 1):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="keiin-judge-"))
        try:
            good = judge(folder / "ledger", seed, options) and good
        finally:
            shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
