#!/usr/bin/env python3
"""Makes the first inputs of the fuzz targets out of tests/vectors, tests/property and tests/data.

    seeds.py FOLDER     writes FOLDER/<target>/<name>

What tests/fuzz/corpus holds is these, what fuzzing found beyond them, and every input that once
showed a fault, made few by tests/fuzz/merge.
"""

import gzip
import hashlib
import json
import os
import struct
import sys

from seed_log import DASH, SRC, Key, Log, b64, fixture_roster, read, sha256  # first: it sets the path
from forge import order, record, sealed
from packing import pack
from seed_rules import facts_json_seeds, rules_file_seeds, rules_records_seeds, rules_state_seeds


def vectors(name):
    return json.loads(read("tests/vectors/%s.json" % name))


def msgpack_seeds():
    data = vectors("msgpack")
    for number, value in enumerate(data["good"]):
        if len(value) < 4096:
            yield "good-%d" % number, bytes.fromhex(value)
    for name, value in data["bad"].items():
        if len(value) < 4096:
            yield "bad-" + name, bytes.fromhex(value)


def record_seeds():
    for number, one in enumerate(vectors("records")):
        if len(one["record"]) < 8192:
            yield "vector-%d" % number, bytes.fromhex(one["record"])
    yield "order", order("2.1", "3.0/sealed")
    yield "sealed", sealed(b"secret")[0]
    for name, field in (("id", {"actor": "a b"}), ("long-id", {"actor": "a" * 256}), ("text", {"detail": "a" * 201}), ("false", {"emergency": 1}),
                        ("ids", {"datasets": ["a", ""]}), ("no-ids", {"datasets": "a"}), ("bin", {"content": bytes(31)}), ("unknown", {"nobody": 1}),
                        ("bidi", {"x-a": "\u202e"}), ("bidi-name", {"x-\u202e": 1}), ("salt", {"salt": bytes(15)}), ("no-salt", {"salt": None}),
                        ("no-at", {"at": None}), ("no-action", {"action": None}), ("depth", {"x-a": [[1]]}), ("depth-5", {"x-a": [[[1]]]})):
        yield "field-" + name, record(**field)
    yield "own", pack({"action": "query", "at": 1, "salt": bytes(16), "x-a": {"b": [1, True]}, "x-b": b"c"})


def bundle_parts(folder, name, prefix):
    data = read("%s/tile/entries/%s" % (folder, name))
    at = number = 0
    while at < len(data):
        size = struct.unpack_from(">H", data, at)[0]
        yield "%s-%d" % (prefix, number), data[at + 2:at + 2 + size]
        at, number = at + 2 + size, number + 1


def entry_seeds():
    good = [1, 7, bytes(32), bytes(32), 1, bytes(32), [bytes(32)], bytes(64)]
    for name, at, value in (("kind-0", 0, 0), ("kind-2", 0, 2), ("kind-3", 0, 3), ("number-0", 4, 0),
                            ("number-last", 4, 2**53 - 1), ("no-digest", 6, []), ("two", 6, [bytes(32)] * 2)):
        yield name, pack(good[:at] + [value] + good[at + 1:])
    yield "number-beyond", pack([*good[:4], 2**53 - 1, bytes(32), [bytes(32)] * 2, bytes(64)])
    yield "roster-of-two", pack([2, *good[1:6], [bytes(32)] * 2, bytes(64)])
    yield "nine", pack([*good, 1])
    yield "vector", bytes.fromhex(vectors("chain")["first entry"])
    yield from bundle_parts("tests/property/ledger", "000.p/6", "small")
    for name, entry in bundle_parts("tests/vectors/ledgers/entry-malformed", "000", "malformed"):
        if name in ("malformed-123", "malformed-131"):
            yield name, entry


def notes():
    data = vectors("notes")
    yield "checkpoint", data["checkpoint"]["note"].encode()
    yield "roster", data["roster"]["note"].encode()
    for name in ("checkpoint", "roster/1"):
        yield "small-" + name.replace("/", "-"), read("tests/property/ledger/" + name)


