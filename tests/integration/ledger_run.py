#!/usr/bin/env python3
"""keiin-ledger as a process: configuration, init, start and stop, what it refuses to start
with, full maps and disks, the status listener, heartbeats, systemd's notification, who is
heard at its control socket."""

import contextlib
import os
import pathlib
import re
import socket
import subprocess
import sys
import threading
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import LEDGER, SRC, Key, check_body, pack, lab, record, sha256, unpack, wait_until  # noqa: E402


def show_configuration():
    with lab() as l:
        l.configure()
        ini = l.folder / "ledger.ini"
        good = ini.read_text()
        assert "good" in l.run("check-config")
        for change, said in (
                (("listen = 127.0.0.1:0", "listen = 0.0.0.0:7380"), "not a loopback address"),
                (("listen = 127.0.0.1:0", "listen = 127.0.0.1"), "no address"),
                (("[http]", "[htpp]"), "unknown section [htpp]"),
                (("prefix", "prefx"), 'line 8: unknown key "prefx"'),
                (("origin", "#"), "origin in [ledger] must be given"),
                (("[http]", "[limits]\nworkers = 0\n[http]"), "workers is a number from 1 to"),
                (("[http]", "[limits]\nworkers = 2\nworkers = 2\n[http]"), "a second time"),
                (("[http]", "[limits]\nmemory_bytes_max = 99999999\n[http]"), "add up to"),
                (("[http]", "nonsense\n[http]"), "line 6:"),
                (("[http]", "data = " + "x" * 300 + "\n[http]"), "longer than")):
            assert change[0] in good
            ini.write_text(good.replace(*change, 1))
            out = l.run("check-config", expect=64)
            assert said in out, (said, out)
        ini.write_text(good.replace("origin", "orgin").replace("listen", "listn"))
        out = l.run("check-config", expect=64)
        assert out.count("unknown key") == 2, "every error is said"
        example = SRC / "packaging/keiin-ledger.ini"
        subprocess.run([LEDGER, "check-config", "--config", str(example)], check=True,
                       stdout=subprocess.DEVNULL)
        for arguments in ([], ["frobnicate"], ["run"], ["run", "--config"], ["run", "--confg", "x"],
                          ["init", "--config", str(ini)], ["check", "--config", str(ini), "more"]):
            done = subprocess.run([LEDGER, *arguments], capture_output=True)
            assert done.returncode == 64, arguments
            assert done.stderr.count(b"\n") == 1 or arguments[-1:] == [str(ini)], done.stderr
        for arguments in (["--help"], ["--version"], ["run", "--help"]):
            assert subprocess.run([LEDGER, *arguments], capture_output=True).returncode == 0


def show_init():
    with lab() as l:
        l.configure()

        def refused(roster, said, expect=None):
            (l.folder / "r").write_bytes(roster[1])
            done = subprocess.run([LEDGER, "init", "--config", str(l.folder / "ledger.ini"),
                                   "--roster", str(l.folder / "r")], capture_output=True)
            text = done.stderr.decode()
            assert done.returncode not in (0, 70) and said in text, (done.returncode, text)
            assert not (l.folder / "data/data.mdb").exists()

        witness = Key("witness.test/w", "witness")
        import base64
        vkey = (f"witness.test/w+{sha256(b'witness.test/w' + bytes([10, 4]) + witness.public)[:4].hex()}+"
                + base64.b64encode(b"\x04" + witness.public).decode())
        refused(l.roster(quorum=vkey), "quorum")
        refused(l.roster(serial=1), "serial")
        refused(l.roster(signers=l.roots[:1]), "roots")
        refused(l.roster(logs=[Key(l.origin, "log")]), "log_key")
        refused(l.roster(writers=[l.committee]), "operator_key")
        done = subprocess.run([LEDGER, "run", "--config", str(l.folder / "ledger.ini")],
                              capture_output=True)
        assert done.returncode == 2 and b"init" in done.stderr, "run never creates"
        assert not (l.folder / "data").exists()
        l.init()
        before = (l.folder / "data/data.mdb").read_bytes()
        assert "not overwritten" in l.run("init", "--roster", str(l.folder / "roster0"), expect=1)
        assert (l.folder / "data/data.mdb").read_bytes() == before
        assert (l.folder / "data").stat().st_mode & 0o777 == 0o700
        assert (l.folder / "data/data.mdb").stat().st_mode & 0o777 == 0o600


def not_starting(l, said):
    """One line says what is wrong; it never gets ready. Exit code is not 0 and not a signal's."""
    done = subprocess.run([LEDGER, "run", "--config", str(l.folder / "ledger.ini")],
                          capture_output=True, timeout=30)
    text = done.stderr.decode()
    assert done.returncode in (1, 2, 64) and done.stdout == b"", (done.returncode, text)
    assert text.count("\n") == 1 and re.search(said, text), (said, text)


