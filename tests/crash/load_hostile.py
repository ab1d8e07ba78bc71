#!/usr/bin/env python3
"""Clients that mean no good beside 64 writers: 1,000 that say nothing, 200 that send a byte a
second, 64 that never read. The writers keep their rate, private memory its bound; who is
too slow is cut, descriptors run out without harm, and afterwards everything is as before."""

import contextlib
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from hostile import BODY_BYTES_MAX, POST_HEAD, Hostile  # noqa: E402
from ledger_lab import BIN, lab, pack, record, unpack, wait_until  # noqa: E402

LOAD, VERIFY = str(BIN / "tests/bench/load"), str(BIN / "keiin-verify")
LONG = "KEIIN_LONG" in os.environ
WRITERS = 64
ROUNDS = 10 if LONG else 3
WINDOW_S = 0.8
RATIO_MIN = 0.7
GROWTH_KIB_MAX = 24 * 1024


def rss_anon_kib(l):
    status = pathlib.Path(f"/proc/{l.process.pid}/status").read_text()
    return int(re.search(r"RssAnon:\s+(\d+)", status).group(1))


def cpu_s(l):
    fields = pathlib.Path(f"/proc/{l.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors(l):
    return len(os.listdir(f"/proc/{l.process.pid}/fd"))


class Memory(threading.Thread):
    """The most private memory that the server was seen to have, until the block ends."""

    def __init__(self, l):
        super().__init__(daemon=True)
        self.l, self.over, self.most_kib = l, threading.Event(), 0

    def run(self):
        while not self.over.wait(0.02):
            self.most_kib = max(self.most_kib, rss_anon_kib(self.l))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *exception):
        self.over.set()
        self.join()


