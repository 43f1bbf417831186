from collections.abc import Sequence
from datetime import timedelta

import pytest

from monitor.core.flapping import Flapping
from tests.builders import NOW, after

POLICY = Flapping(window=timedelta(minutes=10), start=4, stop=1)


def test_what_counts_is_what_lies_in_the_window_and_not_ahead() -> None:
    transitions = [after(-601), after(-600), after(-599), NOW, after(1)]
    assert POLICY.recent(transitions, NOW) == (after(-599), NOW)


@pytest.mark.parametrize(
    ("count", "already", "flaps"),
    [
        (0, False, False),
        (3, False, False),
        (4, False, True),
        (4, True, True),
        (2, True, True),
        (1, True, False),
        (0, True, False),
    ],
)
def test_it_begins_at_many_and_ends_at_few(count: int, *, already: bool, flaps: bool) -> None:
    transitions = [after(-n) for n in range(count)]
    assert POLICY.flaps(transitions, NOW, already=already) is flaps


@pytest.mark.parametrize(
    ("transitions_s", "ends_in_s"),
    [
        pytest.param((-300, -200, -100, -50), 500, id="all but the last one must be too old"),
        pytest.param((-50, -100, -300, -200), 500, id="in any order"),
        pytest.param((-300, -200), 300, id="the older of two"),
        pytest.param((-300,), 600, id="few enough already"),
        pytest.param((), 600, id="none"),
        pytest.param((-700, -650, -300, -200), 300, id="what is too old counts no more"),
    ],
)
def test_it_says_when_it_will_have_calmed(transitions_s: Sequence[float], ends_in_s: float) -> None:
    assert POLICY.ends_at([after(s) for s in transitions_s], NOW) == after(ends_in_s)


def test_at_that_time_it_has_calmed_and_not_before() -> None:
    transitions = [after(-n * 30) for n in range(6)]
    at = POLICY.ends_at(transitions, NOW)
    assert not POLICY.flaps(transitions, at, already=True)
    assert POLICY.flaps(transitions, at - timedelta(microseconds=1), already=True)


def test_with_a_stop_of_none_the_last_change_must_be_too_old() -> None:
    strict = Flapping(window=timedelta(minutes=10), start=4, stop=0)
    assert strict.ends_at([after(-300), after(-100)], NOW) == after(500)
