#!/usr/bin/env python3
"""A ledger that was restored never signs a second history: who is asked, what is taken over, what is
refused, and when submissions are taken again."""

import contextlib
import functools
import http.server
import pathlib
import re
import shutil
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import Key, lab, record  # noqa: E402
from restore_lab import (Story, audit, copy, refused_start, restore, resume, run_shows, served,
                         start_after, submit)  # noqa: E402
import fake_ledger  # noqa: E402


def sources(l, s):
    # From a folder and from a URL; the one that has more decides; one behind is no matter.
    s.lose()
    with served(s.newest_mirror) as url:
        start_after(l, s.old_mirror, s.mirror, url, l.folder / "receipts", l.folder / "witness")
        out = resume(l)
        assert f"with what was taken over there are {s.size}" in out, out
        assert "3 receipts" in out and "Nobody asked knows anything newer" in out
        assert l.get("/latest-checkpoint").body == (l.folder / "witness").read_bytes()
        resume(l, "--nothing-newer")
    submit(l, s.a, 2)
    audit(l)
    for body, answer in s.last:
        again = l.post(body)
        assert again.status == 200 and again.value[1] == answer.value[1]
    l.stop()
    assert "GOOD" in l.run("check")

    # A witness, or a receipt, knows more than any mirror: not live, and said by name.
    for one in ("witness", "receipts", f"receipts/{s.size - 1}.tlog-proof"):
        s.lose()
        start_after(l, s.mirror, l.folder / one)
        out = resume(l, "--nothing-newer", expect=1)
        assert re.search(rf"NEWER: \S*{one}\S* knows a checkpoint of {s.size} ", out), out
        assert l.checkpoint()[0] == s.mirror_size
        assert l.post(s.a.sign([record()], move=False)).status == 503
        l.stop()
        refused_start(l, "restored copy")
    # So does the server's own memory, when it is still there.
    s.lose()
    (l.folder / "data.instance").write_bytes(s.instance)
    start_after(l, s.mirror)
    assert "NEWER: " + str(l.folder / "data.instance") in resume(l, "--nothing-newer", expect=1)
    l.stop()

    # Nobody asked, somebody silent, somebody else's: not live.
    (l.folder / "empty").mkdir()
    for sources, said in (
            ([], "Nobody who was asked"),
            ([s.newest_mirror, "http://127.0.0.1:9"], "NOT ASKED: http://127.0.0.1:9"),
            ([s.newest_mirror, l.folder / "gone"], "NOT ASKED: .*gone"),
            ([s.newest_mirror, l.folder / "empty"], "neither a checkpoint nor a receipt"),
            ([s.newest_mirror, l.folder / "roster0"], "NOT ASKED: .*roster0")):
        s.lose()
        start_after(l, *sources)
        out = resume(l, "--nothing-newer", expect=1)
        assert re.search(said, out), (said, out)
        assert l.post(s.a.sign([record()], move=False)).status == 503
        l.stop()


def tampered(l, mirror, name, change):
    folder = l.folder / name
    shutil.copytree(mirror, folder)
    change(folder)
    return folder


def flip(path, at=-3):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def false_sources(l, s):
    """What a source gives and was not this log's is not taken over; another may have it."""
    stranger = Key(l.origin, "log")
    checkpoint = (s.newest_mirror / "checkpoint").read_text()
    resigned = fake_ledger.note(checkpoint[: checkpoint.index("\n\n") + 1], stranger)
    last = sorted((s.newest_mirror / "tile/entries").glob("001.p/*"))[-1]
    cases = {
        "entry": lambda f: flip(f / "tile/entries/000", 2000),
        "last-entry": lambda f: flip(f / last.relative_to(s.newest_mirror)),
        "tile": lambda f: flip(f / "tile/0/000", 32 * 10),
        "record": lambda f: flip(f / "tile/records/000", 5000),
        "cut": lambda f: (f / "tile/entries/000").write_bytes(
            (f / "tile/entries/000").read_bytes()[:9000]),
        "roster": lambda f: (f / "roster/1").write_bytes((f / "roster/0").read_bytes()),
        "stranger": lambda f: [(f / n).write_bytes(resigned)
                               for n in ("checkpoint", "latest-checkpoint")],
    }
    for name, change in cases.items():
        false = tampered(l, s.newest_mirror, "false-" + name, change)
        s.lose()
        start_after(l, false)
        out = resume(l, "--nothing-newer", expect=1)
        assert "NOT ASKED: " in out, (name, out)
        l.stop()
        assert "GOOD" in l.run("check"), name
        if name in ("entry", "record"):
            # Together with a good one: its own failure is named, all is taken over.
            s.lose()
            start_after(l, false, s.newest_mirror)
            out = resume(l, expect=1)
            assert "NOT ASKED: " + str(false) in out
            assert f"there are {s.size}" in out, (name, out)
            l.stop()


