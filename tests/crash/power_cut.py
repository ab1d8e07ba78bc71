#!/usr/bin/env python3
"""Cuts of power under keiin-ledger: every write and sync of init and run is recorded, and disks
are made as a cut at any moment could have left them. From each the server starts, keiin-verify
finds nothing, nothing that was acknowledged or published is gone, and the next submission is
taken; or, where init had not said that it is done, it says so and init makes the ledger."""

import bisect
import concurrent.futures
import contextlib
import copy
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from power_lab import (BIN, LONG, SECONDS, SEED, Recorder, Tried, must_fail, power_record,  # noqa: E402
                       take_out, try_states)
from ledger_lab import LEDGER, Lab, b64, check_body, lab, record, sha256, tree, unpack  # noqa: E402

VERIFY = str(BIN / "keiin-verify")
INIT_DONE = "init is done"


class Answers:
    """What left the server until now: how much it published."""

    ORIGIN = re.compile(rb"ledger\.test/lab\n(\d+)\n")

    def __init__(self):
        self.published, self.init_done = 0, False

    def take(self, event):
        if event.kind == power_record.SENT:
            for size in self.ORIGIN.findall(event.data):
                self.published = max(self.published, int(size))
        elif event.kind == power_record.MARK and event.data.decode() == INIT_DONE:
            self.init_done = True

    def key(self):
        return self.published, self.init_done

    now = key


class Truth:
    """The ledger that the recorded run ended with."""

    def __init__(self, l, bodies):
        size, _, _ = l.checkpoint()
        frontier, self.roots, self.index_of = tree.Frontier(), {}, {}
        for index, (leaf, entry) in enumerate(l.leaves(size)):
            frontier.append(leaf)
            self.roots[index + 1] = b64(frontier.root())
            self.index_of[unpack(entry)[7]] = index
        self.bodies = sorted(bodies, key=lambda body: self.index_of[unpack(body)[-1]])
        self.places = [self.index_of[unpack(body)[-1]] for body in self.bodies]


def post(l, body):
    """As records, or as a roster."""
    return l.post(body, "/roster" if isinstance(unpack(body)[4], bytes) else "/records")


def submit_some(l, writers, rng, count, pending, bodies, threads=2):
    """Several writers at once, until the server is gone or all of it is there."""
    def send(writer):
        with contextlib.suppress(OSError), contextlib.closing(l.connect()) as connection:
            for _ in range(count):
                if writer.name not in pending:
                    n = rng.choice((1, 1, 1, 2, 30, 1024 if rng.random() < 0.2 else 3))
                    sealed = [rng.randbytes(rng.choice((1, 5000)))] * n if n < 4 else []
                    more = {"sealed": sha256(sealed[0])} if sealed else {}
                    made = [record(**{"x-pad": "p" * rng.choice((0, 20, 9000 if n < 5 else 100)),
                                      **more}) for _ in range(n)]
                    pending[writer.name] = writer.sign(made, sealed)
                body = pending[writer.name]
                answer = connection.request("POST", "/records", body,
                                            {"Content-Type": "application/msgpack"})
                assert answer.status in (200, 201), answer.body
                bodies.append(body)
                del pending[writer.name]

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        list(pool.map(send, writers[:threads]))


