"""What goes away amid a run, a folder or a permission: what was known there is unknown, not gone.

Its open alert neither resolves nor repeats; what is granted again is seen again in time.
"""

import pytest

from monitor.core.sample import Collected
from monitor.simulator.profiles import CLOUD, V2020_10, Profile
from tests.integration.unconfirmed.house import a_house
from tests.integration.unconfirmed.story import Story
from tests.integration.unconfirmed.watch import (
    BY_FOLDER,
    RUNTIMES,
    STATUS,
    a_watch,
    assert_true_queues,
    assert_true_sessions,
    told,
)

RULES = """
[rules.backlog]
type = "queue-backlog"
above = 100
for = "0s"
no_data = "resolve"
[rules.robot-unresponsive]
type = "session-unresponsive"
for = "0s"
no_data = "resolve"
"""
"""What is no longer reported resolves at once: so it shows whether it is taken for gone."""
PAYROLL, LETTERS = ("backlog", "504"), ("backlog", "506")
SILENT = ("robot-unresponsive", "901/vm-2/acme\\svc-3")
HALF_AN_HOUR = 1800.0
WAYS = ["allowed", "refused"]


def collected_by(story: Story, name: str, *, after_s: float = 60.0, times: int = 1) -> Collected:
    outcome = story.polls(name, after_s=after_s, times=times)
    assert isinstance(outcome, Collected), outcome
    return outcome


@pytest.mark.parametrize("status", [400, 403, 404])
def test_the_alert_of_a_queue_waits_while_its_folder_is_unknown(status: int) -> None:
    with a_watch(bare_queue_status="refused", unknown_folder_status=status) as watch:
        story = Story(watch, RULES)
        watch.simulator.set_queue("Letters", new=500)
        watch.simulator.set_queue("Payroll", new=500)
        collected_by(story, "queues")
        assert story.open == {PAYROLL, LETTERS}
        watch.simulator.remove_folder("Office", still_listed=True)
        hidden = collected_by(story, "queues", times=3)
        assert story.open == {PAYROLL, LETTERS}
        watch.simulator.change("folder:Office", {"refused": False})
        watch.simulator.set_queue("Payroll", new=1)
        collected_by(story, "queues")
        assert story.open == {LETTERS}
        seen = collected_by(story, "queues", after_s=HALF_AN_HOUR)
        watch.simulator.set_queue("Letters", new=1)
        collected_by(story, "queues")
        assert_true_queues(watch, collected_by(story, "queues"))

    assert (hidden.partial, seen.partial, seen.note) == (True, False, "")
    assert "506" not in told(hidden, "queue")
    assert story.open == set()
    assert sorted(story.heard()) == [
        "opened Letters",
        "opened Payroll",
        "resolved Letters",
        "resolved Payroll",
    ]


def test_a_folder_that_is_gone_for_good_takes_its_alert_along() -> None:
    with a_watch(bare_queue_status="refused") as watch:
        story = Story(watch, RULES)
        watch.simulator.set_queue("Letters", new=500)
        collected_by(story, "queues")
        watch.simulator.remove_folder("Office")
        collected_by(story, "queues", times=3)
        assert story.open == {LETTERS}
        gone = collected_by(story, "queues", after_s=900)

    assert (gone.partial, gone.note) == (False, "")
    assert story.open == set()


@pytest.mark.parametrize("bare", WAYS)
def test_queues_whose_folder_is_closed_to_the_role_are_unknown(bare: str) -> None:
    with a_watch(bare_queue_status=bare) as watch:
        story = Story(watch, RULES)
        watch.simulator.set_queue("Letters", new=500)
        collected_by(story, "queues")
        watch.simulator.settings.denied_folders = frozenset({"Office"})
        hidden = collected_by(story, "queues", times=3)
        asked = watch.asked(lambda: story.polls("queues"))
        assert story.open == {LETTERS}
        watch.simulator.settings.denied_folders = frozenset()
        seen = collected_by(story, "queues", after_s=HALF_AN_HOUR)
        assert_true_queues(watch, seen)

    assert "506" not in told(hidden, "queue")
    assert hidden.partial is True
    assert "Office" in hidden.note
    assert "grant Queues.View" in hidden.note
    assert asked == {STATUS: 1 if bare == "allowed" else 5}
    assert (seen.partial, seen.note) == (False, "")
    assert story.open == {LETTERS}
    assert story.heard() == ["opened Letters"]


