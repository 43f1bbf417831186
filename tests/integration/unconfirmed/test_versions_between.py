"""Row 6: which release brought an endpoint, and fields that are there or not.

A server between two known ones has some of what is newer, in any mixture: whatever it lacks is
asked another way, and what it has beyond its time is used.
"""

from dataclasses import replace

import pytest

from monitor.simulator.profiles import (
    CLOUD,
    V2018_4,
    V2019_10,
    V2020_10,
    V2022_4,
    V2023_10,
    Profile,
)
from tests.integration.unconfirmed.house import a_house
from tests.integration.unconfirmed.watch import (
    ALL,
    BY_FOLDER,
    DEFINITIONS,
    FOLDERS,
    LICENSE,
    PEOPLE,
    RUNTIMES,
    STATUS,
    Watch,
    a_watch,
    assert_true_queues,
    assert_true_sessions,
    told,
)

A_DAY = 86_400.0
ACROSS = "GetQueuesAcrossFolders"


def without(profile: Profile, *names: str) -> Profile:
    """Return the version as it was before it had these endpoints."""
    return replace(
        profile, endpoints=tuple(one for one in profile.endpoints if one.name not in names)
    )


def beyond(profile: Profile, newer: Profile, *names: str) -> Profile:
    """Return the version with endpoints of a newer one, fields and all."""
    kept = without(profile, *names).endpoints
    return replace(
        profile, endpoints=(*kept, *(one for one in newer.endpoints if one.name in names))
    )


BETWEEN = [
    pytest.param(without(V2022_4, ACROSS), True, id="2022.4, queues across folders later"),
    pytest.param(without(V2022_4, BY_FOLDER), True, id="2022.4, hosts by folder later"),
    pytest.param(without(V2023_10, "Version"), True, id="2023.10 without version"),
    pytest.param(without(CLOUD, "FoldersOfUser"), True, id="cloud, folders of user later"),
    pytest.param(beyond(V2022_4, CLOUD, STATUS, DEFINITIONS), True, id="queues of the cloud"),
    pytest.param(beyond(V2022_4, V2020_10, STATUS, DEFINITIONS), True, id="queues of 2020.10"),
    pytest.param(beyond(V2022_4, V2020_10, PEOPLE, LICENSE), True, id="people of 2020.10"),
    pytest.param(beyond(V2020_10, V2022_4, RUNTIMES), False, id="2020.10 with hosts"),
    pytest.param(beyond(V2020_10, V2022_4, RUNTIMES, BY_FOLDER, ACROSS), False, id="and more"),
    pytest.param(beyond(V2020_10, V2019_10, LICENSE, STATUS), False, id="old function forms"),
    pytest.param(beyond(V2019_10, V2020_10, LICENSE, STATUS, PEOPLE), False, id="new forms"),
    pytest.param(beyond(V2018_4, V2019_10, PEOPLE), False, id="2018.4 with global sessions"),
]


@pytest.mark.parametrize(("profile", "is_maintenance_told"), BETWEEN)
def test_a_version_between_two_is_seen_whole(
    *, profile: Profile, is_maintenance_told: bool
) -> None:
    estate = a_house(robots_of_hosts=True)
    with a_watch(estate=estate, profile=profile) as watch:
        for _ in range(2):
            sessions, queues = watch.poll("sessions", after_s=60), watch.poll("queues")
            licenses = watch.poll("licenses")
            assert_true_sessions(watch, sessions, is_maintenance_told=is_maintenance_told)
            has_workspaces = any(folder.personal for folder in watch.simulator.estate.folders)
            assert len(told(queues, "queue")) == len(estate.queues) - has_workspaces
            assert told(licenses, "license").keys() == {"Unattended", "Attended"}
            for collected in (sessions, queues, licenses):
                assert (collected.partial, collected.note) == (False, "")
        asked = watch.askings(lambda: poll_all(watch))

    assert {one.status for one in asked} == {200}
    assert len(asked) <= 3 + len(watch.simulator.estate.folders)


def poll_all(watch: Watch) -> None:
    for name in ALL:
        watch.poll(name)


def test_an_upgrade_brings_what_was_missing_within_a_day() -> None:
    estate = a_house(robots_of_hosts=True)
    with a_watch(
        estate=estate, profile=without(CLOUD, RUNTIMES), unattended_in_global_sessions=True
    ) as old:
        before = old.poll("sessions")
        assert_true_sessions(old, before, is_maintenance_told=False)
        keys = told(before, "session").keys()
        soon = old.asked(lambda: old.poll("sessions", after_s=A_DAY - 120))
        later = old.asked(lambda: old.poll("sessions", after_s=180))

    # Once in a while the machines are asked for what no list shows, of which there is nothing here.
    rarely = {FOLDERS: 1, "Machines": 1, "GetMachineSessions": 1}
    assert soon == {PEOPLE: 1, "Token": 1, **rarely}
    # The name is unknown to this server, so it is in its journal as such.
    assert later["Unknown"] + later[RUNTIMES] >= 1
    assert "901/vm-1/acme\\svc-1" in keys


@pytest.mark.parametrize("fault", ["extra-fields", "seven-digits"])
def test_fields_that_come_and_longer_times_change_nothing(fault: str) -> None:
    with a_watch() as watch:
        watch.poll("sessions")
        watch.simulator.faults.start(fault, on="[!T]*")
        for name in ALL:
            collected = watch.poll(name)
            assert (collected.partial, collected.skipped) == (False, 0)
            if name == "queues":
                assert_true_queues(watch, collected)
            if name == "sessions":
                assert_true_sessions(watch, collected)
        assert FOLDERS in watch.simulator.journal.counts()


@pytest.mark.parametrize("fault", ["missing-enums", "unknown-enums"])
def test_names_of_another_time_hide_nobody(fault: str) -> None:
    with a_watch(estate=a_house(robots_of_hosts=True)) as watch:
        watch.simulator.faults.start(fault, on="[!T]*")
        polls = [watch.poll("sessions", after_s=60) for _ in range(3)]

    # A state that nobody knows is not known, and neither is whether silence means anything then.
    for collected in polls:
        found = told(collected, "session")
        assert len(found) == len(watch.simulator.estate.sessions)
        assert found.keys() == told(polls[0], "session").keys()
        assert (collected.partial, collected.skipped) == (False, 0)
        assert not any(one.values.get("is_unresponsive") for one in found.values())
