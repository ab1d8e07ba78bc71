"""Reports made, and held against themselves and their ledger, as tests do."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import history_lab as lab


def run(*words, roster=None, env=None):
    environment = {k: v for k, v in os.environ.items() if k not in ("KEIIN_ROSTER", "LANG", "LC_ALL")}
    environment.update(env or {})
    if roster is not None:
        environment["KEIIN_ROSTER"] = str(roster)
    return subprocess.run([lab.VERIFY, *map(str, words)], capture_output=True, timeout=300,
                          env=environment)


def written(report):
    """A report's JSON without the characters that none has (SPEC.md section 12)."""
    text = json.dumps(report)
    return re.sub("[<>&]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


class Case(unittest.TestCase):
    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="keiin-report-check-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.count = 0

    def report(self, folder, *options, roster=None, form="json", env=None):
        self.count += 1
        out = self.dir / f"report{self.count}.{form}"
        done = run("report", *options, "--format", form, "--out", out, folder,
                   roster=roster or f"{folder}.roster", env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def check(self, file, *source, roster=None, status=None, words=()):
        """What report-check says as JSON; a dict or bytes are written to a file first."""
        if not isinstance(file, pathlib.Path):
            path = self.dir / "changed"
            path.write_bytes(file if isinstance(file, bytes) else written(file))
            file = path
        done = run("report-check", "--json", *words, file, *source, roster=roster)
        self.assertIn(done.returncode, (0, 1, 2), done)
        self.assertNotIn(b"rror: Address", done.stderr)
        said = json.loads(done.stdout)
        self.assertEqual({"good": 0, "bad": 1, "open": 2}[said["verdict"]], done.returncode)
        self.assertEqual(bool(said["problems"]), done.returncode == 1)
        if status is not None:
            self.assertEqual(done.returncode, status, said)
        return said

    def codes(self, *words, **options):
        return {problem["code"] for problem in self.check(*words, **options)["problems"]}
