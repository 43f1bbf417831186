"""What somebody expects of a timeline, and in which way it comes out differently."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TypeVar

from monitor.core.alert import Alert
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.duration import format_duration
from monitor.core.message import PROBLEMS, What
from monitor.core.rehearsal import Rehearsal
from monitor.core.timeline import Performance

MOST_NAMES = 20

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")
Arrival = tuple[datetime, Delivery]
Fact = str | float | bool | None
Facts = Mapping[str, Fact]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedOpen:
    """Exactly these alerts are open right after a step; each is described by some `facts_of`."""

    at: datetime
    open: Sequence[Facts]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedMessage:
    """A message that a channel gets.

    It is made or arrives from `after` to before `before`, and arrives at `arrives` where that is
    given. `firing` are the names of all problems it speaks of, `resolved` of all that ended; with
    `gone` those that are no longer reported are apart. `flapping` are those of `firing` that flap.
    """

    channel: str
    after: datetime | None = None
    before: datetime | None = None
    arrives: datetime | None = None
    firing: frozenset[str] = frozenset()
    resolved: frozenset[str] = frozenset()
    gone: frozenset[str] | None = None
    flapping: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """All that is judged; without `messages` they are not."""

    open: Sequence[ExpectedOpen] = ()
    messages: Sequence[ExpectedMessage] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Something came out differently: `about` what, and in lines what was expected and found."""

    about: str
    expected: tuple[str, ...]
    found: tuple[str, ...]
    at: datetime | None = None


def facts_of(alert: Alert) -> Facts:
    """Return what an expectation may say of an open alert."""
    subject = alert.subject
    return {
        "rule": alert.rule,
        "name": subject.name,
        "phase": alert.phase.value,
        "severity": alert.severity.value,
        "tenant": subject.tenant,
        "kind": subject.kind,
        "key": subject.key,
        "folder": subject.labels.get("folder", ""),
        "value": alert.value,
        "suppressed": bool(alert.mutes),
        "flapping": alert.flapping_since is not None,
    }


def judge(expected: Expected, played: Performance, start: datetime) -> list[Failure]:
    """Return what came out differently, in the order of the time."""
    found = [
        Failure(
            about="nothing firing to acknowledge",
            at=ack.at,
            expected=(f"a firing alert with {ack.where}",),
            found=("none",),
        )
        for ack in played.in_vain
    ]
    for one in expected.open:
        found += _open(one, played.open_at[one.at])
    if expected.messages is not None:
        found += _messages(expected.messages, played.run, start)
    return sorted(found, key=lambda failure: (failure.at is None, failure.at or start))


def in_short(message: ExpectedMessage, start: datetime) -> str:
    """Return an expected message in a line."""
    when = []
    if message.after is not None:
        when.append(f"from {offset(start, message.after)}")
    if message.before is not None:
        when.append(f"before {offset(start, message.before)}")
    if message.arrives is not None:
        when.append(f"arrives at {offset(start, message.arrives)}")
    parts = {
        "firing": message.firing,
        "resolved": message.resolved,
        "gone": message.gone or frozenset(),
        "flapping": message.flapping or frozenset(),
    }
    return f"{' '.join(when) or 'at any time'}: {_named(parts)}"


def told_in_short(delivery: Delivery) -> str:
    """Return what a message says in a line: the names, and how many are only counted."""
    message = delivery.message
    parts: dict[str, list[str]] = {}
    for item in message.items:
        parts.setdefault(item.what.value, []).append(item.name)
    line = _named(parts)
    rest = ", ".join(f"{count} {what}" for what, count in message.rest.items())
    return f"{line}; only counted: {rest}" if rest else line


def offset(start: datetime, at: datetime) -> str:
    """Return how long after the start an instant is, as people write it."""
    return format_duration(at - start) if at >= start else f"-{format_duration(start - at)}"


def listed(names: Iterable[str]) -> str:
    """Return names in a line: the first ones, and how many more there are."""
    names = sorted(names)
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def _named(parts: Mapping[str, Iterable[str]]) -> str:
    named = [f"{what} {listed(names)}" for what, names in parts.items() if names]
    return "; ".join(named) or "nothing"


def _open(expected: ExpectedOpen, alerts: Sequence[Alert]) -> list[Failure]:
    found = [facts_of(alert) for alert in alerts]
    if _match(expected.open, found, _describes):
        return []
    keys = {key for facts in expected.open for key in facts} | {"rule", "name", "phase"}
    return [
        Failure(
            about="open alerts",
            at=expected.at,
            expected=tuple(_described(facts, keys) for facts in expected.open) or ("none",),
            found=tuple(_described(facts, keys) for facts in found) or ("none",),
        )
    ]


