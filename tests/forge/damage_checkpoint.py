"""Damage to the checkpoint: its form, its signatures, what it vouches for."""

import base64
import time

import checkpoint as checkpoints
from encoding import b64_encode, sha256

from draft import is_met
from forge import ABSENT, UNREADABLE
from keys import DASH, Key, signature_line, spoiled, witness
from kinds import BY_READER, NO_DAMAGE, Subject
from ledger_copy import Signed, Unsuitable

subject = Subject("checkpoint")
kind = subject.kind


# There and well-formed


def _unread(name, what, data):
    def make(draft):
        draft.put("checkpoint", data)
        draft.is_checkpoint_read = False
        draft.found.add("incomplete")

    kind(what, name=name)(make)


_unread("checkpoint-gone", "no checkpoint", ABSENT)
_unread("checkpoint-unreadable", "a checkpoint that is no file", UNREADABLE)


def _add_malformed(name, what, change):
    def make(draft):
        draft.checkpoint_note = change(draft.copy.checkpoint_note)

    kind("a checkpoint " + what, name="malformed-checkpoint-" + name)(make)


def _line(number, change):
    def changed(note):
        lines = note.split(b"\n")
        lines[number] = change(lines[number])
        return b"\n".join(lines)

    return changed


_add_malformed("empty", "of no bytes", lambda note: b"")
_add_malformed("extension", "with an extension line",
               lambda note: note.replace(b"\n\n", b"\nmore\n\n", 1))
_add_malformed("size-0", "of size 0", _line(1, lambda _: b"0"))
_add_malformed("leading-zero", "with a leading zero", _line(1, lambda size: b"0" + size))
_add_malformed("great-size", "of 2^63 entries", _line(1, lambda _: b"%d" % 2**63))
_add_malformed("root", "whose root is of 31 bytes", _line(2, lambda _: b64_encode(bytes(31))))
_add_malformed("base64", "with its root in a second spelling",
               _line(2, lambda root: root[:-2] + bytes([root[-2] + 1]) + root[-1:]))
_add_malformed("cut", "cut in its last line", lambda note: note[:-1])
_add_malformed("after", "with a line after the signatures", lambda note: note + b"after\n")
_add_malformed("carriage", "with carriage returns", lambda note: note.replace(b"\n", b"\r\n"))
_add_malformed("lines", "with 101 signature lines",
               lambda note: note + 100 * Key("stranger.example/one").line(b"x\n"))


# Signatures


def _lines(draft):
    """Return the text of the note, and its signature lines with the key of each."""
    text, _, block = draft.copy.checkpoint_note.rpartition(b"\n\n")
    lines = []
    for line in block.splitlines(keepends=True):
        name = line[len(DASH) :].split(b" ")[0]
        lines.append((next((k for k in draft.copy.signed.keys if k.name == name), None), line))
    return text + b"\n", lines


def _write(draft, text, lines, keys, wrong=()):
    """Serve a checkpoint that only `keys` have rightly signed."""
    draft.checkpoint_note = text + b"\n" + b"".join(lines)
    times = {key: time_ for key, time_ in draft.copy.signed.times.items() if key in keys}
    draft.signed = Signed(set(keys), times, set(wrong))


def _logs(draft):
    return set(draft.last_roster().logs)


def _witnesses(draft):
    if draft.last_roster().policy.is_none():
        raise Unsuitable("no witness is asked for")
    return draft.copy.signed.keys - _logs(draft)


def _restate(draft, text):
    """Change the text under signatures that stay as they are."""
    _, lines = _lines(draft)
    _write(draft, text, [line for _, line in lines], (), draft.copy.signed.keys)


@kind("the checkpoint of another origin")
def other_origin(draft):
    if draft.has_log_key():
        draft.signing = {"origin": b"another.example/ledger"}
        return
    text, _ = _lines(draft)
    _restate(draft, text.replace(draft.copy.checkpoint.origin, b"another.example/ledger", 1))


@kind("the checkpoint of another root")
def other_root(draft):
    root = sha256(b"another tree")
    if draft.has_log_key():
        draft.signing = {"root": root}
        return
    text, _ = _lines(draft)
    _restate(draft, text.replace(b64_encode(draft.copy.checkpoint.root), b64_encode(root)))


@kind("the checkpoint claims entries that are not there")
def size_beyond_entries(draft):
    _claim(draft, len(draft.items) + 1)


@kind("the checkpoint claims as many entries as there can be")
def size_beyond_everything(draft):
    _claim(draft, checkpoints.SIZE_MAX)


