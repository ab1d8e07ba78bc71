#!/usr/bin/env python3
"""Every program speaks Japanese and English: --lang, wherever it stands, or else the environment
says which. Only what people read changes with it; exit statuses, JSON, the ledger's log, what its
server answers and the line that it is ready are the same."""

import contextlib
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
sys.dont_write_bytecode = True

import client_lab  # noqa: E402

SRC, BIN = client_lab.SRC, client_lab.BIN
VECTORS = SRC / "tests/vectors"
ROSTER = VECTORS / "genesis.roster"
PROGRAMS = ["keiin-keys", "keiin-verify", "keiin-client", "keiin-ledger"]
JAPANESE = re.compile("[\u3041-\u30fe\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b(the|is|are|not|of|and|was|has|that|to)\b")
LINE_COLUMNS_MAX = 100
LABEL_COLUMNS = 13


def there(program):
    return os.access(BIN / program, os.X_OK)


def run(program, *arguments, env=None, stdin=""):
    """Exit status, stdout, stderr; with no locale but the one given, and UTF-8 whatever it is."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("LC_") and
             k not in ("LANG", "KEIIN_ROSTER", "KEIIN_DIR", "KEIIN_PASSPHRASE_FILE")}
    done = subprocess.run([BIN / program, *map(str, arguments)], input=stdin.encode(), timeout=120,
                          capture_output=True, start_new_session=True, env={**clean, **(env or {})})
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def columns(text):
    return sum(0 if unicodedata.combining(c) else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def numbers(text):
    """The numbers, times, addresses and names that a text tells, without the words around them;
    single digits apart, which words may bring: "once" is 1回."""
    found = re.findall(r"[A-Za-z0-9+/=_-]*\d[A-Za-z0-9+/=.:_-]*", text)
    return sorted(n for n in (n.rstrip(".:") for n in found) if len(n) > 1)


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-languages-"))
        self.addCleanup(shutil.rmtree, self.dir)

    def both(self, program, *arguments, **more):
        """What a command says in English and in Japanese, both streams; one status."""
        said = []
        for language in ("en", "ja"):
            status, out, err = run(program, *arguments, "--lang", language, **more)
            said.append((status, out + err))
        (en_status, en), (ja_status, ja) = said
        self.assertEqual(en_status, ja_status, (arguments, en, ja))
        self.assertFalse(JAPANESE.search(en), en)
        self.assertTrue(JAPANESE.search(ja), ja)
        self.assertEqual(en.endswith("\n"), ja.endswith("\n"))
        return en_status, en, ja


class Choice(Case):
    """Which language it is."""

    def speaks(self, language, program, *arguments, env=None):
        status, out, err = run(program, *arguments, env=env)
        self.assertEqual(bool(JAPANESE.search(out + err)), language == "ja", (arguments, env, out, err))
        return status

    def test_option_anywhere(self):
        for program in filter(there, PROGRAMS):
            for arguments in (["--lang", "ja", "--help"], ["--lang=ja", "--help"],
                              ["--help", "--lang", "ja"], ["--help", "--lang=ja"],
                              ["--lang", "en", "--lang", "ja", "--help"]):
                self.assertEqual(self.speaks("ja", program, *arguments), 0)
            self.assertEqual(self.speaks("en", program, "--help", "--lang", "en",
                                         env={"LANG": "ja_JP.UTF-8"}), 0)
        for arguments in (["--lang", "ja", "audit"], ["audit", "--lang=ja"],
                          ["audit", "--roster", ROSTER, "--lang", "ja"]):
            self.assertEqual(self.speaks("ja", "keiin-verify", *arguments), 64)

    def test_not_behind_the_end_of_options(self):
        status, out, err = run("keiin-keys", "show", "--", "--lang", "ja")
        self.assertEqual((status, out), (2, "--lang:\nja:\n"))
        self.assertFalse(JAPANESE.search(err))
        status, _, err = run("keiin-keys", "show", "--lang", "ja", "--", "--lang=en")
        self.assertEqual(status, 2)
        self.assertIn("--lang=en: ", err)

    def test_bad_values(self):
        for program in filter(there, PROGRAMS):
            for value in (["--lang"], ["--lang="], ["--lang", ""], ["--lang", "JA"],
                          ["--lang=de"], ["--lang", "ja_JP"], ["--lang", "--help"]):
                status, out, err = run(program, "--help", *value)
                self.assertEqual((status, out, err.count("\n")), (64, "", 1), (value, out, err))
                self.assertIn("--lang is ja (Japanese) or en (English)", err)
            self.assertEqual(self.speaks("ja", program, "--lang=x", env={"LANG": "ja_JP.UTF-8"}), 64)
        # What only begins like it is an option of nobody.
        status, _, err = run("keiin-verify", "audit", "--language", "ja", "x")
        self.assertEqual(status, 64)
        self.assertIn('"--language"', err)

    def test_environment(self):
        japanese, english = "ja_JP.UTF-8", "en_GB.UTF-8"
        for value in ("ja", "ja_JP", japanese, "ja_JP.eucJP", "ja_JP.SJIS", "ja.utf8"):
            self.speaks("ja", "keiin-keys", "--help", env={"LANG": value})
        for value in ("", "C", "C.UTF-8", "POSIX", english, "jam_JM", "de_DE.UTF-8", "j", "xja"):
            self.speaks("en", "keiin-keys", "--help", env={"LANG": value})
        names = ("LC_ALL", "LC_MESSAGES", "LANG")
        for values in itertools.product((None, "", english, japanese), repeat=3):
            env = {name: value for name, value in zip(names, values) if value is not None}
            decides = next((value for value in values if value), english)
            self.speaks("ja" if decides == japanese else "en", "keiin-keys", "--help", env=env)


class Help(Case):
    def test_help(self):
        for program in filter(there, PROGRAMS):
            status, en, ja = self.both(program, "--help")
            self.assertEqual(status, 0)
            for text in (en, ja):
                for line in text.splitlines():
                    self.assertLessEqual(columns(line), LINE_COLUMNS_MAX, line)
            # The same commands with the same options, each with words of its own.
            self.assertEqual(re.findall(r"^ .*" + program + r".*", en, re.MULTILINE),
                             re.findall(r"^ .*" + program + r".*", ja, re.MULTILINE))
            self.assertEqual(re.findall(r"--[a-z-]+", en), re.findall(r"--[a-z-]+", ja))
            listed = re.findall(r"^  (\S+) +(\S.*)$", ja, re.MULTILINE)
            self.assertEqual([name for name, _ in listed],
                             re.findall(r"^  (\S+) +\S.*$", en, re.MULTILINE))
            for name, summary in listed:
                self.assertTrue(JAPANESE.search(summary), name)

    def test_wrong_usage(self):
        for program in filter(there, PROGRAMS):
            for arguments in ([], ["no-such-command"]):
                status, en, ja = self.both(program, *arguments)
                self.assertEqual((status, en.count("\n"), ja.count("\n")), (64, 1, 1))
                self.assertIn(f"{program} --help", ja)


class Keys(Case):
    def test_rosters(self):
        for command in (["roster", "check", ROSTER], ["show", ROSTER]):
            status, en, ja = self.both("keiin-keys", *command)
            self.assertEqual(status, 0)
            self.assertEqual(numbers(en), numbers(ja))
            self.assertFalse(ENGLISH.search(ja), ja)
        self.assertIn("適正", self.both("keiin-keys", "roster", "check", ROSTER)[2])
        status, en, ja = self.both("keiin-keys", "roster", "check", "--parent", ROSTER,
                                   VECTORS / "ledgers/sound/roster/1")
        self.assertEqual((status, numbers(en)), (0, numbers(ja)))
        (self.dir / "note").write_bytes(ROSTER.read_bytes().replace(b"threshold 2", b"threshold 3"))
        status, en, ja = self.both("keiin-keys", "roster", "check", self.dir / "note")
        self.assertEqual(status, 1)
        self.assertIn("不適正", ja)

    def test_keys(self):
        for language in ("en", "ja"):
            for i in range(2):
                run("keiin-keys", "generate", "--type", "root", "--name", f"root.test/{i}", "--out",
                    self.dir / f"{language}-{i}", "--no-passphrase", "--lang", language)
        status, en, ja = self.both("keiin-keys", "show", self.dir / "en-0", self.dir / "en-0.pub")
        self.assertEqual((status, numbers(en)), (0, numbers(ja)))
        status, en, ja = self.both("keiin-keys", "generate", "--type", "root", "--name", "x", "--out",
                                   self.dir / "en-0", "--no-passphrase")
        self.assertEqual((status, numbers(en)), (1, numbers(ja)))

    def test_passphrase_without_a_terminal(self):
        status, en, ja = self.both("keiin-keys", "generate", "--type", "root", "--name", "x", "--out",
                                   self.dir / "new")
        self.assertNotEqual(status, 0)
        self.assertIn("端末がありません", ja)
        self.assertIn("KEIIN_PASSPHRASE_FILE", ja)


class Verify(Case):
    def ledger(self, name):
        return VECTORS / "ledgers" / name

    def aligned(self, text):
        """Labels and what goes on under them take the same columns, as in English."""
        body = text.split("\n\n")[1]
        for line in body.splitlines():
            label = re.match(r"(\S+：)( +)", line)
            if label:
                self.assertEqual(columns(label[0]), LABEL_COLUMNS, line)
            else:
                self.assertTrue(line.startswith(" " * LABEL_COLUMNS) and line[LABEL_COLUMNS] != " ", line)
            self.assertLessEqual(columns(line), LINE_COLUMNS_MAX, line)

    def test_audits(self):
        verdicts = {"sound": (0, "検証済み"), "submission-removed": (1, "問題あり"),
                    "entry-changed": (1, "問題あり"), "not-the-logs-key": (1, "問題あり"),
                    "one-witness": (1, "問題あり"), "record-gone": (1, "問題あり"),
                    "no-records": (2, "判定不能")}
        for name, (wanted, verdict) in verdicts.items():
            status, en, ja = self.both("keiin-verify", "audit", "--roster", ROSTER, self.ledger(name))
            self.assertEqual((status, ja[: len(verdict)]), (wanted, verdict), (name, en, ja))
            self.assertEqual(numbers(en), numbers(ja), name)
            self.aligned(ja)
            codes = re.findall(r"\[[a-z-]+\]", en)
            self.assertEqual(codes, re.findall(r"\[[a-z-]+\]", ja))
        _, _, ja = self.both("keiin-verify", "audit", "--no-records", "--roster", ROSTER,
                             self.ledger("sound"))
        self.assertTrue(ja.startswith("検証済み（記録を除く）"), ja)

    def test_json(self):
        for command in (["audit"], ["audit", "--no-records"], ["rules"]):
            for name in ("sound", "entry-changed-resigned"):
                said = []
                for env in ({}, {"LANG": "ja_JP.UTF-8"}):
                    status, out, _ = run("keiin-verify", *command, "--json", "--roster", ROSTER,
                                         self.ledger(name), env=env)
                    lines = [json.loads(line) for line in out.splitlines()]
                    for line in lines:
                        line.pop("seconds", None)
                    said.append((status, lines))
                self.assertEqual(said[0], said[1])
                self.assertGreater(len(said[0][1]), 0)

    def test_rules(self):
        status, en, ja = self.both("keiin-verify", "rules", "--roster", ROSTER, self.ledger("sound"))
        self.assertEqual((status, ja[:4]), (1, "指摘あり"))
        self.aligned(ja)
        self.assertEqual(re.findall(r"^  ([a-z-]+) .*?([0-9a-f]{16})$", en, re.MULTILINE),
                         re.findall(r"^  ([a-z-]+)（.*?([0-9a-f]{16})$", ja, re.MULTILINE))
        for text in (en, ja):
            findings = text.split("\n\n")[-1].splitlines()[1:]
            for line in findings:
                self.assertTrue(re.match(r"  [a-z-]+[ （]|    \S|  \.\.\. |  ……", line), line)
        for line in ja.splitlines():
            self.assertLessEqual(columns(line), LINE_COLUMNS_MAX, line)
            self.assertFalse(re.match(r"\s*[、。」）ー]", line), line)
            self.assertFalse(line.endswith(("「", "（")), line)
        status, en, ja = self.both("keiin-verify", "rules", "--explain", "all")
        self.assertEqual(status, 0)
        for line in (en + ja).splitlines():
            self.assertLessEqual(columns(line), LINE_COLUMNS_MAX, line)
        names = re.findall(r"^([a-z-]+) ", en, re.MULTILINE)
        self.assertGreater(len(names), 20)
        self.assertEqual(names, re.findall(r"^([a-z-]+)（", ja, re.MULTILINE))
        self.assertEqual(self.both("keiin-verify", "rules", "--explain", "none-such")[0], 64)

    def test_one_entry(self):
        said = {}
        for at in ("5", "5.0"):
            status, en, ja = self.both("keiin-verify", "show", "--at", at, "--roster", ROSTER,
                                       self.ledger("sound"))
            self.assertEqual((status, numbers(en)), (0, numbers(ja)))
        status, _, _ = run("keiin-verify", "prove", "--at", "5.0", "--roster", ROSTER, "--out",
                           self.dir / "proof", self.ledger("sound"))
        self.assertEqual(status, 0)
        # A proof of another ledger's, as it seems: the roster is of another origin.
        proof = (self.dir / "proof").read_bytes()
        (self.dir / "other").write_bytes(proof.replace(b"access-2026", b"access-2027"))
        for name in ("proof", "other"):
            said[name] = self.both("keiin-verify", "check", "--roster", ROSTER, self.dir / name)
        self.assertEqual((said["proof"][0], said["other"][0]), (0, 1))
        self.assertIn("：適正\n", said["proof"][2])
        self.assertIn("：不適正\n", said["other"][2])
        self.assertEqual(numbers(said["proof"][1]), numbers(said["proof"][2]))

    def test_compare_and_copy(self):
        status, en, ja = self.both("keiin-verify", "compare", "--roster", ROSTER, self.ledger("sound"),
                                   self.ledger("back-dated"))
        self.assertEqual((status, ja[:5]), (1, "履歴が2つ"))
        status, en, ja = self.both("keiin-verify", "compare", "--roster", ROSTER, self.ledger("sound"),
                                   self.ledger("sound"))
        self.assertEqual((status, ja[:5]), (0, "履歴は1つ"))
        status, out, _ = run("keiin-verify", "copy", self.ledger("sound"), self.dir / "copy",
                             "--lang=ja")
        self.assertEqual(status, 0)
        self.assertIn("keiin-verify audit", out)
        self.assertTrue(JAPANESE.search(out))


@unittest.skipUnless(there("keiin-client"), "keiin-client is not built")
class Client(client_lab.Case):
    def said(self, *arguments, language, expect=0, **more):
        return self.client(*arguments, "--lang", language, expect=expect, **more)

    def test_client(self):
        ja = self.client("--lang", "ja", "init", "--ledger", self.server.url, "--key",
                         self.dir / "key", "--roster", self.dir / "roster", self.folder)
        self.assertIn("準備ができました", ja)
        ja = self.client("-C", self.folder, "--lang=ja", "submit",
                         stdin="".join(client_lab.line(i) + "\n" for i in range(3)))
        self.assertIn("記録を3件送りました", ja)
        self.assertIn("記録されました", self.client("log", "--lang", "ja", "action=query", "actor=a"))
        # -C stands before the command, --lang before or behind it.
        for arguments in (["--lang", "ja", "-C", self.folder, "status"],
                          ["-C", self.folder, "--lang", "ja", "status"],
                          ["-C", self.folder, "status", "--lang", "ja"]):
            ja = self.client(*arguments)
            en = self.client("-C", self.folder, "status")
            self.assertEqual(numbers(en), numbers(ja))
            self.assertIn("台帳の回答   一致", ja)
            for a, b in zip(en.splitlines(), ja.splitlines()):
                self.assertEqual(len(re.match(r"\S+( says| id| number)? +", a)[0]), LABEL_COLUMNS)
                self.assertEqual(columns(re.match(r"\S+ +", b)[0]), LABEL_COLUMNS, b)
        for language, word in (("en", " receipts verify"), ("ja", "正しいことを確認しました")):
            self.assertIn(word, self.said("receipts", "check", language=language))
        ja = self.said("submit", "--batch", "0", language="ja", expect=64)
        self.assertIn("--batch には 1 から", ja)

    def test_silent_ledger(self):
        self.init()
        self.server.stop()
        en = self.said("status", "--timeout", "1", language="en", expect=2)
        ja = self.said("status", "--timeout", "1", language="ja", expect=2)
        # The technical detail stays as it is.
        self.assertEqual(en.splitlines()[-1], ja.splitlines()[-1])


@unittest.skipUnless(there("keiin-ledger"), "keiin-ledger is not built")
class Ledger(Case):
    def lab(self):
        import ledger_lab

        return ledger_lab.lab()

    def test_ledger(self):
        env = {"LANG": "ja_JP.UTF-8"}
        with self.lab() as l, self.speaking(env):
            l.init()
            config = ["--config", l.folder / "ledger.ini"]
            self.assertIn("問題ありません", l.run("check-config"))
            l.start()  # it says "ready" as ever
            l.stop()
            self.assertFalse(JAPANESE.search(l.log_text()), l.log_text())
            status, en, ja = self.both("keiin-ledger", "check", *config)
            self.assertEqual((status, numbers(en)), (0, numbers(ja)))
            self.assertTrue(ja.startswith("異常なし："), ja)
            status, en, ja = self.both("keiin-ledger", "init", *config, "--roster",
                                       l.folder / "roster0")
            self.assertEqual((status, numbers(en)), (1, numbers(ja)))

    def test_restored(self):
        """The report is in the language of who asks, and the log in English."""
        with self.lab() as l:
            l.init()
            l.start()
            l.stop()
            with self.speaking({"LANG": "ja_JP.UTF-8"}):
                l.start(arguments=["--after-restore"])
            config = ["--config", l.folder / "ledger.ini"]
            import ledger_lab

            ledger_lab.wait_until(lambda: "Still asking" not in run("keiin-ledger", "resume", *config)[1])
            status, en, ja = self.both("keiin-ledger", "resume", *config)
            self.assertEqual((status, len(en.splitlines())), (1, len(ja.splitlines())))
            self.assertEqual(numbers(en), numbers(ja))
            answer = l.post(l.committee.sign([ledger_lab.record()]))
            self.assertEqual(answer.status, 503)
            self.assertIn("can only be read", answer.value["detail"])
            l.stop()
            self.assertFalse(JAPANESE.search(l.log_text()), l.log_text())

    @contextlib.contextmanager
    def speaking(self, env):
        before = dict(os.environ)
        os.environ.pop("LC_ALL", None)
        os.environ.update(env)
        try:
            yield
        finally:
            os.environ.clear()
            os.environ.update(before)


if __name__ == "__main__":
    unittest.main()
