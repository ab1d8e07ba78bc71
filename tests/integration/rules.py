#!/usr/bin/env python3
"""keiin-verify rules as a command: its exit statuses, what it prints, the ids of findings, the rules
file with its errors, and records that are well-formed and absurd."""

import collections
import os
import pathlib
import re
import subprocess
import sys
import unicodedata
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path[:0] = [str(SRC / "tests" / "tools"), str(SRC / "tests" / "forge")]
sys.dont_write_bytecode = True

import rules_lab as lab  # noqa: E402
import history_lab  # noqa: E402
import reference_path  # noqa: E402, F401
import forge  # noqa: E402
import damage  # noqa: E402
from packing import pack  # noqa: E402

SEED = int(os.environ.get("KEIIN_SEED", "1"))
GREATEST = 2**53 - 1
YEAR_9999 = 253402300799999
T0 = 1767225600000
HIGH = "authority-missing"

FINDING_MEMBERS = ["rule", "severity", "id", "records", "open", "sentence", "said", "facts",
                   "limits"]
VERDICT_MEMBERS = ["verdict", "audit", "origin", "ledger_id", "size", "entries", "records",
                   "last_received", "limits", "findings", "open", "findings_before", "by_rule",
                   "not_judged", "not_used", "state_bytes", "seconds"]


def record(**fields):
    return pack({"action": "query", "at": T0, "salt": bytes(16), **fields})


def received(ms):
    return forge.Stated(received=ms)