def note_seeds():
    yield from notes()
    log, witness = Key(1, "log.test/fuzz"), Key(2, "witness.test/fuzz", 4)
    text = b"log.test/fuzz\n7\n%s\n" % b64(bytes(32))
    yield "known", text + b"\n" + log.line(text) + witness.line(text, 1790000000)
    yield "known-twice", text + b"\n" + witness.line(text, 5) + witness.line(text, 9) + log.line(text)
    for lines in (100, 101):
        yield "lines-%d" % lines, text + b"\n" + (DASH + b"k AAAAAAA=\n") * lines
    for name, line in (("four-bytes", b"k AAAAAA=="), ("plus", b"k+k AAAAAAA="), ("no-name", b" AAAAAAA="), ("bits", b"k AAAAAAB=")):
        yield "line-" + name, text + b"\n" + DASH + line + b"\n"
    yield "known-wrong", text + b"\n" + log.line(text + b"a\n")


def vkey_seeds():
    data = vectors("notes")
    for number, vkey in enumerate(data["roster"]["roots"] + data["checkpoint"]["witnesses"] + [data["checkpoint"]["log"]]):
        yield "vector-%d" % number, vkey.encode()
    for line in vectors("rosters")["rosters"][0]["note"].splitlines():
        for word in line.split(" "):
            if word.count("+") > 1 and len(word) > 200:
                yield "ml-dsa-44", word.encode()
    for number, one in enumerate(vectors("ed25519")):
        typed = b"\1" + bytes.fromhex(one["key"])
        yield "key-%d" % number, b"k+%s+%s" % (sha256(b"k\n", typed)[:4].hex().encode(), b64(typed))
    typed = b"\6" + bytes(1312)
    yield "mldsa", b"m+%s+%s" % (sha256(b"m\n", typed)[:4].hex().encode(), b64(typed))


def roster_text(note):
    return note[:note.rindex(b"\n\n") + 1]


def roster_seeds():
    for number, one in enumerate(vectors("rosters")["rosters"]):
        text = roster_text(one["note"].encode())
        if len(text) < 16384:
            yield "vector-%d" % number, b"\0" + text
    yield "repaired", b"\1" + roster_text(read("tests/property/ledger/roster/1"))
    yield "genesis", b"\1" + roster_text(read("tests/vectors/genesis.roster"))
    keys = [Key(byte, "k%d" % byte) for byte in range(1, 8)]
    witnesses = [Key(8 + i, "w%d" % i, 4) for i in range(3)]
    yield "one-member-many-times", one_member_many_times()
    lines = fixture_roster(True).split(b"\n")
    for at in range(4, len(lines) - 2):
        yield "line-%d-moved" % at, b"\0" + b"\n".join(lines[:at] + [lines[at + 1], lines[at]] + lines[at + 2:])
    log = Key(20, "o")
    yield "policy", b"\1" + b"".join([
        b"keiin/roster/v1\no\n3\n%s\n" % b64(bytes(32)),
        b"".join(b"root %s\n" % key.vkey for key in keys[:2]), b"threshold 2\n",
        b"log %s https://a.example/\n" % log.vkey,
        b"".join(b"witness w%d %s http://w/%d\n" % (i, key.vkey, i) for i, key in enumerate(witnesses)),
        b"group g all w0 w1\ngroup h any g w2\nquorum h\n",
        b"writer %s agency a\nwriter %s agency a\nwriter %s operator o-1\n" % (
            keys[2].vkey, Key(40, "k3").vkey, keys[3].vkey),
        b"reader r %s auditor x\n" % b64(b"\1" + bytes(range(32)))])


def one_member_many_times():
    """A group line that names its only member again and again."""
    text = fixture_roster(True).replace(b"quorum w", b"group g any" + b" w" * 9000 + b"\nquorum w")
    return b"\0" + text


def certificate_text(**changed):
    lines = {"origin": "log.test/fuzz", "ledger": "ledger " + b64(bytes(32)).decode(),
             "checkpoint": "checkpoint 7 " + b64(bytes(32)).decode(), "roster": "roster 0 2",
             "verdict": "verdict verified", "findings": "findings 0 0 " + b64(sha256(b"")).decode(),
             "entries": "entries 7 3", "records": "records 9", "received": "received 1790000000000",
             "vouched": "vouched witnesses 1790000000000", "time": "time 2026-09-21T14:13:20.000Z",
             "program": "program keiin-verify 0.1.0", **changed}
    return "".join(line + "\n" for line in ["keiin-certificate/v1", *lines.values()]).encode()


