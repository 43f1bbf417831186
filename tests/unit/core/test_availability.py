import random
from datetime import UTC, datetime, timedelta

import pytest

from monitor.core.availability import Recorded, Uptime, of_all, uptime
from monitor.core.occurrences import Span

BEGIN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def span(begin: int, end: int) -> Span:
    return BEGIN + begin * MINUTE, BEGIN + end * MINUTE


HOUR = span(0, 60)
ALWAYS = [span(-100, 200)]


def random_spans(random_: random.Random) -> list[Span]:
    ends = sorted(random_.sample(range(-20, 100), random_.choice([0, 2, 4, 8])))
    return [span(a, b) for a, b in zip(ends[::2], ends[1::2], strict=True)]


def covers(spans: list[Span], minute: int) -> bool:
    at = BEGIN + minute * MINUTE
    return any(start <= at < end for start, end in spans)


@pytest.mark.parametrize("seed", range(200))
def test_each_minute_is_one_of_four(seed: int) -> None:
    random_ = random.Random(seed)
    there = random_spans(random_) if seed % 3 else ALWAYS
    down, maintained, unknown, planned, blind = (random_spans(random_) for _ in range(5))

    found = uptime(
        HOUR,
        Recorded(there=there, down=down, maintained=maintained, unknown=unknown),
        planned=planned,
        blind=blind,
    )

    expected = {"up": 0, "down": 0, "maintenance": 0, "unseen": 0}
    for minute in range(60):
        if not covers(there, minute):
            continue
        if covers(planned, minute):
            word = "maintenance"
        elif covers(blind, minute):
            word = "unseen"
        elif covers(maintained, minute):
            word = "maintenance"
        elif covers(unknown, minute):
            word = "unseen"
        else:
            word = "down" if covers(down, minute) else "up"
        expected[word] += 1
    assert {word: getattr(found, word) / MINUTE for word in expected} == expected
    assert found.recorded == sum(expected.values()) * MINUTE


def test_availability_is_up_through_what_counts() -> None:
    found = uptime(
        HOUR,
        Recorded(there=ALWAYS, down=[span(10, 16)]),
        planned=[span(30, 40)],
        blind=[span(40, 60)],
    )

    assert found.availability == 0.8
    assert found.counted == 30 * MINUTE


def test_where_nothing_counts_availability_is_not_known() -> None:
    assert uptime(HOUR, Recorded(), planned=(), blind=()) == Uptime()
    assert Uptime(maintenance=MINUTE).availability is None


def test_an_outage_through_time_that_does_not_count_is_one() -> None:
    recorded = Recorded(there=ALWAYS, down=[span(-5, 3), span(10, 30), span(50, 55)])

    found = uptime(HOUR, recorded, planned=[span(48, 60)], blind=[span(15, 20)])

    assert found.outages == 2
    assert found.longest == 15 * MINUTE
    assert found.down == 18 * MINUTE


def test_several_robots_weigh_by_their_time() -> None:
    one = Uptime(up=9 * MINUTE, down=MINUTE, outages=1, longest=MINUTE)
    two = Uptime(up=29 * MINUTE, down=MINUTE, unseen=3 * MINUTE, maintenance=MINUTE, outages=2)

    both = of_all([one, two])

    assert both.availability == 38 / 40
    assert (both.outages, both.longest) == (3, MINUTE)
    assert (both.unseen, both.maintenance) == (3 * MINUTE, MINUTE)
    assert of_all([]).availability is None
