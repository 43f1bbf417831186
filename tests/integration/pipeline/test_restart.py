"""What a restart keeps: everything that was recorded, and nothing that was not seen."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.core.alert import Phase, Reason
from monitor.store import Store, open_store
from monitor.store.queries import alerts
from tests.builders import after
from tests.integration.pipeline.life import BACKLOG, CHANNELS, Life, a_queue, happened, told

HOUR = 3600.0
STALLED = """
[rules.stalled]
type = "queue-stalled"
after = "1h"
for = "0s"
"""
FAILURES = """
[rules.failures]
type = "queue-failures"
share = "50%"
at_least = 5
within = "1h"
for = "0s"
"""
FORMER = """
[tenants.former]
url = "https://cloud.uipath.com/acme/Former/orchestrator_"
auth = { type = "access-token", token = "token-of-a-former-tenant" }
"""
# What no database can change is tried on one.
on_one_database = pytest.mark.parametrize("dialect", ["sqlite"])


def test_a_restart_keeps_alerts_and_tells_nothing_twice(reopen: Callable[[], Store]) -> None:
    first = Life(reopen(), is_sending=False)
    for at in (0, 60, 120):
        first.sees(a_queue(900), a_queue(20, "Mail"), at=at)
    (known,) = alerts(first.store)

    second = Life(reopen(), started_at=180, is_sending=False)
    assert (second.restored.events, second.restored.deliveries) == ((), ())
    (restored,) = alerts(second.store)
    assert restored == replace(known, subject=restored.subject, held_at=None)
    assert told(second.sees(a_queue(900), a_queue(20, "Mail"), at=200)) == []
    assert [second.delivers(name, at=200) for name in CHANNELS] == [["opened Invoices"]] * 2

    end = second.sees(a_queue(1), a_queue(20, "Mail"), at=260)
    assert told(end) == ["ops: resolved Invoices", "mail: resolved Invoices"]
    assert end.events[0].alert.id == known.id


def test_a_hold_goes_on_after_a_restart_without_the_time_in_between(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen())
    first.sees(a_queue(900), at=0)
    first.sees(a_queue(900), at=60)

    second = Life(reopen(), started_at=10_000)
    (pending,) = alerts(second.store)
    assert (pending.held, pending.held_at) == (timedelta(seconds=60), None)
    assert happened(second.sees(a_queue(900), at=10_010).events) == []
    assert happened(second.sees(a_queue(900), at=10_069).events) == []
    opened = second.sees(a_queue(900), at=10_070)

    assert happened(opened.events) == ["backlog opened Invoices"]
    assert opened.events[0].alert.id == pending.id


@on_one_database
def test_restarts_between_the_transitions_leave_no_trace(reopen: Callable[[], Store]) -> None:
    heights = [3, 900, 900, 900, 950, 3, 3, 900, 900, 900, 2]
    steady = {0, 3, 4, 5, 6, 9, 10}  # where no timer runs: a restart costs the time it takes
    whole, pieces = Life(reopen()), Life(reopen())
    stories: tuple[list[str], list[str]] = ([], [])
    for minute, new in enumerate(heights):
        at = minute * 60.0
        stories[0].extend(told(whole.sees(a_queue(new, tenant="staging"), at=at, tenant="staging")))
        stories[1].extend(told(pieces.sees(a_queue(new), at=at)))
        if minute in steady:
            pieces = Life(reopen(), started_at=at + 5)

    assert len(stories[0]) == 8
    assert stories[1] == stories[0]


@on_one_database
def test_failures_are_counted_on_across_a_restart(reopen: Callable[[], Store]) -> None:
    first = Life(reopen())
    first.sees(at=0)
    first.fails(at=60)
    first.fails(at=120)

    second = Life(reopen(), started_at=200)
    opened = second.fails(at=210)

    assert happened(opened.events) == ["collector-failing opened production"]
    (found,) = alerts(second.store)
    assert "3 min" in found.summary


def test_a_queue_that_stalled_before_the_restart_is_known_after_it(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=STALLED)
    for at in range(0, 3001, 600):
        done = first.sees(a_queue(10, successful_items=5, failed_items=0), at=at)
        assert done.events == ()

    second = Life(reopen(), rules=STALLED, started_at=3100)
    early = second.sees(a_queue(10, successful_items=5, failed_items=0), at=3300)
    opened = second.sees(a_queue(10, successful_items=5, failed_items=0), at=3600)

    assert early.events == ()
    assert happened(opened.events) == ["stalled opened Invoices"]


@on_one_database
def test_a_queue_that_worked_while_nobody_looked_has_not_stalled(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=STALLED)
    first.sees(a_queue(10, successful_items=5, failed_items=0), at=0)

    second = Life(reopen(), rules=STALLED, started_at=5000)
    worked = second.sees(a_queue(10, successful_items=6, failed_items=0), at=5000)
    later = second.sees(a_queue(10, successful_items=6, failed_items=0), at=5000 + HOUR)

    assert worked.events == ()
    assert happened(later.events) == ["stalled opened Invoices"]


def test_failures_before_and_after_a_restart_are_added_up(reopen: Callable[[], Store]) -> None:
    first = Life(reopen(), rules=FAILURES)
    first.sees(a_queue(0, failed_items=100, successful_items=1000), at=0)
    first.sees(a_queue(0, failed_items=103, successful_items=1001), at=600)

    second = Life(reopen(), rules=FAILURES, started_at=700)
    second.sees(a_queue(0, failed_items=103, successful_items=1001), at=1200)
    opened = second.sees(a_queue(0, failed_items=105, successful_items=1002), at=1260)

    assert happened(opened.events) == ["failures opened Invoices"]
    assert opened.events[0].alert.value == pytest.approx(5 / 7)


def test_windows_are_the_same_before_and_after_a_restart(reopen: Callable[[], Store]) -> None:
    first = Life(reopen(), rules=STALLED + FAILURES)
    for minute in range(0, 90, 5):
        first.sees(
            a_queue(minute % 7, successful_items=1000 + minute, failed_items=minute // 3),
            at=minute * 60.0,
        )
    identity = a_queue(0).subject.identity
    second = Life(reopen(), rules=STALLED + FAILURES, started_at=85 * 60.0)
    end = after(85 * 60)
    first.evaluator._remit.windows.now = second.evaluator._remit.windows.now = end

    for index in (0, 2, 3):
        for span_s in (HOUR, 1800.0, 600.0):
            before = first.evaluator._remit.windows.increase(identity, index, span_s)
            assert second.evaluator._remit.windows.increase(identity, index, span_s) == before


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        pytest.param("[rules.other]\ntype = 'queue-backlog'\nabove = 1", Reason.RULE_REMOVED),
        pytest.param(BACKLOG + "enabled = false", Reason.RULE_REMOVED, id="switched off"),
        pytest.param(
            "[rules.backlog]\ntype = 'session-offline'", Reason.RULE_REMOVED, id="another kind"
        ),
    ],
)
def test_an_alert_whose_rule_is_gone_is_closed_and_that_is_told(
    reopen: Callable[[], Store], rules: str, reason: Reason
) -> None:
    first = Life(reopen())
    for at in (0, 60, 120):
        first.sees(a_queue(900), a_queue(900, "Mail") if at else a_queue(1, "Mail"), at=at)
    assert {a.phase for a in alerts(first.store)} == {Phase.FIRING, Phase.PENDING}

    second = Life(reopen(), rules=rules, started_at=200)

    assert sorted(happened(second.restored.events)) == [
        "backlog dropped Mail",
        "backlog resolved Invoices",
    ]
    assert told(second.restored) == ["ops: closed Invoices", "mail: closed Invoices"]
    assert {event.reason for event in second.restored.events} == {reason}
    assert alerts(second.store) == ()


def test_alerts_of_a_tenant_or_collector_that_is_watched_no_longer_are_closed(
    reopen: Callable[[], Store],
) -> None:
    first = Life(reopen(), rules=BACKLOG + FORMER)
    for at in (0, 60, 120):
        first.sees(a_queue(900, tenant="former"), at=at, tenant="former")
        first.sees(a_queue(900), at=at)
        first.fails(at=at, collector="sessions")
    assert len(alerts(first.store)) == 3

    # The configuration of a life knows "production" and "staging" only.
    second = Life(reopen(), started_at=200)
    second.evaluator.collector_kinds = {"queues": ("queue",)}
    ended = second.evaluator.restore(second.instant(210))

    assert happened(second.restored.events) == ["backlog resolved Invoices"]
    assert second.restored.events[0].alert.subject.tenant == "former"
    assert happened(ended.events) == ["collector-failing resolved sessions"]
    (left,) = alerts(second.store)
    assert (left.rule, left.subject.tenant) == ("backlog", "production")


def test_a_month_of_fifty_queues_is_judged_in_seconds(migrated_file: Path, tmp_path: Path) -> None:
    """Every two hours for thirty days: each queue has six bad hours a day; a restart a week."""
    shutil.copyfile(migrated_file, tmp_path / "month.db")
    store = open_store(f"sqlite:///{tmp_path / 'month.db'}")
    rules = BACKLOG.replace("2m", "2h")
    life = Life(store, rules=rules)
    events: list[str] = []
    for tick in range(30 * 12):
        at = tick * 2 * HOUR
        if tick and tick % (7 * 12) == 0:
            life = Life(store, rules=rules, started_at=at - 60)
        samples = [
            a_queue(500 if (tick + number) % 12 < 3 else 10, f"Queue {number}")
            for number in range(50)
        ]
        events += happened(life.sees(*samples, at=at).events)
    still_open = [one for one in alerts(store) if one.phase is Phase.FIRING]
    store.close()

    for number in range(50):
        transitions = [line.split()[1] for line in events if line.endswith(f"Queue {number}")]
        told_of = [word for word in transitions if word in {"opened", "resolved"}]
        assert told_of == (["opened", "resolved"] * 31)[: len(told_of)]
        assert 29 <= told_of.count("opened") <= 31
    opened = [line for line in events if "opened" in line]
    resolved = [line for line in events if "resolved" in line]
    assert len(opened) == len(resolved) + len(still_open)
