#!/usr/bin/env python3
"""keiin-verify audit --certificate: what the signed note says is what the audit found, by an independent
reading of the note; check believes it for a key that is known, and for no other; no bit of it can be
changed unseen; a key, a file and a passphrase that are wrong are told before the audit."""

import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(SRC / "tests" / "tools"), str(SRC / "tests" / "forge")]
sys.dont_write_bytecode = True

import taken_lab as lab  # noqa: E402
import damage  # noqa: E402
import ed25519_sign  # noqa: E402
import keys  # noqa: E402
from taken_lab import T0, forge, received, record  # noqa: E402

KEYS = str(lab.BIN / "keiin-keys")


def make_key(folder, name, use="writer", passphrase=None):
    """A secret key file and the public one beside it."""
    path = folder / f"{name.replace('/', '-')}-{use}"
    environment = dict(os.environ)
    if passphrase is not None:
        secret = folder / "passphrase"
        secret.write_text(passphrase + "\n")
        environment["KEIIN_PASSPHRASE_FILE"] = str(secret)
    done = subprocess.run([KEYS, "generate", "--type", use, "--name", name, "--out", path,
                           *([] if passphrase is not None else ["--no-passphrase"])],
                          capture_output=True, timeout=60, env=environment)
    assert done.returncode == 0, done
    return path


def read(path):
    """The lines of a certificate by their words."""
    text, signatures = path.read_text(encoding="utf-8").split("\n\n")
    lines = text.split("\n")
    assert lines[0] == "keiin-certificate/v1"
    said = {line.split(" ")[0]: line.split(" ")[1:] for line in lines[2:]}
    said["origin"] = [lines[1]]
    return said, text + "\n", signatures


def digest(findings):
    """SPEC.md section 11, of findings as --json gives them."""
    lines = ""
    for finding in findings:
        lines += f"{finding['code']} {finding.get('index', '-')} {finding.get('position', '-')}"
        lines += f" {finding['writer']}\n" if "writer" in finding else "\n"
    return base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()


class Case(lab.Case):
    def setUp(self):
        super().setUp()
        self.key = make_key(self.dir, "auditor.example/sato")

    def ledger(self):
        ledger = lab.ledger()
        for number in range(5):
            ledger.add_records(ledger.agency, record(), record(detail="d"),
                               stated=received(T0 + number))
        return ledger

    def certify(self, folder, *options, key=None, name="certificate", **how):
        self.out = self.dir / name
        return lab.run("audit", "--roster", f"{folder}.roster", "--certificate", key or self.key,
                       "--out", self.out, *options, folder, **how)

    def check(self, *options, path=None, env=None):
        environment = {name: value for name, value in os.environ.items() if name != "KEIIN_ROSTER"}
        return lab.run("check", *options, path or self.out, env={**environment, **(env or {})})

    def known(self):
        return "--key", f"{self.key}.pub"


