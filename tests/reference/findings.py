"""What an audit found, in the order of formats.md section 9, and erasure by order."""

import dataclasses

CODES = (
    "checkpoint-invalid",
    "witness-quorum",
    "rollback",
    "fork",
    "stale",
    "root-mismatch",
    "entry-malformed",
    "chain-broken",
    "time-reversed",
    "writer-unknown",
    "writer-gap",
    "writer-chain-broken",
    "writer-signature",
    "writer-fork",
    "roster-invalid",
    "record-mismatch",
    "record-malformed",
    "record-missing",
    "receipt-mismatch",
    "incomplete",
)
_RANK = {code: rank for rank, code in enumerate(CODES)}


@dataclasses.dataclass(frozen=True)
class Finding:
    code: str
    index: int | None = None
    position: int | None = None

    @property
    def address(self):
        return "%d.%d" % (self.index, self.position)

    def as_json(self):
        fields = dataclasses.asdict(self)
        return {name: value for name, value in fields.items() if value is not None}


@dataclasses.dataclass(frozen=True)
class Missing:
    """A `record-missing` that an order further on in the ledger may still excuse."""

    finding: Finding
    is_sealed_part: bool

    def is_named_in(self, names):
        address = self.finding.address
        return address in names or (self.is_sealed_part and address + "/sealed" in names)


@dataclasses.dataclass(frozen=True)
class Order:
    """An order to erase, at its own address."""

    address: str
    names: frozenset


class Findings:
    """Collects findings; entries must be reported in the order they come."""

    def __init__(self):
        self._of_entries = []
        self._of_ledger = set()
        self._missing = {}
        self._orders = []

    def add_ledger(self, code):
        # Each of these is a statement about the whole ledger, so it is made once.
        self._of_ledger.add(code)

    def add_incomplete(self):
        self.add_ledger("incomplete")

    def add_entry(self, findings, missing=()):
        """Add all findings of one entry, the missing records among them."""
        for item in missing:
            self._missing[item.finding] = item
        found = list(findings) + [item.finding for item in missing]
        found.sort(key=lambda f: (_RANK[f.code], -1 if f.position is None else f.position))
        self._of_entries.extend(found)

    def add_order(self, order):
        self._orders.append(order)

    def result(self):
        excused = self._excused()
        found = [finding for finding in self._of_entries if finding not in excused]
        ledger = sorted(self._of_ledger, key=_RANK.get)
        return found + [Finding(code) for code in ledger]

    def _excused(self):
        # An order counts only without a finding of its own, and another order
        # may be what excuses that finding, so this goes round until nothing
        # changes; orders that excuse only each other stay without effect.
        excused = set()
        open_findings = dict(self._missing)
        waiting = self._orders
        while waiting:
            blocked = {finding.address for finding in open_findings}
            effective = [order for order in waiting if order.address not in blocked]
            if not effective:
                break
            waiting = [order for order in waiting if order.address in blocked]
            names = frozenset().union(*(order.names for order in effective))
            for finding, missing in list(open_findings.items()):
                if missing.is_named_in(names):
                    excused.add(finding)
                    del open_findings[finding]
        return excused
