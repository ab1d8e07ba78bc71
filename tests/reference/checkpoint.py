"""Checkpoints, and what a roster makes of their signatures."""

import dataclasses

import note as notes
from encoding import Malformed, b64_decode, is_name, parse_decimal

TEXT_BYTES_MAX = 1024
NOTE_BYTES_MAX = TEXT_BYTES_MAX + 1 + notes.LINES_BYTES_MAX
SIZE_MAX = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    note: notes.Note
    origin: bytes
    size: int
    root: bytes


def parse(data):
    """Return the checkpoint, or raise Malformed for whatever shows without a key."""
    if len(data) > NOTE_BYTES_MAX:
        raise Malformed("checkpoint note too long")
    note = notes.parse(data)
    if len(note.text) > TEXT_BYTES_MAX:
        raise Malformed("checkpoint text too long")
    lines = note.text.split(b"\n")[:-1]
    if len(lines) != 3:
        raise Malformed("checkpoint is not three lines")
    origin, size, root = lines[0], parse_decimal(lines[1], SIZE_MAX), b64_decode(lines[2])
    if not is_name(origin) or size == 0 or len(root) != 32:
        raise Malformed("checkpoint line")
    return Checkpoint(note, origin, size, root)


@dataclasses.dataclass(frozen=True)
class Judgement:
    """What the signatures on a checkpoint come to.

    `met_at` is in seconds and None where the quorum is short; `could_be_met`
    says that lines which this program cannot check would make up for it.
    """

    origin_is_right: bool
    is_log_signed: bool
    has_wrong_line: bool
    met_at: int | None
    could_be_met: bool

    @property
    def is_valid(self):
        return self.origin_is_right and self.is_log_signed and not self.has_wrong_line


def judge(checkpoint, origin, log_keys, policy):
    witnesses = list(policy.witnesses.values())
    checked = notes.check_lines(checkpoint.note, log_keys + witnesses)
    signers = notes.valid_keys(checked)
    valid = [line for line in checked if line.status is notes.Status.VALID]
    checkable = [line for line in checked if line.status is not notes.Status.WRONG]
    met_at = policy.met_at(_newest_times(valid))
    return Judgement(
        origin_is_right=checkpoint.origin == origin,
        is_log_signed=not signers.isdisjoint(log_keys),
        has_wrong_line=notes.any_wrong(checked),
        met_at=met_at,
        could_be_met=met_at is None
        and policy.met_at(_newest_times(checkable)) is not None,
    )


def _newest_times(checked):
    times = {}
    for line in checked:
        times[line.key] = max(line.time, times.get(line.key, 0))
    return times
