#!/usr/bin/env python3
"""Grows a ledger, one record an entry, and measures at each size what must not grow with it: the
cost of appending, of a proof, of an audit since the last one, of a start, memory and bytes.

    KEIIN_BIN=build python3 tests/bench/scale.py [--long] [--entries N] [--svg FILE]

Prints a line a size; writes the picture that DESIGN.md shows. 10^6 entries, 10^7 with --long.
Costs are the processor's time, and those that consist of signatures are in the time that one takes
to verify then: clocks drift while a ledger grows.
"""
import argparse
import hashlib
import http.client
import json
import os
import random
import resource
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import urllib.parse

from bench_ledger import Ledger, bench, program, run

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
CONNECTIONS = 256
REQUESTS_MAX = 1000  # signed at once, for each connection
ROUNDS = 3
ROUND_ENTRIES = 20 * CONNECTIONS
NEW_ENTRIES = 16 * CONNECTIONS
PROOFS = 2000
STARTS = 5

# What is measured, in words, with its unit; the gate holds for the last over the first.
FLAT = (("append", "append: CPU of the ledger, verifies"),
        ("proof_us", "answer with proof: CPU of the ledger, us"),
        ("audit", "audit since the last: CPU a new entry, verifies"))
ALL = FLAT + (("start_ms", "start until ready, ms"),
              ("memory_mib", "private memory under load, MiB"),
              ("bytes", "bytes on disk / bytes of records"))  # one record an entry: the most it can be


def verify_us():
    return bench("primitives")["ed25519_verify_us"]


class GrowingLedger(Ledger):
    def __init__(self, folder):
        super().__init__(folder, CONNECTIONS)
        self.entries = 1

    def grow(self, entries):
        """Appends until there are `entries` at least; gives the most memory, in MiB."""
        memory = 0
        while self.entries < entries:
            requests = min(REQUESTS_MAX, -((self.entries - entries) // CONNECTIONS))
            result = self.load(self.keys, 1, 600, requests)
            self.entries += result["acked"]
            memory = max(memory, result["memory_kib"] / 1024)
        return memory

    def append(self):
        """CPU time of an entry, in that of one verification, and the most memory, in MiB."""
        costs, memory = [], 0
        for _ in range(ROUNDS):
            before_us, entries, cpu_us = verify_us(), self.entries, self.cpu_us()
            memory = max(memory, self.grow(entries + ROUND_ENTRIES))
            cpu_us = (self.cpu_us() - cpu_us) / (self.entries - entries)
            costs.append(2 * cpu_us / (before_us + verify_us()))
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
        """The ledger's CPU time of an answer to GET writers/<name>/<number>."""
        url = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
        before_us = self.cpu_us()
        for _ in range(PROOFS):
            name = hashlib.sha256(b"writer-%d.example" % seeded.randrange(CONNECTIONS)).hexdigest()
            path = "%s/writers/%s/%d" % (url.path.rstrip("/"), name,
                                         1 + seeded.randrange(self.entries // CONNECTIONS // 2))
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError("%s: %d" % (path, answer.status))
        connection.close()
        return (self.cpu_us() - before_us) / PROOFS

    def audit(self, state):
        """The verdict, and the verifier's CPU time in seconds."""
        start = resource.getrusage(resource.RUSAGE_CHILDREN)
        verdict = json.loads(run(program("keiin-verify"), "audit", "--json", "--roster", self.roster,
                                 "--state", state, self.url))
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        return verdict, end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime


def audit_cost(ledger, folder):
    """An audit of what came since the last one, less what an audit of nothing new takes."""
    state = os.path.join(folder, "state")
    ledger.audit(state)
    costs = []
    for _ in range(ROUNDS):
        nothing_s = min(ledger.audit(state)[1] for _ in range(3))
        ledger.grow(ledger.entries + NEW_ENTRIES)
        before_us = verify_us()
        verdict, seconds = ledger.audit(state)
        one_us = 1e6 * (seconds - nothing_s) / (verdict["entries"] - verdict["entries_before"])
        costs.append(2 * one_us / (before_us + verify_us()))
    return statistics.median(costs)


def sizes(entries_max):
    """Half the powers of ten, from 10^4 up to the most."""
    step, size = 10**0.5, 10**4
    while size <= entries_max * 1.01:
        yield int(size)
        size *= step


def measure(folder, entries_max):
    """A dictionary for each size, in order."""
    seeded = random.Random(1)
    ledger = GrowingLedger(folder)
    points = []
    for size in sizes(entries_max):
        ledger.grow(size)
        point = {"entries": ledger.entries}
        point["append"], point["memory_mib"] = ledger.append()
        point["proof_us"] = ledger.proof_us(seeded)
        point["bytes"] = ledger.store_bytes() / (250 * ledger.entries)
        point["audit"] = audit_cost(ledger, folder)
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
