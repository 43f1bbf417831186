from collections import Counter

import pytest

from monitor.simulator.estate import Estate, SessionKind
from monitor.simulator.estates import default_estate, large_estate


def kinds(estate: Estate) -> Counter[SessionKind]:
    return Counter(session.kind for session in estate.sessions)


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
    "estate", [default_estate(), large_estate(sessions=40, queues=7, folders=3)]
)
def test_names_and_ids_are_unique(estate: Estate) -> None:
    for values in (
        [session.name.casefold() for session in estate.sessions],
        [session.id for session in estate.sessions],
        [host.name for host in estate.hosts],
        [queue.id for queue in estate.queues],
        [folder.path for folder in estate.folders],
    ):
        assert len(values) == len(set(values))


def test_robot_names_are_short_enough_for_the_api() -> None:
    robots = [session.robot for session in default_estate().sessions if session.robot]

    assert all(len(robot.name) <= 19 for robot in robots)


def test_a_large_estate_has_the_size_asked_for() -> None:
    estate = large_estate(sessions=100, queues=20, folders=5)

    assert (len(estate.sessions), len(estate.queues), len(estate.folders)) == (100, 20, 5)
    assert kinds(estate)[SessionKind.ATTENDED] == 10


def test_queues_without_a_folder_are_refused() -> None:
    with pytest.raises(ValueError, match="folder"):
        large_estate(sessions=1, queues=1, folders=0)
