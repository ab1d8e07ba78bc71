"""Rosters after the first: who may send them, their signatures, and their proofs."""

from case import Group
from forge import ABSENT, ORIGIN, SPOILED, UNREADABLE, Ledger, Stated, grown, order, record, sealed
from keys import Key, ml_dsa_witness, witness
from packing import pack

group = Group("rosters")
case = group.case

OTHER_LOG = Key(ORIGIN, tag="2")


def changed(by=None, signers=None, stated=Stated(), proof=True, used=True, **proved):
    """Return a ledger whose entry 2 holds roster 1, which lists the stranger.

    Unless `used` is false, the stranger sends entry 3.
    """
    ledger = grown(1)
    writers = ledger.writers((ledger.stranger, "agency", "x"))
    text = ledger.add_roster(signers=signers, writers=writers)
    index = ledger.add_roster_entry(by or ledger.operator, text, stated=stated)
    if proof:
        ledger.put_proof(1, index, **proved)
    if used:
        ledger.add_records(ledger.stranger, record())
    return ledger


def proved_by(data):
    """Return such a ledger with a file of other content as the proof."""
    ledger = changed()
    ledger.put("roster/1.tlog-proof", data)
    return ledger


def unjudgeable(ledger):
    """Publish with a checkpoint that no one signed, to show that it is not judged."""
    return ledger.publish(ledger.checkpoint(cosigned=(), logs=[Key("q")]))


@case("a second roster lists a writer more", roster=1)
def roster_changed():
    return changed().publish()


@case("the committee may send a roster")
def by_committee():
    return changed(by=Key("com")).publish()


@case("an agency may not", "roster-invalid 2", "writer-unknown 3", roster=0)
def by_agency():
    return changed(by=Key("ag")).publish()


@case("an unlisted key may not", "writer-unknown 2", "writer-unknown 3", roster=0)
def by_unlisted_key():
    return changed(by=Key("zz")).publish()


@case("a roster whose own checks hold is in force, whatever else its entry has",
      "chain-broken 2", "writer-gap 2", "writer-signature 2", roster=1)
def entry_with_other_findings():
    stated = Stated(signature=SPOILED, number=5, prev=bytes(32))
    return changed(stated=stated).publish()


@case("the new writer may not send before the roster's entry", "writer-unknown 2")
def writer_before_its_roster():
    ledger = grown(1)
    ledger.add_records(ledger.stranger, record())
    writers = ledger.writers((ledger.stranger, "agency", "x"))
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster(writers=writers))
    ledger.put_proof(1, index)
    return ledger.publish()


@case("an entry of an unlisted key moves no chain: listed later, the writer begins at 1",
      "writer-unknown 2", "writer-gap 4", "writer-chain-broken 4")
def writer_goes_on_from_before_its_roster():
    ledger = grown(1)
    ledger.add_records(ledger.stranger, record())
    writers = ledger.writers((ledger.stranger, "agency", "x"))
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster(writers=writers))
    ledger.put_proof(1, index)
    ledger.add_records(ledger.stranger, record())
    return ledger.publish()


def _without_agency():
    ledger = grown(2)
    writers = ledger.writers()[:2]
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster(writers=writers))
    ledger.put_proof(1, index)
    return ledger


@case("removal leaves past entries valid")
def writer_removed():
    return _without_agency().publish()


@case("a removed writer goes on sending", "writer-unknown 4")
def writer_removed_sends():
    ledger = _without_agency()
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case("a writer listed again goes on with its chain")
def writer_listed_again():
    ledger = _without_agency()
    index = ledger.add_roster_entry(ledger.committee, ledger.add_roster())
    ledger.put_proof(2, index)
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


def _with_new_key():
    """Return a ledger in which the agency's name has a second key, and that key."""
    ledger = grown(1)
    key = Key("ag", tag="new")
    text = ledger.add_roster(writers=ledger.writers((key, "agency", "npa")))
    ledger.put_proof(1, ledger.add_roster_entry(ledger.operator, text))
    return ledger, key


@case("a new key for a name goes on where the old one stopped, and the old one after it")
def writer_with_new_key():
    ledger, key = _with_new_key()
    ledger.add_records(key, record())
    ledger.add_records(ledger.agency, record())
    return ledger.publish()


@case("an entry that names one key of a writer and is signed by the other", "writer-signature 3")
def writer_signed_by_its_other_key():
    ledger, key = _with_new_key()
    ledger.add_records(key, record())
    ledger.leaves.pop()
    other = ledger.entries.pop().replace(key.digest, ledger.agency.digest)
    ledger.add_raw_entry(other, ledger.parts.pop())
    return ledger.publish()


