#!/usr/bin/env python3
"""kill -9 in a loop: after each, the store is checked whole and keiin-verify audits what the
server hands out, going on from its last verdict; every acknowledged record is there and no
checkpoint that was ever served is taken back."""

import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import lab, record, sha256, tree, unpack  # noqa: E402

VERIFY = os.path.join(os.environ.get("KEIIN_BIN", "build"), "keiin-verify")
KILLS = int(os.environ.get("KEIIN_KILLS", "100"))
WRITERS = 4
SEED = int(os.environ.get("KEIIN_SEED", random.randrange(2**32)))


class Sender(threading.Thread):
    """Sends until the server is gone; what was not answered is sent again next time."""

    def __init__(self, l, writer, rng, pending, ready):
        super().__init__()
        self.l, self.writer, self.rng, self.ready = l, writer, rng, ready
        self.pending, self.acked, self.broken = pending, [], None

    def run(self):
        try:
            with contextlib.closing(self.l.connect()) as connection:
                while True:
                    if self.pending is None:
                        self.pending = self.writer.sign(
                            [record("k" * self.rng.randrange(150)) for _ in
                             range(self.rng.choice((1, 1, 1, 3, 40)))])
                    answer = connection.request("POST", "/records", self.pending,
                                                {"Content-Type": "application/msgpack"})
                    if answer.status not in (200, 201):
                        self.broken = f"{answer.status} {answer.body!r}"
                        return
                    self.acked.append((self.pending, answer.value[1], answer.value[5]))
                    self.pending = None
                    self.ready.set()
        except (ConnectionError, OSError):
            return


def audit(l, acked, checkpoints):
    """Every acknowledged submission stands where its receipt said; every checkpoint holds."""
    import base64

    size, root, _ = l.checkpoint()
    leaves = l.leaves(size)
    assert len(leaves) == size
    frontier, roots = tree.Frontier(), {}
    for count, (leaf, _) in enumerate(leaves, 1):
        frontier.append(leaf)
        if count in checkpoints or count == size:
            roots[count] = base64.b64encode(frontier.root()).decode()
    assert roots[size] == root
    for old, old_root in checkpoints.items():
        assert old <= size and roots[old] == old_root, f"checkpoint {old} was taken back"
    for body, index in acked:
        _, key, number, before, records, _, signature = unpack(body)
        entry = unpack(leaves[index][1])
        assert entry[3:6] == [key, number, before] and entry[7] == signature
        assert entry[6] == [sha256(r) for r in records]


def verify(l):
    """The committee's audit, which goes on from the last one: no rollback, no fork."""
    done = subprocess.run(
        [VERIFY, "audit", "--json", "--roster", l.folder / "roster0", "--state",
         l.folder / "verdicts", l.url], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["entries"]


def main():
    print(f"seed {SEED}, {KILLS} kills", flush=True)
    rng = random.Random(SEED)
    with lab() as l:
        writers = [l.writer(f"w.test/{i}") for i in range(WRITERS)]
        l.init()
        pending, acked, checkpoints = [None] * WRITERS, [], {}
        for kill in range(KILLS):
            l.start()
            verify(l)  # what the last kill left
            ready = threading.Event()
            senders = [Sender(l, w, random.Random(rng.random()), p, ready)
                       for w, p in zip(writers, pending)]
            for sender in senders:
                sender.start()
            if rng.random() < 0.8:
                ready.wait(5)
            time.sleep(rng.random() * 0.05)
            l.kill()
            for sender in senders:
                sender.join()
                assert sender.broken is None, sender.broken
                for body, index, note in sender.acked:
                    acked.append((body, index))
                    lines = note.decode().split("\n")
                    assert checkpoints.setdefault(int(lines[1]), lines[2]) == lines[2], "a fork"
            pending = [sender.pending for sender in senders]
            # The store's own audit each time; the outsider's, whose reading takes longer, often.
            assert "GOOD" in l.run("check")
            if kill % 10 == 9 or kill == KILLS - 1:
                l.start()
                audit(l, acked, checkpoints)
                verify(l)
                l.stop()
        assert len(acked) >= KILLS / 2, "hardly anything was acknowledged"
        print(f"{len(acked)} submissions acknowledged, {l_size(l)} entries")


def l_size(l):
    return l.run("check").split()[1]


main()
