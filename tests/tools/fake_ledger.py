"""A ledger that does what a test tells it to, with section 8 of SPEC.md in little.

It exists to answer wrongly: not at all, twice, too late, or with a lie. The real
ledger never does, so a client's care for that cannot be tested with it. Nothing here
is durable, and signatures of writers are not checked.
"""

import base64
import collections
import hashlib
import http.server
import os
import socketserver
import struct
import threading
import time

import ed25519_sign


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def b64(data):
    return base64.b64encode(data).decode()


# ---- canonical msgpack ----


def pack(value):
    if value is True:
        return b"\xc3"
    if isinstance(value, int):
        for limit, header, form in (
            (0x80, b"", ">B"),
            (0x100, b"\xcc", ">B"),
            (0x10000, b"\xcd", ">H"),
            (0x100000000, b"\xce", ">I"),
        ):
            if value < limit:
                return header + struct.pack(form, value)
        return b"\xcf" + struct.pack(">Q", value)
    if isinstance(value, bytes):
        return _sized(value, ((0x100, b"\xc4", ">B"), (0x10000, b"\xc5", ">H"), (2**32, b"\xc6", ">I")))
    if isinstance(value, str):
        data = value.encode()
        if len(data) < 32:
            return bytes([0xA0 | len(data)]) + data
        return _sized(data, ((0x100, b"\xd9", ">B"), (0x10000, b"\xda", ">H"), (2**32, b"\xdb", ">I")))
    if isinstance(value, list):
        count, body, small, large = len(value), b"".join(map(pack, value)), 0x90, b"\xdc"
    else:
        items = sorted((key.encode(), key) for key in value)
        body = b"".join(pack(key) + pack(value[key]) for _, key in items)
        count, small, large = len(value), 0x80, b"\xde"
    return (bytes([small | count]) if count < 16 else large + struct.pack(">H", count)) + body


def _sized(data, forms):
    for limit, header, form in forms:
        if len(data) < limit:
            return header + struct.pack(form, len(data)) + data
    raise ValueError("too long")


def unpack(data):
    value, at = _unpack(data, 0)
    if at != len(data):
        raise ValueError("bytes after the value")
    return value


_NUMBERS = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8}
_STRINGS = {0xD9: 1, 0xDA: 2, 0xDB: 4}
_BINS = {0xC4: 1, 0xC5: 2, 0xC6: 4}
_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}


def _unpack(data, at):
    head = data[at]
    at += 1

    def number(width):
        return int.from_bytes(data[at : at + width], "big"), at + width

    if head < 0x80:
        return head, at
    if head == 0xC3:
        return True, at
    if head in _NUMBERS:
        return number(_NUMBERS[head])
    if head in _BINS:
        size, at = number(_BINS[head])
        return data[at : at + size], at + size
    if 0xA0 <= head < 0xC0 or head in _STRINGS:
        size, at = (head & 31, at) if head < 0xC0 else number(_STRINGS[head])
        return data[at : at + size].decode(), at + size
    if 0x90 <= head < 0xA0 or head in _ARRAYS:
        count, at = (head & 15, at) if head < 0xA0 else number(_ARRAYS[head])
        items = []
        for _ in range(count):
            item, at = _unpack(data, at)
            items.append(item)
        return items, at
    if 0x80 <= head < 0x90 or head in _MAPS:
        count, at = (head & 15, at) if head < 0x90 else number(_MAPS[head])
        result = {}
        for _ in range(count):
            key, at = _unpack(data, at)
            result[key], at = _unpack(data, at)
        return result, at
    raise ValueError("type")


# ---- keys, notes, rosters ----


class Key:
    def __init__(self, name, use):
        self.name, self.use, self.seed = name, use, os.urandom(32)
        self.public = ed25519_sign.public_key(self.seed)
        self.id = sha256(name.encode(), b"\n\x01", self.public)[:4]
        self.hash = sha256(b"\x01", self.public)
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([1]) + self.public)}"

    def line(self, text):
        signature = ed25519_sign.sign(self.seed, text.encode())
        return f"\u2014 {self.name} {b64(self.id + signature)}\n"

    def write(self, path):
        text = f"keiin-secret-key/v1\n{self.use}\n{self.vkey}\nnone\n{b64(self.seed)}\n"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)


def note(text, *keys):
    return (text + "\n" + "".join(key.line(text) for key in keys)).encode()


def roster_text(origin, serial, parent, root, logs, writers):
    lines = ["keiin/roster/v1", origin, str(serial), b64(parent), f"root {root.vkey}", "threshold 1"]
    lines += [f"log {log.vkey}" for log in logs] + ["quorum none"]
    lines += [f"writer {key.vkey} {role} {unit}" for key, role, unit in writers]
    return "\n".join(lines) + "\n"


# ---- the tree ----


def tree_root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01", tree_root(leaves[:split]), tree_root(leaves[split:]))


def tree_proof(leaves, index):
    if len(leaves) == 1:
        return []
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if index < split:
        return tree_proof(leaves[:split], index) + [tree_root(leaves[split:])]
    return tree_proof(leaves[split:], index - split) + [tree_root(leaves[:split])]


Stored = collections.namedtuple("Stored", "name number head entry received prev records")


