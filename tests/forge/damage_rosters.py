"""Damage to rosters, to their proofs, and rosters that ought not to be."""

import base64

import entry as entries
import tree
from encoding import sha256

from damage_records import STRANGER, made_up
from draft import roster_text
from forge import ABSENT, UNREADABLE, inclusion, order, proof_file
from keys import Key
from kinds import BY_STATE, NO_DAMAGE, ON_RECORD, Subject
from ledger_copy import Unsuitable
from packing import pack

subject = Subject("rosters")
kind = subject.kind

INTRUDER = Key("intruder.example/one")
OTHER_ROOT = Key("intruder.example/root")


def _picked(draft):
    """Return the serial of a roster that has one before it, and its file."""
    serial = draft.pick(range(1, len(draft.rosters)))
    return serial, draft.rosters[serial]


# The files


def _add_note(name, what, change, fault="invalid"):
    def make(draft):
        serial, file = _picked(draft)
        file.fault = fault
        data = change(draft, file)
        if isinstance(data, bytes):
            file.note = data
        draft.put("roster/%d" % serial, data)

    kind("a roster " + what, name="roster-" + name)(make)


def _with_one_root(draft, file):
    if draft.rosters[file.roster.serial - 1].roster.threshold < 2:
        raise Unsuitable("one root is enough")
    text, _, lines = file.note.rpartition(b"\n\n")
    return text + b"\n\n" + lines.splitlines(keepends=True)[0]


def _sibling(draft, file):
    """Write another roster of the same serial, signed by what root keys there are."""
    before = draft.rosters[file.roster.serial - 1].roster
    own = file.roster.text.decode().split("\n")[4:-1]
    mine = [line for line in own if line.startswith("writer ")]
    mine.append("writer %s agency intruder" % INTRUDER.vkey)
    serial = file.roster.serial
    text = roster_text(file.roster, serial, before.digest, {"writer": mine})
    signers = draft.keys.all_of(before.roots) or [OTHER_ROOT]
    return text + b"\n" + b"".join(key.line(text) for key in signers)


_add_note("gone", "is not there", lambda draft, file: ABSENT)
_add_note("unreadable", "cannot be read", lambda draft, file: UNREADABLE, fault="unreadable")
_add_note("changed", "with one letter changed",
          lambda draft, file: file.note.replace(b"\nquorum ", b"\nquorun ", 1))
_add_note("cut", "is cut short", lambda draft, file: file.note[:-1])
_add_note("short-of-roots", "is signed by too few roots", _with_one_root)
_add_note("wrong-line", "with a wrong line of a root", lambda draft, file: file.note
          + b"\xe2\x80\x94 " + file.roster.roots[0].name + b" "
          + base64.b64encode(file.roster.roots[0].id + bytes(64)) + b"\n")
_add_note("sibling", "in whose place another stands", _sibling)
_add_note("of-before", "in whose place the one before it stands",
          lambda draft, file: draft.rosters[file.roster.serial - 1].note)


def _add_proof(name, what, change, fault="invalid"):
    def make(draft):
        serial, file = _picked(draft)
        data = change(draft, serial, file.proof)
        file.proof_fault = fault
        draft.put("roster/%d.tlog-proof" % serial, data)

    kind("a roster's proof " + what, name="proof-" + name)(make)


def _of_another_index(draft, serial, proof):
    index = draft.roster_index(serial)
    return proof.replace(b"\nindex %d\n" % index, b"\nindex %d\n" % (index - 1), 1)


def _without_extra(draft, serial, proof):
    lines = proof.split(b"\n")
    return b"\n".join(line for line in lines if not line.startswith(b"extra "))


def _of_another_entry(draft, serial, proof):
    index = draft.roster_index(serial)
    hashes = inclusion(index - 1, draft.copy.leaves)
    extra = pack([draft.items[index - 1].raw])
    return proof_file(extra, index - 1, hashes, draft.copy.checkpoint_note)


def _unwitnessed(draft, serial, proof):
    before = draft.rosters[serial - 1].roster
    if before.policy.is_none():
        raise Unsuitable("no witness is asked for")
    names = {key.name for key in before.witnesses}
    lines = proof.split(b"\n")
    return b"\n".join(
        line for line in lines
        if not line.startswith(b"\xe2\x80\x94 ") or line.split(b" ")[1] not in names
    )


_add_proof("gone", "is not there", lambda draft, serial, proof: ABSENT, "absent")
_add_proof("unreadable", "cannot be read", lambda draft, serial, proof: UNREADABLE, "unreadable")
_add_proof("empty", "is empty", lambda draft, serial, proof: b"", "absent")
_add_proof("cut", "is cut short", lambda draft, serial, proof: proof[:-1], "absent")
_add_proof("index", "is for another index", _of_another_index)
_add_proof("entry", "is rightly that of another entry", _of_another_entry)
_add_proof("no-extra", "has no entry in it", _without_extra)
_add_proof("unwitnessed", "is short of the old quorum", _unwitnessed)


@kind("a roster's proof is of another history")
def proof_of_another_history(draft):
    serial, file = _picked(draft)
    if not draft.has_log_key():
        raise Unsuitable("it takes the log's key")
    index = draft.roster_index(serial)
    if index + 1 >= len(draft.items):
        raise Unsuitable("nothing comes after the roster")
    leaves = draft.leaves()[: index + 1] + [tree.leaf_hash(b"another history")]
    hashes = inclusion(index, leaves)
    extra = pack([draft.items[index].raw])
    file.proof = proof_file(extra, index, hashes, draft.checkpoint(leaves))


# Who may do what


