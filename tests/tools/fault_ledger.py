"""What keiin-ledger does while one of its calls fails, and what must hold afterwards."""

import contextlib
import shutil
import signal
import socket

from fault_place import LAST_ANSWER_S, Http, Scenario, Wrong, check_tree, stacks
from ledger_lab import check_body, sha256, unpack

ANSWER_S = 1.0  # then the connection is given up and another one tried


class LedgerRun(Scenario):
    """A server from start to stop: submissions, their repetition, refusals, reads, a roster."""

    name, program = "ledger run", "keiin-ledger"
    fine = (503, 507, 429, 500)

    def connection(self, which, seconds):
        if which not in self.connections:
            self.connections[which] = Http(self.address, seconds)
        self.connections[which].socket.settimeout(seconds)
        return self.connections[which]

    def drop(self, which):
        if which in self.connections:
            self.connections.pop(which).close()

    def ask(self, which, method, path, body=None, last=False):
        """An answer, or None where the connection failed. A second silence is a hang, unless
        descriptors are short: then others' connections have to end first."""
        if last:
            for other in list(self.connections):
                self.drop(other)
        headers = {"Content-Type": "application/msgpack"} if body is not None else {}
        try:
            connection = self.connection(which, LAST_ANSWER_S if last else ANSWER_S)
            return connection.request(method, path, body, headers)
        except TimeoutError:
            self.drop(which)
            if last and self.run.alive():
                raise Wrong(f"{method} {path} is not answered: {stacks(self.run.pid)}") from None
        except (OSError, ValueError, IndexError):
            self.drop(which)
        return None

    def try_twice(self, which, method, path, body=None):
        for last in (False, True):
            if not self.run.alive():
                return None
            answer = self.ask(which, method, path, body, last)
            if answer is not None and answer.status not in self.fine:
                return answer
        return answer

    def saw(self, note):
        lines = note.decode().split("\n")
        if self.checkpoints.setdefault(int(lines[1]), lines[2]) != lines[2]:
            raise Wrong("a fork: two roots of one size")

    def submit(self, which, name, after=()):
        body = self.place.base.bodies[name]
        answer = self.try_twice(which, "POST", "/records", body)
        if answer is None or answer.status in self.fine:
            return
        if answer.status == 409 and any(other not in self.acked for other in after):
            return
        if answer.status not in (200, 201):
            raise Wrong(f"{name} is refused for good: {answer.status} {answer.body!r}")
        self.took(name, body, answer)

    def took(self, name, body, answer):
        entry = check_body(self.place.base.lab, body, answer)
        self.saw(answer.value[5])
        self.acked[name] = answer.value[1]
        self.entries[answer.value[1]] = entry

    def read(self, which, path, status=200):
        answer = self.try_twice(which, "GET", path)
        if answer is None or answer.status in self.fine:
            return None
        if answer.status != status:
            raise Wrong(f"GET {path}: {answer.status}")
        self.bodies[path] = answer.body
        return answer.body

    def refused(self, which, name, status):
        answer = self.try_twice(which, "POST", "/records", self.place.base.bodies[name])
        if answer is not None and answer.status not in (*self.fine, status):
            raise Wrong(f"{name}: {answer.status}")

    def hand_roster(self, strict=False, known=()):
        """The roster through the local socket, as keiin-ledger roster does it."""
        path, status = str(self.place.data / "control.sock"), None
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
            s.settimeout(LAST_ANSWER_S)
            try:
                s.connect(path)
                s.sendall(self.place.base.roster)
                s.shutdown(socket.SHUT_WR)
                answer = b""
                while piece := s.recv(65536):
                    answer += piece
                status = answer[:3]
            except TimeoutError:
                if self.run.alive():
                    raise Wrong(f"the roster is not answered: {stacks(self.run.pid)}") from None
        if status == b"201":
            self.saw(unpack(answer[3:])[5])
            self.acked["roster"] = unpack(answer[3:])[1]
        elif strict or status not in (None, b"", b"503", b"507", *known):
            raise Wrong(f"the roster is refused: {status}")
        return status

    def script(self):
        """What is sent; each step goes on whatever became of the one before."""
        size, base = self.place.base.checkpoint[0], self.place.base
        writer = f"/writers/{sha256(base.a.name.encode()).hex()}"
        self.submit("A", "a1")
        head = self.read("A", "/checkpoint")
        if head is not None:
            self.saw(head)
        self.submit("B", "b1")
        self.submit("A", "a2", ["a1"])
        if "a1" in self.acked:
            self.submit("A", "a1")
        self.refused("C", "bad", 400)
        if "a1" in self.acked:
            self.refused("C", "fork", 409)
        self.read("B", writer)
        self.read("B", f"{writer}/1")
        status = self.hand_roster() if self.run.alive() else b""
        if status != b"201" and self.run.alive():
            # Where the first answer was lost it is in force, and so no successor any more.
            self.hand_roster(known=[b"422"] if status in (None, b"") else [])
        self.submit("B", "b2", ["b1"])
        self.read("C", f"/tile/entries/000.p/{size}")
        self.read("C", f"/tile/records/000.p/{size}")
        self.read("C", f"/tile/0/000.p/{size}")
        if "roster" in self.acked:
            self.read("A", "/roster/1.tlog-proof")
        self.read("A", "/nowhere", 404)
        if self.run.alive() and self.run.status_address is not None:
            with contextlib.suppress(OSError), contextlib.closing(
                    Http(self.run.status_address, LAST_ANSWER_S)) as connection:
                connection.request("GET", "/metrics")

    def faulty(self, page):
        place = self.place
        place.fresh()
        self.connections, self.acked, self.entries = {}, {}, {}
        self.checkpoints = {place.base.checkpoint[0]: place.base.checkpoint[1]}
        self.bodies = {}
        self.run = place.serve(page)
        self.address = self.run.address
        if self.address is not None:
            self.script()
        elif self.run.status == 0:
            raise Wrong("it ended before it was ready, and with success")
        for which in list(self.connections):
            self.drop(which)
        early = not self.run.alive()
        self.run.send_signal(signal.SIGTERM)
        place.finish(self.run)
        if early and self.run.status == 0:
            raise Wrong("it ended by itself, and with success")
        self.said_why(self.run)
        return self.run.status

    def after(self):
        """All is sent again, each gets its place once; the committee's audit goes on."""
        place = self.place
        self.run = place.serve()
        self.address = self.run.address
        if self.address is None:
            raise Wrong(f"it does not start again: {self.run.errors()}")
        first = dict(self.acked)
        for name in ("a1", "b1", "a2", "b2"):
            answer = self.ask("Z", "POST", "/records", place.base.bodies[name], last=True)
            if answer is None or answer.status not in (200, 201):
                raise Wrong(f"{name} afterwards: {answer and (answer.status, answer.body)}")
            if name in first and (answer.status != 200 or answer.value[1] != first[name]):
                raise Wrong(f"{name} was acknowledged and is stored again")
            self.took(name, place.base.bodies[name], answer)
        there = self.ask("Z", "GET", "/roster/1", last=True).status
        if there == 404 and "roster" in first:
            raise Wrong("the acknowledged roster is gone")
        if there == 404:
            self.hand_roster(strict=True)
        for path, body in self.bodies.items():
            # What is fixed for good was given as it is; the rest could be read.
            if path.startswith(("/tile/", "/roster/")) and \
                    self.ask("Z", "GET", path, last=True).body != body:
                raise Wrong(f"GET {path}: other bytes")
            if path.startswith("/writers/") and unpack(body)[0] != 1:
                raise Wrong(f"GET {path}: {body!r}")
        entries = check_tree(lambda method, path: self.ask("Z", method, path, last=True),
                             self.checkpoints, self.entries)
        if len(entries) != place.base.checkpoint[0] + 5:
            raise Wrong(f"{len(entries)} entries: something is there twice")
        place.audit(self.address)
        self.drop("Z")
        self.run.send_signal(signal.SIGTERM)
        if place.finish(self.run) != 0:
            raise Wrong(f"it does not stop in order: {self.run.errors()}")


