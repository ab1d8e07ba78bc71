#!/usr/bin/env python3
"""keiin-verify export: every record that stands, in the order of the ledger, a line each, with all
its fields; held against an independent reading of the same files. Hostile texts stay text in every
format, events have what the OCSF schema requires, what does not stand is counted and not
written, and a file has its name only when there is a verdict."""

import csv
import fcntl
import io
import json
import os
import pathlib
import re
import resource
import signal
import sys
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(SRC / "tests" / "tools"), str(SRC / "tests" / "forge")]
sys.dont_write_bytecode = True

import taken_lab as lab  # noqa: E402
import damage  # noqa: E402
from taken_lab import T0, forge, received, record  # noqa: E402

TIMES = "at", "ratify_by", "retain_until", "valid_from", "valid_to"
BEFORE = ["address", "received", "writer", "organisation", "writer_role", "number", "digest"]
FORMULA = re.compile("[=+\\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")

# What the published schema requires, 1.3.0: events/application/datastore_activity.json,
# events/base_event.json with includes/classification.json and includes/occurrence.json, and the
# objects' own files of github.com/ocsf/ocsf-schema; `any` is a constraint at_least_one.
OCSF_REQUIRED = {
    "": (["activity_id", "category_uid", "class_uid", "type_uid", "time", "severity_id", "metadata",
          "actor", "src_endpoint"], ["database", "databucket", "table"]),
    "metadata": (["version", "product"], None),
    "metadata.product": (["vendor_name"], ["name", "uid"]),
    "actor": ([], ["process", "user", "invoked_by", "session", "app_name", "app_uid"]),
    "actor.user": ([], ["account", "name", "uid"]),
    "actor.user.org": ([], ["name", "uid"]),
    "src_endpoint": ([], ["ip", "uid", "name", "hostname", "svc_name", "instance_uid",
                          "interface_uid", "interface_name"]),
    "database": (["type_id"], ["name", "uid"]),
    "databucket": (["type_id"], ["name", "uid"]),
}
OCSF_KNOWN = {
    "": set("""activity_id activity_name actor category_name category_uid class_name class_uid database
        databucket message metadata severity severity_id src_endpoint status status_code
        status_detail status_id time timezone_offset type type_id type_uid unmapped""".split()),
    "metadata": {"version", "product", "uid", "logged_time", "original_time", "log_name",
                 "log_provider", "event_code", "correlation_uid"},
    "metadata.product": {"name", "vendor_name", "version"},
    "actor": {"app_name", "app_uid", "user", "authorizations"},
    "actor.user": {"uid", "org"}, "actor.user.org": {"name", "ou_name"},
    "src_endpoint": {"name"}, "database": {"type_id", "name"},
    "databucket": {"type_id", "type", "uid"},
}
OCSF_ACTIVITIES = {0: "Unknown", 1: "Read", 2: "Update", 3: "Connect", 4: "Query", 5: "Write",
                   6: "Create", 7: "Delete", 8: "List", 9: "Encrypt", 10: "Decrypt"}


