"""Until when a data set may be kept, and when the whole of it was erased (doc/report.md,
"retention"; doc/rules.md, "erase-late")."""

import collections
import dataclasses


@dataclasses.dataclass
class Kept:
    """A data set, from the first time that was said to its erasure."""

    due: int
    agency: str  # of the record that set the time
    erased_at: int | None = None
    erasure_received: int | None = None


def acts_on(fields):
    if "dataset" in fields:
        return [fields["dataset"]]
    return list(dict.fromkeys(fields.get("parents", ())))


class DataSets:
    def __init__(self, limit):
        self._limit = limit
        self._live = {}
        self._gone = []
        self._left = collections.Counter()  # thrown away in place, not erased yet

    def all(self):
        return [*self._gone, *self._live.values()]

    def take(self, action, record):
        """Take a record that was done, of the vocabulary, that is no `correct`."""
        fields = record.fields
        if action == "erase":
            self._erase(record)
            return
        if "retain_until" in fields:
            for name in acts_on(fields):
                self._retain(name, action, record)
        if action == "select.run" and "dataset" in fields:
            parents = fields.get("parents", ())
            if not parents or fields["dataset"] in parents:
                self._left[fields["dataset"]] += fields.get("discarded", 0)

    def _retain(self, name, action, record):
        kept, until = self._live.get(name), record.fields["retain_until"]
        if kept is not None and kept.erased_at is not None:
            if record.fields["at"] <= kept.erased_at:
                return
            self._gone.append(kept)
            kept = None
        if kept is None:
            self._live[name] = Kept(until, record.agency)
            return
        if action == "retain.extend":
            if record.received > kept.due + self._limit:
                return
        elif until >= kept.due:
            return
        kept.due, kept.agency = until, record.agency

    def _erase(self, record):
        fields = record.fields
        count = fields.get("count")
        for name in acts_on(fields):
            if count is not None and 0 < self._left[name] and count <= self._left[name]:
                self._left[name] -= count
                continue
            self._left[name] = 0
            kept = self._live.get(name)
            if kept is not None and kept.erased_at is None:
                kept.erased_at, kept.erasure_received = fields["at"], record.received
        if "dataset" in fields:
            # As often as it is named there.
            for name in fields.get("parents", ()):
                if name != fields["dataset"]:
                    left = self._left[name]
                    self._left[name] = max(0, left - count) if count is not None else 0