def certificate_seeds():
    some = "findings 3 2 " + b64(bytes(32)).decode()
    yield "verified", certificate_text()
    yield "findings", certificate_text(verdict="verdict findings", findings=some, vouched="vouched none")
    yield "operator", certificate_text(vouched="vouched operator 5", records="records none")
    yield "nothing", certificate_text(ledger="ledger none", checkpoint="checkpoint none", received="received none",
                                      verdict="verdict incomplete", findings=some.replace("3 2", "1 1"),
                                      entries="entries 0 0", roster="roster 1 1")
    yield "verified-with-findings", certificate_text(findings=some)
    yield "no-such-day", certificate_text(time="time 2026-02-30T14:13:20.000Z")
    yield "leading-zero", certificate_text(entries="entries 07 3")
    yield "more", certificate_text(program="program keiin-verify 0.1.0 more")


def checkpoint_seeds():
    for name, note in notes():
        if "checkpoint" in name:
            yield name, roster_text(note)
    for size in (0, 1, 2**53, 2**63 - 1, 2**63):
        yield "zero-%d" % size, b"o\n0%d\n%s\n" % (size, b64(bytes(32)))
        yield "size-%d" % size, b"o\n%d\n%s\n" % (size, b64(bytes(32)))


def proof_seeds():
    yield "roster", read("tests/property/ledger/roster/1.tlog-proof")
    yield "vector", read("tests/vectors/ledgers/sound/roster/1.tlog-proof")
    checkpoint = read("tests/property/ledger/checkpoint")
    entry = dict(entry_seeds())["small-2"]
    for name, extra in (("entry", [entry]), ("record", [entry, 1, record(), b""])):
        yield name, b"c2sp.org/tlog-proof@v1\nextra %s\nindex 2\n%s\n\n%s" % (
            b64(pack(extra)), b64(bytes(32)), checkpoint)
        yield "extra-" + name, pack(extra)
    for count in (64, 65, 66):
        yield "hashes-%d" % count, b"c2sp.org/tlog-proof@v1\nindex 7\n%s\n%s" % ((b64(bytes(32)) + b"\n") * count, checkpoint)
    yield "zero-index", b"c2sp.org/tlog-proof@v1\nindex 07\n\n" + checkpoint
    yield "no-extra", b"c2sp.org/tlog-proof@v1\nindex 0\n\n" + checkpoint
    yield "empty-extra", b"c2sp.org/tlog-proof@v1\nextra \nindex 0\n\n" + checkpoint


def submission(key, number, before, records, parts, signature=bytes(64)):
    return pack([1, key, number, before, records, parts, signature])


def submission_seeds():
    for number, one in enumerate(vectors("chain")["submissions"]):
        body = bytes.fromhex(one["request"])
        if len(body) < 8192:
            yield "vector-%d" % number, b"\0" + body
    pairs = [sealed(b"secret"), (record(), b"")]
    good = [[pair[0] for pair in pairs], [pair[1] for pair in pairs]]
    yield "sealed", b"\0" + submission(bytes(32), 1, bytes(32), *good)
    yield "sealed-wrong", b"\0" + submission(bytes(32), 1, bytes(32), good[0], [b"other", b""])
    yield "sealed-empty", b"\0" + submission(bytes(32), 1, bytes(32), [record()], [b""])
    yield "sealed-unnamed", b"\0" + submission(bytes(32), 1, bytes(32), [record()], [b"part"])
    yield "sealed-gone", b"\0" + submission(bytes(32), 1, bytes(32), [sealed(b"part")[0]], [b""])
    yield "sealed-few", b"\0" + submission(bytes(32), 1, bytes(32), [record()] * 2, [b""])
    yield "sealed-many", b"\0" + submission(bytes(32), 1, bytes(32), [record()], [b""] * 2)
    yield "none", b"\0" + submission(bytes(32), 1, bytes(32), [], [])
    yield "number-0", b"\0" + submission(bytes(32), 0, bytes(32), [record()], [])
    yield "version-2", b"\0" + pack([2, bytes(32), 1, bytes(32), [record()], [], bytes(64)])
    yield "last-number", b"\0" + submission(bytes(32), 2**53 - 1, bytes(32), [record()], [])
    yield "beyond", b"\0" + submission(bytes(32), 2**53 - 1, bytes(32), [record()] * 2, [])
    yield "many", b"\0" + submission(bytes(32), 1, bytes(32), [record()] * 20, [])
    note = read("tests/property/ledger/roster/1")
    yield "roster", b"\1" + pack([1, bytes(32), 4, bytes(32), note, bytes(64)])