class Ledger:
    """The ledger's state. `script` holds what the next POSTs are to meet, first come first."""

    def __init__(self, origin="ledger.test/fake"):
        self.origin = origin
        self.root, self.log = Key("root.test/r", "root"), Key(origin, "log")
        self.operator = Key("operator.test/o", "writer")
        self.writers = {}
        self.rosters = []
        self.entries, self.leaves = [], []
        self.heads = {}
        self.script = collections.deque()
        self.lock = threading.Lock()
        self.posts = 0

    def add_writer(self, name):
        key = Key(name, "writer")
        self.writers[key.hash] = key
        return key

    def publish_roster(self):
        """Sign a roster of all writers so far; the first one begins the ledger."""
        parent = sha256(self.rosters[-1][0].encode()) if self.rosters else os.urandom(32)
        writers = [(self.operator, "operator", "op")]
        writers += [(key, "agency", "ag") for key in self.writers.values()]
        text = roster_text(self.origin, len(self.rosters), parent, self.root, [self.log], writers)
        self.rosters.append((text, note(text, self.root)))
        self.id = sha256(self.rosters[0][0].encode())
        self._append(self.operator, 2, [sha256(text.encode())], None, [])
        return self.rosters[-1][1]

    def head(self, name):
        return self.heads.get(name, (0, sha256(b"keiin/writer/v1\n", self.id, name.encode())))

    def _append(self, key, kind, digests, signature, records):
        number, before = self.head(key.name)
        head = sha256(b"\x02", before, *digests)
        last = number + len(digests)
        if signature is None:
            text = f"keiin/records/v1\n{b64(self.id)}\n{key.name}\n{last}\n{b64(head)}\n"
            signature = ed25519_sign.sign(key.seed, text.encode())
        received = int(time.time() * 1000)
        if self.entries:
            received = max(received, self.entries[-1].received)
        prev = self.leaves[-1] if self.leaves else sha256(b"keiin/genesis/v1\n", self.id)
        entry = pack([kind, received, prev, key.hash, number + 1, before, digests, signature])
        self.entries.append(Stored(key.name, number + 1, head, entry, received, prev, records))
        self.leaves.append(sha256(b"\0", entry))
        self.heads[key.name] = last, head
        return len(self.entries) - 1

    def checkpoint(self, size=None, root=None, key=None):
        size = size or len(self.leaves)
        root = root or tree_root(self.leaves[:size])
        return note(f"{self.origin}\n{size}\n{b64(root)}\n", key or self.log)

    def receipt(self, place, **lie):
        stored = self.entries[place]
        size = lie.pop("size", len(self.leaves))
        answer = [
            1,
            lie.pop("index", place),
            lie.pop("received", stored.received),
            lie.pop("prev", stored.prev),
            lie.pop("proof", tree_proof(self.leaves[:size], place)),
            lie.pop("note", None) or self.checkpoint(size, lie.pop("root", None), lie.pop("key", None)),
        ]
        return pack(answer)

    def submit(self, body):
        """Return status and answer to a submission; stores it where it is right."""
        version, key_hash, number, before, records, sealed, signature = unpack(body)
        key = self.writers.get(key_hash)
        if version != 1 or key is None:
            return 403, pack({"code": "writer-unknown", "detail": "no roster lists the key"})
        digests = [sha256(record) for record in records]
        head = sha256(b"\x02", before, *digests)
        for index, stored in enumerate(self.entries):
            if (stored.name, stored.number, stored.head) == (key.name, number, head):
                return 200, self.receipt(index)
        last, own = self.head(key.name)
        if number != last + 1 or before != own:
            code = "number" if number != last + 1 else "before"
            answer = {"code": code, "detail": "not the next", "head": own, "number": last}
            return 409, pack(answer)
        return 201, self.receipt(self._append(key, 1, digests, signature, records))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def reply(self, status, body, headers=()):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        ledger = self.server.ledger
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with ledger.lock:
            ledger.posts += 1
            step = ledger.script.popleft() if ledger.script else None
            if step is None:
                self.reply(*ledger.submit(body))
            else:
                step(self, ledger, body)

    def do_GET(self):
        ledger = self.server.ledger
        parts = self.path.strip("/").split("/")
        with ledger.lock:
            if parts[0] == "roster" and int(parts[1]) < len(ledger.rosters):
                self.reply(200, ledger.rosters[int(parts[1])][1])
                return
            names = {sha256(key.name.encode()).hex(): key.name for key in ledger.writers.values()}
            if parts[0] == "writers" and parts[1] in names:
                self.reply(200, pack([1, *ledger.head(names[parts[1]])]))
                return
            self.reply(404, b"")


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, ledger, port=0):
        super().__init__(("127.0.0.1", port), Handler)
        self.ledger = ledger
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def handle_error(self, request, client_address):
        """Clients that go away in the middle are what is tested."""

    def stop(self):
        self.shutdown()
        self.server_close()


# ---- steps of a script ----


def drop_before(handler, ledger, body):
    """The request is lost."""
    handler.close_connection = True
    handler.connection.close()


def drop_after(handler, ledger, body):
    """It is stored, and the answer is lost."""
    ledger.submit(body)
    drop_before(handler, ledger, body)


def status(code, retry_after=None):
    headers = [] if retry_after is None else [("Retry-After", str(retry_after))]
    return lambda handler, ledger, body: handler.reply(
        code, pack({"code": "busy", "detail": "later"}), headers
    )


def lie(**what):
    """It is stored, and the answer lies; values may be functions of ledger and index."""

    def step(handler, ledger, body):
        ledger.submit(body)
        index = len(ledger.entries) - 1
        told = {k: v(ledger, index) if callable(v) else v for k, v in what.items()}
        handler.reply(201, ledger.receipt(index, **told))

    return step


def garbage(handler, ledger, body):
    handler.reply(201, b"\x93\x01\x02\x03")
