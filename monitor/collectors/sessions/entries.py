"""What was made of each session, kept for the next poll: most rows come again as they were."""

from collections.abc import Mapping, Sequence
from itertools import compress
from operator import eq
from typing import TypeVar, cast

from monitor.core.ages import S_IN_US
from monitor.core.kinds import MINUTE_S
from monitor.core.sample import Sample, Subject
from monitor.instants import NEVER_US
from monitor.orchestrator.identity import machine_key
from monitor.orchestrator.liveness import SILENT_AFTER_S, Flags
from monitor.orchestrator.wire import Runtime, Session, instants_us

_SILENT_AFTER_US = SILENT_AFTER_S * S_IN_US
_MINUTE_US = MINUTE_S * S_IN_US


class Sight:
    """What a poll shows of a session: its row, when it reported, and whether it is silent.

    The server says so, or that was too long ago; None for a session that never reported.
    """

    __slots__ = ("is_late", "reported_us", "row", "silent")

    def __init__(self, row: Runtime | Session, reported_us: float, late_us: float) -> None:
        """Look at a row; who did not report since `late_us` is late."""
        self.row = row
        self.reported_us = reported_us
        self.is_late = reported_us < late_us
        self.silent = row.is_unresponsive or (None if reported_us == NEVER_US else self.is_late)


class Entry:
    """What was made of a session, good as long as the next poll brings the same.

    `row` is what it was made of (None: judge it anew), `session` the same session in the other list
    without its time. `place` is the key of its host. `reported_us` is when it reported last (or
    `NEVER_US`), `is_late` says whether that was too long ago, `silent` is the verdict, the server's
    included.
    """

    __slots__ = (
        "expected",
        "flags",
        "is_late",
        "key",
        "place",
        "reported_us",
        "row",
        "sample",
        "session",
        "silent",
    )

    def __init__(
        self,
        sight: Sight,
        *,
        session: Session | None,
        subject: Subject,
        verdict: Flags,
        expected: bool,
    ) -> None:
        """Keep what was made of a row."""
        self.session = session
        self.key = subject.key
        self.place = machine_key(sight.row)
        self.expected = expected
        self.take(sight, subject, verdict)

    @property
    def subject(self) -> Subject:
        """Return who it is."""
        return self.sample.subject

    @property
    def since_us(self) -> float | None:
        """Return since when a heartbeat is due, None where none is."""
        return self.sample.values[0]

    def take(self, sight: Sight, subject: Subject, verdict: Flags) -> None:
        """Take over what a poll shows of it."""
        self.flags = verdict
        self.silent = sight.silent
        self.is_late = sight.is_late
        self.reported_us = sight.reported_us
        self.row: Runtime | Session | None = sight.row
        is_due = self.expected and sight.reported_us != NEVER_US
        self.sample: Sample = Sample(subject, (sight.reported_us if is_due else None, *verdict))

    def goes_on(self, reported_us: float, late_us: float) -> bool:
        """Tell whether the verdict stays when it reported last at an instant."""
        return (reported_us < late_us) is self.is_late and (
            (reported_us == NEVER_US) is (self.reported_us == NEVER_US)
        )

    def hear(self, row: Runtime | Session, reported_us: float, *, lives_on: bool) -> None:
        """Take over a heartbeat that says nothing new.

        `lives_on`: the last one was young when it was seen, and so is this one. Then the sample is
        none that anybody needs to look at.
        """
        self.row = row
        if reported_us == self.reported_us:
            return
        self.reported_us = reported_us
        if not self.expected:
            return
        values = (reported_us, *self.flags)
        if lives_on:
            self.sample.values = values
        else:
            self.sample = Sample(self.sample.subject, values)


_Row = TypeVar("_Row", Runtime, Session)
Known = Mapping[object, Entry]
Fresh = Sequence[tuple[object, _Row, Sight, Entry | None]]


def compared(
    rows: Mapping[object, _Row], known: Known, at_us: float, before_us: float
) -> tuple[dict[object, Entry], Fresh[_Row]]:
    """Return what each row was, and those that are not as they were, to be judged.

    Those are by id, row, what is seen of it, and what it was. Where nothing but a heartbeat came,
    that is taken over here. The polls are this one's and the last one's, in microseconds since
    1970. This is a poll's hot path: whole lists at a time.
    """
    late_us = at_us - _SILENT_AFTER_US
    are_the_same = list(rows) == list(known)
    entries: list[Entry | None] = (
        [*known.values()] if are_the_same else [known.get(session_id) for session_id in rows]
    )
    are_others = [
        not entry or entry.row is not row or (entry.reported_us < late_us) is not entry.is_late
        for row, entry in zip(rows.values(), entries, strict=True)
    ]
    others = list(compress(rows.values(), are_others))
    were = list(compress(entries, are_others))
    alike = _alike(others, [entry.row if entry else None for entry in were])
    reported = instants_us([row.reporting_time for row in others])
    young_us, was_young_us = at_us - _MINUTE_US, before_us - _MINUTE_US
    fresh: list[tuple[object, _Row, Sight, Entry | None]] = []
    for session_id, row, entry, instant, is_alike in zip(
        compress(rows, are_others), others, were, reported, alike, strict=True
    ):
        if entry is None or not is_alike or not entry.goes_on(instant, late_us):
            fresh.append((session_id, row, Sight(row, instant, late_us), entry))
        else:
            lives_on = instant > young_us and entry.reported_us > was_young_us
            entry.hear(row, instant, lives_on=lives_on)
    # Where there is no entry yet, the caller puts one: the place in the order is kept for it.
    judged = known if are_the_same else dict(zip(rows, entries, strict=True))
    return cast("dict[object, Entry]", {**judged}), fresh


def _alike(rows: Sequence[_Row], were: Sequence[Runtime | Session | None]) -> Sequence[bool]:
    """Tell of each row whether it is as it was but for its time."""
    times = [row.reporting_time for row in rows]
    for row, old in zip(rows, were, strict=True):
        if old is not None:
            row.reporting_time = old.reporting_time
    alike = list(map(eq, rows, were))
    for row, time in zip(rows, times, strict=True):
        row.reporting_time = time  # rows are kept as they came
    return alike


def samples_of(entries: Sequence[Entry]) -> tuple[Mapping[str, Sample], Sequence[Entry]]:
    """Return the samples by key, of several with one identity the one that reported last.

    Beside them the entries that they were made of, in the same order.
    """
    samples = {entry.key: entry.sample for entry in entries}
    if len(samples) == len(entries):
        return samples, entries
    kept: dict[str, Entry] = {}
    for entry in entries:
        other = kept.get(entry.key)
        if other is None or _reported_later(entry.since_us, other.since_us):
            kept[entry.key] = entry
    return {key: entry.sample for key, entry in kept.items()}, list(kept.values())


def _reported_later(since_us: float | None, other_us: float | None) -> bool:
    return since_us is not None and (other_us is None or since_us > other_us)
