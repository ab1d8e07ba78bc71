#!/usr/bin/env python3
"""Each call of keiin-ledger and keiin-client for files, network, memory and threads fails once,
not applied, applied all the same, or half; after each, a restart and the committee's audit:
what was acknowledged is in the ledger, no checkpoint is taken back, nothing forks, nothing
crashes, nothing hangs, and what is said of it is so. A sample by default, more with KEIIN_LONG=1,
all points with --all.

    fault_matrix.py [--all] [--only EXPRESSION] [--list]
"""

import argparse
import collections
import contextlib
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
import fault_client  # noqa: E402
import fault_ledger  # noqa: E402
import fault_place  # noqa: E402
from fault_lab import BIN, Page, scratch  # noqa: E402

LIBRARY = BIN / "tests/crash/.libs/faultlib.so"
SEED = int(os.environ.get("KEIIN_SEED", random.randrange(2**32)))
SECONDS = {False: 40, True: 840}  # of a sample; of ./runtests --long, which ends what is longer
SCENARIOS = {s.name: s for s in fault_ledger.SCENARIOS + fault_client.SCENARIOS}

# The library's interposition must reach every library through which the programs speak to the
# system: these were seen, or the matrix has a hole.
EXPECTED = {
    "keiin-ledger": {
        ("fdatasync", "lmdb"), ("pwrite", "lmdb"), ("writev", "lmdb"), ("pread", "lmdb"),
        ("mmap", "lmdb"), ("fcntl", "lmdb"), ("memory", "lmdb"), ("ftruncate", "lmdb"),
        ("accept", "keiin-ledger"), ("recv", "microhttpd"), ("send", "microhttpd"),
        ("epoll-ctl", "microhttpd"), ("epoll-wait", "microhttpd"), ("memory", "microhttpd"),
        ("epoll-wait", "libuv"), ("epoll-ctl", "libuv"), ("eventfd", "libuv"),
        ("accept", "libuv"), ("recv", "libuv"), ("send", "libuv"), ("read-pipe", "libuv"),
        ("write-pipe", "libuv"), ("bind", "libuv"), ("memory", "jansson"),
        ("mmap", "sodium"), ("mlock", "sodium"), ("thread", "keiin-ledger"),
        ("fork", "keiin-ledger"), ("fallocate", "keiin-ledger"), ("flock", "keiin-ledger"),
        ("memory", "keiin-ledger"), ("write", "keiin-ledger")},
    "keiin-client": {
        ("connect", "curl"), ("send", "curl"), ("recv", "curl"), ("poll", "curl"),
        ("socket", "curl"), ("memory", "curl"), ("fsync", "keiin-client"),
        ("rename", "keiin-client"), ("create", "keiin-client"), ("write", "keiin-client"),
        ("unlink", "keiin-client"), ("flock", "keiin-client"), ("memory", "keiin-client"),
        ("mkdir", "keiin-client"), ("pread", "keiin-client"), ("fopen", "keiin-client")},
}


class Worker:
    """The programs and a folder of one process; points are tried one after the other."""

    def __init__(self, base):
        self.folder = tempfile.mkdtemp(prefix="keiin-faults-", dir=scratch())
        self.place = fault_place.Place(base, LIBRARY, self.folder)
        self.page = Page()
        self.scenarios = {name: kind(self.place) for name, kind in SCENARIOS.items()}

    def close(self):
        self.place.end()
        self.place.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def trace(self, name):
        """All points of a scenario, from a run in which nothing fails."""
        scenario = self.scenarios[name]
        self.page.arm(trace=True)
        try:
            scenario.faulty(self.page)
            scenario.after()
        finally:
            self.place.end()
        return self.place.programs[scenario.program].points(self.page, name)

    def attempt(self, point):
        """What became of it, and what was wrong, or None."""
        scenario = self.scenarios[point.scenario]
        self.page.arm(point)
        wrong = outcome = None
        try:
            try:
                status = scenario.faulty(self.page)
                outcome = "went on" if status == 0 else "failed in order"
            except fault_place.Crashed as crash:
                # A library that gives up by abort() is not ours to mend; what it leaves is.
                outcome = f"ended by {crash.library} ({point.name})"
            if not self.page.it.fired:
                outcome = "not reached"
            scenario.after()
        except (AssertionError, OSError, ValueError, KeyError, IndexError) as error:
            wrong = f"{error}" if isinstance(error, fault_place.Wrong) else traceback.format_exc()
        finally:
            self.place.end()
        if wrong is not None:
            wrong += (f"\n    where it failed: {self.page.it.fired_stack.decode()}"
                      f"\n    where it crashed: {self.page.it.crash_stack.decode()}")
            scenario.reset()
        return point, outcome, wrong


