"""What the committee's records make of an approval (doc/rules.md, "Approvals")."""

import dataclasses

WITHOUT_END = float("inf")
TIMES_MAX = 1000


@dataclasses.dataclass
class Time:
    begins: float
    ends: float
    is_revoked: bool = False  # a revocation set its end


class Approval:
    def __init__(self):
        self.stream = None
        self.times = []
        self.is_ratified = False
        self.is_refused = False
        self.is_known = False  # a committee's record decided on it

    @property
    def is_granted(self):
        return bool(self.times)

    def last(self):
        """The time that ends last."""
        return max(reversed(self.times), key=lambda time: time.ends)

    def holds(self, instant):
        return any(time.begins <= instant <= time.ends for time in self.times)

    def _add(self, begins, ends):
        self.times.append(Time(begins, ends))
        del self.times[:-TIMES_MAX]

    def take(self, action, record):
        """Take a committee's record that was done; return what it did, None for nothing."""
        if action == "revoke":
            return self._revoke(record) if self.is_known else None
        self.is_known = True
        does = {"granted": self._grant, "ratified": self._ratify, "extended": self._extend,
                "refused": self._refuse}.get(record.fields.get("decision"))
        return does and does(record)

    def _grant(self, record):
        fields = record.fields
        self._add(fields.get("valid_from", 0), fields.get("valid_to", WITHOUT_END))
        return "granted"

    def _ratify(self, record):
        self._grant(record)
        self.is_ratified = True
        return "ratified"

    def _extend(self, record):
        if not self.times:
            return None
        last, fields = self.last(), record.fields
        if "valid_to" not in fields:
            return "extended"
        begins, ends = fields.get("valid_from", 0), fields["valid_to"]
        if record.received > last.ends or last.is_revoked:
            self._add(max(record.received, begins), ends)
        elif begins > last.ends:
            self._add(begins, ends)
        else:
            last.ends = ends
        return "extended"

    def _refuse(self, record):
        if self.is_refused or self.is_ratified:
            return None
        self.is_refused = True
        return "refused"

    def _revoke(self, record):
        for time in self.times:
            if time.ends > record.began:
                time.ends, time.is_revoked = record.began, True
        return "revoked"
