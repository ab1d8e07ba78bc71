"""What keiin-client does while one of its calls fails: nothing lost, nothing twice, and the
folder goes on."""

import contextlib
import json
import os
import shutil
import signal

from fake_ledger import unpack
from fault_place import LAST_ANSWER_S, Http, Scenario, Wrong, check_tree

USES_MAX = 12  # of one ledger, before it gets so long that reading it takes time
AUDIT_ROW = 'AUDIT: SESSION,{n},1,READ,SELECT,TABLE,public.flow,select {n},<none>,1'


class Shared:
    """A ledger that serves all along, and a client folder: what the scenarios here use up."""

    def __init__(self, place):
        self.place, self.server, self.uses, self.serial = place, None, 0, 0
        self.folder = place.folder / "client"

    def close(self):
        if self.server is not None:
            self.server.send_signal(signal.SIGTERM)
            if self.place.finish(self.server) != 0:
                raise Wrong(f"the server: {self.server.errors()}")
            self.server = None

    def ready(self, fresh=False):
        """A number that was not used before; a new ledger now and then."""
        self.uses += 1
        self.serial += 1
        if self.server is None or fresh or self.uses > USES_MAX:
            self.close()
            self.start()
        return f"{os.getpid()}-{self.serial}"

    def start(self):
        place = self.place
        place.fresh()
        self.server = place.serve()
        place.runs.remove(self.server)  # it outlives the point
        self.uses = 0
        self.url = "http://%s:%d" % self.server.address
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(place.base.client_folder, self.folder)
        config = self.folder / "config"
        config.write_text(config.read_text().replace(place.base.client_url, self.url))
        self.read = place.base.checkpoint[0]

    def new_records(self):
        """What came into the ledger since it was last asked; the tree is checked too."""
        with contextlib.closing(Http(self.server.address, LAST_ANSWER_S)) as connection:
            entries = check_tree(lambda method, path: connection.request(method, path), {}, {})
            size, out = len(entries), []
            data = connection.request("GET", f"/tile/records/000.p/{size}").body
        at = 0
        for index in range(size):
            end = at + 4 + int.from_bytes(data[at : at + 4], "big")
            at += 4
            while at < end:
                n = int.from_bytes(data[at : at + 2], "big")
                if index >= self.read:
                    out.append(unpack(data[at + 2 : at + 2 + n]))
                at += 2 + n
                at += 2 + int.from_bytes(data[at : at + 2], "big")
        self.read = size
        return out


class ClientScenario(Scenario):
    program = "keiin-client"
    field = "actor"

    def __init__(self, place):
        super().__init__(place.beside())
        if not hasattr(self.place, "shared"):
            self.place.shared = Shared(self.place)
        self.shared = self.place.shared

    def reset(self):
        if self.shared.server is not None:
            self.shared.server.kill()
            self.shared.server = None

    def run(self, *arguments, page=None):
        run = self.place.start(self.place.client, *arguments, page=page, name="client")
        self.place.finish(run)
        return run

    def tried(self, *arguments, page):
        """The run in which something fails."""
        run = self.run(*arguments, page=page)
        self.status, self.said = run.status, run.errors()
        self.output = run.output.decode()
        self.said_why(run)
        return run.status

    def again(self, *arguments):
        return self.place.good(self.place.client, *arguments, name="client")

    def expect(self, records, what):
        there = [record.get(self.field) for record in records]
        if there != what:
            raise Wrong(f"exit {self.status}, {self.said!r}: {there} instead of {what}")

    def sound(self):
        """The folder's receipts verify, and the committee's audit goes on."""
        self.again("-C", self.shared.folder, "receipts", "check")
        self.place.audit(self.shared.server.address)


class ClientInit(ClientScenario):
    """A new client folder, from roster 1: roster 0 is fetched."""

    name = "client init"

    def arguments(self):
        base = self.place.base
        return ("init", "--ledger", self.shared.url, "--key", base.folder / "other.key",
                "--roster", base.folder / "roster1", self.made)

    def faulty(self, page):
        self.shared.ready()
        if not getattr(self.shared.server, "has_roster", False):
            self.place.good(self.place.ledger, "roster", "--config", self.place.config,
                            self.place.base.folder / "roster1", name="roster")
            self.shared.server.has_roster = True
        self.made = self.place.folder / "made"
        shutil.rmtree(self.made, ignore_errors=True)
        self.status = None
        return self.tried(*self.arguments(), page=page)

    def after(self):
        run = self.run(*self.arguments())
        there = run.status == 1 and "is there already" in run.errors()
        if run.status != 0 and not there or self.status == 0 and not there:
            raise Wrong(f"init again: {run.status} {run.errors()}")
        if "the same head" not in self.again("-C", self.made, "status"):
            raise Wrong("the new folder does not know its ledger")


class ClientInitAgain(ClientScenario):
    """A second init in the folder of a writer, which must not touch it."""

    name = "client init again"

    def contents(self):
        return {file.name: file.read_bytes() for file in self.shared.folder.rglob("*")
                if file.is_file()}

    def faulty(self, page):
        self.shared.ready()
        before = self.contents()
        status = self.tried("init", "--ledger", self.shared.url, "--key",
                            self.place.base.folder / "client.key", "--roster",
                            self.place.base.folder / "roster0", self.shared.folder, page=page)
        if status == 0 or self.contents() != before:
            raise Wrong(f"exit {status}: {self.output}; the folder was changed or lost")
        return status

    def after(self):
        self.again("-C", self.shared.folder, "status")


