"""What the power cut tests share: programs run under recordlib.c, and the trying of states.

KEIIN_POWER_SECONDS says for how long each script tries; KEIIN_LONG takes more lives and longer."""

import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests/tools"))
sys.path.insert(0, str(SRC / "tests/crash"))
sys.dont_write_bytecode = True

import power_record  # noqa: E402

LIBRARY = BIN / ".libs/librecord.so"
SEED = int(os.environ.get("KEIIN_SEED", random.randrange(2**32)))
LONG = bool(os.environ.get("KEIIN_LONG"))
SECONDS = int(os.environ.get("KEIIN_POWER_SECONDS", 600 if LONG else 24))
# Where syncs cost nothing: what is durable is the record's to say.
SCRATCH = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Recorder:
    """A folder, `below`, and the record of what recorded programs do below it."""

    def __init__(self, folder):
        assert LIBRARY.exists(), f"{LIBRARY} is not there; make check-programs builds it"
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

    def count(self):
        """How many events there are by now."""
        return len(power_record.read(self.log)) if self.log.exists() else 0

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
    """Counts, and how long it may still go on; a few are tried on the slowest machine."""

    def __init__(self, seconds, least=8):
        self.end, self.least = time.monotonic() + seconds, least
        self.states = self.all = 0

    def is_over(self):
        return self.states >= self.least and time.monotonic() > self.end


def moments(events, root_inode, facts, per_cut, first, last):
    """Yields after every event from `first` to `last` each choice of what reached the disk that
    was not there before: (words, disk, choice, facts then). `facts` takes each event."""
    disk, seen, facts = power_record.Disk(root_inode), set(), facts()
    for at, event in enumerate(events, 1):
        disk.take(event)
        facts.take(event)
        if not first <= at <= last:
            continue
        for choice in power_record.choices(disk, at, per_cut, SEED):
            key = disk.key(choice), facts.key()
            if key not in seen:
                seen.add(key)
                yield f"event {at} of {len(events)}, {choice.label}", disk, choice, facts.now


def try_states(events, root_inode, facts, check, tried, per_cut=4, first=0, last=10**9):
    """Runs check(folder, facts, words) on all states, in an order drawn by the seed, until the
    time is over. In rounds, so that no more than some are in memory."""
    def one(words, found, now):
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

    tried.all = sum(1 for _ in moments(events, root_inode, facts, per_cut, first, last))
    order = list(range(tried.all))
    random.Random(SEED).shuffle(order)
    round_states = 100 if LONG else 12
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        while order and not tried.is_over():
            wanted, order = set(order[:round_states]), order[round_states:]
            jobs = []
            for number, (words, disk, choice, now) in enumerate(
                    moments(events, root_inode, facts, per_cut, first, last)):
                if number in wanted:
                    found = disk.after_cut(choice, random.Random(f"{SEED}-{words}"))
                    jobs.append(pool.submit(one, words, found, now()))
            try:
                for job in jobs:
                    job.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise


def must_fail(try_them, what):
    """The test can fail: when the record is of a program that does not sync, it does."""
    try:
        try_them()
    except AssertionError as error:
        print(f"without {what}: {str(error)[:150]}", flush=True)
        return
    raise AssertionError(f"without {what} nothing fails")
