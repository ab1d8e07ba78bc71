#!/usr/bin/env python3
"""Check the reference implementation against every file of vectors."""

import json
import os
import sys

import checkpoint as checkpoints
import ed25519
import entry as entries
import msgpack
import note as notes
import record as records
import roster as rosters
import tree
from audit import Options, audit
from encoding import Malformed, sha256
from source import open_source

DEFAULT_VECTORS = os.path.join(os.path.dirname(__file__), "..", "vectors")


class Run:
    def __init__(self, folder):
        self.folder = folder
        self.passed = 0
        self.failed = 0

    def load(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return json.load(file)

    def read(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def check(self, what, is_right):
        if is_right:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED", what)

    def equal(self, what, got, wanted):
        if got != wanted:
            print("  got   ", got)
            print("  wanted", wanted)
        self.check(what, got == wanted)


def accepts(function, *arguments):
    try:
        function(*arguments)
    except Malformed:
        return False
    return True


def check_msgpack(run):
    vectors = run.load("msgpack.json")
    for number, encoded in enumerate(vectors["good"]):
        is_good = accepts(msgpack.decode, bytes.fromhex(encoded))
        run.check("msgpack good %d" % number, is_good)
    for what, encoded in vectors["bad"].items():
        is_good = accepts(msgpack.decode, bytes.fromhex(encoded))
        run.check("msgpack bad: " + what, not is_good)


def check_records(run):
    for vector in run.load("records.json"):
        data = bytes.fromhex(vector["record"])
        what = "records: " + vector["what"]
        run.equal(what + ", digest", sha256(data).hex(), vector["digest"])
        run.equal(what, accepts(records.decode, data), vector["good"])


def check_ed25519(run):
    for vector in run.load("ed25519.json"):
        key, message, signature = (
            bytes.fromhex(vector[name]) for name in ("key", "message", "signature")
        )
        is_good = ed25519.verify(key, message, signature)
        run.equal("ed25519: " + vector["what"], is_good, vector["good"])


def check_tree(run):
    vectors = run.load("tree.json")
    roots = [bytes.fromhex(root) for root in vectors["roots"]]
    leaves = [tree.leaf_hash(bytes([j]) * j) for j in range(len(roots))]
    for size, root in enumerate(roots):
        run.equal("tree: root of %d" % size, tree.root_of(leaves[:size]), root)
    for vector in vectors["inclusion"]:
        index, size = vector["index"], vector["size"]
        proof = [bytes.fromhex(item) for item in vector["proof"]]
        what = "tree: inclusion of %d in %d" % (index, size)
        got = tree.root_from_inclusion(leaves[index], index, size, proof)
        run.equal(what, got, roots[size])
        longer = tree.root_from_inclusion(leaves[index], index, size, proof + [roots[0]])
        run.check(what + ", proof too long", longer is None)
        if proof:
            other = tree.root_from_inclusion(leaves[index], index, size, proof[:-1])
            run.check(what + ", proof too short", other is None)
    for vector in vectors["consistency"]:
        old, new = vector["old"], vector["new"]
        proof = [bytes.fromhex(item) for item in vector["proof"]]
        what = "tree: consistency of %d with %d" % (old, new)
        trees = (old, roots[old], new, roots[new])
        run.check(what, tree.is_consistent(*trees, proof))
        run.check(what + ", too long", not tree.is_consistent(*trees, proof + [roots[0]]))
        other = (old, roots[0], new, roots[new])
        run.check(what + ", other root", not tree.is_consistent(*other, proof))


def check_chain(run):
    vectors = run.load("chain.json")
    ledger_id = bytes.fromhex(vectors["ledger id"])
    name = vectors["name"].encode()
    roster = rosters.parse_trusted(run.read("genesis.roster"))
    writer = roster.writers[bytes.fromhex(vectors["key"])]
    run.equal("chain: ledger id", roster.digest, ledger_id)
    run.equal("chain: name", writer.name, name)
    head = entries.first_head(ledger_id, name)
    number = 1
    for submission in vectors["submissions"]:
        what = "chain: number %d, " % submission["number"]
        stored = [bytes.fromhex(record) for record in submission["records"]]
        signature = bytes.fromhex(submission["signature"])
        digests = [sha256(record) for record in stored]
        elements = (1, 0, bytes(32), writer.key.digest, number, head, digests, signature)
        entry = entries.Entry(*elements)
        run.equal(what + "number", number, submission["number"])
        run.equal(what + "before", head.hex(), submission["before"])
        run.equal(what + "head", entry.head.hex(), submission["head"])
        text = entries.signed_text(ledger_id, name, entry.last_number, entry.head)
        run.equal(what + "text", text.decode(), submission["signed text"])
        is_right = ed25519.verify(writer.key.public, text, signature)
        run.check(what + "signature", is_right)
        request = msgpack.decode(bytes.fromhex(submission["request"]))
        wanted = [1, writer.key.digest, number, head, stored, [], signature]
        run.equal(what + "request", request, wanted)
        head, number = entry.head, entry.last_number + 1
    check_first_entry(run, vectors, ledger_id)


def check_first_entry(run, vectors, ledger_id):
    raw = bytes.fromhex(vectors["first entry"])
    entry = entries.decode(raw)
    run.equal("chain: first leaf", tree.leaf_hash(raw).hex(), vectors["first leaf"])
    run.equal("chain: first prev", entry.prev, entries.genesis_prev(ledger_id))
    run.equal("chain: roster digest", entry.digests, [ledger_id])


def check_notes(run):
    vectors = run.load("notes.json")
    example = vectors["roster"]
    roster = rosters.parse_trusted(example["note"].encode())
    run.equal("notes: roster text", roster.text, example["text"].encode())
    run.equal("notes: ledger id", roster.digest.hex(), example["ledger id"])
    roots = [key.vkey.decode() for key in roster.roots]
    run.equal("notes: roots", roots, example["roots"])
    example = vectors["checkpoint"]
    checkpoint = checkpoints.parse(example["note"].encode())
    logs = [key.vkey.decode() for key in roster.logs]
    witnesses = [key.vkey.decode() for key in roster.witnesses]
    run.equal("notes: log", logs, [example["log"]])
    run.equal("notes: witnesses", witnesses, example["witnesses"])
    judgement = checkpoints.judge(
        checkpoint, roster.origin, roster.logs, roster.policy
    )
    run.check("notes: checkpoint valid", judgement.is_valid)
    run.check("notes: checkpoint quorum", judgement.met_at is not None)
    check_seeds(run, vectors["seeds"], roster)


def check_seeds(run, seeds, roster):
    keys = {"log": roster.logs[0]}
    for writer in roster.writers.values():
        keys[writer.name.decode()] = writer.key
    for key in roster.witnesses:
        keys[key.name.decode() + " (witness)"] = key
    for name, seed in seeds.items():
        public = ed25519.public_key(bytes.fromhex(seed))
        run.equal("notes: seed of " + name, public, keys[name].public)


def check_rosters(run):
    vectors = run.load("rosters.json")
    parent = rosters.parse_text(notes.parse(vectors["parent"].encode()).text)
    for vector in vectors["rosters"]:
        is_good = accepts(rosters.parse_successor, vector["note"].encode(), parent)
        run.equal("rosters: " + vector["what"], is_good, vector["good"])


def as_vector(finding):
    if finding.position is not None:
        return [finding.code, finding.address]
    return [finding.code, finding.index]


def check_ledgers(run):
    trusted = rosters.parse_trusted(run.read("genesis.roster"))
    for name, vector in run.load("ledgers.json").items():
        source = open_source(os.path.join(run.folder, "ledgers", name))
        verdict = audit(source, trusted)
        got = [as_vector(finding) for finding in verdict.findings]
        run.equal("ledgers: " + name, got, vector["findings"])
    source = open_source(os.path.join(run.folder, "ledgers", "no-records"))
    verdict = audit(source, trusted, Options(read_records=False))
    run.equal("ledgers: no-records without records", verdict.summary, "verified")


def main(arguments):
    if len(arguments) > 1:
        print("usage: run.py [VECTORS_DIR]", file=sys.stderr)
        return os.EX_USAGE
    run = Run(arguments[0] if arguments else DEFAULT_VECTORS)
    checks = (
        check_msgpack,
        check_records,
        check_ed25519,
        check_tree,
        check_chain,
        check_notes,
        check_rosters,
        check_ledgers,
    )
    for check in checks:
        check(run)
    print("reference: %d passed, %d failed" % (run.passed, run.failed))
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
