"""The secret keys that an attacker has, and what each of them is in a roster."""

import base64
import os

import reference_path  # noqa: F401
import note as notes
from encoding import Malformed

from keys import Key

HEADER = "keiin-secret-key/v1"


class Keyring:
    """Keys by what a roster or an entry calls them."""

    def __init__(self, keys=()):
        self.keys = list(keys)
        self._by_public = {(key.type, key.public.public): key for key in self.keys}
        self._by_digest = {key.digest: key for key in self.keys}

    @classmethod
    def read(cls, folder):
        """Take every secret key file of a folder that has no passphrase."""
        keys = []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                lines = file.read().split("\n")
            if lines[0] == HEADER and lines[3:4] == ["none"]:
                keys.append(_key_of(lines[2], lines[4]))
        return cls(keys)

    def of(self, public):
        """Return the key of a vkey's Key in the reference's sense, None when not had."""
        return self._by_public.get((public.type, public.public))

    def all_of(self, publics):
        held = [self.of(public) for public in publics]
        return [key for key in held if key is not None]

    def by_digest(self, digest):
        """Return the key that entries name by this digest, None when not had."""
        return self._by_digest.get(digest)


def _key_of(vkey, secret):
    name, _, public = vkey.split("+", 2)
    kind = base64.b64decode(public)[0]
    if kind not in (notes.TYPE_ED25519, notes.TYPE_COSIGNATURE):
        raise Malformed("a key of a type that nobody here can sign with")
    return Key(name, kind, seed=base64.b64decode(secret))
