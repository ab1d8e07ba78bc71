"""Runs an audit of a folder or URL with keiin-verify or with the reference implementation."""

import json
import os
import subprocess
import tempfile

import reference_path  # noqa: F401
import audit
import roster as rosters
from source import open_source

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
TREE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
BIN = os.environ.get("KEIIN_BIN", os.path.join(TREE, "build"))
VERIFY = os.path.join(BIN, "keiin-verify")
SECONDS_MAX = 120


def memory_folder():
    """Return where temporary folders are quick, None for the usual place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def by_verify(source, trusted, options=()):
    """Return keiin-verify's verdict as a dict, or the text of why there is none."""
    with tempfile.NamedTemporaryFile(dir=memory_folder()) as roster:
        roster.write(trusted)
        roster.flush()
        command = [VERIFY, "audit", "--json", "--findings-max", "100000"]
        command += ["--roster", roster.name, *options, source]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS_MAX)
    if done.returncode not in (0, 1, 2) or not done.stdout:
        return "exit %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace"))
    verdict = json.loads(done.stdout)
    wanted = {"verified": 0, "findings": 1, "incomplete": 2}[verdict["verdict"]]
    if done.returncode != wanted:
        return "exit %d with verdict %s" % (done.returncode, verdict["verdict"])
    if done.stderr:
        return "on stderr: " + done.stderr.decode("utf-8", "replace")
    return verdict


def by_reference(source, trusted, options=()):
    """Return the reference's verdict as a dict."""
    age = None
    if "--max-age" in options:
        age = int(options[options.index("--max-age") + 1])
    chosen = audit.Options(
        read_records="--no-records" not in options,
        use_latest="--latest" in options,
        max_age_seconds=age,
    )
    roster = rosters.parse_trusted(trusted)
    return audit.audit(open_source(source), roster, chosen).as_json()


def findings(verdict):
    """Return a verdict's findings as "code", "code entry" or "code entry.position"."""
    return [_as_text(finding) for finding in verdict["findings"]]


def _as_text(finding):
    text = finding["code"]
    if "index" in finding:
        text += " %d" % finding["index"]
    if "position" in finding:
        text += ".%d" % finding["position"]
    return text
