#!/usr/bin/env python3
"""Holds keiin-verify against the reference implementation on random damaged ledgers.

Both must have exactly the same findings, in the same order, and say the same of what they
read. A seed makes one ledger; a disagreement is printed with its seed.
    differential.py [--seeds N] [--first SEED]    N ledgers (60; with KEIIN_LONG 2,000)
    differential.py --seed SEED [--keep DIR]      one again, its files left in DIR
"""

import argparse
import os
import random
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "forge"))
import audits
import random_ledger
from encoding import Malformed

SHORT = bool(os.environ.get("KEIIN_SHORT"))  # under sanitizers
SEEDS = 15 if SHORT else 60
SEEDS_LONG = 2000
FIELDS = ("verdict", "origin", "ledger_id", "size", "root", "vouched_at", "roster")
# Said only where all was read: how far a broken-off audit came is each program's own affair.
FIELDS_WHOLE = ("records", "last_received")


def said(verdict):
    """Return what two verdicts must have in common."""
    found = audits.findings(verdict)
    is_whole = verdict["size"] is not None and "incomplete" not in found
    fields = FIELDS + FIELDS_WHOLE if is_whole else FIELDS
    return found, {field: verdict[field] for field in fields}


def verdicts(ledger, publication, options):
    """Return what keiin-verify says with one thread and with three, and the reference."""
    trusted = publication.trusted
    results = []
    for threads in ("1", "3"):
        verdict = audits.by_verify(ledger, trusted, (*options, "--threads", threads))
        results.append(verdict if isinstance(verdict, str) else said(verdict))
    try:
        results.append(said(audits.by_reference(ledger, trusted, options)))
    except Malformed:
        results.append("exit 64")
    if results[2] == "exit 64":
        results = [result[:7] if isinstance(result, str) else result for result in results]
    return results


def is_agreed(seed, folder, is_shown=False):
    publication, options, told = random_ledger.forge(random.Random(seed))
    publication.write(folder)
    results = verdicts(folder, publication, options)
    agreed = results[0] == results[1] == results[2]
    if is_shown or not agreed:
        print("seed %d: %s" % (seed, "agreed" if agreed else "DISAGREEMENT"))
        print("    options  ", *options)
        for line in told:
            print("    forged   ", line)
        show(results)
    return agreed, results[2][0] if isinstance(results[2], tuple) else []


def show(results):
    """Print what each says; of the findings that all have, only how many they are."""
    lists = [result[0] for result in results if isinstance(result, tuple)]
    common = set.intersection(*map(set, lists)) if len(lists) == 3 else set()
    for name, result in zip(("1 thread ", "3 threads", "reference"), results):
        if isinstance(result, str):
            print("    %s" % name, result)
            continue
        found, fields = result
        own = [finding for finding in found if finding not in common]
        print("    %s %d common findings and" % (name, len(found) - len(own)), own)
        print("             ", fields)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = SEEDS_LONG if os.environ.get("KEIIN_LONG") else SEEDS
    parser.add_argument("--seeds", type=int, default=default, metavar="N")
    parser.add_argument("--first", type=int, default=1, metavar="SEED")
    parser.add_argument("--seed", type=int, metavar="SEED")
    parser.add_argument("--keep", metavar="DIR")
    return parser.parse_args(arguments)


def main(arguments):
    given = parse(arguments)
    if given.keep:
        return 0 if is_agreed(given.seed, given.keep, True)[0] else 1
    seeds = range(given.first, given.first + given.seeds)
    if given.seed is not None:
        seeds = [given.seed]
    codes = {}
    wrong = []
    folder = tempfile.mkdtemp(prefix="keiin-differential-", dir=audits.memory_folder())
    try:
        for seed in seeds:
            agreed, found = is_agreed(seed, os.path.join(folder, "ledger"), len(seeds) == 1)
            if not agreed:
                wrong.append(seed)
            for code in {finding.split(" ")[0] for finding in found} or {"verified"}:
                codes[code] = codes.get(code, 0) + 1
    finally:
        shutil.rmtree(folder)
    for code in sorted(codes):
        print("%5d ledgers with %s" % (codes[code], code))
    print("differential: %d ledgers, %d disagreements %s" % (len(seeds), len(wrong), wrong or ""))
    return 1 if wrong or not seeds else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
