"""What happened to an alert in order of time: one list of its events, messages and people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from monitor.core.alert import EventKind
from monitor.core.delivery import Delivery, DeliveryState
from monitor.store.queries import AlertStory, Attempt, RecordedEvent
from monitor.web.story import told, why_withdrawn
from monitor.web.wording import clock_time, count, number

FEW = 3
"""So many attempts in a row that failed in the same way are told one by one."""

_SELF_EVIDENT = frozenset({EventKind.MUTED, EventKind.UNMUTED})
_OVER = frozenset({EventKind.RESOLVED, EventKind.DROPPED})
_CUT_OFF = "under way, or cut off by the end of the process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line: when, what, and the particulars."""

    at: datetime
    what: str
    text: str


def timeline(story: AlertStory, now: datetime) -> list[Entry]:
    """Return everything that happened, and what is planned, in order of time."""
    entries = [_of_event(event, story.alert.summary) for event in story.events]
    entries += [
        Entry(
            at=given.at,
            what="acknowledged",
            text=f"by {given.author} until {clock_time(given.expires_at, now)}"
            + (f": {given.note}" if given.note else ""),
        )
        for given in story.acknowledgements
    ]
    for delivery, attempts in story.deliveries:
        entries += _of_delivery(delivery, attempts, story, now)
    # What happened at the same instant stays in this order: first the cause, then who was told.
    return sorted(entries, key=lambda entry: entry.at)


def _of_event(event: RecordedEvent, summary: str) -> Entry:
    """Tell of a transition; its sentence only where it was another than the one at the top."""
    if event.kind in _SELF_EVIDENT:
        return Entry(at=event.at, what=event.kind.value, text=event.detail or event.reason.value)
    parts = [event.reason.value + (f" ({event.detail})" if event.detail else "")]
    if event.value is not None:
        limit = "" if event.limit is None else f", limit {number(event.limit)}"
        parts.append(f"value {number(event.value)}{limit}")
    if event.summary not in ("", summary) and event.kind not in _OVER:
        parts.append(event.summary)
    return Entry(at=event.at, what=event.kind.value, text="; ".join(parts))


def _of_delivery(
    delivery: Delivery, attempts: Sequence[Attempt], story: AlertStory, now: datetime
) -> Iterator[Entry]:
    name = _named(delivery, story)
    for _, alike in groupby(attempts, key=lambda attempt: (attempt.outcome, attempt.error)):
        run = list(alike)
        if len(run) <= FEW:
            yield from (_of_attempt(attempt, name) for attempt in run)
        else:
            first = _of_attempt(run[0], name)
            often = f"{count(len(run), 'time')}, the last at {clock_time(run[-1].at, now)}"
            yield Entry(at=first.at, what=first.what, text=f"{first.text} ({often})")
    match delivery.state:
        case DeliveryState.DUE:
            at = max(delivery.next_at, now)
            yield Entry(at=at, what="due", text=f"{name}: to be sent {_when(delivery, now)}")
        case DeliveryState.DEAD:
            at = delivery.settled_at or delivery.next_at
            reason = f": {delivery.last_error}" if delivery.last_error else ""
            after = f"{name}: after {count(delivery.attempts, 'attempt')}{reason}"
            yield Entry(at=at, what="given up", text=after)
        case DeliveryState.WITHDRAWN:
            at = delivery.settled_at or delivery.next_at
            yield Entry(at=at, what="withdrawn", text=f"{name}: {why_withdrawn(delivery, story)}")
        case DeliveryState.SENT:
            if not attempts:
                at = delivery.settled_at or delivery.next_at
                yield Entry(at=at, what="sent", text=name)


def _named(delivery: Delivery, story: AlertStory) -> str:
    """Return `ops: opened, with 2 other alerts`."""
    message = delivery.message
    others = len(message.items) + sum(message.rest.values()) - 1
    shared = f", with {count(others, 'other alert')}" if others > 0 else ""
    return f"{delivery.channel}: {told(delivery, story)}{shared}"


def _of_attempt(attempt: Attempt, name: str) -> Entry:
    if attempt.outcome is None:
        return Entry(at=attempt.at, what="unknown", text=f"{name}: {_CUT_OFF}")
    what = {"retry": "failed", "dead": "failed"}.get(attempt.outcome, attempt.outcome)
    answer = f": {attempt.error}" if attempt.error else ""
    return Entry(at=attempt.at, what=what, text=f"{name}{answer}")


def _when(delivery: Delivery, now: datetime) -> str:
    return "now" if delivery.next_at <= now else f"at {clock_time(delivery.next_at, now)}"