def show_refused_starts():
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()
        for _ in range(300):
            assert l.post(a.sign([record()])).status == 201
        not_starting(l, "another keiin-ledger")
        l.run("check", expect=2)
        l.stop()
        saved = (l.folder / "ledger.ini").read_text()

        other = Key("other.test/o", "log")
        other.write(l.folder / "other")
        (l.folder / "ledger.ini").write_text(saved.replace(str(l.folder / "log"), str(l.folder / "other")))
        not_starting(l, "origin")
        (l.folder / "ledger.ini").write_text(
            saved.replace(str(l.folder / "log"), str(l.folder / "other"))
            .replace(f"origin = {l.origin}", "origin = other.test/o"))
        not_starting(l, "is of the ledger .ledger.test/lab")
        second = Key(l.origin, "log")
        second.write(l.folder / "second")
        (l.folder / "ledger.ini").write_text(saved.replace(str(l.folder / "log"), str(l.folder / "second")))
        not_starting(l, "log_key did not sign")
        (l.folder / "ledger.ini").write_text(saved)

        data = l.folder / "data/data.mdb"
        sound = data.read_bytes()

        def damaged(change, said="restore|damaged|end-of-file|Invalid"):
            data.write_bytes(change)
            not_starting(l, said)
            out = subprocess.run([LEDGER, "check", "--config", str(l.folder / "ledger.ini")],
                                 capture_output=True, timeout=60)
            assert out.returncode in (1, 2), out
            data.write_bytes(sound)

        damaged(sound[: 1 << 16])
        damaged(sound[:5000])
        damaged(b"")
        damaged(bytes(8192) + sound[8192:])
        # The newest entry, a digest in it, a record of it, the checkpoint: each one byte.
        entry = last_entry_bytes(l, a, sound)
        sound = data.read_bytes()  # each start leaves its token in the store
        for needle in entry:
            # Wherever it stands: an older copy of its page may still be in the file.
            assert needle in sound
            damaged(sound.replace(needle, needle[:4] + bytes([needle[4] ^ 1]) + needle[5:]))
        # Every page in turn, all its bytes: never ready with a wrong state, never a crash.
        started = 0
        used = len(sound.rstrip(b"\0")) // 4096 + 1  # what comes after was made ready for later
        for page in range(2, used):
            data.write_bytes(sound[: page * 4096] + bytes([0xA5]) * 4096 + sound[page * 4096 + 4096 :])
            done = subprocess.run([LEDGER, "check", "--config", str(l.folder / "ledger.ini")],
                                  capture_output=True, timeout=60)
            assert done.returncode in (0, 1, 2), (page, done)
            started += done.returncode == 0
        assert started < used // 2, "most pages hold something"
        data.write_bytes(sound)
        os.rename(data, l.folder / "away")
        not_starting(l, "No such file|init")
        os.rename(l.folder / "away", data)
        l.start()
        assert l.post(a.sign([record()])).status == 201
        l.stop()


def last_entry_bytes(l, a, sound):
    """Pieces of the newest entry, its record and the checkpoint, as they stand in the file."""
    l.start()
    size = l.checkpoint()[0]
    bundle = l.get(f"/tile/entries/00{(size - 1) // 256}.p/{size % 256}").body
    records = l.get(f"/tile/records/00{(size - 1) // 256}.p/{size % 256}").body
    checkpoint = l.get("/checkpoint").body
    leaf = l.get(f"/tile/0/00{(size - 1) // 256}.p/{size % 256}").body[-32:]
    l.stop()
    at, entry = 0, b""
    while at < len(bundle):
        entry = bundle[at + 2 : at + 2 + int.from_bytes(bundle[at : at + 2], "big")]
        at += 2 + len(entry)
    # The entry's beginning is its time, which nothing covers but its leaf in the tree.
    return [entry[:40], bundle[-60:], records[-60:], checkpoint[20:90], leaf]