def receipt_seeds():
    checkpoint = read("tests/property/ledger/checkpoint")
    entry = dict(entry_seeds())["small-2"]
    yield "receipt", b"\0" + pack([1, 2, 1790000000000, bytes(32), [bytes(32)] * 3, checkpoint])
    yield "with-entry", b"\0" + pack([1, 2, 1790000000000, bytes(32), [], checkpoint, entry])
    yield "empty-entry", b"\0" + pack([1, 0, 0, bytes(32), [], b"", b""])
    for count in (65, 66, 68):
        yield "%d-hashes" % count, b"\0" + pack([1, 0, 0, bytes(32), [bytes(32)] * count, b"a"])
    yield "64-hashes", b"\0" + pack([1, 0, 0, bytes(32), [bytes(32)] * 64, b"a"])
    yield "refusal", b"\1" + pack({"code": "busy", "detail": "too much"})
    yield "refusal-409", b"\1" + pack({"code": "number", "detail": "", "head": bytes(32), "number": 7})
    yield "refusal-more", b"\1" + pack({"code": "busy", "x": [1, {"y": True}]})
    yield "writer", b"\2" + pack([1, 2**53 - 1, bytes(32)])


def keyfile_seeds():
    for byte, use, type in ((1, b"log", 1), (2, b"witness", 4), (3, b"writer", 1), (4, b"root", 1)):
        key = Key(byte, "name.test/%s" % use.decode(), type)
        head = b"keiin-secret-key/v1\n%s\n%s\n" % (use, key.vkey)
        yield use.decode(), head + b"none\n%s\n" % b64(key.seed)
        yield use.decode() + "-locked", head + b"argon2id 1 8192 %s\n%s\n" % (
            b64(bytes(16)), b64(bytes(72)))
    for use, type in ((b"log", 4), (b"witness", 1), (b"root", 4), (b"reader", 1)):
        yield "%s-of-type-%d" % (use.decode(), type), b"keiin-secret-key/v1\n%s\n%s\nnone\n%s\n" % (
            use, Key(9, "n", type).vkey, b64(bytes([9]) * 32))
    for ops, memory in ((0, 8192), (17, 8192), (1, 8191), (1, 2**30 + 1)):
        yield "argon2id-%d-%d" % (ops, memory), head + b"argon2id %d %d %s\n%s\n" % (ops, memory, b64(bytes(16)), b64(bytes(72)))
    yield "dear", head + b"argon2id 16 1073741824 %s\n%s\n" % (b64(bytes(16)), b64(bytes(72)))
    yield "other-key", head + b"none\n%s\n" % b64(bytes(32))


def tile_seeds():
    for path in ("0/000", "7/x001/x234/067.p/255", "entries/000.p/6", "records/x001/000",
                 "0/x018/x446/x744/x073/x709/x551/615"):
        yield path.replace("/", "-"), path.encode()
    yield "entries-bundle", read("tests/property/ledger/tile/entries/000.p/6")
    records = read("tests/property/ledger/tile/records/000.p/6")
    yield "records-bundle", records
    yield "records", records[12:]


