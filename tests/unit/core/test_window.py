"""Window functions: stated by examples, then against a plain reading of all observations."""

import math
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.bound import Bound, Unclear
from monitor.core.window import Windows
from tests.builders import after

WHO = ("production", "queue", "1")
HOUR = 3600.0


def seen(*observations: tuple[float, float | None], now: float | None = None) -> Windows:
    windows = Windows()
    for at, value in observations:
        windows.observe(WHO, 0, after(at), value)
    if now is not None:
        windows.now = after(now)
    return windows


def test_the_mean_weighs_values_by_the_time_they_held() -> None:
    windows = seen((0, 10), (45 * 60, 30), now=HOUR)
    assert windows.avg(WHO, 0, HOUR) == 15


def test_the_value_in_force_at_the_start_counts_for_least_and_greatest() -> None:
    windows = seen((0, 1), (100, 5), (4000, 3), now=5000)
    assert windows.min(WHO, 0, HOUR) == 3
    assert windows.max(WHO, 0, HOUR) == 5


def test_increase_sums_rises_and_takes_a_drop_for_a_reset() -> None:
    windows = seen((0, 100), (60, 103), (120, 40), (180, 42), now=HOUR)
    assert windows.increase(WHO, 0, HOUR) == 5
    assert windows.rate(WHO, 0, HOUR) == pytest.approx(5 / HOUR)


def test_rises_before_the_window_do_not_count() -> None:
    windows = seen((0, 0), (10, 50), (5000, 51), now=6000)
    assert windows.increase(WHO, 0, HOUR) == 1


def test_a_window_that_was_not_wholly_seen_gives_bounds() -> None:
    windows = seen((3000, 5), (3300, 8), now=HOUR)
    increase, least, greatest = (
        windows.increase(WHO, 0, HOUR),
        windows.min(WHO, 0, HOUR),
        windows.max(WHO, 0, HOUR),
    )
    assert isinstance(increase, Bound)
    assert (increase.low, increase.high, increase.since) == (3, math.inf, after(3000).timestamp())
    assert isinstance(least, Bound)
    assert (least.low, least.high) == (-math.inf, 5)
    assert isinstance(greatest, Bound)
    assert (greatest.low, greatest.high) == (8, math.inf)
    rate = windows.rate(WHO, 0, HOUR)
    assert isinstance(rate, Bound)
    assert rate.low == pytest.approx(3 / HOUR)
    with pytest.raises(Unclear):
        windows.avg(WHO, 0, HOUR)


def test_the_time_since_a_change_is_exact_only_when_the_change_was_seen() -> None:
    unchanged = seen((0, 5), (600, 5), now=900).seconds_since_change(WHO, 0)
    assert isinstance(unchanged, Bound)
    assert (unchanged.low, unchanged.high) == (900, math.inf)
    assert seen((0, 5), (600, 6), now=900).seconds_since_change(WHO, 0) == 300


def test_a_change_is_remembered_longer_than_its_window() -> None:
    windows = Windows({"queue": {0: timedelta(minutes=1)}})
    for at, value in [(0, 1), (50, 2), (5000, 2)]:
        windows.observe(WHO, 0, after(at), value)
    assert windows.seconds_since_change(WHO, 0) == 4950


def test_nothing_is_known_of_what_was_never_seen() -> None:
    windows = Windows()
    for ask in (windows.avg, windows.min, windows.max, windows.increase, windows.rate):
        with pytest.raises(Unclear):
            ask(WHO, 0, HOUR)
    with pytest.raises(Unclear):
        windows.seconds_since_change(WHO, 0)
    assert windows.known_since(WHO, 0) is None
    assert windows.now is None


def test_a_stretch_in_which_the_metric_was_not_known_makes_the_window_partial() -> None:
    windows = seen((0, 5), (1000, None), (2000, 9), now=HOUR)
    assert windows.increase(WHO, 0, HOUR) == 4
    least = windows.min(WHO, 0, HOUR)
    assert isinstance(least, Bound)
    assert least.high == 5
    with pytest.raises(Unclear):
        windows.avg(WHO, 0, HOUR)


def test_a_rise_that_may_lie_before_the_window_does_not_count() -> None:
    increase = seen((0, 5), (100, None), (2000, 9), (2100, 10), now=4000).increase(WHO, 0, HOUR)
    assert isinstance(increase, Bound)
    assert increase.low == 1


