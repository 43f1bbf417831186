"""What a reload changes, and all that it leaves as it was."""

from datetime import timedelta

import pytest

from monitor.core.alert import Reason
from monitor.core.delivery import DeliveryState, Retryable
from monitor.errors import StoreUnavailable
from monitor.store import Store
from monitor.store.queries import alerts, deliveries
from tests.integration.pipeline.breakable import BreakableStore
from tests.integration.pipeline.life import (
    BACKLOG,
    HEAD,
    QUICK,
    TO_OPS,
    Life,
    a_queue,
    happened,
    states,
    told,
)

DOWN = Retryable("HTTP 503")
FAILURES = """
[rules.failures]
type = "queue-failures"
share = "50%"
at_least = 5
within = "30m"
for = "0s"
"""
LONGER = FAILURES.replace("30m", "2h").replace("at_least = 5", "at_least = 8")
OPS = """[channels.ops]
url = "json://localhost/ops"
"""
AT_ONCE_TO_MAIL = """
[[routes]]
channels = ["mail"]
group_wait = "0s"
group_interval = "0s"
"""
AT_ONCE_TO_BOTH = AT_ONCE_TO_MAIL.replace('["mail"]', '["ops", "mail"]')
STAGING = HEAD[HEAD.index("[tenants.staging]") : HEAD.index("[channels.ops]")]
WITHOUT_OPS, WITHOUT_STAGING = HEAD.replace(OPS, ""), HEAD.replace(STAGING, "")
# What no database can change is tried on one.
on_one_database = pytest.mark.parametrize("dialect", ["sqlite"])


def test_a_new_limit_counts_from_the_next_poll_and_nothing_is_told_again(store: Store) -> None:
    life = Life(store, rules=QUICK)
    life.sees(a_queue(900), a_queue(50, "Mail"), at=0)

    changed = life.reload(QUICK.replace("100", "40"), at=10)

    assert (changed.events, changed.deliveries) == ((), ())
    news = told(life.sees(a_queue(900), a_queue(50, "Mail"), at=60))
    assert [line for line in news if "still open" not in line] == [
        "ops: opened Mail",
        "mail: opened Mail",
    ]


@on_one_database
def test_a_hold_goes_on_towards_its_new_length(store: Store) -> None:
    life = Life(store)
    life.sees(a_queue(900), at=0)
    life.sees(a_queue(900), at=60)

    life.reload(BACKLOG.replace("2m", "90s"), at=61)
    (pending,) = alerts(store)

    assert pending.held == timedelta(seconds=60)
    assert happened(life.sees(a_queue(900), at=89).events) == []
    assert happened(life.sees(a_queue(900), at=90).events) == ["backlog opened Invoices"]


def test_what_rules_look_back_on_is_kept_and_a_longer_look_reads_the_history(
    store: Store,
) -> None:
    life = Life(store, rules=FAILURES)
    life.sees(a_queue(0, failed_items=100, successful_items=100), at=0)
    life.sees(a_queue(0, failed_items=104, successful_items=100), at=300)
    life.sees(a_queue(0, failed_items=104, successful_items=100), at=3600)
    life.sees(a_queue(0, failed_items=107, successful_items=100), at=3660)

    life.reload(FAILURES + "labels = { team = 'finance' }", at=3670)
    assert life.sees(a_queue(0, failed_items=108, successful_items=100), at=3700).events == ()
    life.reload(LONGER, at=3710)
    opened = life.sees(a_queue(0, failed_items=108, successful_items=100), at=3720)

    assert happened(opened.events) == ["failures opened Invoices"]
    assert opened.events[0].alert.value == 1.0


@on_one_database
@pytest.mark.parametrize("failures", [0, 1, 2])
def test_failed_polls_are_counted_on(store: Store, failures: int) -> None:
    life = Life(store)
    life.sees(at=0)
    for number in range(failures):
        life.fails(at=60.0 + number)

    life.reload(QUICK, at=100)

    opened = happened(life.fails(at=120).events)
    assert opened == (["collector-failing opened production"] if failures == 2 else [])


def test_the_alert_of_a_removed_rule_is_closed_and_that_is_told(store: Store) -> None:
    life = Life(store, rules=QUICK)
    life.sees(a_queue(900), at=0)

    closed = life.reload("[rules.other]\ntype = 'queue-backlog'\nabove = 9999", at=10)

    assert told(closed) == ["ops: closed Invoices", "mail: closed Invoices"]
    assert [event.reason for event in closed.events] == [Reason.RULE_REMOVED]
    assert alerts(store) == ()