@case("the roster is not there", "roster-invalid 2", "writer-unknown 3", roster=0)
def roster_gone():
    ledger = changed()
    ledger.put("roster/1", ABSENT)
    return ledger.publish()


@case("the roster is unreadable: log and quorum are not judged", "writer-unknown 3", "incomplete")
def roster_unreadable():
    ledger = changed()
    ledger.put("roster/1", UNREADABLE)
    return unjudgeable(ledger)


@case("the roster is signed by one root where two are needed",
      "roster-invalid 2", "writer-unknown 3")
def roster_of_one_root():
    return changed(signers=[Key("r1")]).publish()


@case("a wrong line by a root", "roster-invalid 2", "writer-unknown 3")
def roster_with_wrong_line():
    ledger = changed()
    note = ledger.rosters[1].note + ledger.roots[2].line(b"other\n")
    ledger.put("roster/1", note)
    return ledger.publish()


@case("a wrong line by a stranger is ignored")
def roster_with_unknown_line():
    ledger = changed()
    ledger.put("roster/1", ledger.rosters[1].note + Key("zz").line(b"other\n"))
    return ledger.publish()


def _other_roster(**parts):
    """Return a ledger whose roster 1 has other parts than a successor should."""
    ledger = grown(1)
    text = ledger.add_roster(**parts)
    ledger.put_proof(1, ledger.add_roster_entry(ledger.operator, text))
    return ledger.publish()


@case("a roster that names another parent", "roster-invalid 2")
def roster_of_another_parent():
    return _other_roster(parent=bytes(32))


@case("a roster of another serial", "roster-invalid 2")
def roster_of_another_serial():
    return _other_roster(serial=2)


@case("a roster of another origin", "roster-invalid 2")
def roster_of_another_origin():
    logs = [Key("log.example/two")]
    return _other_roster(origin="log.example/two", logs=logs)


@case("a roster with a threshold above its roots", "roster-invalid 2")
def roster_malformed():
    return _other_roster(threshold=4)


@case("a roster that raises the threshold needs so many of its own", "roster-invalid 2")
def roster_short_of_its_own():
    return _other_roster(threshold=3)


@case("a roster that raises the threshold, signed by so many")
def roster_raises_threshold():
    return _other_roster(threshold=3, signers=[Key("r1"), Key("r2"), Key("r3")])


@case("the entry holds another roster than is served", "roster-invalid 2", "writer-unknown 3")
def roster_other_than_its_entry():
    ledger = changed()
    text = ledger.rosters[1].text.replace(b"agency x\n", b"agency y\n")
    note = text + b"\n" + b"".join(key.line(text) for key in ledger.roots)
    ledger.put("roster/1", note)
    return ledger.publish()


@case("no proof: in force for entries, not for checkpoints", "roster-invalid 2", roster=0)
def proof_gone():
    return changed(proof=False).publish()


@case("the proof is unreadable: log and quorum are not judged", "writer-unknown 3", "incomplete")
def proof_unreadable():
    return unjudgeable(proved_by(UNREADABLE))


@case("the proof is empty", "roster-invalid 2")
def proof_empty():
    return proved_by(b"").publish()


@case("the proof is short of the old quorum", "roster-invalid 2")
def proof_short():
    return changed(cosigned=[(0, 1)]).publish()


@case("the proof is signed by no log", "roster-invalid 2")
def proof_unsigned():
    return changed(logs=[Key("q")]).publish()


@case("the proof's checkpoint is of another origin", "roster-invalid 2")
def proof_of_another_origin():
    return changed(origin="zz").publish()


@case("the proof is for another index", "roster-invalid 2")
def proof_of_another_index():
    return changed(stated_index=1).publish()


@case("the proof is rightly that of another entry", "roster-invalid 2")
def proof_of_another_entry():
    ledger = changed()
    ledger.put_proof(1, 1)
    return ledger.publish()


@case("the proof has no extra line", "roster-invalid 2")
def proof_without_extra():
    return changed(extra=b"").publish()


@case("the proof has another entry in it", "roster-invalid 2")
def proof_with_another_extra():
    return changed(extra=pack([b"1"])).publish()


@case("the proof has the entry in the longer form of an extra line")
def proof_with_longer_extra():
    return changed(extra=pack([changed().entries[2], 0, b"", b""])).publish()


@case("the proof has the entry and bytes after the array", "roster-invalid 2")
def proof_with_bytes_after_extra():
    return changed(extra=pack([changed().entries[2]]) + b"\0").publish()


@case("the proof's hashes are missing", "roster-invalid 2")
def proof_without_hashes():
    return changed(hashes=[]).publish()