class ClientSubmit(ClientScenario):
    """Five lines of a file, two in a submission; then the same command again."""

    name = "client submit"

    def faulty(self, page):
        shared = self.shared
        number = shared.ready()
        self.actors = [f"p-{number}-{i}" for i in range(5)]
        self.file = self.place.folder / "lines"
        self.file.write_text("".join(json.dumps(
            {"action": "query", "at": 1790000000000, "actor": actor}) + "\n" for actor in self.actors))
        self.arguments = ("-C", shared.folder, "submit", "--batch", "2", "--timeout", "2", self.file)
        self.first = []
        try:
            return self.tried(*self.arguments, page=page)
        finally:
            self.first = shared.new_records()

    def after(self):
        if self.status == 0:
            self.expect(self.first, self.actors)
        self.again(*self.arguments)
        self.expect(self.first + self.shared.new_records(), self.actors)
        self.sound()


class ClientLog(ClientScenario):
    """One record; what is said of it is so."""

    name = "client log"

    def faulty(self, page):
        shared = self.shared
        self.actor = f"p-{shared.ready()}"
        self.status, self.said = None, ""
        return self.tried("-C", shared.folder, "log", "--timeout", "2", "action=query",
                          f"actor={self.actor}", "parents=a", "parents=b", "criteria=" + "ab" * 32,
                          page=page)

    def after(self):
        shared = self.shared
        there = shared.new_records()
        self.again("-C", shared.folder, "submit")
        kept = shared.new_records()
        if self.status == 0:
            self.expect(there, [self.actor])
        elif self.status is None or self.status < 0:
            self.expect(there + kept, [self.actor][: len(there + kept)])
        else:
            # What could not be printed was done all the same.
            taken = any(words in self.said for words in ("goes out with the next", "standard output"))
            self.expect(there + kept, [self.actor] if taken else [])
        self.sound()


class ClientStatus(ClientScenario):
    """What was sent, and what the ledger says."""

    name = "client status"

    def faulty(self, page):
        self.shared.ready()
        status = self.tried("-C", self.shared.folder, "status", "--timeout", "2", page=page)
        if status == 0 and "the same head" not in self.output:
            raise Wrong(f"success without an answer: {self.output!r}")
        if status == 1 and "go on" in self.said:
            raise Wrong(f"a finding about a sound folder: {self.said}")
        return status

    def after(self):
        if "the same head" not in self.again("-C", self.shared.folder, "status"):
            raise Wrong("the folder does not know its ledger any more")


class ClientReceipts(ClientScenario):
    """The stored receipts, verified again."""

    name = "client receipts"

    def faulty(self, page):
        shared = self.shared
        shared.ready(fresh=True)
        for actor in ("a", "b"):
            self.again("-C", shared.folder, "log", "action=query", f"actor={actor}")
        shared.new_records()
        status = self.tried("-C", shared.folder, "receipts", "check", page=page)
        if status == 0 and "2 receipts verify; they cover 2" not in self.output:
            raise Wrong(f"success without a verdict: {self.output!r}")
        return status

    def after(self):
        if "2 receipts verify" not in self.again("-C", self.shared.folder, "receipts", "check"):
            raise Wrong("the receipts do not verify any more")


class ClientImport(ClientScenario):
    """A log of PostgreSQL; then the same command again."""

    name = "client import"
    field = "id"

    def faulty(self, page):
        shared, folder = self.shared, self.place.folder
        number = shared.ready()
        session = f"{os.getpid():08x}.{shared.serial:04x}"
        self.ids = [f"{session}.{n}" for n in range(1, 6)]
        log = folder / "log.csv"
        log.write_text("".join(
            f'2026-11-22 01:19:39.810 UTC,"postgres","comms",6772,"[local]",{session},{n},"SELECT",'
            f'2026-11-22 01:19:39 UTC,3/5,726,LOG,00000,"{AUDIT_ROW.format(n=n)}",,,,,,,,,"psql",'
            '"client backend",,0\n' for n in range(1, 6)))
        (folder / "map.ini").write_text(
            f"[user postgres]\nclient = {shared.folder}\nunit = nco-1\nactor = p-1\n")
        (folder / "digest").write_bytes(bytes(32))
        self.arguments = ("import", "pgaudit", "--map", folder / "map.ini", "--digest-key",
                          folder / "digest", "--final", "--batch", "3", "--timeout", "2", log)
        self.first = []
        try:
            return self.tried(*self.arguments, page=page)
        finally:
            self.first = shared.new_records()

    def after(self):
        if self.status == 0:
            self.expect(self.first, self.ids)
        self.again(*self.arguments)
        self.expect(self.first + self.shared.new_records(), self.ids)
        self.sound()


SCENARIOS = [ClientInit, ClientInitAgain, ClientSubmit, ClientLog, ClientStatus, ClientReceipts, ClientImport]
