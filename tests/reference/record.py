"""Records: their fields, types and lengths (formats.md section 3)."""

import re

import msgpack
from encoding import Malformed

RECORD_BYTES_MAX = 60_000
SEALED_BYTES_MAX = 60_000
TEXT_BYTES_MAX = 200

_ID = re.compile("[\x21-\x7e]{1,255}")


def _is_id(value):
    return type(value) is str and _ID.fullmatch(value) is not None


def _is_ids(value):
    return type(value) is list and all(_is_id(item) for item in value)


def _is_uint(value):
    return type(value) is int


def _is_true(value):
    return value is True


def _is_text(value):
    return type(value) is str and len(value.encode("utf-8")) <= TEXT_BYTES_MAX


def _is_bin(value):
    return type(value) is bytes


def _is_salt(value):
    return type(value) is bytes and len(value) == 16


def _is_hash(value):
    return type(value) is bytes and len(value) == 32


_FIELDS_BY_TYPE = {
    _is_id: """action id actor unit role authority purpose dataset recipient
        recipient_kind ref outcome requested_by approved_by method witnessed_by
        notice corrects approval decision stream finding rule state""",
    _is_ids: "parents purposes datasets units recipients records",
    _is_uint: """at count discarded ratify_by retain_until source_count
        valid_from valid_to""",
    _is_true: "emergency",
    _is_text: "reason detail",
    _is_bin: "checkpoint",
    _is_salt: "salt",
    _is_hash: "criteria content statement sealed",
}
_CHECKS = {
    name: check for check, names in _FIELDS_BY_TYPE.items() for name in names.split()
}


def decode(data):
    """Return the fields of a well-formed record, or raise Malformed."""
    if len(data) > RECORD_BYTES_MAX:
        raise Malformed("record too long")
    fields = msgpack.decode(data)
    if type(fields) is not dict:
        raise Malformed("record is not a map")
    for name in ("action", "at", "salt"):
        if name not in fields:
            raise Malformed("record lacks " + name)
    for name, value in fields.items():
        check = _CHECKS.get(name)
        if check is None:
            if not name.startswith("x-"):
                raise Malformed("unknown field")
        elif not check(value):
            raise Malformed("field of another type: " + name)
    return fields


def sealed_digest(data):
    """Return what the record says its sealed part hashes to, None where it says nothing.

    A record malformed for some other reason may still say it, and the table of
    findings asks for the mismatch first.
    """
    try:
        fields = msgpack.decode(data)
    except Malformed:
        return None
    if type(fields) is not dict or not _is_hash(fields.get("sealed")):
        return None
    return fields["sealed"]
