"""The recipes of the manual: each runs as it stands, and finds what is known to be there."""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from monitor.core.alert import Alert, AlertEvent, EventKind, Phase, Reason
from monitor.core.delivery import Delivered
from monitor.core.matching import parse_where
from monitor.core.mute import Silence
from monitor.core.sample import Sample
from monitor.core.severity import Severity
from monitor.store import Store, views
from monitor.store.people import add_silence
from monitor.store.rolling import Watch
from tests.builders import NOW, a_sample, a_subject, after
from tests.integration.store.aged import keep_up
from tests.integration.store.letters import a_delivery, attempt
from tests.integration.store.polls import a_failed_poll, a_poll, ask, at, record

PAGE = Path(__file__).parents[3] / "docs" / "history.md"
_RECIPE = re.compile(
    r"^([A-Z][^\n]*:)\n\n((?:```sql[^\n]*\n.*?```\n\n?)+)", re.MULTILINE | re.DOTALL
)
_FENCE = re.compile(r"```sql ?(\w*)\n(.*?)```", re.DOTALL)


def _recipes() -> dict[str, dict[str, str]]:
    """Return each recipe by its title: the SQL by dialect, "" for both."""
    found: dict[str, dict[str, str]] = {}
    for title, fences in _RECIPE.findall(PAGE.read_text()):
        name = title.rstrip(":").partition(" (")[0]
        found[name] = {dialect: sql.rstrip().rstrip(";") for dialect, sql in _FENCE.findall(fences)}
    return found


RECIPES = _recipes()
Rows = list[Mapping[str, Any]]


def robot(number: int, **metrics: float) -> Sample:
    state = "Busy" if metrics.get("is_busy") else "Available"
    labels = {"host": f"VM-{number % 2}", "state": state, "version": "25.10", "folder": "Finance"}
    flags = {"is_unresponsive": 0.0, "is_busy": 0.0, "is_available": 0.0, **metrics}
    return a_sample(a_subject(f"robot-{number}", kind="session", labels=labels), **flags)


def host(used: float) -> Sample:
    subject = a_subject("VM-1", kind="machine", labels={"machine": "Pool", "host": "VM-1"})
    return a_sample(subject, runtimes=2, used_runtimes=used)


def queue(new: float, done: float, name: str = "Invoices", working: float = 0) -> Sample:
    labels = {"queue": name, "folder": "Finance", "process": ""}
    return a_sample(
        a_subject(name, labels=labels),
        new_items=new,
        in_progress_items=working,
        successful_items=done,
        failed_items=5,
    )


def seats(used: float) -> Sample:
    subject = a_subject("Unattended", kind="license", labels={"license_type": "Unattended"})
    return a_sample(subject, allowed=10, used=used)


def end(days: float) -> Sample:
    return a_sample(a_subject("production", kind="subscription"), days_to_expiry=days)


def an_alert(
    name: str, rule: str, about: str, *, opened_s: float = 60, resolved_s: float | None = None
) -> Alert:
    return Alert(
        id=name,
        rule=rule,
        subject=a_subject(about),
        severity=Severity.WARNING,
        phase=Phase.FIRING if resolved_s is None else Phase.RESOLVED,
        started_at=after(opened_s),
        opened_at=after(opened_s),
        resolved_at=None if resolved_s is None else after(resolved_s),
        updated_at=after(opened_s),
        summary="",
        value=1,
        limit=None,
    )


def opening(alert: Alert) -> AlertEvent:
    return AlertEvent(
        alert=alert, kind=EventKind.OPENED, reason=Reason.BREACHED, at=alert.started_at
    )


WATCHED = {
    kind: Watch(collector, timedelta(minutes=1))
    for collector, kinds in {"sessions": ("session", "machine"), "queues": ("queue",)}.items()
    for kind in kinds
}


@pytest.fixture
def known(store: Store) -> Store:
    """An hour and a day of which everything is known."""
    robots = ("session", "machine")
    licenses = ("license", "subscription")
    day = 86_400
    record(
        store,
        a_poll(robot(1), robot(2, is_busy=1), host(1), kinds=robots, collector="sessions"),
        a_poll(queue(40, 10), queue(3, 1, "Mail", working=2)),
        a_poll(seats(8), end(100), kinds=licenses, collector="licenses"),
        a_poll(
            robot(1, is_unresponsive=1), robot(2, is_busy=1), host(1),
            at=60, kinds=robots, collector="sessions",
        ),
        a_poll(queue(90, 15), queue(3, 1, "Mail", working=2), at=60),
        a_failed_poll(at=120),
        a_failed_poll(at=180, kind="throttled", message="slow down"),
        a_poll(
            robot(1, is_busy=1), robot(2, is_unresponsive=1), host(2),
            at=660, kinds=robots, collector="sessions",
        ),
        a_poll(queue(20, 2), queue(3, 1, "Mail", working=2), at=660),
        a_poll(
            robot(1, is_busy=1), robot(2, is_unresponsive=1), host(2),
            at=day, kinds=robots, collector="sessions",
        ),
        a_poll(queue(25, 12), queue(3, 1, "Mail", working=2), at=day),
        a_poll(seats(12), end(60), at=day, kinds=licenses, collector="licenses"),
    )  # fmt: skip
    silent, again, backlog = (
        an_alert("A1", "robot-unresponsive", "robot-1", resolved_s=660),
        an_alert("A2", "robot-unresponsive", "robot-1", opened_s=900, resolved_s=960),
        an_alert("A3", "backlog", "Invoices", opened_s=day),
    )
    sent = a_delivery("d1", "A1", "A2")
    with store.writing() as write:
        write.alerts([silent, again, backlog], [opening(silent), opening(again), opening(backlog)])
        write.deliveries([sent, a_delivery("d2", "A3", second=1)])
        silence = Silence(
            id="S1",
            where=parse_where({"host": "VM-1"}),
            starts_at=NOW,
            ends_at=after(3600),
            author="ana",
            comment="patching",
        )
        add_silence(write.connection, silence, NOW)
    attempt(store, sent, Delivered())
    keep_up(store, 1, WATCHED)
    return store