def as_json(value):
    """A value of a record as the exports have it in JSON."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [as_json(one) for one in value]
    if isinstance(value, dict):
        return {name: as_json(one) for name, one in value.items()}
    return value


def expected(one):
    name, role, organisation = one["writer"]
    fields = {field: lab.rfc3339(value) if field in TIMES else as_json(value)
              for field, value in one["fields"].items()}
    return {"address": one["address"], "received": lab.rfc3339(one["received"]), "writer": name,
            "organisation": organisation, "writer_role": role, "number": one["number"],
            "digest": one["digest"], "record": fields}


def far_times_aside(fields):
    """Python has no years above 9999: those are only looked at."""
    return {name: value for name, value in fields.items()
            if name not in TIMES or (value is not None and re.match(r"\d{4}-", value))}


class Formats(lab.Case):
    def export(self, folder, form, *options):
        done = lab.run("export", "--format", form, "--roster", f"{folder}.roster", *options, folder)
        self.assertEqual(done.status, 0, done.err)
        return done.bytes.decode("utf-8")  # raises where it is none

    def jsonl(self, folder, *options):
        text = self.export(folder, "jsonl", *options)
        self.assertTrue(text == "" or text.endswith("\n"))
        return [json.loads(line) for line in text.split("\n")[:-1]]

    def check(self, folder):
        """All three formats against what an independent reading gives."""
        stood = [expected(one) for one in lab.standing(folder)]
        self.assertTrue(stood)
        lines = self.jsonl(folder)
        self.assertEqual(len(lines), len(stood))
        for line, want in zip(lines, stood):
            self.assertEqual(list(line), list(want))
            self.assertEqual(far_times_aside(line.pop("record")),
                             far_times_aside(want.pop("record")), line)
            self.assertEqual(line, want)
        self.check_csv(folder)
        self.check_ocsf(folder)

    def check_csv(self, folder):
        text = self.export(folder, "csv")
        lines = self.jsonl(folder)
        self.assertEqual(text.count("\n"), len(lines) + 1)
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
        head = rows[0]
        self.assertEqual(head[:7], BEFORE)
        self.assertEqual(head[7:-1], sorted(head[7:-1]))
        self.assertEqual(head[-1], "other")
        for row, line in zip(rows[1:], lines, strict=True):
            self.assertEqual(len(row), len(head))
            own = {}
            for name, value in line["record"].items():
                if name.startswith("x-"):
                    own[name] = value
            for name, cell in zip(head, row):
                self.assertIsNone(FORMULA.match(cell), cell)
                if name == "other":
                    self.assertEqual(json.loads(cell) if cell else {}, own)
                    continue
                value = line[name] if name in BEFORE else line["record"].get(name, "")
                value = " ".join(value) if isinstance(value, list) else value
                value = "true" if value is True else str(value)
                quoted = FORMULA.match(value) or value.startswith("'")
                self.assertEqual(cell, "'" + value if quoted else value)

    def check_object(self, event, path=""):
        node = event
        for part in path.split(".") if path else ():
            node = node.get(part)
            if node is None:
                return
        needed, some = OCSF_REQUIRED[path]
        self.assertEqual([name for name in needed if name not in node], [], path)
        self.assertTrue(some is None or set(some) & set(node), path)
        self.assertEqual(set(node) - OCSF_KNOWN[path], set(), path)

    def check_ocsf(self, folder):
        lines = self.jsonl(folder)
        events = [json.loads(line) for line in self.export(folder, "ocsf").split("\n")[:-1]]
        self.assertEqual(len(events), len(lines))
        uids = set()
        for event, line in zip(events, lines):
            for path in OCSF_REQUIRED:
                self.check_object(event, path)
            fields = line["record"]
            number = event["activity_id"]
            self.assertEqual(event["activity_name"],
                             fields["action"] if number == 99 else OCSF_ACTIVITIES[number])
            self.assertEqual((event["category_uid"], event["class_uid"], event["type_uid"]),
                             (6, 6005, 600500 + number))
            self.assertEqual(event["metadata"]["version"], "1.3.0")
            self.assertEqual(event["severity_id"], 1)
            self.assertEqual(event["metadata"]["original_time"], fields["at"])
            uids.add(event["metadata"]["uid"])
            self.check_nothing_lost(event, line)
        self.assertEqual(len(uids), len(events))

    def check_nothing_lost(self, event, line):
        """Each field stands at its place, or as it is under `unmapped`."""
        unmapped = event["unmapped"]
        places = {"action": event["metadata"]["event_code"],
                  "at": event["metadata"]["original_time"],
                  "actor": event["actor"].get("app_uid", event["actor"].get("user", {}).get("uid")),
                  "unit": event["actor"].get("user", {}).get("org", {}).get("ou_name"),
                  "authority": event["actor"].get("authorizations", [{"policy": {"uid": None}}])[0]
                  ["policy"]["uid"],
                  "dataset": event.get("databucket", {}).get("uid"),
                  "ref": event["metadata"].get("correlation_uid"),
                  "outcome": event.get("status_code"), "reason": event.get("status_detail"),
                  "detail": event.get("message")}
        for name, value in line["record"].items():
            place = places.get(name)
            self.assertEqual(unmapped[name] if name in unmapped else place, value, name)
        for name in ("address", "digest", "number", "writer_role", "organisation"):
            self.assertEqual(unmapped[name], line[name])
        status = {"success": 1, "failure": 2, "denied": 2, None: 0}
        self.assertEqual(event["status_id"], status.get(line["record"].get("outcome"), 99))

    def test_history(self):
        self.check(self.history("history", "--violate", "all=1", seed=int(
            os.environ.get("KEIIN_SEED", "1"))))

    def test_hostile_texts_stay_text(self):
        self.check(lab.publish(lab.with_hostile_records(), self.dir / "hostile"))

    def test_same_bytes(self):
        folder = lab.publish(lab.with_hostile_records(), self.dir / "same")
        for form in ("jsonl", "csv", "ocsf"):
            texts = {self.export(folder, form, "--threads", threads) for threads in (1, 2, 5)}
            texts.add(self.export(folder, form, "--lang", "ja"))
            self.assertEqual(len(texts), 1)

    def test_time(self):
        folder = lab.publish(lab.with_hostile_records(), self.dir / "time")
        lines = self.jsonl(folder)
        first, last = lines[3]["received"], lines[9]["received"]
        self.assertEqual(self.jsonl(folder, "--from", first, "--to", last), lines[3:9])
        self.assertEqual(self.jsonl(folder, "--from", last), lines[9:])
        self.assertEqual(self.jsonl(folder, "--to", first), lines[:3])
        self.assertEqual(self.jsonl(folder, "--from", "2030-01-01T00:00:00Z"), [])

    def test_writer_as_its_roster_lists_it(self):
        """An organisation that changes with a roster is that of the roster in force."""
        ledger = lab.ledger()
        ledger.add_records(ledger.agency, record(), stated=received(T0 + 1))
        moved = ledger.add_roster(writers=[(ledger.operator, "operator", "nco"),
                                           (ledger.committee, "committee", "cc"),
                                           (ledger.agency, "auditor", "moved")])
        ledger.add_roster_entry(ledger.operator, moved, stated=received(T0 + 2))
        ledger.put_proof(1, 2, cosigned=((0, T0 // 1000), (1, T0 // 1000)))
        ledger.add_records(ledger.agency, record(), record(), stated=received(T0 + 3))
        lines = self.jsonl(lab.publish(ledger, self.dir / "moved"))
        self.assertEqual([(line["address"], line["organisation"], line["writer_role"],
                           line["number"]) for line in lines],
                         [("1.0", "npa", "agency", 1), ("3.0", "moved", "auditor", 2),
                          ("3.1", "moved", "auditor", 3)])


class WhatStands(lab.Case):
    def ledger(self):
        ledger = lab.ledger()
        for number in range(6):
            ledger.add_records(ledger.agency, record(detail=f"d{number}"), record(detail="second"),
                               stated=received(T0 + 1 + number))
        return ledger

    def export(self, folder, *options):
        done = lab.run("export", "--format", "jsonl", "--roster", f"{folder}.roster", *options,
                       folder)
        return done, [json.loads(line)["address"] for line in done.out.splitlines()]

    def test_erased(self):
        """An order leaves a record out; without one it is a finding."""
        for ordered in (True, False):
            ledger = self.ledger()
            ledger.add_records(ledger.agency, record(), stored=[(b"", b"")],
                               stated=received(T0 + 50))
            if ordered:
                ledger.add_records(ledger.committee, forge.order("7.0", at=T0),
                                   stated=received(T0 + 60))
            done, addresses = self.export(lab.publish(ledger, self.dir / f"erased-{ordered}"))
            self.assertEqual(done.status, 0 if ordered else 1, done.err)
            self.assertNotIn("7.0", addresses)
            self.assertIn("were not written: 1 (erased by order", done.err)
            self.assertIn("verified: " if ordered else "NOT VERIFIED: ", done.err)

    def test_unsigned_and_unknown(self):
        ledger = self.ledger()
        ledger.add_records(ledger.agency, record(), record(),
                           stated=received(T0 + 50, signature=forge.SPOILED))
        ledger.add_records(ledger.stranger, record(), stated=received(T0 + 51))
        done, addresses = self.export(lab.publish(ledger, self.dir / "unsigned"))
        self.assertEqual(done.status, 1)
        self.assertEqual(len(addresses), 12)
        self.assertIn("records written: 12; that the entries read hold: 15", done.err)
        self.assertIn("rightly signed, and were not written: 3", done.err)

    def test_counts_are_those_of_the_audit(self):
        sound = lab.publish(self.ledger(), self.dir / "sound")
        made = self.ledger()
        keys = [made.log, *made.witnesses]
        for kind in ("change-record", "drop-record", "lengths-beyond-part", "other-root",
                     "malformed-record-type", "no-log-signature", "checkpoint-gone",
                     "records-bundle-gone", "entries-bundle-gone"):
            if kind not in damage.KINDS:
                continue
            with self.subTest(kind=kind):
                damaged = damage.damage(damage.Copy(str(sound)), kind, keys, None, 1)
                folder = lab.publish(damaged.publication, self.dir / kind)
                audit = lab.run("audit", "--json", "--roster", f"{folder}.roster", folder)
                verdict = json.loads(audit.out)
                done, addresses = self.export(folder)
                self.assertEqual(done.status, audit.status, done.err)
                self.assertTrue(verdict["records"] >= len(addresses))
                self.assertLessEqual(set(addresses), {f"{i}.{p}" for i in range(1, 7) for p in (0, 1)})
                bad = {f"{f['index']}.{f['position']}" for f in verdict["findings"]
                       if "position" in f and f["code"].startswith("record-")}
                self.assertTrue(bad.isdisjoint(addresses), bad)
                self.assertIn({0: "verified:", 1: "NOT VERIFIED: the audit has findings (%d)"
                               % len(verdict["findings"]), 2: "NO VERDICT:"}[audit.status], done.err)


class Files(lab.Case):
    def setUp(self):
        super().setUp()
        self.folder = lab.publish(lab.with_hostile_records(), self.dir / "ledger")
        self.out = self.dir / "out"

    def export(self, *options, **how):
        return lab.run("export", "--roster", f"{self.folder}.roster", "--format", "csv", *options,
                       self.folder, **how)

    def names(self):
        return {path.name for path in self.dir.iterdir()} - {"ledger", "ledger.roster"}

    def test_whole_or_not_by_that_name(self):
        done = self.export("--out", self.out)
        self.assertEqual((done.status, done.out), (0, ""))
        self.assertEqual(self.out.read_bytes(), self.export().bytes)
        self.assertEqual(self.out.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.names(), {"out"})

    def test_nothing_is_overwritten(self):
        self.out.write_text("mine")
        done = self.export("--out", self.out)
        self.assertNotEqual(done.status, 0)
        self.assertEqual(self.out.read_text(), "mine")
        self.assertEqual(self.names(), {"out"})

    def test_what_was_interrupted_is_begun_anew(self):
        part = self.dir / "out.part"
        part.write_bytes(b"x" * 10**6)
        self.assertEqual(self.export("--out", self.out).status, 0)
        self.assertEqual(self.out.read_bytes(), self.export().bytes)
        self.assertEqual(self.names(), {"out"})

    def test_one_at_a_time(self):
        part = self.dir / "out.part"
        with open(part, "wb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            done = self.export("--out", self.out)
            self.assertNotEqual(done.status, 0)
            self.assertIn("in use by another process", done.err)
        self.assertEqual(self.names(), {"out.part"})

    def test_links_are_not_followed(self):
        target = self.dir / "target"
        (self.dir / "out.part").symlink_to(target)
        self.assertNotEqual(self.export("--out", self.out).status, 0)
        self.assertFalse(target.exists())

    def test_without_a_verdict_it_stays_a_part(self):
        (bundle,) = (path for path in (self.folder / "tile/records").rglob("*") if path.is_file())
        data = bundle.read_bytes()
        bundle.write_bytes(data[:len(data) // 2])
        done = self.export("--out", self.out)
        self.assertEqual(done.status, 2)
        self.assertIn("NO VERDICT", done.err)
        self.assertEqual(self.names(), {"out.part"})
        self.assertGreater((self.dir / "out.part").read_bytes().count(b"\n"), 1)

    def test_with_findings_it_is_whole(self):
        (bundle,) = (path for path in (self.folder / "tile/records").rglob("*") if path.is_file())
        data = bytearray(bundle.read_bytes())
        data[-1] ^= 1
        bundle.write_bytes(data)
        done = self.export("--out", self.out)
        self.assertEqual(done.status, 1)
        self.assertEqual(self.names(), {"out"})

    def test_full_disk(self):
        """What could not be written is no export, whatever the audit says."""
        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))

        done = self.export("--out", self.out, preexec_fn=small)
        self.assertNotIn(done.status, (0, 1), done.err)
        self.assertEqual(self.names(), set())
        with open(self.dir / "stdout", "wb") as to:
            done = self.export(stdout=to, stderr=-1, capture_output=False, preexec_fn=small)
        self.assertNotIn(done.status, (0, 1), done.err)

    def test_wrong_usage(self):
        for options in ([], ["--format", "xml"], ["--format", "jsonl", "--json"],
                        ["--format", "csv", "--from", "2026-01-02T00:00:00Z",
                         "--to", "2026-01-02T00:00:00Z"],
                        ["--format", "csv", "--from", "yesterday"],
                        ["--format", "csv", "--state", self.dir]):
            done = lab.run("export", "--roster", f"{self.folder}.roster", *options, self.folder)
            self.assertEqual(done.status, 64, options)
            self.assertEqual(done.out, "")
        self.assertEqual(lab.run("export", "--format", "csv").status, 64)


if __name__ == "__main__":
    unittest.main()