def _claim(draft, size):
    if draft.has_log_key():
        draft.signing = {"size": size, "root": sha256(b"of what is not there")}
        return
    text, _ = _lines(draft)
    _restate(draft, text.replace(b"\n%d\n" % len(draft.items), b"\n%d\n" % size, 1))


@kind("signed by a stranger's key of the log's name")
def strangers_log_key(draft):
    text, lines = _lines(draft)
    stranger = Key(draft.copy.checkpoint.origin.decode(), tag="stranger")
    rest = [(key, line) for key, line in lines if key not in _logs(draft)]
    own = [stranger.line(text), *(line for _, line in rest)]
    _write(draft, text, own, {key for key, _ in rest})


@kind("the log's signature with one bit changed")
def spoil_log_signature(draft):
    text, lines = _lines(draft)
    logs = _logs(draft)
    own = [_spoil(line) if key in logs else line for key, line in lines]
    _write(draft, text, own, draft.copy.signed.keys - logs, logs & draft.copy.signed.keys)


def _spoil(line):
    name, _, data = line[len(DASH) :].rstrip(b"\n").partition(b" ")
    raw = base64.b64decode(data)
    return signature_line(name, raw[:4], spoiled(raw[4:]))


@kind("no signature of the log")
def no_log_signature(draft):
    text, lines = _lines(draft)
    rest = [(key, line) for key, line in lines if key not in _logs(draft)]
    _write(draft, text, [line for _, line in rest], {key for key, _ in rest})


@kind("the witnesses are left out")
def no_witnesses(draft):
    _witnesses(draft)
    text, lines = _lines(draft)
    own = [line for key, line in lines if key in _logs(draft)]
    _write(draft, text, own, _logs(draft) & draft.copy.signed.keys)


def _one_witness(draft):
    policy = draft.last_roster().policy
    alone = [key for key in _witnesses(draft) if not is_met(policy, {key})]
    if not alone:
        raise Unsuitable("one witness is enough")
    return sorted(alone, key=lambda key: key.name)[0]


@kind("one witness cosigns twice")
def one_witness_twice(draft):
    chosen = _one_witness(draft)
    text, lines = _lines(draft)
    own = [line for key, line in lines if key in _logs(draft)]
    own += 2 * [line for key, line in lines if key == chosen]
    _write(draft, text, own, {chosen} | (_logs(draft) & draft.copy.signed.keys))


@kind("strangers cosign under the witnesses' names")
def strangers_as_witnesses(draft):
    names = [key.name.decode() for key in _witnesses(draft)]
    text, lines = _lines(draft)
    own = [line for key, line in lines if key in _logs(draft)]
    own += [witness(name, "stranger").line(text, 5) for name in sorted(names)]
    _write(draft, text, own, _logs(draft) & draft.copy.signed.keys)


def _add_wrong(name, what, signature):
    def make(draft):
        chosen = sorted(draft.last_roster().witnesses, key=lambda key: key.name)
        if not chosen:
            raise Unsuitable("no witness is listed")
        key = chosen[-1]
        text, lines = _lines(draft)
        own = [line for _, line in lines] + [signature_line(key.name, key.id, signature)]
        _write(draft, text, own, draft.copy.signed.keys, {key})

    kind("a cosignature " + what, name="cosignature-" + name)(make)


_add_wrong("wrong", "that is wrong", bytes(7) + b"\5" + bytes(64))
_add_wrong("short", "of another length", bytes(71))
_add_wrong("great-time", "of 2^63 seconds", b"\x80" + bytes(71))


@kind("lines of strangers under the checkpoint", unseen=NO_DAMAGE)
def lines_of_strangers(draft):
    text, lines = _lines(draft)
    own = [line for _, line in lines]
    own += [Key("stranger.example/one").line(text), witness("stranger.example/w").line(b"x", 3)]
    _write(draft, text, own, draft.copy.signed.keys)


# Age


def _vouched_at_s(draft):
    """Return the earliest time of a cosignature, or of the operator's own word."""
    if draft.last_roster().policy.is_none():
        return draft.items[-1].entry.received // 1000
    return max(draft.copy.signed.times.values())


@kind("nothing is damaged, but it is old")
def nothing_new(draft):
    if _vouched_at_s(draft) >= time.time() - 2:
        raise Unsuitable("it is new")
    draft.options = ("--max-age", "1")
    draft.found.add("stale")


@kind("witnesses date their cosignatures into the far future", unseen=BY_READER)
def witnesses_from_the_future(draft):
    held = {key.public for key in draft.all_of("witnesses")}
    policy = draft.last_roster().policy
    if policy.is_none() or not is_met(policy, held) or not draft.has_log_key():
        raise Unsuitable("it takes the log's key and those of a quorum")
    draft.options = ("--max-age", "1")
    draft.signing = {"time": 2**40}