class Case:
    """One recorded life of a ledger, and the trying of the states of its disk."""

    def __init__(self, l, rng):
        self.l, self.rng, self.recorder = l, rng, Recorder(l.folder)
        l.configure(ledger__data=self.recorder.below / "deep" / "data",
                    commit__heartbeat_interval_s=0)
        self.bodies, self.pending, self.first = [], {}, 0
        self.writers = [l.writer(f"w.test/{i}") for i in range(3)]

    def prepare(self):
        """Lab.init without its run of init."""
        l = self.l
        l.run = lambda *_, **__: ""
        l.init()
        del l.run

    def init(self, die=None):
        done = self.recorder.run(LEDGER, "init", "--config", self.l.folder / "ledger.ini", "--roster",
                                 self.l.folder / "roster0", die=die)
        if done.returncode == 0:
            self.recorder.mark(INIT_DONE)

    def start(self, die=None):
        self.l.start(wrap=self.recorder.wrap(die))

    def starts(self, die):
        """False when it was killed before it was ready."""
        try:
            self.start(die)
        except AssertionError:
            if self.l.process.returncode != -signal.SIGKILL:
                raise
            self.killed()
            return False
        return True

    def submit(self, count, threads=2):
        submit_some(self.l, self.writers, self.rng, count, self.pending, self.bodies, threads)

    def change_roster(self):
        """A new writer is listed."""
        self.l.writer("late.test/w")
        roster = self.l.roster()
        self.l.rosters.append(roster)
        self.bodies.append(self.l.committee.sign_roster(roster[1]))
        assert post(self.l, self.bodies[-1]).status == 201

    def killed(self):
        """Waits for the end of a server that was to die."""
        self.l.process.wait(timeout=30)
        self.l.process.stdout.close()
        self.l.process = None

    def finish(self):
        """Ends the life: what is true of it, and its record."""
        self.truth = Truth(self.l, self.bodies)
        self.l.stop()
        self.events = self.recorder.events()

    def check(self, folder, facts, words):
        published, init_done = facts
        l = copy.copy(self.l)
        l.folder, l.process = folder, None
        l.settings = {**l.settings, "ledger__data": folder / "disk" / "deep" / "data"}
        for name in ("log", "operator", "roster0"):
            shutil.copy(self.l.folder / name, folder / name)
        os.chmod(folder / "log", 0o600)
        os.chmod(folder / "operator", 0o600)
        l.configure()
        try:
            try:
                l.start()
            except AssertionError as refusal:
                assert not init_done and published == 0, f"it does not start: {refusal}"
                assert "keiin-ledger init" in str(refusal), f"what to do is not said: {refusal}"
                l.run("init", "--roster", str(folder / "roster0"))
                l.start()
                self.check_new(l)
                l.stop()
                return
            self.check_running(l, published)
            l.stop()
        finally:
            if l.process is not None:
                l.kill()

    def audit(self, l):
        done = subprocess.run([VERIFY, "audit", "--roster", l.folder / "roster0", "--state",
                               l.folder / "verdicts", l.url], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def check_new(self, l):
        self.audit(l)
        assert l.checkpoint()[0] == 1

    def check_running(self, l, published):
        size, root, _ = l.checkpoint()
        assert size >= published, f"checkpoint {published} was published, now there is {size}"
        if self.truth.roots.get(size) != root:
            raise AssertionError(f"the root of {size} is another")
        self.audit(l)
        inside = bisect.bisect_left(self.truth.places, size)
        # What was in goes in again as itself; what was not is taken.
        if inside > 0:
            at = random.randrange(inside)
            answer = post(l, self.truth.bodies[at])
            assert answer.status == 200 and answer.value[1] == self.truth.places[at], answer.body
        if inside < len(self.truth.bodies):
            body = self.truth.bodies[inside]
            answer = post(l, body)
            assert answer.status == 201 and answer.value[1] == size, answer.body
            check_body(l, body, answer, 2 if isinstance(unpack(body)[4], bytes) else 1)
            self.audit(l)


def plain(l, rng):
    """init, two runs, a hundred submissions: pages are used again."""
    case = Case(l, rng)
    case.prepare()
    case.init()
    case.start()
    case.submit(12)
    case.l.stop()
    case.start()
    case.change_roster()
    case.submit(25 if LONG else 12, threads=3)
    case.finish()
    return case


def full_tile(l, rng):
    """Only the end of it is tried: where the first tile of 256 becomes full."""
    case = Case(l, rng)
    case.prepare()
    case.init()
    case.start()
    case.submit(250, threads=1)
    case.l.stop()
    case.first = case.recorder.count()
    case.start()
    case.submit(10)
    case.finish()
    return case


def killed_in_init(l, rng, die):
    """init is killed, and runs again; then submissions. Only what comes after is tried."""
    case = Case(l, rng)
    case.prepare()
    case.init(die)
    case.first = case.recorder.count()
    if not (case.recorder.below / "deep/data/data.mdb").exists():
        case.init()
    case.start()
    case.submit(2, threads=1)
    case.finish()
    return case


def killed_in_commit(l, rng, die):
    """The server is killed in a commit or its start, started again, and answers: from there on."""
    case = Case(l, rng)
    case.prepare()
    case.init()
    case.start()
    case.submit(1)
    case.l.stop()
    if case.starts(die):
        case.submit(20)
        case.killed()
    case.first = case.recorder.count()
    case.start()
    case.l.checkpoint()
    case.submit(2, threads=1)
    case.finish()
    return case


def is_sync(event):
    return event.kind in (power_record.BEGIN_SYNC, power_record.END_SYNC,
                          power_record.WRITE_DURABLE)


def lives_of(rng):
    """Name, life, and share of the time."""
    lives = [("plain", plain, 4)] + ([("full tile", full_tile, 2)] if LONG else [])
    in_init = [(power_record.MKDIR, 2), (power_record.RENAME, 1)]
    in_init += [(0, n) for n in rng.sample(range(1, 40), 10 if LONG else 1)]
    lives += [(f"init killed at {kind}:{n}",
               lambda l, rng, die=(kind, n): killed_in_init(l, rng, die), 1) for kind, n in in_init]
    in_run = [(power_record.WRITE_DURABLE, n, 2)
              for n in rng.sample(range(1, 15), 5 if LONG else 1)]
    in_run += [(0, n, 1) for n in rng.sample(range(10, 80), 15 if LONG else 2)]
    lives += [(f"run killed at {kind}:{n}",
               lambda l, rng, die=(kind, n): killed_in_commit(l, rng, die), share)
              for kind, n, share in in_run]
    return lives


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED}", flush=True)
    total, lives = 0, lives_of(rng)
    seconds = SECONDS / sum(share for _, _, share in lives)
    for name, life, share in lives:
        tried = Tried(seconds * share)
        with lab() as l:
            case = life(l, rng)
            try_states(case.events, case.recorder.root_inode, Answers, case.check, tried,
                       first=case.first)
            print(f"{name}: {tried.states} of {tried.all} states, {len(case.events)} events, "
                  f"{len(case.bodies)} submissions", flush=True)
            total += tried.states
            if life is plain:
                must_fail(lambda: try_states(take_out(case.events, is_sync), case.recorder.root_inode,
                                             Answers, case.check, Tried(0, 200)), "any sync")
    print(f"{total} states of the disk; from each the ledger starts, whole")


if __name__ == "__main__":
    main()
