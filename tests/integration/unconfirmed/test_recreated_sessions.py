"""A session that Orchestrator makes anew is the one it was: same subject, and its alert goes on."""

import itertools

import pytest

from monitor.core.sample import Collected
from monitor.simulator.profiles import CLOUD, V2018_4, V2019_10, V2020_10, V2022_4, Profile
from tests.integration.unconfirmed.house import a_house
from tests.integration.unconfirmed.story import Story
from tests.integration.unconfirmed.watch import Watch, a_watch, told

RULES = """
[rules.robot-unresponsive]
type = "session-unresponsive"
for = "0s"
[rules.host-offline]
type = "host-offline"
for = "0s"
"""
EVERYTHING = frozenset[str]()
WAYS = [
    pytest.param(CLOUD, EVERYTHING, id="hosts' list"),
    pytest.param(CLOUD, frozenset({"Machines.View"}), id="by folder"),
    pytest.param(CLOUD, frozenset({"Machines.View", "Jobs.Create"}), id="robots by folder"),
    pytest.param(CLOUD, frozenset({"Users.View", "Robots.View"}), id="no people"),
    pytest.param(V2022_4, EVERYTHING, id="2022.4"),
    pytest.param(V2020_10, EVERYTHING, id="2020.10"),
    pytest.param(V2019_10, EVERYTHING, id="2019.10"),
    pytest.param(V2018_4, EVERYTHING, id="2018.4"),
]


def keys(collected: Collected) -> set[tuple[str, str]]:
    return {(one.subject.kind, one.subject.key) for one in collected.samples}


def recreate_everything(watch: Watch) -> None:
    for session in watch.simulator.estate.sessions:
        watch.simulator.recreate_robot(session.name)


@pytest.mark.parametrize(("profile", "denied"), WAYS)
def test_all_keep_their_identity_however_they_are_read(
    profile: Profile, denied: frozenset[str]
) -> None:
    estate = a_house(robots_of_hosts=True)
    with a_watch(estate=estate, profile=profile, denied=denied) as watch:
        before = watch.poll("sessions")
        recreate_everything(watch)
        after = watch.poll("sessions", after_s=30)
        again = watch.poll("sessions", after_s=30)

    assert keys(before) == keys(after) == keys(again)
    assert len(told(before, "session")) == (
        6 if "Users.View" in denied else len(watch.simulator.estate.sessions)
    )
    assert (after.partial, again.partial) == (before.partial, before.partial)
    subjects = {one.subject.key: one.subject for one in before.samples}
    renamed = [one for one in again.samples if one.subject.name != subjects[one.subject.key].name]
    assert renamed == []


@pytest.mark.parametrize(
    ("listed", "same_ids"), list(itertools.product([False, True], [False, True]))
)
def test_an_alert_goes_on_when_its_session_is_made_anew(*, listed: bool, same_ids: bool) -> None:
    with a_watch(unattended_in_global_sessions=listed, same_session_ids=same_ids) as watch:
        story = Story(watch, RULES)
        story.polls("sessions", after_s=30)
        watch.simulator.silence("svc-3")
        watch.simulator.silence_host("VM-1")
        story.polls("sessions", after_s=30, times=8)
        opened = story.open
        for _ in range(3):
            watch.simulator.change("host:VM-1", {"recreate": True})
            recreate_everything(watch)
            story.polls("sessions", after_s=30, times=2)
            assert story.open == opened
        watch.simulator.revive("svc-3")
        watch.simulator.revive_host("VM-1")
        story.polls("sessions", after_s=30, times=2)

    assert {rule for rule, _ in opened} == {"robot-unresponsive", "host-offline"}
    assert ("robot-unresponsive", "901/vm-2/acme\\svc-3") in opened
    assert ("host-offline", "901/vm-1") in opened
    assert story.open == set()
    kinds = [event.split()[0] for event in story.events]
    assert kinds.count("opened") == kinds.count("resolved") == len(opened)
    # Of the dead host one message, of its robots none: each way once.
    assert sorted(story.heard()) == [
        "opened VM-1",
        "opened VM-2",
        "resolved VM-1",
        "resolved VM-2",
    ]


def test_a_person_who_comes_back_with_another_session_is_the_same_robot() -> None:
    with a_watch() as watch:
        before = told(watch.poll("sessions"), "session")
        watch.simulator.recreate_robot("attended-anna")
        watch.simulator.set_state("attended-bogdan", "Available")
        after = told(watch.poll("sessions", after_s=30), "session")

    assert before.keys() == after.keys()
    assert before["robot/301"].values["is_disconnected"] == 1
    assert after["robot/301"].values["is_available"] == 1
    assert after["robot/300"].name == before["robot/300"].name
