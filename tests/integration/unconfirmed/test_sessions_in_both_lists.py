"""Rows 7, 8 and 9: what the two lists of sessions share, and what a goodbye looks like.

§5.1's precedence makes row 7 irrelevant: a goodbye is a goodbye, whatever else the row says.
"""

import itertools

import msgspec
import pytest

from monitor.orchestrator.wire import Runtime
from tests.integration.unconfirmed.house import a_house
from tests.integration.unconfirmed.watch import (
    PEOPLE,
    RUNTIMES,
    Bend,
    Reply,
    Watch,
    a_watch,
    assert_true_sessions,
    told,
)

BOTH_WAYS = [False, True]
ANSWERS = list(itertools.product(BOTH_WAYS, BOTH_WAYS, BOTH_WAYS))


@pytest.mark.parametrize(("listed", "same_ids", "robots"), ANSWERS)
def test_each_session_is_there_once_whatever_the_lists_share(
    *, listed: bool, same_ids: bool, robots: bool
) -> None:
    with a_watch(
        estate=a_house(robots_of_hosts=robots),
        unattended_in_global_sessions=listed,
        same_session_ids=same_ids,
    ) as watch:
        for _ in range(3):
            collected = watch.poll("sessions", after_s=60)
            assert_true_sessions(watch, collected)
            assert (collected.partial, collected.note, collected.skipped) == (False, "", 0)
        asked = watch.asked(lambda: watch.poll("sessions"))

    assert asked == {RUNTIMES: 1, PEOPLE: 1}


def test_the_answer_may_change_and_every_session_keeps_its_identity() -> None:
    with a_watch(estate=a_house(robots_of_hosts=True)) as watch:
        keys = set(told(watch.poll("sessions"), "session"))
        for listed, same_ids, _ in ANSWERS:
            watch.simulator.settings.unattended_in_global_sessions = listed
            watch.simulator.settings.same_session_ids = same_ids
            collected = watch.poll("sessions", after_s=60)
            assert set(told(collected, "session")) == keys
            assert collected.partial is False


@pytest.mark.parametrize("listed", BOTH_WAYS)
@pytest.mark.parametrize("same_ids", BOTH_WAYS)
def test_a_dead_host_counts_each_of_its_sessions_once(*, listed: bool, same_ids: bool) -> None:
    with a_watch(unattended_in_global_sessions=listed, same_session_ids=same_ids) as watch:
        watch.poll("sessions")
        watch.simulator.silence_host("VM-1")
        collected = watch.poll("sessions", after_s=300)
        assert_true_sessions(watch, collected)

    hosts = {one.name: one.values for one in told(collected, "machine").values()}
    assert (hosts["VM-1"]["sessions"], hosts["VM-1"]["unresponsive_sessions"]) == (2, 2)
    assert (hosts["VM-2"]["sessions"], hosts["VM-2"]["unresponsive_sessions"]) == (1, 0)
    assert hosts["VM-1"]["runtimes"] == 2


def shown_on_hosts_too(rows: list[dict[str, object]]) -> Bend:
    """Let the list of hosts show these rows besides, as it shows types without any slot."""

    def bend(path: str, reply: Reply) -> None:
        if path.endswith(RUNTIMES):
            page = msgspec.json.decode(reply.body)
            page["value"] += rows
            reply.body = msgspec.json.encode(page)

    return bend


@pytest.mark.parametrize("same_ids", BOTH_WAYS)
def test_people_whom_the_list_of_hosts_shows_without_slots_are_there_once(
    *, same_ids: bool
) -> None:
    template = {
        "MachineId": 902,
        "MachineName": "Desks",
        "HostMachineName": "TS-1",
        "RuntimeType": "Unattended",
        "Runtimes": 0,
        "UsedRuntimes": 0,
        "IsUnresponsive": False,
        "MaintenanceMode": "Default",
    }
    at = "2026-01-05T08:00:00Z"
    people = [
        {"SessionId": 2000, "ServiceUserName": "ACME\\anna", "Status": "Available"},
        {"SessionId": 2001, "ServiceUserName": "ACME\\bogdan", "Status": "Disconnected"},
    ]
    rows: list[dict[str, object]] = [{**template, "ReportingTime": at, **one} for one in people]
    with a_watch(bend=shown_on_hosts_too(rows), same_session_ids=same_ids) as watch:
        for _ in range(2):
            assert_true_sessions(watch, watch.poll("sessions"))


# Row 7


@pytest.mark.parametrize("both", BOTH_WAYS, ids=["disconnected alone", "and unresponsive"])
def test_a_goodbye_is_a_goodbye_whether_or_not_it_is_called_unresponsive_too(*, both: bool) -> None:
    with a_watch(unresponsive_when_disconnected=both) as watch:
        watch.simulator.set_state("svc-3", "Disconnected")
        watch.simulator.silence("svc-4")
        collected = watch.poll("sessions", after_s=600)
        by_host = {
            one.labels["host"]: (one.labels["state"], one.values["is_unresponsive"])
            for one in told(collected, "session").values()
        }
        shown = rows_of_hosts(watch)
        assert_true_sessions(watch, collected)

    assert shown == {"VM-2": ("Disconnected", both), "VM-3": (shown["VM-3"][0], True)}
    judged = {name: by_host[name] for name in shown if name is not None}
    assert judged == {"VM-2": ("Disconnected", 0), "VM-3": ("Unresponsive", 1)}
    hosts = {one.name: one.values for one in told(collected, "machine").values()}
    assert hosts["VM-2"]["disconnected_sessions"] == 1
    assert hosts["VM-2"]["unresponsive_sessions"] == 0


def rows_of_hosts(watch: Watch) -> dict[str | None, tuple[str | None, bool | None]]:
    """Return what Orchestrator itself says of the two hosts: state and unresponsive."""
    path = f"/odata/Sessions/UiPath.Server.Configuration.OData.{RUNTIMES}"
    with watch.client.poll(10) as poll:
        rows = poll.list(path, row=Runtime, order_by="SessionId")
    return {
        row.host_machine_name: (row.status, row.is_unresponsive)
        for row in rows
        if row.host_machine_name in {"VM-2", "VM-3"}
    }
