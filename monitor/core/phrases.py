"""How one alert reads within a message: as a word, a name, a sentence, a paragraph, a line."""

from datetime import UTC, datetime, timedelta

from monitor.core.message import Message, MessageItem, What
from monitor.core.plain import clean, clipped, inert

_LONGEST_NAME, _LONGEST_AFFECTED, _LONGEST_LIST = 100, 50, 700
_LONGEST_SENTENCE, _LONGEST_URL = 400, 500
_FLAPS = "opens and resolves too often; its changes are not told until it settles"
_UNKNOWN = "whether it recovered is not known"
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def in_words(span: timedelta) -> str:
    """Return a length of time in its largest two units: `45 s`, `3 h 20 min`, `2 d`."""
    left = max(0, int(span.total_seconds()))
    for position, (unit, seconds) in enumerate(_UNITS):
        count, rest = divmod(left, seconds)
        if count:
            next_unit, next_seconds = _UNITS[min(position + 1, len(_UNITS) - 1)]
            minor = rest // next_seconds
            return f"{count} {unit}" + (f" {minor} {next_unit}" if minor else "")
    return "0 s"


def word(item: MessageItem) -> str:
    """Return how bad it is and whether that is new, in capitals; or how it ended."""
    severity = item.severity.upper()
    match item.what:
        case What.OPENED:
            return severity
        case What.WORSE:
            return f"NOW {severity}"
        case What.FLAPPING:
            return f"{severity}, FLAPPING"
        case What.OPEN:
            return "STILL FLAPPING" if item.is_flapping else f"STILL {severity}"
        case _:
            return item.what.upper()


def name(item: MessageItem) -> str:
    """Return what the subject is called."""
    return clipped(inert(item.name), _LONGEST_NAME)


def sentence(item: MessageItem, room: int = _LONGEST_SENTENCE) -> str:
    """Return what is the matter, naming the subject also where the rule's sentence does not."""
    match item.what:
        case What.RESOLVED:
            text = name(item)
        case What.GONE:
            text = f"{name(item)}: Orchestrator no longer reports it; {_UNKNOWN}"
        case What.CLOSED:
            text = f"{name(item)}: {inert(item.reason) or 'no longer watched'}; {_UNKNOWN}"
        case _ if _flaps(item):
            text = f"{name(item)} {_FLAPS}"
        case _:
            text = inert(item.summary)
            if name(item) not in text:
                text = f"{name(item)}: {text}" if text else name(item)
    return clipped(text, room)


def paragraph(item: MessageItem, at: datetime) -> str:
    """Return all that is known of an alert at an instant, a line for each fact."""
    lines = [f"{word(item)}: {sentence(item)}"]
    if item.summary and (_flaps(item) or item.ended_at is not None):
        label = "Last seen" if _flaps(item) else "It was"
        lines.append(f"{label}: {clipped(inert(item.summary), _LONGEST_SENTENCE)}")
    if item.affected_count:
        lines.append(_affected(item))
    if place := _place(item):
        lines.append(f"Where: {place}")
    lines.append(f"When: {_time(item, at)}")
    lines.append(f"Incident: {item.alert_id} (rule {inert(item.rule)})")
    if item.runbook_url:
        lines.append(f"Runbook: {clipped(clean(item.runbook_url), _LONGEST_URL)}")
    return "\n".join(lines)


def line(item: MessageItem, message: Message) -> str:
    """Return an alert in a line, without what all of a group share: the title says that."""
    has_rules = message.is_digest or len({one.rule for one in message.items}) > 1
    has_tenants = message.is_digest or len({one.tenant for one in message.items}) > 1
    details = [
        f"rule {inert(item.rule)}" if has_rules else "",
        _place(item, with_tenant=has_tenants),
        _time(item, message.at, is_short=True),
        f"affects {item.affected_count:,}" if item.affected_count else "",
        f"incident {item.alert_id}",
    ]
    return " · ".join([f"{word(item)}: {sentence(item, 200)}", *filter(None, details)])


def short_line(item: MessageItem, room: int) -> str:
    """Return a line for a service that takes few letters: the incident stays, the rest shrinks."""
    frame = f"{word(item)}:  ({item.alert_id})"
    text = sentence(item, max(1, room - len(frame)))
    return clipped(f"{word(item)}: {text} ({item.alert_id})", room)


def _flaps(item: MessageItem) -> bool:
    return item.what is What.FLAPPING or (item.what is What.OPEN and item.is_flapping)


def _affected(item: MessageItem) -> str:
    """Return whose alerts this one explains: as many names as fit, and how many more."""
    names: list[str] = []
    left = _LONGEST_LIST
    for other in item.affected:
        # Of `VM-01 (ACME\\svc-7)` in a message about VM-01 the user is enough.
        own = other.removeprefix(f"{item.name} (") if other.endswith(")") else other
        text = clipped(inert(own if own == other else own[:-1]), _LONGEST_AFFECTED)
        left -= len(text) + 2
        if text and left >= 0:
            names.append(text)
    listed = f": {', '.join(names)}" if names else ""
    more = item.affected_count - len(names)
    return f"Affects {item.affected_count:,}{listed}" + (
        f" and {more:,} more" if names and more > 0 else ""
    )


def _place(item: MessageItem, *, with_tenant: bool = True) -> str:
    parts = [("tenant", item.tenant if with_tenant else ""), ("folder", item.folder)]
    return ", ".join(
        f"{label} {clipped(inert(text), _LONGEST_NAME)}" for label, text in parts if text
    )


def _time(item: MessageItem, at: datetime, *, is_short: bool = False) -> str:
    day = at if is_short else None
    started = _utc(item.started_at, day)
    if item.ended_at is not None:
        lasted = in_words(item.ended_at - item.started_at)
        return f"from {started} to {_utc(item.ended_at, day)}, {lasted}"
    if item.what is What.OPENED:
        return f"since {started}"
    return f"since {started}, {in_words(at - item.started_at)}"


def _utc(instant: datetime, day: datetime | None) -> str:
    """Return an instant to the second; seen from a day to the minute, with its date if another."""
    instant = instant.astimezone(UTC)
    if day is None:
        return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
    is_that_day = instant.date() == day.astimezone(UTC).date()
    return f"{instant:%H:%M} UTC" if is_that_day else f"{instant:%Y-%m-%d %H:%M} UTC"