class Good:
    """The good ones at work, for so long at most: none of them is cut or refused."""

    def __init__(self, l, seconds, writers=WRITERS, rate_max=16000):
        keys = [str(l.folder / f"writer-{i}") for i in range(writers)]
        self.process = subprocess.Popen(
            [LOAD, "--url", l.url, "--roster", str(l.folder / "roster0"), "--seconds",
             str(seconds), "--records", "1", "--threads", "2", "--requests", str(seconds * rate_max // writers),
             "--every-ms", "20", *keys], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.moments, self.result = [], None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if "acked" in said and "at_ns" in said:
                self.moments.append((said["at_ns"] / 1e9, said["acked"]))
            else:
                self.result = said

    def at_work(self):
        wait_until(lambda: self.moments or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.process.stderr.read()

    def rate(self, seconds):
        """Records a second from now on."""
        start = time.monotonic()
        time.sleep(seconds)
        inside = [m for m in self.moments if m[0] >= start]
        assert self.process.poll() in (None, 0), self.process.stderr.read()
        if self.process.poll() == 0 or len(inside) < 5:
            return None  # it had no more to send
        return (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0])

    def end(self, kill=False):
        if kill:
            self.process.kill()
        status = self.process.wait(120)
        self.reader.join()
        assert kill or status == 0, f"a good one was cut: {self.process.stderr.read()}"
        assert kill or self.result["refused"] == 0, self.result
        self.process.stdout.close()
        self.process.stderr.close()


def good(l, seconds=1, writers=WRITERS):
    worker = Good(l, seconds, writers)
    worker.end()
    return worker.result["records_per_s"]


def made(l):
    """64 writers with key files, and a first bundle of records that is worth asking for."""
    for i in range(WRITERS):
        l.writer(f"w.test/{i}").key.write(l.folder / f"writer-{i}")
    filler = l.writer("filler.test/f")
    l.init()
    l.start()
    with contextlib.closing(l.connect()) as c:
        for _ in range(256):
            assert c.request("POST", "/records", filler.sign([record("x" * 180, **{"x-pad": "y" * 8000})]),
                             {"Content-Type": "application/msgpack"}).status == 201
    return filler


def the_crowd(l):
    crowd = Hostile(l.host, l.port)
    crowd.idle(900)
    crowd.half_header(100)
    crowd.drip_header(100)
    crowd.drip_body(100)
    crowd.never_read(32, "/tile/records/000")
    crowd.never_read(32, "/tile/0/000", 200)
    return crowd


def audit(l):
    done = subprocess.run([VERIFY, "audit", "--json", "--roster", l.folder / "roster0", l.url],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["entries"]


def show_rate():
    """In turns alone and beside the crowd; what is compared was measured a moment apart."""
    with lab() as l:
        made(l)
        calm, ratios, after_kib = descriptors(l), [], []
        worker = Good(l, 5 * (ROUNDS + 4), rate_max=5000)
        worker.at_work()
        worker.rate(WINDOW_S)  # warm
        alone = worker.rate(WINDOW_S)
        while len(ratios) < ROUNDS or (statistics.median(ratios) < RATIO_MIN and
                                       len(ratios) < ROUNDS + 4):
            with Memory(l) as memory, the_crowd(l) as crowd:
                beside = worker.rate(2 * WINDOW_S)
                assert crowd.present() > 900, crowd.present()
            assert memory.most_kib < 256 * 1024, memory.most_kib
            wait_until(lambda: descriptors(l) <= calm + WRITERS)
            after_kib.append(rss_anon_kib(l))
            before, alone = alone, worker.rate(WINDOW_S)
            if beside is None or alone is None:
                break
            ratios.append(2 * beside / (before + alone))
            print(f"alone {before:.0f} and {alone:.0f}, beside the crowd {beside:.0f} records/s, "
                  f"{crowd.cuts} cut, at most {memory.most_kib} KiB, then {after_kib[-1]} KiB",
                  flush=True)
        worker.end(kill=True)
        with the_crowd(l):
            good(l)  # who has yet to come gets in, too
        wait_until(lambda: descriptors(l) <= calm)
        assert len(ratios) >= 2 and statistics.median(ratios) >= RATIO_MIN, ratios
        assert after_kib[-1] - after_kib[0] < GROWTH_KIB_MAX, after_kib
        print(f"{audit(l)} entries audited, ratio {statistics.median(ratios):.2f}")
        l.stop()


def show_cut():
    """Who is slow is cut, though nobody needs the place: no timeout of whole requests helps."""
    with lab(settings={"http__request_timeout_s": 300, "http__idle_timeout_s": 300}) as l:
        made(l)
        calm = descriptors(l)
        slow = Hostile(l.host, l.port, comes_back=False)
        slow.drip_body(20)
        slow.promise(20)
        slow.never_read(20, "/tile/records/000")
        slow.never_read(20, "/tile/0/000", 500)
        with slow, contextlib.closing(l.connect()) as idle:
            idle.send(b"GET /checkpoint HTTP/1.1\r\nHost: x\r\n\r\n")
            assert slow.present() == 80
            wait_until(lambda: slow.present() == 0, 30)
            # Idle, and not slow.
            assert idle.receive().status == 200
            assert idle.request("GET", "/checkpoint").status == 200
            wait_until(lambda: descriptors(l) <= calm + 1)
        l.stop()


def show_stalled_bodies(l, filler):
    """Bodies that are announced take no room, those that stop in the middle take none for long."""
    announced = Hostile(l.host, l.port, comes_back=False)
    announced.stall(50, 1)
    with announced:
        assert l.post(filler.sign([record("z", **{"x-pad": "y" * 50000})] * 60)).status == 201
    body = filler.sign([record("z", **{"x-pad": "y" * 50000})] * 60, move=False)
    stalled = Hostile(l.host, l.port, comes_back=False)
    stalled.stall(60, 1 << 20)
    with stalled:
        time.sleep(2)
        start = time.monotonic()
        wait_until(lambda: l.post(body).status in (200, 201), 6)
        print(f"a good body was taken after {time.monotonic() - start:.1f} s", flush=True)
    filler.sign(unpack(body)[4])


def show_memory():
    """As little memory as the bounds add up to; bodies of 4 MiB from many at once."""
    bounds = {"limits__inflight_bytes_max": 24 << 20, "limits__queue_submissions_max": 256,
              "commit__group_bytes_max": 4 << 20, "commit__group_entries_max": 512}
    with lab(settings={**bounds, "limits__memory_bytes_max": 16 << 20}) as l:
        l.configure()
        refused = l.run("check-config", expect=64)
        total = int(re.search(r"add up to (\d+) bytes", refused).group(1))
        l.configure(limits__memory_bytes_max=total - 1)
        l.run("check-config", expect=64)
        l.configure(limits__memory_bytes_max=total)
        filler = made(l)
        calm = descriptors(l)
        forged = unpack(filler.sign([record("x", **{"x-pad": "y" * 3500}) for _ in range(1024)], move=False))
        body = pack(forged[:-1] + [bytes(64)])
        head = (POST_HEAD % ("", len(body))).encode()
        over, statuses = time.monotonic() + (20 if LONG else 4), []

        def flood():
            while time.monotonic() < over:
                with contextlib.suppress(OSError), contextlib.closing(l.connect()) as c:
                    c.send(head + body)
                    statuses.append(c.receive().status)

        with Memory(l) as memory:
            floods = [threading.Thread(target=flood) for _ in range(48)]
            for thread in floods:
                thread.start()
            for thread in floods:
                thread.join()
            show_stalled_bodies(l, filler)
            hoarders = Hostile(l.host, l.port)
            hoarders.never_read(300, "/tile/records/000")  # 2 MiB each
            with hoarders, the_crowd(l):
                good(l)
        assert memory.most_kib * 1024 < total, (memory.most_kib, total)
        assert set(statuses) <= {403, 503} and 403 in statuses, statuses
        wait_until(lambda: descriptors(l) <= calm)
        print(f"{len(statuses)} bodies of 4 MiB, {statuses.count(503)} shed, at most "
              f"{memory.most_kib} KiB of {total // 1024}", flush=True)
        good(l)
        audit(l)
        l.stop()


def limit_descriptors(l, n):
    _, hard = resource.prlimit(l.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(l.process.pid, resource.RLIMIT_NOFILE, (n, hard))


def does_not_spin(l, seconds=1.0):
    before = cpu_s(l)
    time.sleep(seconds)
    used_s = cpu_s(l) - before
    print(f"{used_s:.2f} s of CPU in {seconds} s", flush=True)
    assert used_s < 0.15 * seconds


def show_descriptors():
    """Few from the start, and all taken away while it runs."""
    for limit in (64, 200) if LONG else (64,):
        with lab() as l:
            for i in range(WRITERS):
                l.writer(f"w.test/{i}").key.write(l.folder / f"writer-{i}")
            l.init()
            l.start(wrap=("prlimit", f"--nofile={limit}"))
            assert any(e["event"] == "descriptors" for e in l.log_events())
            calm = descriptors(l)
            crowd = Hostile(l.host, l.port)
            crowd.idle(250)
            crowd.drip_body(30)
            with crowd:
                good(l, writers=min(WRITERS, limit // 4))
                does_not_spin(l)
                # An operator still gets in, by a descriptor that was kept for that.
                assert l.get("/checkpoint").status == 200
            wait_until(lambda: descriptors(l) <= calm)
            l.stop()
    with lab() as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()
        calm = descriptors(l)
        under_way = l.connect()  # a request that is begun before they run out
        body = a.sign([record()])
        under_way.send((POST_HEAD % ("", len(body))).encode() + body[:50])
        limit_descriptors(l, calm + 20)
        crowd = Hostile(l.host, l.port)
        crowd.idle(200)
        with crowd:
            time.sleep(1)
            does_not_spin(l)
            under_way.send(body[50:])
            assert under_way.receive().status == 201, "a request under way was lost"
            for _ in range(20):
                assert l.post(a.sign([record()])).status == 201
        under_way.close()
        wait_until(lambda: descriptors(l) <= calm)
        # Nobody can be spared: all that are open have only just begun.
        limit_descriptors(l, calm + 4)
        begun = [l.connect() for _ in range(4)]
        for c in begun:
            c.send((POST_HEAD % ("", 1000)).encode() + b"x")
        crowd = Hostile(l.host, l.port)
        crowd.idle(100)
        with crowd:
            does_not_spin(l)
        for c in begun:
            c.close()
        limit_descriptors(l, 1024)
        wait_until(lambda: descriptors(l) <= calm)
        answer = l.post(a.sign([record()]))
        assert answer.status == 201, answer.body
        audit(l)
        l.stop()


def timed(show):
    start = time.monotonic()
    show()
    print(f"{show.__name__}: {time.monotonic() - start:.1f} s", flush=True)


class Background(threading.Thread):
    """Waits more than it works, so that it may run beside others."""

    def __init__(self, show):
        super().__init__(daemon=True)
        self.show, self.well = show, False

    def run(self):
        timed(self.show)
        self.well = True


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    cut = Background(show_cut)
    cut.start()
    try:
        for show in (show_descriptors, show_memory):
            timed(show)
    finally:
        cut.join()  # its server must not outlive a failure elsewhere
    assert cut.well, "see above"
    timed(show_rate)


if __name__ == "__main__":
    main()
