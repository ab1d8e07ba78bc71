"""Records, sealed parts, and orders to erase them."""

from case import Group
from forge import SPOILED, TRUE, UNREADABLE, Stated, begun, grown, order, record, sealed
from keys import Key

group = Group("records")
case = group.case


def with_sealed(stored_record=True, stored_part=b"x"):
    """Return a ledger whose record 1.0 has a sealed part, stored or not."""
    ledger = begun()
    pair = sealed(b"x")
    stored = [(pair[0] if stored_record else b"", stored_part)]
    ledger.add_records(ledger.agency, pair, stored=stored)
    return ledger


def erased(item, by=None, stated=TRUE):
    """Return a ledger whose record 1.0 is gone, with `item` as the record after it."""
    ledger = begun()
    ledger.add_records(ledger.agency, record(), stored=())
    ledger.add_records(by or ledger.committee, item, stated=stated)
    return ledger


@case("a record with its sealed part beside one without")
def sealed_part():
    ledger = begun()
    ledger.add_records(ledger.agency, sealed(b"x"), record())
    return ledger.publish()


@case("a sealed part is gone and no order names it", "record-missing 1.0")
def sealed_part_gone():
    return with_sealed(stored_part=b"").publish()


@case("a sealed part is gone by an order for it alone")
def sealed_part_erased():
    ledger = with_sealed(stored_part=b"")
    ledger.add_records(ledger.committee, order("1.0/sealed"))
    return ledger.publish()


@case("a sealed part is gone by an order for its whole record")
def sealed_part_erased_with_record():
    ledger = with_sealed(stored_part=b"")
    ledger.add_records(ledger.committee, order("1.0"))
    return ledger.publish()


@case("an order for the sealed part does not excuse its record", "record-missing 1.0")
def record_erased_by_order_for_sealed_part():
    ledger = with_sealed(stored_record=False, stored_part=b"")
    ledger.add_records(ledger.committee, order("1.0/sealed"))
    return ledger.publish()


@case("a sealed part whose record is erased, order or not", "record-mismatch 1.0")
def sealed_part_without_record():
    ledger = with_sealed(stored_record=False)
    ledger.add_records(ledger.committee, order("1.0"))
    return ledger.publish()


@case("a sealed part that its record does not name", "record-mismatch 1.0")
def sealed_part_unasked():
    ledger = begun()
    ledger.add_records(ledger.agency, (record(), b"x"))
    ledger.add_records(ledger.committee, order("1.0"))
    return ledger.publish()


@case("a sealed part of another content", "record-mismatch 1.0")
def sealed_part_changed():
    return with_sealed(stored_part=b"y").publish()


@case("a sealed part of 60,000 bytes, the most there may be")
def sealed_part_largest():
    ledger = begun()
    ledger.add_records(ledger.agency, sealed(bytes(60_000)))
    return ledger.publish()


@case("a sealed part of 60,001 bytes", "record-malformed 1.0")
def sealed_part_too_long():
    ledger = begun()
    ledger.add_records(ledger.agency, sealed(bytes(60_001)))
    return ledger.publish()


@case("a sealed part beside a malformed record that names another", "record-mismatch 1.0")
def sealed_part_of_malformed_record():
    ledger = begun()
    data, _ = sealed(b"x", at=None)
    ledger.add_records(ledger.agency, (data, b"y"))
    return ledger.publish()


@case("a malformed record with the sealed part that it names", "record-malformed 1.0")
def malformed_record_with_sealed_part():
    ledger = begun()
    ledger.add_records(ledger.agency, sealed(b"x", at=None))
    return ledger.publish()


@case("a record of 60,000 bytes, the most there may be")
def record_largest():
    return _record_of_size(60_000).publish()


@case("a record of 60,001 bytes", "record-malformed 1.0")
def record_too_long():
    return _record_of_size(60_001).publish()


def _record_of_size(size):
    ledger = begun()
    filling = size - len(record(checkpoint=bytes(40_000))) + 40_000
    data = record(checkpoint=bytes(filling))
    assert len(data) == size
    ledger.add_records(ledger.agency, data)
    return ledger


@case("an entry without any of its records", "record-missing 1.0", "record-missing 1.1")
def all_records_gone():
    ledger = begun()
    ledger.add_records(ledger.agency, record(), record(count=1), stored=())
    return ledger.publish()


@case("an entry without any of its records, each named in an order")
def all_records_erased():
    ledger = begun()
    ledger.add_records(ledger.agency, record(), record(count=1), stored=())
    ledger.add_records(ledger.committee, order("1.0", "1.1"))
    return ledger.publish()


@case("one record of two is changed", "record-mismatch 1.1")
def record_changed():
    ledger = begun()
    stored = [(record(), b""), (record(count=2), b"")]
    ledger.add_records(ledger.agency, record(), record(count=1), stored=stored)
    return ledger.publish()


@case("two records of one entry in the wrong order", "record-mismatch 1.0", "record-mismatch 1.1")
def records_swapped():
    ledger = begun()
    stored = [(record(count=1), b""), (record(), b"")]
    ledger.add_records(ledger.agency, record(), record(count=1), stored=stored)
    return ledger.publish()


@case("an order may stand before what it names")
def order_before_record():
    ledger = begun()
    ledger.add_records(ledger.committee, order("2.0"))
    ledger.add_records(ledger.agency, record(), stored=())
    return ledger.publish()


@case("an order of an agency is none", "record-missing 1.0")
def order_by_agency():
    return erased(order("1.0"), by=Key("ag")).publish()


