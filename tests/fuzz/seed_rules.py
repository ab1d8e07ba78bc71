"""First inputs of the fuzz targets of the rules, for seeds.py."""

import hashlib
import json
import struct

from seed_log import read  # first: it sets the path
from forge import record


def rules_file_seeds():
    shipped = read("packaging/rules.ini")
    yield "shipped", b"\n".join(line for line in shipped.splitlines() if line and line[:1] != b";") + b"\n"
    yield "empty", b""
    yield "clocks", b"[clocks]\ntolerance = 24 h\n"
    yield "actions", b"[actions]\nx-lookup = query\nx-b = view\n x-c=erase.record\n"
    for name, text in (("in-minutes", "[late-record]\nlimit = 90 min"), ("in-three-units", "[late-record]\nlimit = 90061001 ms"), ("none", "[late-record]\nlimit = 0 h"),
                       ("days", "[erase-late]\nlimit = 4d"), ("great", "[erase-late]\nlimit = 213503982335 d"), ("no-unit", "[erase-late]\nlimit = 4"),
                       ("count", "[denied-burst]\ndenied = 010"), ("count-out", "[denied-burst]\ndenied = 18446744073709551616"),
                       ("period", "[denied-burst]\nperiod = 1 ms"), ("switch", "[source-unbalanced]\ncount_denied = no\nlimit = 7"), ("switch-wrong", "[use-after-erase]\ncounted = maybe"),
                       ("words", "[deident-missing]\nlimit = foreign \tcouncil  listed"), ("no-words", "[deident-missing]\nlimit ="),
                       ("word-comment", "[deident-missing]\nlimit=;a b;c"), ("word-wrong", "[deident-missing]\nlimit = \xe2\x80\xae"), ("word-backslash", "[deident-missing]\nlimit = a\\b"),
                       ("off", "[raw-access]\nuse = no"), ("use-wrong", "[raw-access]\nuse = never"), ("use-twice", "[raw-access]\nuse = no\n[view]\n[raw-access]\nuse = no"),
                       ("no-rule", "[r\xc3\xa4w-access]\nuse = no"), ("no-limit", "[raw-access]\ncolour = red"), ("no-section", "use = no"),
                       ("action-known", "[actions]\nview = query"), ("action-unknown", "[actions]\nx-a = x-b"), ("action-twice", "[actions]\nx-a = view\nx-a = query"),
                       ("clock-other", "[clocks]\nlimit = 1 s"), ("clock-great", "[clocks]\ntolerance = 25 h"), ("clock-twice", "[clocks]\ntolerance = 1 s\ntolerance = 1 s"),
                       ("nonsense", "raw-access"), ("open", "[raw-access"), ("long", "[raw-access]\nuse = " + "y" * 200), ("nul", "[raw-access]\nuse = \0")):
        yield name, text.encode("latin-1") + b"\n"


def rules_choices(name, number, length):
    """Bytes that follow from a number, as in conversation_seeds."""
    stream = hashlib.shake_256(b"%s %d" % (name.encode(), number)).digest(length)
    return bytes(byte if number % 3 == 0 or at % 3 == 0 else byte % 16 for at, byte in enumerate(stream))


def rules_records_seeds():
    for number in range(32):
        yield "%02d" % number, bytes([number % 8]) + rules_choices("rules", number, 60 + 24 * number)
    approve, query, criteria = "00 00 00 01 18 00 00 00 00", "02 00 00 03 5d 00 00 01", "02 00 00 0a 00 00 00 "
    yield "volume", bytes.fromhex("01 00 00" + query + "0f 05 06" + "02 06 00 03 5d 00 00 05" + "0f 03 04")
    yield "criteria", bytes.fromhex("00 00 00" + approve + criteria + "00" + criteria + "01" + "02 00 00 0b 00 00 00 00 01 01 01 00 02 00")
    yield "late-of-two", bytes.fromhex("00 00 00" + "02 00 04 04 22 00 00 00 02 00 01 00" + "02 0a 00 0f ff 00")
    yield "checkpoint", bytes.fromhex("00 04 00" + "02 04 00 05 00 00 01 05 01 01 01 0a" * 4)
    whole = [record(action=action, at=1767225600000 + number, authority="A", dataset="d", **{"x-a": [1]})
             for number, action in enumerate(("collect.start", "query", "erase", "view"))]
    for how in (0, 7):
        yield "whole-%d" % how, bytes([how, 1, 0]) + b"".join(bytes([2, 3, 7]) + struct.pack(">H", len(one)) + one for one in whole)


def rules_state_seeds():
    for number in range(24):
        changes = number % 4
        yield "%02d" % number, (bytes([number % 6, changes]) + rules_choices("change", 3 * number, 8 * changes) +
                                rules_choices("state", number, 60 + 24 * number))
    yield "empty", b"\6"
    yield "zeros", b"\7\0" + bytes(2000)


def facts_json_seeds():
    usual = {"at": 1767225600123, "actor": "npa/a", "unit": "u", "action": "query", "dataset": "d", "authority": "A"}
    for name, rule, said, facts in (
            ("times", "authority-expired", 1, {"valid_from": 0, "valid_to": None}), ("same-second", "authority-expired", 0, {"valid_from": 1767225600124, "valid_to": 1767225600125}),
            ("words", "authority-scope", 4, {"several": ["purpose", "unit"]}), ("one-word", "erase-unwitnessed", 0, {"lacking": ["why and who watched"]}),
            ("numbers", "volume-outlier", 2, {"items": 4050, "median": 284, "unit_items": 2**53, "unit_median": "18446744073709551615", "factor": 10}),
            ("durations", "late-record", 0, {"received": 1767232701123, "apart": 7101000, "limit": 3600000}), ("index", "time-disputed", 1, {
                "by": "w", "said": 1, "size": 2303, "entry": 2302, "received": "9223372036854775808", "limit": 1}),
            ("kind", "deident-missing", 0, {"recipient": "p", "kind": "foreign", "applied": 5}), ("no-texts", "raw-access", 0, {"unit": "", "actor": "京\u202e\n\0"})):
        yield name, json.dumps({"rule": rule, "said": said, "facts": {**usual, **facts}}, ensure_ascii=False).encode()
    for name, said, facts in (("negative", 0, {"at": -1}), ("real", 0, {"at": 1.5}), ("digits", 0, {"at": "12"}), ("said", 9, {"at": 1}), ("nothing", 0, {}), ("list", 0, [])):
        yield name, json.dumps({"rule": "action-unknown", "said": said, "facts": facts}).encode()
    yield "word-wrong", b'{"rule":"authority-scope","said":4,"facts":{"at":1,"several":["unit","purpose"]}}'
    yield "no-object", b"[null]"
