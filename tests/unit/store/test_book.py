"""What a poll changes, told from the last one: the short cuts must tell what the long way tells."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

import pytest

from monitor.core.kinds import KINDS
from monitor.core.sample import Sample, Subject
from monitor.store.book import Book, Changes
from monitor.store.steps import stepper
from tests.builders import a_sample, a_subject


class Ledger:
    """A book, and what it said of each poll."""

    def __init__(self, kind: str) -> None:
        self.book = Book(kind=KINDS[kind], step=stepper(KINDS[kind]))
        self.ids = count(1)
        self.at_ms = 0
        self.late_us = 0.0

    def poll(self, *samples: Sample, complete: bool = True) -> Changes:
        self.at_ms += 30_000
        return self.book.compare(
            samples,
            self.at_ms,
            self.at_ms * 1000.0 - self.late_us,
            next_id=lambda: next(self.ids),
            complete=complete,
        )


def a_host(name: str, *, machine: str = "Pool") -> Subject:
    return a_subject(name, kind="machine", labels={"machine": machine, "host": name})


def changed(changes: Changes) -> list[tuple[str, object]]:
    return [(entry.subject.name, entry.recorded[2]) for entry in changes.changed]


def told(changes: Changes) -> tuple[object, ...]:
    return (
        [(e.id, e.subject.key, e.subject.name, e.recorded, e.since_ms) for e in changes.opened],
        [(e.id, e.recorded, e.since_ms) for e in changes.changed],
        changes.closed,
        [(e.id, e.subject.name, dict(e.subject.labels)) for e in changes.named],
        [(e.id, at_ms) for e, at_ms in changes.gone],
    )


def test_of_samples_that_live_on_only_the_replaced_ones_are_looked_at() -> None:
    ledger = Ledger("machine")
    one, two, three = (a_sample(a_host(name), sessions=4) for name in "abc")
    assert len(ledger.poll(one, two, three).opened) == 3

    now = a_sample(two.subject, sessions=3)
    assert changed(ledger.poll(one, now, three)) == [("b", 3)]
    assert changed(ledger.poll(one, now, three)) == []


def test_a_value_that_comes_back_after_a_short_cut_is_a_change() -> None:
    ledger = Ledger("machine")
    one, two, three = (a_sample(a_host(name), sessions=4) for name in "abc")
    ledger.poll(one, two, three)
    ledger.poll(one, a_sample(two.subject, sessions=3), three)
    # All are made anew, which is the long way.
    again = [a_sample(sample.subject, sessions=4) for sample in (one, two, three)]

    assert changed(ledger.poll(*again)) == [("b", 4)]


def test_a_new_name_is_seen_on_the_short_cut_too() -> None:
    ledger = Ledger("machine")
    one, two = (a_sample(a_host(name), sessions=4) for name in "ab")
    ledger.poll(one, two)
    renamed = a_sample(a_host("b", machine="Other"), sessions=4)

    changes = ledger.poll(one, renamed)

    assert [entry.subject.labels["machine"] for entry in changes.named] == ["Other"]
    assert changes.changed == []


def test_another_subject_in_the_place_of_one_is_no_short_cut() -> None:
    ledger = Ledger("machine")
    one, two, other = (a_sample(a_host(name), sessions=4) for name in "abc")
    ledger.poll(one, two)

    assert [entry.subject.name for entry in ledger.poll(one, other).opened] == ["c"]
    ledger.poll(one, other)
    assert [entry.subject.name for entry, _ in ledger.poll(one, other).gone] == ["b"]


def test_of_a_subject_that_is_there_twice_the_last_counts() -> None:
    ledger = Ledger("machine")
    one, two = (a_sample(a_host(name), sessions=4) for name in "ab")
    ledger.poll(one, two)

    assert changed(ledger.poll(one, two, a_sample(two.subject, sessions=1))) == [("b", 1)]
    assert changed(ledger.poll(one, two)) == [("b", 4)]


@pytest.mark.parametrize("kind", ["machine", "queue"])
@pytest.mark.parametrize("seed", range(5))
def test_samples_that_live_on_tell_what_new_ones_would(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    metrics = [metric.name for metric in KINDS[kind].metrics]
    kept, anew = Ledger(kind), Ledger(kind)
    shown = [a_sample(a_subject(f"s{n}", kind=kind)) for n in range(6)]
    for _ in range(60):
        at = chance.randrange(len(shown))
        match chance.choice(
            ["value", "value", "value", "nothing", "name", "leave", "arrive", "mix"]
        ):
            case "value":
                values = {chance.choice(metrics): float(chance.randrange(3))}
                shown[at] = a_sample(shown[at].subject, **values)
            case "name":
                key = shown[at].subject.key
                shown[at] = a_sample(a_subject(chance.choice("xyz"), kind=kind, key=key))
            case "leave" if len(shown) > 2:
                del shown[at]
            case "arrive":
                shown.append(a_sample(a_subject(f"s{chance.randrange(12)}", kind=kind)))
            case "mix":
                chance.shuffle(shown)
        complete = chance.random() < 0.8

        assert told(kept.poll(*shown, complete=complete)) == told(
            anew.poll(*copies(shown), complete=complete)
        )


@pytest.mark.parametrize("kind", ["session", "queue"])
@pytest.mark.parametrize("seed", range(5))
def test_ages_that_live_on_step_as_those_of_new_samples_do(kind: str, seed: int) -> None:
    chance = random.Random(seed)
    ages = [KINDS[kind].metrics[place].name for place in KINDS[kind].ages]
    kept, anew = Ledger(kind), Ledger(kind)
    shown = [a_sample(a_subject(f"s{n}", kind=kind)) for n in range(6)]
    for _ in range(120):
        at = datetime.fromtimestamp(kept.at_ms / 1000 + 30, UTC)
        if chance.random() < 0.3:
            place = chance.randrange(len(shown))
            told_s = {age: chance.choice([0.0, 12.5, 59.9, 60.0, 75.25, 400.0]) for age in ages}
            shown[place] = a_sample(shown[place].subject, at, **told_s)
        if chance.random() < 0.05:
            # The server's clock is set back, and history runs on.
            back_us = chance.choice([1e6, 95e6])
            kept.late_us += back_us
            anew.late_us += back_us

        assert told(kept.poll(*shown)) == told(anew.poll(*copies(shown)))


def copies(samples: Sequence[Sample]) -> list[Sample]:
    """The same, and yet other objects."""
    return [Sample(sample.subject, sample.values) for sample in samples]
