#!/usr/bin/env python3
"""Audits a good ledger over HTTP from servers that are gone, slow, endless, cut or lying.

keiin-verify must never say `verified` unless everything it needed was there; it must come to
an end by itself and stay small.
"""

import dataclasses
import functools
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "forge"))
import audits
from forge import ABSENT, grown

TIMEOUT_SECONDS = 2
AT_ONCE = 12
SILENT_SECONDS = 150
ENDLESS_SECONDS = 120  # far beyond what its patience allows on a slow machine
MEMORY_KIB_MAX = 100 * 1024
ENTRIES = 300
BUNDLES_MANY = 24
CHUNK = bytes(64 * 1024)
ELSEWHERE = "elsewhere/"
BOMB = gzip.compress(bytes(50_000_000))


def make_ledger(entries):
    """Return a ledger of so many entries with a roster that comes with its proof."""
    ledger = grown(entries)
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    ledger.put_proof(1, index)
    return ledger.publish()


LEDGER = make_ledger(ENTRIES)
# Each of its bundles of records can be waited for, so many that patience has to end.
LONG_LEDGER = make_ledger(BUNDLES_MANY * 256 - 2)
WIDTH = (ENTRIES + 2) % 256
BUNDLE_0 = "tile/entries/000"
BUNDLE_1 = "tile/entries/001.p/%d" % WIDTH
RECORDS_0 = "tile/records/000"
RECORDS_1 = "tile/records/001.p/%d" % WIDTH
TILE_0 = "tile/0/000"
TILE_1 = "tile/0/001.p/%d" % WIDTH
UPPER = "tile/1/000.p/1"
ROSTER, PROOF = "roster/1", "roster/1.tlog-proof"
TEXTS = ("checkpoint", ROSTER, PROOF)
TILES = (BUNDLE_0, BUNDLE_1, RECORDS_0, RECORDS_1, TILE_0, TILE_1, UPPER)
NEEDED = (*TEXTS, *TILES)


