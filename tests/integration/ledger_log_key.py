#!/usr/bin/env python3
"""The log's key changes: what was signed with the old one stays good."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import Key, lab, record  # noqa: E402
from restore_lab import VERIFY, audit, receipt_file, run_shows  # noqa: E402
import fake_ledger  # noqa: E402


def new_key(l):
    key = Key(l.origin, "log")
    key.write(l.folder / "new-log")
    return key


def hand_over(l, logs):
    text, signed = l.roster(logs=logs)
    path = l.folder / f"roster{len(l.rosters)}"
    path.write_bytes(signed)
    l.run("roster", str(path))
    l.rosters.append((text, signed))


def check(l, index, serials, expect=0):
    command = [VERIFY, "check"]
    for serial in serials:
        command += ["--roster", str(l.folder / f"roster{serial}")]
    done = subprocess.run([*command, str(l.folder / f"receipts/{index}.tlog-proof")],
                          capture_output=True, text=True)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done.stdout


def show_receipts_of_all_times():
    """A receipt is judged by the roster of its time, with all rosters given."""
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()

        def receipt():
            body = a.sign([record()])
            answer = l.post(body)
            assert answer.status == 201
            receipt_file(l, body, answer, l.folder / "receipts")
            return answer.value[1]

        old = receipt()
        new = new_key(l)
        hand_over(l, [l.log, new])
        both = receipt()
        l.stop()
        l.configure(ledger__log_key=l.folder / "new-log")
        l.start()
        taken_over = receipt()
        hand_over(l, [new])
        newest = receipt()
        audit(l)
        l.stop()
        for index in (old, both):
            assert "roster 1 lists and the newest one given, 2, does not" in check(l, index, (0, 1, 2))
            assert "newest one given" not in check(l, index, (0, 1))
        for index in (taken_over, newest):
            assert "newest one given" not in check(l, index, (0, 1, 2))
            assert "no signature by a log key" in check(l, index, (0,), expect=1)
        # A key that no roster ever listed is not made good by their number.
        stranger = Key(l.origin, "log")
        path = l.folder / f"receipts/{old}.tlog-proof"
        text = path.read_text()
        proof, checkpoint = text.rsplit(f"{l.origin}\n", 1)
        body = f"{l.origin}\n" + checkpoint[: checkpoint.index("\n\n") + 1]
        path.write_bytes(proof.encode() + fake_ledger.note(body, stranger))
        assert "no signature by a log key" in check(l, old, (0, 1, 2), expect=1)


if __name__ == "__main__":
    run_shows(globals())
