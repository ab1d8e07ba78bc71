"""Ledgers of records by chance, for reports: few names, so that everything meets everything, and
times at and around every limit."""

import pathlib
import random

import reference_path  # noqa: F401  (of tests/forge)
import forge
from packing import pack

T0 = 1767225600000  # 2026-01-01
MINUTE, HOUR, DAY = 60000, 3600000, 86400000
GREATEST = 2**53 - 1

ACTIONS = """collect.start collect.stop batch.receive select.run select.criteria deident.apply
    deident.reverse modify combine copy erase retain.review retain.extend query view export provide
    receive approve revoke emergency.begin emergency.end inspect notify demand recommend respond
    finding erase.record heartbeat config incident correct""".split()
LIKELY = """approve approve approve approve revoke batch.receive batch.receive select.run erase erase
    retain.extend query view export provide receive demand recommend respond emergency.begin heartbeat
    heartbeat heartbeat incident x-lookup x-own nothing finding copy combine""".split()
DECISIONS = "requested granted granted granted refused extended extended ratified other".split()


def published(ledger, folder, cosigned=((0, GREATEST // 1000), (1, GREATEST // 1000))):
    """Writes the ledger, and its trusted roster beside it; witnesses dispute no time."""
    folder = pathlib.Path(folder)
    publication = ledger.publish(ledger.checkpoint(cosigned=cosigned))
    publication.write(folder)
    pathlib.Path(f"{folder}.roster").write_bytes(publication.trusted)
    return folder


def begun(at=T0):
    ledger = forge.Ledger()
    ledger.add_roster_entry(ledger.operator, ledger.add_roster(), stated=forge.Stated(received=at))
    return ledger


def record(action="query", at=T0, **fields):
    return pack({"action": action, "at": at, "salt": bytes(16),
                 **{name: value for name, value in fields.items() if value is not None}})


class Chance:
    """Grows a ledger by chance; `instants` are times at which something changes. A sound one is one
    that an audit verifies."""

    def __init__(self, seed, is_sound=False):
        self.is_sound = is_sound
        self.random = random.Random(seed)
        self.ledger = begun()
        self.clock = T0
        self.instants = [T0]
        self.rosters = [self.ledger.writers(), self.ledger.writers(
            (self.ledger.stranger, "agency", "mod"))]

    def grow(self, entries, finding_ids=()):
        for _ in range(entries):
            self._step()
            if not self.is_sound and self.random.random() < 0.02:
                self._roster()
            else:
                self._entry(finding_ids)
        return self.ledger

    def _step(self):
        self.clock += self.random.choice((0, 1, 1000, MINUTE, 20 * MINUTE, 20 * MINUTE, HOUR,
                                          5 * HOUR, DAY))
        self.received = self.clock
        if not self.is_sound and self.random.random() < 0.05:
            self.received -= self.random.choice((1, HOUR))  # an operator's clock that runs back
        if self.random.random() < 0.05 and self.instants:
            later = [time for time in self.instants if 0 <= time - self.clock < 2 * DAY]
            if later:
                self.clock = self.received = self.random.choice(later) + self.random.choice((0, 1))
        self.instants.append(self.received)

    def _roster(self):
        ledger = self.ledger
        text = ledger.add_roster(writers=self.random.choice(self.rosters))
        index = ledger.add_roster_entry(ledger.operator, text,
                                        stated=forge.Stated(received=self.received))
        ledger.put_proof(len(ledger.rosters) - 1, index)

    def _entry(self, finding_ids):
        ledger, chance = self.ledger, self.random
        key = chance.choice((ledger.committee, ledger.committee, ledger.agency, ledger.agency,
                             ledger.operator, ledger.stranger)[:5 if self.is_sound else 6])
        records = [self._record(finding_ids) for _ in range(chance.choice((1, 1, 1, 2, 3)))]
        signature = number = stored = None
        if not self.is_sound and chance.random() < 0.05:
            signature = self._some(forge.SPOILED)
            number = self._some(900 + len(ledger.entries) * 10)
            stored = self._some([(b"", b"")] * len(records))
        ledger.add_records(key, *records, stored=stored, stated=forge.Stated(
            received=self.received, signature=signature, number=number))

    def _some(self, *values):
        """One of these, or None."""
        return self.random.choice((None, *values))

    def _at(self):
        chance = self.random
        return self.received - chance.choice((0, 0, 0, 1, -1, 1000, HOUR, 25 * HOUR, -HOUR))

    def _later(self):
        time = self.received + self.random.choice((-DAY, -1, 0, 1, HOUR, DAY, 3 * DAY, 20 * DAY))
        if self.random.random() < 0.3:
            time = time // DAY * DAY + self.random.choice((-1, 0))
        self.instants.append(time)
        return time

    def _record(self, finding_ids):
        chance = self.random
        action = chance.choice(LIKELY if chance.random() < 0.9 else ACTIONS)
        names = ["d1", "d2", "d3", "d4"]
        at = self._at()
        fields = {
            "actor": self._some("p1", "p2", "auto:1"), "authority": self._some("a1", "a2", "a3"),
            "purpose": self._some("u1", "u2"), "dataset": self._some(*names, *names),
            "outcome": self._some(None, None, None, "success", "denied", "failure", "partial"),
            "count": self._some(0, 3, 5, 8, 100), "discarded": self._some(0, 3, 5),
            "ref": self._some("r1", "r2", "r3"),
        }
        if chance.random() < 0.3:
            fields["parents"] = chance.choices(names, k=chance.choice((0, 1, 2, 3)))
        if chance.random() < 0.15:
            fields["emergency"] = True
        if chance.random() < 0.25 or action == "retain.extend":
            fields["retain_until"] = self._later()
            self.instants.append(fields["retain_until"] + DAY)
        if action in ("approve", "revoke", "emergency.begin"):
            fields["approval"] = self._some("a1", "a2", "a3", "a4")
            fields["stream"] = self._some(None, "s1", "s2")
        if action == "approve":
            fields["decision"] = chance.choice(DECISIONS)
            fields["valid_from"] = self._some(self.received - DAY, self.received, self._later())
            fields["valid_to"] = self._some(self._later(), self._later(), self._later())
        if action in ("provide", "receive"):
            fields["recipient_kind"] = self._some("domestic", "council", "foreign", "foreign", "odd")
            fields["recipient"] = self._some("n1", "n2", "n3")
        if action in ("demand", "recommend"):
            self.instants.append(min(at, self.received) + 30 * DAY)
        if action == "finding":
            fields["state"] = self._some("open", "explained", "explained", "confirmed", "odd")
            if finding_ids:
                name = chance.choice(finding_ids)
                fields["finding"] = chance.choice((name, name[:16], name[:16] + "-x", name[:15]))
        if action == "heartbeat" and chance.random() < 0.5:
            fields["checkpoint"] = b"none"
        return record(action, at, **fields)

    def periods(self, count):
        """Periods that begin and end at times at which something changes, and around them."""
        chance = self.random
        for _ in range(count):
            times = sorted(chance.choice(self.instants) + chance.choice((-1, 0, 0, 1, 2))
                           for _ in range(2))
            yield times[0], max(times[1], times[0] + 1)
