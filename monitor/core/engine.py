"""Turns one poll into what happens to all alerts: a pure function of alerts, samples, rules, time.

No clock, no log, no mutation: the same input gives the same output, so a month replays in seconds
and a second evaluation at the same instant adds nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core import lifecycle
from monitor.core.alert import Alert, AlertEvent, AlertKey, Phase, Reason
from monitor.core.lifecycle import Facts
from monitor.core.rule import Evidence, NoData, Rule
from monitor.core.sample import Collected, Sample, Subject, subject_labels
from monitor.core.scopes import Scopes, Sorted
from monitor.core.window import Windows

Identity = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one evaluation changed: alerts in their new state (ended ones too), and the events."""

    alerts: tuple[Alert, ...] = ()
    events: tuple[AlertEvent, ...] = ()


def evaluate(
    alerts: Mapping[AlertKey, Alert],
    tenant: str,
    collected: Collected,
    rules: Sequence[Rule],
    windows: Windows,
    now: datetime,
    scopes: Scopes | None = None,
    missing: Sequence[Subject] = (),
) -> Evaluation:
    """Judge a good poll of one tenant.

    Only alerts of this tenant and of the kinds that the poll answers for are touched. `scopes` are
    those of `rules`, kept from one poll to the next because that is faster. `missing` are the
    subjects that the last good poll had and this one has not (see `roster`).
    """
    scopes = Scopes(rules) if scopes is None else scopes
    by_rule: dict[tuple[str, str], dict[Identity, Alert]] = {}
    ended: dict[AlertKey, Alert] = {}
    alarmed: set[str] = set()
    for key, alert in alerts.items():
        if key.subject[0] != tenant or key.subject[1] not in collected.kinds:
            continue
        if alert.phase is Phase.RESOLVED:
            ended[key] = alert
            continue
        by_rule.setdefault((key.rule, key.subject[1]), {})[key.subject] = alert
        alarmed.add(key.subject[2])
    by_kind = {
        kind: scopes.sort(tenant, kind, samples, alarmed)
        for kind, samples in collected.by_kind().items()
    }
    changed: list[Alert] = []
    events: list[AlertEvent] = []
    for rule in rules:
        if rule.kind not in by_kind:
            continue
        standing = by_rule.get((rule.name, rule.kind), {})
        for before, (after, happened) in _judge(
            rule, by_kind[rule.kind], standing, ended, collected, windows, now
        ):
            if after is not before:
                changed.append(after)
            events.extend(happened)
        for subject in missing:
            if _is_missed(rule, subject, standing, collected):
                previous = ended.get(AlertKey(rule.name, subject.identity))
                facts = Facts(subject=subject, value=None, summary=_unseen(subject))
                after, happened = lifecycle.begin(rule, facts, now, previous, Reason.NO_DATA)
                changed.append(after)
                events.extend(happened)
    return Evaluation(alerts=tuple(changed), events=tuple(events))


def pause(alerts: Iterable[Alert]) -> Evaluation:
    """Pause the timers of alerts about which nothing could be learned: a failed poll, a restart."""
    paused = ((alert, lifecycle.paused(alert)) for alert in _open(alerts))
    return Evaluation(alerts=tuple(after for before, after in paused if after is not before))


def retire(alerts: Iterable[Alert], rules: Sequence[Rule], now: datetime) -> Evaluation:
    """End the alerts whose rule is no longer in the configuration, or is for another kind now."""
    known = {(rule.name, rule.kind) for rule in rules}
    removed = (alert for alert in alerts if (alert.rule, alert.subject.kind) not in known)
    return close(removed, Reason.RULE_REMOVED, now)


def close(alerts: Iterable[Alert], reason: Reason, now: datetime) -> Evaluation:
    """End alerts for a reason that lies in the configuration."""
    steps = [lifecycle.end(alert, reason, now) for alert in _open(alerts)]
    return Evaluation(
        alerts=tuple(alert for alert, _ in steps),
        events=tuple(event for _, happened in steps for event in happened),
    )


def _open(alerts: Iterable[Alert]) -> Iterator[Alert]:
    return (alert for alert in alerts if alert.phase is not Phase.RESOLVED)


def _is_missed(
    rule: Rule, subject: Subject, standing: Mapping[Identity, Alert], collected: Collected
) -> bool:
    return (
        rule.policy.no_data is NoData.ALERT
        and rule.kind == subject.kind
        and not collected.partial
        and subject.identity not in standing
        and rule.where.matches(subject_labels(subject))
    )


def _unseen(subject: Subject) -> str:
    return f"{subject.name} is no longer reported"


def _judge(
    rule: Rule,
    samples: Sorted,
    standing: Mapping[Identity, Alert],
    ended: Mapping[AlertKey, Alert],
    collected: Collected,
    windows: Windows,
    now: datetime,
) -> Iterator[tuple[Alert | None, lifecycle.Step]]:
    """Yield (alert before, step) for every subject of one rule that has or gets an alert."""
    breached, unclear = rule.breaches(samples.for_rule(rule), windows)
    for sample in breached:
        identity = sample.subject.identity
        if identity not in standing:
            previous = ended.get(AlertKey(rule.name, identity)) if ended else None
            yield None, lifecycle.begin(rule, _facts(rule, sample, windows), now, previous)
    if not standing:
        return
    is_breached = {sample.subject.identity for sample in breached}
    is_unclear = {sample.subject.identity for sample in unclear}
    for identity, alert in standing.items():
        found = samples.find(alert.subject.key)
        if found is None:
            # A folder that could not be read hides its queues: unknown, never gone.
            evidence = Evidence.UNCLEAR if collected.partial else Evidence.ABSENT
        elif identity in is_breached:
            evidence = Evidence.BREACHED
        elif identity in is_unclear:
            evidence = Evidence.UNCLEAR
        else:
            evidence = _evidence(rule, found, alert, windows)
        facts = _standing_facts(rule, alert, found, windows)
        yield alert, lifecycle.step_for(evidence, alert, rule, facts, now)


def _evidence(rule: Rule, sample: Sample, alert: Alert, windows: Windows) -> Evidence:
    """Weigh a sample that is not breached: over, not yet clear (hysteresis), or out of scope."""
    if not rule.where.matches(subject_labels(sample.subject)):
        return Evidence.OUT_OF_SCOPE
    if alert.phase is Phase.PENDING:
        return Evidence.FINE
    is_clear = rule.clears(sample, windows)
    if is_clear is None:
        return Evidence.UNCLEAR
    return Evidence.FINE if is_clear else Evidence.BREACHED


def _facts(rule: Rule, sample: Sample, windows: Windows) -> Facts:
    value = rule.value(sample, windows)
    return Facts(
        subject=sample.subject, value=value, summary=rule.summary(sample, value, rule.limit)
    )


def _standing_facts(rule: Rule, alert: Alert, sample: Sample | None, windows: Windows) -> Facts:
    """Return the facts for an alert that exists: a new sentence only while it may still open."""
    if sample is None:
        return Facts(subject=alert.subject, value=alert.value, summary=_unseen(alert.subject))
    if alert.phase is Phase.PENDING or alert.has_no_data:
        return _facts(rule, sample, windows)
    return Facts(subject=sample.subject, value=rule.value(sample, windows), summary=alert.summary)