class Handler(BaseHTTPRequestHandler):
    """Serves a good ledger, but one path, or all with None, in a way of its own."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        name = self.path.lstrip("/")
        ways = self.server.ways
        way = ways.get(name) or ways.get(None)
        data = self.server.files.get(name.removeprefix(ELSEWHERE), ABSENT)
        try:
            if way is not None:
                way(self, data)
            elif data is ABSENT:
                self.answer(404)
            else:
                self.answer(200, data)
        except OSError:
            self.close_connection = True

    def head(self, status, length, **headers):
        self.send_response(status)
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def answer(self, status, data=b"", **headers):
        self.head(status, len(data), **headers)
        self.wfile.write(data)

    def end(self):
        self.close_connection = True

    def reset(self):
        # With nothing to linger for, closing sends a reset.
        linger = b"\1\0\0\0" + bytes(4)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.close_connection = True


# Ways to answer, each taking the handler and the bytes that would have been right.


def status(number, **headers):
    return lambda handler, data: handler.answer(number, b"no", **headers)


def cut(handler, data):
    handler.head(200, len(data))
    handler.wfile.write(data[: len(data) // 2])
    handler.end()


def cut_at_once(handler, data):
    handler.head(200, len(data))
    handler.end()


def cut_without_length(handler, data):
    handler.head(200, None, Connection="close")
    handler.wfile.write(data[: len(data) // 2])
    handler.end()


def cut_chunks(handler, data):
    handler.head(200, None, Transfer_Encoding="chunked")
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(data) // 2, data[: len(data) // 2]))
    handler.end()


def whole_chunks(handler, data):
    handler.head(200, None, Transfer_Encoding="chunked")
    for start in range(0, len(data), 1000):
        piece = data[start : start + 1000]
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
    handler.wfile.write(b"0\r\n\r\n")


def length_smaller(handler, data):
    handler.head(200, len(data) - 3)
    handler.wfile.write(data)
    handler.end()


def length_larger(handler, data):
    handler.head(200, len(data) + 3)
    handler.wfile.write(data)
    handler.end()


def length_absurd(handler, data):
    handler.head(200, 2**62)
    handler.wfile.write(data)
    handler.end()


def length_no_number(handler, data):
    handler.head(200, "many")
    handler.wfile.write(data)
    handler.end()


def length_twice(handler, data):
    handler.send_response(200)
    handler.send_header("Content-Length", "1")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)
    handler.end()


def endless(handler, data):
    handler.head(200, None, Connection="close")
    handler.wfile.write(data)
    while True:
        handler.wfile.write(CHUNK)


def endless_parts(handler, data):
    """Promise 4 GiB for every part of a records bundle, and send that much and more."""
    handler.head(200, None, Connection="close")
    while True:
        handler.wfile.write(b"\xff" * len(CHUNK))


def endless_headers(handler, data):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        handler.wfile.write(b"X-More: %s\r\n" % (b"x" * 1000))


def endless_interim(handler, data):
    while True:
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


def slow(handler, data):
    handler.head(200, len(data))
    for start in range(len(data)):
        handler.wfile.write(data[start : start + 1])
        time.sleep(1)


def slow_headers(handler, data):
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX-More: " + b"x" * 1000:
        handler.wfile.write(bytes([byte]))
        time.sleep(1)


def silent(handler, data):
    handler.server.waited_for += 1
    time.sleep(SILENT_SECONDS)
    handler.end()


def silent_half_way(handler, data):
    handler.head(200, len(data))
    handler.wfile.write(data[: len(data) // 2])
    handler.wfile.flush()
    time.sleep(SILENT_SECONDS)
    handler.end()


def reset(handler, data):
    handler.head(200, len(data))
    handler.wfile.write(data[: len(data) // 2])
    handler.reset()


def no_http(handler, data):
    handler.wfile.write(b"SSH-2.0-other\r\n")
    handler.end()


def coded(handler, data):
    handler.answer(200, gzip.compress(data), Content_Encoding="gzip")


def bomb(handler, data):
    handler.answer(200, BOMB, Content_Encoding="gzip")


def partial(handler, data):
    half = data[: len(data) // 2]
    span = "bytes 0-%d/%d" % (len(half) - 1, len(data))
    handler.answer(206, half, Content_Range=span)


def partial_whole(handler, data):
    handler.answer(206, data, Content_Range="bytes 0-%d/%d" % (len(data) - 1, len(data)))


def redirect(number):
    """Redirect to a place of the same server that would give the right bytes."""

    def way(handler, data):
        handler.answer(number, b"", Location="/" + ELSEWHERE + handler.path.lstrip("/"))

    return way


def redirect_to_file(handler, data):
    handler.answer(302, b"", Location="file:///etc/hostname")


def gone_after(count):
    """Serve `count` files, then refuse every further word."""

    def way(handler, data):
        handler.server.served += 1
        if handler.server.served > count:
            handler.reset()
        elif data is ABSENT:
            handler.answer(404)
        else:
            handler.answer(200, data)

    return way


def huge_parts(promised):
    """Put another length in front of the first part of a records bundle."""

    def way(handler, data):
        handler.answer(200, promised + data[4:])

    return way


def empty(handler, data):
    handler.answer(200, b"")


@dataclasses.dataclass
class Hostile:
    """A case: who serves what how, and the findings that may come of it."""

    what: str
    ways: dict
    allowed: tuple = (("incomplete",),)
    ledger: object = dataclasses.field(default_factory=lambda: LEDGER)
    waited_max: int = 1000  # answers that are waited for until patience ends


def every_path(what, way, *allowed, paths=NEEDED):
    allowed = allowed or (("incomplete",),)
    return [Hostile("%s: %s" % (what, path), {path: way}, allowed) for path in paths]


INCOMPLETE = ("incomplete",)
NOTHING = ()
# A roster that is not there is a finding; one that cannot be read is not.
GONE_ROSTER = ("roster-invalid %d" % (ENTRIES + 1),)
SOME = ("checkpoint", BUNDLE_0, RECORDS_1, TILE_0, PROOF)


def cases():
    made = [Hostile("a good server", {}, (NOTHING,))]
    made += [Hostile("a good server that sends chunks", {None: whole_chunks}, (NOTHING,))]
    for count in (0, 1, 2, 4, 7):
        made += [Hostile("gone after %d files" % count, {None: gone_after(count)})]
    for number in (403, 500, 503, 401, 204, 304, 410):
        made += every_path("status %d" % number, status(number), paths=SOME)
    made += every_path("status 404", status(404), paths=("checkpoint", *TILES))
    made += every_path("status 404", status(404), GONE_ROSTER, paths=(ROSTER, PROOF))
    for number in (301, 302, 307, 308):
        made += every_path("redirect %d" % number, redirect(number), paths=SOME)
    made += every_path("redirect to a file", redirect_to_file, paths=SOME)
    made += every_path("cut", cut)
    made += every_path("cut after the header", cut_at_once, paths=SOME)
    made += every_path("cut chunks", cut_chunks)
    made += every_path("reset", reset, paths=SOME)
    made += every_path("a longer length than was sent", length_larger, paths=SOME)
    made += every_path("an absurd length", length_absurd, paths=SOME)
    made += every_path("a length that is no number", length_no_number, paths=SOME)
    # Nobody can tell these from a shorter file, which is what they then are.
    made += every_path("cut without a length", cut_without_length, paths=TILES)
    made += every_path("cut without a length", cut_without_length, GONE_ROSTER, paths=TEXTS[1:])
    made += every_path(
        "cut without a length", cut_without_length, ("checkpoint-invalid",), paths=TEXTS[:1]
    )
    made += every_path("a shorter length than was sent", length_smaller, paths=TILES)
    # The bytes are all there, and whether such an answer is one is for libcurl to say.
    made += every_path("two lengths", length_twice, NOTHING, INCOMPLETE, paths=TILES)
    made += every_path("an empty file", empty, paths=TILES)
    made += every_path("no HTTP", no_http, paths=SOME)
    made += every_path("partial answer", partial, paths=SOME)
    made += every_path("partial answer of all", partial_whole, paths=SOME)
    made += every_path("content coding", coded, paths=SOME)
    made += every_path("a bomb in a content coding", bomb, paths=SOME)
    made += endless_cases()
    return made


def endless_cases():
    longer = ("root-mismatch",)
    made = every_path("endless", endless, ("checkpoint-invalid",), INCOMPLETE, paths=TEXTS[:1])
    made += every_path("endless", endless, GONE_ROSTER, INCOMPLETE, paths=TEXTS[1:])
    made += every_path("endless", endless, longer, INCOMPLETE, (*longer, *INCOMPLETE), paths=TILES)
    # Some of these parts may have come whole before patience ran out.
    misfits = ["record-malformed %d.0" % index for index in range(256, ENTRIES + 2)]
    found = [(*misfits[:count], *INCOMPLETE) for count in range(len(misfits))]
    made += every_path("endless parts", endless_parts, *found, paths=(RECORDS_1,))
    for promised in (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\1\0\0"):
        what = "parts of %s bytes" % promised.hex()
        made += every_path(what, huge_parts(promised), paths=(RECORDS_1,))
        # Entry 0 is a roster's: that its part has a length at all is a finding.
        found = ("record-malformed 0.0", *INCOMPLETE)
        made += every_path(what, huge_parts(promised), found, INCOMPLETE, paths=(RECORDS_0,))
    made += every_path("endless headers", endless_headers, paths=("checkpoint", RECORDS_0))
    made += every_path("endless interim answers", endless_interim, paths=("checkpoint",))
    made += every_path("a byte a second", slow, paths=("checkpoint", BUNDLE_0, RECORDS_1))
    made += every_path("a header byte a second", slow_headers, paths=("checkpoint",))
    made += every_path("silent", silent, paths=("checkpoint", RECORDS_0))
    made += every_path("silent half way", silent_half_way, paths=("checkpoint", BUNDLE_0, PROOF))
    made += [Hostile("all silent", {None: silent}), Hostile("all a byte a second", {None: slow})]
    tiles = {path: silent_half_way for path in TILES}
    made += [Hostile("all tiles silent half way", tiles)]
    records = {"tile/records/%03d" % number: silent for number in range(BUNDLES_MANY)}
    return made + [Hostile("records of many bundles silent", records, ledger=LONG_LEDGER,
                           waited_max=BUNDLES_MANY // 2)]


class Server(ThreadingHTTPServer):
    """One server for one case, on a port of its own."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, ways, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.ways, self.files = ways, files
        self.served = self.waited_for = 0
        self.url = "http://127.0.0.1:%d" % self.server_port
        self.thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def handle_error(self, *_):
        # Clients that hang up on a hostile server are what is wanted here.
        pass

    def stop(self):
        self.shutdown()
        self.server_close()