@case("the proof is for another root, which the log signed", "roster-invalid 2", "fork")
def proof_of_another_root():
    return changed(root=bytes(32)).publish()


@case("the proof is a whole one, of another history", "fork")
def proof_of_another_history():
    return _proof_of_another_history().publish()


def _proof_of_another_history():
    ledger, other = changed(), changed(used=False)
    other.add_records(other.agency, record(count=77))
    ledger.put("roster/1.tlog-proof", other.proof(2, 4))
    return ledger


@case("no fork is said where the checkpoint itself is unsigned", "checkpoint-invalid")
def proof_of_another_history_and_unsigned():
    ledger = _proof_of_another_history()
    return ledger.publish(ledger.checkpoint(logs=[Key("q")]))


@case("the log's signature is right, a witness's is wrong: a fork all the same",
      "checkpoint-invalid", "fork")
def proof_of_another_history_and_wrong_witness_line():
    ledger = _proof_of_another_history()
    wrong = ledger.witnesses[2].line(b"other\n", 5)
    return ledger.publish(ledger.checkpoint(extra=wrong))


@case("no fork is said where nobody can say whether the checkpoint is signed", "incomplete")
def proof_of_another_history_and_unread_roster():
    ledger = _proof_of_another_history()
    ledger.add_roster_entry(ledger.operator, ledger.add_roster(logs=[OTHER_LOG]))
    ledger.put("roster/2", UNREADABLE)
    return ledger.publish(ledger.checkpoint(logs=[OTHER_LOG]))


@case("no fork is said where the entries do not hash to the root", "root-mismatch", "incomplete")
def proof_of_another_history_and_root():
    ledger = _proof_of_another_history()
    ledger.put("tile/0/000.p/4", ABSENT)
    return ledger.publish(ledger.checkpoint(root=bytes(32)))


@case("a proof for a tree too small for its entry, of another history",
      "roster-invalid 2", "fork")
def proof_of_too_small_a_tree():
    return changed(size=1, root=bytes(32), hashes=[]).publish()


@case("a proof for a far smaller tree, of another history", "roster-invalid 301", "fork")
def proof_of_far_smaller_tree():
    ledger = grown(300)
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    ledger.put_proof(1, index, 7, root=bytes(32), hashes=[])
    return ledger.publish()


@case("a proof for a tree too small for its entry, of this history", "roster-invalid 2")
def proof_of_too_small_a_tree_of_this_history():
    return changed(size=1, hashes=[]).publish()


@case("a proof for a larger tree than the checkpoint's")
def proof_of_a_larger_tree():
    ledger = changed()
    ledger.add_records(ledger.agency, record())
    ledger.put_proof(1, 2, 5)
    ledger.put("tile/entries/000.p/4", ledger.entries_bundle(0, 4))
    ledger.put("tile/records/000.p/4", ledger.records_bundle(0, 4))
    ledger.put("tile/0/000.p/4", b"".join(ledger.leaves[:4]))
    return ledger.publish(ledger.checkpoint(4))


def _new_log(**proved):
    ledger = grown(1)
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster(logs=[OTHER_LOG]))
    ledger.put_proof(1, index, **proved)
    return ledger


@case("a new log key signs the checkpoint, the old one the proof")
def log_changed():
    ledger = _new_log()
    return ledger.publish(ledger.checkpoint(logs=[OTHER_LOG]))


@case("a new log key signs both")
def log_changed_and_signs_the_proof():
    ledger = _new_log(logs=[OTHER_LOG])
    return ledger.publish(ledger.checkpoint(logs=[OTHER_LOG]))


@case("the old log key still signs the checkpoint", "checkpoint-invalid")
def log_changed_and_old_signs():
    return _new_log().publish()


@case("the proof fails, so the old log key is right", "roster-invalid 2")
def log_changed_without_proof():
    return _new_log(cosigned=[(0, 1)]).publish()


@case("the proof fails, so the new log key is wrong", "roster-invalid 2", "checkpoint-invalid")
def log_changed_without_proof_and_new_signs():
    ledger = _new_log(cosigned=[(0, 1)])
    return ledger.publish(ledger.checkpoint(logs=[OTHER_LOG]))


def _new_witnesses():
    ledger = grown(1)
    ledger.new_witnesses = [witness("na"), witness("nb")]
    text = ledger.add_roster(witnesses=ledger.new_witnesses)
    ledger.put_proof(1, ledger.add_roster_entry(ledger.operator, text))
    return ledger