def show_forks():
    """Two histories signed by this log: nothing is chosen, both are kept, the server stops."""
    with lab() as l:
        s = Story(l, more=20)
        # The second history, begun on the word of somebody who did not ask everybody.
        s.lose()
        start_after(l, s.old_mirror)
        resume(l, "--nothing-newer")
        s.rewind(s.at_backup)
        submit(l, s.b, 5)
        early = l.checkpoint()[0]
        l.run("backup", str(l.folder / "fork-early"))
        submit(l, s.b, 35)
        fork = copy(l, "fork")
        size = l.checkpoint()[0]
        assert early < s.mirror_size < size
        l.run("backup", str(l.folder / "fork-backup"))
        l.stop()

        def conflict(backup, *sources):
            s.lose(backup)
            l.folder.joinpath("log.jsonl").write_text("")
            with contextlib.suppress(AssertionError):
                start_after(l, *sources)
            assert l.process is None or (code := l.process.wait(timeout=20)) == 1, code
            if l.process is not None:
                l.process.stdout.close()
            l.process = None
            assert "signed two histories" in l.log_text(), l.log_text()
            kept = list((l.folder / "data").glob("evidence-*.txt"))
            assert len(kept) == 1 and kept[0].read_text().count(f"\n\u2014 {l.origin} ") == 2
            wanted = {"backup": 4, "fork-early": early, "fork-backup": size}[backup]
            assert f"GOOD: {wanted} entries" in l.run("check"), "something was taken over"
            refused_start(l, "restored copy")

        conflict("backup", s.newest_mirror, fork)
        conflict("backup", fork, s.newest_mirror)
        conflict("fork-early", s.newest_mirror)
        conflict("fork-early", l.folder / "witness", fork)
        conflict("fork-backup", s.newest_mirror)
        conflict("fork-backup", l.folder / "receipts")
        conflict("fork-backup", l.folder / "witness", fork)
        conflict("backup", fork, l.folder / "witness")
        # The witness's checkpoint is beyond all; with the entries the contradiction shows.
        with served(s.newest_mirror) as url:
            conflict("fork-backup", url)


def show_lost_records():
    """Entries that only receipts hold are taken over when the operator says so; never silently."""
    with lab() as l:
        s = Story(l, more=10)
        shutil.copytree(s.newest_mirror, l.folder / "no-records")
        shutil.rmtree(l.folder / "no-records/tile/records")
        s.lose()
        start_after(l, l.folder / "no-records")
        assert "its records cannot be read" in resume(l, "--nothing-newer", expect=1)
        l.stop()
        s.lose()
        start_after(l, s.mirror, l.folder / "receipts")
        out = resume(l, "--nothing-newer", expect=1)
        assert f"NOT TAKEN OVER: 1 records of entry {s.mirror_size} are not there" in out
        assert "NEWER: " in out
        l.stop()
        start_after(l, s.mirror, l.folder / "receipts", more=["--without-records"])
        out = resume(l, "--nothing-newer")
        assert "LOST: 3 records" in out and f"there are {s.size}" in out, out
        for body, answer in s.last:
            again = l.post(body)
            assert again.status == 200 and again.value[1] == answer.value[1]
        submit(l, s.b)
        out = audit(l, expect=1)
        assert "record-missing" in out and "root-mismatch" not in out, out
        l.stop()
        assert "GOOD" in l.run("check")
        # A gap that no receipt closes stays one.
        (l.folder / f"receipts/{s.mirror_size + 1}.tlog-proof").unlink()
        s.lose()
        start_after(l, s.mirror, l.folder / "receipts", more=["--without-records"])
        out = resume(l, "--nothing-newer", expect=1)
        assert f"there are {s.mirror_size + 1}" in out and "NEWER: " in out, out
        l.stop()


