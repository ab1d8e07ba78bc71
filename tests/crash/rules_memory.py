#!/usr/bin/env python3
"""What the rules remember is bounded by what is live, not by how long a ledger is: ten times the
records of the same operation take nowhere near ten times the memory."""

import os
import pathlib
import subprocess
import sys
import unittest

SRC = pathlib.Path(os.environ.get("KEIIN_SRC", pathlib.Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(SRC / "tests" / "tools"))
sys.dont_write_bytecode = True

import rules_lab as lab  # noqa: E402

PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Memory(lab.Case):
    def peak_kb(self, folder):
        done = subprocess.run([sys.executable, "-c", PEAK, lab.VERIFY, "rules", "--threads", "1",
                               "--json", "--roster", f"{folder}.roster", folder],
                              capture_output=True, timeout=600, check=True)
        return int(done.stdout)

    def test_ten_times_the_records(self):
        small = self.peak_kb(self.history("small", records=10000))
        large_folder = self.history("large", records=100000)
        large = self.peak_kb(large_folder)
        self.assertGreater(int((large_folder / "checkpoint").read_text().split("\n")[1]), 20000)
        self.assertLess(large, 3 * small, f"{small} KB, and {large} KB for ten times the records")
        self.assertLess(large, 64 * 1024)


if __name__ == "__main__":
    unittest.main()
