#!/usr/bin/env python3
"""Every ledger of tests/vectors/ledgers has exactly the findings of ledgers.json, in order,
read from its directory; and the exit status and the verdict go with them."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", "."))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", "build")).resolve()
VECTORS = SRC / "tests/vectors"


def audit(name, *options):
    """Exit status and JSON of an audit."""
    command = [BIN / "keiin-verify", "audit", "--json", "--roster", VECTORS / "genesis.roster",
               *options, VECTORS / "ledgers" / name]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    try:
        return run.returncode, json.loads(run.stdout)
    except ValueError:
        sys.exit(f"{name}: no JSON: {run.stdout!r} {run.stderr!r}")


def short(finding):
    """As ledgers.json writes it: [code, null | index | "index.position"]."""
    if "position" in finding:
        return [finding["code"], f"{finding['index']}.{finding['position']}"]
    return [finding["code"], finding.get("index")]


def expected_exit(findings):
    if not findings:
        return 0, "verified"
    if all(code == "incomplete" for code, _ in findings):
        return 2, "incomplete"
    return 1, "findings"


def check(name, wanted, *options):
    status, verdict = audit(name, *options)
    got = [short(f) for f in verdict["findings"]]
    problems = []
    if got != wanted:
        problems.append(f"findings {got}, wanted {wanted}")
    if (status, verdict["verdict"]) != expected_exit(wanted):
        problems.append(f"exit {status}, verdict {verdict['verdict']}")
    if verdict["findings_omitted"] != 0:
        problems.append(f"{verdict['findings_omitted']} findings omitted")
    for problem in problems:
        print(f"{name} {' '.join(options)}: {problem}")
    return not problems


def main():
    cases = json.loads((VECTORS / "ledgers.json").read_text(encoding="utf-8"))
    folders = {p.name for p in (VECTORS / "ledgers").iterdir()}
    if folders != set(cases) or len(cases) < 19:
        sys.exit(f"ledgers.json and ledgers/ differ: {sorted(folders ^ set(cases))}")
    good = True
    for name, case in cases.items():
        for threads in ("1", "2", "7"):
            good &= check(name, case["findings"], "--threads", threads)
    # Without records the proof layer alone is sound.
    good &= check("no-records", [], "--no-records")
    # At most so many findings are listed; the others are counted.
    _, verdict = audit("roster-one-root", "--findings-max", "3")
    every = cases["roster-one-root"]["findings"]
    if [short(f) for f in verdict["findings"]] != every[:3] or \
            verdict["findings_omitted"] != len(every) - 3:
        print("--findings-max 3 lists or counts wrongly")
        good = False
    with tempfile.TemporaryDirectory() as empty:
        run = subprocess.run([BIN / "keiin-verify", "audit", "--roster",
                              VECTORS / "genesis.roster", empty],
                             capture_output=True, timeout=60, check=False)
        if run.returncode != 2:
            print(f"an empty directory: exit {run.returncode}, wanted 2")
            good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
