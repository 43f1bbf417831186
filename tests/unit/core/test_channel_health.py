from dataclasses import replace

from monitor.core.channel_health import ChannelHealth, Channels
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.kinds import KINDS
from monitor.core.message import Message
from tests.builders import NOW, after


def an_attempt(state: DeliveryState, error: str | None = None) -> Delivery:
    return Delivery(
        id="d1",
        channel="ops",
        message=Message(at=NOW, items=()),
        created_at=NOW,
        next_at=NOW,
        state=state,
        last_error=error,
    )


FAILED = an_attempt(DeliveryState.DUE, "no answer")
DEAD = an_attempt(DeliveryState.DEAD, "refused")
SENT = an_attempt(DeliveryState.SENT)


def values(health: ChannelHealth, at_s: float) -> dict[str, float | None]:
    (sample,) = health.collected(after(at_s)).samples
    names = [metric.name for metric in KINDS["channel"].metrics]
    return dict(zip(names, sample.values, strict=True))


def test_failures_in_a_row_are_counted_since_the_first() -> None:
    health = ChannelHealth(channel="ops").after(FAILED, after(0)).after(DEAD, after(60))

    assert values(health, 90) == {"failed_attempts": 2, "given_up": 1, "seconds_failing": 90}
    assert health.reason == "refused"


def test_one_accepted_message_ends_the_row() -> None:
    health = ChannelHealth(channel="ops").after(DEAD, after(0)).after(SENT, after(60))

    assert values(health, 90) == {"failed_attempts": 0, "given_up": 0, "seconds_failing": 0}


def test_a_failure_without_a_reason_has_none() -> None:
    assert ChannelHealth(channel="ops").after(replace(FAILED, last_error=None), NOW).reason == ""


def test_the_sample_names_the_channel_and_says_nothing_of_others() -> None:
    found = ChannelHealth(channel="ops").after(FAILED, NOW).collected(NOW)

    (sample,) = found.samples
    assert sample.subject.identity == ("", "channel", "ops")
    assert dict(sample.subject.labels) == {"channel": "ops", "reason": "no answer"}
    assert (found.kinds, found.partial) == (("channel",), True)


def test_each_channel_has_its_own_health_and_may_bring_it_from_before() -> None:
    channels = Channels()
    channels.learn({"ops": (2, NOW, "no answer")})

    assert channels.after(FAILED, after(60)).failed_attempts == 3
    assert channels.after(FAILED, after(60)).failing_since == NOW
    assert channels.after(replace(FAILED, channel="mail"), after(60)).failed_attempts == 1
