"""A keiin-ledger of one's own for a test: keys, rosters, a running server, raw HTTP."""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
BIN = pathlib.Path(os.environ.get("KEIIN_BIN", SRC / "build")).resolve()
sys.path.insert(0, str(SRC / "tests/reference"))
import tree  # noqa: E402  (the reference's)

from fake_ledger import Key, b64, note, pack, sha256, unpack  # noqa: E402
import ed25519_sign  # noqa: E402

LEDGER = str(BIN / "keiin-ledger")


class Answer:
    """What came back on a connection: status, headers in lower case, body."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def value(self):
        return unpack(self.body)

    @property
    def code(self):
        return self.value["code"] if self.status >= 400 else None


class Connection:
    """HTTP by hand, so that what is wrong can be sent too."""

    def __init__(self, lab):
        self.socket = socket.create_connection((lab.host, lab.port), timeout=30)
        self.rest = b""

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("closed")
        self.rest += piece

    def receive(self, head=False):
        while b"\r\n\r\n" not in self.rest:
            self._more()
        top, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = top.decode("latin-1").split("\r\n")
        headers = dict((k.lower(), v.strip()) for k, v in (line.split(":", 1) for line in lines[1:]))
        status = int(lines[0].split()[1])
        if status == 100:
            return self.receive(head)
        size = 0 if head else int(headers.get("content-length", 0))
        while len(self.rest) < size:
            self._more()
        body, self.rest = self.rest[:size], self.rest[size:]
        return Answer(status, headers, body)

    def request(self, method, path, body=None, headers=()):
        lines = [f"{method} {path} HTTP/1.1", "Host: ledger.test"]
        lines += [f"{name}: {value}" for name, value in dict(headers).items()]
        if body is not None and not any(line.lower().startswith("content-length") for line in lines):
            lines.append(f"Content-Length: {len(body)}")
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b""))
        return self.receive(head=method == "HEAD")


class Writer:
    """A writer's side of its chain; `sign` moves it on, whether the ledger agrees or not."""

    def __init__(self, lab, name, role="agency"):
        self.lab, self.key, self.role = lab, Key(name, "writer"), role
        self.name = name
        self.start()

    def start(self):
        self.number, self.head = 0, None

    def current(self):
        if self.head is None:
            self.head = sha256(b"keiin/writer/v1\n", self.lab.id, self.name.encode())
        return self.head

    def signature(self, last, head, key=None):
        text = f"keiin/records/v1\n{b64(self.lab.id)}\n{self.name}\n{last}\n{b64(head)}\n"
        return ed25519_sign.sign((key or self.key).seed, text.encode())

    def sign(self, records, sealed=(), number=None, before=None, key=None, move=True):
        """The body of POST /records for these records."""
        before = self.current() if before is None else before
        number = self.number + 1 if number is None else number
        head = sha256(b"\x02", before, *(sha256(record) for record in records))
        last = number + len(records) - 1
        body = pack([1, (key or self.key).hash, number, before, list(records), list(sealed),
                     self.signature(last, head, key)])
        if move:
            self.number, self.head = last, head
        return body

    def sign_roster(self, roster_note, move=True):
        text = roster_note[: roster_note.rindex(b"\n\n") + 1]
        before, number = self.current(), self.number + 1
        head = sha256(b"\x02", before, sha256(text))
        if move:
            self.number, self.head = number, head
        return pack([1, self.key.hash, number, before, roster_note, self.signature(number, head)])


def record(text="x", **fields):
    return pack({"action": "query", "at": 1790000000000, "salt": os.urandom(16), "detail": text,
                 **fields})


