#!/usr/bin/env python3
"""keiin-ledger backup: a copy that is whole, checked and marked; a plain start refuses copies, and
a restored ledger serves reads only."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import LEDGER, lab, record, unpack, wait_until  # noqa: E402
from restore_lab import (audit, copy, refused_start, restore, resume, run_shows,
                         start_after, status_of, submit)  # noqa: E402
import fake_ledger  # noqa: E402


def sound(folder):
    """A finished backup: every file is there and is what its sums say."""
    sums = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    names = {path.name for path in folder.iterdir()}
    assert names == set(sums) | {"SHA256SUMS"}, names
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def show_backup():
    """Made beside a running server or without one; complete, checked, and never written over."""
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        assert "1 entries" in l.run("backup", str(l.folder / "stopped"))
        l.start()
        submit(l, a, 20)
        out = l.run("backup", str(l.folder / "b/"))
        assert "made and checked" in out and "21 entries" in out
        assert str(l.folder / "log") in out and "not in it" in out
        sound(l.folder / "stopped")
        sound(l.folder / "b")
        assert (l.folder / "b/checkpoint").read_bytes() == l.get("/checkpoint").body
        assert (l.folder / "b/roster-0").read_bytes() == (l.folder / "roster0").read_bytes()
        assert (l.folder / "b/keiin-ledger.ini").read_text() == (l.folder / "ledger.ini").read_text()
        for secret in (l.log, l.operator.key):
            needles = [secret.seed, fake_ledger.b64(secret.seed).encode()]
            for path in (l.folder / "b").iterdir():
                assert not any(n in path.read_bytes() for n in needles), "a secret key in a backup"
        before = (l.folder / "b/data.mdb").read_bytes()
        assert "is not overwritten" in l.run("backup", str(l.folder / "b"), expect=1)
        (l.folder / "empty").mkdir()
        assert "is not overwritten" in l.run("backup", str(l.folder / "empty"), expect=1)
        assert (l.folder / "b/data.mdb").read_bytes() == before
        for inside in ("data/b", "data/../data/b"):
            assert "within the data folder" in l.run("backup", str(l.folder / inside), expect=64)
        os.symlink(l.folder / "data", l.folder / "link")
        assert "within the data folder" in l.run("backup", str(l.folder / "link/b"), expect=64)
        l.run("backup", str(l.folder / "not/there/b"), expect=1)
        l.run("backup", expect=64)
        submit(l, a, 2)
        l.stop()
        # Two at once do not get in each other's way; what another left goes.
        (l.folder / "two.partial").mkdir()
        (l.folder / "two.partial/data.mdb").write_bytes(b"rest")
        held = os.open(l.folder / "two.partial", os.O_RDONLY)
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "another backup" in l.run("backup", str(l.folder / "two"), expect=2)
        os.close(held)
        l.run("backup", str(l.folder / "two"))
        sound(l.folder / "two")
        # A store with a wrong record is not backed up as if it were sound.
        data = l.folder / "data/data.mdb"
        good = data.read_bytes()
        data.write_bytes(good.replace(b"\xa6action\xa5query", b"\xa6action\xa5quest"))
        assert "does not fit its entry" in l.run("backup", str(l.folder / "bad"), expect=1)
        assert not list(l.folder.glob("bad*"))
        data.write_bytes(good[: 5 * 4096])
        l.run("backup", str(l.folder / "bad"), expect=1)
        assert not list(l.folder.glob("bad*"))


def show_backup_under_load():
    """What was acknowledged before it began is in it; what it is audits clean."""
    with lab() as l:
        writers = [l.writer(f"w.test/{i}") for i in range(2)]
        l.init()
        l.start()
        acked, stop = [], threading.Event()

        def work(writer):
            with contextlib.closing(l.connect()) as c:
                while not stop.is_set():
                    body = writer.sign([record(**{"x-pad": "p" * 2000})] * 20)
                    answer = c.request("POST", "/records", body,
                                       {"Content-Type": "application/msgpack"})
                    assert answer.status == 201
                    acked.append((body, answer.value[1]))

        threads = [threading.Thread(target=work, args=(w,)) for w in writers]
        for thread in threads:
            thread.start()
        wanted = []
        for i in range(4):
            wait_until(lambda: len(acked) >= 10 * (i + 1))
            wanted.append(list(acked))
            l.run("backup", str(l.folder / f"b{i}"))
        stop.set()
        for thread in threads:
            thread.join()
        l.stop()
        for i, before in enumerate(wanted):
            sound(l.folder / f"b{i}")
            restore(l, l.folder / f"b{i}")
            start_after(l)
            assert l.checkpoint()[0] > max(index for _, index in before)
            for body, index in before[:: max(1, len(before) // 5)]:
                name = hashlib.sha256(next(w.name for w in writers if w.key.hash == unpack(body)[1])
                                      .encode()).hexdigest()
                answer = l.get(f"/writers/{name}/{unpack(body)[2]}")
                assert answer.value[1] == index
            shutil.rmtree(l.folder / "verdicts", ignore_errors=True)
            audit(l)
            resume(l, expect=1)
            l.stop(expect=None)
            assert "GOOD" in l.run("check")


def show_backup_killed():
    """Whenever it is killed: no folder of that name, or a whole one; the server does not mind."""
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()
        for _ in range(20):
            assert l.post(a.sign([record(**{"x-pad": "p" * 50000})] * 20)).status == 201
        whole = 0
        for i in range(24):
            folder = l.folder / f"k{i % 3}"
            process = subprocess.Popen([LEDGER, "backup", "--config", str(l.folder / "ledger.ini"),
                                        str(folder)], stdout=subprocess.DEVNULL,
                                       start_new_session=True)
            time.sleep(0.004 * i)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if folder.exists():
                sound(folder)
                shutil.rmtree(folder)
                whole += 1
        assert whole < 24, "none was killed in time"
        submit(l, a)
        l.run("backup", str(l.folder / "k0"))
        sound(l.folder / "k0")
        assert not (l.folder / "k0.partial").exists()
        l.stop()
        assert "GOOD" in l.run("check")


def show_copies_refused():
    """A plain start knows an old data folder, however it came back."""
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        data, instance = l.folder / "data/data.mdb", l.folder / "data.instance"
        l.start()
        submit(l, a, 5)
        early = data.read_bytes()  # of the very same run: nobody writes at this moment
        submit(l, a, 5)
        l.run("backup", str(l.folder / "b"))
        l.stop()
        kept = instance.read_bytes()

        def copied(what, said, with_instance=None):
            newest = data.read_bytes()
            data.write_bytes(what)
            if with_instance is None:
                instance.unlink()
            else:
                instance.write_bytes(with_instance)
            refused_start(l, said)
            refused_start(l, said)  # looking has changed nothing
            data.write_bytes(newest)
            instance.write_bytes(kept)

        marked = (l.folder / "b/data.mdb").read_bytes()
        copied(marked, "restored copy .20..-.*11 entries.*--after-restore", kept)
        copied(marked, "restored copy")
        copied(early, "6 entries, and this ledger has signed 11", kept)
        copied(data.read_bytes(), "instance file .*data.instance is not there")
        copied(data.read_bytes(), "not an instance file", kept[:50])
        before = data.read_bytes()
        l.start()
        l.stop()
        kept = instance.read_bytes()
        copied(before, "not the one that was in use last.*older copy", kept)
        # Another history of the same size, with this one's token.
        other = (l.folder / "data.instance").read_text().split("\n")
        forged = fake_ledger.note(f"{l.origin}\n7\n{fake_ledger.b64(bytes(32))}\n", l.log).decode()
        copied(data.read_bytes(), "another history", "\n".join(other[:4] + [forged]).encode())
        # The same data folder is not begun a second time.
        os.rename(l.folder / "data", l.folder / "away")
        out = l.run("init", "--roster", str(l.folder / "roster0"), expect=1)
        assert "ran here and signed 11 entries" in out
        os.rename(l.folder / "away", l.folder / "data")
        l.start()
        submit(l, a)
        l.kill()  # nothing of it is lost on those who do not stop in order
        l.start()
        submit(l, a)
        l.stop()


def show_reads_only():
    with lab(settings={"http__status_listen": "127.0.0.1:0", "commit__heartbeat_interval_s": 1}) as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()
        first = a.sign([record()])
        assert l.post(first).status == 201
        l.run("backup", str(l.folder / "b"))
        mirror = copy(l, "m")
        l.stop()
        restore(l, l.folder / "b")
        start_after(l, mirror)
        status = [e["detail"] for e in l.log_events() if e["event"] == "status-ready"][-1]
        size = l.checkpoint()[0]
        text, signed = l.roster(writers=l.writers)
        (l.folder / "roster1").write_bytes(signed)
        for wait_s in (0, 1.2):  # the second time longer than a heartbeat's interval
            time.sleep(wait_s)
            for body, path in ((a.sign([record()], move=False), "/records"), (first, "/records"),
                               (l.committee.sign_roster(signed, move=False), "/roster")):
                answer = l.post(body, path)
                assert (answer.status, answer.code) == (503, "busy") and \
                    int(answer.headers["retry-after"]) >= 1
                assert "restored" in answer.value["detail"]
            assert "restored" in l.run("roster", str(l.folder / "roster1"), expect=1)
            with contextlib.suppress(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://{status}/healthz")
                raise AssertionError("it is not well")
            try:
                urllib.request.urlopen(f"http://{status}/healthz")
            except urllib.error.HTTPError as error:
                assert error.code == 503 and b"restored from a copy" in error.read()
            metrics = urllib.request.urlopen(f"http://{status}/metrics").read().decode()
            assert "\nkeiin_reads_only 1\n" in metrics
            audit(l)
            assert l.checkpoint()[0] == size, "something was appended"
            resume(l)  # asking for the report alone changes nothing
        assert not [e for e in l.log_events() if e["event"] == "heartbeat-failed"]
        # Stopped meanwhile, it is still a restored copy.
        l.stop()
        refused_start(l, "restored copy")
        start_after(l, mirror)
        assert "takes records again" in resume(l, "--nothing-newer")
        answer = l.post(first)
        assert answer.status == 200, "what was there is known again"
        submit(l, a, 2)
        assert urllib.request.urlopen(f"http://{status_of(l)}/healthz").read() == b"ok\n"
        wait_until(lambda: l.checkpoint()[0] > size + 3)  # heartbeats go on
        records = l.get(f"/tile/records/000.p/{l.checkpoint()[0]}").body
        assert b"\xa8incident" in records and b"restored from a copy of" in records
        assert "takes records again" in resume(l, "--nothing-newer"), "once more does no harm"
        audit(l)
        l.stop()
        l.start()
        assert "not started with --after-restore" in resume(l, expect=1)
        submit(l, a)
        l.stop()
        resume(l, expect=2)
        assert "GOOD" in l.run("check")
        for arguments in (["--from", "x"], ["--without-records"]):
            refused_start(l, "only with --after-restore", *arguments, expect=64)


if __name__ == "__main__":
    run_shows(globals())
