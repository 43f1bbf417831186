import random
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from monitor.orchestrator.skew import REMEMBER_S, Skew
from tests.wires import START as WIRES_START
from tests.wires import FakeClock, Server, a_client

START = datetime(2026, 7, 21, 8, 0, tzinfo=UTC)
MONOTONIC = 1234.5


class Rig:
    """A skew and the clocks it is learned by; the true one is the server's lead."""

    def __init__(self) -> None:
        self.skew = Skew()
        self.set_by_s = 0.0

    def ours(self, at_s: float) -> datetime:
        return START + timedelta(seconds=at_s + self.set_by_s)

    def observe(self, true_s: float, at_s: float, *, took_s: float = 0.05) -> None:
        """Answer half-way between sending and receiving, with whole seconds in Date."""
        stamped = START + timedelta(seconds=at_s + took_s / 2 + true_s)
        self.skew.observe(
            stamped.replace(microsecond=0),
            sent_s=MONOTONIC + at_s,
            received_s=MONOTONIC + at_s + took_s,
            now=self.ours(at_s + took_s),
        )

    def lead_s(self, at_s: float) -> float:
        """How far the server's clock seems ahead of one that nobody ever set."""
        seen = self.skew.server_time(self.ours(at_s), MONOTONIC + at_s)
        return (seen - START).total_seconds() - at_s

    def within_s(self, at_s: float) -> float:
        offset = self.skew.offset(self.ours(at_s), MONOTONIC + at_s)
        assert offset is not None
        return offset.within_s


def test_without_answers_nothing_is_known_and_our_clock_counts() -> None:
    assert Skew().server_time(START, MONOTONIC) == START
    assert Skew().offset(START, MONOTONIC) is None


def test_one_answer_tells_the_time_within_half_a_second_and_its_own_duration() -> None:
    rig = Rig()
    rig.observe(3.37, 0, took_s=0.2)

    assert rig.lead_s(1) == pytest.approx(3.37, abs=0.6)
    assert rig.within_s(1) == pytest.approx(0.6)


def test_many_answers_tell_it_much_better() -> None:
    rig, rng = Rig(), random.Random(1)
    for step in range(60):
        rig.observe(3.37, step * 5 + rng.random())

    assert rig.lead_s(300) == pytest.approx(3.37, abs=0.1)
    assert rig.within_s(300) < 0.1


@pytest.mark.parametrize("true_s", [-400 * 86_400.0, -3600.0, 3600.0, 400 * 86_400.0])
def test_a_server_may_live_in_another_year(true_s: float) -> None:
    rig = Rig()
    rig.observe(true_s, 0)

    assert rig.lead_s(10) == pytest.approx(true_s, abs=0.6)


@pytest.mark.parametrize("jump", [-3600.0, 3600.0])
def test_a_clock_of_the_server_that_was_set_is_believed_at_once(jump: float) -> None:
    rig = Rig()
    for step in range(20):
        rig.observe(0.5, step * 10.3)
    rig.observe(0.5 + jump, 210)

    assert rig.lead_s(211) == pytest.approx(0.5 + jump, abs=0.6)


@pytest.mark.parametrize("step_s", [-7200.0, -0.5, 0.5, 7200.0])
def test_setting_our_clock_changes_nothing(step_s: float) -> None:
    rig, rng = Rig(), random.Random(3)
    for step in range(40):
        rig.observe(3.37, step * 5 + rng.random())
    rig.set_by_s = step_s

    assert rig.lead_s(201) == pytest.approx(3.37, abs=0.1)
    rig.observe(3.37, 202)
    assert rig.lead_s(203) == pytest.approx(3.37, abs=0.1)
    offset = rig.skew.offset(rig.ours(203), MONOTONIC + 203)
    assert offset is not None
    assert offset.seconds == pytest.approx(3.37 - step_s, abs=0.1)


def test_after_our_clock_was_set_answers_without_a_date_are_trusted_for_ten_minutes() -> None:
    rig = Rig()
    rig.observe(3.37, 0)
    rig.set_by_s = 7200

    assert rig.lead_s(REMEMBER_S) == pytest.approx(3.37, abs=0.6)
    assert rig.lead_s(REMEMBER_S + 1) == 7200
    assert rig.skew.offset(rig.ours(REMEMBER_S + 1), MONOTONIC + REMEMBER_S + 1) is None


def test_bounds_are_forgotten_after_ten_minutes_so_a_drift_is_followed() -> None:
    rig, rng = Rig(), random.Random(2)
    for step in range(400):
        rig.observe(step * 0.001, step * 10 + rng.random())

    assert rig.lead_s(4000) == pytest.approx(0.4, abs=0.1)


@pytest.mark.parametrize("year", [1, 1970, 9999])
def test_a_date_of_another_century_is_none(year: int) -> None:
    skew = Skew()
    date = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    skew.observe(date, sent_s=0.0, received_s=1e7, now=START)

    assert skew.offset(START, 1e7) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"date": "Tue, 21 Jul 2020 08:04:00 GMT", "age": "30"},
        {"date": "half past eight"},
        {"date": "Mon, 01 Jan 0001 00:00:00 +0500"},
        {"date": "Fri, 31 Dec 9999 23:59:59 GMT"},
        {"date": ""},
    ],
    ids=["through a cache", "words", "year 1", "year 9999", "empty"],
)
def test_a_date_that_tells_nothing_leaves_what_is_known(headers: dict[str, str]) -> None:
    clock = FakeClock()
    server = Server(clock)
    true = format_datetime(WIRES_START + timedelta(hours=1), usegmt=True)
    server.routes["/odata/x"] = [
        httpx.Response(200, json={}, headers={"date": true}),
        httpx.Response(200, json={}, headers=headers),
    ]
    with a_client(server, clock) as client, client.poll(60) as poll:
        poll.get("/odata/x", type=dict)
        known = poll.server_time
        poll.get("/odata/x", type=dict)

        assert poll.server_time == known
        assert known - clock.now() == pytest.approx(timedelta(hours=1), abs=timedelta(seconds=1))
