#!/usr/bin/env python3
"""Cuts of power under keiin-keys and keiin-verify. A key is there whole once generate said so. What
an audit remembers is that of the last audit that came to its end, or of the one under way. A
copy with a checkpoint in it is whole, and one cut short is completed by the same command."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from power_lab import (BIN, SECONDS, SEED, Recorder, Tried, must_fail,  # noqa: E402
                       power_record, take_out, try_states)
from ledger_lab import lab, record  # noqa: E402

VERIFY, KEYS = str(BIN / "keiin-verify"), str(BIN / "keiin-keys")


class Done:
    """How many of the commands came to their end."""

    def __init__(self):
        self.commands = 0

    def take(self, event):
        if event.kind == power_record.MARK:
            self.commands = int(event.data)

    def key(self):
        return self.commands

    now = key


def run(*command, expect=0):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=60, stdin=subprocess.DEVNULL)
    text = done.stdout + done.stderr
    assert expect is None or done.returncode == expect, f"{command}: {done.returncode}: {text}"
    return done.returncode, text


def make_sources(dir_):
    """One ledger as it was at two sizes, as folders; its roster."""
    sizes = []
    with lab() as l:
        writer = l.writer("w.test/w")
        l.init()
        l.start()
        for name, count in (("small", 20), ("large", 250)):
            for _ in range(count):
                assert l.post(writer.sign([record()])).status == 201
            run(VERIFY, "copy", l.url, dir_ / name)
            sizes.append(l.checkpoint()[0])
        l.stop()
        shutil.copy(l.folder / "roster0", dir_ / "roster")
    return sizes


class Case:
    """Commands recorded one after the other, and what has to hold in between."""

    def __init__(self, dir_, sizes):
        self.dir, self.sizes = dir_, sizes
        self.recorder = Recorder(tempfile.mkdtemp(dir=dir_))
        self.below = self.recorder.below
        for number, command in enumerate(self.commands(self.below), 1):
            self.recorder.run(*command)
            self.recorder.mark(str(number))
        self.keep()
        self.events = self.recorder.events()

    def keep(self):
        pass

    def audit(self, source, *options, expect=0):
        return run(VERIFY, "audit", "--roster", self.dir / "roster", *options, source, expect=expect)


class Keys(Case):
    def commands(self, below):
        return [[KEYS, "generate", "--type", "writer", "--name", "w.test/w", "--no-passphrase",
                 "--out", below / "key"]]

    def keep(self):
        self.files = {name: (self.below / name).read_bytes() for name in ("key", "key.pub")}

    def check(self, folder, done, words):
        disk = folder / "disk"
        whole = {name for name in self.files
                 if (disk / name).exists() and (disk / name).read_bytes() == self.files[name]}
        assert not (disk / "key.pub").exists() or "key" in whole, "a public key without its secret"
        for name in self.files:
            if name in whole:
                run(KEYS, "show", disk / name)
            elif (disk / name).exists():  # torn: that is said, and it is in nobody's way for long
                assert not done
                run(KEYS, "show", disk / name, expect=1)
                run(*self.commands(disk)[0], expect=1)
                (disk / name).unlink()
            else:
                assert not done, f"{name} is gone"
        if not whole:
            run(*self.commands(disk)[0])


class State(Case):
    def commands(self, below):
        return [[VERIFY, "audit", "--roster", self.dir / "roster", "--state", below / "state",
                 self.dir / name] for name in ("small", "large")]

    def check(self, folder, done, words):
        state = folder / "disk" / "state"
        seen = 0
        if (state / "state.json").exists():
            seen = json.loads((state / "state.json").read_bytes())["seen_size"]
        assert seen in [0, *self.sizes][done:], f"after {done} audits size {seen} is remembered"
        if seen == self.sizes[1]:
            _, text = self.audit(self.dir / "small", "--state", state, expect=1)
            assert "rollback" in text, text
        else:
            self.audit(self.dir / "small", "--state", state)
        self.audit(self.dir / "large", "--state", state)


class Copy(Case):
    def commands(self, below):
        return [[VERIFY, "copy", self.dir / name, below / "copy"] for name in ("small", "large")]

    def check(self, folder, done, words):
        copied = folder / "disk" / "copy"
        if (copied / "checkpoint").exists():
            size = int((copied / "checkpoint").read_text().split("\n")[1])
            assert size in self.sizes[max(0, done - 1):], size
            self.audit(copied)
        else:
            assert not done, "the copy is gone"
        run(*self.commands(folder / "disk")[1])
        self.audit(copied)


def is_sync(event):
    return event.kind in (power_record.BEGIN_SYNC, power_record.END_SYNC)


def main():
    rng = random.Random(SEED)
    print(f"seed {SEED}", flush=True)
    total = 0
    dir_ = pathlib.Path(tempfile.mkdtemp(prefix="keiin-power-"))
    try:
        sizes = make_sources(dir_)
        for kind in (Keys, State, Copy):
            tried = Tried(SECONDS / 3)
            case = kind(dir_, sizes)
            what = case.events, case.recorder.root_inode
            try_states(*what, Done, case.check, tried)
            print(f"{kind.__name__}: {tried.states} of {tried.all} states, {len(case.events)} events", flush=True)
            total += tried.states
            must_fail(lambda: try_states(take_out(case.events, is_sync), what[1], Done, case.check,
                                         Tried(0, 200), 8), "any sync")
    finally:
        shutil.rmtree(dir_)
    print(f"{total} states of the files; each is whole, or says that it is not")


if __name__ == "__main__":
    main()
