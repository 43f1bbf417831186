import itertools
from datetime import timedelta

import pytest

from monitor.simulator.changes import ChangeInvalid
from monitor.simulator.scenario import parse_scenario
from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import GLOBAL_SESSIONS, RUNTIMES, START, Caller

ROBOT = "svc-invoice-011"


def test_a_robot_reports_once_in_a_period() -> None:
    caller = Caller()
    reported = set()
    for second in range(0, 300, 5):
        caller.clock.at(second)
        reported.add(caller.simulator.session("svc-invoice-012").reported_at)

    times = sorted(time for time in reported if time is not None)
    steps = {later - earlier for earlier, later in itertools.pairwise(times)}
    assert steps == {timedelta(seconds=30)}


def test_a_silent_robot_becomes_unresponsive_after_four_missed_beats() -> None:
    caller = Caller()
    caller.clock.at(15)
    caller.simulator.silence(ROBOT)
    last = caller.simulator.session(ROBOT).reported_at
    assert last == START

    caller.clock.at(120)
    assert not caller.simulator.session(ROBOT).is_unresponsive

    caller.clock.at(121)
    facts = caller.simulator.session(ROBOT)
    assert facts.is_unresponsive
    assert facts.reported_at == last


def test_a_silent_robot_keeps_saying_what_it_said_last() -> None:
    caller = Caller()
    caller.simulator.silence(ROBOT)
    states = set()
    for second in range(0, 1000, 20):
        caller.clock.at(second)
        states.add(caller.simulator.session(ROBOT).state)

    assert len(states) == 1


def test_a_revived_robot_reports_at_once() -> None:
    caller = Caller()
    caller.simulator.silence(ROBOT)
    caller.clock.at(300.25)
    caller.simulator.revive(ROBOT)

    facts = caller.simulator.session(ROBOT)
    assert not facts.is_unresponsive
    assert facts.reported_at == START + timedelta(seconds=300.25)


def test_the_heartbeat_period_is_a_setting() -> None:
    caller = Caller(settings=Settings(heartbeat_s=1.0))
    caller.simulator.silence(ROBOT)
    caller.clock.at(4.5)

    assert caller.simulator.session(ROBOT).is_unresponsive


def test_a_host_silences_all_its_sessions_and_no_other() -> None:
    caller = Caller()
    caller.simulator.silence_host("vm-rpa-01")
    caller.clock.at(200)
    silent = {row["HostMachineName"] for row in caller.get(RUNTIMES).rows if row["IsUnresponsive"]}
    assert silent == {"VM-RPA-01"}

    caller.simulator.revive_host("VM-RPA-01")
    assert not any(row["IsUnresponsive"] for row in caller.get(RUNTIMES).rows)


def test_a_robot_that_says_goodbye_is_disconnected_and_not_unresponsive() -> None:
    caller = Caller()
    caller.clock.at(100)
    caller.simulator.set_state(ROBOT, "Disconnected")
    caller.clock.at(5000)

    facts = caller.simulator.session(ROBOT)
    assert facts.state == "Disconnected"
    assert not facts.is_unresponsive
    assert facts.reported_at == START + timedelta(seconds=100)  # saying goodbye is a report


def test_robots_work_in_turns() -> None:
    caller = Caller()
    states = set()
    for second in range(0, 600, 10):
        caller.clock.at(second)
        states.add(caller.simulator.session(ROBOT).state)

    assert states == {"Available", "Busy"}


def test_a_serverless_session_never_heartbeats_and_is_never_unresponsive() -> None:
    caller = Caller()
    caller.clock.at(10_000)
    (row,) = [r for r in caller.get(GLOBAL_SESSIONS).rows if r["RobotSessionType"] == "Ephemeral"]

    assert row["ReportingTime"] < "2026-01-05T08:00:00Z"
    assert row["IsUnresponsive"] is False


def test_a_removed_robot_vanishes_from_the_answers() -> None:
    caller = Caller()
    before = len(caller.get(RUNTIMES).rows)
    caller.simulator.remove_robot(ROBOT)

    assert len(caller.get(RUNTIMES).rows) == before - 3


def test_a_clock_that_goes_back_shows_the_past_again() -> None:
    caller = Caller()
    caller.clock.at(100)
    past = caller.get(RUNTIMES).json
    caller.clock.at(200)
    caller.simulator.silence(ROBOT)
    caller.clock.at(400)
    future = caller.get(RUNTIMES).json

    caller.clock.at(100)
    assert caller.get(RUNTIMES).json == past
    caller.clock.at(400)
    assert caller.get(RUNTIMES).json == future


def test_a_scenario_happens_again_every_round() -> None:
    text = """
        loop_s = 100
        [[at]]
        second = 10
        entity = "license:Unattended"
        change = { used = 99 }
        [[at]]
        second = 60
        entity = "license:Unattended"
        change = { used = 1 }
    """
    caller = Caller(scenario=parse_scenario(text, place="x.toml"))
    seen = []
    for second in (5, 10, 60, 105, 115, 165, 1010, 1065):
        caller.clock.at(second)
        with caller.simulator.lock:
            seen.append(caller.simulator.world().seats["Unattended"].used)

    assert seen == [28, 99, 1, 1, 99, 1, 99, 1]


def test_switches_and_the_scenario_take_effect_in_the_order_of_time() -> None:
    text = """
        [[at]]
        second = 50
        entity = "queue:Leavers"
        change = { arrivals = 0, capacity = 0, new = 5 }
    """
    caller = Caller(scenario=parse_scenario(text, place="x.toml"))
    caller.clock.at(20)
    caller.simulator.freeze_queue("Leavers", new=3)
    caller.clock.at(40)
    assert caller.simulator.queue("Leavers").new == 3
    caller.clock.at(60)
    assert caller.simulator.queue("Leavers").new == 5


def test_a_frozen_queue_stands_still() -> None:
    caller = Caller()
    caller.simulator.freeze_queue("Invoices", new=1200)
    before = caller.simulator.queue("Invoices")
    caller.clock.at(100_000)

    assert caller.simulator.queue("Invoices") == before
    assert before.new == 1200


def test_a_name_that_does_not_exist_is_refused_with_a_hint() -> None:
    with pytest.raises(ChangeInvalid, match="did you mean 'svc-invoice-011'"):
        Caller().simulator.silence("svc-invoices-011")


def test_an_attribute_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ChangeInvalid, match="did you mean 'arrivals'"):
        Caller().simulator.set_queue("Invoices", arrival=3)
