#!/usr/bin/env python3
"""Does every kind of damage to several ledgers, with and without each key, and audits them.

What tests/forge/damage.py foretells is exactly what keiin-verify and the reference have to
find, and with --state what someone finds who saw the ledger before. Where neither finds
anything, the kind says what else does, or that it is no damage.
    damage.py                 all kinds on one ledger, with two sets of keys, and a fifth of them on each
                              other; with KEIIN_LONG all on all, with every set; under sanitizers with one
    damage.py WORD...         kinds, ledgers or sets of keys whose name contains a WORD
"""

import concurrent.futures
import functools
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
sys.path[:0] = [os.path.join(TESTS, "forge"), os.path.join(TESTS, "tools")]
import audits
import damage
import ed25519
import entry
import random_ledger
import record as records
from encoding import b64_encode
from forge import Ledger, order, record, sealed
from keyring import Keyring
from keys import Key
from kinds import BY_STATE, KINDS
from ledger_copy import Copy, Unsuitable
from ledger_lab import BIN, lab

SRC = os.environ.get("KEIIN_SRC", os.path.join(TESTS, ".."))
KEIIN_LONG = bool(os.environ.get("KEIIN_LONG"))
SHORT = bool(os.environ.get("KEIIN_SHORT"))  # under sanitizers, which do not watch the reference

# The reference meets the same signatures, entries and records over and over.
ed25519.verify = functools.lru_cache(None)(ed25519.verify)
entry.decode = functools.lru_cache(None)(entry.decode)
records.decode = functools.lru_cache(None)(records.decode)


# A line that tells a finding: "the ledger: ... [code]", "entry 7, writer x: ... [code]".
FINDING = r"^  (?:the ledger|(?:entry|record) ([0-9.]+)).*?\[([a-z-]+)\]"


# Ledgers, and who holds which of their keys


class Subject:
    """A ledger in a folder, and its keys by who holds them."""

    def __init__(self, name, folder, **keys):
        self.name = name
        self.copy = Copy(folder)
        self.keys = keys

    def key_sets(self):
        """Return by name the keys that different attackers hold."""
        keys = self.keys
        if not keys:
            return {"no key": []}
        quorum, log, roots = keys["witnesses"][:2], keys["log"], keys["roots"]
        operator = [*log, *quorum, *keys["operator"]]
        return {
            "no key": [],
            "log": log,
            "log, a witness": log + quorum[:1],
            "log, witnesses": log + quorum,
            "an agency": keys["agencies"][:1],
            "log, witnesses, agencies": log + quorum + keys["agencies"],
            "operator": operator,
            "operator, a root": operator + roots[:1],
            "operator, roots": operator + roots[:2],
            "operator, committee": operator + keys["committee"],
            "everybody": [key for held in keys.values() for key in held],
        }


def with_everything(folder):
    """Write a ledger of everything there can be; return it as a Subject."""
    ledger = Ledger()
    other = Key("ag-b")
    ledger.add_roster_entry(
        ledger.operator, ledger.add_roster(writers=ledger.writers((other, "agency", "mod")))
    )
    for number in range(3):
        ledger.add_records(ledger.agency, record(count=number), record(count=50 + number))
        ledger.add_records(other, sealed(b"part %d" % number), record(count=number))
    ledger.add_records(ledger.operator, record(action="heartbeat"))
    ledger.add_records(ledger.agency, record(count=8), stored=())
    index = len(ledger.entries) - 1
    pair = sealed(b"secret")
    ledger.add_records(other, pair, stored=[(pair[0], b"")])
    gone = "%d.0" % index, "%d.0/sealed" % (index + 1)
    ledger.add_records(ledger.committee, order(*gone), record())
    writers = ledger.writers((ledger.stranger, "agency", "sdf"), (other, "agency", "mod"))
    index = ledger.add_roster_entry(ledger.committee, ledger.add_roster(writers=writers))
    ledger.put_proof(1, index)
    ledger.add_records(ledger.stranger, record(), sealed(b"another"))
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster(writers=writers[:-1]))
    ledger.put_proof(2, index)
    for number in range(2):
        ledger.add_records(ledger.agency, record(count=30 + number))
        ledger.add_records(ledger.stranger, record(count=40 + number), record())
    ledger.publish().write(folder)
    return Subject(
        "everything",
        folder,
        roots=ledger.roots,
        log=[ledger.log],
        witnesses=ledger.witnesses,
        operator=[ledger.operator],
        committee=[ledger.committee],
        agencies=[ledger.agency, ledger.stranger, other],
    )


