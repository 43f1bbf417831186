"""How a person reads a message: a title and a body in plain text, bounded, worst first.

Times are UTC and say so. Everything that came from outside is made inert (`plain`). What does not
fit is counted, never dropped in silence.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from monitor.core.alert import Severity
from monitor.core.message import Message, MessageItem, What
from monitor.core.plain import clean, clipped, inert

MOST_ITEMS = 20
LONGEST_BODY = 3000
LONGEST_TITLE = 150

_DETAILED_UP_TO = 5
_ORDER = (What.OPENED, What.GONE, What.CLOSED, What.RESOLVED)
_GONE = "Orchestrator no longer reports it; whether it recovered is not known."
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def title(message: Message, *, limit: int = LONGEST_TITLE) -> str:
    """Return one line: how bad, which rule, what, which tenant."""
    items = message.items
    rules = {item.rule for item in items}
    rule = f"{inert(items[0].rule)}: " if len(rules) == 1 else ""
    what = _name(items[0]) if len(items) == 1 else _by_what(items)
    tenants = {item.tenant for item in items if item.tenant}
    where = inert(min(tenants)) if len(tenants) == 1 else f"{len(tenants)} tenants"
    text = f"[{_headline(message)}] {rule}{what}" + (f" ({where})" if tenants else "")
    return clipped(text, limit)


def body(message: Message, *, limit: int = LONGEST_BODY) -> str:
    """Return the whole text, at most `limit` characters and `MOST_ITEMS` alerts.

    A few alerts are told in a paragraph each, many in a line each, the rest is counted.
    """
    items = sorted(message.items, key=_rank)
    head = [f"{_by_what(items)}."] if len(items) > 1 else []
    if len(items) <= _DETAILED_UP_TO:
        text = "\n\n".join([*head, *(_paragraph(item) for item in items)])
        if len(text) <= limit:
            return text
    return "\n".join([*head, *_lines(items, limit - sum(len(line) + 1 for line in head))])


def apprise_type(message: Message) -> str:
    """Return the message type by which services choose color and icon."""
    match message.severity:
        case Severity.CRITICAL:
            return "failure"
        case Severity.WARNING:
            return "warning"
        case Severity.INFO:
            return "info"
        case None:
            is_recovery = all(item.what == What.RESOLVED for item in message.items)
            return "success" if is_recovery else "info"


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


def _rank(item: MessageItem) -> tuple[int, int, datetime, str]:
    return (_ORDER.index(item.what), -item.severity.rank, item.started_at, item.alert_id)


def _headline(message: Message) -> str:
    if message.severity is not None:
        return message.severity.upper()
    whats = {item.what for item in message.items}
    return next(iter(whats)).upper() if len(whats) == 1 else "ENDED"


def _word(item: MessageItem) -> str:
    return (item.severity if item.what == What.OPENED else item.what).upper()


def _by_what(items: Sequence[MessageItem]) -> str:
    counts = Counter(item.what for item in items)
    return ", ".join(f"{counts[what]} {what}" for what in _ORDER if counts[what])


def _by_word(items: Sequence[MessageItem]) -> str:
    counts = Counter(_word(item) for item in items)
    return ", ".join(f"{count} {word.lower()}" for word, count in counts.items())


def _name(item: MessageItem) -> str:
    return clipped(inert(item.name), 100)


def _sentence(item: MessageItem, room: int = 400) -> str:
    """Return what is the matter, naming the subject also where the rule's sentence does not."""
    name, summary = _name(item), inert(item.summary)
    match item.what:
        case What.OPENED if summary and name in summary:
            return clipped(summary, room)
        case What.OPENED:
            return clipped(f"{name}: {summary}" if summary else name, room)
        case What.GONE:
            return clipped(f"{name}: {_GONE}", room)
        case What.CLOSED:
            return clipped(f"{name}: {inert(item.reason) or 'no longer watched'}", room)
        case What.RESOLVED:
            return clipped(name, room)


def _place(item: MessageItem) -> str:
    parts = [("tenant ", item.tenant), ("folder ", item.folder)]
    return ", ".join(word + clipped(inert(text), 100) for word, text in parts if text)


def _time(item: MessageItem) -> str:
    started = _utc(item.started_at)
    if item.ended_at is None:
        return f"since {started}"
    lasted = in_words(item.ended_at - item.started_at)
    return f"from {started} to {_utc(item.ended_at)}, {lasted}"


def _utc(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _paragraph(item: MessageItem) -> str:
    lines = [f"{_word(item)}: {_sentence(item)}"]
    if item.what != What.OPENED and item.summary:
        lines.append(f"It was: {clipped(inert(item.summary), 400)}")
    if place := _place(item):
        lines.append(f"Where: {place}")
    lines.append(f"When: {_time(item)}")
    lines.append(f"Incident: {item.alert_id} (rule {inert(item.rule)})")
    if item.runbook_url:
        lines.append(f"Runbook: {clipped(clean(item.runbook_url), 500)}")
    return "\n".join(lines)


def _line(item: MessageItem) -> str:
    details = [_place(item), _time(item), f"incident {item.alert_id}"]
    return f"{_word(item)}: {_sentence(item, 200)} ({'; '.join(part for part in details if part)})"


def _short_line(item: MessageItem, room: int) -> str:
    """Return a line for a service that takes little text: the incident stays, the rest shrinks."""
    frame = f"{_word(item)}:  ({item.alert_id})"
    return clipped(
        f"{_word(item)}: {_sentence(item, max(1, room - len(frame)))} ({item.alert_id})", room
    )


def _more(rest: Sequence[MessageItem]) -> str:
    return f"… and {len(rest)} more: {_by_word(rest)}"


def _lines(items: Sequence[MessageItem], room: int) -> list[str]:
    """Return as many lines as fit, at least one, and how many more there are of what."""
    lines: list[str] = []
    for position, item in enumerate(items[:MOST_ITEMS], start=1):
        rest = items[position:]
        left = room - sum(len(line) + 1 for line in lines) - (len(_more(rest)) + 1 if rest else 0)
        line = _line(item)
        if len(line) > left:
            if lines:
                break
            line = _short_line(item, left)
        lines.append(line)
    rest = items[len(lines) :]
    return [*lines, _more(rest)] if rest else lines
