"""Rosters: who may do what (formats.md section 7)."""

import dataclasses
import re

import note as notes
from encoding import (
    SAFE_INTEGER_MAX,
    Malformed,
    b64_decode,
    is_name,
    is_url,
    parse_decimal,
    sha256,
)
from quorum import Policy

TEXT_BYTES_MAX = 3 * 1024 * 1024
LINES_MAX = 10_000
NOTE_BYTES_MAX = TEXT_BYTES_MAX + 1 + notes.LINES_BYTES_MAX

ROLES = (b"agency", b"committee", b"operator", b"auditor")
ROLES_OF_ROSTER_ENTRIES = (b"operator", b"committee")

_ORGANISATION = re.compile(rb"[a-z0-9-]{1,32}")
_HEADER_LINES = 4
_ORDER = (
    b"root",
    b"threshold",
    b"log",
    b"witness",
    b"group",
    b"quorum",
    b"writer",
    b"reader",
)


@dataclasses.dataclass(frozen=True)
class Writer:
    key: notes.Key
    role: bytes
    organisation: bytes

    @property
    def name(self):
        return self.key.name


class Roster:
    """The parsed text of one roster; `parse_text` makes it."""

    def __init__(self, text):
        self.text = text
        self.digest = sha256(text)
        self.origin = b""
        self.serial = 0
        self.parent = b""
        self.roots = []
        self.threshold = 0
        self.logs = []
        self.policy = Policy()
        self.writers = {}

    @property
    def witnesses(self):
        return list(self.policy.witnesses.values())


def parse_text(text):
    """Return the roster of a note's text, or raise Malformed."""
    if len(text) > TEXT_BYTES_MAX or not text.endswith(b"\n"):
        raise Malformed("roster text too long or not ended")
    lines = text.split(b"\n")[:-1]
    if not _HEADER_LINES < len(lines) <= LINES_MAX:
        raise Malformed("number of roster lines")
    return _Parser(text).parse(lines)


class _Parser:
    def __init__(self, text):
        self.roster = Roster(text)
        self.public_keys = set()
        self.names_and_ids = set()
        self.capacities = {}
        self.counts = dict.fromkeys(_ORDER, 0)

    def parse(self, lines):
        self.header(lines[:_HEADER_LINES])
        handlers = [getattr(self, word.decode()) for word in _ORDER]
        stage = 0
        for line in lines[_HEADER_LINES:]:
            word, *fields = line.split(b" ")
            if word not in _ORDER or _ORDER.index(word) < stage:
                raise Malformed("unknown line or out of order")
            stage = _ORDER.index(word)
            self.counts[word] += 1
            handlers[stage](fields)
        self.check_counts()
        return self.roster

    def header(self, lines):
        title, origin, serial, parent = lines
        if title != b"keiin/roster/v1" or not is_name(origin):
            raise Malformed("roster header")
        self.roster.origin = origin
        self.roster.serial = parse_decimal(serial, SAFE_INTEGER_MAX)
        self.roster.parent = b64_decode(parent)
        if len(self.roster.parent) != 32:
            raise Malformed("roster parent")

    def check_counts(self):
        for word in (b"root", b"log", b"writer"):
            if self.counts[word] < 1:
                raise Malformed("roster without " + word.decode())
        for word in (b"threshold", b"quorum"):
            if self.counts[word] != 1:
                raise Malformed("not exactly one " + word.decode())
        if not 1 <= self.roster.threshold <= len(self.roster.roots):
            raise Malformed("threshold is not between 1 and the number of roots")

    def register(self, key):
        if key.public in self.public_keys:
            raise Malformed("key stands in two lines")
        self.public_keys.add(key.public)
        if (key.name, key.id) in self.names_and_ids:
            raise Malformed("two keys share name and key id")
        self.names_and_ids.add((key.name, key.id))

    def vkey(self, text, *types):
        key = notes.parse_vkey(text, types)
        self.register(key)
        return key

    def root(self, fields):
        (vkey,) = _exactly(fields, 1)
        self.roster.roots.append(self.vkey(vkey, notes.TYPE_ED25519))

    def threshold(self, fields):
        (count,) = _exactly(fields, 1)
        self.roster.threshold = parse_decimal(count, LINES_MAX)

    def log(self, fields):
        (vkey,) = _with_url(fields, 1)
        key = self.vkey(vkey, notes.TYPE_ED25519)
        if key.name != self.roster.origin:
            raise Malformed("log key does not have the origin as name")
        self.roster.logs.append(key)

    def witness(self, fields):
        name, vkey = _with_url(fields, 2)
        key = self.vkey(vkey, notes.TYPE_COSIGNATURE, notes.TYPE_ML_DSA_COSIGNATURE)
        self.roster.policy.add_witness(name, key)

    def group(self, fields):
        if len(fields) < 3:
            raise Malformed("group line")
        self.roster.policy.add_group(fields[0], fields[1], fields[2:])

    def quorum(self, fields):
        (name,) = _exactly(fields, 1)
        self.roster.policy.set_quorum(name)

    def writer(self, fields):
        vkey, role, organisation = _exactly(fields, 3)
        key = self.vkey(vkey, notes.TYPE_ED25519)
        _check_capacity(role, organisation)
        capacity = (role, organisation)
        if self.capacities.setdefault(key.name, capacity) != capacity:
            raise Malformed("one writer with two roles or organisations")
        self.roster.writers[key.digest] = Writer(key, role, organisation)

    def reader(self, fields):
        name, public, role, organisation = _exactly(fields, 4)
        if not is_name(name):
            raise Malformed("reader name")
        key = notes.Key(name, *notes.parse_public(public, (notes.TYPE_ED25519,)))
        if len(key.public) != 32 or key.public == bytes(32):
            raise Malformed("reader key")
        self.register(key)
        _check_capacity(role, organisation)


