"""Runs of a program in which one call of the C library fails: the other side of
tests/crash/fault.h, whose layouts are repeated here."""

import contextlib
import ctypes
import errno
import mmap
import os
import pathlib
import select
import signal
import socket
import subprocess
import tempfile
import time

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
CALLS_MAX, VARIANTS_MAX, TRACE_MAX, MODULES_MAX = 96, 6, 49152, 96
REFUSE, APPLY, SHORT = 1, 2, 3
MODES = {REFUSE: "not applied", APPLY: "applied all the same", SHORT: "half done"}


class Variant(ctypes.Structure):
    _fields_ = [("mode", ctypes.c_uint32), ("error", ctypes.c_int32)]


class PageLayout(ctypes.Structure):
    _fields_ = [
        ("armed_call", ctypes.c_uint32), ("armed_number", ctypes.c_uint32), ("armed", Variant),
        ("trace", ctypes.c_uint32), ("fired", ctypes.c_uint32), ("crashed", ctypes.c_uint32),
        ("traced", ctypes.c_uint32), ("counts", ctypes.c_uint32 * CALLS_MAX),
        ("fired_stack", ctypes.c_char * 2048), ("crash_stack", ctypes.c_char * 2048),
        ("trace_of", ctypes.c_uint64 * TRACE_MAX),
    ]


class Class(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char * 24), ("variants", Variant * VARIANTS_MAX)]


class Module(ctypes.Structure):
    _fields_ = [("first", ctypes.c_uint64), ("last", ctypes.c_uint64),
                ("path", ctypes.c_char * 240)]


class Catalogue(ctypes.Structure):
    _fields_ = [("class_count", ctypes.c_uint32), ("module_count", ctypes.c_uint32),
                ("classes", Class * CALLS_MAX), ("modules", Module * MODULES_MAX)]


def scratch():
    """Where folders of tests stand: in memory where that is possible, so that syncing is cheap."""
    shm = pathlib.Path("/dev/shm")
    return shm if os.access(shm, os.W_OK) else pathlib.Path(tempfile.gettempdir())


class Page:
    """What test and program share; one run at a time."""

    def __init__(self):
        self.fd, path = tempfile.mkstemp(prefix="keiin-fault-", dir=scratch())
        os.unlink(path)
        os.ftruncate(self.fd, ctypes.sizeof(PageLayout))
        self.map = mmap.mmap(self.fd, ctypes.sizeof(PageLayout))
        self.it = PageLayout.from_buffer(self.map)

    def arm(self, point=None, trace=False):
        self.map[: PageLayout.trace_of.offset] = bytes(PageLayout.trace_of.offset)
        self.it.trace = trace
        if point is not None:
            self.it.armed_call, self.it.armed_number = point.call, point.number
            self.it.armed.mode, self.it.armed.error = point.mode, point.error


class Point:
    """One call that is to fail, and how."""

    def __init__(self, program, scenario, call, number, variant):
        self.program, self.scenario = program, scenario
        self.call, self.number, self.mode, self.error = call, number, variant.mode, variant.error
        self.name = self.module = self.caller = None  # of its class; who calls, and from where

    def __str__(self):
        error = "" if self.error == 0 else f" {errno_name(self.error)}"
        return f"{self.scenario}: {self.name} {self.number} {MODES[self.mode]}{error}"


def errno_name(number):
    return errno.errorcode.get(number, str(number))