def run(store: Store, title: str) -> Rows:
    spelled = RECIPES[title]
    with store.reading() as connection:
        dialect = "sqlite" if connection.dialect.name == "sqlite" else "postgres"
    return ask(store, spelled.get(dialect) or spelled[""])


DAY = 86_400
# Of each recipe the columns that matter, in the order of the rows.
EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "What is unresponsive right now, and since when": [("VM-0", at(660))],
    "How often each robot went silent": [("robot-1", 1), ("robot-2", 1)],
    "How long each robot was silent in all, in minutes": [("robot-2", 1429), ("robot-1", 10)],
    "What a robot did, state by state": [
        (at(0), at(60), "Available"),
        (at(60), at(660), "Available"),
        (at(660), None, "Busy"),
    ],
    "How busy each host is": [("VM-1", 1, 1), ("VM-0", 0, 1)],
    "How much of each hour each robot was busy, of the time in which anybody looked": [
        ("2026-01-05T09:00:00.000Z", "robot-1", 0, 60),
        ("2026-01-05T09:00:00.000Z", "robot-2", 100, 60),
    ],
    "Hosts with no free slot": [("VM-1", 2, 2)],
    "Versions of the robot in use": [("25.10", 2)],
    "When each robot was seen first": [("robot-1", at(0)), ("robot-2", at(0))],
    "A queue's past": [(at(0), 40), (at(60), 90), (at(660), 20), (at(DAY), 25)],
    "The longest backlogs of 2026": [("Invoices", 90), ("Mail", 3)],
    "How the queues stood at an instant": [("Invoices", 40), ("Mail", 3)],
    "Work that waits while nobody works on it": [("Invoices", 25)],
    "The highest backlog of each day": [
        ("2026-01-05", "Invoices", 90),
        ("2026-01-05", "Mail", 3),
        ("2026-01-06", "Invoices", 25),
    ],
    "The backlog of each day that is over, for as long as days are kept": [
        ("2026-01-05", "Invoices", 40, 40, 90),
        ("2026-01-05", "Mail", 3, 3, 3),
    ],
    "How many items each queue finished on each day that is over": [("2026-01-05", "Invoices", 5)],
    "How many items each queue finished, hour by hour, today as well": [
        ("Invoices", "2026-01-05T09", 5),
        ("Invoices", "2026-01-06T09", 10),
    ],
    "The share of failures in what is still there": [("Mail", 83.3), ("Invoices", 29.4)],
    "Licenses used beyond what is allowed": [("Unattended", 12, 10)],
    "The peak of each type, day by day": [
        ("2026-01-05", "Unattended", 8),
        ("2026-01-06", "Unattended", 12),
    ],
    "Subscriptions that end within three months": [("production", 60)],
    "What is open, and what mutes it": [("backlog", "Invoices", None)],
    "The life of the alerts of a rule": [(at(60), "opened"), (at(900), "opened")],
    "Which rules spoke most often this year": [("robot-unresponsive", 2), ("backlog", 1)],
    "What alarms again and again": [("robot-unresponsive", "robot-1", 2)],
    "Messages that did not arrive": [("ops", "d2", "due")],
    "How many messages each channel got, day by day": [("ops", "2026-01-05", 1)],
    "Who silenced what, and until when": [("ana", "patching", at(3600))],
    "Polls that failed, by reason": [("unreachable", 1), ("throttled", 1)],
    "How fresh the sight is": [
        ("sessions", at(DAY)),
        ("queues", at(DAY)),
        ("licenses", at(DAY)),
    ],
    "What it costs Orchestrator, hour by hour": [("2026-01-05T09", 11), ("2026-01-06T09", 3)],
    "The slowest polls": [("queues", 30)],
    "When nothing was seen for five minutes or more": [
        ("licenses", at(0), at(DAY)),
        ("queues", at(60), at(660)),
        ("sessions", at(60), at(660)),
        ("queues", at(660), at(DAY)),
        ("sessions", at(660), at(DAY)),
    ],
}


def test_there_are_enough_of_them_and_each_is_known_here() -> None:
    assert len(RECIPES) >= 25
    assert RECIPES.keys() == EXPECTED.keys()


@pytest.mark.parametrize("title", EXPECTED)
def test_a_recipe_of_the_manual_finds_what_is_there(known: Store, title: str) -> None:
    rows = [tuple(row.values()) for row in run(known, title)]

    assert rows
    left = list(rows)
    for wanted in EXPECTED[title]:
        found = next((row for row in left if _has(row, wanted)), None)
        assert found is not None, (wanted, rows)
        left.remove(found)
    if title != "The slowest polls":
        assert not left


def _has(row: tuple[object, ...], wanted: tuple[object, ...]) -> bool:
    """Tell whether a row has these values in this order, with others between them."""
    values = iter(float(value) if isinstance(value, Decimal) else value for value in row)
    return all(any(value == one for value in values) for one in wanted)


def test_the_manual_names_every_view() -> None:
    named = set(re.findall(r"`(v_\w+)`", PAGE.read_text()))
    assert named == set(views.definitions("sqlite"))