def run_verify(source, trusted, *options):
    """Audit from a roster's bytes; return exit status, output, seconds, and the most memory in KiB."""
    command = [audits.VERIFY, "audit", "--json", "--timeout", str(TIMEOUT_SECONDS)]
    begin = time.monotonic()
    with tempfile.TemporaryFile() as out, tempfile.NamedTemporaryFile() as roster:
        roster.write(trusted)
        roster.flush()
        command += ["--roster", roster.name, *options, source]
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)
        alarm = threading.Timer(ENDLESS_SECONDS, process.kill)
        alarm.start()
        # wait4 gives what this one process used, not the most of all so far.
        _, wait_status, usage = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(wait_status)
        out.seek(0)
        text = out.read().decode("utf-8", "replace")
    return process.returncode, text, time.monotonic() - begin, usage.ru_maxrss


@functools.lru_cache
def is_sanitized():
    """Say whether the program was built with a sanitizer, whose memory is not its own."""
    with open(audits.VERIFY, "rb") as file:
        return b"__asan_init" in file.read()


def faults(result, allowed):
    """Return what is wrong with a run, a sentence each."""
    exit_status, text, _, memory_kib = result
    wrong = []
    if exit_status == -signal.SIGKILL:
        return ["it did not come to an end by itself"]
    if memory_kib > MEMORY_KIB_MAX and not is_sanitized():
        wrong.append("it used %d KiB" % memory_kib)
    try:
        verdict = json.loads(text)
    except ValueError:
        return wrong + ["no verdict, exit %d: %s" % (exit_status, text.strip()[:300])]
    found = tuple(audits.findings(verdict))
    if found not in allowed:
        wrong.append("found %s, not one of %s" % (list(found), [list(one) for one in allowed]))
    expected = {"verified": 0, "findings": 1, "incomplete": 2}[verdict["verdict"]]
    if exit_status != expected:
        wrong.append("exit %d with verdict %s" % (exit_status, verdict["verdict"]))
    return wrong


