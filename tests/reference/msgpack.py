"""Canonical msgpack by formats.md section 2: one encoding for each value.

Values become int, str, bytes, True, list and dict; str and bytes keep the
msgpack types str and bin apart.
"""

import re

from encoding import SAFE_INTEGER_MAX, Malformed

DEPTH_MAX = 4

_FORBIDDEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]"
)

# For each header byte: how many bytes of number follow it, and the least
# number that does not fit a shorter header.
_UINT = {0xCC: (1, 0x80), 0xCD: (2, 0x100), 0xCE: (4, 0x10000), 0xCF: (8, 0x100000000)}
_STR = {0xD9: (1, 32), 0xDA: (2, 0x100), 0xDB: (4, 0x10000)}
_BIN = {0xC4: (1, 0), 0xC5: (2, 0x100), 0xC6: (4, 0x10000)}
_ARRAY = {0xDC: (2, 16), 0xDD: (4, 0x10000)}
_MAP = {0xDE: (2, 16), 0xDF: (4, 0x10000)}


def decode(data):
    """Return the value that the bytes encode, or raise Malformed."""
    reader = _Reader(data)
    value = reader.value(1)
    if reader.offset != len(data):
        raise Malformed("bytes after the value")
    return value


class _Reader:
    def __init__(self, data):
        self.data = data
        self.offset = 0

    def take(self, count):
        # Slicing past the end would silently give less, so the promise is
        # held against what remains before anything is made of it.
        if count > len(self.data) - self.offset:
            raise Malformed("promises more bytes than remain")
        taken = self.data[self.offset : self.offset + count]
        self.offset += count
        return taken

    def number(self, header, widths):
        width, least = widths[header]
        value = int.from_bytes(self.take(width), "big")
        if value < least:
            raise Malformed("header is not the shortest")
        return value

    def value(self, depth):
        if depth > DEPTH_MAX:
            raise Malformed("nested too deep")
        header = self.take(1)[0]
        if header < 0x80:
            return header
        if header < 0x90:
            return self.map(header & 0x0F, depth)
        if header < 0xA0:
            return self.array(header & 0x0F, depth)
        if header < 0xC0:
            return self.text(header & 0x1F)
        if header == 0xC3:
            return True
        if header in _UINT:
            value = self.number(header, _UINT)
            if value > SAFE_INTEGER_MAX:
                raise Malformed("integer too large")
            return value
        if header in _STR:
            return self.text(self.number(header, _STR))
        if header in _BIN:
            return self.take(self.number(header, _BIN))
        if header in _ARRAY:
            return self.array(self.number(header, _ARRAY), depth)
        if header in _MAP:
            return self.map(self.number(header, _MAP), depth)
        raise Malformed("type is not allowed")

    def text(self, size):
        try:
            text = self.take(size).decode("utf-8")
        except UnicodeDecodeError as error:
            raise Malformed("not UTF-8") from error
        if _FORBIDDEN.search(text):
            raise Malformed("forbidden character")
        return text

    def array(self, count, depth):
        if count > len(self.data) - self.offset:
            raise Malformed("promises more elements than remain")
        return [self.value(depth + 1) for _ in range(count)]

    def map(self, count, depth):
        if 2 * count > len(self.data) - self.offset:
            raise Malformed("promises more elements than remain")
        result = {}
        previous = None
        for _ in range(count):
            key = self.value(depth + 1)
            if type(key) is not str:
                raise Malformed("map key is not a str")
            encoded = key.encode("utf-8")
            if previous is not None and encoded <= previous:
                raise Malformed("map keys do not ascend")
            previous = encoded
            result[key] = self.value(depth + 1)
        return result
