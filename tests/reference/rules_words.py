"""Words that rules and reports share: groups of actions, limits, and what a rules file changes."""

import configparser
import hashlib

COLLECTION = {"collect.start", "collect.stop", "batch.receive", "select.run", "select.criteria"}
HANDLING = {"deident.apply", "deident.reverse", "modify", "combine", "copy", "erase",
            "retain.review", "retain.extend"}
ACCESS = {"query", "view", "export"}
PROVISION = {"provide", "receive"}
AUTHORITY = {"approve", "revoke", "emergency.begin", "emergency.end"}
COMMITTEE = {"inspect", "notify", "demand", "recommend", "respond", "finding", "erase.record"}
SYSTEM = {"heartbeat", "config", "incident", "correct"}
VOCABULARY = COLLECTION | HANDLING | ACCESS | PROVISION | AUTHORITY | COMMITTEE | SYSTEM
NEEDS_APPROVAL = COLLECTION | ACCESS | PROVISION | {"deident.reverse"}

_UNITS = {"ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000}


def duration(text):
    number, unit = text.split()
    return int(number) * _UNITS[unit]


class Limits:
    """What a report needs of a rules file; `text` None stands for no file."""

    def __init__(self, text=None):
        parser = configparser.ConfigParser(delimiters=("=",), comment_prefixes=(";", "#"),
                                           interpolation=None)
        parser.optionxform = str
        parser.read_string(text or "")
        self._parser = parser
        self.digest = hashlib.sha256((text or "").encode()).hexdigest()
        self.heartbeat = self._time("heartbeat-missing", "limit", "1 h")
        self.erase_late = self._time("erase-late", "limit", "24 h")
        self.response = self._time("response-overdue", "limit", "30 d")
        self.tolerance = self._time("clocks", "tolerance", "5 min")
        self.actions = dict(parser["actions"]) if parser.has_section("actions") else {}
        zone = parser.get("reports", "zone", fallback="+00:00")
        self.zone_ms = (1 if zone[0] == "+" else -1) * (
            int(zone[1:3]) * 3600000 + int(zone[4:6]) * 60000)

    def _time(self, section, key, initial):
        return duration(self._parser.get(section, key, fallback=initial))

    def action(self, fields):
        """As which action a record is judged."""
        return self.actions.get(fields["action"], fields["action"])
