"""Ed25519 signing (RFC 8032) for tests: pure Python, slow, and not in constant time."""

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def _add(a, b):
    """Add two points in extended coordinates."""
    e = (a[1] - a[0]) * (b[1] - b[0]) % P
    f = (a[1] + a[0]) * (b[1] + b[0]) % P
    g = 2 * a[3] * b[3] * D % P
    h = 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % P, k * m % P, j * k % P, i * m % P


def _base():
    y = 4 * pow(5, -1, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * pow(2, (P - 1) // 4, P) % P
    if x & 1:
        x = P - x
    return x, y, 1, x * y % P


def _powers():
    point, table = _base(), []
    for _ in range(256):
        table.append(point)
        point = _add(point, point)
    return table


_TABLE = _powers()


def _multiply_base(scalar):
    result = (0, 1, 1, 0)
    for bit in range(scalar.bit_length()):
        if scalar >> bit & 1:
            result = _add(result, _TABLE[bit])
    return result


def _encode(point):
    inverse = pow(point[2], -1, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _expand(seed):
    h = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(h[:32], "little") & ((1 << 254) - 8) | 1 << 254
    return scalar, h[32:]


def public_key(seed):
    return _encode(_multiply_base(_expand(seed)[0]))


def sign(seed, message):
    scalar, prefix = _expand(seed)
    public = _encode(_multiply_base(scalar))
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    encoded = _encode(_multiply_base(r))
    h = int.from_bytes(hashlib.sha512(encoded + public + message).digest(), "little") % L
    return encoded + ((r + h * scalar) % L).to_bytes(32, "little")
