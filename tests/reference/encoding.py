"""Small encodings shared by notes, rosters, checkpoints and proofs."""

import base64
import binascii
import hashlib
import re

SAFE_INTEGER_MAX = 2**53 - 1

_DECIMAL = re.compile(rb"0|[1-9][0-9]*")
_NAME = re.compile(rb"[\x21-\x2a\x2c-\x7e]{1,255}")
_PRINTABLE = re.compile(rb"[\x21-\x7e]+")


class Malformed(Exception):
    """The bytes do not have the form that the specification gives them."""


def sha256(*parts):
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()


def b64_encode(data):
    return base64.b64encode(data)


def b64_decode(text):
    """Decode padded base64 and refuse every second spelling of the same bytes."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("not base64") from error
    if base64.b64encode(data) != text:
        raise Malformed("base64 is not canonical")
    return data


def parse_decimal(text, maximum):
    # The length is looked at first, because Python refuses to convert
    # several thousand digits and takes quadratic time for fewer.
    if len(text) > 20 or not _DECIMAL.fullmatch(text):
        raise Malformed("not a decimal number")
    value = int(text)
    if value > maximum:
        raise Malformed("number too large")
    return value


def is_name(text):
    """Say whether the bytes are a key name, a policy name or an origin."""
    return _NAME.fullmatch(text) is not None


def is_url(text):
    return len(text) <= 2048 and _PRINTABLE.fullmatch(text) is not None
