#!/usr/bin/env python3
"""The operator's handbook, followed word by word: the blocks of "Backup" and "Restore" are run by
a shell as they stand, one after the other, in one terminal (and where it says so another)."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from ledger_lab import BIN, SRC, lab, wait_until  # noqa: E402

CLIENT, VERIFY = str(BIN / "keiin-client"), str(BIN / "keiin-verify")

# The service manager of the test: the unit's command, started and stopped.
SYSTEMCTL = """#!/usr/bin/env bash
set -e
case $1 in
start)
    setsid keiin-ledger run --config "$CONFIG" >"$WORK/unit.out" 2>>"$WORK/unit.log" </dev/null &
    echo $! >"$WORK/unit.pid"
    for _ in $(seq 400); do
        grep -q ^ready "$WORK/unit.out" && exit 0
        kill -0 "$(cat "$WORK/unit.pid")" || exit 1
        sleep 0.05
    done
    exit 1
    ;;
stop)
    kill "$(cat "$WORK/unit.pid")"
    while kill -0 "$(cat "$WORK/unit.pid")" 2>/dev/null; do sleep 0.02; done
    ;;
esac
"""


def blocks(kind):
    """The commands of the handbook's blocks of one kind, in order."""
    text = (SRC / "doc/operator-handbook.md").read_text(encoding="utf-8")
    return re.findall(rf"^```sh {kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


class Terminal:
    """One interactive shell: what is typed runs as it stands."""

    def __init__(self, environment, folder):
        # Job control, since the handbook says %1; a session of its own, since it has no terminal.
        self.shell = subprocess.Popen(
            ["bash", "--norc", "-m"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=open(folder / "terminal.log", "ab"), text=True, env=environment, cwd=folder,
            start_new_session=True)
        self.log = folder / "terminal.log"

    def type(self, commands, expect=0):
        """Runs the commands; each line must succeed, the last ends with `expect` (None: anyhow)."""
        lines = commands.replace("\\\n", " ").splitlines()
        out = ""
        for i, line in enumerate(lines):
            self.shell.stdin.write(f"{line}\necho \"=== $?\"\n")
            self.shell.stdin.flush()
            got = ""
            while not (end := re.search(r"^=== (\d+)$", got, re.MULTILINE)):
                piece = self.shell.stdout.readline()
                assert piece, f"the shell is gone after {line!r}: {self.log.read_text()}"
                got += piece
            out += got[: end.start()]
            wanted = expect if i == len(lines) - 1 else 0
            assert wanted in (None, int(end[1])), f"{line!r}: {end[1]}\n{got}\n{self.log.read_text()}"
        return out

    def close(self):
        self.shell.stdin.close()
        self.shell.wait(timeout=20)
        self.shell.stdout.close()


class Site:
    """An operator's machine, a client and a mirror, with the programs that users have."""

    def __init__(self, l):
        self.l, self.work = l, l.folder / "work"
        self.work.mkdir()
        programs = self.work / "bin"
        programs.mkdir()
        (programs / "systemctl").write_text(SYSTEMCTL)
        (programs / "systemctl").chmod(0o755)
        with socket.socket() as probe:  # the same port before and after the loss
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        l.settings["http__listen"] = f"127.0.0.1:{self.port}"
        self.agency = l.writer("agency.test/a")
        self.agency.key.write(l.folder / "agency")
        l.init()
        self.environment = {
            **os.environ, "PATH": f"{programs}:{BIN}:{os.environ['PATH']}", "WORK": str(self.work),
            "CONFIG": str(l.folder / "ledger.ini"), "DATA": str(l.folder / "data"),
            "BACKUPS": str(l.folder / "backups"), "MIRROR": str(self.work / "mirror"),
            "RECEIPTS": str(self.work / "client"), "CHECKPOINT": str(self.work / "checkpoint"),
            "ROSTER": str(l.folder / "roster0"), "URL": f"http://127.0.0.1:{self.port}"}
        (l.folder / "backups").mkdir()

    def run(self, *command, expect=0, **options):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True,
                              timeout=60, **options)
        assert done.returncode == expect, (command, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def log(self, count, expect=0, timeout=10):
        for i in range(count):
            self.run(CLIENT, "-C", str(self.work / "client"), "log", "--timeout", str(timeout),
                     "action=query", f"actor=test/{i}", expect=expect)

    def size(self):
        return int(self.run("curl", "-s", self.environment["URL"] + "/checkpoint").split("\n")[1])

    def mirror(self):
        self.run(VERIFY, "copy", self.environment["URL"], str(self.work / "mirror"))

    def checkpoint(self):
        self.run("curl", "-s", "-o", self.environment["CHECKPOINT"],
                 self.environment["URL"] + "/checkpoint")

    def stop(self):
        pid = self.work / "unit.pid"
        if pid.exists():
            try:
                os.kill(int(pid.read_text()), signal.SIGKILL)
            except ProcessLookupError:
                pass


def follow(site, terminal):
    """Backup, loss, restore; what the handbook promises is looked at after each block."""
    l = site.l
    backup, restore = blocks("backup"), blocks("restore")
    assert len(backup) == 2 and len(restore) == 6, "the handbook has other blocks than this test"
    terminal.type("systemctl start keiin-ledger\n")
    site.run(CLIENT, "init", "--ledger", site.environment["URL"], "--key", str(l.folder / "agency"),
             "--roster", str(l.folder / "roster0"), str(site.work / "client"))
    site.log(3)
    out = terminal.type(backup[0])
    assert "backup made and checked" in out and "4 entries" in out
    terminal.type(backup[1])
    # The day goes on; then the disk is gone.
    site.log(4)
    site.mirror()
    site.checkpoint()
    size = site.size()
    assert size == 8
    (l.folder / "data/data.mdb").write_bytes(b"\0" * 100000)

    terminal.type(restore[0])
    assert not (l.folder / "data").exists() and (l.folder / "data.lost/data.mdb").exists()
    terminal.type(restore[1])
    # Whoever forgets the rest is stopped.
    terminal.type("systemctl start keiin-ledger", expect=1)
    assert "restored copy" in (site.work / "unit.log").read_text()
    terminal.type(restore[2])
    wait_until(lambda: subprocess.run(["curl", "-sf", site.environment["URL"] + "/checkpoint"],
                                      capture_output=True).returncode == 0)
    until = time.monotonic() + 20
    while True:
        out = terminal.type(restore[3], expect=None)
        if "Still asking" not in out or time.monotonic() > until:
            break
    assert "Nobody asked knows anything newer" in out, out
    for source in ("MIRROR", "RECEIPTS", "CHECKPOINT"):
        assert site.environment[source] in out, out
    assert "had 4 entries" in out and f"there are {size}" in out
    assert site.size() == size
    site.log(1, expect=2, timeout=1)  # a client is asked to come later, and keeps its record
    out = terminal.type(restore[4])
    assert "takes records again" in out
    site.log(1)  # the one that was kept, and this one
    assert site.size() == size + 3
    assert "VERIFIED" in terminal.type(restore[5])
    assert (l.folder / "backups/after-restore/SHA256SUMS").exists()
    site.log(1)
    out = site.run(CLIENT, "-C", str(site.work / "client"), "receipts", "check")
    assert "10 receipts verify" in out, out
    terminal.type("systemctl stop keiin-ledger")
    assert "GOOD" in l.run("check")


def named_commands():
    """Every option that the handbook names is one of the program's."""
    text = (SRC / "doc/operator-handbook.md").read_text(encoding="utf-8")
    for program in ("keiin-ledger", "keiin-verify", "keiin-keys"):
        known = subprocess.run([BIN / program, "--help"], capture_output=True, text=True).stdout
        for command, rest in re.findall(rf"(?:^|`){program} ([a-z][a-z-]*)((?: [^`\n|&)]*)?)", text,
                                        re.MULTILINE):
            assert re.search(rf"\b{command}\b", known), (program, command)
            for option in re.findall(r"--[a-z-]+", rest):
                assert option in known or option in ("--json",), (program, command, option)


def main():
    for tool in ("curl", "sha256sum", "setsid"):
        if shutil.which(tool) is None:
            print(f"{tool} is not there")
            sys.exit(77)
    named_commands()
    with lab() as l:
        (l.folder / "log.jsonl").touch()
        site = Site(l)
        terminal = Terminal(site.environment, site.work)
        try:
            follow(site, terminal)
        except BaseException:
            sys.stderr.write((site.work / "terminal.log").read_text())
            raise
        finally:
            site.stop()
            os.killpg(terminal.shell.pid, signal.SIGTERM)
            terminal.close()


main()