worker = None


def start_worker(base):
    global worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    worker = Worker(base)
    multiprocessing.util.Finalize(worker, worker.close, exitpriority=10)


def attempt(point):
    return worker.attempt(point)


def sample(points, rng):
    """All kinds first, a point of each program, class, way to fail and calling module; then one
    of each place in the code that calls; then the rest."""
    rest, parts = list(points), []
    rng.shuffle(rest)
    for kind_of in (lambda p: (p.program, p.call, p.mode, p.error, p.module),
                    lambda p: (p.scenario, p.call, p.mode, p.error, p.caller)):
        kinds = {}
        for point in rest:
            kinds.setdefault(kind_of(point), point)
        chosen = set(map(id, kinds.values()))
        parts.append(list(kinds.values()))
        rest = [point for point in rest if id(point) not in chosen]
    # Libraries make ready what they may need, long and alike each time: that comes last.
    rest.sort(key=lambda p: "libcrypto" in p.module)
    return parts[0], parts[1] + rest


def check_reach(points):
    seen = {(p.program, p.name, p.module) for p in points}
    for program, pairs in EXPECTED.items():
        for name, module in pairs:
            assert any(p == program and n == name and module in m for p, n, m in seen), \
                f"{program}: no {name} of {module} was seen"


def collect(base, names):
    tracer = Worker(base)
    try:
        return [point for name in names for point in tracer.trace(name)]
    finally:
        tracer.close()


def attempt_all(base, points, seconds, first):
    """Tries the points, the first ones in any case; the outcomes, and what was wrong."""
    outcomes, wrongs, until = collections.Counter(), [], time.monotonic() + seconds
    feed = iter(points)
    with multiprocessing.Pool(max(2, len(os.sched_getaffinity(0))), start_worker, (base,)) as pool:
        given = (p for i, p in enumerate(feed) if i < first or time.monotonic() < until)
        for point, outcome, wrong in pool.imap_unordered(attempt, throttled(given, pool)):
            outcomes[outcome, point.scenario] += 1
            if wrong is not None:
                wrongs.append((point, wrong))
                print(f"WRONG {point} ({point.module}): {wrong}", flush=True)
            throttled.slots.release()
        pool.close()
        pool.join()
    return outcomes, wrongs


def throttled(points, pool):
    """Keeps imap from taking all points at once, so that the time can run out."""
    for point in points:
        throttled.slots.acquire()
        yield point


throttled.slots = threading.Semaphore(8)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", default="", help="an expression that the names of points match")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if not LIBRARY.exists():
        print(f"skipped: {LIBRARY} is not built (make check-programs)")
        sys.exit(77)
    tempfile.tempdir = str(scratch())
    multiprocessing.set_start_method("fork")
    print(f"seed {SEED}", flush=True)
    base = fault_place.Base()
    with contextlib.closing(base):
        points = collect(base, SCENARIOS)
        check_reach(points)
        points = [p for p in points if re.search(options.only, f"{p} {p.module}")]
        if options.list:
            for point in points:
                print(point, point.module)
            return 0
        first, rest = sample(points, random.Random(SEED))
        seconds = 10**6 if options.all else SECONDS[bool(os.environ.get("KEIIN_LONG"))]
        outcomes, wrongs = attempt_all(base, first + rest, seconds, len(first))
    return report(points, outcomes, wrongs)


def report(points, outcomes, wrongs):
    tried = sum(outcomes.values())
    for name in SCENARIOS:
        of = sum(1 for p in points if p.scenario == name)
        if of == 0:
            continue
        parts = ", ".join(f"{count} {outcome}" for (outcome, scenario), count
                          in sorted(outcomes.items(), key=str) if scenario == name)
        print(f"{name}: {of} points; {parts}")
    print(f"{tried} points of {len(points)} tried, {len(wrongs)} wrong")
    return 1 if wrongs or tried == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
