#!/usr/bin/env python3
"""Recount every number of a report (doc/report.md) from the records of a ledger alone.

    recount.py --roster NOTE [--rules FILE] [--trust-signatures] --verify PROGRAM REPORT.json FOLDER

Prints what differs and how many numbers were compared; exit status 1 where something differs.
What the rules find is taken from PROGRAM (keiin-verify); when it was found, from the beginnings
of the ledger. --trust-signatures takes from PROGRAM, too, which entries are wrongly signed.
"""

import argparse
import bisect
import datetime
import json
import pathlib
import subprocess
import sys

import roster as rosters
from prefix import Prefixes
from rules_words import Limits
from source import open_source
from stream import Ledger
from tally import DAY_MS, GREATEST, Tally

KEYS = {
    "records": ("agency",), "systems": ("system", "agency", "role"), "approvals": ("stream",),
    "volumes": ("agency",), "accesses": ("agency", "action", "purpose"),
    "accesses_over_time": ("time", "agency"), "provisions": ("kind",),
    "recipients": ("kind", "recipient"), "emergencies": ("agency",), "retention": ("agency",),
    "incidents": ("agency",), "findings": ("rule",), "acts": ("act",), "answers": ("kind",),
}
COLUMNS = {
    "records": "recorded heartbeats not_read not_judged",
    "systems": "listed records heartbeats with_checkpoint last_number last_received silent "
               "longest_silence gaps",
    "approvals": "requested granted refused extended ratified revoked expired live",
    "volumes": "batches received selected discarded erased unbalanced not_selected",
    "accesses": "done denied failed items",
    "accesses_over_time": "done denied",
    "provisions": "provided items receipts recipients",
    "recipients": "provided items",
    "emergencies": "begun ratified refused waiting shortest median longest",
    "retention": "due on_time late not_erased extended",
    "incidents": "incidents median_delay longest_delay",
    "findings": "found explained confirmed undecided undecided_30_days undecided_90_days "
                "undecided_longer unsettled",
    "acts": "acts",
    "answers": "made in_time late waiting overdue",
}
# What cannot be added up.
NO_SUMS = {"listed", "last_number", "last_received", "silent", "longest_silence", "gaps",
           "recipients", "shortest", "median", "longest", "median_delay", "longest_delay"}


def instant(text):
    """Milliseconds of an RFC 3339 time."""
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    since = when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return since // datetime.timedelta(milliseconds=1)


def time_text(ms, zone_ms=0):
    """As reports write a time, in UTC."""
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (ms % 1000)


class FindingsTable:
    """The table `findings`: what was found when, and what the committee made of it."""

    def __init__(self, tally, size, prefixes):
        self._tally, self._prefixes = tally, prefixes
        self._times = [now for now, _ in tally.indexes]
        self.end = tally.end_index if tally.is_complete else len(tally.indexes)
        if not tally.is_complete and self.end == size:
            self.end = size
        self.all = prefixes.closed(self.end)

    def _found_before(self, time):
        """How many findings had come before the first entry whose now is not before `time`."""
        return len(self._prefixes.closed(bisect.bisect_left(self._times, time)))

    def count(self):
        tally, rows = self._tally, self._tally.tables["findings"]
        before = self._found_before(tally.begins)
        for finding in self.all[before:]:
            rows.add(finding["rule"], "found")
        states = self._states(rows)
        ages = [self._found_before(tally.end - days * DAY_MS) for days in (30, 90)]
        for place, finding in enumerate(self.all):
            if states.get(finding["id"]) in ("explained", "confirmed"):
                continue
            rows.add(finding["rule"], "undecided")
            age = "30_days" if place >= ages[0] else "90_days" if place >= ages[1] else "longer"
            rows.add(finding["rule"], "undecided_" + age)
        for finding in self._prefixes.open(self.end):
            rows.add(finding["rule"], "unsettled")

    def _states(self, rows):
        places = {finding["id"][:16]: place for place, finding in enumerate(self.all)}
        states = {}
        for index, in_period, state, name in self._tally.finding_records:
            place = places.get(name[:16])
            if place is None or not self._prefixes.is_found_by(place, index + 1):
                continue
            if state in ("open", "explained", "confirmed"):
                states[self.all[place]["id"]] = state
            if in_period and state in ("explained", "confirmed"):
                rows.add(self.all[place]["rule"], state)
        return states


class Comparison:
    def __init__(self):
        self.compared = 0
        self.differing = []

    def equal(self, where, got, wanted):
        self.compared += 1
        if got != wanted or type(got) is not type(wanted):
            self.differing.append("%s: the report has %r, the records %r" % (where, got, wanted))


