"""What tests of backups and restores share: a ledger with a past, and what is done to it."""

import contextlib
import functools
import http.server
import re
import shutil
import subprocess
import sys
import threading
import time

from ledger_lab import BIN, LEDGER, check_body, pack, record
import fake_ledger

VERIFY = str(BIN / "keiin-verify")


def copy(l, name):
    """A mirror of the running ledger, as keiin-verify makes it."""
    subprocess.run([VERIFY, "copy", l.url, str(l.folder / name)], check=True,
                   stdout=subprocess.DEVNULL)
    return l.folder / name


def audit(l, source=None, expect=0):
    done = subprocess.run([VERIFY, "audit", "--roster", str(l.folder / "roster0"), "--state",
                           str(l.folder / "verdicts"), str(source or l.url)], capture_output=True,
                          text=True)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def restore(l, backup):
    """The data folder as the handbook restores it: from the backup, the old one put aside."""
    shutil.rmtree(l.folder / "data")
    (l.folder / "data").mkdir(mode=0o700)
    shutil.copy(backup / "data.mdb", l.folder / "data/data.mdb")
    (l.folder / "data.instance").unlink(missing_ok=True)


def refused_start(l, said, *arguments, expect=1):
    done = subprocess.run([LEDGER, "run", "--config", str(l.folder / "ledger.ini"), *arguments],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == expect and done.stdout == "", (done.returncode, done.stderr)
    assert done.stderr.count("\n") == 1 and re.search(said, done.stderr), (said, done.stderr)


def start_after(l, *sources, more=()):
    """run --after-restore, and the report once everybody was asked."""
    arguments = ["--after-restore", *more]
    for source in sources:
        arguments += ["--from", str(source)]
    l.start(arguments=arguments)


def resume(l, *arguments, expect=0, wait=True):
    until = time.monotonic() + 20
    while True:
        done = subprocess.run([LEDGER, "resume", "--config", str(l.folder / "ledger.ini"), *arguments],
                              capture_output=True, text=True, timeout=60)
        if not wait or "Still asking" not in done.stdout or time.monotonic() > until:
            break
        time.sleep(0.02)
    assert done.returncode == expect, (done.returncode, done.stdout, done.stderr)
    return done.stdout + done.stderr


def submit(l, writer, count=1, **fields):
    answers = []
    for _ in range(count):
        answers.append(l.post(writer.sign([record(**fields)])))
        assert answers[-1].status == 201, answers[-1].body
    return answers


def receipt_file(l, body, answer, folder):
    """What keiin-client keeps of an answer."""
    entry = check_body(l, body, answer)
    _, index, _, _, proof, checkpoint = answer.value[:6]
    text = "c2sp.org/tlog-proof@v1\n" + "extra " + fake_ledger.b64(pack([entry])) + f"\nindex {index}\n"
    text += "".join(fake_ledger.b64(h) + "\n" for h in proof) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{index}.tlog-proof").write_bytes(text.encode() + checkpoint)


@contextlib.contextmanager
def served(folder):
    """A folder as a mirror's web server gives it."""
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass
    with http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def status_of(l):
    return [e["detail"] for e in l.log_events() if e["event"] == "status-ready"][-1]


class Story:
    """A ledger with a backup, what came after it, a mirror of that, receipts; and then the loss."""

    def __init__(self, l, more=300):
        self.l = l
        self.a, self.b = l.writer("a.test/a"), l.writer("b.test/b")
        l.init()
        l.start()
        submit(l, self.a, 3)
        self.old_mirror = copy(l, "old-mirror")
        l.run("backup", str(l.folder / "backup"))
        self.at_backup = self.heads()
        text, signed = l.roster()
        answer = l.post(l.committee.sign_roster(signed), "/roster")
        assert answer.status == 201
        l.rosters.append((text, signed))
        with contextlib.closing(l.connect()) as c:
            for _ in range(more // 2):
                for w in (self.a, self.b):
                    body = w.sign([record("z")] * 2)
                    assert c.request("POST", "/records", body, {
                        "Content-Type": "application/msgpack"}).status == 201
        self.mirror = copy(l, "mirror")
        self.mirror_size = l.checkpoint()[0]
        self.last = []
        for _ in range(3):
            body = self.b.sign([record("last")])
            self.last.append((body, l.post(body)))
            receipt_file(l, body, self.last[-1][1], l.folder / "receipts")
        self.size = l.checkpoint()[0]
        (l.folder / "witness").write_bytes(l.get("/checkpoint").body)
        self.newest_mirror = copy(l, "newest-mirror")
        l.stop()
        self.instance = (l.folder / "data.instance").read_bytes()
        self.at_loss = self.heads()

    def heads(self):
        return [(w, w.number, w.current()) for w in self.l.writers]

    def lose(self, backup="backup"):
        """All is again as it was when the disk was lost, and the backup is in place."""
        restore(self.l, self.l.folder / backup)
        self.rewind(self.at_loss)
        shutil.rmtree(self.l.folder / "verdicts", ignore_errors=True)

    def rewind(self, heads):
        for writer, number, head in heads:
            writer.number, writer.head = number, head


def run_shows(names):
    """Every function show_*, or those whose name contains the word on the command line."""
    for name, show in list(names.items()):
        if name.startswith("show_") and (len(sys.argv) < 2 or sys.argv[1] in name):
            start = time.monotonic()
            show()
            print(f"{name}: {time.monotonic() - start:.1f} s", flush=True)