def test_a_metric_that_is_not_known_now_may_have_risen_further() -> None:
    increase = seen((0, 5), (100, 7), (200, None), now=HOUR).increase(WHO, 0, HOUR)
    assert isinstance(increase, Bound)
    assert increase.low == 2
    for ask in (Windows.increase, Windows.min):
        with pytest.raises(Unclear):
            ask(seen((0, None), now=HOUR), WHO, 0, HOUR)


def test_a_clock_set_back_forgets_what_it_placed_too_late() -> None:
    windows = seen((0, 1), (5000, 2), (5100, 3), (60, 4), now=90)
    assert windows.increase(WHO, 0, 60) == 3
    assert windows.known_since(WHO, 0) == after(0).timestamp()
    assert seen((5000, 2), (60, 4)).known_since(WHO, 0) == after(60).timestamp()


def test_what_others_remember_is_taken_over_for_the_metrics_that_are_asked_for() -> None:
    before = seen((0, 10), (60, 30))
    before.observe(WHO, 1, after(0), 5)
    renewed = Windows()
    renewed.take_over(before, {("queue", 0)})

    assert renewed.known_since(WHO, 0) == after(0).timestamp()
    assert renewed.known_since(WHO, 1) is None


def test_a_window_never_ends_before_the_last_observation() -> None:
    assert seen((0, 1), (4000, 2), now=3999).increase(WHO, 0, HOUR) == 1


def test_only_the_span_is_kept_and_subjects_not_seen_for_long_are_forgotten() -> None:
    windows = Windows({"queue": {0: timedelta(minutes=10)}})
    for minute in range(100):
        windows.observe(WHO, 0, after(minute * 60), float(minute))
    assert len(windows._series[WHO, 0].times) == 11
    windows.now = after(99 * 60 + 86_400)
    assert len(windows) == 1
    windows.now = after(99 * 60 + 86_401)
    assert len(windows) == 1, "forgetting takes place once an hour"
    windows.now = after(99 * 60 + 86_400 + 3600)
    assert len(windows) == 0


def test_rare_polls_do_not_make_a_short_window_forget() -> None:
    windows = Windows({"queue": {0: timedelta(minutes=1)}})
    windows.observe(WHO, 0, after(0), 5.0)
    windows.now = after(2 * HOUR)
    assert windows.max(WHO, 0, 60) == 5


values = st.one_of(st.integers(0, 9).map(float), st.none())
timelines = st.lists(st.tuples(st.integers(1, 50), values), min_size=1, max_size=12)


@given(steps=timelines, rest=st.integers(0, 30), span=st.integers(1, 200), pruned=st.booleans())
def test_every_answer_agrees_with_a_plain_reading_of_all_seconds(
    steps: list[tuple[int, float | None]], rest: int, span: int, *, pruned: bool
) -> None:
    windows = Windows({"queue": {0: timedelta(seconds=span)}} if pruned else {})
    at, seconds = 0, list[float | None]()
    for gap, value in steps:
        if at:
            seconds += [seconds[-1]] * (gap - 1)
        at = at + gap if at else 1
        seconds.append(value)
        windows.observe(WHO, 0, after(at), value)
    seconds += [seconds[-1]] * rest
    windows.now = after(at + rest)
    # seconds[i] is the value in force at second i + 1; the window is the last `span` seconds.
    end = len(seconds) - 1
    start = end - span
    window = [seconds[i] if i >= 0 else None for i in range(start, end + 1)]
    known = [value for value in window if value is not None]
    is_whole = len(known) == len(window)
    if not known:
        for ask in (windows.min, windows.max, windows.avg, windows.increase):
            with pytest.raises(Unclear):
                ask(WHO, 0, span)
        return
    least, greatest = windows.min(WHO, 0, span), windows.max(WHO, 0, span)
    low = least.high if isinstance(least, Bound) else least
    high = greatest.low if isinstance(greatest, Bound) else greatest
    assert (low, high) == (min(known), max(known))
    assert isinstance(least, Bound) is isinstance(greatest, Bound) is not is_whole
    if is_whole:
        mean = sum(value for value in window[:-1] if value is not None) / span
        assert windows.avg(WHO, 0, span) == pytest.approx(mean)
    else:
        with pytest.raises(Unclear):
            windows.avg(WHO, 0, span)
    increase = windows.increase(WHO, 0, span)
    rises = sum(max(0.0, b - a) for a, b in pairwise(known))
    assert (increase.low if isinstance(increase, Bound) else increase) == rises
    assert isinstance(increase, Bound) is (window[0] is None or window[-1] is None)
