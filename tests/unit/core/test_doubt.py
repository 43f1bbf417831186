"""What is not believed at first: an estate that is gone, or dead, all at once."""

import pytest

from monitor.core.health import DOUBTFUL
from monitor.core.plan import Plan
from monitor.core.remit import Remit
from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.core.vitals import Vitals
from tests.builders import NOW, a_sample, a_subject, after, collected

FAILED = Failed(kind="unreachable", message="no answer")
DAY = 86_400


def robots(count: int, *, silent: int = 0, owing_nothing: int = 0) -> list[Sample]:
    alive = [
        a_sample(a_subject(f"robot-{n}", kind="session"), is_unresponsive=float(n < silent))
        for n in range(count)
    ]
    others = [a_sample(a_subject(f"cloud-{n}", kind="session")) for n in range(owing_nothing)]
    return [*alive, *others, a_sample(a_subject("VM-1", kind="machine"), sessions=count)]


class Monitor:
    """One collector; each poll returns why it is not believed, "" where it is."""

    def __init__(self) -> None:
        self.remit = Remit(
            plan=Plan(rules={}, routes=(), channels={}), collector_kinds={"sessions": ("session",)}
        )
        self.vitals = Vitals()

    def poll(self, at_s: float, outcome: Collected | Failed) -> str:
        snapshot = Snapshot(
            tenant="production",
            collector="sessions",
            started_at=NOW,
            took_s=0.1,
            requests=1,
            outcome=outcome,
        )
        counted = self.vitals.believed(snapshot, after(at_s))
        self.vitals.after_poll(counted, self.remit, after(at_s))
        if isinstance(counted.outcome, Failed) and counted.outcome.kind == DOUBTFUL:
            return counted.outcome.message
        assert counted is snapshot
        return ""

    def sees(self, at_s: float, samples: list[Sample]) -> str:
        return self.poll(at_s, collected(*samples, kinds=("session", "machine")))

    def fails(self, at_s: float) -> None:
        assert not self.poll(at_s, FAILED)

    def blind(self, start: int, end: int) -> None:
        for at in range(start, end, 30):
            self.fails(at)


@pytest.fixture
def monitor() -> Monitor:
    return Monitor()


def test_the_first_poll_is_believed_whatever_it_says(monitor: Monitor) -> None:
    assert not monitor.sees(0, robots(50, silent=50))
    assert not Monitor().sees(0, [])


def test_an_estate_that_is_gone_at_once_is_doubted_for_a_day(monitor: Monitor) -> None:
    monitor.sees(0, robots(8))

    assert monitor.sees(30, []) == (
        "the answer is empty, though there were 9 before; look whether a permission or a folder "
        "was taken away"
    )
    assert monitor.sees(DAY + 29, [])
    assert not monitor.sees(DAY + 30, [])
    assert not monitor.sees(DAY + 60, [])


def test_a_doubt_that_is_over_begins_anew_the_next_time(monitor: Monitor) -> None:
    monitor.sees(0, robots(8))
    monitor.sees(30, [])
    monitor.sees(60, robots(8))

    assert monitor.sees(DAY + 30, [])


def test_a_few_may_well_be_gone(monitor: Monitor) -> None:
    monitor.sees(0, robots(3))

    assert not monitor.sees(30, [])


def test_robots_that_die_while_they_are_seen_are_believed(monitor: Monitor) -> None:
    monitor.sees(0, robots(50))

    assert not monitor.sees(30, robots(50, silent=50))


def test_an_estate_that_seems_dead_after_an_episode_gets_five_minutes(monitor: Monitor) -> None:
    monitor.sees(0, robots(50))
    monitor.blind(30, 1800)

    assert monitor.sees(1800, robots(50, silent=50)) == (
        "most robots seem silent right after a time in which nothing could be seen; believed from "
        "09:35:00 UTC on, when they have had time to report"
    )
    assert monitor.sees(1830, robots(50, silent=30))
    assert not monitor.sees(1860, robots(50, silent=24))
    assert not monitor.sees(1890, robots(50, silent=50))


def test_robots_that_stay_silent_are_believed_in_the_end(monitor: Monitor) -> None:
    monitor.sees(0, robots(50))
    monitor.blind(30, 1800)

    assert monitor.sees(1800, robots(50, silent=50))
    assert monitor.sees(2099, robots(50, silent=50))
    assert not monitor.sees(2100, robots(50, silent=50))


@pytest.mark.parametrize(
    ("count", "silent", "is_believed"), [(50, 24, True), (50, 25, False), (4, 4, True)]
)
def test_some_silent_robots_are_believed(
    monitor: Monitor, count: int, silent: int, *, is_believed: bool
) -> None:
    monitor.sees(0, robots(count))
    monitor.blind(30, 600)

    assert (not monitor.sees(600, robots(count, silent=silent))) is is_believed


def test_who_owes_no_heartbeat_does_not_count(monitor: Monitor) -> None:
    monitor.sees(0, robots(6))
    monitor.blind(30, 600)

    assert monitor.sees(600, robots(6, silent=6, owing_nothing=100))


def test_a_short_blindness_changes_nothing(monitor: Monitor) -> None:
    monitor.sees(0, robots(50))
    monitor.blind(30, 119)

    assert not monitor.sees(119, robots(50, silent=50))


def test_a_failure_in_between_does_not_prolong_the_calm(monitor: Monitor) -> None:
    monitor.sees(0, robots(50))
    monitor.blind(30, 600)
    for at in range(600, 900, 60):
        assert monitor.sees(at, robots(50, silent=50))
        monitor.fails(at + 30)

    assert not monitor.sees(900, robots(50, silent=50))


def test_another_episode_is_another_calm(monitor: Monitor) -> None:
    monitor.sees(0, robots(50))
    monitor.blind(30, 600)
    assert monitor.sees(600, robots(50, silent=50))
    monitor.blind(630, 2400)

    assert monitor.sees(2400, robots(50, silent=50))


def test_an_episode_before_anything_was_seen_counts_from_its_beginning(monitor: Monitor) -> None:
    monitor.blind(0, 600)

    assert monitor.sees(600, robots(50, silent=50))
