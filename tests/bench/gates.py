#!/usr/bin/env python3
"""The table of figures of DESIGN.md ("Speed"), each a ratio to a primitive that is timed in the
same run. Prints the table; never fails for being slow.

    KEIIN_BIN=build python3 tests/bench/gates.py [--seconds S] [--entries N] [--folder DIR]
"""
import argparse
import os
import pathlib
import resource
import shutil
import statistics
import sys
import tempfile

import scale
from bench_ledger import Ledger, bench, program, run

os.environ["LC_ALL"] = "C.UTF-8"  # the programs speak English here, wherever this runs
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tools"))
from hostile import Hostile  # noqa: E402

ROUNDS = 3  # of a load; the middle one counts


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


def single_records(table, folder, seconds):
    """The primitives are timed before and after each round: the clock drifts within seconds."""
    ledger = Ledger(folder, 257)
    rounds, before = [], bench("primitives", folder)
    for _ in range(ROUNDS):
        many = ledger.load(ledger.keys[:256], 1, seconds)
        one = ledger.load(ledger.keys[256:], 1, seconds)
        after = bench("primitives", folder)
        verify_us = (before["ed25519_verify_us"] + after["ed25519_verify_us"]) / 2
        sync_us = (before["fdatasync_4096_us"] + after["fdatasync_4096_us"]) / 2
        rounds.append(dict(many, verify_us=verify_us, one_p50_us=one["p50_us"],
                           ratio=verify_us / many["server_cpu_us_per_submission"],
                           bound_us=2 * (sync_us + verify_us) + 300))
        before = after
    ledger.stop()
    middle = sorted(rounds, key=lambda r: r["ratio"])[len(rounds) // 2]
    table.add("one record a submission, 256 connections: verify / CPU a record", 0.75,
              middle["ratio"], "%.0f records/s, CPU %.0f us, verify %.0f us" %
              (middle["records_per_s"], middle["server_cpu_us_per_submission"],
               middle["verify_us"]))
    p99_us = statistics.median(r["p99_us"] for r in rounds)
    table.add("... 99th percentile, ms", 30, p99_us / 1000, "p50 %.1f ms" %
              (middle["p50_us"] / 1000), more_is_better=False)
    middle = sorted(rounds, key=lambda r: r["one_p50_us"] / r["bound_us"])[len(rounds) // 2]
    table.add("one connection: p50 / (2 x (fdatasync + verify) + 0.3 ms)", 1,
              middle["one_p50_us"] / middle["bound_us"], "p50 %d us, bound %.0f us" %
              (middle["one_p50_us"], middle["bound_us"]), more_is_better=False)
    memory = max(r["memory_kib"] for r in rounds)
    table.add("private memory of keiin-ledger under load, MiB", 256, memory / 1024,
              "RssAnon %d KiB" % memory, more_is_better=False)


def hostile_load(table, folder, seconds):
    """64 writers, in turns alone and beside 1,264 clients that mean no good."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    ledger = Ledger(folder, 64)
    ledger.load(ledger.keys, 16, 1)  # something to ask for, and a warm server
    host, _, port = ledger.url.split("//")[1].split("/")[0].rpartition(":")
    alone, ratios, memory = ledger.load(ledger.keys, 1, seconds), [], 0
    for _ in range(3):
        crowd = Hostile(host, int(port))
        crowd.idle(900)
        crowd.half_header(100)
        crowd.drip_header(100)
        crowd.drip_body(100)
        crowd.never_read(32, "/tile/records/000")
        crowd.never_read(32, "/tile/0/000", 200)
        with crowd:
            beside = ledger.load(ledger.keys, 1, seconds)
        before, alone = alone, ledger.load(ledger.keys, 1, seconds)
        ratios.append(2 * beside["records_per_s"] /
                      (before["records_per_s"] + alone["records_per_s"]))
        memory = max(memory, beside["memory_kib"])
    ledger.stop()
    table.add("64 writers beside 1,000 idle, 200 dripping, 64 never reading: rate / alone", 0.7,
              sorted(ratios)[1], "%.0f records/s, alone %.0f; of three rounds" %
              (beside["records_per_s"], alone["records_per_s"]))
    table.add("... private memory of keiin-ledger, MiB", 256, memory / 1024,
              "RssAnon %d KiB" % memory, more_is_better=False)


def many_records(table, folder, seconds):
    ledger = Ledger(folder, 8)
    rounds = [ledger.load(ledger.keys, 256, seconds) for _ in range(ROUNDS)]
    memory = max(r["memory_kib"] for r in rounds)
    record_bytes = sum(r["acked"] for r in rounds) * 250
    ledger.stop()
    result = sorted(rounds, key=lambda r: r["records_per_s"])[len(rounds) // 2]
    table.add("256 records a submission, 8 connections: records/s", 500000,
              result["records_per_s"], "p99 %.1f ms" % (result["p99_us"] / 1000))
    table.add("... private memory, MiB", 256, memory / 1024, "RssAnon %d KiB" % memory,
              more_is_better=False)
    table.add("bytes on disk / bytes of records", 1.5, ledger.store_bytes() / record_bytes,
              "%d records of 250 bytes" % (record_bytes / 250), more_is_better=False)


def audits(table, folder):
    audit = bench("audit", 4096, 256, 250)
    table.add("full audit, one core: bare hashing and verifying / audit", 0.70,
              audit["ratio_one"], "%.0f records/s" % audit["records_per_s_one"])
    table.add("... two cores: speed-up", 1.8, audit["speedup_two"],
              "%.0f records/s" % audit["records_per_s_two"])
    table.add("... speed-up / that of two threads of bare hashing then", 0.9,
              audit["speedup_two"] / audit["machine_two"], "the machine's: %.2f" %
              audit["machine_two"])
    table.add("... memory, MiB (64 and two bundles a thread)", 64 + 4 * 16.5,
              audit["rss_max_kib"] / 1024, "%d KiB" % audit["rss_max_kib"], more_is_better=False)
    proof = bench("proof")
    table.add("inclusion proof of a billion: 30 node hashes / check", 0.85, proof["ratio"],
              "%d ns" % proof["check_ns"])


def oversight_rules(table, folder):
    """Over a year of a made history, where a tenth of the records are heartbeats."""
    run(program("tests/history/history"), "--records", "300000", "--seed", "1", folder + "/year")
    rules = bench("rules", folder + "/year.roster", folder + "/year")
    dearest = sorted(rules["rules_ns"].items(), key=lambda item: -item[1])[:4]
    table.add("all oversight rules together, us a record", 2, rules["all_ns"] / 1000,
              "%d ns to read a record; " % rules["none_ns"] +
              ", ".join("%s %d" % item for item in dearest), more_is_better=False)
    print("rules, ns a record: " + ", ".join("%s %.0f" % item
                                             for item in rules["rules_ns"].items()))
    print("rules, memory: %.1f MiB for %d records" % (rules["state_bytes"] / 2**20,
                                                      rules["records"]))


def growth(table, folder, entries_max):
    """What must not grow with the ledger, from its first measured size to its last."""
    points = scale.measure(folder, entries_max)
    first, last = points[0], points[-1]
    for name, words in scale.FLAT:
        table.add("%s, at %s / %s entries" % (words, scale.number(last["entries"]),
                                               scale.number(first["entries"])), 1.3,
                  last[name] / first[name], "%.3g, %.3g" % (first[name], last[name]),
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
    parser.add_argument("--entries", type=int, default=10**6, help="to which a ledger is grown")
    parser.add_argument("--folder", help="on the disk to measure; a temporary one otherwise")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="keiin-bench-", dir=options.folder)
    table = Table()
    try:
        primitives = bench("primitives", folder)
        for name in ("single", "many", "hostile", "growth"):
            os.mkdir(os.path.join(folder, name))
        single_records(table, folder + "/single", options.seconds)
        many_records(table, folder + "/many", options.seconds)
        hostile_load(table, folder + "/hostile", options.seconds)
        commit = bench("commit", folder + "/commit", 256, 300)
        table.add("commit of 256 values / raw fdatasync of the same bytes", 2.0, commit["ratio"],
                  "%d us, %d us" % (commit["commit_us"], commit["plain_us"]),
                  more_is_better=False)
        table.add("... 99th percentiles", 2.5, commit["ratio_p99"],
                  "%d us, %d us; synced twice %d us" % (commit["commit_p99_us"],
                                                        commit["plain_p99_us"],
                                                        commit["twice_p99_us"]),
                  more_is_better=False)
        audits(table, folder)
        oversight_rules(table, folder)
        growth(table, folder + "/growth", options.entries)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("primitives: " + ", ".join("%s %.3g" % item for item in primitives.items()))
    table.show()
    show_stages()


if __name__ == "__main__":
    main()