def tree_seeds():
    for size in (0, 1, 2, 3, 6, 7, 31, 62, 63, 69):
        for way in range(5):
            yield "%d-%d" % (size, way), bytes([size, 1]) + bytes([way, size // 2, 1, way] * 12)


def text_seeds():
    for name, text in (("base64", b"AAECAwQF"), ("padded", b"AAECAw=="), ("trailing-bits", b"AB=="),
                       ("hex", b"00ff7f80"), ("decimal", b"18446744073709551615"),
                       ("time", b"2026-10-01T09:30:00.123Z"), ("offset", b"2028-02-29 23:59:59+09:00"),
                       ("name", b"npa.example.go.jp/query-7"), ("utf-8", "京都\u00e9\U0001f600".encode()),
                       ("bidi", "a\u202eb\u2066c\ufeff".encode()), ("overlong", b"\xc0\x80\xe0\x80\x80"),
                       ("surrogate", b"\xed\xa0\x80"), ("beyond", b"\xf4\x90\x80\x80"), ("backslash", b"a\\b"),
                       ("year-9999", b"9999-12-31T23:59:59-23:59")):
        yield name, text


def range_seeds():
    for number, header in enumerate((b"bytes=0-9", b"bytes=5-", b"bytes=-5", b"bytes=9-5", b"bytes=0-0,2-3",
                                     b"bytes=-0", b"bytes=00-007", b"items=0-1", b"bytes=-", b"bytes=0-18446744073709551616")):
        for size, shift in ((0, 0), (10, 0), (2**64 - 1, 0)):
            yield "%d-%d" % (number, size), struct.pack(">QB", size, shift) + header


def small_log(witness=False):
    log = Log(witness)
    log.add((record(), b""))
    log.add(sealed(b"secret"), (record(at=6), b""))
    log.add((order("0.0", "1.0/sealed"), b""))
    return log


def bundle_seeds():
    log = small_log()
    yield "sound", log.bundle()
    yield "true-tile", log.bundle(8, b"")
    yield "skip", log.bundle(16)
    yield "no-records", log.bundle(4)
    yield "unread", log.bundle(32)
    yield "no-tile", log.bundle(2)
    yield "no-entries", log.bundle(1)
    log.add((record(at=7), b""), stored=[(b"", b"")])
    log.add(sealed(b"gone"), stored=[(sealed(b"gone")[0], b"")])
    pair = sealed(b"gone", action="erase.record", records=["3.0"])
    log.add(pair, stored=[(pair[0], b"")])
    log.add((record(at=8), b""), stored=[(record(at=9), b"")])
    log.add(sealed(b"a"), stored=[(sealed(b"a")[0], b"b")])
    log.add((record(), b""), stored=[(record(), b"no record names it")])
    log.add((b"\x80", b""))
    log.add((record(), b""), kind=2)
    yield "findings", log.bundle()
    log.parts[0] = b"\0"
    log.parts[1] = b""
    log.parts[10] = b"beside a roster"
    log.entries[2] = b"\x90"
    yield "misfit", log.bundle(8)


def audit_seeds():
    for flags in (0, 1, 3, 7, 8, 16, 35, 39, 64, 67, 103):
        yield "sound-%d" % flags, bytes([flags])
    def at(offset):
        return bytes([offset >> 8, offset & 255])

    sizes = [len(read("tests/property/ledger/" + name)) for name in (
        "checkpoint", "latest-checkpoint", "roster/1", "roster/1.tlog-proof", "tile/0/000.p/6",
        "tile/entries/000.p/6", "tile/records/000.p/6", "roster/0")]
    for file, size in enumerate(sizes):
        for flags in (0, 35, 7, 67):
            yield "last-byte-%d-%d" % (file, flags), bytes([flags, 0, file]) + at(size - 1) + b"\1\1"
            yield "appended-%d-%d" % (file, flags), bytes([flags, 2, file]) + at(size) + b"\1\1"
            yield "cut-%d-%d" % (file, flags), bytes([flags, 4, file]) + at(size - 1) + b"\0"
    checkpoint = read("tests/property/ledger/checkpoint")
    starts = [place for place in range(len(checkpoint)) if checkpoint[place:].startswith(DASH)]
    for start in starts[1:]:
        yield "lines-cut-%d" % start, bytes([0, 4, 0]) + at(start) + b"\0"
    yield "two-unsigned", bytes([0, 4, 0]) + at(starts[2]) + b"\0"
    for way in range(8):
        for file in range(7):
            yield "way-%d-%d" % (way, file), bytes([0, way, file, 0, 4, 1, 2, 3, 4, 100])
            yield "way-%d-%d-fit" % (way, file), bytes([39, way, file, 0, 1, 0x41, 40, way, file, 1, 2, 1, 2, 7])


def sha256_seeds():
    for count in (1, 8, 9, 16, 17, 33, 40):
        yield "%d" % count, bytes([count, count % 4]) + b"".join(
            bytes([size]) + bytes([at]) * size for at, size in enumerate((0, 55, 56, 63, 64, 65, 119, 120, 128, 200) * 4))


def evidence_seeds():
    for witness in (False, True):
        log = small_log(witness)
        first = bytes([witness])
        yield "entry-%d" % witness, first + log.proof(0, [log.entries[0]])
        yield "record-%d" % witness, first + log.proof(1, [log.entries[1], 0, sealed(b"secret")[0], b"secret"])
        yield "plain-%d" % witness, first + log.proof(1, [log.entries[1], 1, record(at=6), b""])
        yield "unsealed-%d" % witness, first + log.proof(1, [log.entries[1], 0, sealed(b"secret")[0], b""])
    log.add((record(at=9), b""), spoiled=True)
    yield "wrong-signature", b"\1" + log.proof(3, [log.entries[3], 0, record(at=9), b""])
    yield "wrong-record", b"\1" + log.proof(3, [log.entries[3], 0, record(at=8), b""])
    yield "wrong-sealed", b"\1" + log.proof(1, [log.entries[1], 0, sealed(b"secret")[0], b"other"])
    yield "wrong-place", b"\0" + log.proof(2, [log.entries[1]])


def folder_text_seeds():
    hash = b64(bytes(32))
    yield "new", b"\0keiin-client-state/v1\nnumber 0\nhead %s\nmark \n" % hash
    yield "state", b"\0keiin-client-state/v1\nnumber 7\nhead %s\nentry 4 1790000000000 %s\ncheckpoint 9 %s\nmark log:77\n" % (hash, hash, hash)
    for ids in (b"yes", b"no"):
        body = submission(bytes(32), 1, bytes(32), [record()], [])
        yield "pending-" + ids.decode(), b"\1keiin-client-pending/v1\nids %s\nmark m\nbytes %d\n\n%s" % (ids, len(body), body)


def answer_seeds():
    yield "raw", b"\1" + receipt_bytes()
    ways = (0x40, 0xc0, 0xc4, 0x41, 0x42, 0x48, 0x50, 0x60, 0x43, 0x45, 0x00)
    for way in ways:
        for before in (b"\0", b"\1" + bytes(7) + b"\4\0" + bytes(7) + b"\5\0\3\2\1"):
            for index, size in ((0, 1), (5, 6), (5, 9), (4, 9), (6, 9)):
                said = bytes([way]) + bytes(7) + bytes([index, 0]) + bytes(7) + bytes([6, 0]) + bytes(7) + bytes([size, 0, 3, 9])
                yield "%02x-%d-%d-%d" % (way, len(before), index, size), b"\0" + before + said


def receipt_bytes():
    return dict(receipt_seeds())["receipt"][1:]


def csvlog_seeds():
    log = gzip.decompress(read("tests/data/pgaudit.csv.gz")).split(b"\n")
    rows = {}
    for line in log:
        fields = line.split(b",")
        if b"AUDIT" in line or b"42501" in line:
            kind = b",".join(line.split(b"AUDIT: ")[-1].split(b",")[:5:3]) if b"AUDIT" in line else b"denied"
            rows.setdefault(kind[:40], line)
        elif len(fields) > 20:
            rows.setdefault(b"other", line)
    for number, line in enumerate(list(rows.values())[:24]):
        yield "row-%d" % number, line + b"\n"
    yield "several", b"\n".join(list(rows.values())[:6]) + b"\n"
    for name, text in (("quotes", b'"a""b",c\r\n"new\nline",\n'), ("open", b'a,"b'), ("return", b"a\rb\n"),
                       ("after", b'"a"b,c\n'), ("inside", b'a"b,c\n'), ("fields", b"," * 70 + b"\n"), ("empty", b"\n\n")):
        yield name, text


def jsonline_seeds():
    least = {"action": "query", "at": 1790000000000, "salt": {"hex": "00" * 16}}
    yield "least", json.dumps(least).encode()
    yield "time", json.dumps({**least, "at": "2026-10-01T09:30:00.123+09:00"}).encode()
    yield "ids", json.dumps({**least, "datasets": ["a", "b"], "emergency": True, "detail": "京都"}, ensure_ascii=False).encode()
    yield "own", json.dumps({**least, "x-a": {"b": [1, {"hex": "ff"}, True], "c": {}}, "x-b": "d", "x-c": {"hex": 1}}).encode()
    yield "bytes", json.dumps({**least, "statement": {"hex": "11" * 32}, "checkpoint": {"hex": ""}}).encode()
    for name, value in (("null", None), ("false", False), ("real", 1.5), ("negative", -1), ("large", 2**53), ("deep", [[[[1]]]])):
        yield name, json.dumps({**least, "x-a": value}).encode()
    yield "unknown", json.dumps({**least, "nobody": 1}).encode()
    yield "twice", b'{"action":"a","action":"b"}'
    yield "escapes", b'{"action":"\\u0071uery","at":0,"salt":{"hex":"000102030405060708090a0b0c0d0e0f"},"x-\\u00e9":"\\ud83d\\ude00"}'


def pgmap_seeds():
    user = b"[user nco_analyst]\nclient = nco\nunit = nco-2\nactor = p-4711\n"
    yield "least", user
    yield "all", user + b"authority = A-17\npurpose = threat-analysis\nrole = r\n\n[zones]\nCET = +01:00\nIST = +0530\nX = -9\n"
    yield "two", user + b"; a comment\n[user b]\nclient=/abs/b\nunit: u\nactor = a ; inline\ndatabase_user = B b\n"
    yield "long-section", b"[user " + b"n" * 50 + b"]\nclient = a\nunit = b\nactor = c\n"
    yield "indented-section", b"  [user " + b"n" * 60 + b"]\nclient = a\nunit = b\nactor = c\n"
    yield "indented", user + b"  role = x\n"
    yield "mark", b"\xef\xbb\xbf" + user
    yield "twice", user + user


def config_seeds():
    least = b"[ledger]\norigin = log.example/one\ndata = /var/lib/keiin\nlog_key = /etc/keiin/log\noperator_key = /etc/keiin/op\n"
    yield "least", least
    yield "all", least + (b"[http]\nlisten = [::1]:7380\nprefix = keiin/\nstatus_listen = 127.0.0.1:0\nbacklog = 5\n"
                          b"[limits]\nworkers = 4\nreserve_percent = 0\n; comment\n[commit]\ngroup_entries_max = 1\n")
    yield "unknown", least + b"[http]\ncolour = red\n[other]\na = b\n"
    yield "number", least + b"[limits]\nworkers = 00\nworkers = 2\n"
    yield "twice", least + b"[limits]\nworkers = 2\nworkers = 3\n"
    yield "bounds", least + b"[limits]\nreserve_percent = 91\n"
    yield "empty", least.replace(b"/etc/keiin/op", b"")
    yield "long", least + b"[http]\nprefix = /" + b"p" * 300 + b"\n"
    yield "public", least + b"[http]\nlisten = 0.0.0.0:80\n"


def verifier_state_seeds():
    roster = fixture_roster(True)
    hex32 = "00" * 32
    seen = {"version": 1, "ledger_id": sha256(roster).hex(), "seen_size": 3, "seen_root": hex32, "seen_checkpoint": "note\n"}
    position = {
        "size": 3, "trusted": 0, "prev": hex32, "last_received": 1790000000000, "has_received": True, "records": 4,
        "records_read": 3, "records_were_read": True, "in_force": 0, "judge": 0, "stuck": False, "rosters": [],
        "writers": [{"name": "writer.test/w", "number": 4, "head": hex32}], "dropped": 1,
        "findings": [{"code": "writer-gap", "index": 1, "writer": "writer.test/w", "detail": "d"},
                     {"code": "record-mismatch", "index": 1, "position": 1}],
        "missing": [{"index": 1, "position": 0, "count": 2, "sealed": True, "writer": "writer.test/w"}],
        "orders": [{"named": "1.0/sealed", "order": "2.0", "conditional": True}],
        "frontier": [hex32, hex32], "tiles": [hex32 * 3] + [""] * 7, "expected": [{"size": 9, "root": hex32}]}
    yield "seen", json.dumps(seen).encode()
    yield "position", json.dumps({**seen, "position": position}).encode()
    yield "many-missing", json.dumps({**seen, "position": {**position, "missing": [
        {"index": 1, "position": 0, "count": 2**31, "sealed": False}]}}).encode()
    for name, value in (("judge", 1), ("in_force", 1), ("size", 4), ("tiles", []), ("frontier", [hex32]), ("trusted", 1), ("judge", -1),
                        ("findings", [{"code": "nothing", "index": 1}]), ("orders", [{"named": "1", "order": "2.0"}]),
                        ("writers", [{"name": "a", "number": -1, "head": hex32}]), ("rosters", ["nonsense"])):
        yield "wrong-%s-%d" % (name, len(str(value))), json.dumps({**seen, "position": {**position, name: value}}).encode()
    yield "other-ledger", json.dumps({**seen, "ledger_id": hex32}).encode()
    yield "no-json", b"{"


def request_seeds():
    for number, path in enumerate(("checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1", "tile/records/000.p/1",
                                   "roster/0", "roster/0.tlog-proof", "writers/" + sha256(b"writer.test/w").hex(),
                                   "writers/%s/1" % sha256(b"operator.test/o").hex(), "nothing", "tile/0/x000/000")):
        yield "get-%d" % number, b"GET /p/%s\n\n" % path.encode()
    log = Log(False)
    before = log.head
    log.add((record(), b""))
    body = submission(log.writer.digest, 1, before, [record()], [], signature_of(log.entries[0]))
    note = fixture_roster(False) + b"\n" + Key(5, "root.test/r").line(fixture_roster(False))
    roster = pack([1, log.writer.digest, 1, before, note, bytes(64)])
    for name, path, data in (("records", b"records", body), ("roster", b"roster", roster),
                             ("wrong", b"records", submission(log.writer.digest, 1, before, [record()], [])),
                             ("stranger", b"records", submission(bytes(32), 1, before, [record()], []))):
        yield "post-" + name, b"POST /p/%s\nContent-Length:%d\nContent-Type:application/msgpack\n\n%s" % (path, len(data), data)
    yield "no-length", b"POST /p/records\nContent-Type:application/msgpack\n\n"
    yield "chunked", b"POST /p/records\nContent-Length:1\nTransfer-Encoding:chunked\n\na"
    yield "too-large", b"POST /p/records\nContent-Length:4194305\n\n"
    yield "type", b"POST /p/records\nContent-Length:1\nContent-Type:text/plain\n\na"
    yield "method", b"DELETE /p/checkpoint\n\n"
    yield "get-records", b"GET /p/records\n\n"


def embedded_seeds():
    begin = b'\n<script type="application/json" id="keiin-report">\n'
    end, tail = b"\n</script>\n", b"</body>\n</html>\n"
    yield "good", b"<html>" + begin + b'{"a": "\\u003cb\\u003e"}' + end + tail
    yield "empty", begin + end + tail
    yield "twice", begin + b"{}" + end + begin + b"{}" + end + tail
    yield "no-end", begin + b"{}"
    yield "no-tail", begin + b"{}" + end
    yield "more", begin + b"{}" + end + tail + b"<p>"
    yield "markup", begin + b'{"a": "<b>&"}' + end + tail
    yield "separators", begin + "\u2028\u2029\u202a".encode() + end + tail
    yield "none", b"<p>keiin-report</p>" + tail
    yield "text", "</script><!-- & \u2028".encode()


def signature_of(entry):
    return entry[-64:]


def conversation_seeds():
    """Bytes that follow from a number; small ones, which choose what is right, stand out."""
    for number in range(24):
        stream = hashlib.shake_256(b"conversation %d" % number).digest(60 + 12 * number)
        yield "%02d" % number, bytes(byte if number % 3 == 0 or at % 5 == 0 else byte % 16 for at, byte in enumerate(stream))


TARGETS = {name[:-6]: make for name, make in list(globals().items()) if name.endswith("_seeds")}


def main():
    for target, make in TARGETS.items():
        folder = os.path.join(sys.argv[1], target)
        os.makedirs(folder, exist_ok=True)
        for name, data in make():
            with open(os.path.join(folder, name.replace(" ", "-")), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main()
