"""Turns one poll into what happens to all alerts: a pure function of alerts, samples, rules, time.

No clock, no log, no mutation: the same input gives the same output, so a month replays in seconds
and a second evaluation at the same instant adds nothing.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core import lifecycle
from monitor.core.alert import Alert, AlertEvent, AlertKey, Phase, Reason
from monitor.core.lifecycle import Facts
from monitor.core.rule import Evidence, NoData, Rule
from monitor.core.sample import Collected, Sample, Subject, subject_labels
from monitor.core.scopes import Scopes, Sorted
from monitor.core.steady import Identity, Memory, Sifted
from monitor.core.window import Windows


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
    memory: Memory | None = None,
) -> Evaluation:
    """Judge a good poll of one tenant.

    Only alerts of this tenant and of the kinds that the poll answers for are touched. `windows` end
    when the poll saw, so that ages are those of that instant. `scopes` are those of `rules`, kept
    from one poll to the next because that is faster. `missing` are the subjects that the last good
    poll had and this one has not (see `roster`). `memory` is what `rules` said at the last poll:
    with it nothing else comes out, at less cost.
    """
    memory = Memory(rules) if memory is None else memory
    scopes = Scopes(rules) if scopes is None else scopes
    by_rule, ended = _sorted(alerts, tenant, collected.kinds)
    samples_of = collected.by_kind()
    by_kind = {kind: scopes.sort(tenant, kind, samples) for kind, samples in samples_of.items()}
    changed: list[Alert] = []
    events: list[AlertEvent] = []
    for rule in rules:
        if rule.kind not in by_kind:
            continue
        standing = by_rule.get((rule.name, rule.kind), {})
        by_scope = by_kind[rule.kind]
        said = memory.sift(
            rule, tenant, samples_of[rule.kind], by_scope, windows, collected.movement
        )
        for before, (after, happened) in _judge(
            rule, said, by_scope, standing, ended, collected, windows, now
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


def _sorted(
    alerts: Mapping[AlertKey, Alert], tenant: str, kinds: Collection[str]
) -> tuple[dict[tuple[str, str], dict[Identity, Alert]], dict[AlertKey, Alert]]:
    """Return the open alerts of a tenant and of these kinds by rule and kind, and those that ended.

    All alerts there are, at each poll.
    """
    by_rule: dict[tuple[str, str], dict[Identity, Alert]] = {}
    ended: dict[AlertKey, Alert] = {}
    resolved = Phase.RESOLVED
    for key, alert in alerts.items():
        rule, subject = key
        of_tenant, kind, _ = subject
        if of_tenant != tenant or kind not in kinds:
            continue
        if alert.phase is resolved:
            ended[key] = alert
            continue
        of_rule = by_rule.get((rule, kind))
        if of_rule is None:
            of_rule = by_rule[rule, kind] = {}
        of_rule[subject] = alert
    return by_rule, ended


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
    said: Sifted,
    samples: Sorted,
    standing: Mapping[Identity, Alert],
    ended: Mapping[AlertKey, Alert],
    collected: Collected,
    windows: Windows,
    now: datetime,
) -> Iterator[tuple[Alert | None, lifecycle.Step]]:
    """Yield (alert before, step) for every subject of one rule that has or gets an alert.

    But for those that would only be told the same again.
    """
    for identity, sample in said.breached.items():
        if identity not in standing:
            previous = ended.get(AlertKey(rule.name, identity)) if ended else None
            yield None, lifecycle.begin(rule, _facts(rule, sample, windows), now, previous)
    if not standing:
        return
    for identity, alert in _not_at_rest(rule, said, standing):
        found = samples.find(alert.subject.key)
        if found is None:
            # A folder that could not be read hides its queues: unknown, never gone.
            evidence = Evidence.UNCLEAR if collected.partial else Evidence.ABSENT
        elif identity in said.breached:
            evidence = Evidence.BREACHED
        elif identity in said.unclear:
            evidence = Evidence.UNCLEAR
        else:
            evidence = _evidence(rule, found, alert, windows)
        facts = _standing_facts(rule, alert, found, windows)
        yield alert, lifecycle.step_for(evidence, alert, rule, facts, now)


def _not_at_rest(
    rule: Rule, said: Sifted, standing: Mapping[Identity, Alert]
) -> Iterable[tuple[Identity, Alert]]:
    """Return the alerts for which it matters what a poll says."""
    moved, at_rest = said.moved, said.at_rest
    if moved is None:
        return standing.items()
    if len(at_rest) > len(standing):
        for identity in at_rest.keys() - standing.keys():
            del at_rest[identity]
    others: list[tuple[Identity, Alert]] = []
    for identity, alert in [
        (identity, alert)
        for identity, alert in standing.items()
        if at_rest.get(identity) is not alert or identity in moved
    ]:
        is_as_it_was = identity in said.breached and identity not in moved
        if is_as_it_was and lifecycle.is_at_rest(alert, rule):
            at_rest[identity] = alert
        else:
            others.append((identity, alert))
    return others


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
    summary = rule.summary(sample, windows, value, rule.limit)
    return Facts(subject=sample.subject, value=value, summary=summary)


def _standing_facts(rule: Rule, alert: Alert, sample: Sample | None, windows: Windows) -> Facts:
    """Return the facts for an alert that exists: a new sentence only while it may still open."""
    if sample is None:
        return Facts(subject=alert.subject, value=alert.value, summary=_unseen(alert.subject))
    if alert.phase is Phase.PENDING or alert.has_no_data:
        return _facts(rule, sample, windows)
    return Facts(subject=sample.subject, value=rule.value(sample, windows), summary=alert.summary)
