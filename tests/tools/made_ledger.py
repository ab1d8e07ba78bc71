"""A ledger as the folder that is published, entry by entry, at whatever times a test wants."""

import calendar
import hashlib
import pathlib

import ed25519_sign
from fake_ledger import Key, b64, note, pack, sha256, tree_root

WIDTH = 256
ORIGIN = "ledger.test/made"


def ms(year, month, day=1, hour=0, minute=0, second=0, rest=0):
    """A time in UTC, in milliseconds."""
    return calendar.timegm((year, month, day, hour, minute, second)) * 1000 + rest


class MadeKey(Key):
    """A key that its name gives, so that the same test makes the same bytes."""

    def __init__(self, name, use):
        self.name, self.use = name, use
        self.seed = hashlib.sha256(f"made {name}".encode()).digest()
        self.public = ed25519_sign.public_key(self.seed)
        self.id = sha256(name.encode(), b"\n\x01", self.public)[:4]
        self.hash = sha256(b"\x01", self.public)
        self.vkey = f"{name}+{self.id.hex()}+{b64(bytes([1]) + self.public)}"


class MadeLedger:
    """`writers`: name, role and organisation of each; the operator is one of them."""

    def __init__(self, writers, begins_ms):
        self.root, self.log = MadeKey("root.test/r", "root"), MadeKey(ORIGIN, "log")
        self.writers = {name: MadeKey(name, "writer") for name, _, _ in writers}
        self.entries, self.records, self.leaves, self.heads = [], [], [], {}
        self.salts = 0
        lines = ["keiin/roster/v1", ORIGIN, "0", b64(bytes(32)), f"root {self.root.vkey}",
                 "threshold 1", f"log {self.log.vkey}", "quorum none"]
        lines += [f"writer {self.writers[name].vkey} {role} {organisation}"
                  for name, role, organisation in writers]
        text = "\n".join(lines) + "\n"
        self.roster, self.id = note(text, self.root), sha256(text.encode())
        operator = next(name for name, role, _ in writers if role == "operator")
        self._append(operator, begins_ms, 2, [sha256(text.encode())], [])

    def _append(self, writer, received, kind, digests, records):
        key = self.writers[writer]
        number, before = self.heads.get(
            writer, (0, sha256(b"keiin/writer/v1\n", self.id, writer.encode())))
        head, last = sha256(b"\x02", before, *digests), number + len(digests)
        text = f"keiin/records/v1\n{b64(self.id)}\n{writer}\n{last}\n{b64(head)}\n"
        prev = self.leaves[-1] if self.leaves else sha256(b"keiin/genesis/v1\n", self.id)
        entry = pack([kind, received, prev, key.hash, number + 1, before, digests,
                      ed25519_sign.sign(key.seed, text.encode())])
        self.heads[writer] = last, head
        self.entries.append(entry)
        self.leaves.append(sha256(b"\0", entry))
        self.records.append(records)

    def add(self, writer, received, *records):
        """One entry; a record's `at` is the time of receipt where it gives none."""
        made = []
        for fields in records:
            self.salts += 1
            salt = hashlib.sha256(str(self.salts).encode()).digest()[:16]
            made.append(pack({"at": received, "salt": salt, **fields}))
        self._append(writer, received, 1, [sha256(record) for record in made], made)

    def write(self, folder):
        """The folder, and the roster to trust beside it."""
        folder, size = pathlib.Path(folder), len(self.entries)
        assert size < WIDTH
        files = {
            "tile/entries": b"".join(len(e).to_bytes(2, "big") + e for e in self.entries),
            "tile/records": b"".join(self._part(records) for records in self.records),
            "tile/0": b"".join(self.leaves),
        }
        for name, data in files.items():
            path = folder / name / "000.p" / str(size)
            path.parent.mkdir(parents=True)
            path.write_bytes(data)
        checkpoint = note(f"{ORIGIN}\n{size}\n{b64(tree_root(self.leaves))}\n", self.log)
        for name in ("checkpoint", "latest-checkpoint"):
            (folder / name).write_bytes(checkpoint)
        (folder / "roster").mkdir()
        (folder / "roster" / "0").write_bytes(self.roster)
        pathlib.Path(f"{folder}.roster").write_bytes(self.roster)
        return folder

    @staticmethod
    def _part(records):
        part = b"".join(len(r).to_bytes(2, "big") + r + bytes(2) for r in records)
        return len(part).to_bytes(4, "big") + part