class LedgerInit(Scenario):
    """A new ledger in an empty folder."""

    name, program = "ledger init", "keiin-ledger"

    def init(self, **more):
        place = self.place
        run = place.start(place.ledger, "init", "--config", place.config, "--roster",
                          place.base.folder / "roster0", name="init", **more)
        place.finish(run)
        return run

    def faulty(self, page):
        self.place.empty()
        self.made = False
        run = self.init(page=page)
        self.said_why(run)
        self.made = run.status == 0
        return run.status

    def after(self):
        place = self.place
        run = self.init()
        there = run.status == 1 and "holds a ledger already" in run.errors()
        if run.status != 0 and not there or self.made and not there:
            raise Wrong(f"init again: {run.status} {run.errors()}")
        shutil.rmtree(place.folder / "verdicts", ignore_errors=True)
        server = place.serve()
        if server.address is None:
            raise Wrong(f"it does not start: {server.errors()}")
        with contextlib.closing(Http(server.address, LAST_ANSWER_S)) as connection:
            lines = connection.request("GET", "/checkpoint").body.decode().split("\n")
            if lines[1] != "1":
                raise Wrong(f"{lines[1]} entries in a new ledger")
        place.audit(server.address)
        server.send_signal(signal.SIGTERM)
        if place.finish(server) != 0:
            raise Wrong(server.errors())


