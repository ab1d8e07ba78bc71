"""What an outsider can compute from reports for the public: an integer program, and GLPK.

A variable is the true number of a table's row and column in one month. What the reports of the months
and of the year say of it bounds it; sums that they tell bound sums; and numbers that hang together
in a ledger hang together in the program, also where that is only what one would expect.
"""

import collections
import pathlib
import subprocess
import tempfile

ITEMS_MAX = 100000  # of a batch, in the ledgers that are looked at here

# Columns, and whether a number is how it stands at the end.
FLOWS = {
    "approvals": "requested granted refused extended ratified revoked expired",
    "volumes": "batches received selected discarded erased unbalanced not_selected",
    "accesses": "done denied failed items",
    "provisions": "provided items receipts recipients",
    "emergencies": "begun ratified refused",
    "retention": "due on_time late extended",
    "incidents": "incidents",
    "findings": "found explained confirmed",
    "acts": "acts",
    "answers": "made in_time late",
}
STOCKS = {
    "approvals": "live",
    "emergencies": "waiting",
    "findings": "undecided undecided_30_days undecided_90_days undecided_longer",
    "answers": "waiting overdue",
}
KEYS = {"approvals": ["stream"], "volumes": ["agency"], "provisions": ["kind"],
        "accesses": ["agency", "action", "purpose"], "emergencies": ["agency"],
        "retention": ["agency"], "incidents": ["agency"], "findings": ["rule"], "acts": ["act"],
        "answers": ["kind"]}
# Tables in which a row that is not there has no counts; of what is rounded it says little.
ROUNDED = {("approvals", c) for c in "requested ratified revoked expired live".split()}
ROUNDED |= {("volumes", "received"), ("volumes", "not_selected"), ("provisions", "receipts"), ("emergencies", "ratified"),
            ("emergencies", "refused"), ("emergencies", "waiting"), ("answers", "in_time"),
            ("answers", "late"), ("answers", "waiting"), ("answers", "overdue")}
ROUNDED |= {("findings", c) for c in (FLOWS["findings"] + " " + STOCKS["findings"]).split()}


def told(value):
    """Least and greatest of what a report says; None for what it withholds."""
    if isinstance(value, int):
        return value, value
    return None if "withheld" in value else (value["low"], value["high"])


def columns(table):
    return FLOWS[table].split() + STOCKS.get(table, "").split()


def key_of(table, row):
    return tuple(row[name] for name in KEYS[table])


