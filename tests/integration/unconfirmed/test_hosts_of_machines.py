"""Row 8 before API 15: hosts of modern folders, which maybe no list shows, but their machines do."""

from dataclasses import replace

import pytest

from monitor.simulator.estate import Estate, Machine
from monitor.simulator.estates import large_estate, middle_estate
from monitor.simulator.profiles import V2019_10, V2020_10
from tests.integration.unconfirmed.house import a_house
from tests.integration.unconfirmed.story import Story
from tests.integration.unconfirmed.watch import (
    FOLDERS,
    PEOPLE,
    Watch,
    a_watch,
    assert_true_sessions,
    told,
)

MACHINES, OF_MACHINE = "Machines", "GetMachineSessions"
BOTH_WAYS = [False, True]
A_QUARTER, A_DAY = 900.0, 86_400.0
RULES = """
[rules.robot-unresponsive]
type = "session-unresponsive"
for = "0s"
no_data = "resolve"
"""
DENIED = frozenset({"Machines.View"})


def a_mixed_house(*, robots: bool = False) -> Estate:
    return a_house(robots_of_hosts=robots, mixed=True)


def costs(watch: Watch, *, after_s: float = 0.0) -> dict[str, int]:
    """Return what a poll asked, sign-ins and what this version does not know aside."""
    asked = watch.asked(lambda: watch.poll("sessions", after_s=after_s))
    return {name: count for name, count in asked.items() if name not in {"Token", "Unknown"}}


@pytest.mark.parametrize("listed", BOTH_WAYS)
@pytest.mark.parametrize("robots", BOTH_WAYS)
@pytest.mark.parametrize("same_ids", BOTH_WAYS)
def test_every_host_is_there_once_wherever_it_shows(
    *, listed: bool, robots: bool, same_ids: bool
) -> None:
    with a_watch(
        estate=a_mixed_house(robots=robots),
        profile=V2020_10,
        unattended_in_global_sessions=listed,
        same_session_ids=same_ids,
    ) as watch:
        for _ in range(3):
            collected = watch.poll("sessions", after_s=60)
            assert_true_sessions(watch, collected, is_maintenance_told=False)
            assert (collected.partial, collected.note, collected.skipped) == (False, "", 0)
        types = {one.labels["robot_type"] for one in told(collected, "session").values()}

    assert types == {"Attended", "Unattended"}


def test_the_answer_may_change_and_every_host_keeps_its_identity() -> None:
    with a_watch(estate=a_mixed_house(robots=True), profile=V2020_10) as watch:
        keys = told(watch.poll("sessions"), "session").keys()
        for listed in (True, False, True):
            watch.simulator.settings.unattended_in_global_sessions = listed
            collected = watch.poll("sessions", after_s=A_QUARTER)
            assert told(collected, "session").keys() == keys
            assert collected.partial is False


def test_machines_cost_requests_only_while_they_show_what_no_list_does() -> None:
    with a_watch(estate=a_mixed_house(robots=True), profile=V2020_10) as watch:
        first, then = costs(watch), costs(watch, after_s=30)
        swept = costs(watch, after_s=A_QUARTER)
        watch.simulator.settings.unattended_in_global_sessions = True
        last_sweep = costs(watch, after_s=A_QUARTER)
        settled = costs(watch, after_s=30)

    # Of the machines only the pool has slots for unattended robots. Columns that this version lacks
    # are refused once.
    assert first == {PEOPLE: 2, FOLDERS: 2, MACHINES: 1, OF_MACHINE: 2}
    assert then == {PEOPLE: 1, OF_MACHINE: 1}
    assert swept == last_sweep == {PEOPLE: 1, FOLDERS: 1, MACHINES: 1, OF_MACHINE: 1}
    assert settled == {PEOPLE: 1}


@pytest.mark.parametrize("mixed", BOTH_WAYS)
def test_a_middle_tenant_is_seen_whole_for_a_request_more(*, mixed: bool) -> None:
    estate = replace(middle_estate(), mixed=mixed)
    with a_watch(estate=estate, profile=V2020_10) as watch:
        for _ in range(2):
            collected = watch.poll("sessions", after_s=60)
            assert len(told(collected, "session")) == len(watch.simulator.estate.sessions)
            assert (collected.partial, collected.note) == (False, "")
        asked = costs(watch, after_s=60)

    assert asked == ({PEOPLE: 1, OF_MACHINE: 1} if mixed else {PEOPLE: 1})


def test_hosts_that_are_each_a_machine_take_turns_to_64_in_a_poll() -> None:
    estate = replace(large_estate(sessions=400, queues=0, folders=10), mixed=True)
    own = {
        host.name: replace(host, machine=_own(n, host.machine))
        for n, host in enumerate(estate.hosts)
        if host.name.startswith("VM-")
    }
    estate = replace(
        estate,
        machines=(*estate.machines, *(host.machine for host in own.values())),
        hosts=tuple(own.get(host.name, host) for host in estate.hosts),
        sessions=tuple(
            replace(one, host=own.get(one.host.name, one.host)) for one in estate.sessions
        ),
    )
    with a_watch(estate=estate, profile=V2020_10) as watch:
        asked = [costs(watch, after_s=30)[OF_MACHINE] for _ in range(3)]
        collected = watch.poll("sessions", after_s=30)
        assert len(told(collected, "session")) == len(watch.simulator.estate.sessions)

    # 90 machines, of which 45 have modern hosts; one request more finds out which columns there are.
    assert asked == [65, 58, 45]
    assert (collected.partial, collected.note) == (False, "")


def _own(n: int, machine: Machine) -> Machine:
    return replace(machine, id=20_000 + n, name=f"Own {n}", template=False)


def test_before_2020_4_it_is_asked_for_once_a_day() -> None:
    with a_watch(estate=a_mixed_house(robots=True), profile=V2019_10) as watch:
        first = watch.asked(lambda: watch.poll("sessions"))
        soon = watch.asked(lambda: watch.poll("sessions", after_s=A_DAY - 120))
        later = watch.asked(lambda: watch.poll("sessions", after_s=240))

    assert first[MACHINES] >= 1
    assert soon[MACHINES] == 0
    assert later[MACHINES] == 1


def test_without_machines_view_that_is_said_and_alerts_stay_as_they_are() -> None:
    with a_watch(estate=a_mixed_house(), profile=V2020_10) as watch:
        story = Story(watch, RULES)
        story.polls("sessions", after_s=30)
        watch.simulator.silence_host("VM-2")
        watch.simulator.silence_host("VM-4")
        story.polls("sessions", after_s=30, times=8)
        opened = story.open
        watch.simulator.settings.denied = DENIED
        watch.simulator.revive_host("VM-2")
        less = watch.poll("sessions", after_s=30)
        story.polls("sessions", after_s=30, times=80)
        assert story.open == opened
        watch.simulator.settings.denied = frozenset()
        story.polls("sessions", after_s=2 * A_QUARTER, times=2)
        still = story.open

    assert ("robot-unresponsive", "901/vm-2/acme\\svc-3") in opened
    assert (less.partial, less.note) == (
        True,
        "hosts of modern folders are not readable; grant Machines.View",
    )
    assert {key.split("/")[1] for _, key in still} == {"vm-4"}


def test_an_application_without_the_scope_is_told_which() -> None:
    with a_watch(estate=a_mixed_house(), profile=V2020_10, denied=DENIED) as watch:
        collected = watch.poll("sessions")

    assert collected.note.endswith(
        "Machines.View, and to an application the scope OR.Machines.Read"
    )
    assert collected.partial is False