class Says(Case):
    def compare(self, folder, *options):
        """The certificate against the verdict of the same audit in JSON."""
        audit = json.loads(lab.run("audit", "--json", "--roster", f"{folder}.roster", *options,
                                   folder).out)
        before = time.time()
        done = self.certify(folder, *options, name=f"certificate-{folder.name}")
        after = time.time()
        said, text, signatures = read(self.out)
        self.assertEqual(said["origin"], [audit["origin"]])
        if audit["ledger_id"] is not None:
            self.assertEqual(base64.b64decode(said["ledger"][0]).hex(), audit["ledger_id"])
        self.assertEqual(said["checkpoint"], ["none"] if audit["size"] is None else
                         [str(audit["size"]), audit["root"]])
        self.assertEqual(said["roster"], [str(audit["roster_trusted"]), str(audit["roster"])])
        self.assertEqual(said["verdict"], [audit["verdict"]])
        count = len(audit["findings"])
        self.assertEqual(said["findings"], [str(count + audit["findings_omitted"]), str(count),
                                            digest(audit["findings"])])
        self.assertEqual(said["entries"], [str(audit["entries"]), str(audit["entries_before"])])
        self.assertEqual(said["records"], ["none" if audit["records"] is None else
                                           str(audit["records"])])
        self.assertEqual(said["received"], ["none" if audit["last_received"] is None else
                                            str(audit["last_received"])])
        who = "operator" if audit["vouched_by"] == "operator" else "witnesses"
        self.assertEqual(said["vouched"], ["none"] if audit["vouched_at"] is None else
                         [who, str(audit["vouched_at"])])
        self.assertRegex(said["time"][0], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        stated = lab.rfc3339(int(before * 1000) - 1000), lab.rfc3339(int(after * 1000) + 1000)
        self.assertTrue(stated[0] <= said["time"][0] <= stated[1])
        version = subprocess.run([lab.VERIFY, "--version"], capture_output=True, text=True,
                                 check=True).stdout.split()
        self.assertEqual(said["program"], version)
        vkey = pathlib.Path(f"{self.key}.pub").read_text().strip()
        name, number, key = vkey.split("+", 2)
        raw = base64.b64decode(signatures.split(" ")[2])
        self.assertEqual(signatures.split(" ")[1], name)
        self.assertEqual(raw[:4].hex(), number)
        self.assertEqual(raw[4:], ed25519_sign.sign(self.seed(), text.encode()))
        return done, audit

    def seed(self):
        return base64.b64decode(self.key.read_text().splitlines()[-1])

    def test_verified(self):
        folder = lab.publish(self.ledger(), self.dir / "sound")
        done, _ = self.compare(folder)
        self.assertEqual(done.status, 0)
        self.assertIn(f"Certificate: {self.out}, signed by auditor.example/sato", done.out)
        self.assertEqual(self.check(*self.known()).status, 0)

    def test_findings_and_no_verdict(self):
        made = self.ledger()
        sound = lab.publish(made, self.dir / "sound")
        keys_of_log = [made.log, *made.witnesses]
        for kind in ("change-record", "drop-record", "change-entry", "other-root", "no-witnesses",
                     "no-log-signature", "checkpoint-gone", "malformed-checkpoint-empty",
                     "checkpoint-unreadable", "other-origin", "witnesses-from-the-future",
                     "jump-number"):
            with self.subTest(kind=kind):
                damaged = damage.damage(damage.Copy(str(sound)), kind, keys_of_log, None, 1)
                folder = lab.publish(damaged.publication, self.dir / kind)
                done, audit = self.compare(folder)
                checked = self.check(*self.known())
                expected = {"verified": 0, "findings": 1, "incomplete": 2}[audit["verdict"]]
                self.assertEqual((done.status, checked.status), (expected, expected), checked.out)
                self.assertIn(": GOOD: a certificate of an audit", checked.out)
                self.assertIn({0: "VERIFIED: everything", 1: "NOT VERIFIED: the audit had findings",
                               2: "NO VERDICT: not all"}[expected], checked.out)

    def test_options(self):
        folder = lab.publish(self.ledger(), self.dir / "options")
        self.compare(folder, "--no-records")
        self.assertIn("no records", self.check(*self.known()).out)

    def test_findings_left_out(self):
        """The digest is over those that are listed; all are counted."""
        ledger = self.ledger()
        for number in range(20):
            ledger.add_records(ledger.agency, record(),
                               stated=received(T0 + 10 + number, signature=forge.SPOILED))
        folder = lab.publish(ledger, self.dir / "many")
        done, audit = self.compare(folder, "--findings-max", 7)
        self.assertEqual(read(self.out)[0]["findings"][:2], ["20", "7"])

    def test_since_the_last_verdict(self):
        ledger = self.ledger()
        folder = lab.publish(ledger, self.dir / "state")
        state = self.dir / "kept"
        self.assertEqual(lab.run("audit", "--roster", f"{folder}.roster", "--state", state,
                                 folder).status, 0)
        ledger.add_records(ledger.agency, record(), stated=received(T0 + 100))
        folder = lab.publish(ledger, self.dir / "grown")
        self.assertEqual(self.certify(folder, "--state", state).status, 0)
        self.assertEqual(read(self.out)[0]["entries"], ["7", "6"])
        self.assertIn("6 of them in an earlier audit", self.check(*self.known()).out)

    def test_trusted_later_roster_without_its_parents(self):
        """What the ledger is, is not known then: the certificate says none."""
        ledger = self.ledger()
        ledger.add_roster_entry(ledger.operator, ledger.add_roster(), stated=received(T0 + 50))
        ledger.put_proof(1, 6, cosigned=((0, T0 // 1000), (1, T0 // 1000)))
        folder = lab.publish(ledger, self.dir / "later")
        pathlib.Path(f"{folder}.roster").write_bytes((folder / "roster/1").read_bytes())
        (folder / "roster/0").unlink()
        done = self.certify(folder)
        self.assertEqual(done.status, 2, done.err)
        said, _, _ = read(self.out)
        self.assertEqual((said["ledger"], said["verdict"], said["roster"]),
                         (["none"], ["incomplete"], ["1", "1"]))
        self.assertEqual(self.check(*self.known()).status, 2)


class Believed(Case):
    def setUp(self):
        super().setUp()
        self.made = self.ledger()
        self.folder = lab.publish(self.made, self.dir / "ledger")
        self.assertEqual(self.certify(self.folder).status, 0)
        self.roster = f"{self.folder}.roster"

    def sign(self, writer_key, name="signed"):
        """The same text signed by a key of the forge."""
        _, text, _ = read(self.out)
        path = self.dir / name
        path.write_bytes(text.encode() + b"\n" + writer_key.line(text.encode()))
        return path

    def test_unknown_key(self):
        """Rightly signed by somebody is not enough."""
        for options in (("--roster", self.roster), ("--key", f"{make_key(self.dir, 'x')}.pub")):
            done = self.check(*options)
            self.assertEqual(done.status, 2, done.out)
            self.assertIn("is not known", done.out)
            self.assertNotIn("VERIFIED", done.out)

    def test_writers_of_the_roster(self):
        """The committee's and auditors' keys are believed, an agency's and the operator's not."""
        auditor = keys.Key("auditor.example/listed")
        ledger = self.ledger()
        text = ledger.add_roster(writers=ledger.writers((auditor, "auditor", "board")))
        ledger.add_roster_entry(ledger.operator, text, stated=received(T0 + 60))
        second = self.dir / "roster-1"
        second.write_bytes(ledger.rosters[1].note)
        for key, role in ((ledger.committee, "committee"), (auditor, "auditor"),
                          (ledger.agency, None), (ledger.operator, None), (ledger.log, None),
                          (ledger.stranger, None)):
            path = self.sign(key)
            done = self.check("--roster", self.roster, "--roster", second, path=path)
            self.assertEqual(done.status, 2 if role is None else 0, (role, done.out))
            if role is not None:
                self.assertIn(f"lists as {role} of", done.out)
            made = json.loads(self.check("--json", "--roster", self.roster, "--roster", second,
                                         path=path).out)
            self.assertEqual((made["outcome"], made["role"]),
                             ("incomplete" if role is None else "good", role))
        done = self.check("--roster", self.roster, path=self.sign(auditor))
        self.assertEqual(done.status, 2)
        done = self.check(path=self.sign(ledger.committee), env={"KEIIN_ROSTER": self.roster})
        self.assertEqual(done.status, 0)

    def test_one_known_line_among_others(self):
        _, text, mine = read(self.out)
        stranger = self.made.stranger.line(text.encode()).decode()
        self.out.write_text(text + "\n" + stranger + mine)
        self.assertEqual(self.check(*self.known()).status, 0)
        wrong = self.made.committee.line(text.encode() + b"x").decode()
        self.out.write_text(text + "\n" + mine + wrong)
        self.assertEqual(self.check(*self.known()).status, 0)
        done = self.check(*self.known(), "--roster", self.roster)
        self.assertEqual(done.status, 1, done.out)

    def test_no_bit_can_be_changed(self):
        """A byte here and there: never good, and never with what it says told."""
        data = self.out.read_bytes()
        places = range(0, len(data), 11)
        files = []
        for at in places:
            path = self.dir / f"bit-{at}"
            path.write_bytes(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1:])
            files.append(path)
        done = lab.run("check", "--json", *self.known(), "--roster", self.roster, *files)
        self.assertEqual(done.status, 1)
        lines = [json.loads(line) for line in done.out.splitlines()]
        self.assertEqual(len(lines), len(files))
        self.assertEqual([line["file"] for line in lines if line["outcome"] == "good"], [])

    def test_of_another_ledger(self):
        other = forge.Ledger("log.example/two")
        other.add_roster_entry(other.operator, other.add_roster(), stated=received(T0))
        folder = lab.publish(other, self.dir / "other")
        done = self.check(*self.known(), "--roster", f"{folder}.roster")
        self.assertEqual(done.status, 1)
        self.assertIn("of another ledger", done.out)
        # The same origin, and another beginning.
        twin = forge.Ledger()
        twin.add_roster_entry(twin.operator, twin.add_roster(threshold=3, signers=twin.roots),
                              stated=received(T0))
        folder = lab.publish(twin, self.dir / "twin")
        done = self.check(*self.known(), "--roster", f"{folder}.roster")
        self.assertEqual(done.status, 1)
        self.assertIn("of another ledger", done.out)

    def test_japanese(self):
        done = self.check(*self.known(), "--lang", "ja")
        self.assertIn("監査証明書", done.out)
        self.assertIn("示せないこと", done.out)

    def test_json(self):
        said, _, _ = read(self.out)
        line = json.loads(self.check(*self.known(), "--json").out)
        self.assertEqual(list(line), ["file", "kind", "outcome", "why", "signed_by", "listed_in",
                                      "role", "certificate"])
        inner = line["certificate"]
        self.assertEqual([str(inner["size"]), inner["root"]], said["checkpoint"])
        self.assertEqual([str(inner["findings"]), str(inner["findings_digested"]),
                          inner["findings_digest"]], said["findings"])
        self.assertEqual([inner["program"], inner["version"]], said["program"])
        self.assertEqual(inner["time"], said["time"][0])

    def test_beside_proofs(self):
        """Files of both kinds at once; a proof needs the roster."""
        proof = self.dir / "proof"
        self.assertEqual(lab.run("prove", "--at", "2.1", "--roster", self.roster, "--out", proof,
                                 self.folder).status, 0)
        done = lab.run("check", *self.known(), "--roster", self.roster, "--json", proof, self.out)
        self.assertEqual(done.status, 0)
        kinds = [(line["kind"], line["outcome"]) for line in map(json.loads, done.out.splitlines())]
        self.assertEqual(kinds, [("proof", "good"), ("certificate", "good")])
        done = self.check(*self.known(), path=proof)
        self.assertEqual(done.status, 64)

    def test_keys_show(self):
        done = subprocess.run([KEYS, "show", self.out], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0)
        self.assertIn(f"certificate of an audit of {self.made.origin}", done.stdout)
        self.assertIn("verdict  verified", done.stdout)


class Refused(Case):
    """What is wrong is told before the audit: the SOURCE does not even have to be there."""

    def setUp(self):
        super().setUp()
        self.folder = lab.publish(self.ledger(), self.dir / "ledger")
        self.nowhere = self.dir / "nowhere"
        shutil.copy(f"{self.folder}.roster", f"{self.nowhere}.roster")

    def refused(self, done):
        self.assertIn(done.status, (2, 64), done.err)
        self.assertEqual(done.out, "")
        self.assertNotIn("nowhere", done.err)

    def test_in_the_way(self):
        (self.dir / "certificate").write_text("mine")
        self.refused(self.certify(self.nowhere))
        self.assertEqual(self.out.read_text(), "mine")
        self.out.unlink()
        self.out.symlink_to(self.dir / "target")
        self.refused(self.certify(self.nowhere))
        self.assertFalse((self.dir / "target").exists())

    def test_keys(self):
        for use in ("root", "log", "witness"):
            self.refused(self.certify(self.nowhere, key=make_key(self.dir, "a", use)))
        self.refused(self.certify(self.nowhere, key=f"{self.key}.pub"))
        self.refused(self.certify(self.nowhere, key=self.dir / "absent"))
        self.assertFalse(self.out.exists())

    def test_passphrase(self):
        key = make_key(self.dir, "locked", passphrase="right")
        wrong = self.dir / "wrong"
        wrong.write_text("wrong\n")
        environment = {**os.environ, "KEIIN_PASSPHRASE_FILE": str(wrong)}
        self.refused(self.certify(self.nowhere, key=key, env=environment))
        environment["KEIIN_PASSPHRASE_FILE"] = str(self.dir / "passphrase")
        self.assertEqual(self.certify(self.folder, key=key, env=environment).status, 0)
        self.assertEqual(self.check("--key", f"{key}.pub").status, 0)

    def test_one_without_the_other(self):
        for options in (("--certificate", self.key), ("--out", self.dir / "c")):
            done = lab.run("audit", "--roster", f"{self.folder}.roster", *options, self.folder)
            self.assertEqual(done.status, 64)

    def test_folder_is_not_there(self):
        """The verdict is told, and that it could not be written."""
        done = self.certify(self.folder, name="no/such/folder")
        self.assertEqual(done.status, 2)
        self.assertIn("its folder is not there", done.err)

    def test_nothing_known(self):
        self.assertEqual(self.certify(self.folder).status, 0)
        self.assertEqual(self.check().status, 64)
        for wrong in (self.key, self.dir / "absent", f"{make_key(self.dir, 'w', 'witness')}.pub"):
            done = self.check("--key", wrong)
            self.assertEqual(done.status, 64, done.err)

    def test_json_has_only_the_object(self):
        done = self.certify(self.folder, "--json")
        self.assertEqual(json.loads(done.out)["verdict"], "verified")


if __name__ == "__main__":
    unittest.main()
