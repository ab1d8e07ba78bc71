"""Entries: their form, both chains, times, keys and signatures."""

from case import Group
from forge import SPOILED, Ledger, Stated, begun, grown, record
from packing import pack

group = Group("entries")
case = group.case


@case("a sound ledger of a few entries", records=3, size=4)
def sound():
    return grown(3).publish()


@case("the roster's entry alone", records=0, size=1)
def one_entry():
    return begun().publish()


@case("one entry short of a bundle")
def one_short_of_a_bundle():
    return grown(254).publish()


@case("exactly a bundle")
def one_bundle():
    return grown(255).publish()


@case("a bundle and one entry")
def one_more_than_a_bundle():
    return grown(256).publish()


@case("two bundles and a few entries", records=519, size=520)
def three_bundles():
    return grown(519).publish()


@case("1,024 records in one entry, the most there may be", records=1024)
def most_records():
    ledger = begun()
    ledger.add_records(ledger.agency, *(record(count=count) for count in range(1024)))
    return ledger.publish()


@case("1,025 records in one entry", "entry-malformed 1", "writer-gap 2", "writer-chain-broken 2")
def too_many_records():
    ledger = begun()
    ledger.add_records(ledger.agency, *(record(count=count) for count in range(1025)))
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case("an entry of no bytes", "entry-malformed 2")
def no_bytes():
    ledger = grown(1)
    ledger.add_raw_entry(b"")
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


def _with_elements(**changed):
    """Add an entry by the stranger with some elements changed, and one of the agency."""
    ledger = grown(1)
    names = ("kind", "received", "prev", "key", "number", "before", "digests", "signature")
    prev = ledger.leaves[-1]
    values = [1, 9000, prev, ledger.stranger.digest, 1, bytes(32), [bytes(32)], bytes(64)]
    elements = dict(zip(names, values))
    elements.update(changed)
    ledger.add_raw_entry(pack(list(elements.values())))
    ledger.add_records(ledger.agency, record(), stated=Stated(received=10_000))
    return ledger


def _add_malformed(name, what, **changed):
    def make():
        return _with_elements(**changed).publish()

    make.__name__ = name
    case(what, "entry-malformed 2")(make)


_add_malformed("kind_0", "a kind that is none", kind=0)
_add_malformed("kind_3", "a kind that is not defined", kind=3)
_add_malformed("number_0", "records are numbered from 1", number=0)
_add_malformed(
    "number_beyond", "a last number above 2^53-1", number=2**53 - 1, digests=[bytes(32)] * 2
)
_add_malformed("no_digests", "an entry without digests", digests=[])
_add_malformed("prev_short", "a hash of 31 bytes", prev=bytes(31))
_add_malformed("key_as_text", "a key that is text", key="k" * 32)
_add_malformed("roster_of_two", "a roster entry with two digests", kind=2, digests=[bytes(32)] * 2)
_add_malformed("element_too_many", "nine elements", more=1)


@case("a malformed entry's time and chain count for nothing", "entry-malformed 2")
def malformed_moves_nothing():
    return _with_elements(received=1, kind=9, key=begun().agency.digest).publish()


@case("the largest number an entry can have", "writer-gap 2")
def number_largest():
    ledger = grown(1)
    ledger.add_records(ledger.agency, record(), stated=Stated(number=2**53 - 1))
    return ledger.publish()


@case("a writer's number jumps, and the next follows the jump", "writer-gap 2")
def number_jumps():
    ledger = grown(1)
    ledger.add_records(ledger.agency, record(), stated=Stated(number=7))
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case("`before` is not the writer's head", "writer-chain-broken 2")
def before_other():
    ledger = grown(1)
    ledger.add_records(ledger.agency, record(), stated=Stated(before=bytes(32)))
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case("an entry was left out: both chains show it",
      "chain-broken 2", "writer-gap 2", "writer-chain-broken 2")
def entry_left_out():
    ledger = grown(1)
    ledger.add_records(ledger.agency, record(count=1))
    ledger.add_records(ledger.agency, record(count=2))
    for items in (ledger.entries, ledger.leaves, ledger.parts):
        items.pop(2)
    return ledger.publish()


@case("the entries of two writers changed places",
      "chain-broken 2", "chain-broken 3", "time-reversed 3", "chain-broken 4")
def entries_swapped():
    ledger = grown(1)
    ledger.add_records(ledger.agency, record())
    ledger.add_records(ledger.committee, record())
    ledger.add_records(ledger.agency, record())
    for items in (ledger.entries, ledger.leaves, ledger.parts):
        items[2], items[3] = items[3], items[2]
    return ledger.publish()


