"""Random ledgers and random damage to them, all of it following from one seed.

First a ledger grows whose writers may lie a little, then files that it publishes may be
damaged. What an audit finds is not foretold: two verifiers are held against each other.
"""

import base64
import random
import re

from forge import ABSENT, ORIGIN, SPOILED, UNREADABLE, Ledger, Stated, order, record, sealed
from keys import Key, ml_dsa_witness, signature_line, witness
from packing import pack

AGENCIES = [Key("agency-%d" % number) for number in range(4)]
NEW_KEYS = [Key(key.name.decode(), tag="new") for key in AGENCIES]
STRANGER = Key("stranger")
OTHER_LOG = Key(ORIGIN, tag="2")


class Grower:
    """Grows one random ledger; `lies` is how many statements it will falsify."""

    def __init__(self, random, entries, lies):
        self.random = random
        self.count = entries
        self.ledger = Ledger()
        self.told = []
        self._shape_roster()
        self.lie_at = sorted(random.randrange(1, entries + 1) for _ in range(lies))
        self.loss_rate = random.choice([0, 0, 0.03])
        self.proofs = []
        self.logs = [self.ledger.log]
        self.witnesses = self.ledger.witnesses
        self.listed = {key: "agency" for key in AGENCIES[: random.randint(1, 3)]}

    def _shape_roster(self):
        names = ("wa", "wb", "wc")
        ml_dsa = self.random.choice([0, 0, 0, 0, 1, 2])
        kinds = [witness] * (3 - ml_dsa) + [ml_dsa_witness] * ml_dsa
        self.ledger.witnesses = [kind(name) for kind, name in zip(kinds, names)]
        self.has_quorum = self.random.random() < 0.85

    def _roster_parts(self):
        ledger = self.ledger
        writers = [(ledger.operator, "operator", "nco"), (ledger.committee, "committee", "cc")]
        writers += [(key, role, "npa") for key, role in self.listed.items()]
        parts = {"writers": writers, "logs": self.logs, "witnesses": self.witnesses}
        if not self.has_quorum:
            parts["quorum"] = "none"
        return parts

    def grow(self):
        text = self.ledger.add_roster(**self._roster_parts())
        self.ledger.add_roster_entry(self.ledger.operator, text)
        while len(self.ledger.entries) < self.count:
            self._add()
        while self.lie_at and self.lie_at[0] <= len(self.ledger.entries):
            self.lie_at.pop(0)
        self._prove()
        return self.ledger

    def _add(self):
        random = self.random
        lie = bool(self.lie_at) and self.lie_at[0] <= len(self.ledger.entries)
        if lie:
            self.lie_at.pop(0)
        stated = self._lying() if lie else Stated()
        chance = random.random()
        if chance < max(0.02, 1.0 / self.count):
            self._change_roster(lie, stated)
        elif chance < 0.15:
            self._order(stated)
        elif lie and random.random() < 0.15:
            self._add_bytes()
        else:
            self._records(lie, stated)

    def _lying(self):
        """Choose one or two statements of an entry that will not be true."""
        random = self.random
        lies = {
            "number": random.choice([0, 1, 7, 2**53 - 1, 2**53]),
            "before": bytes(32),
            "received": random.choice([0, 1, 2000, 2**53 - 1]),
            "prev": bytes(random.choice([31, 32, 32, 32])),
            "signature": random.choice([SPOILED, b"", bytes(64)]),
        }
        chosen = random.sample(sorted(lies), random.choice([0, 1, 1, 2]))
        self.told.append("entry %d: %s" % (len(self.ledger.entries), ", ".join(chosen)))
        return Stated(**{name: lies[name] for name in chosen})

    def _record(self):
        random = self.random
        fields = {"count": random.randrange(300)}
        if random.random() < 0.1:
            fields["detail"] = "x" * random.choice([1, 31, 32, 200])
        if random.random() < 0.2:
            return sealed(bytes(random.choice([1, 40, 300])), **fields)
        return record(**fields), b""

    def _bad_record(self):
        random = self.random
        data = random.choice(
            [
                record(at=None),
                record(unlisted="x"),
                record(detail="x" * 201),
                record(detail="\u200b"),
                record(count=2**53),
                record() + b"\0",
                b"\x80",
                pack([1]),
                sealed(b"other")[0],
            ]
        )
        return data, random.choice([b"", b"", b"sealed"])

    def _records(self, lie, stated):
        random = self.random
        key = random.choice([*self.listed, self.ledger.operator])
        if lie and random.random() < 0.2:
            key = random.choice([STRANGER, *NEW_KEYS])
            self.told.append("entry %d by %s" % (len(self.ledger.entries), key.name.decode()))
        pairs = [self._record() for _ in range(random.choice([1, 1, 1, 2, 3, 7]))]
        stored = [list(pair) for pair in pairs]
        if lie and random.random() < 0.5:
            position = random.randrange(len(pairs))
            pairs[position] = self._bad_record()
            stored[position] = list(pairs[position])
        for pair in stored:
            if random.random() < (0.3 if lie else self.loss_rate):
                self._damage_pair(pair)
        if random.random() < self.loss_rate:
            stored = ()
        self.ledger.add_records(key, *pairs, stored=stored, stated=stated)

    def _damage_pair(self, pair):
        """Take away or change what is stored of a record; an order may excuse that."""
        way = self.random.randrange(5)
        if way == 0:
            pair[0] = b""
        elif way == 1:
            pair[1] = b""
        elif way == 2:
            pair[0] = pair[1] = b""
        elif way == 3:
            pair[1] += b"x"
        else:
            pair[0] = record(count=301)

    def _order(self, stated):
        """Order some records to be erased, those that are gone or any others."""
        random = self.random
        size = len(self.ledger.entries)
        addresses = []
        for _ in range(random.choice([0, 1, 3, 12])):
            index = random.randrange(max(0, size - 12), size + 6)
            form = random.choice(["%d.%d", "%d.%d", "%d.%d/sealed", "0%d.%d", "%d.%d/", "%d"])
            numbers = (index, random.randrange(3))
            addresses.append(form % numbers[: form.count("%d")])
        key = random.choice([self.ledger.committee] * 5 + [*self.listed])
        pair = (order(*addresses), b"")
        if random.random() < 0.2:
            pair = sealed(b"why", action="erase.record", records=addresses)
        stored = [pair]
        if random.random() < 10 * self.loss_rate:
            stored = [(pair[0], b"")]
        self.ledger.add_records(key, pair, stored=stored, stated=stated)

    def _add_bytes(self):
        random = self.random
        raw = random.choice([b"", b"\xc3", bytes(40), self.ledger.entries[-1] + b"\0"])
        part = random.choice([b"", b"", b"abc"])
        self.told.append("entry %d: %d odd bytes" % (len(self.ledger.entries), len(raw)))
        self.ledger.add_raw_entry(raw, part)

    def _change_roster(self, lie, stated):
        random, ledger = self.random, self.ledger
        before = (self.logs, self.witnesses, dict(self.listed))
        self._change_lists()
        parts = self._roster_parts()
        signers = ledger.roots[:2]
        sender = random.choice([ledger.operator, ledger.committee])
        if lie:
            fault = random.choice(["root", "serial", "parent", "sender", "text", "own", "none"])
            self.told.append("roster %d: %s" % (len(ledger.rosters), fault))
            if fault == "root":
                signers = ledger.roots[:1]
            elif fault in ("serial", "parent"):
                parts[fault] = {"serial": 7, "parent": bytes(32)}[fault]
            elif fault == "sender":
                sender = random.choice([*self.listed])
            elif fault == "own":
                parts["threshold"] = 3
        text = ledger.add_roster(signers=signers, **parts)
        if lie and fault == "text":
            text += b"x"
        index = ledger.add_roster_entry(sender, text, stated=stated)
        self.proofs.append((len(ledger.rosters) - 1, index, *before[:2]))
        if lie and fault not in ("none", "own") and random.random() < 0.7:
            # What comes after is written under the roster before.
            self.logs, self.witnesses, self.listed = before

    def _change_lists(self):
        random = self.random
        way = random.randrange(6)
        if way == 0 and len(self.listed) > 1:
            self.listed.pop(random.choice([*self.listed]))
        elif way == 1:
            self.logs = random.choice([[OTHER_LOG], [self.ledger.log, OTHER_LOG]])
        elif way == 2:
            self.witnesses = [witness("na"), witness("nb"), witness("wa")]
        elif way == 3:
            self.listed[random.choice(NEW_KEYS)] = "agency"
        else:
            self.listed[random.choice(AGENCIES)] = "agency"

    def _prove(self):
        """Put proofs beside the rosters, some of them wrong ones."""
        random, ledger = self.random, self.ledger
        for serial, index, logs, witnesses in self.proofs:
            size = random.randint(index + 1, len(ledger.entries))
            proof = {"logs": logs, "witnesses": witnesses, "cosigned": [(0, 50), (1, 60)]}
            if random.random() < 0.25:
                proof.update(self._wrong_proof(index))
                self.told.append("proof %d: %s" % (serial, sorted(proof)))
            size = proof.pop("size", size)
            ledger.put_proof(serial, index, size, **proof)

    def _wrong_proof(self, index):
        random = self.random
        entry = self.ledger.entries[index]
        return random.choice(
            [
                {"cosigned": [(2, 50)]},
                {"logs": [STRANGER]},
                {"logs": [OTHER_LOG]},
                {"origin": "other"},
                {"root": bytes(32)},
                {"root": bytes(32), "hashes": [], "size": max(1, index)},
                {"hashes": [bytes(32)]},
                {"stated_index": 0},
                {"extra": b""},
                {"extra": pack([entry, 0, b"", b""])},
                {"extra": pack([entry + b"x"])},
                {"extra": pack([entry]) + b"x"},
            ]
        )