def at_random(seed, folder):
    grower = random_ledger.sound(seed)
    ledger = grower.ledger
    grower.publication().write(folder)
    return Subject(
        "random %d" % seed,
        folder,
        roots=ledger.roots,
        log=[*grower.logs],
        witnesses=grower.witnesses,
        operator=[ledger.operator],
        committee=[ledger.committee],
        agencies=[*random_ledger.AGENCIES, *random_ledger.NEW_KEYS],
    )


def from_vectors(folder):
    shutil.copytree(os.path.join(SRC, "tests/vectors/ledgers/sound"), folder)
    return Subject("vectors", folder)


MAP = """[user %(user)s]
client = %(client)s
unit = %(client)s/unit
actor = %(client)s/%(user)s
authority = A-2026-031
purpose = attack-analysis
"""
USERS = {"nco_analyst": "nco", "npa_investigator": "npa", "mod_liaison": "mod",
         "sdf_cyber": "sdf", "postgres": "nco"}


def from_real_log(folder):
    """Import the audit log of a real database by the programs themselves, and copy it."""
    with lab() as made:
        writers = {name: made.writer(name + ".test/database") for name in set(USERS.values())}
        made.init()
        made.start()
        keys = made.folder / "keys"
        keys.mkdir()
        for name, writer in writers.items():
            writer.key.write(keys / name)
        _client(made, "init", writers)
        (made.folder / "map.ini").write_text("".join(
            MAP % {"user": user, "client": made.folder / name} for user, name in USERS.items()
        ))
        (made.folder / "digest.key").write_bytes(bytes(range(32)))
        os.chmod(made.folder / "digest.key", 0o600)
        with gzip.open(os.path.join(SRC, "tests/data/pgaudit.csv.gz")) as log:
            (made.folder / "log.csv").write_bytes(_first_rows(log.read(), 600))
        _program("keiin-client", "import", "pgaudit", "--final", "--map", made.folder / "map.ini",
                 "--digest-key", made.folder / "digest.key", made.folder / "log.csv")
        _program("keiin-verify", "copy", made.url, folder)
        made.stop()
        made.log.write(keys / "log")
        made.operator.key.write(keys / "operator")
        made.committee.key.write(keys / "committee")
        for number, root in enumerate(made.roots):
            root.write(keys / ("root-%d" % number))
        return _with_keys_of("real log", folder, keys)


def _first_rows(log, count):
    """Return the first rows of a csvlog; each begins with a date, on a line of its own."""
    starts = [match.start() for match in re.finditer(rb"^20\d\d-\d\d-\d\d \d", log, re.MULTILINE)]
    return log[: starts[count]]


def _program(name, *arguments):
    done = subprocess.run([BIN / name, *arguments], capture_output=True, timeout=300)
    if done.returncode != 0:
        raise AssertionError("%s %s: exit %d: %s" % (
            name, arguments[0], done.returncode, done.stderr.decode()))


def _client(made, command, names):
    for name in names:
        _program("keiin-client", command, "--ledger", made.url, "--key", made.folder / "keys" / name,
                 "--roster", made.folder / "roster0", made.folder / name)


