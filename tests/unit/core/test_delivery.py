from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.delivery import (
    Delivered,
    Delivery,
    DeliveryState,
    Permanent,
    Retryable,
    after_attempt,
)
from tests.builders import NOW, after
from tests.message_builders import a_delivery
from tests.unit.core.some_alerts import a_told


def waits(delivery: Delivery, count: int, jitter: float = 0.0) -> list[timedelta]:
    found = []
    now = delivery.created_at
    for _ in range(count):
        delivery = after_attempt(delivery, Retryable("down"), now, jitter)
        found.append(delivery.next_at - now)
        now = delivery.next_at
    return found


def test_an_accepted_message_is_sent() -> None:
    before = replace(a_delivery(attempts=2), last_error="down")
    settled = after_attempt(before, Delivered(), after(60), 0)
    assert settled == replace(
        before, state=DeliveryState.SENT, attempts=3, last_error=None, settled_at=after(60)
    )


def test_a_permanent_failure_is_dead_at_once() -> None:
    settled = after_attempt(a_delivery(), Permanent("no such hook"), after(1), 0)
    assert settled.state is DeliveryState.DEAD
    assert (settled.attempts, settled.last_error) == (1, "no such hook")
    assert settled.settled_at == after(1)


def test_waits_double_from_five_seconds_to_a_quarter_of_an_hour() -> None:
    assert [wait.total_seconds() for wait in waits(a_delivery(), 10)] == [
        *(5, 10, 20, 40, 80, 160, 320, 640),
        *(900, 900),
    ]


def test_jitter_shortens_a_wait_by_less_than_a_tenth() -> None:
    assert waits(a_delivery(), 1, jitter=0.5) == [timedelta(seconds=4.75)]


@given(st.integers(min_value=0, max_value=10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_always_between_the_shortest_and_the_longest(
    attempts: int, jitter: float
) -> None:
    delivery = a_delivery(attempts=attempts)
    wait = after_attempt(delivery, Retryable("down"), NOW, jitter).next_at - NOW
    assert timedelta(seconds=4.5) <= wait <= timedelta(minutes=15)


@pytest.mark.parametrize(
    ("asked_s", "expected_s"),
    [
        (60, 60),
        (1, 5),
        (0, 5),
        (-3, 5),
        (float("nan"), 5),
        (86_400, 3600),
        (float("inf"), 3600),
        (1e300, 3600),
    ],
)
def test_a_wait_that_the_service_asks_for_wins_when_longer_within_reason(
    asked_s: float, expected_s: float
) -> None:
    retried = after_attempt(a_delivery(), Retryable("slow down", asked_s), NOW, 0)
    assert retried.next_at == after(expected_s)
    assert retried.state is DeliveryState.DUE
    assert retried.last_error == "slow down"


def test_a_channel_that_stays_down_is_given_up_after_a_day() -> None:
    delivery, now = a_delivery(), NOW
    while delivery.state is DeliveryState.DUE:
        now = delivery.next_at
        delivery = after_attempt(delivery, Retryable("down"), now, 0)
    assert delivery.state is DeliveryState.DEAD
    assert timedelta(hours=23, minutes=45) <= now - NOW <= timedelta(hours=24)
    assert delivery.settled_at == now
    assert delivery.last_error == "down"
    assert 100 < delivery.attempts < 110


def test_a_message_that_grew_old_while_the_monitor_was_off_still_gets_five_attempts() -> None:
    delivery, now = a_delivery(), NOW + timedelta(days=3)
    for _ in range(4):
        delivery = after_attempt(delivery, Retryable("network is not up yet"), now, 0)
        assert delivery.state is DeliveryState.DUE
        now = delivery.next_at
    assert after_attempt(delivery, Retryable("down"), now, 0).state is DeliveryState.DEAD
    assert after_attempt(delivery, Delivered(), now, 0).state is DeliveryState.SENT


def test_a_clock_set_back_kills_nothing() -> None:
    retried = after_attempt(a_delivery(), Retryable("down"), NOW - timedelta(days=400), 0)
    assert retried.state is DeliveryState.DUE


@pytest.mark.parametrize("state", [DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.WITHDRAWN])
def test_a_settled_delivery_is_not_settled_again(state: DeliveryState) -> None:
    with pytest.raises(ValueError, match="already"):
        after_attempt(replace(a_delivery(), state=state), Delivered(), NOW, 0)


@pytest.mark.parametrize("jitter", [-0.1, 1.0, 7.0, float("nan")])
def test_a_jitter_out_of_range_is_refused(jitter: float) -> None:
    with pytest.raises(ValueError, match="jitter"):
        after_attempt(a_delivery(), Retryable("down"), NOW, jitter)


def test_attempts_follow_each_other_later_and_later() -> None:
    assert all(earlier <= later for earlier, later in pairwise(waits(a_delivery(), 20)))


@pytest.mark.parametrize(
    ("before", "now", "after_it"),
    [(False, False, False), (False, True, True), (True, False, True), (True, True, True)],
)
def test_a_doubt_whether_it_arrived_stays_until_the_channel_accepts_it(
    *, before: bool, now: bool, after_it: bool
) -> None:
    delivery = replace(a_delivery(), may_have_arrived=before)
    retried = after_attempt(delivery, Retryable("down", may_have_arrived=now), NOW, 0)
    assert retried.may_have_arrived is after_it
    assert retried.state is DeliveryState.DUE


def test_what_it_speaks_of_is_the_same_after_an_attempt() -> None:
    delivery = replace(a_delivery(), before={"ABCDEFGHIJ": a_told()})
    for outcome in (Delivered(), Permanent("no such hook"), Retryable("down")):
        settled = after_attempt(delivery, outcome, NOW, 0)
        assert (settled.about, settled.before) == (delivery.about, delivery.before)
