#!/usr/bin/env python3
"""Each mutation of tests/mutations still applies: what it takes out stands where it says,
once, and the test that it names is there. Running them all is for by hand: it takes hours.
"""

import os
import subprocess
import sys

RUN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "mutations", "run")
sys.exit(subprocess.run([sys.executable, RUN, "--check"], check=False).returncode)
