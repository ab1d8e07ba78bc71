"""Until when a data set may be kept, and when the whole of it was erased (doc/report.md,
"retention"; doc/rules.md, "erase-late")."""

import dataclasses


@dataclasses.dataclass
class Kept:
    """A data set, from its first record to its erasure."""

    due: int | None = None
    agency: str | None = None  # of the record that set the time
    erased_at: int | None = None
    erased_by: str | None = None  # the writer
    left: int = 0  # thrown away by a selection in place, and not erased yet


def acts_on(fields):
    return [fields["dataset"]] if "dataset" in fields else list(dict.fromkeys(fields.get("parents", ())))


class DataSets:
    def __init__(self, tolerance):
        self._tolerance = tolerance
        self._live = {}
        self._gone = []

    def all(self):
        return [*self._gone, *self._live.values()]

    def _kept(self, name):
        return self._live.setdefault(name, Kept())

    def _is_surely_behind(self, record, kept):
        allowed = 0 if record.name == kept.erased_by else self._tolerance
        return record.fields["at"] > kept.erased_at + allowed

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
                self._kept(fields["dataset"]).left += fields.get("discarded", 0)

    def _retain(self, name, action, record):
        kept = self._kept(name)
        if kept.erased_at is not None and self._is_surely_behind(record, kept):
            self._gone.append(kept)
            kept = self._live[name] = Kept()
        until = record.fields["retain_until"]
        if action == "retain.extend":
            if kept.due is not None and max(record.received, record.fields["at"]) > kept.due:
                return
        elif kept.due is not None and until >= kept.due:
            return
        kept.due, kept.agency = until, record.agency

    def _erase(self, record):
        fields = record.fields
        count = fields.get("count")
        for name in acts_on(fields):
            kept = self._kept(name)
            if count is not None and 0 < kept.left and count <= kept.left:
                kept.left -= count
                continue
            kept.left = 0
            if kept.erased_at is None:
                kept.erased_at, kept.erased_by = fields["at"], record.name
        if "dataset" in fields:
            for name in set(fields.get("parents", ())) - {fields["dataset"]}:
                kept = self._kept(name)
                kept.left = max(0, kept.left - count) if count is not None else 0
