"""What a mutation is: a mechanism taken out, and the test that has to fail without it."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Mutation:
    """`old` stands exactly once in `file`; `new` in its place takes the mechanism out.

    `test` is a program or script below tests/, with its arguments.
    """

    name: str
    mechanism: str
    file: str
    old: str
    new: str
    test: str


class Table:
    """The mutations of one part of the code, in the order in which they are written down."""

    def __init__(self, part):
        self.part = part
        self.mutations = []

    def out(self, name, mechanism, file, old, new, test):
        self.mutations.append(Mutation(self.part + "-" + name, mechanism, file, old, new, test))
