"""Audits that go on from the last verdict: growth, rollback, forks, changes of trust."""

from case import Group, Step
from cases_rosters import OTHER_LOG, three
from forge import ABSENT, Stated, begun, grown, order, record, sealed
from keys import Key

group = Group("state")
state_case = group.state_case


def _published(ledger, expected=(), **step):
    return Step(ledger.publish(), list(expected), **step)


def _other_history(count):
    """Return a ledger of the same roster that differs from `grown` from entry 2 on."""
    ledger = grown(1)
    for number in range(count - 1):
        ledger.add_records(ledger.agency, record(count=number, detail="another history"))
    return ledger


# Growth: several runs come to the verdict of one


def _growth(sizes):
    ledger = begun()
    steps = []
    for size in sizes:
        while len(ledger.entries) < size:
            ledger.add_records(ledger.agency, record(count=len(ledger.entries)))
        steps.append(_published(ledger))
    return steps


@state_case("a ledger grows entry by entry")
def growth_by_one():
    return _growth(range(1, 9))


@state_case("a ledger grows to, over and past the ends of bundles")
def growth_over_bundles():
    return _growth([100, 255, 256, 257, 300, 512, 520])


@state_case("a run in which nothing is new")
def growth_of_nothing():
    return _growth([3, 3, 256, 256])


@state_case("what lies before the last verdict is not read again")
def growth_reads_only_what_is_new():
    first, last = _growth([300, 310])
    for kind in ("entries", "records", "0"):
        last.publication.files["tile/%s/000" % kind] = ABSENT
    return [first, Step(last.publication, [], is_as_whole=False, says={"records": 309})]


@state_case("findings of an earlier run are said again")
def findings_stay():
    ledger = grown(1)
    ledger.add_records(ledger.agency, record(), stated=Stated(number=9, prev=bytes(32)))
    found = ["chain-broken 2", "writer-gap 2"]
    steps = [_published(ledger, found)]
    ledger.add_records(ledger.agency, record(at=None))
    found.append("record-malformed 3.0")
    steps.append(_published(ledger, found))
    ledger.add_records(ledger.agency, record())
    return steps + [_published(ledger, found)]


@state_case("chains, clock and heads are held against those of the last run")
def findings_across_runs():
    ledger = grown(2)
    steps = [_published(ledger)]
    stated = Stated(number=7, before=bytes(32), prev=bytes(32), received=1)
    ledger.add_records(ledger.agency, record(), stated=stated)
    found = ["chain-broken 3", "time-reversed 3", "writer-gap 3", "writer-chain-broken 3"]
    return steps + [_published(ledger, found)]


@state_case("an order in a later run excuses what was missing before")
def order_comes_later():
    ledger = begun()
    ledger.add_records(ledger.agency, record(), sealed(b"x"), stored=())
    steps = [_published(ledger, ["record-missing 1.0", "record-missing 1.1"])]
    ledger.add_records(ledger.committee, order("1.0"))
    steps.append(_published(ledger, ["record-missing 1.1"]))
    ledger.add_records(ledger.committee, order("1.1"))
    return steps + [_published(ledger)]


@state_case("an order in an earlier run excuses what is missing later")
def order_came_before():
    ledger = begun()
    ledger.add_records(ledger.committee, order("2.0", "3.0/sealed"))
    steps = [_published(ledger)]
    ledger.add_records(ledger.agency, record(), stored=())
    pair = sealed(b"x")
    ledger.add_records(ledger.agency, pair, stored=[(pair[0], b"")])
    steps.append(_published(ledger))
    ledger.add_records(ledger.agency, record(), stored=())
    return steps + [_published(ledger, ["record-missing 4.0"])]


@state_case("an order with a finding of its own waits for one that excuses it")
def order_waits():
    ledger = begun()
    ledger.add_records(ledger.agency, record(), stored=())
    pair = sealed(b"q", action="erase.record", records=["1.0"])
    ledger.add_records(ledger.committee, pair, stored=[(pair[0], b"")])
    steps = [_published(ledger, ["record-missing 1.0", "record-missing 2.0"])]
    ledger.add_records(ledger.committee, order("2.0/sealed"))
    return steps + [_published(ledger)]


# Rosters that come between runs


