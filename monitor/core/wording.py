"""How a person reads a message: a title and a body in plain text, bounded, worst first.

Times are UTC and say so. Everything that came from outside is made inert (`plain`). What does not
fit is counted, never dropped in silence.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from monitor.core.message import ENDINGS, NEWS, Message, MessageItem, What, precedence
from monitor.core.phrases import in_words, line, name, paragraph, short_line
from monitor.core.plain import clipped, inert
from monitor.core.severity import Severity

MOST_ITEMS = 20
LONGEST_BODY = 3000
LONGEST_TITLE = 150

_DETAILED_UP_TO = 5
_NAMED_UP_TO = 3
_ORDER = (*NEWS, *ENDINGS, What.OPEN)
_TYPES = {Severity.CRITICAL: "failure", Severity.WARNING: "warning", Severity.INFO: "info"}
_AFTER_NAMES = {What.WORSE: " got worse", What.FLAPPING: " flapping"}
# Letters of a title: names give way to what is said beside them, but not entirely.
_LONGEST_RULE, _LONGEST_TENANT, _SHORTEST_NAME = 50, 30, 12


def title(message: Message, *, limit: int = LONGEST_TITLE) -> str:
    """Return one line: how bad, which rule, whom, which tenant, and how much else there is."""
    topic = _topic(message)
    # Of several groups, alerts that are only counted may be of any rule and tenant.
    is_known = not message.is_digest or len(topic.items) == topic.counts.total()
    before = f"{_brackets(message, topic)} {_rule(topic) if is_known else ''}"
    after = f"{_tenants(topic) if is_known else ''}{_besides(message, topic)}"
    whom = _whom(topic, max(_SHORTEST_NAME, limit - len(before) - len(after)))
    return clipped(f"{before}{whom}{after}".rstrip(), limit)


def body(message: Message, *, limit: int = LONGEST_BODY) -> str:
    """Return the whole text, at most `limit` characters and `MOST_ITEMS` alerts.

    A few changes are told in a paragraph each; many, those of a digest, and what is still open
    beside changes, in a line each. The rest is counted.
    """
    items = _sorted(message.items)
    totals = _totals(message)
    head = f"{_by_what(totals)}." if totals.total() > 1 else ""
    lines = _lines(message, items)
    detailed = len([item for item in items if item.what is not What.OPEN]) or len(items)
    if detailed <= _DETAILED_UP_TO and not message.is_digest:
        paragraphs = [f"\n\n{paragraph(item, message.at)}" for item in items[:detailed]]
        text, shown = _fitting(head, [*paragraphs, *lines[detailed:]], message, items, limit)
        if shown >= detailed:
            return text
    text, shown = _fitting(head, lines, message, items, limit)
    return text if shown or not items else _shortest(message, items, limit)


def apprise_type(message: Message) -> str:
    """Return the message type by which services choose color and icon.

    It is that of the worst news. News that is all good is a success, also while something else is
    still open: that was told in a color of its own.
    """
    topic = _topic(message)
    if topic.whats is ENDINGS:
        return "success" if topic.counts.keys() == {What.RESOLVED} else "info"
    return _TYPES[_worst(topic.items)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Topic:
    """What title and color speak of: news of problems, else what ended, else what is still open.

    `counts` are of all such alerts, `items` those of them that are listed; `others` counts what
    else is in the message.
    """

    whats: tuple[What, ...]
    items: Sequence[MessageItem]
    counts: Counter[What]
    others: Counter[What]

    @property
    def only(self) -> MessageItem | None:
        """Return the alert if it is a single one."""
        return self.items[0] if len(self.items) == self.counts.total() == 1 else None


def _topic(message: Message) -> _Topic:
    totals = _totals(message)
    present = [whats for whats in (NEWS, ENDINGS, (What.OPEN,)) if totals.keys() & set(whats)]
    whats = present[0] if present else NEWS
    return _Topic(
        whats=whats,
        items=[item for item in _sorted(message.items) if item.what in whats],
        counts=Counter({what: n for what, n in totals.items() if what in whats}),
        others=Counter({what: n for what, n in totals.items() if what not in whats}),
    )


def _totals(message: Message) -> Counter[What]:
    return Counter(item.what for item in message.items) + Counter(message.rest)


def _sorted(items: Sequence[MessageItem]) -> list[MessageItem]:
    return sorted(
        items,
        key=lambda item: (*precedence(item.what, item.severity), item.started_at, item.alert_id),
    )


def _worst(items: Sequence[MessageItem]) -> Severity:
    severities = (item.severity for item in items)
    return max(severities, key=lambda severity: severity.rank, default=Severity.INFO)


def _by_what(counts: Mapping[What, int]) -> str:
    return ", ".join(f"{counts[what]:,} {what}" for what in _ORDER if counts.get(what))


def _brackets(message: Message, topic: _Topic) -> str:
    if topic.whats is NEWS:
        headline = _worst(topic.items).upper()
    elif topic.whats is ENDINGS:
        headline = next(iter(topic.counts)).upper() if len(topic.counts) == 1 else "ENDED"
    elif topic.items and all(item.is_flapping for item in topic.items):
        headline = "STILL FLAPPING"
    else:
        headline = f"STILL {_worst(topic.items).upper()}"
    return f"[DIGEST] [{headline}]" if message.is_digest else f"[{headline}]"


def _rule(topic: _Topic) -> str:
    rules = {item.rule for item in topic.items}
    return f"{clipped(inert(rules.pop()), _LONGEST_RULE)}: " if len(rules) == 1 else ""


def _whom(topic: _Topic, room: int) -> str:
    """Return the names of a few alerts of one kind, else how many there are of each kind."""
    if len(topic.counts) == 1 and topic.counts.total() == len(topic.items) <= _NAMED_UP_TO:
        verb = _AFTER_NAMES.get(topic.items[0].what, "")
        names = ", ".join(name(item) for item in topic.items)
        if topic.only:
            return clipped(names, room - len(verb)) + verb
        if len(names + verb) <= room:
            return names + verb
    if topic.whats == (What.OPEN,):
        return f"{topic.counts.total():,} open"
    return _by_what(topic.counts)


def _tenants(topic: _Topic) -> str:
    tenants = {item.tenant for item in topic.items if item.tenant}
    if topic.only and tenants == {topic.only.name}:
        return ""
    if len(tenants) == 1:
        return f" ({clipped(inert(tenants.pop()), _LONGEST_TENANT)})"
    return f" ({len(tenants)} tenants)" if tenants else ""


def _besides(message: Message, topic: _Topic) -> str:
    parts = []
    if topic.only and topic.only.what is What.OPEN:
        parts.append(f"for {in_words(message.at - topic.only.started_at)}")
    if topic.only and topic.only.affected_count:
        parts.append(f"affects {topic.only.affected_count:,}")
    if topic.others:
        parts.append(_by_what(topic.others))
    return "".join(f", {part}" for part in parts)


def _lines(message: Message, items: Sequence[MessageItem]) -> list[str]:
    """Return a line for each, with an empty one between news, endings and what is still open."""
    gaps = ["\n" if _section(a) == _section(b) else "\n\n" for a, b in pairwise(items)]
    return [gap + line(item, message) for gap, item in zip(["\n", *gaps], items, strict=False)]


def _section(item: MessageItem) -> int:
    return precedence(item.what, item.severity)[0]


def _more(items: Sequence[MessageItem], rest: Mapping[What, int]) -> str:
    """Return how many more there are: by severity where that is known of all, else by what."""
    counted = Counter(item.what for item in items) + Counter(rest)
    if not counted:
        return ""
    kinds = _by_what(counted)
    if counted.total() == len(items):
        words = Counter(i.severity if i.what is What.OPENED else i.what for i in items)
        kinds = ", ".join(f"{count:,} {word}" for word, count in words.items())
    return f"\n… and {counted.total():,} more: {kinds}"


def _fitting(
    head: str, blocks: Sequence[str], message: Message, items: Sequence[MessageItem], limit: int
) -> tuple[str, int]:
    """Return the blocks that fit and how many more there are; and the number of the blocks."""
    fitting, shown = clipped(head + _more(items, message.rest), limit), 0
    text = head
    for position, block in enumerate(blocks[:MOST_ITEMS], start=1):
        text = (text + block).lstrip("\n")
        whole = text + _more(items[position:], message.rest)
        if len(whole) > limit:
            break
        fitting, shown = whole, position
    return fitting, shown


def _shortest(message: Message, items: Sequence[MessageItem], limit: int) -> str:
    """Return the worst alert and a count, for a service that takes few letters."""
    more = _more(items[1:], message.rest)
    if len(more) > limit // 3:
        more = more.partition(":")[0]
    return short_line(items[0], max(1, limit - len(more))) + more
