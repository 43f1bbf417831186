import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from monitor.core.delivery import Delivered, Delivery, DeliveryState, Outcome, Permanent, Retryable
from monitor.core.message import What
from monitor.errors import StoreError, StoreUnavailable
from monitor.pipeline.deliver import DeliveryReport, deliver_due
from tests.builders import NOW
from tests.message_builders import a_delivery, an_item


@dataclass
class FakeClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()

    def advance(self, **time: float) -> None:
        self.at += timedelta(**time)


class FakeOutbox:
    """Outbox and ledger in one: of the deliveries about an incident only the first is due."""

    def __init__(self, deliveries: Iterable[Delivery]) -> None:
        self.rows = {delivery.id: delivery for delivery in deliveries}
        self.steps: list[tuple[str, str]] = []
        self.broken_at: tuple[str, str] | None = None

    def due(self, channel: str, now: datetime) -> Sequence[Delivery]:
        self._step("due", channel)
        found, blocked = [], set[str]()
        for row in self.rows.values():
            if row.channel != channel or row.state is not DeliveryState.DUE:
                continue
            incidents = set(row.about)
            if row.next_at <= now and blocked.isdisjoint(incidents):
                found.append(row)
            blocked |= incidents
        return found

    def begin_attempt(self, delivery: Delivery, now: datetime) -> bool:
        self._step("begin", delivery.id)
        return self.rows[delivery.id].state is DeliveryState.DUE

    def end_attempt(self, delivery: Delivery, now: datetime) -> None:
        self._step("end", delivery.id)
        self.rows[delivery.id] = delivery

    def _step(self, what: str, which: str) -> None:
        if self.broken_at == (what, which):
            raise StoreUnavailable("the disk is full")
        self.steps.append((what, which))


@dataclass
class FakeChannel:
    answer: Callable[[Delivery], Outcome] = lambda _delivery: Delivered()
    sent: list[str] = field(default_factory=list)

    def send(self, delivery: Delivery) -> Outcome:
        self.sent.append(delivery.id)
        return self.answer(delivery)


