#!/usr/bin/env python3
"""Makes the small ledger in tests/property, every bit of which test_bits.c changes once.

    property_ledger.py           says whether the files there are those that would be made
    property_ledger.py --write   makes them
"""

import os
import sys

from forge import Ledger, order, record, sealed
from keys import Key, signature_line, witness

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "property")
ORIGIN = "a"


def make():
    """Return a ledger of six entries that is as small as one with everything can be.

    Roster 1 comes with its proof, a record has a sealed part, one sealed part and one record
    are erased by order. Two of three witnesses are the quorum, and cosign the proof; all
    three cosign the checkpoint. Under it and under roster 1 stands a line of a stranger.
    """
    ledger = Ledger(ORIGIN)
    ledger.roots = [Key("r")]
    ledger.threshold = 1
    ledger.witnesses = [witness("x"), witness("y"), witness("z")]
    ledger.committee, ledger.agency = Key("c"), Key("b")
    writers = [(ledger.committee, "committee", "c")]
    text = ledger.add_roster(writers=writers)
    ledger.add_roster_entry(ledger.committee, text)
    text = ledger.add_roster(writers=[*writers, (ledger.agency, "agency", "b")])
    stranger = signature_line(b"s", b"\1\2\3\4", b"signed")
    ledger.put("roster/1", ledger.rosters[1].note + stranger)
    index = ledger.add_roster_entry(ledger.committee, text)
    ledger.put_proof(1, index)
    pairs = [sealed(b"secret"), (record(), b"")]
    ledger.add_records(ledger.agency, *pairs, stored=[pairs[0], (b"", b"")])
    pair = sealed(b"gone")
    ledger.add_records(ledger.agency, pair, stored=[(pair[0], b"")])
    ledger.add_records(ledger.committee, order("2.1", "3.0/sealed"))
    ledger.add_records(ledger.agency, record(at=9))
    return ledger.publish(ledger.checkpoint(cosigned=[(0, 1), (1, 2), (2, 3)], extra=stranger))


def files():
    publication = make()
    made = {"ledger/" + name: data for name, data in publication.files.items()}
    return {**made, "ledger.roster": publication.trusted}


def is_same():
    """Say whether the files that are there are those that would be made."""
    there = {}
    for folder, _, names in os.walk(os.path.join(FOLDER, "ledger")):
        for name in names:
            path = os.path.join(folder, name)
            there[os.path.relpath(path, FOLDER)] = _read(path)
    there["ledger.roster"] = _read(os.path.join(FOLDER, "ledger.roster"))
    return there == files()


def _read(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if arguments != ["--write"]:
        return 0 if is_same() else 1
    for name, data in files().items():
        path = os.path.join(FOLDER, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
