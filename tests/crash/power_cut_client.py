#!/usr/bin/env python3
"""Cuts of power under keiin-client: init, submit, log and import are recorded, and its folder is
made as a cut at any moment could have left it, while the ledger knows all that was sent until
then. From each the same commands go on: no number gets two heads, nothing is lost or twice, and
every receipt that the client spoke of is there; or, before any signature left, init is refused
nothing and makes the folder."""

import copy
import gzip
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from power_lab import (BIN, LONG, SECONDS, SEED, SRC, Recorder, Tried, must_fail,  # noqa: E402
                       power_record, take_out, try_states)
import fake_ledger as fake  # noqa: E402

CLIENT = str(BIN / "keiin-client")
USERS = ("nco_analyst", "npa_investigator", "mod_liaison", "sdf_cyber", "postgres")


class Ledger(fake.Ledger):
    """Keeps the state before each submission, and every body that came."""

    def __init__(self):
        super().__init__()
        self.before, self.bodies = [], []

    def __copy__(self):
        other = object.__new__(Ledger)
        other.__dict__ = {**self.__dict__, "entries": list(self.entries), "leaves": list(self.leaves),
                          "heads": dict(self.heads), "rosters": list(self.rosters),
                          "writers": dict(self.writers), "lock": threading.Lock(), "before": [],
                          "bodies": []}
        return other

    def submit(self, body):
        self.before.append(copy.copy(self))
        self.bodies.append(body)
        return super().submit(body)


class Sent:
    """What left the client until now, and what it said to its caller."""

    def __init__(self):
        self.streams, self.bodies, self.steps, self.just_sent = {}, [], 0, False

    def take(self, event):
        if event.kind == power_record.MARK:
            self.steps = int(event.data)
        if event.kind != power_record.SENT:
            self.just_sent = False
            return
        stream = self.streams.get((event.pid, event.a), b"") + event.data
        while b"\r\n\r\n" in stream:
            top, rest = stream.split(b"\r\n\r\n", 1)
            length = re.search(rb"content-length: (\d+)", top, re.IGNORECASE)
            size = int(length[1]) if length else 0
            if len(rest) < size:
                break
            if top.startswith(b"POST "):
                self.bodies.append(rest[:size])
                self.just_sent = True
            stream = rest[size:]
        self.streams[event.pid, event.a] = stream

    def key(self):
        return len(self.bodies), self.steps, self.just_sent

    def now(self):
        return list(self.bodies), self.steps, self.just_sent


