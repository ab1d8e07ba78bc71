"""A small ledger, copied for each run in which a call fails, and what must hold afterwards."""

import base64
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

from fault_lab import BIN, Program
from ledger_lab import Connection, Lab, record, sha256, tree, unpack

VERIFY, CLIENT = str(BIN / "keiin-verify"), str(BIN / "keiin-client")
START_S, STOP_S, LAST_ANSWER_S = 20, 20, 20  # what takes longer hangs


# A call failed, and nothing else is wrong: nothing is damaged, malformed, missing, or a lie.
WRONG_WORDS = re.compile(
    "restore the data folder|new writer name|not repair|cannot be believed|%s|Success|no such|"
    "no JSON object|is not a URL|must be given|too many users|batch is full|not a regular file|"
    "is not a folder|do not all stand|no receipt covers|Bad file descriptor|: ;|: *$", re.MULTILINE)


class Wrong(AssertionError):
    """What may not happen, whatever fails."""


class Crashed(Exception):
    """It ended by abort() in a library that is not this project's."""

    def __init__(self, library):
        super().__init__(library)
        self.library = library


class Http(Connection):
    """A connection that waits for an answer only so long."""

    def __init__(self, at, seconds):
        self.socket = socket.create_connection(at, timeout=seconds)
        self.rest = b""


class Base:
    """A small ledger, signed submissions that go on from it, and a roster that follows: made
    once, copied for each run."""

    def __init__(self):
        self.lab = lab = Lab()
        self.folder = lab.folder
        self.a, self.b, self.c = (lab.writer(f"w.test/{name}") for name in "abc")
        other = lab.writer("w.test/other")
        lab.init()
        lab.start()
        for writer in (self.a, self.b):
            assert lab.post(writer.sign([record("before")])).status == 201
        done = subprocess.run([VERIFY, "audit", "--roster", lab.folder / "roster0", "--state",
                               lab.folder / "verdicts", lab.url], capture_output=True)
        assert done.returncode == 0, done
        self.checkpoint = lab.checkpoint()
        self.client_folder, self.client_url = self.folder / "client", lab.url
        self.c.key.write(self.folder / "client.key")
        other.key.write(self.folder / "other.key")
        done = subprocess.run([CLIENT, "init", "--ledger", lab.url, "--key",
                               self.folder / "client.key", "--roster", self.folder / "roster0",
                               self.client_folder], capture_output=True)
        assert done.returncode == 0, done
        lab.stop()
        a, b = self.a, self.b
        self.bodies = {"a1": a.sign([record("first")])}
        self.bodies["fork"] = a.sign([record("other")], number=a.number, before=self.before_of("a1"),
                                     move=False)
        sealed = record("sealed", sealed=sha256(b"a sealed part"))
        self.bodies["a2"] = a.sign([record("one"), sealed, record("three")],
                                   [b"", b"a sealed part", b""])
        self.bodies["b1"] = b.sign([record(**{"x-long": "b" * 3000})])
        self.bodies["b2"] = b.sign([record("last")])
        self.bodies["bad"] = self.bodies["a1"][:-3]
        d = lab.writer("w.test/d")
        self.roster = lab.roster()[1]
        lab.writers.remove(d)
        (self.folder / "roster1").write_bytes(self.roster)
        self.log_key = (lab.folder / "log", lab.folder / "operator")

    def before_of(self, name):
        return unpack(self.bodies[name])[3]

    def close(self):
        self.lab.close()


