"""The stated end of credentials: told four times before it comes, and over when it moves."""

from datetime import timedelta

import pytest

from monitor.store import Store
from tests.builders import NOW
from tests.integration.pipeline.life import HEAD, Life, a_queue, told

DAY = 86_400
ROUTES = """
[[routes]]
channels = ["ops"]
group_wait = "0s"
group_interval = "0s"
repeat_every = "0s"
"""
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"])


def ending_in(days: int) -> str:
    day = (NOW + timedelta(days=days)).date()
    return HEAD.replace('token = "token-of-a-test"', f'token = "token-of-a-test", expires = {day}')


def said(life: Life, day: float) -> list[str]:
    return told(life.sees(a_queue(1), at=day * DAY))


def test_the_end_is_told_thirty_fourteen_seven_and_one_day_before(store: Store) -> None:
    life = Life(store, rules=ROUTES, head=ending_in(40))
    heard = {day: line for day in range(43) for line in said(life, day)}

    assert heard == {
        10: "ops: opened production",
        26: "ops: opened production",
        33: "ops: opened production",
        39: "ops: opened production",
    }


def test_renewed_credentials_end_the_alerts(store: Store) -> None:
    life = Life(store, rules=ROUTES, head=ending_in(10))
    assert said(life, 0) == ["ops: opened production"]  # the nearest of the two that are true

    life.reload(ROUTES, at=DAY, head=ending_in(60))
    assert said(life, 1) == ["ops: resolved production"]


def test_an_end_that_is_no_longer_stated_ends_them_too(store: Store) -> None:
    life = Life(store, rules=ROUTES, head=ending_in(10))
    said(life, 0)

    assert told(life.reload(ROUTES, at=DAY)) == ["ops: closed production"]
    assert said(life, 1) == []
