#!/usr/bin/env python3
"""The table of figures of DESIGN.md ("Speed"), each a ratio to a primitive that is timed in the
same run. Prints the table; never fails for being slow.

    KEIIN_BIN=build python3 tests/bench/gates.py [--seconds S] [--folder DIR]
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = os.path.abspath(os.environ.get("KEIIN_BIN", "build"))
ORIGIN = "bench.example/ledger"


def program(name):
    return os.path.join(BIN, name)


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit("gates: %s: exit %d\n%s" % (" ".join(command), done.returncode, done.stderr))
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

    def load(self, keys, records, seconds):
        """One run of the load generator; `memory_kib` is the most that the server had in it."""
        command = ["load", "--url", self.url, "--roster", self.roster, "--seconds", seconds,
                   "--records", records, "--pid", self.process.pid, "--record-bytes", 250, *keys]
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

    def store_bytes(self):
        """Blocks on disk: the file may have holes."""
        return os.stat(os.path.join(self.folder, "data", "data.mdb")).st_blocks * 512

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=20)
        if status != 0:
            sys.exit("gates: keiin-ledger ended with %d" % status)


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, gate, value, text, more_is_better=True):
        """`missed` is how far a gate was missed: 1 or less is met."""
        missed = gate / value if more_is_better else value / gate
        self.rows.append((what, text, "%s %g" % (">=" if more_is_better else "<=", gate),
                          "%.3g" % value, "met" if missed <= 1 else "missed by %.2f" % missed))

    def show(self):
        heads = ("what", "measured", "gate", "figure", "verdict")
        widths = [max(len(row[i]) for row in self.rows + [heads]) for i in range(5)]
        for row in [heads] + self.rows:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def single_records(table, folder, seconds, primitives):
    ledger = Ledger(folder, 257)
    many = ledger.load(ledger.keys[:256], 1, seconds)
    memory = many["memory_kib"]
    one = ledger.load(ledger.keys[256:], 1, seconds)
    ledger.stop()
    verify_us = primitives["ed25519_verify_us"]
    cpu = many["server_cpu_us_per_submission"]
    table.add("one record a submission, 256 connections: verify / CPU a record", 0.75,
              verify_us / cpu, "%.0f records/s, CPU %.0f us, verify %.0f us" %
              (many["records_per_s"], cpu, verify_us))
    table.add("... 99th percentile, ms", 30, many["p99_us"] / 1000,
              "p50 %.1f ms" % (many["p50_us"] / 1000), more_is_better=False)
    bound_us = 2 * (primitives["fdatasync_4096_us"] + verify_us) + 300
    table.add("one connection: p50 / (2 x (fdatasync + verify) + 0.3 ms)", 1,
              one["p50_us"] / bound_us, "p50 %d us, bound %.0f us" % (one["p50_us"], bound_us),
              more_is_better=False)
    table.add("private memory of keiin-ledger under load, MiB", 256, memory / 1024,
              "RssAnon %d KiB" % memory, more_is_better=False)


def many_records(table, folder, seconds):
    ledger = Ledger(folder, 8)
    result = ledger.load(ledger.keys, 256, seconds)
    memory = result["memory_kib"]
    record_bytes = result["acked"] * 250
    ledger.stop()
    table.add("256 records a submission, 8 connections: records/s", 500000,
              result["records_per_s"], "p99 %.1f ms" % (result["p99_us"] / 1000))
    table.add("... private memory, MiB", 256, memory / 1024, "RssAnon %d KiB" % memory,
              more_is_better=False)
    table.add("bytes on disk / bytes of records", 1.5, ledger.store_bytes() / record_bytes,
              "%d records of 250 bytes" % result["acked"], more_is_better=False)


def audits(table, folder):
    audit = bench("audit", 1500, 256, 250)
    table.add("full audit, one core: bare hashing and verifying / audit", 0.70,
              audit["ratio_one"], "%.0f records/s" % audit["records_per_s_one"])
    table.add("... two cores: speed-up", 1.8, audit["speedup_two"],
              "%.0f records/s" % audit["records_per_s_two"])
    table.add("... memory, MiB (64 and two bundles a thread)", 64 + 4 * 16.5,
              audit["rss_max_kib"] / 1024, "%d KiB" % audit["rss_max_kib"], more_is_better=False)
    proof = bench("proof")
    table.add("inclusion proof of a billion: 30 node hashes / check", 0.85, proof["ratio"],
              "%d ns" % proof["check_ns"])


def growth(table, folder):
    """Cost a record at growing sizes, and of an audit that goes on from the last one."""
    ledger = Ledger(folder, 8)
    state = folder + "/state"
    costs, total = [], 0
    while total < 10**6:
        result = ledger.load(ledger.keys, 64, 1)
        total += result["acked"]
        costs.append(result["server_cpu_us_per_submission"] / 64)
    start = time.monotonic()
    whole = json.loads(run(program("keiin-verify"), "audit", "--json", "--roster", ledger.roster,
                           "--state", state, ledger.url))
    whole_s = time.monotonic() - start
    ledger.load(ledger.keys[:1], 1, 1)
    start = time.monotonic()
    last = json.loads(run(program("keiin-verify"), "audit", "--json", "--roster", ledger.roster,
                          "--state", state, ledger.url))
    last_s = time.monotonic() - start
    ledger.stop()
    first, last_costs = sum(costs[:3]) / 3, sum(costs[-3:]) / 3
    table.add("cost a record, growing to 10^6: the last three seconds / the first three", 1.3,
              last_costs / first, "%.2f us, %.2f us, %d records" % (first, last_costs, total),
              more_is_better=False)
    full_us = whole_s / whole["entries"]
    new = last["entries"] - last["entries_before"]
    table.add("audit since the last one: seconds a new entry / of the audit before", 1.3,
              max(last_s - 0.02, 0.0001) / new / full_us,
              "%d of %d entries read in %.3f s" % (new, last["entries"], last_s),
              more_is_better=False)


STAGES = (("parse_and_check", "parse, check each record"), ("digests", "digests of records"),
          ("head", "the writer's head"), ("signature", "the writer's signature"),
          ("validate", "validate: all of these, and its queue"),
          ("leaf", "hashing the leaf, within sequence"), ("place", "sequence, rows, tree"),
          ("commit_cpu", "commit, the processor's time"), ("commit", "commit, with its wait"),
          ("answer", "publish: proofs and answers"))


def show_stages():
    """Nanoseconds a record for each stage."""
    many, single = bench("stages", 256, 8), bench("stages", 1, 64)
    print("\nstage, ns of processor time a record  256 a submission, 8 a group"
          "  1 a submission, 64 a group")
    for name, words in STAGES:
        print("%-38s %10d %30d" % (words, many[name + "_ns"], single[name + "_ns"]))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--folder", help="on the disk to measure; a temporary one otherwise")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="keiin-bench-", dir=options.folder)
    table = Table()
    try:
        primitives = bench("primitives", folder)
        for name in ("single", "many", "growth"):
            os.mkdir(os.path.join(folder, name))
        single_records(table, folder + "/single", options.seconds, primitives)
        many_records(table, folder + "/many", options.seconds)
        commit = bench("commit", folder + "/commit", 256, 300)
        table.add("commit of 256 values / raw fdatasync of the same bytes", 2.0, commit["ratio"],
                  "%d us, %d us" % (commit["commit_us"], commit["plain_us"]),
                  more_is_better=False)
        table.add("... 99th percentiles", 2.5, commit["ratio_p99"],
                  "%d us, %d us" % (commit["commit_p99_us"], commit["plain_p99_us"]),
                  more_is_better=False)
        audits(table, folder)
        growth(table, folder + "/growth")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("primitives: " + ", ".join("%s %.3g" % item for item in primitives.items()))
    table.show()
    show_stages()


if __name__ == "__main__":
    main()
