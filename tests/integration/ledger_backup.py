#!/usr/bin/env python3
"""A ledger that was restored never signs a second history: the backup and its mark, what a plain
start refuses, what is asked and taken over after a restore, and when submissions are taken again."""

import contextlib
import fcntl
import functools
import hashlib
import http.server
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import BIN, LEDGER, Key, check_body, lab, pack, record, sha256, unpack, wait_until  # noqa: E402
import fake_ledger  # noqa: E402

VERIFY, CLIENT = str(BIN / "keiin-verify"), str(BIN / "keiin-client")


def copy(l, name):
    """A mirror of the running ledger, as keiin-verify makes it."""
    subprocess.run([VERIFY, "copy", l.url, str(l.folder / name)], check=True,
                   stdout=subprocess.DEVNULL)
    return l.folder / name


def audit(l, source=None, expect=0):
    done = subprocess.run([VERIFY, "audit", "--roster", str(l.folder / "roster0"), "--state",
                           str(l.folder / "verdicts"), str(source or l.url)], capture_output=True,
                          text=True)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def restore(l, backup):
    """The data folder as the handbook restores it: from the backup, the old one put aside."""
    shutil.rmtree(l.folder / "data")
    (l.folder / "data").mkdir(mode=0o700)
    shutil.copy(backup / "data.mdb", l.folder / "data/data.mdb")
    (l.folder / "data.instance").unlink(missing_ok=True)


def refused_start(l, said, *arguments, expect=1):
    done = subprocess.run([LEDGER, "run", "--config", str(l.folder / "ledger.ini"), *arguments],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == expect and done.stdout == "", (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1 and re.search(said, done.stderr), (said, done.stderr)


def start_after(l, *sources, more=()):
    """run --after-restore, and the report once everybody was asked."""
    arguments = ["--after-restore", *more]
    for source in sources:
        arguments += ["--from", str(source)]
    l.start(arguments=arguments)


def resume(l, *arguments, expect=0, wait=True):
    until = time.monotonic() + 20
    while True:
        done = subprocess.run([LEDGER, "resume", "--config", str(l.folder / "ledger.ini"), *arguments],
                              capture_output=True, text=True, timeout=60)
        if not wait or "Still asking" not in done.stdout or time.monotonic() > until:
            break
        time.sleep(0.02)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def submit(l, writer, count=1, **fields):
    answers = []
    for _ in range(count):
        answers.append(l.post(writer.sign([record(**fields)])))
        assert answers[-1].status == 201, answers[-1].body
    return answers


def receipt_file(l, body, answer, folder):
    """What keiin-client keeps of an answer."""
    entry = check_body(l, body, answer)
    _, index, _, _, proof, checkpoint = answer.value[:6]
    text = "c2sp.org/tlog-proof@v1\n" + "extra " + fake_ledger.b64(pack([entry])) + f"\nindex {index}\n"
    text += "".join(fake_ledger.b64(h) + "\n" for h in proof) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{index}.tlog-proof").write_bytes(text.encode() + checkpoint)


@contextlib.contextmanager
def served(folder):
    """A folder as a mirror's web server gives it."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass
    with http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


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


def status_of(l):
    return [e["detail"] for e in l.log_events() if e["event"] == "status-ready"][-1]


class Story:
    """A ledger with a backup, what came after it, a mirror of that, receipts; and then the loss."""

    def __init__(self, l, more=300):
        self.l = l
        self.a, self.b = l.writer("a.test/a"), l.writer("b.test/b")
        l.init()
        l.start()
        submit(l, self.a, 3)
        self.old_mirror = copy(l, "old-mirror")
        l.run("backup", str(l.folder / "backup"))
        self.at_backup = self.heads()
        text, signed = l.roster()
        answer = l.post(l.committee.sign_roster(signed), "/roster")
        assert answer.status == 201
        l.rosters.append((text, signed))
        with contextlib.closing(l.connect()) as c:
            for _ in range(more // 2):
                for w in (self.a, self.b):
                    body = w.sign([record("z")] * 2)
                    assert c.request("POST", "/records", body, {
                        "Content-Type": "application/msgpack"}).status == 201
        self.mirror = copy(l, "mirror")
        self.mirror_size = l.checkpoint()[0]
        self.last = []
        for _ in range(3):
            body = self.b.sign([record("last")])
            self.last.append((body, l.post(body)))
            receipt_file(l, body, self.last[-1][1], l.folder / "receipts")
        self.size = l.checkpoint()[0]
        (l.folder / "witness").write_bytes(l.get("/checkpoint").body)
        self.newest_mirror = copy(l, "newest-mirror")
        l.stop()
        self.instance = (l.folder / "data.instance").read_bytes()
        self.at_loss = self.heads()

    def heads(self):
        return [(w, w.number, w.current()) for w in self.l.writers]

    def lose(self, backup="backup"):
        """All is again as it was when the disk was lost, and the backup is in place."""
        restore(self.l, self.l.folder / backup)
        self.rewind(self.at_loss)
        shutil.rmtree(self.l.folder / "verdicts", ignore_errors=True)

    def rewind(self, heads):
        for writer, number, head in heads:
            writer.number, writer.head = number, head


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
            for i in range(12):
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


def main():
    shows = [value for name, value in globals().items() if name.startswith("show_")]
    for show in shows:
        if len(sys.argv) < 2 or sys.argv[1] in show.__name__:
            start = time.monotonic()
            show()
            print(f"{show.__name__}: {time.monotonic() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