class SoundGrower(Grower):
    """Grows a random ledger in which nothing is wrong."""

    def __init__(self, random, entries):
        super().__init__(random, entries, 0)
        self.loss_rate = 0

    def _shape_roster(self):
        self.has_quorum = self.random.random() < 0.7

    def _prove(self):
        ledger = self.ledger
        for serial, index, logs, witnesses in self.proofs:
            size = self.random.randint(index + 1, len(ledger.entries))
            ledger.put_proof(serial, index, size, logs=logs, witnesses=witnesses)

    def publication(self):
        ledger = self.ledger
        checkpoint = ledger.checkpoint(logs=self.logs, witnesses=self.witnesses)
        return ledger.publish(checkpoint)


def sound(seed, entries=30):
    """Return the grower of a random ledger that verifies."""
    grower = SoundGrower(random.Random(seed), entries)
    grower.grow()
    return grower


class Damage:
    """Damages the files of a publication, or signs another checkpoint for them."""

    def __init__(self, random, grower):
        self.random = random
        self.grower = grower
        self.ledger = grower.ledger
        self.told = []

    def checkpoint(self):
        """Return the checkpoint; one in three has something of its own."""
        grower, ledger = self.grower, self.ledger
        signed = {"logs": grower.logs[:1], "witnesses": grower.witnesses}
        signed["cosigned"] = [(0, 100), (1, 200), (2, 150)][: self.random.choice([2, 3])]
        if self.random.random() < 0.33:
            change = self._changed_checkpoint()
            self.told.append("checkpoint: %s" % sorted(change))
            signed.update(change)
        size = signed.pop("size", len(ledger.entries))
        return ledger.checkpoint(size, **signed)

    def _changed_checkpoint(self):
        random, ledger = self.random, self.ledger
        wrong = random.choice([*self.grower.witnesses, ledger.log])
        size = len(ledger.entries)
        return random.choice(
            [
                {"cosigned": [(0, 100)]},
                {"cosigned": [(1, 100), (1, 120)]},
                {"cosigned": []},
                {"logs": [STRANGER]},
                {"logs": [OTHER_LOG]},
                {"logs": [ledger.log, OTHER_LOG]},
                {"origin": "log.example/two"},
                {"root": bytes(32)},
                {"extra": wrong.line(b"another text\n", 7)},
                {"extra": signature_line(wrong.name, wrong.id, bytes(9))},
                {"extra": STRANGER.line(b"another text\n")},
                {"extra": b"no line\n"},
                {"size": random.randint(1, size)},
                {"size": size + random.choice([1, 300])},
            ]
        )

    def apply(self, files, count):
        for _ in range(count):
            name = self._pick(files)
            way = self.random.choice(
                [
                    self._flip_bit,
                    self._flip_bit,
                    self._cut,
                    self._lengthen,
                    self._remove,
                    self._make_unreadable,
                    self._swap,
                    self._make_full,
                    self._change_word,
                    self._duplicate_piece,
                ]
            )
            if isinstance(files[name], bytes):
                self.told.append("%s: %s" % (way.__name__.strip("_"), name))
                way(files, name)

    def _pick(self, files):
        # Each kind of file is as likely as any other, however many tiles there are.
        kinds = {}
        for name in sorted(files):
            if name != "latest-checkpoint":
                kind = re.sub(r"[0-9].*", "", name) + name.rpartition(".tlog")[2][:1]
                kinds.setdefault(kind, []).append(name)
        return self.random.choice(kinds[self.random.choice(sorted(kinds))])

    def _flip_bit(self, files, name):
        data = bytearray(files[name])
        if data:
            bit = self.random.randrange(8 * len(data))
            data[bit // 8] ^= 1 << bit % 8
            files[name] = bytes(data)

    def _cut(self, files, name):
        size = len(files[name])
        near_end = max(0, size - self.random.randint(1, 40))
        files[name] = files[name][: self.random.choice([0, 1, near_end, size // 2])]

    def _lengthen(self, files, name):
        files[name] += self.random.choice([b"\0", b"\n", bytes(4), bytes(32), b"x" * 70_000])

    def _remove(self, files, name):
        files[name] = ABSENT

    def _make_unreadable(self, files, name):
        files[name] = UNREADABLE

    def _swap(self, files, name):
        other = self._pick(files)
        files[name], files[other] = files[other], files[name]

    def _make_full(self, files, name):
        """Rename a partial tile or bundle to the full one, with something after it."""
        if ".p/" in name:
            more = self.random.choice([b"", b"\0\1x", bytes(64)])
            files[name.partition(".p/")[0]] = files[name] + more
            files[name] = ABSENT

    def _change_word(self, files, name):
        """Put another number, key or base64 in place of one in a text file."""
        data = files[name]
        words = sorted(set(re.findall(rb"[A-Za-z0-9+/=]{1,90}", data)))
        if not words:
            return
        word = self.random.choice(words)
        other = self.random.choice([b"0", b"1", b"4", base64.b64encode(bytes(32)), b"", word * 2])
        files[name] = data.replace(word, other, 1)

    def _duplicate_piece(self, files, name):
        data = files[name]
        start = self.random.randrange(len(data) + 1)
        piece = data[start : start + self.random.choice([1, 32, 100])]
        files[name] = data[:start] + piece + data[start:]


def forge(random):
    """Return a random publication, options for its audit, and what was done to it."""
    entries = random.choice([1, 2, 3, 5, 8, 13, 20, 40, random.randint(41, 600)])
    if random.random() < 0.08:
        entries = random.choice([255, 256, 257, 511, 513])
    damages = random.choice([0, 1, 1, 2, 2, 3, 4])
    lies = random.randint(0, damages)
    grower = Grower(random, entries, lies)
    ledger = grower.grow()
    damage = Damage(random, grower)
    trusted = None
    if random.random() < 0.15:
        trusted = random.choice(ledger.rosters).note
    publication = ledger.publish(damage.checkpoint(), trusted)
    damage.apply(publication.files, damages - lies)
    options = random.choice([(), (), (), (), ("--no-records",), ("--latest",), ("--max-age", "9")])
    told = ["%d entries, %d rosters" % (len(ledger.entries), len(ledger.rosters))]
    return publication, options, told + grower.told + damage.told
