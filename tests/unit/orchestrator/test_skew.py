import random
from datetime import UTC, datetime, timedelta

import pytest

from monitor.orchestrator.skew import Skew

START = datetime(2026, 7, 21, 8, 0, tzinfo=UTC)


def observe(skew: Skew, true_s: float, at_s: float, *, took_s: float = 0.05) -> None:
    """Answer half-way between sending and receiving, with whole seconds in Date."""
    sent_at = START + timedelta(seconds=at_s)
    stamped = sent_at + timedelta(seconds=took_s / 2 + true_s)
    skew.observe(
        stamped.replace(microsecond=0),
        sent_at=sent_at,
        received_at=sent_at + timedelta(seconds=took_s),
        elapsed_s=at_s,
    )


def test_without_answers_the_skew_is_zero() -> None:
    assert Skew().offset == timedelta()


def test_one_answer_tells_the_skew_within_a_second() -> None:
    skew = Skew()
    observe(skew, 3.37, 0)

    assert skew.offset.total_seconds() == pytest.approx(3.37, abs=0.6)


def test_many_answers_tell_it_much_better() -> None:
    skew, rng = Skew(), random.Random(1)
    for step in range(60):
        observe(skew, 3.37, step * 5 + rng.random())

    assert skew.offset.total_seconds() == pytest.approx(3.37, abs=0.1)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_that_was_set_is_believed_at_once(jump: float) -> None:
    skew = Skew()
    for step in range(20):
        observe(skew, 0.5, step * 10.3)
    observe(skew, 0.5 + jump, 210)

    assert skew.offset.total_seconds() == pytest.approx(0.5 + jump, abs=0.6)


def test_bounds_are_forgotten_after_ten_minutes_so_a_drift_is_followed() -> None:
    skew, rng = Skew(), random.Random(2)
    for step in range(400):
        observe(skew, step * 0.001, step * 10 + rng.random())

    assert skew.offset.total_seconds() == pytest.approx(0.4, abs=0.1)


def test_an_answer_received_before_it_was_sent_tells_nothing() -> None:
    skew = Skew()
    skew.observe(START, sent_at=START, received_at=START - timedelta(hours=1), elapsed_s=0)
    # Our own clock was set back by an hour in between: no bound holds.
    skew.observe(
        START + timedelta(hours=3),
        sent_at=START,
        received_at=START - timedelta(hours=1),
        elapsed_s=1,
    )

    assert abs(skew.offset) < timedelta(hours=5)
