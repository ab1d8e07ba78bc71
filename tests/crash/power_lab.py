"""What the power cut tests share: programs run under recordlib.c, and the trying of every state."""

import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests/tools"))
sys.path.insert(0, str(SRC / "tests/crash"))
sys.dont_write_bytecode = True

import power_record  # noqa: E402

LIBRARY = BIN / ".libs/librecord.so"
SEED = int(os.environ.get("KEIIN_SEED", random.randrange(2**32)))
LONG = bool(os.environ.get("KEIIN_LONG"))
# Where syncs cost nothing: what is durable is the record's to say.
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Recorder:
    """A folder, `below`, and the record of what recorded programs do below it."""

    def __init__(self, folder):
        self.below = pathlib.Path(os.path.realpath(folder)) / "disk"
        self.below.mkdir()
        self.root_inode = self.below.stat().st_ino
        self.log = self.below.parent / "record"

    def wrap(self, die=None):
        """Words to put before a command; `die` is (kind, count)."""
        words = ["env", f"LD_PRELOAD={LIBRARY}", f"KEIIN_RECORD_BELOW={self.below}",
                 f"KEIIN_RECORD_LOG={self.log}"]
        return words + ([] if die is None else [f"KEIIN_RECORD_DIE={die[0]}:{die[1]}"])

    def run(self, *command, die=None, expect=0, **more):
        done = subprocess.run([*self.wrap(die), *map(str, command)], capture_output=True, timeout=120,
                              **more)
        status = -9 if die is not None and done.returncode == -9 else expect
        if done.returncode != status:
            raise AssertionError(f"{command}: {done.returncode}: {done.stdout} {done.stderr}")
        return done

    def mark(self, text):
        power_record.mark(self.log, text)

    def events(self):
        events = power_record.read(self.log)
        power_record.check_complete(events, self.root_inode, self.below, random.Random(0))
        return events


def take_out(events, what):
    """The record of a program that does not sync: `what` says which events are gone."""
    out = []
    for event in events:
        if what(event):
            if event.kind == power_record.WRITE_DURABLE:
                out.append(event._replace(kind=power_record.WRITE))
        else:
            out.append(event)
    return out


class Tried:
    """Counts, and how long it may still go on."""

    def __init__(self, seconds):
        self.end = time.monotonic() + seconds
        self.states = self.same = 0

    def is_over(self):
        return time.monotonic() > self.end


def states(events, root_inode, facts, rng, per_cut, share, tried):
    """Yields (words, disk, facts of the moment): after every event the extremes and `per_cut`
    random ones, of all these a `share` drawn by the seed. `facts` takes each event."""
    disk, seen = power_record.Disk(root_inode), set()
    for at, event in enumerate(events, 1):
        disk.take(event)
        facts.take(event)
        if event.kind == power_record.BEGIN_SYNC:
            continue
        choices = power_record.extremes(disk)
        if disk.unsynced():
            choices += [power_record.random_choice(disk, rng) for _ in range(per_cut)]
        for choice in choices:
            if rng.random() >= share:
                continue
            found = disk.after_cut(choice, rng)
            key = power_record.digest_of(found), facts.key()
            if key in seen:
                tried.same += 1
                continue
            seen.add(key)
            yield f"after event {at} of {len(events)}, unsynced: {choice.label}", found, facts.now()


def try_states(events, root_inode, facts, check, tried, rng, share=1.0, per_cut=4):
    """Runs check(folder, facts, words) on such states, `share` of them drawn by the seed."""
    drawn = list(states(events, root_inode, facts, rng, per_cut, share, tried))
    rng.shuffle(drawn)

    def one(state):
        words, found, now = state
        if tried.is_over():
            return
        folder = tempfile.mkdtemp(prefix="keiin-power-", dir=SCRATCH)
        try:
            os.mkdir(os.path.join(folder, "disk"))
            power_record.make(found, os.path.join(folder, "disk"))
            check(pathlib.Path(folder), now, words)
            tried.states += 1
        except BaseException as error:
            raise AssertionError(f"seed {SEED}, {words}: {error}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(one, state) for state in drawn]
        try:
            for job in concurrent.futures.as_completed(jobs):
                job.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def must_fail(try_them, what):
    """The test can fail: without the syncs taken out, it does."""
    try:
        try_them()
    except AssertionError as error:
        print(f"without {what}: {str(error)[:150]}", flush=True)
        return
    raise AssertionError(f"without {what} nothing fails")