def _exactly(fields, count):
    if len(fields) != count:
        raise Malformed("number of fields")
    return fields


def _with_url(fields, count):
    if len(fields) == count + 1 and is_url(fields[count]):
        return fields[:count]
    return _exactly(fields, count)


def _check_capacity(role, organisation):
    if role not in ROLES or not _ORGANISATION.fullmatch(organisation):
        raise Malformed("role or organisation")


def _parse_note(data):
    if len(data) > NOTE_BYTES_MAX:
        raise Malformed("roster note too long")
    note = notes.parse(data)
    return note, parse_text(note.text)


def _check_threshold(signers, roster):
    if len(signers.intersection(roster.roots)) < roster.threshold:
        raise Malformed("short of roots")


def parse_trusted(data):
    """Return the roster that someone handed over, checked by its own threshold."""
    note, roster = _parse_note(data)
    checked = notes.check_lines(note, roster.roots)
    if notes.any_wrong(checked):
        raise Malformed("wrong signature by a root")
    _check_threshold(notes.valid_keys(checked), roster)
    return roster


def parse_parent(data, child):
    """Return the roster that `child` names as the one before it."""
    _, roster = _parse_note(data)
    if roster.digest != child.parent:
        raise Malformed("does not hash to what its successor states")
    if roster.serial + 1 != child.serial or roster.origin != child.origin:
        raise Malformed("is not the parent of its successor")
    return roster


def parse_successor(data, before):
    """Return the roster that rightly follows `before`, or raise Malformed."""
    note, roster = _parse_note(data)
    if roster.serial != before.serial + 1:
        raise Malformed("wrong serial")
    if roster.parent != before.digest or roster.origin != before.origin:
        raise Malformed("wrong parent or origin")
    checked = notes.check_lines(note, before.roots + roster.roots)
    if notes.any_wrong(checked):
        raise Malformed("wrong signature by a root")
    signers = notes.valid_keys(checked)
    _check_threshold(signers, before)
    _check_threshold(signers, roster)
    return roster
