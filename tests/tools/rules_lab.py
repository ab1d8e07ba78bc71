"""keiin-verify rules, run for tests: on histories, on cuts of them, and with a state."""

import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import history_lab
from history_lab import BIN, SRC

import ed25519_sign

VERIFY = str(BIN / "keiin-verify")
FORGE = str(BIN / "forge-ledger")
SENTENCES = str(BIN / "tests" / "tools" / "finding_sentences")
ORIGIN = "ledger.example/history"
NO_LIMITS = hashlib.sha256(b"").hexdigest()


class Done:
    """What one run of a command said."""

    def __init__(self, process):
        self.status = process.returncode
        self.out, self.err = process.stdout.decode(), process.stderr.decode()

    @property
    def lines(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def findings(self):
        return self.lines[:-1]

    @property
    def verdict(self):
        return self.lines[-1]

    @property
    def closed(self):
        return [finding for finding in self.findings if not finding["open"]]

    @property
    def open(self):
        return [finding for finding in self.findings if finding["open"]]


def run(*arguments):
    return Done(subprocess.run([VERIFY, *map(str, arguments)], capture_output=True, timeout=600))


def rules(folder, *options, roster=None):
    """The rules over a folder, as JSON unless an option is "--text"."""
    form = [] if "--text" in options else ["--json"]
    options = [option for option in options if option != "--text"]
    return run("rules", *form, "--roster", roster or f"{folder}.roster", *options, folder)


def finding_id(finding, subject=None):
    """The id of a finding, as doc/rules.md says."""
    lines = ["keiin/finding/v1", finding["rule"], " ".join(finding["records"])]
    lines += [] if subject is None else [subject]
    lines += [finding["limits"]]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def log_key(folder, seed):
    """A file with the log's key of a history, which its seed gives."""
    secret = hashlib.sha256(f"keiin history {seed} {ORIGIN} 0".encode()).digest()
    public = b"\1" + ed25519_sign.public_key(secret)
    digest = hashlib.sha256(ORIGIN.encode() + b"\n" + public).digest()[:4]
    vkey = f"{ORIGIN}+{digest.hex()}+{base64.b64encode(public).decode()}"
    path = pathlib.Path(folder) / f"log-key-{seed}"
    path.write_text(f"keiin-secret-key/v1\nlog\n{vkey}\nnone\n"
                    f"{base64.b64encode(secret).decode()}\n")
    path.chmod(0o600)
    return path


def cut(folder, out, size, key):
    """The same ledger as it was when it had so many entries."""
    shutil.copytree(folder, out)
    shutil.copy(f"{folder}.roster", f"{out}.roster")
    done = subprocess.run([FORGE, "rollback", "--size", str(size), "--log-key", key, out],
                          capture_output=True, timeout=600)
    assert done.returncode == 0, done
    return out


class Case(unittest.TestCase):
    """A test with a folder of its own; histories are made once for a class."""

    @classmethod
    def setUpClass(cls):
        cls.shared = pathlib.Path(tempfile.mkdtemp(prefix="keiin-rules-"))
        cls.addClassCleanup(shutil.rmtree, cls.shared)

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-rules-", dir=self.shared))

    @classmethod
    def history(cls, name, *options, records=10000, seed=1):
        history_lab.make(cls.shared / name, "--records", records, "--seed", seed, "--answers",
                         cls.shared / f"{name}.answers", *options)
        return cls.shared / name

    def write(self, text, name="rules.ini"):
        path = self.dir / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path


__all__ = ["BIN", "SRC", "Case", "Done", "cut", "finding_id", "log_key", "rules", "run"]
