#!/usr/bin/env python3
"""The log's key changes: in three steps as the operator's handbook has it, and never in one. What was
signed with the old key stays good."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import Key, lab, record  # noqa: E402
from restore_lab import VERIFY, audit, receipt_file, refused_start, run_shows, submit  # noqa: E402
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


def show_never_at_once():
    """A swap in one roster is refused, whoever brings it, and so is a key that is not listed yet."""
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()
        submit(l, a)
        new = new_key(l)
        _, swap = l.roster(logs=[new])
        (l.folder / "swap").write_bytes(swap)
        told = l.run("roster", str(l.folder / "swap"), expect=1)
        answer = l.post(l.committee.sign_roster(swap, move=False), "/roster")
        assert (answer.status, answer.code) == (422, "roster")
        for text in (told, answer.value["detail"]):
            assert "a new key takes over while a roster lists both" in text, text
        assert l.get("/roster/1").status == 404
        submit(l, a)
        l.stop()

        l.configure(ledger__log_key=l.folder / "new-log")
        refused_start(l, r"serial 0\) does not list it.*lists both")
        l.configure(ledger__log_key=l.folder / "log")
        l.start()
        hand_over(l, [l.log, new])
        # Nor is the one that signs now left out while it does.
        _, swap = l.roster(logs=[new])
        answer = l.post(l.committee.sign_roster(swap, move=False), "/roster")
        assert (answer.status, answer.code) == (422, "roster")
        l.stop()
        l.configure(ledger__log_key=l.folder / "new-log")
        l.start()
        # The new key has signed nothing yet: the old one's checkpoint counts, and both may start.
        audit(l)
        l.stop()
        l.configure(ledger__log_key=l.folder / "log")
        l.start()
        submit(l, a)
        audit(l)
        l.stop()
        assert "GOOD" in l.run("check")


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
