#!/usr/bin/env python3
"""What keiin-ledger serves (SPEC.md section 6): paths and widths, ranges, HEAD, types and
caching, connections that are kept; large bundles; clients that are slow or cut."""

import contextlib
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import lab, record, sha256, tree  # noqa: E402

GOOD = "public, max-age=31536000, immutable"


def entries_of(bundle):
    found = []
    while bundle:
        n = int.from_bytes(bundle[:2], "big")
        found.append(bundle[2 : 2 + n])
        bundle = bundle[2 + n :]
    return found


def show_tiles(l, a):
    size, root, text = l.checkpoint()
    assert l.get("/latest-checkpoint").body.decode() == text
    answer = l.get("/checkpoint")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "max-age=1" in answer.headers["cache-control"]
    assert size > 512
    full = l.get("/tile/0/000")
    assert full.status == 200 and len(full.body) == 8192
    assert full.headers["cache-control"] == GOOD
    assert full.headers["content-type"] == "application/octet-stream"
    width = size % 256
    # Any width up to what is there, of what is full by now too.
    for w in (1, 2, 255):
        assert l.get(f"/tile/0/000.p/{w}").body == full.body[: 32 * w]
        assert l.get(f"/tile/entries/000.p/{w}").status == 200
    assert len(l.get(f"/tile/0/002.p/{width}").body) == 32 * width
    for path in (f"/tile/0/002.p/{width + 1}", "/tile/0/002", "/tile/0/003.p/1", "/tile/0/000.p/0",
                 "/tile/0/000.p/256", "/tile/0/000.p/01", "/tile/0/0", "/tile/00/000", "/tile/8/000",
                 "/tile/1/000.p/3", "/tile/1/000", "/tile/2/000.p/1", "/tile/0/x000/000",
                 "/tile/entries/003.p/1", f"/tile/records/002.p/{width + 1}", "/tile/", "/tile/0",
                 "/tile/entries/x999/x999/x999/x999/x999/x999/999", "/roster/00", "/roster/1",
                 "/roster/0.tlog-proof", "/roster/", "/writers/", "/writers/" + "0" * 64,
                 "/writers/" + "0" * 63, "/checkpoint/", "/", "/%63heckpoint",
                 f"/writers/{sha256(a.name.encode()).hex().upper()}"):
        answer = l.get(path)
        assert answer.status == 404, (path, answer.status)
    assert l.get("/tile/1/000.p/2").body[:32] == tree.root_of(
        [full.body[i : i + 32] for i in range(0, 8192, 32)])
    bundle = l.get("/tile/entries/000")
    entries = entries_of(bundle.body)
    assert len(entries) == 256
    assert [tree.leaf_hash(e) for e in entries] == [full.body[i : i + 32] for i in range(0, 8192, 32)]
    records = l.get("/tile/records/000")
    assert records.headers["cache-control"].startswith("private")
    assert records.body[:4] == bytes(4), "a roster has no records"


def show_ranges(l):
    whole = l.get("/tile/entries/000").body
    n = len(whole)
    for header, first, last in ((f"bytes=0-9", 0, 9), ("bytes=100-", 100, n - 1),
                                ("bytes=-7", n - 7, n - 1), (f"bytes={n - 1}-{n + 50}", n - 1, n - 1),
                                (f"bytes=-{n + 9}", 0, n - 1)):
        answer = l.get("/tile/entries/000", Range=header)
        assert answer.status == 206, header
        assert answer.body == whole[first : last + 1]
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{n}"
    for header in (f"bytes={n}-", "bytes=-0"):
        answer = l.get("/tile/entries/000", Range=header)
        assert answer.status == 416 and answer.headers["content-range"] == f"bytes */{n}"
        assert answer.body == b""
    for header in ("bytes=5-4", "lines=0-1", "bytes=0-1,3-4", "bytes=", "bytes=a-b"):
        answer = l.get("/tile/entries/000", Range=header)
        assert answer.status == 200 and answer.body == whole, header
    assert l.get("/tile/entries/000", Range="bytes=0-1", If_Range='"x"').status == 200
    # A longer partial bundle begins with the shorter one.
    shorter = l.get("/tile/entries/000.p/9").body
    assert l.get("/tile/entries/000.p/10", Range=f"bytes=0-{len(shorter) - 1}").body == shorter


