"""Writes canonical msgpack (SPEC.md section 2); the reference only reads it."""

import struct

_UINTS = (
    (0x100, 0xCC, ">B"),
    (0x10000, 0xCD, ">H"),
    (0x100000000, 0xCE, ">I"),
    (1 << 64, 0xCF, ">Q"),
)


def pack(value):
    """Encode int, str, bytes, True, list or dict, each in its one valid way."""
    if value is True:
        return b"\xc3"
    if isinstance(value, int):
        return _pack_uint(value)
    if isinstance(value, str):
        data = value.encode()
        return _header(len(data), 0xA0, 32, 0xD9) + data
    if isinstance(value, bytes):
        return _header(len(value), None, 0, 0xC4) + value
    if isinstance(value, list):
        return _header(len(value), 0x90, 16, None, 0xDC) + b"".join(map(pack, value))
    names = sorted(value, key=lambda name: name.encode())
    pairs = b"".join(pack(name) + pack(value[name]) for name in names)
    return _header(len(value), 0x80, 16, None, 0xDE) + pairs


def _pack_uint(value):
    if value < 0x80:
        return bytes([value])
    for limit, header, form in _UINTS:
        if value < limit:
            return bytes([header]) + struct.pack(form, value)
    raise ValueError("no uint: %d" % value)


def _header(count, short, short_limit, byte_header, word_header=None):
    """Return the shortest header; the one with two bytes of count follows that with one."""
    if count < short_limit:
        return bytes([short | count])
    if byte_header is not None and count < 0x100:
        return bytes([byte_header, count])
    if word_header is None:
        word_header = byte_header + 1
    return bytes([word_header]) + struct.pack(">H", count)
