#!/usr/bin/env python3
"""Audit a keiin ledger from its published files and one trusted roster."""

import argparse
import json
import os
import sys

import roster as rosters
from audit import Options, audit
from encoding import Malformed
from source import open_source

EXIT_USAGE = os.EX_USAGE


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(EXIT_USAGE, "%s: %s\n" % (self.prog, message))


def _seconds(text):
    value = int(text)
    if value < 0:
        raise ValueError("negative")
    return value


def _parse_arguments(arguments):
    parser = _Parser(prog="keiin_audit.py", description=__doc__)
    parser.add_argument("--roster", required=True, metavar="NOTE")
    parser.add_argument("--no-records", action="store_true")
    parser.add_argument("--latest", action="store_true")
    parser.add_argument("--max-age", type=_seconds, metavar="SECONDS")
    parser.add_argument("source", metavar="SOURCE")
    return parser.parse_args(arguments)


def _read_roster(path):
    with open(path, "rb") as file:
        return rosters.parse_trusted(file.read(rosters.NOTE_BYTES_MAX + 1))


def main(arguments=None):
    given = _parse_arguments(arguments)
    try:
        trusted = _read_roster(given.roster)
    except (OSError, Malformed) as error:
        print("keiin_audit.py: trusted roster: %s" % error, file=sys.stderr)
        return EXIT_USAGE
    options = Options(
        read_records=not given.no_records,
        use_latest=given.latest,
        max_age_seconds=given.max_age,
    )
    verdict = audit(open_source(given.source), trusted, options)
    print(json.dumps(verdict.as_json()))
    return verdict.exit_status


if __name__ == "__main__":
    sys.exit(main())