def show_connections(l, a):
    with contextlib.closing(l.connect()) as c:
        for path in ("/checkpoint", "/tile/0/000", "/nowhere", "/roster/0"):
            whole = c.request("GET", l.prefix + path)
            head = c.request("HEAD", l.prefix + path)
            assert head.status == whole.status and head.body == b""
            assert head.headers["content-length"] == str(len(whole.body))
        for _ in range(3): # a refusal by the headers keeps the connection, too
            assert c.request("POST", l.prefix + "/records", b"x", {"Content-Type": "a/b"}).status == 415
        body = a.sign([record()])
        c.send(b"POST /records HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Type: "
               b"application/msgpack\r\nContent-Length: %d\r\n\r\n" % len(body))
        time.sleep(0.05)
        c.send(body)
        assert c.receive().status == 201
    # Many that say nothing, and one cut in the middle of a body, keep nobody from working.
    idle = [l.connect() for _ in range(50)]
    body = a.sign([record()])
    cut = l.connect()
    cut.send(b"POST /records HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
             b"Content-Length: %d\r\n\r\n" % len(body) + body[:-1])
    cut.close()
    size = l.checkpoint()[0]
    assert l.post(body).status == 201 and l.checkpoint()[0] == size + 1
    for c in idle:
        c.close()


def show_large_bundles(l, a):
    """Larger than what is ever held in memory for one answer."""
    pad = {"x-pad": "p" * 59000}
    bodies = []
    for _ in range(3):
        records = [record(**pad) for _ in range(64)]
        bodies.append(b"".join(len(r).to_bytes(2, "big") + r + b"\0\0" for r in records))
        assert l.post(a.sign(records)).status == 201
    size = l.checkpoint()[0]
    path = f"/tile/records/00{(size - 1) // 256}" + (f".p/{size % 256}" if size % 256 else "")
    whole = l.get(path).body
    tail = b"".join(len(b).to_bytes(4, "big") + b for b in bodies)
    assert whole.endswith(tail)
    n = len(whole)
    for first, last in ((n - len(tail), n - 1), (n - 5_000_000, n - 4_000_001), (n - 1, n - 1)):
        part = l.get(path, Range=f"bytes={first}-{last}")
        assert part.status == 206 and part.body == whole[first : last + 1]
    reader = l.connect() # takes a little and goes away
    reader.send(f"GET {l.prefix}{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    reader.socket.recv(1000)
    reader.close()
    assert l.post(a.sign([record()])).status == 201


def show_slow_clients(l):
    """Headers or a body that do not come are waited for so long and no longer."""
    slow = [l.connect(), l.connect()]
    slow[0].send(b"GET /che")
    slow[1].send(b"POST /records HTTP/1.1\r\nHost: x\r\nContent-Type: application/msgpack\r\n"
                 b"Content-Length: 1000\r\n\r\n")
    until = time.monotonic() + 8
    for c in slow:
        c.socket.settimeout(0.2)
    open_ones = list(slow)
    while open_ones and time.monotonic() < until:
        for c in list(open_ones):
            with contextlib.suppress(TimeoutError, OSError):
                c.send(b"x")
            try:
                if not c.socket.recv(1000):
                    open_ones.remove(c)
            except TimeoutError:
                pass
            except OSError:
                open_ones.remove(c)
    assert not open_ones, "a client that drips is served for ever"


def main():
    with lab(settings={"http__request_timeout_s": 2}) as l:
        a = l.writer("a.test/a")
        l.init()
        l.start()
        with contextlib.closing(l.connect()) as c:
            for _ in range(530):
                assert c.request("POST", "/records", a.sign([record()]),
                                 {"Content-Type": "application/msgpack"}).status == 201
        show_tiles(l, a)
        show_ranges(l)
        show_connections(l, a)
        show_large_bundles(l, a)
        show_slow_clients(l)
        l.stop()
        assert "GOOD" in l.run("check")


main()
