"""Auditors who trust a later roster than that of serial 0."""

from case import Group
from cases_rosters import OTHER_LOG, three
from forge import ABSENT, UNREADABLE, Ledger, grown, record
from keys import Key

group = Group("trust")
case = group.case


def _trusting(serial, ledger, checkpoint=None):
    return ledger.publish(checkpoint, trusted=ledger.rosters[serial].note)


@case("the last of three rosters needs no proofs of those before", roster=2)
def last_of_three():
    return _trusting(2, three({1, 2}))


@case("the second of three rosters", roster=2)
def second_of_three():
    return _trusting(1, three())


@case("the second of three, the proof of the third gone", "roster-invalid 3", roster=1)
def second_of_three_without_later_proof():
    return _trusting(1, three({2}))


@case("serial 0 is not there", "incomplete")
def without_serial_0():
    ledger = three()
    ledger.put("roster/0", ABSENT)
    return _trusting(2, ledger)


@case("serial 1 is unreadable", "incomplete")
def serial_1_unreadable():
    ledger = three()
    ledger.put("roster/1", UNREADABLE)
    return _trusting(2, ledger)


@case("another roster stands as serial 0", "incomplete")
def other_serial_0():
    ledger = three()
    ledger.put("roster/0", ledger.rosters[1].note)
    return _trusting(2, ledger)


@case("a roster of serial 0 stands there that the next one does not name", "incomplete")
def another_serial_0():
    ledger = three()
    text = ledger.roster_text(serial=0, parent=bytes(32))
    ledger.put("roster/0", text + b"\n" + b"".join(key.line(text) for key in ledger.roots))
    return _trusting(2, ledger)


@case("serial 0 with wrong signatures is believed by its hash")
def serial_0_badly_signed():
    ledger = three()
    text = ledger.rosters[0].text
    ledger.put("roster/0", text + b"\n" + Key("zz").line(b"other\n"))
    return _trusting(2, ledger)


@case("the trusted roster is not yet in the ledger, and has another log key",
      "checkpoint-invalid")
def ahead_of_the_ledger():
    ledger = grown(1)
    ledger.add_roster(logs=[OTHER_LOG])
    return _trusting(1, ledger)


@case("the trusted roster is not yet in the ledger, whose log key it keeps")
def ahead_of_the_ledger_same_log():
    ledger = grown(1)
    ledger.add_roster(writers=ledger.writers((ledger.stranger, "agency", "x")))
    return _trusting(1, ledger)


@case("an entry holds another serial 1 than the trusted one", "roster-invalid 2")
def other_serial_1_in_the_ledger():
    ledger = grown(1)
    text = ledger.add_roster()
    ledger.add_roster_entry(ledger.operator, text + b"x")
    return _trusting(1, ledger)


@case("rosters up to the trusted one judge the entries before them",
      "writer-unknown 2", "writer-unknown 3")
def writer_too_early():
    ledger = grown(1)
    ledger.add_records(ledger.stranger, record())
    ledger.add_records(ledger.stranger, record())
    writers = ledger.writers((ledger.stranger, "agency", "x"))
    ledger.add_roster_entry(ledger.operator, ledger.add_roster(writers=writers))
    return _trusting(1, ledger)


@case("serial 1 names a parent of another origin: no origin ever changes", "incomplete")
def origin_changed():
    ledger = grown(1)
    origin = "log.example/two"
    ledger.add_roster(origin=origin, logs=[Key(origin)])
    return _trusting(1, ledger)


@case("a trusted roster that was sent by an agency is not in force for entries",
      "roster-invalid 2", "writer-unknown 3")
def trusted_roster_sent_by_agency():
    ledger = grown(1)
    writers = ledger.writers((ledger.stranger, "agency", "x"))
    ledger.add_roster_entry(ledger.agency, ledger.add_roster(writers=writers))
    ledger.add_records(ledger.stranger, record())
    return _trusting(1, ledger)


@case("the checkpoint is judged by the trusted roster from the start")
def log_changed():
    ledger = Ledger()
    ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    ledger.add_roster_entry(ledger.operator, ledger.add_roster(logs=[OTHER_LOG]))
    return _trusting(1, ledger, ledger.checkpoint(logs=[OTHER_LOG]))
