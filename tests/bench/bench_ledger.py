"""What the benchmarks in Python share: running programs, and a ledger under load."""
import json
import os
import re
import signal
import subprocess
import sys
import time

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
BIN = os.path.abspath(os.environ.get("KEIIN_BIN", "build"))
ORIGIN = "bench.example/ledger"


def program(name):
    return os.path.join(BIN, name)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit("bench: %s: exit %d\n%s" % (" ".join(command), done.returncode, done.stderr))
    return done.stdout


def bench(name, *arguments):
    return json.loads(run(program("tests/bench/" + name), *[str(a) for a in arguments]))


class Ledger:
    """A fresh ledger with `writers` silent writers, running until it is stopped."""

    def __init__(self, folder, writers):
        self.folder = folder
        self.keys = [os.path.join(folder, "writer-%d" % i) for i in range(writers)]
        self.roster = os.path.join(folder, "roster.0")
        self.make_keys()
        self.config = os.path.join(folder, "ledger.ini")
        with open(self.config, "w") as f:
            f.write("[ledger]\norigin = %s\ndata = %s/data\nlog_key = %s/log\n"
                    "operator_key = %s/operator\n[http]\nlisten = 127.0.0.1:0\n"
                    "status_listen = 127.0.0.1:0\n[limits]\nquota_submissions_per_s = 1000000\n"
                    "quota_bytes_per_s = 4000000000\n" % (ORIGIN, folder, folder, folder))
        run(program("keiin-ledger"), "init", "--config", self.config, "--roster", self.roster)
        self.log = open(os.path.join(folder, "log.jsonl"), "w")
        self.process = subprocess.Popen(
            [program("keiin-ledger"), "run", "--config", self.config],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        self.url = self.process.stdout.readline().split()[1]

    def make_key(self, kind, name, path):
        run(program("keiin-keys"), "generate", "--type", kind, "--name", name, "--out", path,
            "--no-passphrase")

    def make_keys(self):
        folder = self.folder
        self.make_key("root", "root.example", folder + "/root")
        self.make_key("log", ORIGIN, folder + "/log")
        self.make_key("writer", "operator.example", folder + "/operator")
        for i, path in enumerate(self.keys):
            self.make_key("writer", "writer-%d.example" % i, path)
        draft = run(program("keiin-keys"), "roster", "new", "--origin", ORIGIN, "--threshold", "1",
                    folder + "/root.pub", folder + "/log.pub",
                    "operator:nco:%s/operator.pub" % folder,
                    *["agency:nco:%s.pub" % path for path in self.keys])
        with open(folder + "/draft", "w") as f:
            f.write(draft)
        run(program("keiin-keys"), "roster", "sign", "--key", folder + "/root", "--out", self.roster,
            folder + "/draft")

    def load(self, keys, records, seconds, requests=0):
        """One run of the load generator; `memory_kib` is the most that the server had in it, and
        `requests` bounds what each writer sends."""
        command = ["load", "--url", self.url, "--roster", self.roster, "--seconds", seconds,
                   "--records", records, "--pid", self.process.pid, "--record-bytes", 250,
                   *(["--requests", requests] if requests else []), *keys]
        command = [program("tests/bench/load")] + [str(word) for word in command[1:]]
        memory_kib = 0
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as generator:
            while generator.poll() is None:
                memory_kib = max(memory_kib, self.memory_kib())
                time.sleep(0.05)
            result = json.loads(generator.stdout.read())
        return dict(result, memory_kib=memory_kib)

    def memory_kib(self):
        with open("/proc/%d/status" % self.process.pid) as f:
            return int(re.search(r"RssAnon:\s+(\d+)", f.read()).group(1))

    def cpu_us(self):
        """The processor's time that the server has used; all its threads last."""
        tasks = "/proc/%d/task" % self.process.pid
        used_ns = 0
        for task in os.listdir(tasks):
            with open("%s/%s/schedstat" % (tasks, task)) as f:
                used_ns += int(f.read().split()[0])
        return used_ns / 1000

    def store_bytes(self):
        """Blocks on disk: the file may have holes."""
        return os.stat(os.path.join(self.folder, "data", "data.mdb")).st_blocks * 512

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        if status != 0:
            sys.exit("bench: keiin-ledger ended with %d" % status)
