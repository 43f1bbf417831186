import math

import pytest

from monitor.core.kinds import (
    KINDS,
    Kind,
    by_doubling,
    by_whole_numbers,
    exactly,
    kind_with_past,
    kinds_with_past,
)


@pytest.mark.parametrize(
    ("seconds", "step"),
    [(-5, 0), (0, 0), (59.9, 0), (60, 1), (119, 1), (120, 2), (239, 2), (240, 3), (1e300, 991)],
)
def test_time_is_recorded_each_time_it_has_doubled(seconds: float, step: float) -> None:
    assert by_doubling(seconds) == step


@pytest.mark.parametrize("value", [0.0, -0.5, 1e300])
def test_most_numbers_are_recorded_at_each_change(value: float) -> None:
    assert exactly(value) == value


def test_days_are_recorded_when_the_whole_number_changes() -> None:
    assert [by_whole_numbers(days) for days in (1.0, 0.9, -0.1)] == [1.0, 0.0, -1.0]


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_what_is_not_finite_has_a_step_of_its_own_that_stays(value: float) -> None:
    for step in (by_doubling, by_whole_numbers):
        once, again = step(value), step(value)
        assert once == again
        assert once > step(1e300)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_a_kind_names_each_thing_once(kind: Kind) -> None:
    names = [*kind.labels, *(metric.name for metric in kind.metrics)]

    assert len(set(names)) == len(names)
    assert set(kind.moving) <= set(kind.labels)
    assert kind.name_label in {None, *kind.labels}
    assert (kind.history is None) == (kind.plural is None)


def test_a_metric_is_found_by_its_name() -> None:
    assert KINDS["machine"].index("unresponsive_sessions") == 3
    with pytest.raises(KeyError):
        KINDS["machine"].index("robots")


def test_many_of_a_kind_have_a_word_of_their_own() -> None:
    plurals = [kind.plural for kind in KINDS.values() if kind.plural]

    assert len(set(plurals)) == len(plurals)
    assert "machines" in plurals


def test_a_kind_with_a_past_is_named_by_the_word_for_one_or_for_many() -> None:
    assert kind_with_past("Queues") is kind_with_past("queue") is KINDS["queue"]
    with pytest.raises(ValueError, match="no history of 'channel'; there is one of sessions, "):
        kind_with_past("channel")
    assert "channels" not in kinds_with_past()
