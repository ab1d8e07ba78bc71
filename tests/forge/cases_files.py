"""Files that are missing, cut, longer, unreadable, or full where a partial one is named."""

import functools

from case import Group
from forge import ABSENT, UNREADABLE, grown

group = Group("files")
case = group.case

ENTRIES = "tile/entries/000.p/4"
RECORDS = "tile/records/000.p/4"
TILE = "tile/0/000.p/4"


def _put(name, data):
    ledger = grown(3)
    ledger.put(name, data)
    return ledger


@case("the entries are gone: the root is not judged", "incomplete")
def entries_gone():
    ledger = _put(ENTRIES, ABSENT)
    return ledger.publish(ledger.checkpoint(root=bytes(32), logs=[ledger.agency], cosigned=()))


@case("the entries are unreadable", "incomplete")
def entries_unreadable():
    return _put(ENTRIES, UNREADABLE).publish()


@case("more bytes after the entries", "root-mismatch")
def entries_longer():
    return _put(ENTRIES, grown(3).entries_bundle() + b"\0").publish()


@case("the last entry is cut, and its records are gone", "incomplete")
def entries_cut():
    ledger = _put(ENTRIES, grown(3).entries_bundle()[:-1])
    ledger.put(RECORDS, ABSENT)
    return ledger.publish(ledger.checkpoint(root=bytes(32)))


@case("the last entry is cut; findings before it stay", "record-missing 1.0", "incomplete")
def entries_cut_after_finding():
    ledger = grown(3)
    ledger.parts[1] = b""
    ledger.put(ENTRIES, ledger.entries_bundle()[:-1])
    return ledger.publish()


@case("the full bundle stands in for the partial one, the rest not looked at")
def full_entries_for_partial():
    ledger = _put(ENTRIES, ABSENT)
    ledger.put("tile/entries/000", ledger.entries_bundle() + b"\xff\xff what follows")
    return ledger.publish()


@case("the full bundle that stands in is itself cut", "incomplete")
def full_entries_for_partial_cut():
    ledger = _put(ENTRIES, ABSENT)
    ledger.put("tile/entries/000", ledger.entries_bundle()[:-2])
    return ledger.publish()


@case("an unreadable partial bundle is not sought as the full one", "incomplete")
def full_entries_for_unreadable():
    ledger = _put(ENTRIES, UNREADABLE)
    ledger.put("tile/entries/000", ledger.entries_bundle())
    return ledger.publish()


@case("the records are gone", "incomplete")
def records_gone():
    return _put(RECORDS, ABSENT).publish()


@case("the records are unreadable", "incomplete")
def records_unreadable():
    return _put(RECORDS, UNREADABLE).publish()


@case("more bytes after the records", "root-mismatch")
def records_longer():
    return _put(RECORDS, grown(3).records_bundle() + b"0").publish()


@case("the records are cut", "incomplete")
def records_cut():
    return _put(RECORDS, grown(3).records_bundle()[:-1]).publish()


@case("the records are cut within a length", "incomplete")
def records_cut_in_length():
    return _put(RECORDS, grown(3).records_bundle()[:2]).publish()


@case("the full records bundle stands in for the partial one")
def full_records_for_partial():
    ledger = _put(RECORDS, ABSENT)
    ledger.put("tile/records/000", ledger.records_bundle() + b"\xff" * 9)
    return ledger.publish()


@case("a part that promises 4 GiB", "incomplete")
def records_promise_too_much():
    return _put(RECORDS, bytes(4) + b"\xff\xff\xff\xff" + b"x" * 100_000).publish()


@case("a roster's part has a length, and the file ends in it", "record-malformed 0.0", "incomplete")
def records_of_roster_cut():
    return _put(RECORDS, b"\xff\xff\xff\xff" + b"x" * 1000).publish()


@case("several files longer are one finding", "root-mismatch")
def all_longer():
    ledger = _put(TILE, b"".join(grown(3).leaves) + b"1")
    ledger.put(ENTRIES, ledger.entries_bundle() + b"0")
    ledger.put(RECORDS, ledger.records_bundle() + b"0")
    return ledger.publish()


@case("the hash tile is gone", "incomplete")
def tile_gone():
    return _put(TILE, ABSENT).publish()


@case("the hash tile is unreadable", "incomplete")
def tile_unreadable():
    return _put(TILE, UNREADABLE).publish()


@case("the hash tile is longer", "root-mismatch")
def tile_longer():
    return _put(TILE, b"".join(grown(3).leaves) + bytes(32)).publish()


@case("the hash tile is cut", "incomplete")
def tile_cut():
    return _put(TILE, b"".join(grown(3).leaves)[:-1]).publish()


@case("the hash tile is cut, and what is left is wrong", "root-mismatch", "incomplete")
def tile_cut_and_wrong():
    return _put(TILE, bytes(32 * 3)).publish()


@case("the hash tile disagrees with the entries", "root-mismatch")
def tile_wrong():
    leaves = list(grown(3).leaves)
    leaves[1] = bytes(32)
    return _put(TILE, b"".join(leaves)).publish()


@case("the full tile stands in for the partial one, the rest not looked at")
def full_tile_for_partial():
    ledger = _put(TILE, ABSENT)
    ledger.put("tile/0/000", b"".join(ledger.leaves) + b"1" * 99)
    return ledger.publish()


@functools.lru_cache
def _three_bundles():
    return grown(519)


def _three_with(name, data, *more):
    publication = _three_bundles().publish()
    publication.files.update([(name, data), *more])
    return publication


@case("a tile of level 1 is wrong", "root-mismatch")
def upper_tile_wrong():
    return _three_with("tile/1/000.p/2", bytes(64))


@case("a tile of level 1 is longer", "root-mismatch")
def upper_tile_longer():
    data = _three_bundles().publish().files["tile/1/000.p/2"]
    return _three_with("tile/1/000.p/2", data + bytes(32))


@case("a tile of level 1 is gone", "incomplete")
def upper_tile_gone():
    return _three_with("tile/1/000.p/2", ABSENT)


@case("a full hash tile is wrong", "root-mismatch")
def full_tile_wrong():
    return _three_with("tile/0/001", bytes(32 * 256))


@case("the second bundle is gone: nothing after it is read", "incomplete")
def second_bundle_gone():
    return _three_with("tile/entries/001", ABSENT, ("tile/records/002.p/8", b""))


@case("the records of the second bundle are gone: the third's are read", "incomplete", size=520)
def second_records_gone():
    return _three_with("tile/records/001", ABSENT)


@case("the records of the second bundle are gone, the third's do not fit",
      "record-malformed 519.0", "incomplete")
def second_records_gone_and_finding():
    parts = _three_bundles().parts[512:]
    parts[-1] += b"9"
    changed = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return _three_with("tile/records/001", ABSENT, ("tile/records/002.p/8", changed))