@state_case("a roster comes between two runs, and its writer")
def roster_between_runs():
    ledger = grown(1)
    steps = [_published(ledger)]
    writers = ledger.writers((ledger.stranger, "agency", "x"))
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster(writers=writers))
    ledger.put_proof(1, index)
    steps.append(_published(ledger, says={"roster": 1}))
    ledger.add_records(ledger.stranger, record())
    steps.append(_published(ledger, says={"roster": 1}))
    index = ledger.add_roster_entry(ledger.committee, ledger.add_roster())
    ledger.put_proof(2, index)
    ledger.add_records(ledger.stranger, record())
    return steps + [_published(ledger, ["writer-unknown 5"], says={"roster": 2})]


@state_case("a roster without proof stays so; no later one judges checkpoints")
def roster_without_proof_between_runs():
    ledger = grown(1)
    ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    steps = [_published(ledger, ["roster-invalid 2"], says={"roster": 0})]
    text = ledger.add_roster(logs=[OTHER_LOG])
    ledger.put_proof(2, ledger.add_roster_entry(ledger.operator, text))
    steps.append(_published(ledger, ["roster-invalid 2"], says={"roster": 0}))
    publication = ledger.publish(ledger.checkpoint(logs=[OTHER_LOG]))
    return steps + [Step(publication, ["roster-invalid 2", "checkpoint-invalid"])]


@state_case("the log's key changes between two runs")
def log_key_between_runs():
    ledger = grown(1)
    steps = [_published(ledger)]
    text = ledger.add_roster(logs=[OTHER_LOG])
    ledger.put_proof(1, ledger.add_roster_entry(ledger.operator, text))
    steps.append(Step(ledger.publish(ledger.checkpoint(logs=[OTHER_LOG])), []))
    ledger.add_records(ledger.agency, record())
    return steps + [Step(ledger.publish(ledger.checkpoint(logs=[OTHER_LOG])), [])]


@state_case("a roster's proof that looks ahead is remembered until the ledger is there")
def proof_of_another_future():
    ledger = grown(1)
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    other = grown(1)
    other.add_roster_entry(other.operator, other.add_roster())
    other.add_records(other.agency, record(detail="another history"))
    ledger.put("roster/1.tlog-proof", other.proof(index, 4))
    steps = [_published(ledger)]
    ledger.add_records(ledger.agency, record())
    ledger.add_records(ledger.agency, record())
    return steps + [_published(ledger, ["fork"], conflicts_kept=1)]


# Changes of the trust anchor


@state_case("a new trust anchor puts an end to a roster without proof")
def anchor_renewed():
    ledger = three({1})
    steps = [_published(ledger, ["roster-invalid 2"], says={"roster": 0})]
    renewed = ledger.publish(trusted=ledger.rosters[2].note)
    return steps + [Step(renewed, [], says={"roster": 2})]


@state_case("a new trust anchor, then growth under it")
def anchor_renewed_then_growth():
    ledger = three()
    steps = [_published(ledger)]
    steps.append(Step(ledger.publish(trusted=ledger.rosters[1].note), []))
    steps.append(Step(ledger.publish(trusted=ledger.rosters[2].note), []))
    ledger.add_records(ledger.stranger, record())
    return steps + [Step(ledger.publish(trusted=ledger.rosters[2].note), [])]


@state_case("an older trust anchor than last time")
def anchor_older():
    ledger = three()
    steps = [Step(ledger.publish(trusted=ledger.rosters[2].note), [])]
    return steps + [_published(ledger, says={"roster": 2})]


@state_case("a state folder belongs to one ledger")
def state_of_another_ledger():
    other = begun(writers=grown(1).writers((Key("zz"), "agency", "x")))
    return [_published(grown(1)), Step(other.publish(), "exit 64", is_as_whole=False)]


# With and without records


@state_case("records are read from the beginning where the last run did not")
def records_after_none():
    ledger = grown(2)
    ledger.parts[1] = b""
    without = Step(ledger.publish(), [], options=("--no-records",))
    return [without, _published(ledger, ["record-missing 1.0"])]


@state_case("a run without records between two with them")
def records_then_none_then_records():
    ledger = grown(2)
    steps = [_published(ledger)]
    ledger.add_records(ledger.agency, record(at=None))
    steps.append(Step(ledger.publish(), [], options=("--no-records",)))
    ledger.add_records(ledger.agency, record())
    return steps + [_published(ledger, ["record-malformed 3.0"])]


@state_case("records were refused, and are there the next time")
def records_refused_then_there():
    publication = grown(2).publish()
    publication.files["tile/records/000.p/3"] = ABSENT
    return [Step(publication, ["incomplete"]), _published(grown(4))]


# Rollback and fork


