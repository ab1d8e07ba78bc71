"""Witness quorums by c2sp.org/tlog-policy, in the spacing of formats.md section 7."""

import dataclasses

from encoding import Malformed, is_name, parse_decimal

NONE = b"none"


@dataclasses.dataclass(frozen=True)
class Group:
    threshold: int
    members: list


class Policy:
    """The witnesses and groups of a roster, and the one name that is the quorum."""

    def __init__(self):
        self.witnesses = {}
        self.groups = {}
        self.quorum = None
        self._grouped = set()

    def add_witness(self, name, key):
        self._check_new(name)
        self.witnesses[name] = key

    def add_group(self, name, threshold, members):
        self._check_new(name)
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise Malformed("group member is not defined")
            if member in self._grouped:
                raise Malformed("a name is listed as a member twice")
            self._grouped.add(member)
        if not members:
            raise Malformed("group without members")
        if threshold == b"any":
            count = 1
        elif threshold == b"all":
            count = len(members)
        else:
            count = parse_decimal(threshold, len(members))
        if count < 1:
            raise Malformed("group threshold is zero")
        self.groups[name] = Group(count, members)

    def set_quorum(self, name):
        if name != NONE and name not in self.witnesses and name not in self.groups:
            raise Malformed("quorum is not defined")
        self.quorum = name

    def _check_new(self, name):
        if not is_name(name) or name == NONE:
            raise Malformed("not a policy name")
        if name in self.witnesses or name in self.groups:
            raise Malformed("policy name defined twice")

    def is_none(self):
        return self.quorum == NONE

    def met_at(self, times):
        """Return the greatest t such that the cosignatures of time >= t meet the quorum.

        `times` maps witness keys to the newest time that each cosigned; None
        says that the quorum is not met at all, 0 that it asks for nobody.
        """
        if self.is_none():
            return 0
        # Groups stand after their members, so one pass in the order of
        # definition settles each without recursion.
        met = {name: times.get(key) for name, key in self.witnesses.items()}
        for name, group in self.groups.items():
            known = [met[member] for member in group.members]
            known = sorted((t for t in known if t is not None), reverse=True)
            enough = len(known) >= group.threshold
            met[name] = known[group.threshold - 1] if enough else None
        return met[self.quorum]