@pytest.mark.parametrize("bare", WAYS)
def test_a_queue_that_is_deleted_is_gone_and_its_folder_is_asked_once_at_most(bare: str) -> None:
    with a_watch(bare_queue_status=bare) as watch:
        story = Story(watch, RULES)
        watch.simulator.set_queue("Letters", new=500)
        collected_by(story, "queues")
        watch.simulator.change("queue:Letters", {"gone": True})
        first = watch.asked(lambda: story.polls("queues"))
        gone = collected_by(story, "queues")
        then = watch.asked(lambda: story.polls("queues"))

    assert (gone.partial, gone.note) == (False, "")
    assert story.open == set()
    assert first == {STATUS: 2 if bare == "allowed" else 6}
    assert then == {STATUS: 1 if bare == "allowed" else 6}


def test_a_queue_that_is_deleted_after_the_tenant_began_to_want_a_folder_is_gone() -> None:
    with a_watch() as watch:
        watch.poll("queues")
        watch.simulator.settings.bare_queue_status = "refused"
        watch.poll("queues", after_s=60)
        watch.simulator.change("queue:Letters", {"gone": True})
        collected = watch.poll("queues", after_s=60)

    assert len(told(collected, "queue")) == 6
    assert (collected.partial, collected.note) == (False, "")


@pytest.mark.parametrize("bare", WAYS)
def test_without_any_right_to_queues_the_poll_fails_and_all_is_kept(bare: str) -> None:
    with a_watch(bare_queue_status=bare) as watch:
        story = Story(watch, RULES)
        watch.simulator.set_queue("Letters", new=500)
        collected_by(story, "queues")
        watch.simulator.settings.denied = frozenset({"Queues.View"})
        refused = [story.polls("queues") for _ in range(3)]
        asked = watch.asked(lambda: story.polls("queues"))
        watch.simulator.settings.denied = frozenset()
        seen = collected_by(story, "queues")
        assert_true_queues(watch, seen)

    assert {getattr(one, "kind", "") for one in refused} == {"forbidden"}
    assert sum(asked.values()) <= 1 + 6 + 1
    assert story.open == {LETTERS}
    assert story.heard() == ["opened Letters"]


SESSIONS = [
    pytest.param(CLOUD, ("Machines.View",), id="by folder instead"),
    pytest.param(CLOUD, ("Machines.View", "Jobs.Create"), id="robots of folders instead"),
    pytest.param(CLOUD, ("Users.View", "Robots.View"), id="no people"),
    pytest.param(CLOUD, ("Machines.View", "Jobs.Create", "Robots.View"), id="no hosts"),
    pytest.param(V2020_10, ("Users.View",), id="2020.10, classic alone"),
]


@pytest.mark.parametrize(("profile", "denied"), SESSIONS)
def test_the_alert_of_a_robot_outlives_a_permission_that_is_withdrawn(
    profile: Profile, denied: tuple[str, ...]
) -> None:
    with a_watch(estate=a_house(robots_of_hosts=True), profile=profile) as watch:
        story = Story(watch, RULES)
        watch.simulator.silence("bot-1003")
        first = collected_by(story, "sessions", times=4)
        assert story.open == {SILENT}
        watch.simulator.settings.denied = frozenset(denied)
        less = collected_by(story, "sessions", times=3)
        assert story.open == {SILENT}
        watch.simulator.settings.denied = frozenset()
        again = collected_by(story, "sessions", after_s=HALF_AN_HOUR)
        assert_true_sessions(watch, again, is_maintenance_told=profile is CLOUD)
        assert story.open == {SILENT}
        watch.simulator.revive("bot-1003")
        collected_by(story, "sessions", times=2)

    assert told(again, "session").keys() == told(first, "session").keys()
    assert told(less, "session").keys() <= told(first, "session").keys()
    missing = told(first, "session").keys() - told(less, "session").keys()
    assert less.partial is bool(missing)
    assert bool(less.note) is (profile is CLOUD)
    assert (again.partial, again.note) == (False, "")
    assert story.open == set()
    assert [line for line in story.heard() if not line.startswith("still")] == [
        "opened bot-1003" if profile is V2020_10 else "opened VM-2",
        "resolved bot-1003" if profile is V2020_10 else "resolved VM-2",
    ]


def test_hosts_without_machines_view_are_asked_for_again_after_half_an_hour() -> None:
    with a_watch(denied=frozenset({"Machines.View"})) as watch:
        collected = watch.poll("sessions")
        assert_true_sessions(watch, collected)
        assert "read folder by folder; grant Machines.View" in collected.note
        watch.simulator.settings.denied = frozenset()
        soon = watch.asked(lambda: watch.poll("sessions", after_s=HALF_AN_HOUR - 60))
        later = watch.asked(lambda: watch.poll("sessions", after_s=120))
        settled = watch.asked(lambda: watch.poll("sessions"))

    assert (soon[RUNTIMES], later[RUNTIMES]) == (0, 1)
    assert BY_FOLDER not in later
    assert sum(settled.values()) == 2