class Recount:
    """A report's numbers, counted again."""

    def __init__(self, report, folder, trusted, limits, verify, arguments, is_trusting=False):
        self._report, self._limits = report, limits
        wrong = wrongly_signed(verify, folder, arguments) if is_trusting else None
        self._ledger = Ledger(open_source(str(folder)), trusted, wrong)
        period = report["period"]
        self.tally = Tally(instant(period["from"]), instant(period["to"]), limits)
        self._prefixes = Prefixes(verify, folder, self._ledger, arguments)

    def run(self):
        """Return the comparison."""
        self._read = self._stated = self._there = 0
        for entry in self._ledger.entries():
            self.tally.take(entry)
            self._read += 1
        tables = self.tally.finish()
        FindingsTable(self.tally, self._ledger.size, self._prefixes).count()
        comparison = Comparison()
        comparison.equal("period.complete", self._report["period"]["complete"],
                         self.tally.is_complete)
        figures = self._report["figures"]
        comparison.equal("tables", sorted(figures), sorted(KEYS))
        for name, table in figures.items():
            self._compare(name, table, tables[name], comparison)
        return comparison

    def _compare(self, name, table, counted, comparison):
        columns = COLUMNS[name].split()
        rows = [dict(zip((*KEYS[name], *columns), (*key, *self._values(row, columns))))
                for key, row in sorted(counted.items(), key=lambda item: _bytes(item[0]))
                if any(row.values()) or name == "systems"]
        given = {tuple(row[key] for key in KEYS[name]): row for row in table["rows"]}
        wanted = {tuple(row[key] for key in KEYS[name]): row for row in rows}
        for key in sorted(given.keys() | wanted.keys()):
            where = "%s %s" % (name, "/".join(key))
            if key not in given or key not in wanted:
                here, there = given.get(key), wanted.get(key)
                comparison.equal(where + " (the row)", here, there)
                continue
            for column in columns:
                comparison.equal("%s %s" % (where, column), given[key].get(column, "missing"),
                                 wanted[key][column])
        keys = [_key(row, name) for row in table["rows"]]
        comparison.equal(name + " order", keys, sorted(keys, key=_bytes))
        sums = {column: min(sum(row[column] for row in rows), GREATEST) for column in columns
                if column not in NO_SUMS}
        for column in sorted(sums.keys() | table.get("total", {}).keys()):
            if name == "systems":
                continue
            comparison.equal("%s total %s" % (name, column), table["total"].get(column),
                             sums.get(column))

    @staticmethod
    def _values(row, columns):
        for column in columns:
            value = row[column]
            is_time = column == "last_received" and value is not None
            yield time_text(value) if is_time else value


def _bytes(key):
    return [part.encode() for part in key]


def _key(row, name):
    return tuple(row[key] for key in KEYS[name])


def wrongly_signed(verify, folder, arguments):
    """Indexes of the entries of which an audit says that their signature is wrong."""
    roster = arguments[arguments.index("--roster") + 1]
    done = subprocess.run([verify, "audit", "--json", "--findings-max", "1000000", "--roster",
                           str(roster), str(folder)], capture_output=True, timeout=3600, check=False)
    verdict = json.loads(done.stdout)
    return {finding["index"] for finding in verdict["findings"]
            if finding["code"] == "writer-signature"}


def recount(report, folder, roster, verify, rules=None, is_trusting=True):
    """Compare a report with a folder; `roster` and `rules` are paths."""
    trusted = rosters.parse_trusted(pathlib.Path(roster).read_bytes())
    text = None if rules is None else pathlib.Path(rules).read_text(encoding="utf-8")
    arguments = ["--roster", roster] + ([] if rules is None else ["--rules", rules])
    return Recount(report, folder, trusted, Limits(text), verify, arguments, is_trusting).run()


def main(arguments):
    parser = argparse.ArgumentParser(prog="recount.py", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roster", required=True)
    parser.add_argument("--rules")
    parser.add_argument("--trust-signatures", action="store_true")
    parser.add_argument("--verify", default="keiin-verify")
    parser.add_argument("report")
    parser.add_argument("folder")
    given = parser.parse_args(arguments)
    report = json.loads(pathlib.Path(given.report).read_text(encoding="utf-8"))
    compared = recount(report, given.folder, given.roster, given.verify, given.rules,
                       given.trust_signatures)
    for line in compared.differing:
        print(line)
    print("%d numbers compared, %d differ" % (compared.compared, len(compared.differing)))
    return 1 if compared.differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
