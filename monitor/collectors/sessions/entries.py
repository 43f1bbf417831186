"""What was made of each session, kept for the next poll: most rows come again as they were."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from operator import eq
from typing import TypeVar, cast

from monitor.core.sample import Sample, Subject
from monitor.orchestrator.identity import machine_key
from monitor.orchestrator.liveness import SILENT_AFTER_S, Flags
from monitor.orchestrator.wire import Runtime, Session, ages_s


class Entry:
    """What was made of a session, good as long as the next poll brings the same.

    `row` and `session` (the same session in the other list) are kept without their times, so that
    one comparison tells whether anything but the time moved; a `row` of None equals none. `place`
    is the key of its host.
    """

    __slots__ = ("expected", "flags", "key", "place", "row", "session", "silent", "subject")

    def __init__(
        self,
        row: Runtime | Session,
        *,
        silent: bool | None,
        session: Session | None,
        subject: Subject,
        verdict: Flags,
        expected: bool,
    ) -> None:
        """Keep what was made of a row."""
        self.row: Runtime | Session | None = row
        self.silent = silent
        self.session = session
        self.subject = subject
        self.key = subject.key
        self.place = machine_key(row)
        self.flags = verdict
        self.expected = expected


_Row = TypeVar("_Row", Runtime, Session)
Known = Mapping[object, Entry]
Ages = Sequence[float | None]


def compared(
    rows: Mapping[object, _Row], known: Known, now: datetime
) -> tuple[dict[object, Entry], Ages, list[tuple[object, _Row, bool | None, Entry | None]]]:
    """Return what each row was, their ages, and those that are not as they were, to be judged.

    Those are by id, row, whether it is silent now, and what it was. This is a poll's hot path:
    whole lists at a time, without Python's own steps for each row.
    """
    ages = ages_s([row.reporting_time for row in rows.values()], now)
    for row in rows.values():
        row.reporting_time = None
    entries = [known.get(session_id) for session_id in rows]
    are_as_before = map(eq, [entry and entry.row for entry in entries], rows.values())
    silences = [
        # The server says so, or it is too old; None for a session that never reported.
        row.is_unresponsive or (None if age_s is None else age_s > SILENT_AFTER_S)
        for row, age_s in zip(rows.values(), ages, strict=True)
    ]
    fresh = [
        (session_id, row, silent, entry)
        for session_id, row, silent, entry, is_as_before in zip(
            rows, rows.values(), silences, entries, are_as_before, strict=True
        )
        if not is_as_before or entry is None or entry.silent is not silent
    ]
    # Where there is no entry yet, the caller puts one: the place in the order is kept for it.
    return cast("dict[object, Entry]", dict(zip(rows, entries, strict=True))), ages, fresh


def samples_of(
    entries: Sequence[Entry], ages: Ages
) -> tuple[Mapping[str, Sample], Sequence[Entry]]:
    """Return the samples by key, of several with one identity the one that reported last.

    Beside them the entries that they were made of, in the same order.
    """
    values = [
        (age_s if entry.expected else None, *entry.flags)
        for entry, age_s in zip(entries, ages, strict=True)
    ]
    made = list(map(Sample, [entry.subject for entry in entries], values))
    samples = dict(zip([entry.key for entry in entries], made, strict=True))
    if len(samples) == len(made):
        return samples, entries
    samples, kept = {}, {}
    for entry, sample in zip(entries, made, strict=True):
        other = samples.get(entry.key)
        if other is None or _reported_later(sample, other):
            samples[entry.key], kept[entry.key] = sample, entry
    return samples, list(kept.values())


def _reported_later(sample: Sample, other: Sample) -> bool:
    age_s, other_age_s = sample.values[0], other.values[0]
    return age_s is not None and (other_age_s is None or age_s < other_age_s)
