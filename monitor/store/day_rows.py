"""Rows of hours and days, made of what is recorded of subjects."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from monitor.core.rollup import DAY_MS, HOUR_MS, Rollup, Row, roll_day
from monitor.core.spans import SeenTime
from monitor.core.unseen import UnseenTimes
from monitor.store import bulk
from monitor.store.day_ledgers import DayLedger


def hours_and_days(
    found: Mapping[int, Sequence[Row]], days: range, numbers: Sequence[int], unseen: UnseenTimes
) -> tuple[list[bulk.Row], list[bulk.Row]]:
    """Return the rows of hours and of days."""
    hours: list[bulk.Row] = []
    whole: list[bulk.Row] = []
    for subject_id, rows in found.items():
        for day, of_day in _by_day(rows, days):
            for metric, number in enumerate(numbers):
                rolled = roll_day(of_day, metric, unseen, day * DAY_MS)
                if rolled is not None:
                    key = day, number, subject_id
                    whole.append((*key, *_summed(rolled.day, DAY_MS)))
                    hours += [
                        (*key, hour, count, *_summed(one, HOUR_MS))
                        for hour, count, one in _together(rolled.hours)
                    ]
    return hours, whole


def ledger_rows(
    found: Mapping[int, Sequence[Row]], days: range, ledger: DayLedger, seen: SeenTime
) -> Iterator[bulk.Row]:
    """Yield what is kept of days beside the sums."""
    for subject_id, rows in found.items():
        for day, of_day in _by_day(rows, days):
            row = ledger.row(of_day, day, subject_id, seen)
            if row is not None:
                yield row


def _by_day(rows: Sequence[Row], days: range) -> Iterator[tuple[int, Sequence[Row]]]:
    """Yield the rows of each day."""
    begins, ends = [row[0] for row in rows], [row[1] for row in rows]
    for day in days:
        # With the last that ended before: by it can be told what is another, and has risen.
        first = max(0, bisect_left(ends, day * DAY_MS) - 1)
        yield day, rows[first : bisect_left(begins, (day + 1) * DAY_MS)]


def _together(hours: Sequence[Rollup | None]) -> Iterator[tuple[int, int, Rollup]]:
    """Yield the hours, those in a row in which nothing changed as one: (first, how many, what)."""
    hour = 0
    while hour < len(hours):
        one = hours[hour]
        count = 1
        if one is not None:
            if one.is_constant(HOUR_MS):
                while hour + count < len(hours) and hours[hour + count] == one:
                    count += 1
            yield hour, count, one
        hour += count


def _summed(one: Rollup, span_ms: int) -> bulk.Row:
    known = None if one.known_ms == span_ms else one.known_ms
    risen = one.risen or None
    if one.least == one.greatest:
        return one.changes, risen, known, one.least, None, None, None, None
    return one.changes, risen, known, one.least, one.greatest, one.area, one.last, one.p95
