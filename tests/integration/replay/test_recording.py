"""What was recorded poll by poll comes back poll by poll."""

import random
from datetime import datetime, timedelta

from monitor.core.happening import Polled, Turned
from monitor.core.kinds import KINDS as ALL_KINDS
from monitor.core.sample import Collected, Sample, Snapshot, subject_labels
from monitor.core.turn import Turn
from monitor.store import Store
from monitor.store.replay import recorded_since, recording
from tests.builders import NOW, a_sample, a_subject, after, shown
from tests.integration.replay.eventful import KINDS, Tenant

MINUTE_S = 60
Shown = tuple[dict[str, str], tuple[float | str | None, ...]]


def record(store: Store, *snapshots: Snapshot) -> None:
    for snapshot in snapshots:
        with store.writing() as write:
            write.snapshot(snapshot)


def played(store: Store, since: float = -3600, until: float = 10**9) -> list[Snapshot]:
    with recording(store, KINDS, after(since), after(until)) as past:
        return [one.snapshot for one in past.happenings if isinstance(one, Polled)]


def comparable(sample: Sample, at: datetime) -> Shown:
    """A sample as it can be compared: an age below a minute is any, a missing label is empty."""
    kind = ALL_KINDS[sample.subject.kind]
    values = [
        "young" if value is not None and value < MINUTE_S and metric.rises_every_s > 0 else value
        for metric, value in zip(kind.metrics, shown(sample, at), strict=True)
    ]
    return dict(sorted(subject_labels(sample.subject).items())), tuple(values)


def told(snapshot: Snapshot) -> tuple[object, ...]:
    outcome = snapshot.outcome
    head = (snapshot.tenant, snapshot.collector, snapshot.took_s, snapshot.requests)
    if not isinstance(outcome, Collected):
        return (*head, outcome)
    samples = sorted((comparable(one, outcome.observed_at) for one in outcome.samples), key=repr)
    counts = {kind: len(found) for kind, found in outcome.by_kind().items()}
    facts = (outcome.observed_at, outcome.partial, outcome.skipped)
    return (*head, outcome.kinds, samples, counts, *facts)


def test_every_poll_comes_back_with_every_subject_name_and_value(store: Store) -> None:
    chance = random.Random(5)
    estates = [Tenant(name, NOW, random.Random(place)) for place, name in enumerate("ab")]
    polled = []
    for step in range(150):
        for place, estate in enumerate(estates):
            for collector in KINDS:
                if chance.random() < 0.7:
                    seconds = 150 * step + place + chance.random()
                    polled.append(estate.at(collector, after(seconds)))
    record(store, *polled)

    # The values are those of the poll that is being looked at: a month is not held in memory.
    with recording(store, KINDS, after(-3600), after(10**6)) as past:
        found = [told(one.snapshot) for one in past.happenings if isinstance(one, Polled)]
    assert past.polls == len(polled)
    assert found == [told(one) for one in polled]


def test_a_replay_may_begin_in_the_middle(store: Store) -> None:
    estate = Tenant("a", NOW, random.Random(9), ahead=timedelta())
    polled = [estate.at("queues", after(120 * step)) for step in range(120)]
    record(store, *polled)

    with recording(store, KINDS, after(120 * 70 - 1), after(120 * 90)) as past:
        found = [told(one.snapshot) for one in past.happenings if isinstance(one, Polled)]
    assert found == [told(one) for one in polled[70:90]]


def test_an_age_is_followed_to_the_microsecond_and_may_begin_anew(store: Store) -> None:
    subject = a_subject("Robot 1", kind="session")
    ages = [10.0, 70.000001, 130.000001, 190.000001, 125.5, 185.5, 245.5, 5.0, 65.0]
    polled = [
        _sessions(60.0 * step, a_sample(subject, after(60 * step), heartbeat_age_s=age))
        for step, age in enumerate(ages)
    ]
    record(store, *polled)

    found = []
    with recording(store, KINDS, after(-1), after(10**6)) as past:
        for one in past.happenings:
            assert isinstance(one, Polled)
            assert isinstance(one.snapshot.outcome, Collected)
            outcome = one.snapshot.outcome
            found.append(shown(outcome.samples[0], outcome.observed_at)[0])
    assert found == ages


def test_an_age_that_no_rule_speaks_of_stays_as_it_was_recorded(store: Store) -> None:
    subject = a_subject("Robot 1", kind="session")
    record(
        store,
        *(
            _sessions(60.0 * step, a_sample(subject, after(60 * step), heartbeat_age_s=age))
            for step, age in enumerate([70.0, 130.0, 190.0])
        ),
    )
    with recording(store, KINDS, after(-1), after(10**6), {"is_busy"}) as past:
        found = [
            shown(one.snapshot.outcome.samples[0], one.snapshot.outcome.observed_at)[0]
            for one in past.happenings
            if isinstance(one, Polled) and isinstance(one.snapshot.outcome, Collected)
        ]
    assert found == [70.0, 130.0, 130.0]


def test_polls_are_judged_when_they_were_and_not_when_they_began(store: Store) -> None:
    with store.writing() as write:
        write.snapshot(_sessions(0.0), after(2.000001))
    assert recorded_since(store) == after(2.000001)
    with recording(store, KINDS, after(0), after(10)) as past:
        assert [one.at for one in past.happenings] == [after(2.000001)]


def test_a_collector_that_is_no_more_is_left_out(store: Store) -> None:
    record(store, _sessions(0.0))
    with recording(store, {"queues": ("queue",)}, after(-1), after(10)) as past:
        assert list(past.happenings) == []


def test_nothing_recorded_is_an_empty_past(store: Store) -> None:
    assert recorded_since(store) is None
    with recording(store, KINDS, after(0), after(10)) as past:
        assert (past.polls, past.silences, list(past.happenings)) == (0, (), [])


def test_turns_stand_between_the_polls_they_came_between(store: Store) -> None:
    with store.writing() as write:
        write.turns([(after(0), Turn.START)])
    record(store, _sessions(60.0))
    with store.writing() as write:
        # The clock was set back.
        write.turns([(after(5), Turn.REST)])
        write.turns([(after(5), Turn.REST)])
    record(store, _sessions(10.0), _sessions(70.0))
    with store.writing() as write:
        write.turns([(after(80), Turn.RELOAD)])

    with recording(store, KINDS, after(-1), after(100)) as past:
        found = [one.turn if isinstance(one, Turned) else "poll" for one in past.happenings]
    assert found == [Turn.START, "poll", Turn.REST, "poll", "poll", Turn.RELOAD]


def _sessions(seconds: float, *samples: Sample) -> Snapshot:
    return Snapshot(
        tenant="production",
        collector="sessions",
        started_at=after(seconds),
        took_s=0.0,
        requests=1,
        outcome=Collected(
            kinds=KINDS["sessions"],
            samples=samples,
            counts=(len(samples), 0),
            observed_at=after(seconds),
        ),
    )
