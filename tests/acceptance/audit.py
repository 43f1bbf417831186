"""Holds what receivers got against what the database says happened: was anybody left untold?

Times are those at which the daemon decided, and a problem must have been told only where it had
the time to decide, so nothing here depends on how fast a machine is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.core.message import ENDINGS, NEWS
from tests.acceptance.letterbox import Letter
from tests.acceptance.past import Past, Sent, Stretch

PROBLEMS, ENDS = {one.value for one in NEWS}, {one.value for one in ENDINGS}
MOST_IN_HEADER = 20
PATIENCE = timedelta(seconds=2)
"""How long a message may wait for company; the next look at the alerts tells it."""


@dataclass(kw_only=True)
class Account:
    """What was found. `faults` are sentences; there must be none."""

    messages: int = 0
    duplicates: int = 0
    problems: Counter[str] = field(default_factory=Counter)
    untold_problems: list[str] = field(default_factory=list)
    untold_recoveries: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        """Return the line that is printed at the end of a run."""
        told, muted, over = (self.problems[how] for how in ("told", "muted", "over before"))
        return (
            f"{self.messages} messages, {self.duplicates} duplicates; {told} problems told "
            f"({muted} muted to their end, {over} over before they could be told), "
            f"{len(self.untold_problems)} untold problems, "
            f"{len(self.untold_recoveries)} untold recoveries"
        )


def audit(
    past: Past, letters: Mapping[str, Sequence[Letter]], channels_of: Mapping[str, Sequence[str]]
) -> Account:
    """Check everything; `letters` are by channel, `channels_of` who hears of which severity."""
    account = Account(faults=list(past.disorder))
    for channel, received in letters.items():
        sent = [one for one in past.sent if one.channel == channel]
        _check_fates(account, sent, received)
        _check_words(account, sent, received)
        beliefs = _check_order(account, channel, sent, received)
        _check_problems(account, channel, past, beliefs, channels_of)
    return account


def _check_fates(account: Account, sent: Sequence[Sent], received: Sequence[Letter]) -> None:
    """Everything sent arrived, nothing else did, and twice only what was cut off in between."""
    copies = Counter(letter.delivery for letter in received)
    for one in sent:
        if one.state not in {"sent", "withdrawn"}:
            account.faults.append(f"{one} is {one.state} in the end")
        if one.state == "sent" and not copies[one.id]:
            account.faults.append(f"{one} counts as sent, but nobody got it")
        if one.state == "withdrawn" and copies[one.id]:
            account.faults.append(f"{one} was taken back, but somebody got it")
        if copies[one.id] > 1 + one.cut_off:
            account.faults.append(f"{one} came {copies[one.id]} times, {one.cut_off} were cut off")
    account.messages += len(copies)
    account.duplicates += len(received) - len(copies)


def _check_words(account: Account, sent: Sequence[Sent], received: Sequence[Letter]) -> None:
    """What a person reads is what the outbox holds."""
    by_id = {one.id: one for one in sent}
    for letter in received:
        known = by_id.get(letter.delivery)
        if known is None:
            account.faults.append(f"{letter} is not in the outbox")
            continue
        if set(letter.incidents) != set(list(known.said)[:MOST_IN_HEADER]):
            account.faults.append(f"{letter} names other incidents than {known}")
        for incident, word in letter.says().items():
            if word != _word(known.said.get(incident, "")):
                account.faults.append(f"{letter} says another thing of {incident} than {known}")


def _word(what: str) -> str:
    return "problem" if what in PROBLEMS else "end" if what in ENDS else "still" if what else ""


Beliefs = dict[str, list[tuple[datetime, datetime | None]]]


def _check_order(
    account: Account, channel: str, sent: Sequence[Sent], received: Sequence[Letter]
) -> Beliefs:
    """Read the letters as a person who drops repetitions: begin, go on, end, begin again.

    Return the times in which the channel believed in each problem.
    """
    by_id = {one.id: one for one in sent}
    beliefs: Beliefs = {}
    known = [by_id[letter.delivery] for letter in received if letter.delivery in by_id]
    for one in dict.fromkeys(known):
        for incident, what in one.said.items():
            spans = beliefs.setdefault(incident, [])
            believes = bool(spans) and spans[-1][1] is None
            if what in ENDS and believes:
                spans[-1] = (spans[-1][0], one.at)
            elif not believes and what in {"opened", "flapping"}:
                spans.append((one.at, None))
            elif not believes:
                account.faults.append(f"{channel} heard “{what}” of {incident} before a beginning")
            elif what == "opened":
                account.faults.append(f"{channel} heard twice that {incident} opened")
    account.untold_recoveries += [
        f"{channel} was never told that {incident} is over"
        for incident, spans in beliefs.items()
        if spans[-1:] and spans[-1][1] is None
    ]
    return beliefs


def _check_problems(
    account: Account,
    channel: str,
    past: Past,
    beliefs: Beliefs,
    channels_of: Mapping[str, Sequence[str]],
) -> None:
    sent = [one for one in past.sent if one.channel == channel]
    for stretch in past.stretches:
        is_about_it = stretch.kind == "channel" and stretch.key == channel
        if channel not in channels_of[stretch.severity] or is_about_it:
            continue
        how = _how_told(stretch, beliefs.get(stretch.incident, []), sent, past.polls)
        account.problems[how] += 1
        if how == "untold":
            account.untold_problems.append(f"{channel} was never told of {stretch}")


def _how_told(
    stretch: Stretch,
    beliefs: Sequence[tuple[datetime, datetime | None]],
    sent: Sequence[Sent],
    polls: Mapping[str, Sequence[datetime]],
) -> str:
    """Return how a channel learned of a problem, or why it need not have."""
    for begins, ends in beliefs:
        if begins <= stretch.ended_at and (ends is None or ends > stretch.opened_at):
            return "told"
    if not stretch.audible:
        return "muted"
    taken_back = [
        (one.at, one.settled_at)
        for one in sent
        if one.state == "withdrawn" and one.said.get(stretch.incident) in PROBLEMS
    ]
    for begins, ends in stretch.audible:
        # At once when it is critical, or when a mute ended; else after some company has come.
        is_urgent = stretch.severity == "critical" or begins > stretch.opened_at
        due = begins if is_urgent else begins + PATIENCE
        for since, until in _gaps(due, ends, taken_back):
            if any(_was_looked_at(since, until, instants) for instants in polls.values()):
                return "untold"
    return "over before"


def _gaps(
    begins: datetime, ends: datetime, spans: Sequence[tuple[datetime, datetime | None]]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when no message was on its way that was taken back in the end."""
    for start, end in sorted((start, end) for start, end in spans if end is not None):
        if begins < min(start, ends):
            yield begins, min(start, ends)
        begins = max(begins, end)
    if begins < ends:
        yield begins, ends


def _was_looked_at(begins: datetime, ends: datetime, polls: Iterable[datetime]) -> bool:
    """Tell whether the daemon certainly decided in between: at the first of two polls."""
    return sum(begins <= at < ends for at in polls) > 1
