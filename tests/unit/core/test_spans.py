import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.occurrences import Span
from monitor.core.spans import SeenTime, apart, length, open_spans, together, within
from tests.unit.core.some_windows import BUCHAREST, a_calendar

BEGIN = datetime(2026, 3, 28, 21, tzinfo=UTC)
ENDS = st.lists(st.integers(0, 60), unique=True, max_size=12).map(sorted)


def second(number: int) -> datetime:
    return BEGIN + timedelta(seconds=number)


def spans(ends: list[int]) -> list[Span]:
    return [(second(a), second(b)) for a, b in zip(ends[::2], ends[1::2], strict=False)]


def seconds(found: tuple[Span, ...] | list[Span]) -> set[int]:
    return {
        number
        for number in range(-1, 62)
        if any(start <= second(number) < end for start, end in found)
    }


@given(ENDS, ENDS, ENDS)
def test_spans_are_sets_of_seconds(one: list[int], two: list[int], three: list[int]) -> None:
    a, b, c = spans(one), spans(two), spans(three)

    assert seconds(within(a, b)) == seconds(a) & seconds(b)
    assert seconds(together(a, b, c)) == seconds(a) | seconds(b) | seconds(c)
    assert seconds(apart(a, b, c)) == seconds(a) - seconds(b) - seconds(c)
    assert length(within(a, b)) == timedelta(seconds=len(seconds(a) & seconds(b)))
    for found in (together(a, b, c), within(a, b), apart(a, b)):
        assert all(start < end for start, end in found)
        assert list(found) == sorted(found)


@given(ENDS, st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=20))
def test_seen_time_is_what_is_not_unseen(ends: list[int], asked: list[tuple[int, int]]) -> None:
    unseen = list(zip(ends[::2], ends[1::2], strict=False))
    seen = SeenTime(unseen)

    for begin, end in asked:
        expected = sum(
            not any(start <= number < stop for start, stop in unseen)
            for number in range(begin, end)
        )
        assert seen.between(begin, end) == expected
        later = range(begin, 200)
        assert seen.first_from(begin) == next(
            number for number in later if not any(start <= number < stop for start, stop in unseen)
        )


@pytest.mark.parametrize("seed", range(5))
def test_a_window_is_open_when_it_contains_an_instant_also_when_the_clocks_change(
    seed: int,
) -> None:
    random_ = random.Random(seed)
    window = a_calendar("02:30..04:30", "23:00..23:15", zone=BUCHAREST)
    since = BEGIN + timedelta(minutes=random_.randrange(600))
    until = since + timedelta(minutes=random_.randrange(1, 3000))

    found = open_spans(window, since, until)

    minute = timedelta(minutes=1)
    for number in range((until - since) // minute):
        at = since + number * minute
        assert any(start <= at < end for start, end in found) == window.contains(at)
    assert all(since <= start < end <= until for start, end in found)


def test_a_window_that_never_closes_is_open_to_the_end() -> None:
    window = a_calendar(valid_from="2026-03-29T00:00")

    found = open_spans(window, BEGIN, BEGIN + timedelta(hours=9))

    assert found == ((datetime(2026, 3, 29, tzinfo=UTC), BEGIN + timedelta(hours=9)),)
    assert open_spans(window, BEGIN - timedelta(days=9), BEGIN - timedelta(days=8)) == ()
