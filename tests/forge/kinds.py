"""The register of all kinds of damage."""

import dataclasses
import typing

# What finds a damage that no first look can find.
BY_STATE = "--state"  # whoever saw the ledger before
BY_READER = "who reads the times in the verdict"
BY_WRITER = "the writer, whose next submission is refused"
ON_RECORD = "nobody: those entitled to it did it, and it is on record"
NO_DAMAGE = "nothing: the formats allow it"


@dataclasses.dataclass(frozen=True)
class Kind:
    """A damage by name. `unseen` says what finds it where the keys suffice for everything."""

    name: str
    what: str
    subject: str
    make: typing.Callable
    unseen: str | None


KINDS = {}


class Subject:
    def __init__(self, name):
        self.name = name

    def kind(self, what, unseen=None, name=None):
        """Decorate the function that does it to a draft; its name names the kind."""

        def add(make):
            own = name or make.__name__.replace("_", "-")
            KINDS[own] = Kind(own, what, self.name, make, unseen)
            return make

        return add
