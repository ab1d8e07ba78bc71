"""Keys made from seeds, and the signature lines they make (SPEC.md section 1)."""

import functools
import hashlib
import struct

import reference_path  # noqa: F401
import ed25519
import note as notes
from encoding import b64_encode, sha256

DASH = "\u2014 ".encode()


@functools.lru_cache(maxsize=None)
def _secret(seed):
    """Return the secret scalar of a seed and the prefix that makes nonces."""
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little")
    return scalar & ((1 << 254) - 8) | 1 << 254, digest[32:]


@functools.lru_cache(maxsize=None)
def _public_key(seed):
    return ed25519.public_key(seed)


def _times_base(scalar):
    # The reference verifies only, so what signing needs of it is not exported.
    return ed25519._encode(ed25519._multiply_add([(scalar, ed25519._BASE_TABLES)]))


def _number(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little") % ed25519.L


@functools.lru_cache(maxsize=None)
def sign(seed, message):
    """Sign as RFC 8032 says. Slow, and of no use with a secret that is one."""
    scalar, prefix = _secret(seed)
    nonce = _number(prefix, message)
    commitment = _times_base(nonce)
    challenge = _number(commitment, _public_key(seed), message)
    response = (nonce + challenge * scalar) % ed25519.L
    return commitment + response.to_bytes(32, "little")


def spoiled(signature):
    """Return the signature with the lowest bit of its last byte changed: wrong, not odd."""
    return signature[:-1] + bytes([signature[-1] ^ 1])


def signature_line(name, key_id, signature):
    return DASH + name + b" " + b64_encode(key_id + signature) + b"\n"


class Key:
    """A key pair whose seed follows from its name, type and tag, unless it is given."""

    def __init__(self, name, type=notes.TYPE_ED25519, tag="", seed=None):
        self.name = name.encode()
        self.type = type
        label = b"%s|%d|%s" % (self.name, type, tag.encode())
        if type == notes.TYPE_ML_DSA_COSIGNATURE:
            # Nobody here can sign with it; its lines only have the right length.
            public = hashlib.shake_256(label).digest(notes.ML_DSA_KEY_BYTES)
        else:
            self._seed = seed or sha256(label)
            public = _public_key(self._seed)
        self.public = notes.Key(self.name, type, public)

    @property
    def vkey(self):
        return self.public.vkey.decode()

    @property
    def id(self):
        return self.public.id

    @property
    def digest(self):
        """What an entry names the key by."""
        return self.public.digest

    def sign(self, message):
        return sign(self._seed, message)

    def line(self, text, time=None, is_wrong=False):
        """Return a signature line under `text`; cosignatures have a time in seconds."""
        if self.type == notes.TYPE_ED25519:
            signature = self.sign(text)
        elif self.type == notes.TYPE_COSIGNATURE:
            message = b"cosignature/v1\ntime %d\n%s" % (time, text)
            signature = struct.pack(">Q", time) + self.sign(message)
        else:
            signature = struct.pack(">Q", time) + bytes(notes.ML_DSA_SIGNATURE_BYTES)
        if is_wrong:
            signature = spoiled(signature)
        return signature_line(self.name, self.id, signature)


def witness(name, tag=""):
    return Key(name, notes.TYPE_COSIGNATURE, tag)


def ml_dsa_witness(name):
    return Key(name, notes.TYPE_ML_DSA_COSIGNATURE)