class Small(lab.Case):
    """Ledgers of a few entries, by hand."""

    def ledger(self):
        made = forge.Ledger()
        made.add_roster_entry(made.operator, made.add_roster(), stated=received(T0))
        return made

    def publish(self, ledger, name="small", damaged=None):
        folder = self.dir / name
        # Witnesses who dispute no time.
        published = damaged.publication if damaged else ledger.publish(
            ledger.checkpoint(cosigned=((0, GREATEST // 1000), (1, GREATEST // 1000))))
        published.write(folder)
        pathlib.Path(f"{folder}.roster").write_bytes(published.trusted)
        return folder

    def judged(self, ledger, *options):
        done = lab.rules(self.publish(ledger), *options)
        self.assertIn(done.status, (0, 1), done.err)
        self.assertEqual(done.err, "")
        return done


class Statuses(Small):
    def lawful(self):
        ledger = self.ledger()
        ledger.add_records(ledger.committee, record(action="inspect"), stated=received(T0 + 1))
        return ledger

    def test_none_some_and_no_verdict(self):
        ledger = self.lawful()
        none = self.judged(ledger)
        self.assertEqual((none.status, none.verdict["verdict"]), (0, "none"))
        self.assertEqual(none.findings, [])
        ledger.add_records(ledger.agency, record(actor="a", dataset="d"), stated=received(T0 + 2))
        some = lab.rules(self.publish(ledger, "some"))
        self.assertEqual((some.status, some.verdict["verdict"]), (1, "findings"))
        self.assertEqual([f["rule"] for f in some.findings], [HIGH])
        folder = self.publish(self.lawful(), "gone")
        (bundle,) = (path for path in (folder / "tile/records").rglob("*") if path.is_file())
        bundle.unlink()
        gone = lab.rules(folder)
        self.assertEqual((gone.status, gone.verdict["verdict"]), (2, "incomplete"))
        self.assertEqual(gone.verdict["audit"], "incomplete")
        text = lab.rules(folder, "--text")
        self.assertEqual(text.status, 2)
        self.assertTrue(text.out.startswith("NO VERDICT"), text.out)
        self.assertIn("The ledger was not read completely", text.out)

    def test_what_was_found_counts_where_not_all_was_read(self):
        ledger = self.ledger()
        for number in range(300):
            ledger.add_records(ledger.agency, record(actor="a"), stated=received(T0 + number))
        folder = self.publish(ledger)
        (folder / "tile/records/001.p/45").unlink()
        done = lab.rules(folder)
        self.assertEqual(done.status, 1)
        self.assertEqual(done.verdict["audit"], "incomplete")
        self.assertEqual(len(done.findings), 255)
        self.assertIn("The ledger was not read completely", lab.rules(folder, "--text").out)

    def test_wrong_usage(self):
        folder = self.publish(self.lawful())
        limits = self.write("[no-such-rule]\n")
        for arguments in (["rules"], ["rules", folder, folder], ["rules", "--nothing", folder],
                          ["rules", "--findings-max", "x", folder],
                          ["rules", "--explain", "all", folder], ["rules", "--explain", "nothing"],
                          ["rules", "--rules", limits, folder],
                          ["rules", "--rules", limits, "--explain", "all"],
                          ["rules", "--rules", self.dir / "absent.ini", folder],
                          ["rules", "--rules", self.dir, folder]):
            with self.subTest(arguments=arguments):
                done = lab.run(*arguments, "--roster", f"{folder}.roster")
                self.assertEqual(done.status, 64)
                self.assertEqual(done.out, "")
                self.assertNotEqual(done.err, "")

    def test_damaged_ledgers(self):
        ledger = self.lawful()
        for number in range(4):
            ledger.add_records(ledger.committee, record(action="inspect"),
                               forge.sealed(b"part", action="inspect", at=T0),
                               stated=received(T0 + 2 + number))
        sound = self.publish(ledger, "sound")
        self.assertEqual(lab.rules(sound).status, 0)
        keys = [ledger.log, *ledger.witnesses]
        for kind in ("change-record", "drop-record", "change-sealed-part", "lengths-beyond-part",
                     "malformed-record-type", "checkpoint-gone", "checkpoint-unreadable",
                     "other-root", "no-log-signature", "no-witnesses", "size-beyond-entries"):
            with self.subTest(kind=kind, seed=SEED):
                damaged = damage.damage(damage.Copy(str(sound)), kind, keys, None, SEED)
                codes = {finding.split(" ")[0] for finding in damaged.findings}
                self.assertTrue(codes)
                folder = self.publish(None, kind, damaged)
                done, text = lab.rules(folder), lab.rules(folder, "--text")
                expected = 2 if codes == {"incomplete"} else 1
                self.assertEqual((done.status, text.status), (expected, expected), codes)
                self.assertEqual(done.findings, [])
                self.assertEqual(done.verdict["audit"],
                                 "incomplete" if expected == 2 else "findings")
                self.assertIn("not sound" if expected == 1 else "NO VERDICT", text.out)
                self.assertTrue(text.out.startswith("NO VERDICT" if expected == 2 else
                                                    "FINDINGS OF THE AUDIT"), text.out)

    def test_what_no_writer_signed_is_not_judged(self):
        ledger = self.lawful()
        ledger.add_records(ledger.agency, record(actor="a"),
                           stated=forge.Stated(received=T0 + 2, signature=forge.SPOILED))
        ledger.add_records(ledger.stranger, record(actor="b"), stated=received(T0 + 3))
        done = self.judged(ledger)
        self.assertEqual((done.status, done.findings), (1, []))
        self.assertEqual(done.verdict["audit"], "findings")


class Said(lab.Case):
    """What is printed of a history with two violations of each rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.history("all", "--violate", "all=2", seed=SEED)
        cls.done = lab.rules(cls.folder)

    def test_json(self):
        self.assertEqual(self.done.status, 1, self.done.err)
        for finding in self.done.findings:
            self.assertEqual(list(finding), FINDING_MEMBERS)
            self.assertIn(finding["severity"], ("low", "medium", "high"))
            self.assertTrue(finding["records"])
            for address in finding["records"]:
                self.assertRegex(address, r"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)$")
            self.assertRegex(finding["sentence"], r"^[^{}\n]{40,}\.$")
            self.assertEqual(finding["limits"], lab.NO_LIMITS)
        verdict = self.done.verdict
        self.assertEqual(list(verdict), VERDICT_MEMBERS)
        self.assertEqual(verdict["verdict"], "findings")
        self.assertEqual(verdict["audit"], "verified")
        self.assertEqual(verdict["findings"], len(self.done.findings))
        self.assertEqual(verdict["open"], len(self.done.open))
        rules = collections.Counter(finding["rule"] for finding in self.done.findings)
        self.assertEqual(verdict["by_rule"], rules)
        self.assertEqual(set(rules), set(history_lab.RULES))
        self.assertEqual(set(verdict["not_judged"]), {"x-drill"})
        self.assertEqual(verdict["limits"], lab.NO_LIMITS)

    def test_ids(self):
        ids = [finding["id"] for finding in self.done.findings]
        self.assertEqual(len(set(ids)), len(ids))
        subjects = {"heartbeat-missing": "writer", "erase-late": "dataset"}
        for finding in self.done.findings:
            subject = subjects.get(finding["rule"])
            expected = {lab.finding_id(finding, finding["facts"][subject] if subject else None)}
            if finding["rule"] == "emergency-unratified" and "dataset" in finding["facts"]:
                expected.add(lab.finding_id(finding, finding["facts"]["dataset"]))
            self.assertIn(finding["id"], expected, finding)
        for threads in (1, 3):
            self.assertEqual(lab.rules(self.folder, "--threads", threads).findings,
                             self.done.findings)

    def test_other_limits_give_other_ids_of_the_same(self):
        limits = self.write("# nothing is otherwise\n")
        other = lab.rules(self.folder, "--rules", limits)
        self.assertNotEqual(other.verdict["limits"], lab.NO_LIMITS)
        self.assertEqual([f["sentence"] for f in other.findings],
                         [f["sentence"] for f in self.done.findings])
        self.assertTrue({f["id"] for f in other.findings}.isdisjoint(
            f["id"] for f in self.done.findings))
        for finding in other.findings:
            self.assertEqual(finding["limits"], other.verdict["limits"])

    def test_text(self):
        text = lab.rules(self.folder, "--text")
        self.assertEqual(text.status, 1)
        count = len(self.done.findings)
        self.assertTrue(text.out.startswith(f"FINDINGS: the rules ask about {count} things"))
        words = re.sub(r"\s+", " ", text.out)
        at = 0
        for finding in self.done.findings:
            address = " ".join(finding["records"])
            plural = "s" if len(finding["records"]) > 1 else ""
            head = (f"{finding['rule']} ({finding['severity']}), record{plural} {address}, finding "
                    f"{finding['id'][:16]} {finding['sentence']}")
            at = words.index(head, at)
        self.assertIn("x-drill", text.out)
        self.assertLess(max(map(len, text.out.splitlines())), 400)

    def test_japanese(self):
        """The same findings in Japanese; JSON does not know of languages."""
        self.assertEqual(lab.rules(self.folder, "--lang", "ja").findings, self.done.findings)
        text = lab.rules(self.folder, "--text", "--lang", "ja")
        self.assertEqual((text.status, text.err), (1, ""))
        words = re.sub(r"\s+", "", text.out)
        sentences = self.sentences("ja")
        severities = {"low": "低", "medium": "中", "high": "高"}
        at = 0
        for finding, sentence in zip(self.done.findings, sentences):
            head = (f"{finding['rule']}（重大度：{severities[finding['severity']]}）、記録 "
                    f"{' '.join(finding['records'])}、指摘 {finding['id'][:16]}{sentence}")
            at = words.index(re.sub(r"\s+", "", head), at)
        for line in text.out.splitlines():
            if line.startswith("    "):
                width = sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in line)
                self.assertLessEqual(width, 96 + 2, line)

    def sentences(self, form):
        """The sentences of the findings, made from their JSON by another program."""
        done = subprocess.run([lab.SENTENCES, form], input=self.done.out.encode(),
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        lines = done.stdout.decode().splitlines()
        self.assertEqual(len(lines), len(self.done.findings))
        return lines

    def test_sentences_from_json(self):
        """A finding's JSON makes its sentence again, in every form."""
        self.assertEqual(self.sentences("plain"), [f["sentence"] for f in self.done.findings])
        for form, end, time in (("en", ".", r"\b\d+ [A-Z][a-z]+ 20\d\d, \d\d:\d\d:\d\d\b"),
                                ("ja", "。", r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
                                ("era", "。", r"令和(\d+|元)年\d+月\d+日\d+時\d\d分\d\d(\.\d{3})?秒")):
            for finding, sentence in zip(self.done.findings, self.sentences(form)):
                self.assertRegex(sentence, rf"^[^{{}}\n]{{40,}}\{end}$")
                own = {"heartbeat-missing": "writer", "erase-late": "dataset"}
                name = own.get(finding["rule"], "actor")
                if name in finding["facts"] and finding["facts"][name] in finding["sentence"]:
                    self.assertIn(finding["facts"][name], sentence)
                if re.search(r"20\d\d-\d\d-\d\dT", finding["sentence"]):
                    self.assertRegex(sentence, time)

    def test_findings_max(self):
        """So many of each rule."""
        by_rule = self.done.verdict["by_rule"].values()
        for most in (0, 1, max(by_rule)):
            text = lab.rules(self.folder, "--text", "--findings-max", most)
            told = sum(min(most, count) for count in by_rule)
            left = len(self.done.findings) - told
            self.assertEqual(text.status, 1)
            self.assertEqual(text.out.count(", finding "), told)
            self.assertEqual(f"and {left} more" in text.out, left > 0)
            self.assertEqual(lab.rules(self.folder, "--findings-max", most).findings,
                             self.done.findings)

    def test_switched_off_and_judged_as(self):
        rule = self.done.findings[0]["rule"]
        limits = self.write(f"[{rule}]\nuse = no\n[actions]\nx-drill = query\n")
        done = lab.rules(self.folder, "--rules", limits)
        self.assertNotIn(rule, done.verdict["by_rule"])
        self.assertEqual(done.verdict["not_judged"], {})
        self.assertGreater(done.verdict["by_rule"].get(HIGH, 0), self.done.verdict["by_rule"][HIGH])
        self.assertIn(f"Not used:    {rule}", lab.rules(self.folder, "--text", "--rules", limits).out)


class Explained(lab.Case):
    def test_each(self):
        whole = lab.run("rules", "--explain", "all")
        self.assertEqual((whole.status, whole.err), (0, ""))
        parts = []
        for rule in history_lab.RULES:
            one = lab.run("rules", "--explain", rule)
            self.assertEqual(one.status, 0)
            for word in ("Reads:", "Limit:", "Cannot see:", "Comes from:", "Says:"):
                self.assertIn(word, one.out, rule)
            parts.append(one.out)
        self.assertEqual(whole.out, "".join(parts))

    def test_each_in_japanese(self):
        whole, english = (lab.run("rules", *options, "--explain", "all")
                          for options in (("--lang", "ja"), ()))
        self.assertEqual((whole.status, whole.err), (0, ""))
        parts, others = whole.out.split("\n\n"), english.out.split("\n\n")
        self.assertEqual(len(parts), len(others))
        for part, other in zip(parts, others):
            self.assertEqual(part.split("（")[0], other.split(" (")[0])
            # Nothing of it is left in English but ids, fields and names.
            self.assertNotRegex(part, r"(?m)[a-z]+ (the|and|of|was|that|to|a) ")
            self.assertEqual(len(re.findall(r"\{\w+\}", part)), len(re.findall(r"\{\w+\}", other)))

    def test_limits_as_they_hold(self):
        limits = self.write("[heartbeat-missing]\nlimit = 30 min\n[late-record]\nuse = no\n")
        done = lab.run("rules", "--rules", limits, "--explain", "heartbeat-missing")
        self.assertRegex(done.out, r"limit = 30 min \(.*initially 1 h\)")
        self.assertIn("use = no", lab.run("rules", "--rules", limits, "--explain", "late-record").out)

    def test_unknown(self):
        done = lab.run("rules", "--explain", "raw-acess")
        self.assertEqual((done.status, done.out), (64, ""))
        self.assertIn("raw-acess", done.err)


class Limits(Small):
    def wrong(self, text, *lines):
        """The rules file is refused, with these lines of it named in this order."""
        folder = self.publish(self.ledger())
        path = self.write(text)
        state = self.dir / "state"
        done = lab.rules(folder, "--rules", path, "--state", state)
        self.assertEqual((done.status, done.out), (64, ""))
        self.assertFalse(state.exists(), "something was run")
        said = [int(n) for n in re.findall(r"^line (\d+):", done.err, re.M)]
        self.assertEqual(said, list(lines), done.err)
        self.assertIn("nothing was judged", done.err)
        self.assertTrue(done.err.isprintable() or done.err.replace("\n", "").isprintable())
        return done.err

    def test_each_error_alone(self):
        for text, line, said in (
                ("\n[no-such]\n", 2, "there is no rule"),
                ("[denied-burst]\nlimits = 5\n", 2, "denied, period"),
                ("[denied-burst]\ndenied = 1001\n", 2, "0 to 1000"),
                ("[denied-burst]\ndenied = -1\n", 2, "0 to 1000"),
                ("[denied-burst]\nperiod = 31 d\n", 2, "out of range"),
                ("[denied-burst]\nperiod = 99999999999999999999 d\n", 2, "is no duration"),
                ("[denied-burst]\nperiod = 5 weeks\n", 2, "is no duration"),
                ("[denied-burst]\nperiod = 5\n", 2, "is no duration"),
                ("[denied-burst]\nperiod = 5 m\n", 2, "is no duration"),
                ("[denied-burst]\nuse = maybe\n", 2, "neither yes nor no"),
                ("[denied-burst]\nuse = no\n\nuse = no\n", 4, "line 2"),
                ("[denied-burst]\ndenied = 5\n[late-record]\n[denied-burst]\ndenied = 5\n", 5,
                 "line 2"),
                ("[actions]\nquery = view\n", 2, "begin with x-"),
                ("[actions]\nx-a = look\n", 2, "does not have"),
                ("[actions]\nx-a = query\nx-a = view\n", 3, "line 2"),
                ("[clocks]\ntolerance = 25 h\n", 2, "0 s to 24 h"),
                ("[clocks]\nlimit = 5 min\n", 2, "tolerance"),
                ("denied = 5\n", 1, "before the first"),
                ("[denied-burst\n", 1, ""),
                ("[denied-burst]\ndenied\n", 2, ""),
                ("[denied-burst]\n" + "# " + "x" * 100000 + "\n", 2, ""),
                (b"[denied-burst]\ndenied = 5\0\n", 2, "")):
            with self.subTest(text=text[:60]):
                self.assertIn(said, self.wrong(text, line))

    def test_every_error_is_told(self):
        self.wrong("x = 1\n[raw-acess]\nlimit = 1\n[late-record]\nlimit = 1 h\nlimit = x\n"
                   "future = x\nuse = x\n[clocks]\ntolerance = x\n[actions]\na = b\n",
                   1, 2, 6, 7, 8, 10, 12)

    def test_at_the_ends_of_the_range(self):
        folder = self.publish(self.ledger())
        for text in ("[denied-burst]\ndenied = 0\nperiod = 1 s\n",
                     "[denied-burst]\ndenied = 1000\nperiod = 30 d\n", "", "\r\n; nothing\r\n",
                     "[clocks]\ntolerance = 24 h\n"):
            with self.subTest(text=text):
                self.assertEqual(lab.rules(folder, "--rules", self.write(text)).status, 0)


class Absurd(Small):
    """Each action with fields of the right types and values that nobody would have."""

    def fields(self):
        numbers = ("count", "discarded", "ratify_by", "retain_until", "source_count", "valid_from",
                   "valid_to")
        names = ("actor", "approval", "approved_by", "authority", "dataset", "decision", "outcome",
                 "purpose", "recipient", "recipient_kind", "ref", "requested_by", "unit",
                 "witnessed_by", "method")
        parents = [f"parent-{number}" for number in range(500)]
        many = [f"d{number:05}" for number in range(8000)]
        greatest = {name: GREATEST for name in numbers}
        yield {}
        yield {"at": 0}
        yield {"at": GREATEST, **greatest, **{name: "~" * 255 for name in names}}
        yield {"at": YEAR_9999, **{name: YEAR_9999 for name in numbers}, "emergency": True,
               "authority": "A", "approval": "A", "dataset": "d"}
        yield {"parents": parents, "datasets": parents, "units": [], "purposes": ["!"],
               "recipients": ["!"], "authority": "A", "dataset": "d", "count": GREATEST,
               "discarded": GREATEST, "approval": "A", "decision": "granted"}
        yield {"parents": many, "authority": "A", "approval": "A", "decision": "extended"}
        yield {"checkpoint": b"\xff" * 59000, "content": bytes(32), "criteria": bytes(32),
               "notice": "n", "authority": "A", "ref": "r"}
        yield {"detail": "\u3042" * 66, "reason": "\U0001f600" * 50, "x-any": [1, {"a": True}],
               "decision": "ratified", "approval": "A"}

    def test_any_action_with_any_values(self):
        ledger = self.ledger()
        actions = [*history_lab.ACTIONS, "x-", "x-own", "X-own", "query~", "!" * 255]
        count, now = 0, T0
        for key in (ledger.agency, ledger.committee, ledger.operator):
            for fields in self.fields():
                records = [record(**{"action": action, **fields}) for action in actions]
                self.assertTrue(all(len(one) <= 60000 for one in records))
                ledger.add_records(key, *records, stated=received(now))
                count, now = count + len(records), now + 3600000
        for end in (now + 40 * 86400000, YEAR_9999, GREATEST, GREATEST):
            ledger.add_records(ledger.agency, record(at=end), stated=received(end))
            count += 1
        whole = self.judged(ledger)
        self.assertEqual(whole.verdict["audit"], "verified")
        self.assertEqual(whole.verdict["records"], count)
        self.assertEqual(whole.verdict["not_judged"].keys(), {"x-", "x-own"})
        self.assertGreater(len(whole.verdict["by_rule"]), 15)
        for finding in whole.findings:
            self.assertEqual(list(finding), FINDING_MEMBERS)
            self.assertTrue(finding["sentence"].isprintable(), finding)
            for value in finding["facts"].values():
                if isinstance(value, int):
                    self.assertGreaterEqual(value, 0, finding)
        ids = [finding["id"] for finding in whole.findings]
        self.assertEqual(len(set(ids)), len(ids))
        text = lab.rules(self.publish(ledger, "again"), "--text", "--findings-max", 100000)
        self.assertEqual(text.status, 1)
        self.assertEqual(text.out.count(", finding "), len(ids))

    def test_a_record_as_long_as_they_may_be(self):
        ledger = self.ledger()
        one = record(dataset="d", actor="a", checkpoint=b"")
        longest = record(dataset="d", actor="a", checkpoint=bytes(60000 - len(one) - 1))
        self.assertEqual(len(longest), 60000)
        ledger.add_records(ledger.agency, longest, stated=received(T0 + 1))
        self.assertEqual([f["rule"] for f in self.judged(ledger).findings], [HIGH])


if __name__ == "__main__":
    unittest.main()
