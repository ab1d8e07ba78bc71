"""What a case is: a forged ledger, and exactly the findings that an audit of it has."""

import dataclasses
import typing


@dataclasses.dataclass(frozen=True)
class Case:
    """One audit; `expected` are findings as "code", "code entry" or "code entry.position".

    `make` returns the Publication; `options` are those of the command line. `says` are
    further fields of the verdict, by their names in its JSON.
    """

    name: str
    what: str
    expected: list
    make: typing.Callable
    options: tuple = ()
    says: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class Step:
    """One of several audits with the same state folder.

    `expected` is a list of findings, or the beginning of why there is no verdict. An audit
    that `is_as_whole` says what one without the folder says. `conflicts_kept` is how many
    checkpoints the folder then holds as evidence, None where that is left open.
    """

    publication: object
    expected: list | str
    options: tuple = ()
    is_as_whole: bool = True
    conflicts_kept: int | None = 0
    says: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True)
class StateCase:
    name: str
    what: str
    make_steps: typing.Callable


class Group:
    """The cases of one subject, in the order in which they are written down."""

    def __init__(self, subject):
        self.subject = subject
        self.cases = []

    def case(self, what, *expected, options=(), **says):
        """Decorate the function that makes a case's publication; its name names the case."""

        def add(make):
            name = make.__name__.replace("_", " ")
            case = Case(name, what, list(expected), make, options, says)
            self.cases.append(case)
            return make

        return add

    def state_case(self, what):
        """Decorate a function that returns the steps of a case with a state folder."""

        def add(make_steps):
            name = make_steps.__name__.replace("_", " ")
            self.cases.append(StateCase(name, what, make_steps))
            return make_steps

        return add