class Place:
    """A folder with a copy of the base, and programs that are loaded; one for each worker."""

    def __init__(self, base, library, folder, programs=None):
        self.base, self.folder = base, pathlib.Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.data = self.folder / "data"
        self.instance = self.folder / "data.instance"  # the server's memory of what it last served
        self.config = self.folder / "ledger.ini"
        self.config.write_text(
            f"[ledger]\norigin = {base.lab.origin}\ndata = {self.data}\n"
            f"log_key = {base.log_key[0]}\noperator_key = {base.log_key[1]}\n"
            "[http]\nlisten = 127.0.0.1:0\nstatus_listen = 127.0.0.1:0\n")
        self.programs = programs or {name: Program(str(BIN / name), library) for name in
                                     ("keiin-ledger", "keiin-verify", "keiin-client")}
        self.ledger, self.verify, self.client = self.programs.values()
        self.runs, self.other = [], None

    def beside(self):
        """Another place with the same programs, whose ledger may go on meanwhile."""
        if self.other is None:
            self.other = Place(self.base, None, self.folder / "beside", self.programs)
        return self.other

    def close(self):
        if self.other is not None:
            self.other.shared.close()
        for program in self.programs.values():
            program.close()

    def empty(self):
        """No ledger, and nothing that knows of one."""
        shutil.rmtree(self.data, ignore_errors=True)
        self.instance.unlink(missing_ok=True)

    def fresh(self):
        """The ledger and the committee's last verdict as they were in the base."""
        self.empty()
        shutil.copyfile(self.base.folder / "data.instance", self.instance)
        for name in ("data", "verdicts"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            (self.folder / name).mkdir(mode=0o700)
            for file in (self.base.folder / name).iterdir():
                if not file.is_socket():
                    shutil.copyfile(file, self.folder / name / file.name)

    def start(self, program, *arguments, **more):
        run = program.start(*arguments, folder=self.folder, **more)
        self.runs.append(run)
        return run

    def end(self):
        for run in self.runs:
            run.kill()
        self.runs = []
        if self.other is not None:
            self.other.end()

    def finish(self, run, seconds=STOP_S):
        if run.wait(seconds) is None:
            raise Wrong(f"it hangs: {stacks(run.pid)}")
        return run.status

    def good(self, program, *arguments, **more):
        """A run in which nothing fails and all must go well."""
        run = self.start(program, *arguments, **more)
        if self.finish(run) != 0:
            raise Wrong(f"without a fault: {' '.join(map(str, arguments))}: exit {run.status}: "
                        f"{run.errors()}")
        return run.output.decode()

    # ---- a server ----

    def serve(self, page=None):
        """Starts keiin-ledger run; its address, or None when it stopped."""
        run = self.start(self.ledger, "run", "--config", self.config, page=page, name="server")
        line = run.read_output(START_S, until=b"\n").decode()
        at = r"http://([0-9.]+):([0-9]+)"
        if not line and run.wait(0.5) is None:
            # The line itself could not be written: then the log says that, and the rest.
            if '"ready-unsaid"' not in run.errors():
                raise Wrong(f"neither ready nor ended: {stacks(run.pid)}")
            line = run.errors()
        found = re.search(rf"{at}", line)
        run.address = (found[1], int(found[2])) if found else None
        found = re.search(rf'"status-ready","detail":"{at.removeprefix("http://")}', run.errors())
        run.status_address = (found[1], int(found[2])) if found else None
        return run

    def audit(self, address):
        """The committee's audit, which goes on from the verdict in the base."""
        self.good(self.verify, "audit", "--roster", self.base.folder / "roster0", "--state",
                  self.folder / "verdicts", "http://%s:%d" % address, name="verify")


def dies_in_library(run):
    """The library that ended the process inside of the very call in which its own call into
    the C library failed, by abort(); or by what is known of it: libsodium does not look at what
    mprotect() says, nor Jansson's lexer at want of memory."""
    failed, died = (getattr(run.page.it, name).decode().split()
                    for name in ("fired_stack", "crash_stack"))
    ours = [next((frame for frame in stack if frame.startswith("keiin-")), None)
            for stack in (failed, died)]
    if not failed or not failed[0].startswith("lib") or ours[0] != ours[1]:
        return None
    library = failed[0].split("+")[0]
    if run.status == -signal.SIGABRT or library.startswith(("libsodium", "libjansson")):
        return library
    return None


def stacks(pid):
    """Where a process waits."""
    out = []
    with contextlib.suppress(OSError):
        for task in sorted(os.listdir(f"/proc/{pid}/task")):
            wait = pathlib.Path(f"/proc/{pid}/task/{task}/wchan").read_text()
            out.append(f"{task}: {wait}")
    return ", ".join(out)


def entries_of(ask, size):
    """All entries below `size`, from the server."""
    out = []
    for number in range((size + 255) // 256):
        width = min(256, size - 256 * number)
        path = f"/tile/entries/{number:03}" + (f".p/{width}" if width < 256 else "")
        bundle = ask("GET", path).body
        while bundle:
            n = int.from_bytes(bundle[:2], "big")
            out.append(bundle[2 : 2 + n])
            bundle = bundle[2 + n :]
    return out


def check_tree(ask, checkpoints, acknowledged):
    """Every checkpoint that was seen is of this tree, every acknowledged entry in its place."""
    lines = ask("GET", "/checkpoint").body.decode().split("\n")
    size = int(lines[1])
    entries = entries_of(ask, size)
    if len(entries) != size:
        raise Wrong(f"{len(entries)} entries below {size}")
    frontier, roots = tree.Frontier(), {}
    for count, entry in enumerate(entries, 1):
        frontier.append(tree.leaf_hash(entry))
        if count in checkpoints or count == size:
            roots[count] = base64.b64encode(frontier.root()).decode()
    if roots[size] != lines[2]:
        raise Wrong("the checkpoint is not of the entries")
    for old, root in checkpoints.items():
        if old > size or roots[old] != root:
            raise Wrong(f"the checkpoint of size {old} was taken back")
    for index, entry in acknowledged.items():
        if index >= size or entries[index] != entry:
            raise Wrong(f"the acknowledged entry {index} is not in the ledger")
    return entries


class Scenario:
    """One way to use a program. `faulty` runs it with the page; `after` restarts and audits."""

    name = program = ""

    def __init__(self, place):
        self.place = place

    def reset(self):
        """After something went wrong: as if nothing had been done yet."""

    def said_why(self, run):
        """A run that failed says so, in its own words and not in an empty line."""
        text = run.errors().strip()
        if run.status < 0 and run.page is not None:
            library = dies_in_library(run)
            if library:
                raise Crashed(library)
        if run.status < 0:
            raise Wrong(f"ended by signal {-run.status}: {text}")
        if run.status != 0 and len(text) < 12:
            raise Wrong(f"exit {run.status} without a word: {text!r}")
        if "MDB_INVALID" in text and run.page.it.fired_stack.startswith(b"liblmdb"):
            return  # LMDB takes a short read for the end of the file
        if WRONG_WORDS.search(text):
            raise Wrong(f"it says what is not so: {text}")
        if run.status not in (0, 1, 2, 64, 70):
            raise Wrong(f"exit {run.status}: {text}")