def deliver(
    outbox: FakeOutbox,
    channel: FakeChannel,
    clock: FakeClock | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> DeliveryReport:
    return deliver_due(
        outbox,
        outbox,
        "ops",
        channel,
        clock=clock or FakeClock(),
        jitter=lambda: 0.0,
        stopping=stopping,
    )


def about(incident: str, *, id: str, channel: str = "ops") -> Delivery:  # noqa: A002 - the field
    return a_delivery(an_item(alert_id=incident), id=id, channel=channel)


def test_what_is_due_is_sent_and_settled_in_order() -> None:
    outbox = FakeOutbox([about("A", id="1"), about("B", id="2")])
    channel = FakeChannel()
    assert deliver(outbox, channel) == DeliveryReport(sent=2)
    assert channel.sent == ["1", "2"]
    assert [row.state for row in outbox.rows.values()] == [DeliveryState.SENT] * 2
    assert outbox.steps[:5] == [
        ("due", "ops"),
        ("begin", "1"),
        ("end", "1"),
        ("begin", "2"),
        ("end", "2"),
    ]


def test_an_attempt_is_noted_before_it_is_made() -> None:
    outbox = FakeOutbox([about("A", id="1")])
    seen: list[list[tuple[str, str]]] = []

    def look(_delivery: Delivery) -> Outcome:
        seen.append(list(outbox.steps))
        return Delivered()

    deliver(outbox, FakeChannel(look))
    assert seen == [[("due", "ops"), ("begin", "1")]]


def test_a_retry_waits_for_its_time() -> None:
    outbox, clock = FakeOutbox([about("A", id="1")]), FakeClock()
    channel = FakeChannel(lambda _d: Retryable("down"))
    assert deliver(outbox, channel, clock) == DeliveryReport(retried=1)
    assert outbox.rows["1"].next_at == NOW + timedelta(seconds=5)
    assert deliver(outbox, channel, clock) == DeliveryReport()
    clock.advance(seconds=5)
    channel.answer = lambda _d: Delivered()
    assert deliver(outbox, channel, clock) == DeliveryReport(sent=1)
    assert outbox.rows["1"].attempts == 2


def test_a_wait_counts_from_the_end_of_the_attempt() -> None:
    outbox, clock = FakeOutbox([about("A", id="1")]), FakeClock()

    def slow(_delivery: Delivery) -> Outcome:
        clock.advance(seconds=30)
        return Retryable("no answer")

    deliver(outbox, FakeChannel(slow), clock)
    assert outbox.rows["1"].next_at == NOW + timedelta(seconds=35)


def test_each_message_gets_one_attempt_even_when_time_flies() -> None:
    outbox, clock = FakeOutbox([about("A", id="1"), about("B", id="2")]), FakeClock()

    def slow(_delivery: Delivery) -> Outcome:
        clock.advance(hours=1)
        return Retryable("no answer")

    channel = FakeChannel(slow)
    deliver(outbox, channel, clock)
    assert channel.sent == ["1", "2"]


def test_a_permanent_failure_is_given_up_and_the_next_goes_on() -> None:
    outbox = FakeOutbox([about("A", id="1"), about("B", id="2")])
    channel = FakeChannel(lambda d: Permanent("too long") if d.id == "1" else Delivered())
    assert deliver(outbox, channel) == DeliveryReport(sent=1, dead=1)
    assert outbox.rows["1"].state is DeliveryState.DEAD
    assert outbox.rows["1"].last_error == "too long"


def test_a_poisonous_message_does_not_stop_the_line() -> None:
    def poisoned(delivery: Delivery) -> Outcome:
        if delivery.id == "1":
            raise ZeroDivisionError("at https://hooks.example.com/S3cret")
        return Delivered()

    outbox = FakeOutbox([about("A", id="1"), about("B", id="2")])
    assert deliver(outbox, FakeChannel(poisoned)) == DeliveryReport(sent=1, retried=1)
    assert outbox.rows["1"].last_error == "the channel failed: ZeroDivisionError"
    assert outbox.rows["1"].may_have_arrived


def test_an_end_follows_its_beginning_at_once() -> None:
    outbox = FakeOutbox(
        [about("A", id="1"), a_delivery(an_item(what=What.RESOLVED, alert_id="A"), id="2")]
    )
    channel = FakeChannel()
    assert deliver(outbox, channel) == DeliveryReport(sent=2)
    assert channel.sent == ["1", "2"]


def test_an_end_never_overtakes_its_beginning() -> None:
    outbox = FakeOutbox([about("A", id="1"), about("A", id="2"), about("B", id="3")])
    channel = FakeChannel(lambda d: Retryable("down") if d.id == "1" else Delivered())
    deliver(outbox, channel)
    assert channel.sent == ["1", "3"]


def test_what_somebody_else_settled_is_not_sent() -> None:
    outbox = FakeOutbox([about("A", id="1"), about("B", id="2")])

    def also_settle_the_other(_delivery: Delivery) -> Outcome:
        outbox.rows["2"] = replace(outbox.rows["2"], state=DeliveryState.SENT)
        return Delivered()

    channel = FakeChannel(also_settle_the_other)
    assert deliver(outbox, channel) == DeliveryReport(sent=1)
    assert channel.sent == ["1"]


def test_what_was_taken_back_is_not_sent() -> None:
    outbox = FakeOutbox([about("A", id="1"), about("B", id="2")])

    def take_back_the_other(_delivery: Delivery) -> Outcome:
        outbox.rows["2"] = replace(outbox.rows["2"], state=DeliveryState.WITHDRAWN)
        return Delivered()

    channel = FakeChannel(take_back_the_other)
    assert deliver(outbox, channel) == DeliveryReport(sent=1)
    assert channel.sent == ["1"]
    assert ("end", "2") not in outbox.steps


def test_other_channels_messages_are_left_alone() -> None:
    outbox = FakeOutbox([about("A", id="1", channel="boss")])
    channel = FakeChannel()
    assert deliver(outbox, channel) == DeliveryReport()
    assert channel.sent == []


def test_it_stops_between_two_messages_and_leaves_the_rest_due() -> None:
    outbox, channel = FakeOutbox([about("A", id="1"), about("B", id="2")]), FakeChannel()
    assert deliver(outbox, channel, stopping=lambda: bool(channel.sent)) == DeliveryReport(sent=1)
    assert outbox.rows["2"].state is DeliveryState.DUE


@pytest.mark.parametrize(
    ("broken_at", "sent"), [(("due", "ops"), []), (("begin", "1"), []), (("end", "1"), ["1"])]
)
def test_a_failing_store_is_told_and_loses_nothing(
    broken_at: tuple[str, str], sent: list[str]
) -> None:
    outbox, channel = FakeOutbox([about("A", id="1")]), FakeChannel()
    outbox.broken_at = broken_at
    with pytest.raises(StoreError):
        deliver(outbox, channel)
    assert channel.sent == sent
    outbox.broken_at = None
    assert deliver(outbox, channel) == DeliveryReport(sent=1)


def test_each_outcome_is_one_line_of_the_log() -> None:
    outcomes: dict[str, Outcome] = {
        "1": Delivered(),
        "2": Retryable("down"),
        "3": Permanent("no such hook"),
    }
    outbox = FakeOutbox([about("A", id="1"), about("B", id="2"), about("C", id="3")])
    with capture_logs() as lines:
        deliver(outbox, FakeChannel(lambda d: outcomes[d.id]))
    common = {"channel": "ops", "attempts": 1, "alerts": 1}
    assert lines == [
        {"event": "delivery.sent", "log_level": "info", "delivery": "1", **common},
        {
            "event": "delivery.retried",
            "log_level": "warning",
            "delivery": "2",
            "error": "down",
            "retry_at": "2026-01-05T09:00:05+00:00",
            **common,
        },
        {
            "event": "delivery.dead",
            "log_level": "error",
            "delivery": "3",
            "error": "no such hook",
            **common,
        },
    ]


def test_repeats_of_a_channel_that_stays_down_are_for_debugging() -> None:
    outbox = FakeOutbox([a_delivery(id="1", attempts=3)])
    with capture_logs() as lines:
        deliver(outbox, FakeChannel(lambda _d: Retryable("down")))
    assert [line["log_level"] for line in lines] == ["debug"]


def test_a_dead_channel_does_not_delay_another() -> None:
    released = threading.Event()

    def hang(_delivery: Delivery) -> Outcome:
        released.wait(10)
        return Retryable("no answer")

    hanging = threading.Thread(
        target=deliver, args=(FakeOutbox([about("A", id="1")]), FakeChannel(hang))
    )
    hanging.start()
    assert deliver(FakeOutbox([about("A", id="1")]), FakeChannel()) == DeliveryReport(sent=1)
    assert hanging.is_alive()
    released.set()
    hanging.join()