class Run:
    """A program under way."""

    def __init__(self, server, pid, stdout, stderr, page):
        self.server, self.pid, self.stdout, self.stderr = server, pid, stdout, stderr
        self.page = page  # in which a fault may be armed; None: nothing fails
        self.pidfd = os.pidfd_open(pid)
        self.output = b""
        self.status = None

    def alive(self):
        if self.status is None and select.select([self.pidfd], [], [], 0)[0]:
            self._reap()
        return self.status is None

    def _reap(self):
        self.status = os.waitstatus_to_exitcode(self.server.ask(b"W%d" % self.pid))
        os.close(self.pidfd)
        self.read_output(0)
        os.close(self.stdout)

    def read_output(self, seconds, until=None):
        """What came on standard output so far; waits for `until`, or for the end."""
        end = time.monotonic() + seconds
        while until is None or until not in self.output:
            watch = [self.stdout] if self.status is not None else [self.stdout, self.pidfd]
            there = select.select(watch, [], [], max(0, end - time.monotonic()))[0]
            if self.stdout in there:
                piece = os.read(self.stdout, 65536)
                if not piece:
                    break
                self.output += piece
            else:
                break
        return self.output

    def wait(self, seconds):
        """The exit status, or minus a signal's number; None when it takes longer."""
        end = time.monotonic() + seconds
        while self.status is None:
            watch = select.select([self.pidfd, self.stdout], [], [], max(0, end - time.monotonic()))
            if self.stdout in watch[0]:
                piece = os.read(self.stdout, 65536)
                self.output += piece
                if not piece:
                    select.select([self.pidfd], [], [], max(0, end - time.monotonic()))
            elif not watch[0]:
                return None
            self.alive()
        return self.status

    def send_signal(self, number):
        if self.status is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self.pidfd, number)

    def kill(self):
        if self.alive():
            self.send_signal(signal.SIGKILL)
            self.wait(10)

    def errors(self):
        return pathlib.Path(self.stderr).read_text(errors="replace")


class Program:
    """One program, loaded once with the library, of which each run is a fork."""

    def __init__(self, path, library):
        self.path = path
        self.ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        keep = {name: value for name, value in os.environ.items() if not name.startswith("KEIIN_")}
        # OpenSSL's own configuration is a thousand allocations that no program here asks for.
        keep |= {"LD_PRELOAD": str(library), "TMPDIR": str(scratch()), "OPENSSL_CONF": os.devnull,
                 "UV_USE_IO_URING": "0",  # which goes past the C library
                 "KEIIN_FAULT_SOCKET": str(theirs.fileno())}
        self.process = subprocess.Popen([path], pass_fds=[theirs.fileno()],
                                        stdin=subprocess.DEVNULL, env=keep)
        theirs.close()
        catalogue = b""
        while len(catalogue) < ctypes.sizeof(Catalogue):
            piece = self.ours.recv(ctypes.sizeof(Catalogue))
            if not piece:
                raise AssertionError(f"{path} does not start with {library}")
            catalogue += piece
        self.catalogue = Catalogue.from_buffer_copy(catalogue)
        self.names = [self.catalogue.classes[i].name.decode()
                      for i in range(self.catalogue.class_count)]
        self.quiet = Page()

    def close(self):
        self.ours.close()
        self.process.wait(10)

    def ask(self, message, fds=()):
        socket.send_fds(self.ours, [message], fds)
        return int.from_bytes(self.ours.recv(4), "little", signed=True)

    def start(self, *arguments, folder, page=None, stdin=None, name="run"):
        """Starts a run; what it says goes to folder/<name>.err and a pipe."""
        read, write = os.pipe()
        errors = folder / f"{name}.err"
        err = os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        inp = os.open(stdin or os.devnull, os.O_RDONLY)
        message = b"R" + b"".join(os.fsencode(str(a)) + b"\0" for a in (self.path, *arguments))
        pid = self.ask(message, [inp, write, err, (page or self.quiet).fd])
        for fd in (inp, write, err):
            os.close(fd)
        if pid <= 0:
            raise AssertionError(f"{self.path}: no fork")
        return Run(self, pid, read, errors, page)

    def module_of(self, address):
        for i in range(self.catalogue.module_count):
            module = self.catalogue.modules[i]
            if module.first <= address < module.last:
                return os.path.basename(module.path.decode() or self.path)
        return "?"

    def points(self, page, scenario):
        """All points of a run that was traced: each call, in each way in which it can fail."""
        modules, numbers, out = {}, [0] * CALLS_MAX, []
        assert page.it.traced <= TRACE_MAX, "more calls than the page has room for"
        for i in range(page.it.traced):
            call, address = page.it.trace_of[i] >> 56, page.it.trace_of[i] & (1 << 56) - 1
            if address not in modules:
                modules[address] = self.module_of(address)
            numbers[call] += 1
            for variant in self.catalogue.classes[call].variants:
                if variant.mode == 0:
                    continue
                point = Point(os.path.basename(self.path), scenario, call, numbers[call], variant)
                point.name, point.module, point.caller = self.names[call], modules[address], address
                out.append(point)
        return out
