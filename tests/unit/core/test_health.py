from datetime import timedelta

from monitor.core.health import Health, collector_subject
from monitor.core.kinds import KINDS
from monitor.core.sample import Collected, Failed, Snapshot
from tests.builders import NOW, after, collected

BEGINNING = Health(
    subject=collector_subject("production", "queues", {"region": "emea"}), known_since=NOW
)


def a_snapshot(outcome: Collected | Failed) -> Snapshot:
    return Snapshot(
        tenant="production",
        collector="queues",
        started_at=NOW,
        took_s=0.1,
        requests=1,
        outcome=outcome,
    )


GOOD = a_snapshot(collected())
BAD = a_snapshot(Failed(kind="unreachable", message="no answer"))


def values(health: Health, at_s: float) -> dict[str, float | None]:
    (sample,) = health.collected(after(at_s)).samples
    names = [metric.name for metric in KINDS["collector"].metrics]
    return dict(zip(names, sample.values, strict=True))


def reason(health: Health) -> str:
    return health.subject.labels["reason"]


def test_failures_in_a_row_are_counted_with_the_last_reason() -> None:
    other = a_snapshot(Failed(kind="throttled", message="slow down"))
    health = BEGINNING.after(GOOD, after(0)).after(BAD, after(60)).after(other, after(120))

    assert (health.failed_polls, reason(health), health.last_success_at) == (2, "slow down", NOW)
    assert values(health, 120) == {"failed_polls": 2, "seconds_since_success": 120}


def test_one_good_poll_ends_the_row() -> None:
    health = BEGINNING.after(BAD, after(60)).after(GOOD, after(120))

    assert (health.failed_polls, reason(health), health.last_success_at) == (0, "", after(120))
    assert values(health, 120) == {"failed_polls": 0, "seconds_since_success": 0}


def test_a_collector_that_never_succeeded_counts_from_when_it_was_known() -> None:
    health = BEGINNING.after(BAD, after(60))

    assert values(health, 90) == {"failed_polls": 1, "seconds_since_success": 90}


def test_a_clock_that_was_set_back_gives_no_negative_age() -> None:
    health = BEGINNING.after(GOOD, after(3600))

    assert values(health, 0)["seconds_since_success"] == 0


def test_the_sample_names_the_collector_and_says_nothing_of_others() -> None:
    found = BEGINNING.after(BAD, after(60)).collected(after(60))

    (sample,) = found.samples
    assert sample.subject.identity == ("production", "collector", "queues")
    labels = {"collector": "queues", "reason": "no answer", "region": "emea"}
    assert dict(sample.subject.labels) == labels
    assert set(KINDS["collector"].labels) <= set(labels)
    assert (found.kinds, found.partial) == (("collector",), True)
    assert found.observed_at - NOW == timedelta(seconds=60)


def test_the_subject_is_the_same_object_while_the_reason_is_the_same() -> None:
    failing = BEGINNING.after(BAD, after(60))

    assert BEGINNING.after(GOOD, after(60)).subject is BEGINNING.subject
    assert failing.after(BAD, after(120)).subject is failing.subject


def test_health_is_a_value_that_a_poll_does_not_change() -> None:
    BEGINNING.after(BAD, after(60))

    assert BEGINNING.failed_polls == 0
