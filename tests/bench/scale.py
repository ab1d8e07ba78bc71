#!/usr/bin/env python3
"""Grows a ledger, one record an entry, and measures at each size what must not grow with it: the
cost of appending, of a proof, of an audit since the last one, of a start, memory and bytes.

    KEIIN_BIN=build python3 tests/bench/scale.py [--long] [--entries N] [--svg FILE]

Prints a line a size; writes the picture that DESIGN.md shows. 10^6 entries, 10^7 with --long.
"""
import argparse
import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.parse

from bench_ledger import Ledger, program, run

CONNECTIONS = 256
NEW_ENTRIES = 2000
PROOFS = 400
STARTS = 5

# What is measured, in words, with its unit; the gate holds for the last over the first.
FLAT = (("append_us", "append, the ledger's CPU time an entry, us"),
        ("proof_us", "answer with proof, us"),
        ("audit_us", "audit since the last one, us a new entry"))
ALL = FLAT + (("start_ms", "start until ready, ms"),
              ("memory_mib", "private memory under load, MiB"),
              ("bytes", "bytes on disk / bytes of records"))  # one record an entry: the most it can be


class GrowingLedger(Ledger):
    def __init__(self, folder):
        super().__init__(folder, CONNECTIONS)
        self.entries = 1

    def grow(self, entries):
        """Appends at least until there are `entries`; gives CPU us an entry and memory in MiB."""
        costs, memory = [], 0
        while self.entries < entries:
            seconds = min(20, 1 + (entries - self.entries) // 15000)
            result = self.load(self.keys, 1, seconds)
            self.entries += result["acked"]
            costs.append(result["server_cpu_us_per_submission"])
            memory = max(memory, result["memory_kib"] / 1024)
        return statistics.median(costs), memory

    def restart_ms(self):
        self.stop()
        start = time.monotonic()
        self.process = subprocess.Popen(
            [program("keiin-ledger"), "run", "--config", self.config],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = self.process.stdout.readline().split()[1]
        return 1000 * (time.monotonic() - start)

    def proof_us(self, seeded):
        """The median answer to GET writers/<name>/<number>, over one connection."""
        url = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
        times = []
        for _ in range(PROOFS):
            name = hashlib.sha256(b"writer-%d.example" % seeded.randrange(CONNECTIONS)).hexdigest()
            path = "%s/writers/%s/%d" % (url.path.rstrip("/"), name,
                                         1 + seeded.randrange(self.entries // CONNECTIONS // 2))
            start = time.monotonic()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                times.append(1e6 * (time.monotonic() - start))
        connection.close()
        return statistics.median(times)

    def audit(self, state):
        start = time.monotonic()
        verdict = json.loads(run(program("keiin-verify"), "audit", "--json", "--roster", self.roster,
                                 "--state", state, self.url))
        return verdict, time.monotonic() - start


def audit_us(ledger, folder):
    """An audit of what came since the last one, less what an audit of nothing new takes."""
    state = os.path.join(folder, "state")
    ledger.audit(state)
    nothing_s = min(ledger.audit(state)[1] for _ in range(3))
    ledger.grow(ledger.entries + NEW_ENTRIES)
    verdict, seconds = ledger.audit(state)
    return 1e6 * (seconds - nothing_s) / (verdict["entries"] - verdict["entries_before"])


def sizes(entries_max):
    """Half the powers of ten, from 10^4.5 up to the most."""
    step, size = 10**0.5, 10**4.5
    while size <= entries_max * 1.01:
        yield int(size)
        size *= step


def measure(folder, entries_max):
    """A dictionary for each size, in order."""
    seeded = random.Random(1)
    ledger = GrowingLedger(folder)
    points = []
    for size in sizes(entries_max):
        ledger.grow(size - 10000)
        append_us, memory = ledger.grow(ledger.entries + 10000)
        point = {"entries": ledger.entries, "append_us": append_us, "memory_mib": memory,
                 "proof_us": ledger.proof_us(seeded),
                 "bytes": ledger.store_bytes() / (250 * ledger.entries)}
        point["audit_us"] = audit_us(ledger, folder)
        point["start_ms"] = statistics.median(ledger.restart_ms() for _ in range(STARTS))
        points.append(point)
        print("  ".join("%s %.4g" % item for item in point.items()), flush=True)
    ledger.stop()
    return points


WIDTH, HEIGHT, LEFT, TOP, GAP = 250, 120, 60, 46, 70


def number(entries):
    return "%.1fM" % (entries / 1e6) if entries >= 10**6 else "%dk" % (entries // 1000)


def panel(points, name, words, column, row):
    """One small diagram: the size on a logarithmic axis, the figure on one from zero."""
    x0 = LEFT + column * (WIDTH + GAP)
    y0 = TOP + row * (HEIGHT + GAP)
    top = 1.25 * max(point[name] for point in points)
    spread = max(len(points) - 1, 1)
    at = [(x0 + WIDTH * i / spread, y0 + HEIGHT * (1 - point[name] / top))
          for i, point in enumerate(points)]
    lines = ['<text x="%d" y="%d" class="title">%s</text>' % (x0, y0 - 10, words),
             '<path class="axis" d="M%d %dV%dH%d"/>' % (x0, y0, y0 + HEIGHT, x0 + WIDTH),
             '<text x="%d" y="%d" class="side">%.3g</text>' % (x0 - 6, y0 + 10, top),
             '<text x="%d" y="%d" class="side">0</text>' % (x0 - 6, y0 + HEIGHT),
             '<polyline class="line" points="%s"/>' % " ".join("%.1f,%.1f" % p for p in at)]
    for (x, y), point in zip(at, points):
        lines.append('<circle cx="%.1f" cy="%.1f" r="3"/>' % (x, y))
        lines.append('<text x="%.1f" y="%.1f" class="value">%.3g</text>' % (x, y - 7, point[name]))
        lines.append('<text x="%.1f" y="%d" class="value">%s</text>'
                     % (x, y0 + HEIGHT + 16, number(point["entries"])))
    return lines


def picture(points):
    columns = 3
    rows = (len(ALL) + columns - 1) // columns
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" '
             'font-size="11">' % (LEFT + columns * (WIDTH + GAP), TOP + rows * (HEIGHT + GAP)),
             "<title>What a ledger costs as it grows, by its number of entries</title>",
             "<style>.axis{fill:none;stroke:#555}.line{fill:none;stroke:#05a;stroke-width:1.5}"
             "circle{fill:#05a}.title{font-weight:bold}.side{text-anchor:end;fill:#555}"
             ".value{text-anchor:middle;fill:#333}</style>",
             '<rect width="100%" height="100%" fill="#fff"/>']
    for i, (name, words) in enumerate(ALL):
        lines += panel(points, name, words, i % columns, i // columns)
    return "\n".join(lines + ["</svg>", ""])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--entries", type=int)
    parser.add_argument("--svg")
    parser.add_argument("--folder", help="on the disk to measure; a temporary one otherwise")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: exit(143))
    folder = tempfile.mkdtemp(prefix="keiin-scale-", dir=options.folder)
    try:
        points = measure(folder, options.entries or (10**7 if options.long else 10**6))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.svg:
        with open(options.svg, "w") as f:
            f.write(picture(points))


if __name__ == "__main__":
    main()