def show_full_map():
    with lab(settings={"limits__map_bytes_max": 4 << 20}) as l:
        a, b = l.writer("a.test/a"), l.writer("b.test/b")
        l.init()
        l.start()
        acked, full = [], 0
        pad = {"x-pad": "p" * 20000}
        for _ in range(400):
            body = a.sign([record(**pad)], move=False)
            answer = l.post(body)
            if answer.status == 507:
                assert answer.code == "full"
                full += 1
                # Reads go on, and what is there is still answered for.
                assert l.get("/checkpoint").status == 200
                again = l.post(acked[-1][0])
                assert again.status == 200 and again.value[1] == acked[-1][1]
                wrong = l.post(a.sign([record()], number=a.number + 9, move=False))
                assert (wrong.status, wrong.code) == (409, "number")
                if full == 5:
                    break
                continue
            assert answer.status == 201
            a.sign([unpack(body)[4][0]])
            acked.append((body, answer.value[1]))
        assert full == 5 and len(acked) > 50
        l.stop()
        assert "GOOD" in l.run("check")
        l.configure(limits__map_bytes_max=64 << 20)
        l.start()
        for body, index in acked:
            again = l.post(body)
            assert again.status == 200 and again.value[1] == index
        assert l.post(a.sign([record(**pad)])).status == 201
        assert l.post(b.sign([record()])).status == 201
        l.stop()
        assert "GOOD" in l.run("check")


def show_full_disk():
    """A disk of its own; only root can mount one."""
    with lab() as l:
        a = l.writer("a.test/a")
        disk = l.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)],
                                 capture_output=True)
        if mounted.returncode != 0:
            print("full disk: skipped, no file system can be mounted here")
            return
        try:
            l.settings["ledger__data"] = disk / "data"
            l.init()
            l.start()
            (disk / "ballast").write_bytes(bytes(14 << 20))
            acked, full = 0, 0
            pad = {"x-pad": "p" * 50000}
            while full < 3:
                body = a.sign([record(**pad)], move=False)
                answer = l.post(body)
                full += answer.status == 507
                if answer.status == 201:
                    a.sign([unpack(body)[4][0]])
                    acked += 1
                else:
                    assert (answer.status, answer.code) == (507, "full"), answer.body
                    assert l.get("/checkpoint").status == 200
            (disk / "ballast").unlink()
            assert l.post(a.sign([record(**pad)])).status == 201, "there is space again"
            assert l.checkpoint()[0] == acked + 2
            l.stop()
            assert "GOOD" in l.run("check")
        finally:
            if l.process is not None:
                l.kill()
            subprocess.run(["umount", str(disk)], check=True)


def show_stop():
    """SIGTERM with work under way: every answer that was due comes, then the process ends."""
    with lab() as l:
        writers = [l.writer(f"w.test/{i}") for i in range(8)]
        l.init()
        l.start()
        acked, unsure, stop = [], [], threading.Event()

        def work(writer):
            try:
                with contextlib.closing(l.connect()) as c:
                    while not stop.is_set():
                        body = writer.sign([record()] * 50)
                        unsure.append(body)
                        answer = c.request("POST", "/records", body,
                                           {"Content-Type": "application/msgpack"})
                        if answer.status == 503:
                            return
                        assert answer.status == 201
                        acked.append((body, answer.value[1]))
            except (ConnectionError, OSError):
                return

        threads = [threading.Thread(target=work, args=(w,)) for w in writers]
        for thread in threads:
            thread.start()
        time.sleep(1)
        start = time.monotonic()
        l.stop()
        assert time.monotonic() - start < 5
        stop.set()
        for thread in threads:
            thread.join()
        assert acked
        l.start()
        for body, index in acked:
            answer = l.post(body)
            assert answer.status == 200 and answer.value[1] == index
            check_body(l, body, answer)
        l.stop()


