from collections import Counter

import pytest

from monitor.simulator.estate import Estate, SessionKind
from monitor.simulator.estates import default_estate, large_estate, middle_estate, small_estate
from tests.unit.simulator.callers import QUEUE_STATUS, Caller


def kinds(estate: Estate) -> Counter[SessionKind]:
    return Counter(session.kind for session in estate.sessions)


def sizes(estate: Estate) -> tuple[int, int, int, int]:
    return len(estate.sessions), len(estate.hosts), len(estate.queues), len(estate.folders)


def test_the_default_estate_is_lively() -> None:
    estate = default_estate()

    assert kinds(estate) == {
        SessionKind.UNATTENDED: 28,
        SessionKind.ATTENDED: 12,
        SessionKind.EPHEMERAL: 1,
    }
    assert len(estate.queues) == 15
    assert len([folder for folder in estate.folders if not folder.personal]) == 6
    assert [queue.name for queue in estate.queues if len(queue.folder_ids) > 1] == ["Invoices"]
    assert [host.name for host in estate.hosts if host.in_maintenance] == ["VM-RPA-08"]


@pytest.mark.parametrize(
    "estate",
    [
        default_estate(),
        small_estate(),
        middle_estate(),
        large_estate(sessions=40, queues=7, folders=3),
        large_estate(),
    ],
)
def test_names_and_ids_are_unique(estate: Estate) -> None:
    for values in (
        [session.name.casefold() for session in estate.sessions],
        [session.id for session in estate.sessions],
        [host.name for host in estate.hosts],
        [machine.id for machine in estate.machines],
        [queue.id for queue in estate.queues],
        [queue.handle.casefold() for queue in estate.queues],
        [(queue.name, folder) for queue in estate.queues for folder in queue.folder_ids],
        [folder.path for folder in estate.folders],
        [folder.id for folder in estate.folders],
    ):
        assert len(values) == len(set(values))


def test_robot_names_are_short_enough_for_the_api() -> None:
    robots = [session.robot for session in default_estate().sessions if session.robot]

    assert all(len(robot.name) <= 19 for robot in robots)


def test_the_small_and_the_middle_estate_have_their_sizes() -> None:
    assert sizes(small_estate()) == (10, 5, 20, 6)
    assert sizes(middle_estate()) == (150, 60, 200, 100)


def test_a_large_estate_has_the_size_asked_for() -> None:
    estate = large_estate(sessions=100, queues=20, folders=5)

    assert (len(estate.sessions), len(estate.queues), len(estate.folders)) == (100, 20, 5)
    assert kinds(estate)[SessionKind.ATTENDED] == 10
    assert sizes(large_estate()) == (10_000, 2500, 5000, 500)


def test_one_template_has_many_hosts_and_some_hosts_many_users() -> None:
    estate = large_estate(sessions=1000, queues=1, folders=1)
    hosts_of = Counter(host.machine.name for host in estate.hosts)
    users_of = Counter(session.host.name for session in estate.sessions)

    assert hosts_of.most_common(1)[0][1] > 200
    assert {machine.template for machine in estate.machines} == {True, False}
    assert all(hosts_of[machine.name] == 1 for machine in estate.machines if not machine.template)
    assert min(users_of.values()) >= 1
    assert max(users_of.values()) >= 3 * min(users_of.values())


def test_folders_stand_alone_or_in_trees_and_some_are_personal() -> None:
    folders = {folder.id: folder for folder in middle_estate().folders}

    assert Counter(folder.personal for folder in folders.values())[True] == 4
    assert max(folder.path.count("/") for folder in folders.values()) == 2
    for folder in folders.values():
        if folder.parent_id is not None:
            assert folder.path.rpartition("/")[0] == folders[folder.parent_id].path


def test_queues_share_names_and_some_are_linked() -> None:
    estate = middle_estate()
    personal = {folder.id for folder in estate.folders if folder.personal}
    names = Counter(queue.name for queue in estate.queues)

    assert names["Intake"] > 5
    assert any(len(queue.folder_ids) == 3 for queue in estate.queues)
    assert all(personal.isdisjoint(queue.folder_ids) for queue in estate.queues)


def test_a_queue_whose_name_others_have_is_called_by_its_path() -> None:
    caller = Caller(estate=small_estate())
    caller.root = "/acme/Small/orchestrator_"
    (alias, *_) = (queue.alias for queue in caller.simulator.estate.queues if queue.alias)
    caller.simulator.freeze_queue(alias, new=77)
    found = [row for row in caller.get(QUEUE_STATUS).rows if row["ItemsToProcess"] == 77]

    assert [row["QueueDefinitionName"] for row in found] == [alias.rpartition("/")[2]]
    assert caller.simulator.queue(alias.upper()).new == 77


def test_no_host_is_without_a_session_and_no_session_without_a_host() -> None:
    for count in range(1, 60):
        estate = large_estate(sessions=count, queues=0, folders=0)
        assert len(estate.sessions) == count


def test_queues_without_a_folder_are_refused() -> None:
    with pytest.raises(ValueError, match="folder"):
        large_estate(sessions=1, queues=1, folders=0)