def _with_keys_of(name, folder, keys):
    held = {key.name.decode(): key for key in Keyring.read(keys).keys}
    roots = [key for key_name, key in sorted(held.items()) if key_name.startswith("root.")]
    agencies = [held[name + ".test/database"] for name in sorted(set(USERS.values()))]
    return Subject(name, folder, roots=roots, log=[held["ledger.test/lab"]], witnesses=[],
                   operator=[held["operator.test/o"]], committee=[held["committee.test/c"]],
                   agencies=agencies)


# Audits


class Run:
    def __init__(self, folder, pool):
        self.folder = folder
        self.pool = pool
        self.seen = {}
        self.audits = self.damages = self.unsuitable = self.failed = 0

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def audit(self, damaged, state):
        """Return by name what each audit finds; the same files are audited once."""
        files = sorted(damaged.publication.files.items())
        key = hashlib.sha256(repr((files, damaged.options, state)).encode()).digest()
        if key not in self.seen:
            self.seen[key] = self._audit(damaged, state)
        return self.seen[key]

    def _check(self, damaged, copy):
        """Check a receipt by itself, with all rosters of its ledger."""
        path = self.path("receipt")
        with open(path, "wb") as file:
            file.write(damaged.receipt)
        rosters = []
        for serial in range(damaged.first_roster, len(copy.rosters)):
            rosters += ["--roster", os.path.join(copy.folder, "roster", str(serial))]
        done = subprocess.run([audits.VERIFY, "check", *rosters, path], capture_output=True,
                              timeout=60, text=True)
        texts = [code + (" " + address if address else "")
                 for address, code in re.findall(FINDING, done.stdout, re.MULTILINE)]
        wanted = 1 if set(texts) - {"incomplete"} else 2 if texts else 0
        self.audits += 1
        if done.returncode != wanted or done.stderr:
            return {"check": "exit %d: %s%s" % (done.returncode, done.stdout, done.stderr)}
        return {"check": texts}

    def _audit(self, damaged, state):
        ledger = self.path("damaged")
        damaged.publication.write(ledger)
        trusted, options = damaged.publication.trusted, damaged.options
        # The programs run while the reference does.
        alone = (*options, "--threads", "1")
        first = self.pool.submit(audits.by_verify, ledger, trusted, alone)
        again = None
        if damaged.findings_with_state is not None:
            used = self.path("used-state")
            shutil.rmtree(used, ignore_errors=True)
            shutil.copytree(state, used)
            again = self.pool.submit(
                audits.by_verify, ledger, trusted, (*alone, "--state", used)
            )
            self.audits += 1
        found = {}
        if not SHORT:
            found["reference"] = _said(audits.by_reference(ledger, trusted, options))
        found["keiin-verify"] = _said(first.result())
        if again is not None:
            found["with --state"] = _said(again.result())
        self.audits += 1 if SHORT else 2
        return found

    def try_damage(self, subject, kind, holder, keys, seed):
        """Do one damage with one set of keys and audit what comes of it."""
        try:
            damaged = damage.damage(subject.copy, kind, keys, seed=seed)
        except Unsuitable:
            self.unsuitable += 1
            return
        self.damages += 1
        problems = [] if damaged.findings else self.missed(damaged)
        if damaged.receipt is not None:
            audited = self._check(damaged, subject.copy)
        else:
            audited = self.audit(damaged, self.state_of(subject))
        for who, got in audited.items():
            foretold = damaged.findings
            if who == "with --state":
                foretold = damaged.findings_with_state
            if got != foretold:
                problems.append("%s: got %s, foretold %s" % (who, got, foretold))
        if problems:
            self.failed += 1
            print("  %s, %s, %s, seed %d:" % (kind, subject.name, holder, seed))
            print("    " + "\n    ".join(problems))

    def missed(self, damaged):
        """Say what is wrong with a damage that no first look finds."""
        if damaged.unseen is None:
            return ["nothing is found, and nobody said so"]
        found = set(damaged.findings_with_state or ())
        if damaged.receipt is None and damaged.unseen is BY_STATE and not found & {"fork", "rollback"}:
            return ["--state does not find it either"]
        return []

    def state_of(self, subject):
        """Return the folder of an auditor's state who saw the ledger as it was."""
        state = self.path("state " + subject.name)
        if not os.path.isdir(state):
            verdict = audits.by_verify(
                subject.copy.folder, subject.copy.trusted, ("--state", state)
            )
            assert verdict["verdict"] == "verified", verdict
        return state


