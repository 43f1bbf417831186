"""Prints what came of a replay: a line for each rule, each incident with `--all`, or JSON."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.cli.output import Column, print_json, say, table
from monitor.core.replay import Incident, Replay
from monitor.core.replay_difference import Difference, difference
from monitor.web.wording import clock_time, count, iso, number, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What rules made of the time that was asked for.

    `incidents` reach into it; `messages` are by rule, `told` all.
    """

    rules: Sequence[str]
    incidents: Sequence[Incident]
    messages: Mapping[str, int]
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A replay by the rules in force, and where others were tried, by those of `file`."""

    since: datetime
    until: datetime
    polls: int
    in_force: Seen
    tried: Seen | None = None
    file: str | None = None


def seen(replay: Replay, since: datetime, until: datetime) -> Seen:
    """Return what a replay found within a time, of which it may have begun before."""
    incidents = [
        one
        for one in replay.incidents
        if one.opened_at < until and (one.resolved_at is None or one.resolved_at >= since)
    ]
    messages: Counter[str] = Counter()
    told = 0
    for at, rules in replay.messages:
        if at >= since:
            told += 1
            messages.update(rules)
    return Seen(rules=tuple(replay.plan.rules), incidents=incidents, messages=messages, told=told)


def print_as_json(outcome: Outcome) -> None:
    """Print an array of incidents in the order in which they opened."""
    if outcome.tried is None:
        print_json([_json(one) for one in outcome.in_force.incidents])
        return
    marked = _marked(difference(outcome.in_force.incidents, outcome.tried.incidents))
    print_json([_json(one) | {"found_by": mark} for mark, one in marked])


def print_as_table(outcome: Outcome, *, everything: bool) -> None:
    """Print a line for each rule, and with `everything` one for each incident."""
    period = f"{iso(outcome.since)} to {iso(outcome.until)}"
    if not outcome.polls:
        say(f"Nothing is recorded from {period}.")
        return
    if outcome.tried is None:
        say(f"The rules in force, from {period}: {count(outcome.polls, 'poll')}.")
        _print_rules(outcome.in_force, outcome)
        if everything:
            _print_incidents([("", one) for one in outcome.in_force.incidents], outcome)
        say(f"{count(outcome.in_force.told, 'message')} in all, after grouping and mutes.")
        return
    say(f"{outcome.file}, from {period}: {count(outcome.polls, 'poll')}.")
    _print_rules(outcome.tried, outcome)
    compared = difference(outcome.in_force.incidents, outcome.tried.incidents)
    say()
    say("Beside the rules in force:")
    _print_difference(compared, outcome)
    if everything:
        say()
        _print_incidents(_marked(compared), outcome)
    say(
        f"{count(outcome.tried.told, 'message')} in all, after grouping and mutes; by the rules in "
        f"force {number(outcome.in_force.told)}."
    )


def _print_rules(found: Seen, outcome: Outcome) -> None:
    rows = []
    for rule in found.rules:
        incidents = [one for one in found.incidents if one.rule == rule]
        fired = [one for one in incidents if one.opened_at >= outcome.since]
        lasted = [one.lasted(outcome.until) for one in incidents]
        rows.append(
            (
                rule,
                number(len(fired)),
                number(sum(one.resolved_at is None for one in incidents)),
                span(max(lasted)) if lasted else "",
                number(sum(one.flaps for one in incidents)),
                number(found.messages.get(rule, 0)),
            )
        )
    table(
        [
            Column(title="rule"),
            Column(title="fired", right=True),
            Column(title="open at the end", right=True),
            Column(title="longest", right=True),
            Column(title="flaps", right=True),
            Column(title="messages", right=True),
        ],
        rows,
    )


def _print_difference(compared: Difference, outcome: Outcome) -> None:
    both, added, missed = (
        Counter(one.rule for one in part)
        for part in (compared.both, compared.added, compared.missed)
    )
    table(
        [
            Column(title="rule"),
            Column(title="by both", right=True),
            Column(title=f"only by {outcome.file}", right=True),
            Column(title="only by those in force", right=True),
        ],
        [
            (rule, number(both[rule]), number(added[rule]), number(missed[rule]))
            for rule in sorted(both.keys() | added.keys() | missed.keys())
        ],
    )


def _print_incidents(marked: Sequence[tuple[str, Incident]], outcome: Outcome) -> None:
    has_marks = any(mark for mark, _ in marked)
    has_tenants = len({one.subject.tenant for _, one in marked}) > 1
    table(
        [
            Column(title="opened (UTC)"),
            Column(title="lasted", right=True),
            *([Column(title="found by")] if has_marks else []),
            Column(title="severity"),
            Column(title="rule"),
            Column(title="messages", right=True),
            *([Column(title="tenant")] if has_tenants else []),
            Column(title="subject"),
        ],
        [
            (
                clock_time(one.opened_at, outcome.until)
                + (" or before" if one.opened_at < outcome.since else ""),
                "still open" if one.resolved_at is None else span(one.lasted(outcome.until)),
                *([mark] if has_marks else []),
                one.severity.value,
                one.rule,
                number(one.messages),
                *([one.subject.tenant] if has_tenants else []),
                one.subject.name,
            )
            for mark, one in marked
        ],
    )


def _marked(compared: Difference) -> list[tuple[str, Incident]]:
    def all_of_them() -> Iterator[tuple[str, Incident]]:
        yield from (("both", one) for one in compared.both)
        yield from (("tried", one) for one in compared.added)
        yield from (("in force", one) for one in compared.missed)

    return sorted(all_of_them(), key=lambda found: (found[1].opened_at, found[1].rule))


def _json(one: Incident) -> dict[str, object]:
    subject = one.subject
    return {
        "rule": one.rule,
        "tenant": subject.tenant,
        "subject": {
            **subject.labels,
            "kind": subject.kind,
            "key": subject.key,
            "name": subject.name,
        },
        "severity": one.severity.value,
        "opened_at": iso(one.opened_at),
        "resolved_at": iso(one.resolved_at),
        "end_reason": None if one.end_reason is None else one.end_reason.value,
        "messages": one.messages,
        "flaps": one.flaps,
    }
