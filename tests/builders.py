"""Builders of the values that several tests need; every argument has a plain default."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from monitor.core.kinds import KINDS, QUEUE, Values
from monitor.core.matching import Where
from monitor.core.rule import Policy, Rule
from monitor.core.sample import Collected, Sample, Subject
from monitor.core.severity import Severity
from monitor.core.window import Windows
from monitor.instants import posix_us
from monitor.store.instants import to_ms
from monitor.web.past import Row, Value

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def a_subject(
    name: str = "Invoices",
    *,
    kind: str = "queue",
    tenant: str = "production",
    key: str | None = None,
    labels: Mapping[str, str] | None = None,
) -> Subject:
    return Subject(
        tenant=tenant, kind=kind, key=key or name.lower(), name=name, labels=labels or {}
    )


def a_sample(subject: Subject | None = None, at: datetime = NOW, /, **metrics: float) -> Sample:
    """A sample that shows these metrics at an instant."""
    subject = subject or a_subject()
    kind = KINDS[subject.kind]
    unknown = set(metrics) - {metric.name for metric in kind.metrics}
    assert not unknown, unknown
    shown = tuple(metrics.get(metric.name) for metric in kind.metrics)
    return Sample(subject, kind.values_of(shown, posix_us(at)))


def shown(sample: Sample, at: datetime = NOW) -> Values:
    """What a sample shows at an instant."""
    return KINDS[sample.subject.kind].values_at(sample.values, posix_us(at))


def windows_at(at: datetime = NOW) -> Windows:
    """Windows that end at an instant."""
    windows = Windows()
    windows.now = at
    return windows


def collected(*samples: Sample, at: datetime = NOW, kinds: Sequence[str] = ("queue",)) -> Collected:
    return Collected(kinds=tuple(kinds), samples=samples, observed_at=at)


def a_backlog_rule(
    name: str = "backlog",
    *,
    above: float = 100,
    clear_below: float | None = None,
    severity: Severity = Severity.WARNING,
    where: Where | None = None,
    channels: tuple[str, ...] = (),
    labels: Mapping[str, str] | None = None,
    policy: Policy | None = None,
) -> Rule:
    """A rule over new_items made by hand, so that the engine is tested without the compiler."""
    index = KINDS["queue"].index("new_items")

    def value(sample: Sample, _windows: Windows) -> float | None:
        return sample.values[index]

    def breaches(samples: Sequence[Sample], _windows: Windows) -> tuple[list[Sample], list[Sample]]:
        known = [(sample, sample.values[index]) for sample in samples]
        bad = [sample for sample, items in known if items is not None and items > above]
        return bad, [sample for sample, items in known if items is None]

    def clears(sample: Sample, windows: Windows) -> bool | None:
        items = value(sample, windows)
        if items is None:
            return None
        return items <= above if clear_below is None else items < clear_below

    return Rule(
        name=name,
        type="queue-backlog",
        kind="queue",
        severity=severity,
        policy=policy or Policy(),
        where=where or Where(),
        limit=above,
        breaches=breaches,
        clears=clears,
        value=value,
        summary=lambda sample, _windows, items, limit: (
            f"{sample.subject.name}: {items} over {limit}"
        ),
        channels=channels,
        labels=labels or {},
        source=f"queue-backlog, {severity}: new_items > {above:g}",
    )


def a_past_row(
    at: float = 0,
    *,
    subject: Subject | None = None,
    until: float | None = None,
    unseen_s: float = 0,
    gaps: Sequence[tuple[float, float]] = (),
    **metrics: Value,
) -> Row:
    """Return a row of `history queues`; instants in seconds, what is not given is not known."""
    return Row(
        subject or a_subject(),
        to_ms(after(at)),
        None if until is None else to_ms(after(until)),
        [metrics.get(metric.name) for metric in QUEUE.metrics],
        round(unseen_s * 1000),
        [(to_ms(after(start)), to_ms(after(stop))) for start, stop in gaps],
    )
