"""What was made of each session, kept for the next poll: most rows come again as they were."""

from collections.abc import Mapping, Sequence
from operator import eq
from typing import TypeVar, cast

from monitor.core.ages import NEVER_US, S_IN_US
from monitor.core.sample import Sample, Subject
from monitor.orchestrator.identity import machine_key
from monitor.orchestrator.liveness import SILENT_AFTER_S, Flags
from monitor.orchestrator.wire import Runtime, Session, instants_us

_SILENT_AFTER_US = SILENT_AFTER_S * S_IN_US


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
        sight: "Sight",
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

    def take(self, sight: "Sight", subject: Subject, verdict: Flags) -> None:
        """Take over what a poll shows of it."""
        self.flags = verdict
        self.silent = sight.silent
        self.is_late = sight.is_late
        self.reported_us = sight.reported_us
        self.row: Runtime | Session | None = sight.row
        is_due = self.expected and sight.reported_us != NEVER_US
        self.sample = Sample(subject, (sight.reported_us if is_due else None, *verdict))


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


_Row = TypeVar("_Row", Runtime, Session)
Known = Mapping[object, Entry]
Fresh = Sequence[tuple[object, _Row, Sight, Entry | None]]


def compared(
    rows: Mapping[object, _Row], known: Known, at_us: float
) -> tuple[dict[object, Entry], Fresh[_Row]]:
    """Return what each row was, and those that are not as they were, to be judged.

    Those are by id, row, what is seen of it, and what it was. Where nothing but a heartbeat came,
    that is taken over here. This is a poll's hot path: whole lists at a time.
    """
    late_us = at_us - _SILENT_AFTER_US
    entries = [known.get(session_id) for session_id in rows]
    others = [
        (session_id, row, entry)
        for session_id, row, entry in zip(rows, rows.values(), entries, strict=True)
        if entry is None
        or entry.row is not row
        or (entry.reported_us < late_us) is not entry.is_late
    ]
    reported = instants_us([row.reporting_time for _, row, _ in others])
    alike = _alike(
        [row for _, row, _ in others],
        [None if entry is None else entry.row for _, _, entry in others],
    )
    fresh: list[tuple[object, _Row, Sight, Entry | None]] = []
    for other, instant, is_alike in zip(others, reported, alike, strict=True):
        session_id, row, entry = other
        if (
            entry is not None
            and is_alike
            and (instant < late_us) is entry.is_late
            and (instant == NEVER_US) is (entry.reported_us == NEVER_US)
        ):
            entry.row = row
            if instant != entry.reported_us:
                entry.reported_us = instant
                if entry.expected:
                    entry.sample = Sample(entry.sample.subject, (instant, *entry.flags))
        else:
            fresh.append((session_id, row, Sight(row, instant, late_us), entry))
    # Where there is no entry yet, the caller puts one: the place in the order is kept for it.
    return cast("dict[object, Entry]", dict(zip(rows, entries, strict=True))), fresh


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