@case("new witnesses cosign the checkpoint, the old ones the proof")
def witnesses_changed():
    ledger = _new_witnesses()
    return ledger.publish(ledger.checkpoint(witnesses=ledger.new_witnesses))


@case("the old witnesses still cosign the checkpoint", "witness-quorum")
def witnesses_changed_and_old_cosign():
    return _new_witnesses().publish()


@case("a wrong line of a new witness in the proof is that of a stranger")
def proof_with_wrong_line_of_new_witness():
    ledger = _new_witnesses()
    wrong = ledger.new_witnesses[0].line(b"zz\n", 1)
    ledger.put_proof(1, 2, extra=None)
    ledger.put("roster/1.tlog-proof", ledger.proof(2) + wrong)
    return ledger.publish(ledger.checkpoint(witnesses=ledger.new_witnesses))


@case("a wrong line of an old witness in the proof", "roster-invalid 2")
def proof_with_wrong_line_of_old_witness():
    ledger = _new_witnesses()
    wrong = ledger.witnesses[2].line(b"zz\n", 1)
    ledger.put("roster/1.tlog-proof", ledger.proof(2) + wrong)
    return ledger.publish()


def three(failing=()):
    """Return a ledger with rosters 1 and 2, the proofs of the `failing` ones not there."""
    ledger = grown(1)
    for serial, more in ((1, []), (2, [(ledger.stranger, "agency", "q")])):
        text = ledger.add_roster(writers=ledger.writers(*more))
        index = ledger.add_roster_entry(ledger.committee, text)
        if serial not in failing:
            ledger.put_proof(serial, index)
    ledger.add_records(ledger.stranger, record())
    return ledger


@case("three rosters", roster=2)
def three_rosters():
    return three().publish()


@case("the first proof is gone: no later roster judges", "roster-invalid 2", roster=0)
def three_rosters_first_proof_gone():
    return three({1}).publish()


@case("the second proof is gone", "roster-invalid 3", roster=1)
def three_rosters_second_proof_gone():
    return three({2}).publish()


@case("a later proof is still checked", "roster-invalid 2", "roster-invalid 3", roster=0)
def three_rosters_both_proofs_fail():
    ledger = three({1})
    ledger.put_proof(2, 3, 4, stated_index=2)
    return ledger.publish()


@case("the second roster follows nothing where the first is refused",
      "roster-invalid 2", "roster-invalid 3", "writer-unknown 4", roster=0)
def three_rosters_first_gone():
    ledger = three()
    ledger.put("roster/1", ABSENT)
    return ledger.publish()


def _ml_dsa_proof(**proved):
    ledger = Ledger()
    ledger.witnesses = [witness("wa"), ml_dsa_witness("wb"), ml_dsa_witness("wc")]
    ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    ledger.add_records(ledger.agency, record())
    ledger.new_witnesses = [witness("xa"), witness("xb")]
    writers = ledger.writers()[:2] + [(ledger.stranger, "agency", "x")]
    text = ledger.add_roster(witnesses=ledger.new_witnesses, writers=writers)
    ledger.put_proof(1, ledger.add_roster_entry(ledger.operator, text), **proved)
    ledger.add_records(ledger.stranger, record())
    return ledger


@case("a proof rests on ML-DSA: in force for entries", "incomplete")
def ml_dsa_decides_a_proof():
    ledger = _ml_dsa_proof()
    return ledger.publish(ledger.checkpoint(witnesses=ledger.new_witnesses))


@case("ML-DSA would not help a proof", "roster-invalid 2", "incomplete")
def ml_dsa_would_not_help_a_proof():
    return _ml_dsa_proof(cosigned=[(0, 1)]).publish()


@case("after a proof that failed it is known who judges, whatever a later proof rests on",
      "roster-invalid 2", "checkpoint-invalid", "witness-quorum", "incomplete")
def ml_dsa_decides_a_proof_after_a_failed_one():
    ledger = Ledger()
    ledger.witnesses = [witness("wa"), ml_dsa_witness("wb"), ml_dsa_witness("wc")]
    ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    ledger.add_records(ledger.agency, record())
    ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    index = ledger.add_roster_entry(ledger.operator, ledger.add_roster())
    ledger.put_proof(2, index)
    return unjudgeable(ledger)


@case("a committee writer of a later roster orders erasure")
def order_by_new_committee_writer():
    ledger = grown(1)
    ledger.add_records(ledger.agency, sealed(b"x"), stored=())
    text = ledger.add_roster(writers=ledger.writers((ledger.stranger, "committee", "cc")))
    ledger.put_proof(1, ledger.add_roster_entry(ledger.operator, text))
    ledger.add_records(ledger.stranger, order("2.0"))
    return ledger.publish()