class LedgerInitAgain(LedgerInit):
    """A second init in the folder of a ledger, which must not touch it."""

    name = "ledger init again"

    def contents(self):
        return {file.name: file.read_bytes() for file in self.place.data.glob("data.mdb")}

    def faulty(self, page):
        self.place.fresh()
        before = self.contents()
        run = self.init(page=page)
        self.said_why(run)
        if run.status == 0 or self.contents() != before:
            raise Wrong(f"exit {run.status}: {run.output!r}; the ledger was changed or lost")
        return run.status

    def after(self):
        self.place.good(self.place.ledger, "check", "--config", self.place.config, name="check")


class LedgerRoster(LedgerRun):
    """keiin-ledger roster, which asks a running server."""

    name, bodies = "ledger roster", {}

    def faulty(self, page):
        place = self.place
        place.fresh()
        self.connections, self.acked, self.entries = {}, {}, {}
        self.checkpoints = {place.base.checkpoint[0]: place.base.checkpoint[1]}
        self.run = place.serve()
        self.address = self.run.address
        run = place.start(place.ledger, "roster", "--config", place.config,
                          place.base.folder / "roster1", page=page, name="roster")
        place.finish(run)
        self.said_why(run)
        there = self.ask("Z", "GET", "/roster/1", last=True).status == 200
        if run.status == 0 and not there:
            raise Wrong("the roster is not there, and was said to be")
        if run.status == 1 and there:
            raise Wrong(f"the roster is there, and was said to be refused: {run.errors()}")
        self.drop("Z")
        self.run.send_signal(signal.SIGTERM)
        if place.finish(self.run) != 0:
            raise Wrong(f"the server: {self.run.errors()}")
        return run.status


class LedgerCheck(Scenario):
    """keiin-ledger check on a stopped ledger, which only reads."""

    name, program = "ledger check", "keiin-ledger"

    def faulty(self, page):
        place = self.place
        place.fresh()
        run = place.start(place.ledger, "check", "--config", place.config, page=page, name="check")
        place.finish(run)
        self.said_why(run)
        unsaid = "standard output" in run.errors() or "could not say" in run.errors()
        if b"DAMAGED" in run.output or not unsaid and (run.status == 0) != (b"GOOD" in run.output):
            raise Wrong(f"exit {run.status}, {run.output!r}, {run.errors()}")
        return run.status

    def after(self):
        if "GOOD" not in self.place.good(self.place.ledger, "check", "--config",
                                         self.place.config, name="check"):
            raise Wrong("the ledger is not what it was")


SCENARIOS = [LedgerInit, LedgerInitAgain, LedgerRun, LedgerRoster, LedgerCheck]