class Lab:
    """One ledger in a temporary folder."""

    def __init__(self, prefix="", settings=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keiin-lab-"))
        self.prefix = prefix
        self.origin = "ledger.test/lab"
        self.roots = [Key(f"root.test/{i}", "root") for i in range(3)]
        self.log = Key(self.origin, "log")
        self.operator = Writer(self, "operator.test/o", "operator")
        self.committee = Writer(self, "committee.test/c", "committee")
        self.writers = [self.operator, self.committee]
        self.settings = dict(settings)
        self.rosters = []
        self.process = None
        for name, key in (("log", self.log), ("operator", self.operator.key)):
            key.write(self.folder / name)

    def writer(self, name, role="agency"):
        made = Writer(self, name, role)
        self.writers.append(made)
        return made

    def configure(self, **changes):
        self.settings.update(changes)
        sections = {"ledger": {"origin": self.origin, "data": self.folder / "data",
                               "log_key": self.folder / "log",
                               "operator_key": self.folder / "operator"},
                    "http": {"listen": "127.0.0.1:0", "prefix": self.prefix}}
        for name, value in self.settings.items():
            section, key = name.split("__")
            sections.setdefault(section, {})[key] = value
        lines = []
        for section, values in sections.items():
            lines += [f"[{section}]"] + [f"{key} = {value}" for key, value in values.items()]
        (self.folder / "ledger.ini").write_text("\n".join(lines) + "\n")

    def roster(self, serial=None, parent=None, logs=None, quorum="none", threshold=2, signers=None,
               writers=None):
        """A signed roster of all writers; serial 0 first, then successors."""
        serial = len(self.rosters) if serial is None else serial
        if parent is None:
            parent = sha256(self.rosters[-1][0].encode()) if self.rosters else os.urandom(32)
        lines = ["keiin/roster/v1", self.origin, str(serial), b64(parent)]
        lines += [f"root {key.vkey}" for key in self.roots] + [f"threshold {threshold}"]
        lines += [f"log {key.vkey}" for key in (logs or [self.log])]
        if quorum != "none":
            lines.append(f"witness w1 {quorum}")
            lines.append("quorum w1")
        else:
            lines.append("quorum none")
        for writer in writers if writers is not None else self.writers:
            lines.append(f"writer {writer.key.vkey} {writer.role} {writer.role}")
        text = "\n".join(lines) + "\n"
        return text, note(text, *(signers or self.roots[:2]))

    def init(self):
        self.configure()
        text, signed = self.roster()
        self.rosters.append((text, signed))
        self.id = sha256(text.encode())
        (self.folder / "roster0").write_bytes(signed)
        for writer in self.writers:
            writer.start()
        self.run("init", "--roster", str(self.folder / "roster0"))
        self.operator.number = 1
        self.operator.head = sha256(b"\x02", self.operator_start(), self.id)

    def operator_start(self):
        return sha256(b"keiin/writer/v1\n", self.id, self.operator.name.encode())

    def run(self, command, *arguments, expect=0):
        done = subprocess.run([LEDGER, command, "--config", str(self.folder / "ledger.ini"),
                               *arguments], capture_output=True, timeout=120)
        if done.returncode != expect:
            raise AssertionError(f"{command}: exit {done.returncode} instead of {expect}: "
                                 f"{done.stdout.decode()}{done.stderr.decode()}")
        return done.stdout.decode() + done.stderr.decode()

    def start(self, wrap=(), arguments=()):
        with open(self.folder / "log.jsonl", "ab") as log:
            self.process = subprocess.Popen(
                [*wrap, LEDGER, "run", "--config", str(self.folder / "ledger.ini"), *arguments],
                stdout=subprocess.PIPE, stderr=log)
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready http://"):
            self.process.wait()
            raise AssertionError(f"not ready: {line!r} {self.log_text()}")
        address = line.split("//")[1].strip()
        self.url = "http://" + address
        host, _, port = address.removesuffix(self.prefix).rpartition(":")
        self.host, self.port = host.strip("[]"), int(port)

    def stop(self, expect=0):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        self.process.stdout.close()
        self.process = None
        if expect is not None and status != expect:
            raise AssertionError(f"stopped with {status}: {self.log_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process = None

    def log_text(self):
        return (self.folder / "log.jsonl").read_text()

    def log_events(self):
        return [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]

    def connect(self):
        return Connection(self)

    def ask(self, method, path, body=None, headers=()):
        with contextlib.closing(self.connect()) as connection:
            return connection.request(method, self.prefix + path, body, headers)

    def get(self, path, **headers):
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, body, path="/records"):
        return self.ask("POST", path, body, {"Content-Type": "application/msgpack"})

    def checkpoint(self, which="checkpoint"):
        text = self.get(f"/{which}").body.decode()
        lines = text.split("\n")
        return int(lines[1]), lines[2], text

    def leaves(self, size):
        """Leaf hash and bytes of every entry below `size`."""
        leaves = []
        for number in range((size + 255) // 256):
            width = min(256, size - 256 * number)
            path = f"/tile/entries/{number:03}" + (f".p/{width}" if width < 256 else "")
            bundle = self.get(path).body
            while bundle:
                n = int.from_bytes(bundle[:2], "big")
                leaves.append((tree.leaf_hash(bundle[2 : 2 + n]), bundle[2 : 2 + n]))
                bundle = bundle[2 + n :]
        return leaves

    def check_receipt(self, answer, key, number, before, digests, signature, kind=1):
        """Rebuilds the entry, follows the proof, compares with the checkpoint's root."""
        version, index, received, prev, proof, checkpoint = answer.value[:6]
        entry = pack([kind, received, prev, key, number, before, list(digests), signature])
        lines = checkpoint.decode().split("\n")
        root = tree.root_from_inclusion(tree.leaf_hash(entry), index, int(lines[1]), proof)
        assert version == 1 and root is not None and b64(root) == lines[2], "proof"
        assert lines[0] == self.origin
        return entry

    def close(self):
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def lab(**options):
    made = Lab(**options)
    try:
        yield made
    except BaseException:
        with contextlib.suppress(OSError):
            sys.stderr.write(made.log_text())
        raise
    finally:
        made.close()


def check_body(lab_, body, answer, kind=1):
    """A receipt for this very body."""
    _, key, number, before, what, *rest = unpack(body)
    digests = ([sha256(record_) for record_ in what] if kind == 1
               else [sha256(what[: what.rindex(b"\n\n") + 1])])
    return lab_.check_receipt(answer, key, number, before, digests, rest[-1], kind)


def wait_until(condition, seconds=10):
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            raise AssertionError("it never came true")
        time.sleep(0.01)