def show_status_and_heartbeat():
    with lab(settings={"http__status_listen": "127.0.0.1:0", "commit__heartbeat_interval_s": 1}) as l:
        l.init()
        path = str(l.folder / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(10)
            os.environ["NOTIFY_SOCKET"] = path
            try:
                l.start()
            finally:
                del os.environ["NOTIFY_SOCKET"]
            assert notify.recv(100) == b"READY=1"
            status = next(e["detail"] for e in l.log_events() if e["event"] == "status-ready")
            assert urllib.request.urlopen(f"http://{status}/healthz").read() == b"ok\n"
            wait_until(lambda: l.checkpoint()[0] >= 3)
            metrics = urllib.request.urlopen(f"http://{status}/metrics").read().decode()
            assert re.search(r"^keiin_entries [3-9]$", metrics, re.M), metrics
            assert re.search(r'^keiin_answers_total\{code="stored"\} [2-9]$', metrics, re.M)
            records = l.get("/tile/records/000.p/3").body
            assert b"\xa6action\xa9heartbeat" in records and b"checkpoint" in records
            l.stop()
            assert notify.recv(100) == b"STOPPING=1"
        for event in l.log_events():
            assert set(event) == {"time", "level", "event", "detail"}, event
        assert "GOOD" in l.run("check")
        l.configure(commit__heartbeat_interval_s=0)
        l.start()
        size = l.checkpoint()[0]
        time.sleep(1.5)
        assert l.checkpoint()[0] == size
        l.stop()


def show_quota():
    with lab(settings={"limits__quota_submissions_per_s": 5}) as l:
        a, b = l.writer("a.test/a"), l.writer("b.test/b")
        l.init()
        l.start()
        # What a writer did not sign is not charged to it.
        for _ in range(20):
            bad = unpack(a.sign([record()], move=False))
            assert l.post(pack(bad[:-1] + [bytes(64)])).status == 403
        statuses = []
        for _ in range(12):
            body = a.sign([record()], move=False)
            answer = l.post(body)
            statuses.append(answer.status)
            if answer.status == 201:
                a.sign([unpack(body)[4][0]])
            else:
                assert (answer.status, answer.code) == (429, "busy")
                assert int(answer.headers["retry-after"]) >= 1
        assert 201 in statuses and 429 in statuses, statuses
        assert l.post(b.sign([record()])).status == 201, "another writer is not held back"
        time.sleep(1.1)
        assert l.post(a.sign([record()])).status == 201
        l.stop()


def large(writer):
    """A submission of about a megabyte, in sealed parts."""
    parts = [os.urandom(60000) for _ in range(18)]
    body = unpack(writer.sign([record(sealed=sha256(part)) for part in parts]))
    body[5] = parts
    return pack(body)


def show_reserve():
    """What agencies send at once leaves room for the committee."""
    with lab(settings={"http__status_listen": "127.0.0.1:0", "limits__inflight_bytes_max": 4 << 20,
                       "limits__reserve_percent": 50}) as l:
        a, b = l.writer("a.test/a"), l.writer("b.test/b")
        l.init()
        l.start()
        status = next(e["detail"] for e in l.log_events() if e["event"] == "status-ready")

        def arrived():
            metrics = urllib.request.urlopen(f"http://{status}/metrics").read().decode()
            return int(re.search(r"^keiin_body_bytes_total (\d+)$", metrics, re.M).group(1))

        with contextlib.closing(l.connect()) as slow:
            first, second = large(a), large(b)
            slow.send(b"POST /records HTTP/1.1\r\nHost: ledger.test\r\nContent-Type: application/msgpack"
                      b"\r\nContent-Length: %d\r\n\r\n" % len(first) + first[:-1])
            wait_until(lambda: arrived() == len(first) - 1)
            answer = l.post(second)
            assert (answer.status, answer.code) == (503, "busy"), answer.status
            assert l.post(large(l.committee)).status == 201
            slow.send(first[-1:])
            assert slow.receive().status == 201
        assert l.post(second).status == 201


def ask_control(path):
    """What the control socket answers to a question that changes nothing; empty where nothing."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(str(path))
        with contextlib.suppress(ConnectionError):
            s.sendall(b"keiin/resume/v1 report\n")
            s.shutdown(socket.SHUT_WR)
            return s.recv(100)
    return b""


STRANGER = 65534  # nobody's account
FATES = ("no verdict", "answered", "turned away", "kept out", "no stranger")


def become_stranger():
    try:
        os.setgroups([])
        os.setgid(STRANGER)
        os.setuid(STRANGER)
    except OSError:
        return False
    return True


def fate_of_stranger(path):
    """What becomes of another account that asks, in a child that tells by its exit status."""
    child = os.fork()
    if child == 0:
        fate = "no stranger"
        try:
            if become_stranger():
                fate = "no verdict"
                fate = "answered" if ask_control(path) else "turned away"
        except PermissionError:
            fate = "kept out"
        finally:
            os._exit(FATES.index(fate))
    return FATES[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]


def show_control():
    """The control socket is the operator's: its mode says so, and the account is asked too."""
    with lab() as l:
        l.init()
        l.start()
        path = l.folder / "data/control.sock"
        assert path.stat().st_mode & 0o777 == 0o600, oct(path.stat().st_mode)
        assert ask_control(path) == b"404", "its own account is heard"
        # The mode alone keeps a stranger out, and where it was changed the account does.
        l.folder.chmod(0o711)
        path.parent.chmod(0o711)
        fate = fate_of_stranger(path)
        if fate == "no stranger":
            print("not root: no other account asks the control socket", file=sys.stderr)
        else:
            assert fate == "kept out", fate
            path.chmod(0o666)
            fate = fate_of_stranger(path)
            assert fate == "turned away", fate
        assert ask_control(path) == b"404"
        l.stop()


def main():
    show_configuration()
    show_init()
    show_refused_starts()
    show_full_map()
    show_full_disk()
    show_stop()
    show_status_and_heartbeat()
    show_quota()
    show_reserve()
    show_control()


main()