@on_one_database
def test_a_tenant_that_is_watched_no_longer_leaves_nothing_open(store: Store) -> None:
    life = Life(store, rules=QUICK)
    life.sees(a_queue(900, tenant="staging"), at=0, tenant="staging")
    life.fails(at=10, tenant="staging", collector="sessions")

    closed = life.reload(QUICK, at=20, head=WITHOUT_STAGING)
    late = life.sees(a_queue(900, tenant="staging"), at=21, tenant="staging")

    assert [event.reason for event in closed.events] == [Reason.NOT_WATCHED]
    assert (late.events, alerts(store)) == ((), ())
    life.reload(QUICK, at=30)
    assert happened(life.fails(at=40, tenant="staging", collector="sessions").events) == []
    assert happened(life.fails(at=50, tenant="staging", collector="sessions").events) == []
    again = life.fails(at=60, tenant="staging", collector="sessions")
    assert happened(again.events) == ["collector-failing opened staging"]


@on_one_database
def test_a_collector_that_is_switched_off_leaves_nothing_open(store: Store) -> None:
    life = Life(store, rules=QUICK)
    life.sees(a_queue(900), at=0)
    for at in (0, 1, 2):
        life.fails(at=at, collector="sessions")

    closed = life.reload(QUICK, at=20, collectors={"queues": ("queue",)})

    assert happened(closed.events) == ["collector-failing resolved sessions"]
    assert [alert.rule for alert in alerts(store)] == ["backlog"]


def test_what_waits_for_a_removed_channel_is_given_up_with_a_reason(store: Store) -> None:
    life = Life(store, rules=QUICK, is_sending=False)
    life.sees(a_queue(900), at=0)
    life.delivers("mail", at=1)

    life.reload(QUICK + AT_ONCE_TO_MAIL, at=10, head=WITHOUT_OPS)
    life.tick(11)

    left = {one.delivery.channel: one.delivery for one in deliveries(store)}
    assert left["mail"].state is DeliveryState.SENT
    assert left["ops"].state is DeliveryState.DEAD
    assert left["ops"].last_error == "the channel was removed from the configuration"
    assert told(life.sees(a_queue(1), at=60)) == ["mail: resolved Invoices"]


@on_one_database
def test_the_alert_about_a_removed_channel_is_closed(store: Store) -> None:
    life = Life(store, rules=QUICK + AT_ONCE_TO_BOTH, is_sending=False)
    life.sees(a_queue(900), at=0)
    for at in (1, 10, 60, 300, 900):
        life.delivers("ops", at=at, answer=DOWN)
    assert "channel-failing" in {alert.rule for alert in alerts(store)}

    closed = life.reload(QUICK + AT_ONCE_TO_MAIL, at=1000, head=WITHOUT_OPS)

    assert happened(closed.events) == ["channel-failing resolved ops"]
    assert "channel-failing" not in {alert.rule for alert in alerts(store)}


@on_one_database
def test_an_attempt_that_is_under_way_ends_in_peace(store: Store) -> None:
    life = Life(store, rules=QUICK + AT_ONCE_TO_BOTH, is_sending=False)
    life.sees(a_queue(900), at=0)

    def reload() -> None:
        life.reload(QUICK + AT_ONCE_TO_MAIL, at=2, head=WITHOUT_OPS)
        life.tick(3)
        # The courier of a channel that has another URL now keeps away from what is in hand.
        assert life.delivers("ops", at=4) == []

    assert life.delivers("ops", at=1, during=reload) == ["opened Invoices"]
    assert states(store).count(DeliveryState.SENT) == 1
    assert DeliveryState.DEAD not in states(store)


def test_a_reload_that_cannot_be_recorded_changes_nothing(breakable: BreakableStore) -> None:
    life = Life(breakable, rules=QUICK)
    life.sees(a_queue(900), at=0)

    breakable.fails = True
    with pytest.raises(StoreUnavailable):
        life.reload("[rules.other]\ntype = 'queue-backlog'\nabove = 1", at=10)
    breakable.fails = False

    assert [alert.rule for alert in alerts(breakable)] == ["backlog"]
    assert told(life.sees(a_queue(1), at=60)) == [
        "ops: resolved Invoices",
        "mail: resolved Invoices",
    ]


@on_one_database
def test_who_could_not_be_told_before_is_told_by_the_new_routes(store: Store) -> None:
    life = Life(store, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)
    life.delivers("ops", at=1, answer=DOWN)

    both = life.reload(QUICK + AT_ONCE_TO_BOTH, at=10)

    assert told(both) == ["mail: opened Invoices"]
    assert life.delivers("ops", at=30) == ["opened Invoices"]


@on_one_database
def test_a_rule_that_counts_further_back_knows_earlier_openings(store: Store) -> None:
    rules = QUICK + "flapping = {{ window = '{}', start = 3, stop = 1 }}"
    life = Life(store, rules=rules.format("1m"))
    for minute in range(4):
        life.sees(a_queue(900 if minute % 2 else 1), at=minute * 120.0)

    wider = life.reload(rules.format("1h"), at=500)

    assert happened(wider.events) == ["backlog flapping Invoices"]