@state_case("a smaller checkpoint than one seen before")
def rollback():
    later = _published(grown(5))
    earlier = _published(grown(3), ["rollback"], is_as_whole=False, conflicts_kept=1)
    again = _published(grown(6), conflicts_kept=1)
    return [later, earlier, earlier, again]


@state_case("a smaller checkpoint without its quorum is a rollback too")
def rollback_short_of_quorum():
    ledger = grown(3)
    publication = ledger.publish(ledger.checkpoint(cosigned=()))
    found = ["witness-quorum", "rollback"]
    return [_published(grown(5)), Step(publication, found, is_as_whole=False)]


@state_case("a checkpoint short of the quorum is not remembered")
def rollback_to_unwitnessed():
    ledger = grown(5)
    publication = ledger.publish(ledger.checkpoint(cosigned=()))
    return [Step(publication, ["witness-quorum"]), _published(grown(3))]


@state_case("another root at the size seen before")
def fork_at_same_size():
    fork = _published(_other_history(4), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [_published(grown(4)), fork, _published(grown(4), conflicts_kept=1)]


@state_case("a larger ledger of another history")
def fork_at_larger_size():
    fork = _published(_other_history(7), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [_published(grown(4)), fork, _published(grown(8), conflicts_kept=1)]


@state_case("another history, larger by several bundles")
def fork_over_bundles():
    fork = _published(_other_history(600), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [_published(grown(300)), fork]


@state_case("an entry is removed and everything after it signed anew by the log")
def fork_by_removal():
    ledger = grown(6)
    for items in (ledger.entries, ledger.leaves, ledger.parts):
        items.pop(2)
    found = ["chain-broken 2", "writer-gap 2", "writer-chain-broken 2", "fork"]
    return [_published(grown(4)), Step(ledger.publish(), found, is_as_whole=False,
                                       conflicts_kept=1)]


@state_case("another history that the log signed and too few witnesses")
def fork_short_of_quorum():
    ledger = _other_history(7)
    publication = ledger.publish(ledger.checkpoint(cosigned=()))
    found = ["witness-quorum", "fork"]
    return [_published(grown(4)), Step(publication, found, is_as_whole=False,
                                       conflicts_kept=None)]


@state_case("another history that the log did not sign is no fork")
def fork_unsigned():
    ledger = _other_history(7)
    publication = ledger.publish(ledger.checkpoint(logs=[Key("q")]))
    return [_published(grown(4)), Step(publication, ["checkpoint-invalid"])]


@state_case("a checkpoint whose entries are not all there is not judged, so not remembered")
def unjudged_is_not_remembered():
    publication = grown(4).publish()
    publication.files["tile/entries/000.p/5"] = ABSENT
    return [Step(publication, ["incomplete"]), _published(_other_history(7))]


@state_case("a fork from a checkpoint of which a hash tile was gone")
def fork_after_incomplete():
    publication = grown(4).publish()
    publication.files["tile/0/000.p/5"] = ABSENT
    fork = _published(_other_history(7), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [Step(publication, ["incomplete"]), fork]


@state_case("a fork from a checkpoint whose records were refused")
def fork_after_records_refused():
    publication = grown(4).publish()
    publication.files["tile/records/000.p/5"] = ABSENT
    fork = _published(_other_history(7), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [Step(publication, ["incomplete"]), fork]


@state_case("a fork from a checkpoint that was seen without reading records")
def fork_after_no_records():
    without = Step(grown(4).publish(), [], options=("--no-records",))
    fork = _published(_other_history(7), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [without, fork]


@state_case("a fork from a checkpoint that its entries did not hash to")
def fork_after_root_mismatch():
    ledger = grown(4)
    wrong = ledger.publish(ledger.checkpoint(root=bytes(32)))
    fork = _published(grown(7), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [Step(wrong, ["root-mismatch"]), fork]


@state_case("a fork from the newest checkpoint seen, not from the last one that stood")
def fork_between():
    sound = _published(grown(1))
    publication = _other_history(4).publish()
    publication.files["tile/0/000.p/5"] = ABSENT
    fork = _published(grown(7), ["fork"], is_as_whole=False, conflicts_kept=1)
    return [sound, Step(publication, ["incomplete"], is_as_whole=False), fork]


@state_case("entries are cut short, and there the next time")
def incomplete_then_whole():
    steps = [_published(grown(2))]
    publication = grown(5).publish()
    publication.files["tile/entries/000.p/6"] = grown(5).entries_bundle()[:-3]
    steps.append(Step(publication, ["incomplete"]))
    return steps + [_published(grown(5)), _published(grown(9))]
