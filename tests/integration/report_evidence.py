#!/usr/bin/env python3
"""report-check over small ledgers whose every entry the test decides: rosters, checkpoints, proofs and
the files of --evidence."""

import base64
import copy
import json
import os
import pathlib
import sys
import tarfile
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.path.insert(0, str(SRC / "tests" / "forge"))
sys.dont_write_bytecode = True

import forge  # noqa: E402
from recheck_lab import Case, run  # noqa: E402


class Forged(Case):
    WHOLE = ("--from", "1970", "--to", "1970")

    def ledger(self, count=6, **parts):
        made = forge.grown(count, **parts)
        made.add_records(made.agency, *(forge.record(action="export", at=n) for n in range(3)))
        return made

    def write(self, made, name="source", **options):
        publication = made.publish(**options)
        publication.write(self.dir / name)
        (self.dir / f"{name}.roster").write_bytes(publication.trusted)
        return self.dir / name

    def test_witnesses_and_proofs(self):
        folder = self.write(self.ledger())
        file = self.report(folder, *self.WHOLE)
        report = json.loads(file.read_text())
        self.assertEqual(len(report["ledger"]["witnesses"]), 2)
        self.assertTrue(report["findings"])
        said = self.check(file, folder, roster=f"{folder}.roster", status=0)
        self.assertEqual(said["proofs"], len(report["evidence"]["proofs"]))
        for change in (lambda r: r["ledger"]["witnesses"].pop(),
                       lambda r: r["ledger"]["witnesses"][0].update(at="1970-01-01T00:01:41.000Z"),
                       lambda r: r["ledger"].update(vouched_at="1970-01-01T00:02:00.000Z")):
            changed = copy.deepcopy(report)
            change(changed)
            self.assertEqual(self.codes(changed, roster=f"{folder}.roster"), {"stated"})

    def test_short_of_the_quorum(self):
        made = self.ledger()
        folder = self.write(made)
        report = json.loads(self.report(folder, *self.WHOLE).read_text())
        for checkpoint, code in ((made.checkpoint(cosigned=()), "checkpoint"),
                                 (made.checkpoint(logs=[forge.Key("other")]), "checkpoint"),
                                 (made.checkpoint(origin="log.example/two"), "checkpoint"),
                                 (made.checkpoint(root=bytes(32)), "stated"),
                                 (made.checkpoint(cosigned=((0, 100), (1, 999))), "stated")):
            changed = copy.deepcopy(report)
            changed["evidence"]["checkpoint"] = checkpoint.decode()
            self.assertIn(code, self.codes(changed, roster=f"{folder}.roster", status=1))
        # The audit's own finding is in the report, and its checkpoint is still no good.
        short = self.write(made, "short", checkpoint=made.checkpoint(cosigned=()))
        file = self.report(short, *self.WHOLE)
        self.assertEqual(self.codes(file, short, roster=f"{short}.roster"), {"checkpoint"})

    def test_witnesses_of_an_audit_that_was_incomplete(self):
        """It may not have judged the checkpoint, and then it names nobody; never somebody else."""
        made = self.ledger(6)
        made.put("tile/records/000.p/8", forge.UNREADABLE)
        folder = self.write(made)
        report = json.loads(self.report(folder, *self.WHOLE).read_text())
        self.assertEqual(report["ledger"]["verdict"], "incomplete")
        self.assertEqual(len(report["ledger"]["witnesses"]), 2)
        for said, code in (({"witnesses": [], "vouched_at": None}, set()),
                           ({"witnesses": [{"name": "w", "at": "1970-01-01T00:01:40.000Z"}]}, {"stated"}),
                           ({"vouched_at": "2026-01-01T00:00:00.000Z"}, {"stated"}),
                           ({"vouched_by_operator": True}, {"stated"})):
            changed = copy.deepcopy(report)
            changed["ledger"].update(said)
            self.assertEqual(self.codes(changed, roster=f"{folder}.roster"), code)

    def test_proofs_of_other_records(self):
        made = self.ledger()
        folder = self.write(made)
        report = json.loads(self.report(folder, *self.WHOLE).read_text())
        proofs = report["evidence"]["proofs"]
        changed = copy.deepcopy(report)
        changed["evidence"]["proofs"][0]["proof"] = proofs[1]["proof"]
        self.assertEqual(self.codes(changed, roster=f"{folder}.roster"), {"proof"})
        # Of an older checkpoint, which is good, too.
        index = int(proofs[0]["record"].split(".")[0])
        extra = base64.b64decode(proofs[0]["proof"].split("\n")[1].removeprefix("extra "))
        self.assertEqual(made.proof(index, extra=extra).decode(), proofs[0]["proof"])
        old = made.proof(index, len(made.entries) - 1, extra=extra).decode()
        changed["evidence"]["proofs"][0]["proof"] = old
        self.assertEqual(self.codes(changed, roster=f"{folder}.roster"), {"proof"})
        # Of the entry alone, said to be of the record, and the other way round.
        changed["evidence"]["proofs"][0]["proof"] = made.proof(index).decode()
        self.assertEqual(self.codes(changed, roster=f"{folder}.roster"), {"proof"})
        changed = copy.deepcopy(report)
        changed["evidence"]["proofs"][0]["of"] = "entry"
        self.assertEqual(self.codes(changed, roster=f"{folder}.roster"), {"proof"})

    def test_erased_records_and_files_that_are_gone(self):
        made = self.ledger()
        folder = self.write(made)
        file = self.report(folder, *self.WHOLE)
        report = json.loads(file.read_text())
        cited = [item["record"] for item in report["evidence"]["proofs"]]
        # The source loses a tile between audit and report: proofs cannot be given, the report goes on.
        index = int(cited[-1].split(".")[0])
        changed = copy.deepcopy(report)
        changed["evidence"]["proofs"][-1] = {"record": cited[-1], "of": "entry",
                                             "proof": made.proof(index).decode(), "lacking": None}
        said = self.check(changed, roster=f"{folder}.roster", status=0)
        self.assertEqual(said["proofs_of_entries"], 1)
        changed["evidence"]["proofs"][-1] = {"record": cited[-1], "of": None, "proof": None,
                                             "lacking": "not there"}
        said = self.check(changed, folder, roster=f"{folder}.roster", status=2)
        self.assertEqual((said["open"], said["proofs_lacking"]), (["proofs"], 1))
        (folder / "tile" / "0" / f"000.p/{len(made.entries)}").unlink()
        damaged = self.report(folder, *self.WHOLE)
        lacking = json.loads(damaged.read_text())["evidence"]["proofs"]
        self.assertEqual({item["proof"] for item in lacking}, {None})
        self.assertEqual({item["lacking"] for item in lacking}, {"not there"})

    def test_reports_of_sources_that_lack_something(self):
        """A report that says so holds; without checkpoint or rosters there is no verdict."""
        for number, (name, data, verdict) in enumerate((
                ("checkpoint", forge.ABSENT, "open"), ("checkpoint", b"x\n", "open"),
                ("roster/0", forge.ABSENT, "open"), ("roster/1", forge.UNREADABLE, "good"),
                ("roster/1.tlog-proof", forge.ABSENT, "good"),
                ("tile/records/000.p/9", forge.UNREADABLE, "good"))):
            made = self.ledger(6)
            made.add_roster_entry(made.operator, made.add_roster())
            made.put_proof(1, len(made.entries) - 1)
            made.put(name, data)
            folder = self.write(made, f"lacks{number}")
            for form in ("json", "html"):
                with self.subTest(name=name, form=form):
                    file = self.report(folder, *self.WHOLE, form=form)
                    said = self.check(file, folder, roster=f"{folder}.roster")
                    self.assertEqual(said["verdict"], verdict, said)
                    self.assertEqual(said["open"], ["evidence"] if verdict == "open" else [])

    def test_grown_since(self):
        made = self.ledger()
        folder = self.write(made)
        file = self.report(folder, *self.WHOLE)
        for count in (1, 30, 300):
            for number in range(count):
                made.add_records(made.agency, forge.record(action="view", count=number))
            grown = self.write(made, f"grown{count}")  # has none of the old partial tiles
            self.assertFalse((grown / "tile" / "entries" / "000.p" / "8").exists())
            said = self.check(file, grown, roster=f"{folder}.roster", status=0)
            self.assertTrue(said["recounted"])
            shorter = self.check(self.report(grown, *self.WHOLE), folder, roster=f"{folder}.roster",
                                 status=2)
            self.assertEqual(shorter["open"], ["source"])
            self.assertIn("it covers 8 entries", shorter["open_why"])

    def test_another_history_by_the_operator(self):
        """The operator alone, without witnesses, signs a history in which a record is another."""
        true = self.ledger(quorum="none")
        lie = self.ledger(count=5, quorum="none")
        lie.add_records(lie.agency, forge.record(action="query", count=99))
        folder, other_folder = self.write(true), self.write(lie, "lie")
        file = self.report(other_folder, *self.WHOLE)
        self.check(file, roster=f"{folder}.roster", status=0)
        said = self.check(file, folder, roster=f"{folder}.roster", status=1)
        self.assertIn("ledger.audit_findings.root-mismatch",
                      {problem["where"] for problem in said["problems"]})

    def test_evidence_as_files(self):
        folder = self.write(self.ledger())
        first = self.report(folder, *self.WHOLE, "--evidence")
        again = self.report(folder, *self.WHOLE, "--evidence", "--threads", 3, "--lang", "ja",
                            form="html", env={"TZ": "Asia/Tokyo", "LANG": "ja_JP.UTF-8"})
        tar = first.with_suffix(".evidence.tar")
        self.assertEqual(tar.read_bytes(), again.with_suffix(".evidence.tar").read_bytes())
        report = json.loads(first.read_text())
        with tarfile.open(tar) as archive:
            members = archive.getmembers()
            names = [member.name for member in members]
            self.assertEqual(names, sorted(names))
            for member in members:
                self.assertEqual((member.uid, member.gid, member.mode, member.uname, member.type),
                                 (0, 0, 0o644, "", tarfile.REGTYPE))
                self.assertEqual(member.mtime, 1)  # 1008 ms: the last entry's
            archive.extractall(self.dir / "files")
        files = self.dir / "files"
        self.assertEqual((files / "report.json").read_bytes(), first.read_bytes())
        self.assertEqual((files / "checkpoint").read_text(), report["evidence"]["checkpoint"])
        self.assertEqual({f"proofs/{item['record']}.tlog-proof" for item in report["evidence"]["proofs"]},
                         {name for name in names if name.startswith("proofs/")})
        self.assertEqual([name for name in names if name.startswith("rosters/")], ["rosters/0.note"])
        readme = (files / "README.txt").read_text()
        self.assertTrue("Evidence of a report" in readme and "証拠" in readme)
        done = run("check", *(files / "proofs").iterdir(), roster=files / "rosters" / "0.note")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.check(files / "report.json", roster=f"{folder}.roster", status=0)
        # Nothing is overwritten; the public is told of no record.
        self.assertEqual(run("report", *self.WHOLE, "--evidence", "--out", first.with_suffix(".pdf"),
                             "--format", "csv", folder, roster=f"{folder}.roster").returncode, 64)
        self.assertFalse(first.with_suffix(".pdf").exists())
        done = run("report", *self.WHOLE, "--evidence", "--profile", "public", "--out",
                   self.dir / "p", folder, roster=f"{folder}.roster")
        self.assertEqual(done.returncode, 64)
        self.assertIn(b"--evidence is not for --profile public", done.stderr)
        self.assertFalse((self.dir / "p").exists())

    def test_later_rosters(self):
        made = self.ledger()
        text = made.add_roster()
        made.add_roster_entry(made.operator, text)
        made.put_proof(1, len(made.entries) - 1)
        folder = self.write(made)
        file = self.report(folder, *self.WHOLE)
        report = json.loads(file.read_text())
        self.assertEqual((report["ledger"]["roster"], len(report["evidence"]["rosters"])), (1, 2))
        self.check(file, folder, roster=f"{folder}.roster", status=0)
        changed = copy.deepcopy(report)
        changed["evidence"]["rosters"][1] = changed["evidence"]["rosters"][1].rsplit("\n— ", 2)[0] + "\n"
        self.assertIn("rosters", self.codes(changed, roster=f"{folder}.roster", status=1))


if __name__ == "__main__":
    unittest.main()
