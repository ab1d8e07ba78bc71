#!/usr/bin/env python3
"""Damages a copy of a ledger in one of many ways, and foretells what an audit finds.

    damage.py --list
    damage.py KIND SRC OUT [--keys DIR] [--where INDEX[.POSITION]] [--seed N] [--sound]

SRC is a folder as `keiin-verify copy` makes it, of a ledger that is sound; that is checked, unless
--sound says that it was. OUT gets the
damaged one. DIR has the secret keys that the attacker holds, as keiin-keys writes them
without a passphrase: whatever they can sign is signed again, everything else stays stale.
The kinds about receipts leave the ledger alone and put one receipt beside it. Printed is, as JSON, what an audit finds that trusts roster/0 of SRC.
"""

import argparse
import dataclasses
import json
import os
import random
import sys

import reference_path  # noqa: F401

import damage_checkpoint
import damage_entries
import damage_files
import damage_receipts
import damage_records
import damage_rosters
from draft import Draft
from expectation import Expectation
from forge import Publication
from keyring import Keyring
from kinds import KINDS
from ledger_copy import Copy, Unsuitable

SUBJECTS = (
    damage_records,
    damage_entries,
    damage_rosters,
    damage_checkpoint,
    damage_files,
    damage_receipts,
)


RECEIPT = "receipt.tlog-proof"


@dataclasses.dataclass
class Damaged:
    """A damaged ledger: its files, and what audits of it find.

    `findings` is what an auditor finds who looks for the first time, with `options`;
    `findings_with_state` what one finds who saw the ledger as it was, None where that
    depends on what this auditor reads again. Of the kinds that are about receipts the ledger
    is sound, `receipt` is the file and `findings` what is found in it with all rosters from
    `first_roster` on. `unseen` says what else finds the damage, or
    why there is nothing to be found, where `findings` is empty.
    """

    publication: Publication
    kind: str
    findings: list
    findings_with_state: list | None
    options: tuple
    unseen: str | None
    receipt: bytes | None = None
    first_roster: int = 0

    def as_json(self):
        names = ("kind", "findings", "findings_with_state", "options", "unseen", "first_roster")
        return {name: getattr(self, name) for name in names}


def damage(source, kind, keys=(), where=None, seed=0):
    """Damage a Copy in memory; `Unsuitable` where it has nothing to be damaged that way.

    `keys` are those that the attacker has. `where` is the index of an entry, the pair of
    index and position of a record, or a serial; without it the seed chooses.
    """
    chosen = KINDS[kind]
    draft = Draft(source, Keyring(keys), random.Random("%s %s" % (seed, kind)), where)
    chosen.make(draft)
    if draft.receipt is not None:
        publication = Publication(Draft(source, Keyring(), None).files(), source.trusted)
        findings, with_state = draft.receipt.findings, None
    else:
        draft.seal()
        expected = Expectation(draft)
        publication = Publication(draft.files(), source.trusted)
        findings, with_state = expected.first_look, expected.with_state()
    return Damaged(
        publication,
        kind,
        findings,
        with_state,
        draft.options,
        chosen.unseen if not findings else None,
        draft.receipt and draft.receipt.file,
        draft.receipt.first_roster if draft.receipt else 0,
    )


def damage_folder(source, out, kind, keys=None, where=None, seed=0, is_sound=False):
    """Damage the ledger in one folder into another; `keys` is a folder too."""
    ring = Keyring.read(keys) if keys else Keyring()
    damaged = damage(Copy(source, is_sound), kind, ring.keys, where, seed)
    if os.path.exists(out):
        raise FileExistsError(out)
    damaged.publication.write(out)
    if damaged.receipt is not None:
        with open(os.path.join(out, RECEIPT), "wb") as file:
            file.write(damaged.receipt)
    return damaged


def _where(text):
    numbers = tuple(int(part) for part in text.split("."))
    return numbers if len(numbers) == 2 else numbers[0]


def _parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keys", metavar="DIR")
    parser.add_argument("--where", type=_where, metavar="INDEX[.POSITION]")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--sound", action="store_true")
    parser.add_argument("kind", nargs="?", metavar="KIND")
    parser.add_argument("source", nargs="?", metavar="SRC")
    parser.add_argument("out", nargs="?", metavar="OUT")
    given = parser.parse_args(arguments)
    if not given.list and (given.out is None or given.kind not in KINDS):
        parser.error("a KIND of --list, SRC and OUT are needed")
    return given


def main(arguments):
    given = _parse(arguments)
    if given.list:
        for kind in KINDS.values():
            print("%-36s %s: %s" % (kind.name, kind.subject, kind.what))
        return 0
    try:
        damaged = damage_folder(
            given.source, given.out, given.kind, given.keys, given.where, given.seed, given.sound
        )
    except (Unsuitable, OSError) as error:
        print("damage.py: %s" % error, file=sys.stderr)
        return 2
    print(json.dumps(damaged.as_json()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
