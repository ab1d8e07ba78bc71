"""Signed notes, keys and cosignatures (formats.md section 1)."""

import dataclasses
import enum
import re

import ed25519
from encoding import Malformed, b64_decode, b64_encode, is_name, sha256

TYPE_ED25519 = 0x01
TYPE_COSIGNATURE = 0x04
TYPE_ML_DSA_COSIGNATURE = 0x06

ED25519_SIGNATURE_BYTES = 64
ML_DSA_KEY_BYTES = 1312
ML_DSA_SIGNATURE_BYTES = 2420
TIME_BYTES = 8
TIME_LIMIT = 2**63

LINES_MAX = 100
LINES_BYTES_MAX = 256 * 1024

_DASH = "\u2014 ".encode()
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_KEY_ID = re.compile(rb"[0-9a-f]{8}")


@dataclasses.dataclass(frozen=True)
class Key:
    name: bytes
    type: int
    public: bytes

    @property
    def id(self):
        return sha256(self.name, b"\n", bytes([self.type]), self.public)[:4]

    @property
    def digest(self):
        """What the third element of an entry names the key by."""
        return sha256(bytes([self.type]), self.public)

    @property
    def vkey(self):
        encoded = b64_encode(bytes([self.type]) + self.public)
        return b"%s+%s+%s" % (self.name, self.id.hex().encode(), encoded)


def parse_public(text, types):
    """Split base64 of type and public key; the type must be one of those given."""
    data = b64_decode(text)
    if not data or data[0] not in types:
        raise Malformed("key type")
    return data[0], data[1:]


def parse_vkey(text, types):
    parts = text.split(b"+", 2)
    if len(parts) != 3 or not is_name(parts[0]) or not _KEY_ID.fullmatch(parts[1]):
        raise Malformed("not a vkey")
    key = Key(parts[0], *parse_public(parts[2], types))
    if key.id.hex().encode() != parts[1]:
        raise Malformed("key id does not fit the key")
    if key.type == TYPE_ML_DSA_COSIGNATURE:
        if len(key.public) != ML_DSA_KEY_BYTES:
            raise Malformed("length of an ML-DSA-44 key")
    elif not ed25519.is_valid_key(key.public):
        raise Malformed("not a valid Ed25519 key")
    return key


@dataclasses.dataclass(frozen=True)
class Line:
    name: bytes
    key_id: bytes
    signature: bytes


@dataclasses.dataclass(frozen=True)
class Note:
    text: bytes
    lines: list


def parse(data):
    """Take a note apart without looking at any key."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("note is not UTF-8") from error
    if _CONTROL.search(data):
        raise Malformed("control character in a note")
    split = data.rfind(b"\n\n")
    if split < 0 or not data.endswith(b"\n"):
        raise Malformed("note has no signatures")
    text, block = data[: split + 1], data[split + 2 :]
    if len(block) > LINES_BYTES_MAX:
        raise Malformed("signature lines too long")
    lines = block.split(b"\n")[:-1]
    if not 1 <= len(lines) <= LINES_MAX:
        raise Malformed("number of signature lines")
    return Note(text, [_parse_line(line) for line in lines])


def _parse_line(line):
    if not line.startswith(_DASH):
        raise Malformed("not a signature line")
    parts = line[len(_DASH) :].split(b" ")
    if len(parts) != 2 or not is_name(parts[0]):
        raise Malformed("not a signature line")
    data = b64_decode(parts[1])
    if len(data) < 5:
        raise Malformed("signature too short")
    return Line(parts[0], data[:4], data[4:])


class Status(enum.Enum):
    VALID = 1
    WRONG = 2
    UNCHECKED = 3


@dataclasses.dataclass(frozen=True)
class Checked:
    """A line by a known key, and what its signature proved to be."""

    key: Key
    status: Status
    time: int = 0


def check_lines(note, known_keys):
    """Check every line by a known key; the lines of strangers are left out."""
    known = {(key.name, key.id): key for key in known_keys}
    checked = []
    for line in note.lines:
        key = known.get((line.name, line.key_id))
        if key is not None:
            checked.append(_check(note.text, key, line.signature))
    return checked


def _check(text, key, signature):
    wrong = Checked(key, Status.WRONG)
    if key.type == TYPE_ED25519:
        if ed25519.verify(key.public, text, signature):
            return Checked(key, Status.VALID)
        return wrong
    is_ed25519 = key.type == TYPE_COSIGNATURE
    size = ED25519_SIGNATURE_BYTES if is_ed25519 else ML_DSA_SIGNATURE_BYTES
    if len(signature) != TIME_BYTES + size:
        return wrong
    time = int.from_bytes(signature[:TIME_BYTES], "big")
    if time >= TIME_LIMIT:
        return wrong
    if not is_ed25519:
        return Checked(key, Status.UNCHECKED, time)
    message = b"cosignature/v1\ntime %d\n%s" % (time, text)
    if ed25519.verify(key.public, message, signature[TIME_BYTES:]):
        return Checked(key, Status.VALID, time)
    return wrong


def any_wrong(checked):
    return any(line.status is Status.WRONG for line in checked)


def valid_keys(checked):
    """Return the keys that signed rightly, each once however many lines it has."""
    return {line.key for line in checked if line.status is Status.VALID}