def _said(verdict):
    return verdict if isinstance(verdict, str) else audits.findings(verdict)


def jobs(subjects):
    """Name every damage to be done: with each set of keys, or with two."""
    for place, subject in enumerate(subjects):
        sets = subject.key_sets()
        names = list(sets)
        for number, kind in enumerate(KINDS):
            if not KEIIN_LONG and place > 0 and number % 5 != place - 1:
                continue
            chosen = names if KEIIN_LONG else {names[0], names[number % len(names)]}
            if SHORT:
                chosen = [names[number % len(names)]]
            for holder in chosen:
                for seed in range(5 if KEIIN_LONG else 1):
                    yield subject, kind, holder, sets[holder], seed + number


def _ledgers(folder, words):
    """Make the ledgers in question: all but others, where a word is a ledger's whole name."""
    made = {"everything": with_everything, "vectors": from_vectors, "real log": from_real_log}
    made.update(("random %d" % seed, functools.partial(at_random, seed)) for seed in (1, 2, 3))
    named = [word.rstrip(", ") for word in words if word.rstrip(", ") in made]
    for name, make in made.items():
        if all(name == word for word in named):
            yield make(os.path.join(folder, name))


def is_command_right(folder):
    """Say whether the command does what the library does, with keys out of files."""
    subject = with_everything(os.path.join(folder, "for the command"))
    keys, out = os.path.join(folder, "keys"), os.path.join(folder, "out")
    os.mkdir(keys)
    held = subject.keys["log"] + subject.keys["witnesses"]
    for number, key in enumerate(held):
        use = "log" if key in subject.keys["log"] else "witness"
        lines = ["keiin-secret-key/v1", use, key.vkey, "none", b64_encode(key._seed).decode(), ""]
        with open(os.path.join(keys, str(number)), "w", encoding="utf-8") as file:
            file.write("\n".join(lines))
    command = [sys.executable, os.path.join(TESTS, "forge", "damage.py")]
    given = ["remove-entry", subject.copy.folder, out, "--keys", keys, "--seed", "7"]
    done = subprocess.run([*command, *given], capture_output=True, timeout=60)
    wanted = damage.damage(subject.copy, "remove-entry", held, seed=7)
    found = _said(audits.by_verify(out, subject.copy.trusted))
    is_right = done.returncode == 0 and json.loads(done.stdout)["findings"] == wanted.findings
    is_right &= bool(wanted.findings) and found == wanted.findings
    for refused in (given, ["no-such-kind", *given[1:]], ["upper-tile-wrong", *given[1:]]):
        done = subprocess.run([*command, *refused], capture_output=True, timeout=60)
        is_right &= done.returncode == 2 and not done.stdout
    if not is_right:
        print("  the command does not do what the library does: %s" % done)
    return is_right


def main(words):
    started = time.monotonic()
    folder = tempfile.mkdtemp(prefix="keiin-damage-", dir=audits.memory_folder())
    pool = concurrent.futures.ThreadPoolExecutor(1)
    try:
        run = Run(folder, pool)
        for subject, kind, holder, keys, seed in jobs(_ledgers(folder, words)):
            text = "%s, %s, %s" % (kind, subject.name, holder)
            if all(word in text for word in words):
                run.try_damage(subject, kind, holder, keys, seed)
        run.failed += not is_command_right(folder)
    finally:
        pool.shutdown()
        shutil.rmtree(folder)
    print("damage: %d kinds, %d damages, %d audits, %d unsuitable, %d wrong, %d s" % (
        len(KINDS), run.damages, run.audits, run.unsuitable, run.failed,
        time.monotonic() - started))
    return 1 if run.failed or not run.damages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
