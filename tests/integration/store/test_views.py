from datetime import timedelta

import pytest
from sqlalchemy import inspect

from monitor.core.alert import Alert, Phase
from monitor.core.kinds import KINDS
from monitor.core.severity import Severity
from monitor.store import Store, views
from monitor.store.instants import EPOCH
from tests.builders import a_sample, a_subject, after
from tests.integration.store.polls import a_poll, a_session, ask, at, column, record

STABLE = {
    "v_sessions",
    "v_machines",
    "v_queues",
    "v_licenses",
    "v_session_history",
    "v_machine_history",
    "v_queue_history",
    "v_license_history",
    "v_polls",
    "v_alerts",
    "v_alert_events",
    "v_deliveries",
}


def view_columns(store: Store) -> dict[str, list[str]]:
    with store.reading() as connection:
        inspector = inspect(connection)
        return {
            name: [column["name"] for column in inspector.get_columns(name)]
            for name in inspector.get_view_names()
        }


def test_the_promised_views_are_there_and_carry_the_tenant(store: Store) -> None:
    columns = view_columns(store)
    assert set(columns) >= STABLE
    assert {names[0] for names in columns.values()} == {"tenant"}


def test_a_view_of_a_kind_has_a_column_for_each_label_and_metric(store: Store) -> None:
    columns = view_columns(store)
    for kind in KINDS.values():
        if kind.history is None:
            continue
        own = [*kind.labels, *(metric.name for metric in kind.metrics)]
        shared = ["tenant", "key", "name", *own]
        assert columns[f"v_{kind.plural}"] == [*shared, "since", "seen_at"]
        assert columns[f"v_{kind.history}_history"] == [*shared, "valid_from", "valid_to"]


def test_both_databases_have_the_same_columns() -> None:
    sqlite, postgres = views.definitions("sqlite"), views.definitions("postgresql")
    assert list(sqlite) == list(postgres)
    for name in sqlite:
        assert _names(sqlite[name]) == _names(postgres[name])


def _names(select: str) -> list[str]:
    return [
        line.rpartition(" AS ")[2].strip(',"') for line in select.splitlines() if ' AS "' in line
    ]


def test_a_session_is_shown_step_by_step(store: Store) -> None:
    available = a_session("Robot 1", key="7")
    busy = a_session("Robot 1", key="7", state="Busy")
    record(
        store,
        a_poll(
            a_sample(available, heartbeat_age_s=3, is_available=1, is_busy=0), kinds=("session",)
        ),
        a_poll(
            a_sample(busy, after(30), heartbeat_age_s=4, is_available=0, is_busy=1),
            at=30,
            kinds=("session",),
        ),
        a_poll(
            a_sample(busy, after(60), heartbeat_age_s=5, is_available=0, is_busy=1),
            at=60,
            kinds=("session",),
        ),
    )
    assert ask(store, "SELECT * FROM v_sessions") == [
        {
            "tenant": "production",
            "key": "7",
            "name": "Robot 1",
            "robot": "Robot 1",
            "robot_type": "",
            "machine": "",
            "host": "",
            "folder": "Finance",
            "state": "Busy",
            "version": "2026.1",
            "heartbeat_age_s": 4.0,
            "is_unresponsive": None,
            "is_disconnected": None,
            "is_available": 0,
            "is_busy": 1,
            "in_maintenance": None,
            "since": at(30),
            "seen_at": at(60),
        }
    ]
    history = "SELECT state, valid_from, valid_to FROM v_session_history ORDER BY valid_from"
    assert [tuple(row.values()) for row in ask(store, history)] == [
        ("Available", at(0), at(30)),
        ("Busy", at(30), None),
    ]


def test_a_host_and_its_sessions_come_from_one_poll(store: Store) -> None:
    host = a_subject(
        "RPA-07", kind="machine", key="5/rpa-07", labels={"machine": "Pool", "host": "RPA-07"}
    )
    robot = a_sample(a_session("Robot 1"), is_busy=1)
    both = ("session", "machine")
    record(
        store,
        a_poll(robot, a_sample(host, sessions=4, unresponsive_sessions=0), kinds=both),
        a_poll(robot, a_sample(host, sessions=4, unresponsive_sessions=4), at=30, kinds=both),
    )
    assert column(store, "SELECT name FROM v_sessions") == ["Robot 1"]
    machines = "SELECT host, machine, license_type, sessions, runtimes, since FROM v_machines"
    assert [tuple(row.values()) for row in ask(store, machines)] == [
        ("RPA-07", "Pool", "", 4.0, None, at(30))
    ]
    past = "SELECT unresponsive_sessions FROM v_machine_history ORDER BY valid_from"
    assert column(store, past) == [0.0, 4.0]


def test_a_label_that_is_the_name_is_filled_from_it(store: Store) -> None:
    record(store, a_poll(a_sample(a_subject("Invoices"), new_items=1)))
    record(
        store,
        a_poll(a_sample(a_subject("Unattended", kind="license"), used=1), kinds=("license",)),
    )
    assert column(store, "SELECT queue FROM v_queue_history") == ["Invoices"]
    assert column(store, "SELECT license_type FROM v_licenses") == ["Unattended"]


def test_answers_have_the_same_types_on_both_databases(store: Store) -> None:
    session = a_sample(a_session(), heartbeat_age_s=3, is_busy=1)
    record(store, a_poll(session, kinds=("session",)))
    (row,) = ask(store, "SELECT heartbeat_age_s, is_busy, since, state FROM v_sessions")
    assert [type(value) for value in row.values()] == [float, int, str, str]


@pytest.mark.parametrize("microseconds", [0, 1, 999, 1000, 999_999, 123_456, 500_500, 59_999_999])
def test_times_are_cut_to_the_millisecond_and_not_rounded(store: Store, microseconds: int) -> None:
    instant = EPOCH + timedelta(days=20_458, microseconds=microseconds)
    alert = Alert(
        id="A",
        rule="r",
        subject=a_subject(),
        severity=Severity.INFO,
        phase=Phase.PENDING,
        started_at=instant,
        updated_at=instant,
        summary="",
        value=None,
        limit=None,
    )
    with store.writing() as write:
        write.alerts((alert,))
    expected = instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03}Z"
    assert column(store, "SELECT started_at FROM v_alerts") == [expected]