class Case:
    """One recorded life of a client folder."""

    def __init__(self, dir_, rng, die=None, die_step=None):
        self.dir, self.rng = dir_, rng
        self.recorder = Recorder(dir_)
        # Of a life with a kill what comes soon after it: a life without has the rest, too.
        self.first, self.last = 0, 10**9
        self.ledger = Ledger()
        key = self.ledger.add_writer("agency.test/a")
        key.write(dir_ / "key")
        (dir_ / "roster").write_bytes(self.ledger.publish_roster())
        for n in (1, 2):
            (dir_ / f"lines{n}").write_text("".join(
                f'{{"action": "query", "at": {1700000000000 + i}, "actor": "{n}-{i}", '
                f'"x-pad": "{"p" * rng.choice((0, 10, 2000))}"}}\n' for i in range(7)))
        log = gzip.decompress((SRC / "tests/data/pgaudit.csv.gz").read_bytes())
        (dir_ / "log").write_bytes(b"".join(log.splitlines(True)[:40]))
        self.write_map(dir_, self.recorder.below / "client")
        server = fake.Server(self.ledger)
        self.url = server.url
        try:
            for step in range(len(self.steps(dir_, self.recorder.below / "client", server.url))):
                self.run_step(step, server.url, die if step == die_step else None)
            self.final = copy.copy(self.ledger)
        finally:
            server.stop()
        self.events = self.recorder.events()
        sent = Sent()
        for event in self.events:
            sent.take(event)
        assert sent.bodies == self.ledger.bodies, "the record misses what was sent"
        self.receipts = {}

    @staticmethod
    def write_map(dir_, folder):
        (dir_ / "map.ini").write_text("".join(
            f"[user {user}]\nclient = {folder}\nunit = u-1\nactor = p-{user}\nauthority = A-17\n"
            "purpose = analysis\n\n" for user in USERS))

    def steps(self, dir_, folder, url):
        """The commands of this life; `dir_` has the map."""
        base = [CLIENT, "-C", str(folder)]
        return [
            [CLIENT, "init", "--ledger", url, "--key", self.dir / "key", "--roster",
             self.dir / "roster", folder],
            [*base, "submit", "--batch", "3", self.dir / "lines1"],
            [*base, "log", "action=query", "actor=logged"],
            [CLIENT, "import", "pgaudit", "--map", dir_ / "map.ini", "--batch", "16", "--final",
             self.dir / "log"],
            [*base, "submit", "--batch", "4", self.dir / "lines2"],
            [*base, "receipts", "check"],
        ]

    def run_step(self, step, url, die):
        """A step, recorded; one that was killed runs again."""
        if step == 4:  # the client has to follow the roster
            self.ledger.log = fake.Key(self.ledger.origin, "log")
            self.ledger.publish_roster()
        command = self.steps(self.dir, self.recorder.below / "client", url)[step]
        done = self.recorder.run(*command, die=die)
        if done.returncode != 0:
            self.first = self.recorder.count()
            self.last = self.first + 40
        made = step == 0 and (self.recorder.below / "client/state").exists()
        if done.returncode != 0 and not made:
            self.recorder.run(*command)
        self.recorder.mark(str(step + 1))

    def check(self, folder, facts, words):
        left, steps, just_sent = facts
        client = folder / "disk" / "client"
        count = len(left)
        if just_sent and self.rng.random() < 0.5:
            count -= 1  # it did not arrive
        base = self.ledger.before[count] if count < len(self.ledger.before) else self.final
        ledger = copy.copy(base)
        if steps >= 4 and len(ledger.rosters) == 1:
            ledger.log, ledger.rosters = self.final.log, list(self.final.rosters)
        server = fake.Server(ledger)
        try:
            self.check_client(folder, client, ledger, server.url, left, steps)
        finally:
            server.stop()

    def run(self, command, expect=0):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=60, stdin=subprocess.DEVNULL)
        text = done.stdout + done.stderr
        assert expect is None or done.returncode == expect, f"{command}: {done.returncode}: {text}"
        return done.returncode, text

    def check_client(self, folder, client, ledger, url, left, steps):
        self.write_map(folder, client)
        commands = self.steps(folder, client, url)
        config = client / "config"
        if config.exists():
            config.write_bytes(config.read_bytes().replace(self.url.encode(), url.encode()))
        self.check_told(client, steps)
        status, text = self.run([CLIENT, "-C", client, "status"], None)
        if status != 0 and ("make one with keiin-client init" in text or "state is gone" in text):
            assert steps == 0 and not left, f"the folder is gone: {text}"
            self.run(commands[0])
            steps = 1
        elif steps == 0:
            steps = 1  # init was killed when all was done
        for command in commands[min(steps, len(commands) - 1):]:
            self.run(command)
        self.check_ledger(ledger, left)

    def check_told(self, client, steps):
        """Receipts of what was acknowledged are there."""
        if steps < 2:
            return
        status, text = self.run([CLIENT, "-C", client, "receipts", "check"], None)
        told = {2: 7, 3: 8}.get(steps, 8 + self.imported() + (7 if steps >= 5 else 0))
        sent = re.search(r"(\d+) receipts verify.*?(\d+) records", text.replace("\n", " "))
        assert status == 0 and sent, text
        assert int(sent[2]) >= told, f"{told} records were acknowledged: {text}"

    def imported(self):
        return sum("id" in r for r in self.records(self.final))

    @staticmethod
    def records(ledger):
        return [fake.unpack(data) for entry in ledger.entries for data in entry.records]

    def check_ledger(self, ledger, left):
        by_number = {}
        for body in left + ledger.bodies:
            number = fake.unpack(body)[2]
            assert by_number.setdefault(number, body) == body, f"two submissions from number {number}"
        actors = [r["actor"] for r in self.records(ledger) if r["actor"][0] in "12"]
        assert actors == [f"{n}-{i}" for n in (1, 2) for i in range(7)], actors
        ids = [r["id"] for r in self.records(ledger) if "id" in r]
        assert len(ids) == len(set(ids)) == self.imported(), ids


def is_sync(event):
    return event.kind in (power_record.BEGIN_SYNC, power_record.END_SYNC)


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED}", flush=True)
    lives = [(None, None, 3), ((power_record.MKDIR, 1), 0, 1), ((power_record.RENAME, 1), 1, 3),
             ((power_record.UNLINK, 1), 1, 1)]
    for step in range(5) if LONG else rng.sample(range(5), 2):
        calls = (28, 60, 20, 50, 50)[step]  # about as many as that step has
        lives += [((0, n), step, 1) for n in rng.sample(range(1, calls), 5 if LONG else 1)]
    seconds = SECONDS / sum(share for _, _, share in lives)
    total = 0
    for die, step, share in lives:
        tried = Tried(seconds * share)
        dir_ = pathlib.Path(tempfile.mkdtemp(prefix="keiin-power-"))
        try:
            case = Case(dir_, rng, die, step)
            try_states(case.events, case.recorder.root_inode, Sent, case.check, tried,
                       first=case.first, last=case.last)
            name = "plain" if die is None else f"step {step} killed at {die[0]}:{die[1]}"
            print(f"{name}: {tried.states} of {tried.all} states, {len(case.events)} events, "
                  f"{len(case.ledger.bodies)} submissions", flush=True)
            total += tried.states
            if die is None:
                must_fail(lambda: try_states(take_out(case.events, is_sync), case.recorder.root_inode,
                                             Sent, case.check, Tried(0, 200)), "any sync")
        finally:
            shutil.rmtree(dir_)
    print(f"{total} states of the folder; from each the client goes on, or says that it never began")


if __name__ == "__main__":
    main()