def _sender(draft):
    """Return an operator's or committee's key, a stranger's where none is had."""
    return draft.writer_key(b"operator") or draft.writer_key(b"committee") or STRANGER


def _append(draft, sender=None, own=None, **parts):
    """Append a roster signed by all roots that are held; say whether these suffice."""
    draft.need_log_key()
    before = draft.last_roster()
    held = draft.keys.all_of(before.roots)
    file = draft.append_roster(held or [OTHER_ROOT], sender or _sender(draft), **parts)
    signers = {key.public for key in held} | ({own.public} if own else set())
    if own is not None:
        file.note += own.line(file.roster.text)
    suffices = len(signers & set(before.roots)) >= before.threshold
    if not suffices or len(signers & set(file.roster.roots)) < file.roster.threshold:
        file.fault = "invalid"
    return file


def _lines(draft, word):
    text = draft.last_roster().text.decode()
    return [line for line in text.split("\n") if line.startswith(word + " ")]


@kind("the operator admits a writer of its own", unseen=ON_RECORD)
def admit_writer(draft):
    _append(draft, writer=_lines(draft, "writer") + ["writer %s agency npa" % INTRUDER.vkey])
    draft.new_item(INTRUDER, [(made_up(), b"")])


@kind("the operator gives a listed writer a second key, its own", unseen=ON_RECORD)
def admit_key_for_writer(draft):
    line = next(line for line in _lines(draft, "writer") if " agency " in line)
    name = line.split(" ")[1].split("+")[0]
    intruder = Key(name, tag="intruder")
    rest = line.split(" ", 2)[2]
    _append(draft, writer=_lines(draft, "writer") + ["writer %s %s" % (intruder.vkey, rest)])
    draft.new_item(intruder, [(made_up(), b"")])


@kind("the operator makes itself the committee", unseen=ON_RECORD)
def admit_committee(draft):
    line = "writer %s committee intruder" % INTRUDER.vkey
    _append(draft, writer=_lines(draft, "writer") + [line])
    index, position = draft.pick(draft.addresses())
    item = draft.items[index]
    item.pairs[position], item.missing[position] = [b"", b""], False
    draft.new_item(INTRUDER, [(order("%d.%d" % (index, position)), b"")])


@kind("the operator takes a writer off the roster, whose entries stay", unseen=ON_RECORD)
def remove_writer(draft):
    lines = _lines(draft, "writer")
    agencies = [line for line in lines if " agency " in line]
    _append(draft, writer=[line for line in lines if line != agencies[-1]])


@kind("the operator adds a root of its own", unseen=ON_RECORD)
def admit_root(draft):
    _append(draft, own=OTHER_ROOT, root=_lines(draft, "root") + ["root " + OTHER_ROOT.vkey])


@kind("the operator replaces all roots", unseen=ON_RECORD)
def replace_roots(draft):
    _append(draft, own=OTHER_ROOT, root=["root " + OTHER_ROOT.vkey], threshold=["threshold 1"])


@kind("the operator lowers the threshold", unseen=ON_RECORD)
def lower_threshold(draft):
    if draft.last_roster().threshold < 2:
        raise Unsuitable("it is as low as can be")
    _append(draft, threshold=["threshold 1"])


@kind("the threshold is raised above those who sign", unseen=ON_RECORD)
def raise_threshold(draft):
    roots = len(draft.last_roster().roots)
    _append(draft, threshold=["threshold %d" % roots])


@kind("the operator does away with the witnesses", unseen=ON_RECORD)
def abolish_quorum(draft):
    if draft.last_roster().policy.is_none():
        raise Unsuitable("there is none")
    _append(draft, quorum=["quorum none"])


@kind("the log's key is replaced", unseen=ON_RECORD)
def replace_log_key(draft):
    draft.need_log_key()
    new = Key(draft.copy.checkpoint.origin.decode(), tag="intruder")
    _append(draft, log=["log " + new.vkey])
    draft.add_key(new)


@kind("a roster that an agency sends")
def roster_by_agency(draft):
    _append(draft, sender=draft.writer_key(b"agency") or STRANGER)


@kind("a roster of another parent")
def roster_of_another_parent(draft):
    _append(draft, parent=sha256(b"another roster")).fault = "invalid"


@kind("a roster that passes over a serial")
def roster_of_another_serial(draft):
    serial = draft.last_roster().serial + 2
    lines = _lines(draft, "writer") + ["writer %s agency npa" % INTRUDER.vkey]
    _append(draft, serial=serial, writer=lines).fault = "invalid"
    draft.new_item(INTRUDER, [(made_up(), b"")])


@kind("a roster of another origin")
def roster_of_another_origin(draft):
    origin = "another.example/ledger"
    log = "log " + Key(origin).vkey
    _append(draft, origin=origin, log=[log]).fault = "invalid"


@kind("a roster of which only the file is there, no entry", unseen=NO_DAMAGE)
def roster_without_entry(draft):
    before = draft.last_roster()
    held = draft.keys.all_of(before.roots) or [OTHER_ROOT]
    lines = {"writer": _lines(draft, "writer") + ["writer %s agency npa" % INTRUDER.vkey]}
    draft.append_roster(held, None, **lines)
    if draft.has_log_key():
        draft.new_item(INTRUDER, [(made_up(), b"")])


@kind("the entry of a roster is removed", unseen=BY_STATE)
def remove_roster_entry(draft):
    index = draft.pick(draft.indexes(entries.KIND_ROSTER)[1:])
    del draft.items[index]


@kind("a roster is sent a second time")
def repeat_roster(draft):
    draft.need_log_key()
    sender = _sender(draft)
    digest = draft.last_roster().digest
    draft.new_item(sender, [], kind=entries.KIND_ROSTER, digests=[digest])

