"""The story of one alert, told to a person: `alerts show`.

What matters at night comes first: what is wrong, since when, who knows, and what keeps it quiet.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from monitor.cli.alert_timeline import timeline
from monitor.cli.labels import shown_labels
from monitor.cli.output import Column, say, table
from monitor.core.alert import Alert, Phase
from monitor.core.delivery import Delivery
from monitor.core.told import Saying, Told
from monitor.web.documents import quieted
from monitor.web.story import Considered, Explanation
from monitor.web.wording import clock_time, count, number, span

_KNOWS = {
    Saying.OPEN: "knows that it is open",
    Saying.FLAPPING: "knows that it flaps",
    Saying.ENDED: "was told that it ended",
    Saying.UNHEARD: "has not heard of it: the message was given up",
}
_ACKNOWLEDGED = "acknowledged:"


def show(found: Explanation) -> None:
    """Print the story."""
    alert, now = found.alert, found.now
    state = "flapping" if alert.flapping_since is not None else alert.phase.value
    if alert.phase is not Phase.RESOLVED and (quiet := quieted(alert, found.acknowledgement)):
        state += f", muted ({', '.join(quiet)})"
    say(f"{alert.id}  {alert.severity.value}  {state}", style="bold")
    say(alert.summary)
    say()
    muted = "muted at its end" if alert.phase is Phase.RESOLVED else "muted"
    facts = [
        ("lasted" if alert.resolved_at else "lasts", _lasted(alert, now)),
        ("value", number(alert.value) + _limit(alert)),
        *((muted, text) for text in alert.mutes if not text.startswith(_ACKNOWLEDGED)),
        ("acknowledged", _acknowledged(found)),
        ("subject", f"{alert.subject.kind} {alert.subject.name}{_tenant(alert)}"),
        ("labels", shown_labels({**alert.subject.labels, **alert.labels})),
        ("key", alert.subject.key),
        *_rule_as_it_was(alert),
        ("rule now", _rule_now(found)),
    ]
    table([Column(title="")] * 2, [(name, text) for name, text in facts if text])
    _section("Who knows", list(_who_knows(found)), empty="Nobody: no route leads to a channel.")
    entries = [
        (clock_time(entry.at, now), entry.what, entry.text) for entry in timeline(found.story, now)
    ]
    _section("What happened (UTC)", entries, empty="Nothing that was recorded.")
    if found.silences:
        _section("Silences at that time (UTC)", [_silence(each, now) for each in found.silences])


def _section(title: str, rows: Sequence[tuple[str, ...]], *, empty: str = "") -> None:
    say()
    say(title, style="bold")
    if rows:
        table([Column(title="")] * len(rows[0]), rows, indent=2)
    else:
        say(f"  {empty}")


def _who_knows(found: Explanation) -> Iterator[tuple[str, ...]]:
    """Yield what each channel was told last, and those that a route leads to and nobody told."""
    alert, now = found.alert, found.now
    for channel, last in alert.told.items():
        delivery = found.waiting.get(last.delivery)
        yield channel, _knows(last, now) if delivery is None else _waits(delivery, now)
    for route in found.routes:
        for channel in route.channels:
            if channel not in alert.told:
                yield channel, f"was told nothing: {_why_untold(found)}; {route.name} leads there"


def _knows(last: Told, now: datetime) -> str:
    text = f"{_KNOWS[last.saying]}, since {clock_time(last.first_at, now)}"
    if last.saying is Saying.ENDED:
        text = f"{_KNOWS[last.saying]}, at {clock_time(last.at, now)}"
    elif last.reminders:
        reminded = count(last.reminders, "reminder")
        text += f"; {reminded}, the last at {clock_time(last.at, now)}"
    elif last.at != last.first_at:
        text += f"; last told at {clock_time(last.at, now)}"
    return f"{text}, as {last.severity.value}" + (f", by way of {last.route}" if last.route else "")


def _waits(delivery: Delivery, now: datetime) -> str:
    error = f": {delivery.last_error}" if delivery.last_error else ""
    tried = f", {count(delivery.attempts, 'attempt')} in vain{error}" if delivery.attempts else ""
    return f"is being told, since {clock_time(delivery.created_at, now)}{tried}"


def _limit(alert: Alert) -> str:
    return "" if alert.limit is None else f" (limit {number(alert.limit)})"


def _tenant(alert: Alert) -> str:
    return f" in tenant {alert.subject.tenant}" if alert.subject.tenant else ""


def _why_untold(found: Explanation) -> str:
    alert = found.alert
    if alert.phase is Phase.PENDING:
        return "it is pending"
    if alert.mutes:
        return f"muted ({', '.join(quieted(alert, None))})"
    return "it was over before" if alert.phase is Phase.RESOLVED else "not yet"


def _acknowledged(found: Explanation) -> str:
    given = found.acknowledgement
    if given is None:
        return ""
    note = f": {given.note}" if given.note else ""
    at, until = (clock_time(each, found.now) for each in (given.at, given.expires_at))
    return f"by {given.author} at {at} until {until} UTC{note}"


def _silence(each: Considered, now: datetime) -> tuple[str, ...]:
    silence = each.silence
    verdict = f"does not cover it: {each.why_not}" if each.why_not else "covers it"
    begin, end = (clock_time(at, now) for at in (silence.starts_at, silence.ends_at))
    return (
        silence.id,
        f"{begin} to {end}",
        f"{verdict}; {silence.where}; by {silence.author}: {silence.comment}",
    )


def _rule_as_it_was(alert: Alert) -> list[tuple[str, str]]:
    first, *others = alert.rule_text.splitlines() or [""]
    named = f"{alert.rule}: {first}" if first else alert.rule
    return [("rule", named), *(("", line) for line in others)]


def _rule_now(found: Explanation) -> str:
    """Return what became of the rule since; nothing while it is the same."""
    rule = found.rule
    if rule is None:
        return "no longer in the configuration, or switched off"
    if rule.source == found.alert.rule_text:
        return ""
    return f"changed since: {'; '.join(rule.source.splitlines())}"


def _lasted(alert: Alert, now: datetime) -> str:
    begin = alert.opened_at or alert.started_at
    end = f" until {clock_time(alert.resolved_at, now)} UTC" if alert.resolved_at else ""
    before = ""
    if alert.opened_at is not None and alert.opened_at > alert.started_at:
        before = f"; first breached {span(alert.opened_at - alert.started_at)} earlier"
    length = span((alert.resolved_at or now) - begin)
    reason = f" ({alert.end_reason.value})" if alert.end_reason else ""
    return f"{length}, since {clock_time(begin, now)} UTC{end}{reason}{before}"