class Slow(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        time.sleep(0.01)
        with contextlib.suppress(OSError):
            super().do_GET()


def killed_while_taking_over(l, s):
    """Whenever it is killed: a shorter ledger, sound, still marked; the next start goes on."""
    s.lose()
    sizes = set()
    with http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Slow, directory=str(s.newest_mirror))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        try:
            for i in range(60):
                if i >= 12 and len(sizes) > 1:
                    break  # on a busy machine it takes longer until something is taken over
                start_after(l, url)
                time.sleep(0.05 * i)
                l.kill()
                out = l.run("check")
                assert "GOOD" in out
                sizes.add(int(out.split()[1]))
                refused_start(l, "restored copy")
                if i == 8:
                    s.lose()
            start_after(l, url)
            resume(l, "--nothing-newer")
        finally:
            server.shutdown()
            thread.join()
    assert len(sizes) > 1, sizes
    submit(l, s.a)
    audit(l)
    l.stop()
    assert "GOOD" in l.run("check")


def show_new_log_key():
    """The log's key changes by a roster; a backup from before that is restored with the new one."""
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()
        submit(l, a, 2)
        l.run("backup", str(l.folder / "backup"))
        submit(l, a, 260)
        new = Key(l.origin, "log")
        new.write(l.folder / "new-log")
        text, signed = l.roster(logs=[l.log, new])
        (l.folder / "roster1").write_bytes(signed)
        l.run("roster", str(l.folder / "roster1"))
        l.rosters.append((text, signed))
        l.stop()
        l.configure(ledger__log_key=l.folder / "new-log")
        l.start()
        submit(l, a, 2)
        text, signed = l.roster(logs=[new])
        (l.folder / "roster2").write_bytes(signed)
        l.run("roster", str(l.folder / "roster2"))
        l.rosters.append((text, signed))
        submit(l, a, 2)
        audit(l)
        mirror = copy(l, "mirror")
        size = l.checkpoint()[0]
        l.stop()
        l.start()
        l.stop()
        restore(l, l.folder / "backup")
        # Part of it is taken over, signed with a key that only a later roster lists: not shown.
        half = tampered(l, mirror, "half", lambda f: shutil.rmtree(f / "tile/records/001.p"))
        start_after(l, half)
        out = resume(l, expect=1)
        assert "its records cannot be read" in out and "there are 256" in out, out
        assert l.checkpoint()[0] == 3
        l.stop()
        start_after(l, half)
        resume(l, expect=1)
        for path in ("/checkpoint", "/latest-checkpoint", "/tile/0/000.p/3", "/roster/0"):
            assert l.get(path).status == 503, path
        l.stop()
        refused_start(l, "restored copy")
        assert "GOOD: 256 entries" in l.run("check")
        start_after(l, half, mirror)
        assert "NOT ASKED: " in resume(l, expect=1)
        assert l.checkpoint()[0] == size
        l.stop()
        start_after(l, mirror)
        assert f"there are {size}" in resume(l, "--nothing-newer")
        submit(l, a, 2)
        audit(l)
        l.stop()
        l.start()
        l.stop()
        assert "GOOD" in l.run("check")


def show_after_restore():
    with lab() as l:
        s = Story(l)
        sources(l, s)
        false_sources(l, s)
        killed_while_taking_over(l, s)


if __name__ == "__main__":
    run_shows(globals())