def refused_port():
    """Return a port at which nobody listens: one that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def audit(number, case):
    """Run one case; return its faults and what it took."""
    # Which file is asked for next is certain with one thread only.
    threads = "2" if number % 2 and "gone after" not in case.what else "1"
    server = Server(case.ways, case.ledger.files)
    try:
        result = run_verify(server.url, case.ledger.trusted, "--threads", threads)
    finally:
        server.stop()
    wrong = faults(result, case.allowed)
    if server.waited_for > case.waited_max:
        wrong.append("it waited for %d answers" % server.waited_for)
    return ["%s, %s threads: %s" % (case.what, threads, fault) for fault in wrong], result


def audit_nowhere(where):
    result = run_verify(where, LEDGER.trusted)
    return ["%s: %s" % (where, fault) for fault in faults(result, (INCOMPLETE,))], result


def main(words):
    chosen = [case for case in cases() if not words or any(word in case.what for word in words)]
    nowhere = ["http://127.0.0.1:%d" % refused_port(), "http://no-such-host.invalid"]
    with futures.ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(audit, number, case) for number, case in enumerate(chosen)]
        jobs += [pool.submit(audit_nowhere, where) for where in nowhere]
        results = [job.result() for job in jobs]
    failed = 0
    for wrong, _ in results:
        failed += bool(wrong)
        for fault in wrong:
            print("FAIL", fault)
    slowest = max(seconds for _, (_, _, seconds, _) in results)
    largest = max(memory_kib for _, (_, _, _, memory_kib) in results)
    summary = "hostile sources: %d audits, %d failed; the longest %.1f s, the largest %d KiB"
    print(summary % (len(results), failed, slowest, largest))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