@case(
    "everything an entry can state is wrong; the next ones are held against it",
    "chain-broken 2",
    "time-reversed 2",
    "writer-gap 2",
    "writer-chain-broken 2",
    "writer-signature 2",
)
def all_in_one():
    ledger = grown(1)
    stated = Stated(number=9, before=bytes(32), received=1, prev=bytes(32), signature=SPOILED)
    ledger.add_records(ledger.agency, record(), stated=stated)
    ledger.add_records(ledger.agency, record(), stated=Stated(received=2))
    ledger.add_records(ledger.agency, record(), stated=Stated(received=2))
    return ledger.publish()


@case("an unlisted key: its time and its records count, its chain does not",
      "time-reversed 2", "writer-unknown 2", "record-missing 2.1")
def unlisted_key():
    ledger = grown(1)
    stored = [(record(), b""), (b"", b"")]
    stated = Stated(received=1, signature=SPOILED, number=44, before=bytes(32))
    ledger.add_records(ledger.stranger, record(), record(), stored=stored, stated=stated)
    ledger.add_records(ledger.agency, record(), stated=Stated(received=1))
    return ledger.publish()


@case("signatures of no bytes, of 63 and of 65",
      "writer-signature 2", "writer-signature 3", "writer-signature 4")
def signature_of_other_length():
    ledger = grown(1)
    for length in (0, 63, 65):
        stated = Stated(signature=bytes(length))
        ledger.add_records(ledger.agency, record(), stated=stated)
    return ledger.publish()


@case("a signature of another writer's key", "writer-signature 2")
def signature_of_another():
    ledger = grown(1)
    stated = Stated(signature=ledger.committee.sign(b"x"))
    ledger.add_records(ledger.agency, record(), stated=stated)
    return ledger.publish()


@case("a signature with S not below the group's order", "writer-signature 2")
def signature_with_great_s():
    ledger = grown(1)
    ledger.add_records(ledger.agency, record())
    elements = ledger.entries.pop()
    ledger.leaves.pop()
    order = 2**252 + 27742317777372353535851937790883648493
    great = int.from_bytes(elements[-32:], "little") + order
    ledger.add_raw_entry(elements[:-32] + great.to_bytes(32, "little"), ledger.parts.pop())
    return ledger.publish()


@case("entry 0 has records", "roster-invalid 0")
def entry_0_of_records():
    ledger = Ledger()
    ledger.add_roster()
    ledger.add_records(ledger.agency, record())
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case("entry 0 has the trusted roster for a record", "roster-invalid 0", "record-missing 0.0")
def entry_0_of_roster_as_record():
    ledger = Ledger()
    ledger.add_records(ledger.operator, ledger.add_roster(), stored=[])
    return ledger.publish()


@case("entry 0 is an agency's", "roster-invalid 0")
def entry_0_by_agency():
    ledger = Ledger()
    ledger.add_roster_entry(ledger.agency, ledger.add_roster())
    return ledger.publish()


@case("entry 0 is the committee's")
def entry_0_by_committee():
    ledger = Ledger()
    ledger.add_roster_entry(ledger.committee, ledger.add_roster())
    return ledger.publish()


@case("entry 0 holds another roster than the trusted one", "roster-invalid 0")
def entry_0_of_another_roster():
    ledger = Ledger()
    ledger.add_roster_entry(ledger.operator, ledger.add_roster() + b"x")
    return ledger.publish()


@case("entry 0 is of an unlisted key", "writer-unknown 0")
def entry_0_by_unlisted_key():
    ledger = Ledger()
    ledger.add_roster_entry(ledger.stranger, ledger.add_roster())
    return ledger.publish()


@case("entry 0 does not begin at the genesis of this ledger", "chain-broken 0")
def entry_0_of_another_genesis():
    ledger = Ledger()
    text = ledger.add_roster()
    ledger.add_roster_entry(ledger.operator, text, stated=Stated(prev=bytes(32)))
    return ledger.publish()


@case("entry 0 is malformed: serial 0 is in force all the same", "entry-malformed 0")
def entry_0_malformed():
    ledger = Ledger()
    ledger.add_roster()
    ledger.add_raw_entry(b"\x90")
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case("a later entry carries serial 0 once more", "roster-invalid 2")
def roster_0_again():
    ledger = grown(1)
    ledger.add_roster_entry(ledger.operator, ledger.rosters[0].text)
    return ledger.publish()