def _described(facts: Facts, keys: Iterable[str]) -> str:
    known = [key for key in facts if key in keys]
    return ", ".join(f"{key} {_plainly(facts[key])}" for key in known)


def _plainly(value: Fact) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case None:
            return "unknown"
        case _:
            return str(value)


def _match(
    expected: Sequence[Wanted], found: Sequence[Found], fits: Callable[[Wanted, Found], bool]
) -> bool:
    """Tell whether everything found is what is expected, each once, in whichever order."""
    if len(expected) != len(found):
        return False
    taken: dict[int, int] = {}

    def place(wanted: int, tried: set[int]) -> bool:
        for index, one in enumerate(found):
            if index in tried or not fits(expected[wanted], one):
                continue
            tried.add(index)
            if index not in taken or place(taken[index], tried):
                taken[index] = wanted
                return True
        return False

    return all(place(wanted, set()) for wanted in range(len(expected)))


def _describes(expected: Facts, found: Facts) -> bool:
    return expected.items() <= found.items()


def _messages(
    expected: Sequence[ExpectedMessage], run: Rehearsal, start: datetime
) -> list[Failure]:
    arrived = [
        (attempt.at, attempt.delivery)
        for attempt in run.attempts
        if attempt.delivery.state is DeliveryState.SENT
    ]
    failures = []
    channels = dict.fromkeys(
        [*(one.channel for one in expected), *(delivery.channel for _, delivery in arrived)]
    )
    for channel in channels:
        wanted = [one for one in expected if one.channel == channel]
        got = [(at, delivery) for at, delivery in arrived if delivery.channel == channel]
        if _come(wanted, got):
            continue
        lines = [
            f"{offset(start, delivery.message.at)}{_late(start, at, delivery)}: "
            f"{told_in_short(delivery)}"
            for at, delivery in got
        ]
        lines += [
            f"not yet arrived, made at {offset(start, delivery.message.at)}: "
            f"{told_in_short(delivery)}"
            for delivery in run.undelivered
            if delivery.channel == channel
        ]
        failures.append(
            Failure(
                about=f"messages to {channel}",
                expected=tuple(in_short(one, start) for one in wanted) or ("none",),
                found=tuple(lines) or ("none",),
            )
        )
    return failures


def _come(expected: Sequence[ExpectedMessage], got: Sequence[Arrival]) -> bool:
    """Tell whether messages come in the order expected; at one instant the order is no matter."""
    left = list(expected)
    for _, together in groupby(got, key=lambda arrival: arrival[0]):
        now = list(together)
        if not _match(left[: len(now)], now, _fits):
            return False
        del left[: len(now)]
    return not left


def _late(start: datetime, at: datetime, delivery: Delivery) -> str:
    return "" if at == delivery.message.at else f", arrived at {offset(start, at)}"


def _fits(expected: ExpectedMessage, got: Arrival) -> bool:
    at, delivery = got
    made_at = delivery.message.at
    if expected.arrives is not None and abs(at - expected.arrives) >= timedelta(seconds=1):
        return False
    if expected.after is not None and at < expected.after:
        return False
    if expected.before is not None and made_at >= expected.before:
        return False
    return _says(expected, delivery)


def _says(expected: ExpectedMessage, delivery: Delivery) -> bool:
    items = delivery.message.items
    rest = delivery.message.rest
    ended = {what for what in What if what not in PROBLEMS}
    groups: list[tuple[frozenset[str], set[What]]] = [(expected.firing, set(PROBLEMS))]
    if expected.gone is not None:
        groups.append((expected.gone, {What.GONE}))
        ended.remove(What.GONE)
    groups.append((expected.resolved, ended))
    for wanted, whats in groups:
        spoken = [item.name for item in items if item.what in whats]
        counted = sum(rest.get(what, 0) for what in whats)
        is_so = wanted == set(spoken)
        if counted:
            # Who is only counted has no name there: the number must do.
            is_so = wanted >= set(spoken) and len(wanted) == len(spoken) + counted
        if not is_so:
            return False
    flapping = {i.name for i in items if i.what is What.FLAPPING or i.is_flapping}
    return expected.flapping is None or expected.flapping == flapping
