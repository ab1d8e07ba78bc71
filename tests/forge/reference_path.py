"""Makes the modules of tests/reference importable: the forge builds on their encodings."""

import os
import sys

REFERENCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reference")

if REFERENCE not in sys.path:
    sys.path.insert(0, REFERENCE)
