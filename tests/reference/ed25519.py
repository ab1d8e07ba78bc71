"""Ed25519 verification by the strict rules of formats.md section 1.

A public key must be the canonical encoding of a point of prime order, and a
signature must hold without the cofactor, so that every verifier agrees on
every signature.  Nothing here is secret, so nothing runs in constant time.
"""

import functools
import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
LIMB_BITS = 64

# Points are extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z and
# T = XY/Z.  The addition law used is complete on this curve, so identity and
# small-order points need no case of their own.
IDENTITY = (0, 1, 1, 0)


def _double(point):
    x, y, z, _ = point
    a = x * x % P
    b = y * y % P
    e = (x + y) * (x + y) - a - b
    g = b - a
    f = (g - 2 * z * z) % P
    h = -a - b
    e %= P
    return e * f % P, g * h % P, f * g % P, e * h % P


def _addend(point):
    """Bring a point into the form in which it is cheapest to add."""
    x, y, z, t = point
    return (y - x) % P, (y + x) % P, t * D2 % P, 2 * z % P


def _add(point, addend):
    x, y, z, t = point
    minus, plus, t2d, z2 = addend
    a = (y - x) * minus % P
    b = (y + x) * plus % P
    c = t * t2d % P
    d = z * z2 % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _negate(point):
    x, y, z, t = point
    return P - x, y, z, P - t


def _is_identity(point):
    x, y, z, _ = point
    return x % P == 0 and (y - z) % P == 0


def _has_small_order(point):
    return _is_identity(_double(_double(_double(point))))


def _encode(point):
    x, y, z, _ = point
    inverse = pow(z, -1, P)
    x = x * inverse % P
    y = y * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decode(encoded):
    """Return the point, or None where the encoding is of none or not canonical."""
    number = int.from_bytes(encoded, "little")
    sign = number >> 255
    y = number & ((1 << 255) - 1)
    if y >= P:
        return None
    u = (y * y - 1) % P
    v = (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    square = v * x * x % P
    if square == P - u and u != 0:
        x = x * SQRT_MINUS_ONE % P
    elif square != u:
        return None
    if x == 0 and sign:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _multiples(point):
    """Tabulate the addends of 0 to 15 times the point."""
    table = [_addend(IDENTITY)]
    step = _addend(point)
    current = IDENTITY
    for _ in range(15):
        current = _add(current, step)
        table.append(_addend(current))
    return table


def _tables(point):
    """Tabulate multiples of the point times 1, 2^64, 2^128 and 2^192.

    A scalar cut into four such limbs needs a quarter of the doublings, and
    most keys verify many signatures.
    """
    tables = [_multiples(point)]
    for _ in range(3):
        for _ in range(LIMB_BITS):
            point = _double(point)
        tables.append(_multiples(point))
    return tables


def _multiply_add(pairs):
    """Sum scalar times point over (scalar, tables) pairs, sharing the doublings."""
    limbs = [
        (scalar >> LIMB_BITS * position, table)
        for scalar, tables in pairs
        for position, table in enumerate(tables)
    ]
    result = IDENTITY
    for shift in range(LIMB_BITS - 4, -4, -4):
        if result is not IDENTITY:
            result = _double(_double(_double(_double(result))))
        for limb, table in limbs:
            digit = limb >> shift & 15
            if digit:
                result = _add(result, table[digit])
    return result


_BASE = _decode((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
_BASE_TABLES = _tables(_BASE)


@functools.lru_cache(maxsize=1024)
def _key_tables(public_key):
    """Return the multiples of the negated key, or None for a key that is not valid."""
    if len(public_key) != 32:
        return None
    point = _decode(public_key)
    if point is None or _has_small_order(point):
        return None
    tables = _tables(_negate(point))
    if not _is_identity(_multiply_add([(L, tables)])):
        return None
    return tables


def is_valid_key(public_key):
    return _key_tables(public_key) is not None


def verify(public_key, message, signature):
    if len(signature) != 64:
        return False
    tables = _key_tables(public_key)
    if tables is None:
        return False
    encoded_r = signature[:32]
    s = int.from_bytes(signature[32:], "little")
    if s >= L:
        return False
    digest = hashlib.sha512(encoded_r + public_key + message).digest()
    h = int.from_bytes(digest, "little") % L
    r = _multiply_add([(s, _BASE_TABLES), (h, tables)])
    # R equals the encoding byte for byte, so its order is that of the
    # computed point and R itself never needs decoding.
    return _encode(r) == encoded_r and not _has_small_order(r)


def public_key(seed):
    """Derive the public key of a seed; only vectors and tests have seeds."""
    scalar = int.from_bytes(hashlib.sha512(seed).digest()[:32], "little")
    scalar = scalar & ((1 << 254) - 8) | 1 << 254
    return _encode(_multiply_add([(scalar, _BASE_TABLES)]))