class Program:
    """Constraints `low <= sum of factor * variable <= high`; a variable is a tuple."""

    def __init__(self, months, year, least, expects=True):
        """`expects`: that all goes as it should, beyond what holds in every ledger."""
        self.months, self.year, self.least, self.expects = months, year, least, expects
        self.limits, self.bounds = [], {}
        self.rows = {table: self._rows(table) for table in FLOWS}
        for number, report in enumerate(months):
            self._month(number, report)
        self._year()
        self._hang_together()

    # --- What the reports say.

    def _rows(self, table):
        found = {key_of(table, row) for report in [*self.months, self.year]
                 for row in report["figures"][table]["rows"]}
        return sorted(found)

    def say(self, terms, low, high=None):
        terms = [(factor, name) for factor, name in terms]
        if terms:
            self.limits.append((terms, low, high))

    def cells(self, table, column, months, keys=None):
        return [(1, (table, key, column, month)) for key in keys or self.rows[table]
                for month in months]

    def _month(self, number, report):
        for table in FLOWS:
            here = report["figures"][table]
            rows = {key_of(table, row): row for row in here["rows"]}
            for column in columns(table):
                for key in self.rows[table]:
                    value = (0, 0) if key not in rows else told(rows[key][column])
                    if key not in rows and ((table, column) in ROUNDED or table == "findings"):
                        value = None
                    self._bound(table, key, column, number, value)
                if column in here["total"] and told(here["total"][column]) is not None:
                    self.say(self.cells(table, column, [number]), *told(here["total"][column]))
        self._over_time(report, [number])

    def _bound(self, table, key, column, month, value):
        name = (table, key, column, month)
        low, high = value or (0, None)
        before = self.bounds.get(name, (0, None))
        ends = [end for end in (before[1], high) if end is not None]
        self.bounds[name] = max(low, before[0]), min(ends, default=None)

    def _over_time(self, report, months):
        for row in report["figures"]["accesses_over_time"]["rows"]:
            month = int(row["time"][5:7]) - 1
            for column in ("done", "denied"):
                keys = [key for key in self.rows["accesses"] if key[0] == row["agency"]]
                assert keys and len(row["time"]) == 7
                self.say(self.cells("accesses", column, [month], keys), *told(row[column]))
        for column in ("done", "denied"):
            value = report["figures"]["accesses_over_time"]["total"][column]
            self.say(self.cells("accesses", column, months), *told(value))

    def _year(self):
        every, last = range(len(self.months)), [len(self.months) - 1]
        for table in FLOWS:
            here = self.year["figures"][table]
            for row in here["rows"]:
                for column in columns(table):
                    if told(row[column]) is None:
                        continue
                    low, high = told(row[column])
                    stock = column in STOCKS.get(table, "").split()
                    terms = self.cells(table, column, last if stock else every,
                                       [key_of(table, row)])
                    if column != "recipients":
                        self.say(terms, low, high)
                        continue
                    # Different ones of the year: not fewer than of any month.
                    self.say(terms, low)
                    for term in terms:
                        self.say([term], 0, high)
            for column, value in here["total"].items():
                if column in columns(table) and told(value) is not None:
                    stock = column in STOCKS.get(table, "").split()
                    self.say(self.cells(table, column, last if stock else every), *told(value))
        self._over_time(self.year, every)

    # --- What hangs together.

    def _sum(self, pieces, month, upto=True):
        """Terms of factor, table, column, keys; of all months up to one, of a stock of that only."""
        terms = []
        for factor, table, column, keys in pieces:
            stock = column in STOCKS.get(table, "").split()
            months = [month] if stock or not upto else range(month + 1)
            have = [key for key in keys or self.rows[table] if key in self.rows[table]]
            if have:
                terms += [(factor, name) for _, name in self.cells(table, column, months, have)]
        return terms

    def _hang_together(self):
        for month in range(len(self.months)):
            self._of_month(month)
            if self.expects:
                self._expected(month)
            for key in self.rows["emergencies"]:
                self._balance("emergencies", key, "begun", "ratified refused waiting", month)
            for key in self.rows["answers"]:
                self._balance("answers", key, "made", "in_time late waiting overdue", month)
            for key in self.rows["findings"]:
                self._balance("findings", key, "undecided",
                              "undecided_30_days undecided_90_days undecided_longer", month)
            for column in ("ratified", "refused"):
                self.say(self._sum([(1, "approvals", column, None),
                                    (-1, "emergencies", column, None)], month), 0)

    def _expected(self, month):
        for key in self.rows["approvals"]:
            used = [(-1, "approvals", c, [key]) for c in ("granted", "refused", "extended",
                                                         "ratified")]
            self.say(self._sum([(1, "approvals", "requested", [key]), *used], month), 0)
            self.say(self._sum([(1, "approvals", "granted", [key]),
                                (1, "approvals", "ratified", [key]),
                                (-1, "approvals", "expired", [key]),
                                (-1, "approvals", "revoked", [key]),
                                (-1, "approvals", "live", [key])], month), 0, 0)
        for key in self.rows["findings"]:
            self._balance("findings", key, "found", "explained confirmed undecided", month)
        for key in self.rows["provisions"]:
            self.say(self._sum([(1, "provisions", "provided", [key]),
                                (-1, "provisions", "receipts", [key])], month), 0)
        self.say(self._sum([(1, "retention", "late", None),
                            (-1, "findings", "found", [("erase-late",)])], month), 0)

    def _balance(self, table, key, whole, parts, month):
        self.say(self._sum([(1, table, whole, [key])] +
                           [(-1, table, part, [key]) for part in parts.split()], month), 0, 0)

    def _of_month(self, month):
        for key in self.rows["volumes"] if self.expects else []:
            # What selections took is of this month, or was left over by an earlier one.
            pieces = [(1, "volumes", "received", [key])]
            pieces += [(-1, "volumes", c, [key]) for c in ("selected", "discarded", "not_selected")]
            lost = self._sum([(1, "volumes", "unbalanced", [key])], month, upto=False)
            taken = self._sum([(-f, *rest) for f, *rest in pieces], month, upto=False)
            came = self._sum(pieces, month, upto=False)
            left = self._sum([(1, "volumes", "not_selected", [key])], month - 1) if month else []
            self.say(taken + lost, 0)
            self.say(came + left + lost, 0)
            self.say(self._sum([(ITEMS_MAX, "volumes", "batches", [key]),
                                (-1, "volumes", "received", [key])], month, upto=False), 0)
        for key in self.rows["retention"]:
            self.say(self._sum([(1, "retention", "due", [key]), (-1, "retention", "on_time", [key]),
                                (-1, "retention", "late", [key])], month, upto=False), 0, 0)
        for key in self.rows["provisions"]:
            self.say(self._sum([(1, "provisions", "provided", [key]),
                                (-1, "provisions", "recipients", [key])], month, upto=False), 0)
        acts = {"approve": [("approvals", c, None) for c in ("granted", "refused", "extended",
                                                            "ratified")],
                "demand": [("answers", "made", [("demand",)])],
                "recommend": [("answers", "made", [("recommend",)])]}
        for act, parts in acts.items():
            if (act,) in self.rows["acts"]:
                self.say(self._sum([(1, "acts", "acts", [(act,)])] +
                                   [(-1, *part) for part in parts], month, upto=False), 0, 0)

    # --- Whether the truth fits, and what can be computed.

    def misfits(self, truth):
        """What the true numbers break: nothing, where the program says only what is so."""
        wrong = []
        for name, (low, high) in self.bounds.items():
            if not low <= truth[name] <= (truth[name] if high is None else high):
                wrong.append((name, truth[name], low, high))
        for terms, low, high in self.limits:
            value = sum(factor * truth[name] for factor, name in terms)
            if value < low or (high is not None and value > high):
                wrong.append((terms[:8], value, low, high))
        return wrong

    def is_withheld(self, name):
        return self.bounds[name][1] is None

    def shown_as_small(self):
        return [name for name, bounds in self.bounds.items() if bounds == (1, self.least - 1)]

    def small(self, truth):
        return [name for name in self.bounds if 0 < truth[name] < self.least]

    def _touched(self, wanted):
        """What hangs together with a variable, over any number of limits: names and limits."""
        if not hasattr(self, "by_name"):
            self.by_name = collections.defaultdict(list)
            for number, (terms, _, _) in enumerate(self.limits):
                for _, name in terms:
                    self.by_name[name].append(number)
        names, limits, left = {wanted}, set(), [wanted]
        while left:
            for number in self.by_name[left.pop()]:
                if number in limits:
                    continue
                limits.add(number)
                new = {name for _, name in self.limits[number][0]} - names
                names |= new
                left += new
        return sorted(names), [self.limits[number] for number in sorted(limits)]

    def _text(self, wanted):
        """Everything but what is asked, in the CPLEX LP format."""
        touched, limits = self._touched(wanted)
        names = {name: f"x{i}" for i, name in enumerate(touched)}
        lines = ["Subject To", f" x0 >= {self.bounds[touched[0]][0]}"]
        for terms, low, high in limits:
            added = collections.Counter()
            for factor, name in terms:
                added[name] += factor
            left = " ".join(f"{'+' if f > 0 else '-'} {abs(f)} {names[name]}"
                            for name, f in added.items() if f)
            if high is not None and high == low:
                lines.append(f" {left} = {low}")
                continue
            lines.append(f" {left} >= {low}")
            if high is not None:
                lines.append(f" {left} <= {high}")
        lines.append("Bounds")
        for name in touched:
            low, high = self.bounds[name]
            lines.append(f" {low} <= {names[name]} <= {'+inf' if high is None else high}")
        lines += ["General", " " + "\n ".join(names.values()), "End"]
        return names, "\n".join(lines) + "\n"

    def ranges(self, wanted):
        """Least and greatest value of each variable, by GLPK."""
        with tempfile.TemporaryDirectory(prefix="keiin-solve-") as folder:
            for name in wanted:
                names, text = self._text(name)
                yield name, tuple(self._solve(pathlib.Path(folder), text, names[name], end)
                                  for end in ("Minimize", "Maximize"))

    @staticmethod
    def _solve(folder, text, variable, end):
        (folder / "p.lp").write_text(f"{end}\n obj: {variable}\n{text}")
        done = subprocess.run(["glpsol", "--lp", "p.lp", "-w", "p.out"], cwd=folder,
                              capture_output=True, timeout=300)
        lines = (folder / "p.out").read_text().splitlines()
        line = next(line.split() for line in lines if line.startswith("s "))
        assert done.returncode == 0 and line[:2] == ["s", "mip"] and line[4] == "o", (line, variable)
        return round(float(line[5]))
