from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pace import Pace
from tests.builders import NOW, after

PACE = Pace(messages=5, per=timedelta(minutes=5))
paces = st.builds(
    lambda messages, each, odd: Pace(messages=messages, per=messages * each + odd),
    st.integers(1, 1000),
    st.timedeltas(min_value=timedelta(milliseconds=10), max_value=timedelta(hours=1)),
    st.timedeltas(min_value=timedelta(), max_value=timedelta(milliseconds=1)),
)
"""Paces, also such as cannot be divided evenly."""


def after_messages(pace: Pace, count: int, now: datetime = NOW) -> datetime | None:
    state = None
    for _ in range(count):
        state = pace.spent(state, now)
    return state


def test_a_channel_that_has_had_nothing_may_get_all_at_once() -> None:
    assert PACE.left(None, NOW) == 5
    assert PACE.free_at(None, NOW) == NOW


def test_each_message_takes_one_and_one_comes_back_a_minute() -> None:
    state = after_messages(PACE, 5)
    assert [PACE.left(state, after(s)) for s in (0, 59, 60, 119, 120, 300, 9999)] == [
        *(0, 0, 1, 1, 2),
        *(5, 5),
    ]
    assert PACE.free_at(state, NOW) == after(60)
    assert PACE.free_at(state, after(60)) == after(60)


def test_a_message_that_was_taken_back_is_given_back() -> None:
    state = PACE.refunded(after_messages(PACE, 5), NOW)
    assert PACE.left(state, NOW) == 1
    assert state == after_messages(PACE, 4)


@pytest.mark.parametrize("state", [None, NOW, after(-3600)])
def test_nothing_is_given_back_to_whom_nothing_was_taken_from(state: datetime | None) -> None:
    assert PACE.left(PACE.refunded(state, NOW), NOW) == 5


def test_a_clock_that_was_set_back_blocks_a_channel_for_no_longer_than_a_full_allowance() -> None:
    state = after_messages(PACE, 5, now=after(365 * 86_400))
    assert PACE.left(state, NOW) == 0
    assert PACE.free_at(state, NOW) == after(60)


@given(paces)
def test_all_can_be_had_at_once_and_no_more(pace: Pace) -> None:
    state = None
    for left in range(pace.messages, 0, -1):
        assert pace.left(state, NOW) == left
        state = pace.spent(state, NOW)
    assert pace.left(state, NOW) == 0


@given(paces, st.integers(0, 2000))
def test_at_the_time_that_it_names_there_is_one_and_before_there_is_none(
    pace: Pace, count: int
) -> None:
    state = after_messages(pace, min(count, pace.messages))
    free_at = pace.free_at(state, NOW)
    assert pace.left(state, free_at) >= 1
    if free_at > NOW + timedelta(milliseconds=2):
        assert pace.left(state, free_at - timedelta(milliseconds=2)) == 0
