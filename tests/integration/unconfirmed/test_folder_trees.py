"""Folders: linked queues, one name in several folders, scopes over trees, workspaces, old and new.

Classic and modern folders side by side: every session once, under the folder that it lives in.
"""

import pytest

from monitor.core.folder_scope import FolderScope
from monitor.core.sample import Collected
from monitor.simulator.profiles import V2019_10, V2020_10, V2022_4, Profile
from tests.integration.unconfirmed.house import (
    ALSO_LINKED,
    IN_CLAIMS,
    IN_FINANCE,
    LINKED,
    PATHS,
    a_house,
)
from tests.integration.unconfirmed.watch import (
    COUNTED,
    STATUS,
    Watch,
    a_watch,
    assert_true_queues,
    assert_true_sessions,
    key_of,
    told,
)

WAYS = ["allowed", "refused"]
BY_ID = {500: LINKED, 501: ALSO_LINKED, 502: IN_FINANCE, 503: IN_CLAIMS}


@pytest.mark.parametrize("bare", WAYS)
@pytest.mark.parametrize("repeats", [True, False], ids=["linked repeat", "linked once"])
def test_a_linked_queue_is_one_subject_and_two_of_one_name_are_two(
    *, bare: str, repeats: bool
) -> None:
    with a_watch(bare_queue_status=bare, repeat_linked=repeats) as watch:
        for id_, handle in BY_ID.items():
            watch.simulator.set_queue(handle, new=id_)
        collected = watch.poll("queues")

    found = [(one.subject.key, one.subject.name) for one in collected.samples]
    assert len(found) == len(dict(found)) == 7
    assert [name for _, name in found].count("Intake") == 2
    queues = told(collected, "queue")
    for id_ in BY_ID:
        assert queues[str(id_)].values["new_items"] == id_
    assert queues["502"].labels["folder"] == "Finance"
    assert queues["503"].labels["folder"] == "Claims"


SCOPES = [
    (("**",), (), COUNTED),
    (("Finance",), (), ("Finance",)),
    (("Finance/**",), (), ("Finance", "Finance/Payables", "Finance/Payables/Archive")),
    (("finance/payables",), (), ("Finance/Payables",)),
    (("Finance/*",), (), ("Finance/Payables",)),
    (("**",), ("Finance/**",), ("Claims", "Office", "Shared")),
    (("Finance/**",), ("Finance/Payables",), ("Finance", "Finance/Payables/Archive")),
    (("**",), ("Claims", "Shared", "Finance/Payables"), None),
    (("*workspace",), (), ("anna's workspace",)),
    (("**", "anna*"), (), tuple(sorted(PATHS.values()))),
]


@pytest.mark.parametrize("bare", WAYS)
def test_what_counts_follows_from_the_path_however_the_queues_are_read(bare: str) -> None:
    with a_watch(bare_queue_status=bare) as watch:
        for include, exclude, paths in SCOPES:
            expected = paths or ("Finance", "Finance/Payables/Archive", "Office")
            scope = FolderScope(include=include, exclude=exclude)
            watch.begin_anew(scope)
            for _ in range(2):
                collected = watch.poll("queues", after_s=60)
                assert_true_queues(watch, collected, expected)
                assert (collected.partial, collected.note) == (False, "")


@pytest.mark.parametrize("repeats", [True, False], ids=["linked repeat", "linked once"])
def test_a_linked_queue_counts_where_any_of_its_folders_does(*, repeats: bool) -> None:
    # Told once, it is told of in Finance/Payables alone: which others it has the folders tell.
    with a_watch(repeat_linked=repeats, folders=FolderScope(include=("Claims",))) as watch:
        for _ in range(3):
            collected = watch.poll("queues", after_s=60)
            assert {one.name for one in told(collected, "queue").values()} == {LINKED, "Intake"}
            assert {one.labels["folder"] for one in told(collected, "queue").values()} == {"Claims"}
        asked = watch.asked(lambda: watch.poll("queues"))

    assert asked == {STATUS: 1}


@pytest.mark.parametrize("bare", WAYS)
def test_personal_workspaces_are_left_out_until_they_are_named(bare: str) -> None:
    with a_watch(bare_queue_status=bare) as watch:
        names = {one.name for one in told(watch.poll("queues"), "queue").values()}
        watch.begin_anew(FolderScope(include=("**", "anna's workspace")))
        named = {one.name for one in told(watch.poll("queues"), "queue").values()}

    assert named - names == {"Drafts"}


# Classic and modern folders side by side


def homes(watch: Watch) -> dict[str, str]:
    """Return the folder in which each robot is registered, "" for the tenant, by session's key."""
    folders = watch.simulator.estate.folders
    assert {folder.classic for folder in folders} == {False, True}
    path_of = {folder.id: folder.path for folder in folders}
    return {key_of(one): path_of.get(one.folder_id, "") for one in watch.simulator.estate.sessions}


def told_homes(collected: Collected) -> dict[str, str]:
    return {key: one.labels["folder"] for key, one in told(collected, "session").items()}


VERSIONS = [
    pytest.param(V2019_10, False, id="2019.10"),
    # Before API 15 there is no list of hosts: whether that of people's sessions shows the unattended
    # ones of modern folders is row 8, and where it does not their machines do.
    pytest.param(V2020_10, False, id="2020.10"),
    pytest.param(V2020_10, True, id="2020.10, all in one list"),
    pytest.param(V2022_4, False, id="2022.4"),
    pytest.param(V2022_4, True, id="2022.4, in both lists"),
]


@pytest.mark.parametrize(("profile", "listed"), VERSIONS)
@pytest.mark.parametrize("bare", WAYS)
def test_classic_and_modern_folders_side_by_side(
    *, profile: Profile, listed: bool, bare: str
) -> None:
    with a_watch(
        estate=a_house(robots_of_hosts=True, mixed=True),
        profile=profile,
        bare_queue_status=bare,
        unattended_in_global_sessions=listed,
    ) as watch:
        for _ in range(3):
            sessions, queues = watch.poll("sessions", after_s=60), watch.poll("queues")
            assert_true_sessions(watch, sessions, is_maintenance_told=profile is V2022_4)
            assert (sessions.partial, sessions.note) == (False, "")
            assert (queues.partial, queues.note) == (False, "")
            if bare == "refused" or profile is not V2019_10:
                assert_true_queues(watch, queues)
        expected = homes(watch)

    assert "Claims" in expected.values()
    assert told_homes(sessions) == expected


@pytest.mark.parametrize(("profile", "listed"), VERSIONS)
def test_robots_of_classic_folders_that_do_not_count_are_left_out(
    *, profile: Profile, listed: bool
) -> None:
    with a_watch(
        estate=a_house(robots_of_hosts=True, mixed=True),
        profile=profile,
        folders=FolderScope(exclude=("Claims",)),
        unattended_in_global_sessions=listed,
    ) as watch:
        for _ in range(2):
            collected = watch.poll("sessions", after_s=60)
        expected = {key: path for key, path in homes(watch).items() if path != "Claims"}

    assert 0 < len(expected) < len(homes(watch))
    assert told_homes(collected) == expected
    assert collected.partial is False
