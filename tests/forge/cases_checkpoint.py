"""The checkpoint: its form, the log's signature, the quorum, and its age."""

import time

from case import Group
from forge import ABSENT, UNREADABLE, Ledger, grown, record
from keys import DASH, Key, ml_dsa_witness, signature_line, witness

group = Group("checkpoint")
case = group.case


@case("no checkpoint", "incomplete")
def absent():
    return grown(3).publish(ABSENT)


@case("a checkpoint that is no file", "incomplete")
def unreadable():
    return grown(3).publish(UNREADABLE)


@case("an empty checkpoint", "checkpoint-invalid")
def empty():
    return grown(3).publish(b"")


@case("asked for the latest, the audit needs no other", options=("--latest",))
def latest():
    ledger = grown(3)
    ledger.put("checkpoint", ABSENT)
    return ledger.publish()


@case("an extension line", "checkpoint-invalid")
def extension_line():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint().replace(b"\n\n", b"\nextra\n\n"))


@case("a checkpoint of size 0", "checkpoint-invalid")
def size_0():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(0))


@case("a size with a leading zero", "checkpoint-invalid")
def size_with_leading_zero():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint().replace(b"\n4\n", b"\n04\n"))


@case("another origin", "checkpoint-invalid")
def other_origin():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(origin="log.example/two"))


@case("signed by another log key", "checkpoint-invalid")
def other_log_key():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(logs=[Key("log.example/one", tag="other")]))


@case("another root", "root-mismatch")
def other_root():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(root=bytes(32)))


@case("smaller than the entries that are there: they are not looked at", size=3)
def smaller_than_the_ledger():
    ledger = grown(3)
    ledger.put("tile/entries/000.p/3", ledger.entries_bundle(0, 3))
    ledger.put("tile/records/000.p/3", ledger.records_bundle(0, 3))
    ledger.put("tile/0/000.p/3", b"".join(ledger.leaves[:3]))
    return ledger.publish(ledger.checkpoint(3))


@case("larger than the entries that are there", "incomplete")
def larger_than_the_ledger():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(9, root=bytes(32)))


@case("of the largest size there can be", "incomplete")
def largest_size():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(2**63 - 1, root=bytes(32)))


@case("two of three witnesses are missing", "witness-quorum")
def short_of_quorum():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(cosigned=[(0, 1)]))


@case("one witness twice counts once", "witness-quorum")
def one_witness_twice():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(cosigned=[(0, 1), (0, 2)]))


@case("a wrong line by a known witness", "checkpoint-invalid")
def wrong_witness_line():
    ledger = grown(3)
    wrong = ledger.witnesses[2].line(b"other\n", 5)
    return ledger.publish(ledger.checkpoint(extra=wrong))


@case("a wrong line by a known witness, and too few right ones",
      "checkpoint-invalid", "witness-quorum")
def wrong_witness_line_and_short():
    ledger = grown(3)
    wrong = ledger.witnesses[2].line(b"other\n", 5)
    return ledger.publish(ledger.checkpoint(cosigned=[(0, 1)], extra=wrong))


@case("a cosignature of wrong length by a known witness", "checkpoint-invalid")
def witness_line_of_wrong_length():
    ledger = grown(3)
    key = ledger.witnesses[2]
    return ledger.publish(ledger.checkpoint(extra=signature_line(key.name, key.id, bytes(71))))


@case("a cosignature's time of 2^63 seconds", "checkpoint-invalid")
def witness_time_too_great():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(extra=ledger.witnesses[2].line(b"x\n", 2**63)))


@case("lines by unknown keys are ignored, right or wrong")
def unknown_lines():
    ledger = grown(3)
    text = ledger.checkpoint().split(b"\n\n")[0] + b"\n"
    lines = witness("zz").line(text, 5) + Key("zz").line(b"other\n")
    lines += signature_line(ledger.log.name, b"0000", bytes(3))
    return ledger.publish(ledger.checkpoint(extra=lines))


@case("a line that is no signature line", "checkpoint-invalid")
def no_signature_line():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(extra=DASH + b"name\n"))


@case("100 lines, the most there may be")
def most_lines():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(extra=97 * Key("zz").line(b"x\n")))


@case("101 lines", "checkpoint-invalid")
def too_many_lines():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(extra=98 * Key("zz").line(b"x\n")))


@case("vouched for at the time that two of three reach", vouched_at=250_000)
def vouched_at():
    ledger = grown(3)
    cosigned = [(0, 100), (1, 250), (2, 300), (2, 200)]
    return ledger.publish(ledger.checkpoint(cosigned=cosigned))


@case("older than the caller allows", "stale", options=("--max-age", "10"))
def stale():
    return grown(3).publish()


@case("not older than the caller allows", options=("--max-age", "86400"))
def fresh():
    ledger = grown(3)
    now = int(time.time())
    return ledger.publish(ledger.checkpoint(cosigned=[(0, now), (1, now)]))


@case("a cosignature from the future is not old", options=("--max-age", "0"))
def from_the_future():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(cosigned=[(0, 2**40), (1, 2**41)]))


@case("short of the quorum: nobody says how old it is", "witness-quorum",
      options=("--max-age", "10"), vouched_at=None)
def stale_and_short():
    ledger = grown(3)
    return ledger.publish(ledger.checkpoint(cosigned=()))


@case("quorum none: the operator's own word is the last `received`", vouched_at=1002)
def quorum_none():
    ledger = Ledger()
    text = ledger.add_roster(witnesses=[], quorum="none")
    ledger.add_roster_entry(ledger.operator, text)
    ledger.add_records(ledger.agency, record())
    return ledger.publish(ledger.checkpoint(cosigned=()))


@case("a single witness as the quorum", vouched_at=9000)
def quorum_of_one_witness():
    ledger = grown(1, quorum="wb-n")
    return ledger.publish(ledger.checkpoint(cosigned=[(1, 9)]))


@case("another witness than the one that is the quorum", "witness-quorum")
def quorum_of_one_witness_missing():
    ledger = grown(1, quorum="wb-n")
    return ledger.publish(ledger.checkpoint(cosigned=[(0, 9), (2, 9)]))


def _with_ml_dsa():
    ledger = Ledger()
    ledger.witnesses = [witness("wa"), ml_dsa_witness("wb"), ml_dsa_witness("wc")]
    ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    return ledger


@case("the quorum rests on ML-DSA, which nobody here can check", "incomplete")
def ml_dsa_decides():
    return _with_ml_dsa().publish()


@case("even if ML-DSA were right the quorum is short", "witness-quorum")
def ml_dsa_would_not_help():
    ledger = _with_ml_dsa()
    return ledger.publish(ledger.checkpoint(cosigned=[(1, 3)]))


@case("an ML-DSA line of wrong length", "checkpoint-invalid", "witness-quorum")
def ml_dsa_of_wrong_length():
    ledger = _with_ml_dsa()
    key = ledger.witnesses[1]
    wrong = signature_line(key.name, key.id, bytes(100))
    return ledger.publish(ledger.checkpoint(cosigned=[(0, 3)], extra=wrong))


@case("ML-DSA decides the quorum, and the log did not sign", "checkpoint-invalid", "incomplete")
def ml_dsa_and_other_log_key():
    ledger = _with_ml_dsa()
    return ledger.publish(ledger.checkpoint(logs=[Key("x")]))
