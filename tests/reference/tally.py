"""Counts what doc/report.md says that a report counts. Written from that text alone."""

import collections
import datetime

import entry as entries
from approval import Approval
from dataset import DataSets
from rules_words import ACCESS, VOCABULARY

DAY_MS = 86400000
GREATEST = 2**63 - 1  # sums stop there
ACTS = {"approve", "revoke", "inspect", "notify", "demand", "recommend", "finding", "erase.record",
        "emergency.begin", "emergency.end"}


def middle(times):
    """The middle one; of two the lesser."""
    return sorted(times)[(len(times) - 1) // 2] if times else None


class Table(collections.defaultdict):
    """Counts by key and column."""

    def __init__(self):
        super().__init__(lambda: collections.defaultdict(int))

    def add(self, key, column, count=1):
        row = self[key if isinstance(key, tuple) else (key,)]
        row[column] = min(row[column] + count, GREATEST)


class Emergency:
    def __init__(self, record, is_in_period):
        self.agency, self.began, self.in_period = record.agency, record.began, is_in_period
        self.decision = None  # (word, in the period, received)


class Demand:
    def __init__(self, kind, deadline, ref):
        self.kind, self.deadline, self.ref = kind, deadline, ref


class Tally:
    """Takes the entries of a ledger in order, up to the first whose `now` is not before `to`."""

    def __init__(self, begins, ends, limits):
        self.begins, self.ends, self.limits = begins, ends, limits
        self.tables = collections.defaultdict(Table)
        self.now = 0
        self.is_complete = False
        self.end_index = None  # of the first entry that is not read any more
        self.indexes = []  # (now, index) of every entry that was read
        self.finding_records = []  # the committee's: (index, in the period, state, finding)
        self._systems = {}
        self._listed = {}
        self._gaps = collections.Counter()
        self._roster = None
        self._approvals = collections.defaultdict(Approval)
        self._batches = {}  # data set: [items not selected, agency, last receipt in the period]
        self._kinds = {}  # of the last provision of a ref
        self._recipients = collections.defaultdict(set)
        self._emergencies = {}
        self._sets = DataSets(limits.erase_late)
        self._delays = collections.defaultdict(list)
        self._demands = []

    # Taking

    def take(self, entry):
        """Take an entry; those behind the end count for gaps alone."""
        if "writer-gap" in entry.codes:
            self._gaps[entry.sender] += 1
        if self.is_complete:
            return
        if entry.now >= self.ends:
            self.is_complete, self.end_index = True, entry.index
            return
        self.now = entry.now
        self.indexes.append((entry.now, entry.index))
        self._in_period = entry.now >= self.begins
        if entry.writer is not None:
            self._take_entry(entry)
        for record in entry.records:
            self._take_record(record)
        self._take_roster(entry)

    def _take_entry(self, entry):
        name, agency = entry.writer.name.decode(), entry.writer.organisation.decode()
        system = self._system(name, entry.writer)
        system.last = entry.last_number, entry.received
        if self._in_period and entry.kind == entries.KIND_RECORDS:
            self.tables["records"].add(agency, "recorded", entry.digests)
            self.tables["records"].add(agency, "not_read", entry.digests - len(entry.records))
            system.counts["records"] += entry.digests

    def _system(self, name, writer):
        if name not in self._systems:
            self._systems[name] = System(name, writer)
        return self._systems[name]

    def _take_roster(self, entry):
        if entry.roster is self._roster:
            return
        self._roster = entry.roster
        listed = {writer.name.decode(): writer for writer in entry.roster.writers.values()}
        for name, writer in listed.items():
            self._system(name, writer).begin(entry.now)
        for name, system in self._systems.items():
            if name not in listed:
                system.stop(entry.now, self)

    def _take_record(self, record):
        action = self.limits.action(record.fields)
        undone = record.fields.get("outcome") in ("denied", "failure")
        if self._in_period:
            self._count(action, record, undone)
        if action == "heartbeat":
            self._systems[record.name].beat(record.now, self)
        if action == "finding" and record.role == "committee" and not undone:
            self.finding_records.append((record.index, self._in_period,
                                         record.fields.get("state"), record.fields.get("finding", "")))
        self._take_approval(action, record, undone)
        self._take_emergency(action, record)
        if undone:
            return
        self._take_volume(action, record)
        self._take_answer(action, record)
        if action in VOCABULARY and action != "correct":
            self._sets.take(action, record)
        if action == "provide" and "ref" in record.fields:
            self._kinds[record.fields["ref"]] = record.fields.get("recipient_kind", "")

    # What a record alone tells

    def _count(self, action, record, undone):
        fields, agency, tables = record.fields, record.agency, self.tables
        count = fields.get("count", 0)
        if action not in VOCABULARY:
            tables["records"].add(agency, "not_judged")
        if action == "heartbeat":
            tables["records"].add(agency, "heartbeats")
            counts = self._systems[record.name].counts
            counts["heartbeats"] += 1
            counts["with_checkpoint"] += "checkpoint" in fields
        if action in ACCESS:
            self._count_access(record, undone, count)
        if action == "incident":
            tables["incidents"].add(agency, "incidents")
            self._delays[agency].append(max(0, record.received - fields["at"]))
        if undone:
            return
        if action == "provide":
            self._count_provision(fields, count)
        if action == "receive":
            kind = fields.get("recipient_kind")
            kind = self._kinds.get(fields.get("ref"), "") if kind is None else kind
            tables["provisions"].add(kind, "receipts")
        if action == "retain.extend" and "retain_until" in fields:
            tables["retention"].add(agency, "extended")
        if record.role == "committee" and action in ACTS:
            tables["acts"].add(fields["action"], "acts")

    def _count_access(self, record, undone, count):
        outcome = record.fields.get("outcome")
        column = {"denied": "denied", "failure": "failed"}.get(outcome, "done")
        key = record.agency, record.fields["action"], record.fields.get("purpose", "")
        self.tables["accesses"].add(key, column)
        self.tables["accesses"].add(key, "items", 0 if undone else count)
        if column != "failed":
            self.tables["accesses_over_time"].add((self._piece(record.now), record.agency), column)

    def _count_provision(self, fields, count):
        kind, recipient = fields.get("recipient_kind", ""), fields.get("recipient", "")
        self.tables["provisions"].add(kind, "provided")
        self.tables["provisions"].add(kind, "items", count)
        self.tables["recipients"].add((kind, recipient), "provided")
        self.tables["recipients"].add((kind, recipient), "items", count)
        if "recipient" in fields:
            self._recipients[kind].add(recipient)

    def _piece(self, now):
        local = datetime.datetime.fromtimestamp((now + self.limits.zone_ms) // 1000,
                                                datetime.timezone.utc)
        if self.ends - self.begins <= 62 * DAY_MS:
            return local.strftime("%Y-%m-%d")
        if self.ends - self.begins <= 8 * 366 * DAY_MS:
            return local.strftime("%Y-%m")
        return local.strftime("%Y")

    # Approvals

    def _take_approval(self, action, record, undone):
        fields = record.fields
        if action not in ("approve", "revoke") or undone or "approval" not in fields:
            return
        approval = self._approvals[fields["approval"]]
        if action == "approve" and fields.get("decision") == "requested":
            does = "requested"
        elif record.role == "committee":
            does = approval.take(action, record)
        else:
            return
        if does is None:
            return
        if approval.stream is None:
            approval.stream = fields.get("stream")
        if self._in_period:
            self.tables["approvals"].add(approval.stream or "", does)
        emergency = self._emergencies.get(fields["approval"])
        if does in ("ratified", "refused") and emergency is not None and not emergency.decision:
            emergency.decision = does, self._in_period, record.received

    def _take_emergency(self, action, record):
        fields = record.fields
        if fields.get("outcome") == "denied":
            return
        name = fields.get("authority")
        if action == "emergency.begin":
            if record.role != "committee":
                return
            name = fields.get("approval", name)
        elif "emergency" not in fields or action in ("emergency.end", "approve"):
            return
        if name is None:
            return
        if name in self._emergencies:
            emergency = self._emergencies[name]
            if not emergency.decision:
                emergency.began = min(emergency.began, record.began)
        elif not self._approvals[name].is_ratified:
            made = self._emergencies[name] = Emergency(record, self._in_period)
            if self._approvals[name].is_refused:
                made.decision = "refused", self._in_period, None

    # Volumes

    def _take_volume(self, action, record):
        fields, volumes = record.fields, self.tables["volumes"]
        count = fields.get("count", 0)
        if action == "batch.receive":
            if self._in_period:
                volumes.add(record.agency, "batches")
                volumes.add(record.agency, "received", count)
            if "dataset" in fields:
                before = self._batches.get(fields["dataset"], (0,))[0]
                self._batches[fields["dataset"]] = before + count, record.agency, self._in_period
        if action == "select.run":
            discarded = fields.get("discarded", 0)
            names = {fields.get("dataset"), *fields.get("parents", ())} & self._batches.keys()
            went_in = sum(self._batches.pop(name)[0] for name in names)
            if self._in_period:
                volumes.add(record.agency, "selected", count)
                volumes.add(record.agency, "discarded", discarded)
                if names:
                    volumes.add(record.agency, "unbalanced", abs(went_in - count - discarded))
        if action == "erase" and self._in_period:
            volumes.add(record.agency, "erased", count)

    # Answers

    def _take_answer(self, action, record):
        ref = record.fields.get("ref")
        if action in ("demand", "recommend") and record.role == "committee":
            self._demands.append(Demand(action, record.began + self.limits.response, ref))
            if self._in_period:
                self.tables["answers"].add(action, "made")
        if action == "respond" and ref is not None:
            answered = [demand for demand in self._demands if demand.ref == ref]
            self._demands = [demand for demand in self._demands if demand.ref != ref]
            if self._in_period:
                for demand in answered:
                    in_time = record.received <= demand.deadline
                    self.tables["answers"].add(demand.kind, "in_time" if in_time else "late")

    # The end

    @property
    def last_instant(self):
        return self.ends - 1 if self.is_complete else self.now

    @property
    def end(self):
        """Behind the last instant."""
        return self.ends if self.is_complete else self.now

    def finish(self):
        """Add what counts at the end; return all tables."""
        self._finish_systems()
        self._finish_approvals()
        self._finish_emergencies()
        for items, agency, in_period in self._batches.values():
            if in_period:
                self.tables["volumes"].add(agency, "not_selected", items)
        for kind, row in self.tables["provisions"].items():
            row["recipients"] = len(self._recipients[kind[0]]) if row["provided"] else None
        self._finish_retention()
        for agency, delays in self._delays.items():
            row = self.tables["incidents"][(agency,)]
            row["median_delay"], row["longest_delay"] = middle(delays), max(delays)
        for demand in self._demands:
            is_overdue = demand.deadline < self.last_instant
            self.tables["answers"].add(demand.kind, "overdue" if is_overdue else "waiting")
        return self.tables

    def _finish_systems(self):
        listed = {writer.name.decode() for writer in self._roster.writers.values()} \
            if self._roster else set()
        for name, system in self._systems.items():
            system.stop(self.end, self)
            row = self.tables["systems"][(name, system.agency, system.role)]
            row.update(system.counts)
            row["listed"] = int(name in listed)
            row["last_number"], row["last_received"] = system.last
            row["silent"], row["longest_silence"] = system.silent, system.longest
            row["gaps"] = self._gaps[name]

    def _finish_approvals(self):
        table = self.tables["approvals"]
        for approval in self._approvals.values():
            if not approval.is_granted:
                continue
            ends = approval.last().ends
            if not approval.last().is_revoked and self.begins <= ends < self.ends and \
                    ends <= self.last_instant:
                table.add(approval.stream or "", "expired")
            if approval.holds(self.last_instant):
                table.add(approval.stream or "", "live")

    def _finish_emergencies(self):
        table, times = self.tables["emergencies"], collections.defaultdict(list)
        for emergency in self._emergencies.values():
            if emergency.in_period:
                table.add(emergency.agency, "begun")
            if emergency.decision is None:
                table.add(emergency.agency, "waiting")
                continue
            word, in_period, received = emergency.decision
            if in_period:
                table.add(emergency.agency, word)
                if word == "ratified":
                    times[emergency.agency].append(max(0, received - emergency.began))
        for (agency,), row in table.items():
            took = times[agency]
            row["shortest"], row["longest"] = (min(took), max(took)) if took else (None, None)
            row["median"] = middle(took)

    def _finish_retention(self):
        for kept in self._sets.all():
            settled = kept.due + self.limits.erase_late
            if not self.begins <= settled < self.ends or settled > self.last_instant:
                continue
            add = self.tables["retention"].add
            add(kept.agency, "due")
            if kept.erased_at is None:
                add(kept.agency, "not_erased")
            elif kept.erasure_received <= settled:
                add(kept.agency, "on_time")
            else:
                add(kept.agency, "late")


class System:
    """A system's signs of life."""

    def __init__(self, name, writer):
        self.agency, self.role = writer.organisation.decode(), writer.role.decode()
        self.counts = collections.Counter()
        self.last = None, None
        self.silent = self.longest = 0
        self._since = None  # the last heartbeat, or being listed; None while not listed

    def begin(self, now):
        if self._since is None:
            self._since = now

    def beat(self, now, tally):
        self._to(now, tally)
        self._since = now

    def stop(self, now, tally):
        self._to(now, tally)
        self._since = None

    def _to(self, now, tally):
        if self._since is None:
            return
        begins = max(self._since + tally.limits.heartbeat, tally.begins)
        silent = min(now, tally.ends) - begins
        if silent > 0:
            self.silent += silent
            self.longest = max(self.longest, now - self._since)