@case("an order of the operator is none", "record-missing 1.0")
def order_by_operator():
    return erased(order("1.0"), by=Key("op")).publish()


@case("an order of an unlisted key is none", "record-missing 1.0", "writer-unknown 2")
def order_by_unknown_key():
    return erased(order("1.0"), by=Key("zz")).publish()


@case("an order wrongly signed is none", "record-missing 1.0", "writer-signature 2")
def order_badly_signed():
    return erased(order("1.0"), stated=Stated(signature=SPOILED)).publish()


@case("an order in an entry with another finding is one", "chain-broken 2")
def order_in_broken_chain():
    return erased(order("1.0"), stated=Stated(prev=bytes(32))).publish()


@case("a malformed order is none", "record-missing 1.0", "record-malformed 2.0")
def order_malformed():
    return erased(order("1.0", at=None)).publish()


@case("addresses of another form name nothing", "record-missing 1.0")
def order_for_other_spellings():
    return erased(order("01.0", "1.00", "1", "1.0/", "1.0/record", "+1.0", "1,0")).publish()


@case("an order for an address that is not there does nothing")
def order_for_nothing():
    ledger = grown(1)
    ledger.add_records(ledger.committee, order("7.0", "1.9", "18446744073709551616.0"))
    return ledger.publish()


@case("an order without `records` names nothing", "record-missing 1.0")
def order_without_addresses():
    return erased(record(action="erase.record")).publish()


def _order_that_names_itself():
    ledger = erased(record())
    pair = sealed(b"q", action="erase.record", records=["1.0", "3.0/sealed"])
    ledger.add_records(ledger.committee, pair, stored=[(pair[0], b"")])
    return ledger


@case("an order cannot excuse its own finding", "record-missing 1.0", "record-missing 3.0")
def order_names_itself():
    return _order_that_names_itself().publish()


@case("an order whose finding another order excuses counts")
def order_excused_by_another():
    ledger = _order_that_names_itself()
    ledger.add_records(ledger.committee, order("3.0/sealed"))
    return ledger.publish()


@case(
    "two orders that excuse only each other are none",
    "record-missing 1.0",
    "record-missing 2.0",
    "record-missing 3.0",
)
def orders_in_a_circle():
    ledger = begun()
    ledger.add_records(ledger.agency, record(), stored=())
    for addresses in (["1.0", "3.0/sealed"], ["2.0/sealed"]):
        pair = sealed(b"q", action="erase.record", records=addresses)
        ledger.add_records(ledger.committee, pair, stored=[(pair[0], b"")])
    return ledger.publish()


@case("an order that is itself erased counts no more", "record-missing 1.0")
def order_erased():
    ledger = begun()
    ledger.add_records(ledger.agency, record(), stored=())
    ledger.add_records(ledger.committee, order("1.0"), stored=())
    ledger.add_records(ledger.committee, order("2.0"))
    return ledger.publish()


@case("lengths beyond the entry's records", "record-malformed 1.0")
def part_longer():
    return _two_records(lambda part: part + b"z").publish()


@case("lengths short of the entry's records", "record-malformed 1.0")
def part_shorter():
    return _two_records(lambda part: part[:-1]).publish()


@case("a part that ends within a length", "record-malformed 1.0")
def part_of_one_byte():
    return _two_records(lambda part: b"0").publish()


@case("a part far longer than its records can be", "record-malformed 1.0")
def part_huge():
    ledger = _two_records(lambda part: bytes(400_000))
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


def _two_records(changed):
    ledger = begun()
    ledger.add_records(ledger.agency, record(), record(count=2))
    ledger.parts[-1] = changed(ledger.parts[-1])
    return ledger


@case("a roster entry has no records", "record-malformed 0.0")
def part_of_roster_entry():
    ledger = grown(1)
    ledger.parts[0] = b"abc"
    return ledger.publish()


@case("records beside a malformed entry are passed over", "entry-malformed 1")
def part_of_malformed_entry():
    ledger = begun()
    ledger.add_raw_entry(b"\xc3", b"whatever")
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case(
    "findings of one code by position, codes by the table",
    "record-mismatch 1.1",
    "record-mismatch 1.2",
    "record-missing 1.0",
)
def findings_in_order():
    ledger = begun()
    stored = [(b"", b""), (record(at=None), b""), (record(count=2), b"v")]
    ledger.add_records(ledger.agency, record(), record(count=1), record(count=2), stored=stored)
    return ledger.publish()


@case(
    "one finding of each kind about records",
    "record-mismatch 1.2",
    "record-malformed 1.0",
    "record-missing 1.1",
)
def findings_of_three_kinds():
    ledger = begun()
    stored = [(record(at=None), b""), (b"", b""), (record(count=2) + b"x", b"")]
    records = record(at=None), record(count=1), record(count=2)
    ledger.add_records(ledger.agency, *records, stored=stored)
    return ledger.publish()


@case("nothing about records is found where none are read", options=("--no-records",))
def records_not_read():
    ledger = erased(record(at=None))
    ledger.put(ledger.tile_name("records"), UNREADABLE)
    return ledger.publish()


@case("records without salt, of an unlisted field, not canonical",
      "record-malformed 1.0", "record-malformed 2.0", "record-malformed 3.0")
def records_malformed():
    ledger = begun()
    for data in (record(salt=None), record(unlisted="x"), record() + b"\x00"):
        ledger.add_records(ledger.agency, data)
    return ledger.publish()


@case("an unknown action and a field of the writer's own are no faults")
def record_of_own_words():
    ledger = begun()
    ledger.add_records(ledger.agency, record(action="x-own", **{"x-field": [1, True]}))
    return ledger.publish()
