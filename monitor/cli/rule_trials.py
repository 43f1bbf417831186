"""Runs files of timelines, and shows what came out differently than expected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.output import Column, say, table
from monitor.core.alert import Alert
from monitor.core.chronicle import Moment, chronicle
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.expectation import Failure, facts_of, judge, listed, offset, told_in_short
from monitor.core.timeline import Performance, play
from monitor.errors import ConfigError, Problem
from monitor.web.wording import count, iso

if TYPE_CHECKING:
    from monitor.config.timelines import Trials
    from monitor.config.trial import Trial

MOST_EVENTS = 20

_FATES = {
    DeliveryState.SENT: "",
    DeliveryState.DUE: "did not arrive, to be tried again: ",
    DeliveryState.DEAD: "given up: ",
    DeliveryState.WITHDRAWN: "taken back: ",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One timeline that was played."""

    file: str
    name: str
    start: datetime
    failures: Sequence[Failure]
    played: Performance

    def json(self) -> dict[str, object]:
        """Return it for scripts."""
        return {
            "file": self.file,
            "test": self.name,
            "ok": not self.failures,
            "failures": [
                {
                    "about": failure.about,
                    "at": None if failure.at is None else iso(failure.at),
                    "after": None if failure.at is None else offset(self.start, failure.at),
                    "expected": list(failure.expected),
                    "found": list(failure.found),
                }
                for failure in self.failures
            ],
            "timeline": [_json(moment, self.start) for moment in chronicle(self.played)],
        }


def read(files: Sequence[Path], config: Path | None) -> "list[Trials]":
    """Read all files; of a directory those that end in .toml.

    Raises:
        ConfigError: with the mistakes of all of them.
    """
    from monitor.config.timelines import read_timelines  # noqa: PLC0415 - slow to import

    read_ones: list[Trials] = []
    problems: list[Problem] = []
    for path in files:
        try:
            read_ones += [read_timelines(file, config) for file in _within(path)]
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(tuple(problems))
    return read_ones


def run(trials: "Trials") -> Iterator[Ran]:
    """Play the timelines of a file, one after the other."""
    for trial in trials.trials:
        yield _ran(trials, trial)


def show(ran: Ran) -> None:
    """Print a line, and for a timeline that came out differently why, and what happened."""
    if not ran.failures:
        say(f"ok      {ran.file}: {ran.name}", style="green")
        return
    say(f"FAILED  {ran.file}: {ran.name}", style="bold red")
    for failure in ran.failures:
        at = "" if failure.at is None else f"{offset(ran.start, failure.at)}: "
        say(f"  {at}{failure.about}")
        lines = [("expected", line) for line in failure.expected]
        lines += [("found", line) for line in failure.found]
        table([Column(title=""), Column(title="")], _once(lines), indent=4)
    say(f"  What happened, from {iso(ran.start)}")
    rows = [
        (offset(ran.start, moment.at), what, text)
        for moment in chronicle(ran.played)
        for what, text in _told(moment)
    ]
    table([Column(title="", right=True), Column(title=""), Column(title="")], _once(rows), indent=4)


def summary(ran: Sequence[Ran]) -> str:
    """Return how many timelines came out as expected."""
    failed = sum(bool(one.failures) for one in ran)
    return f"{count(len(ran), 'test')}: {len(ran) - failed} ok, {failed} failed."


def _within(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.glob("*.toml"))
    if not found:
        raise ConfigError((Problem(file=str(path), key="", message="holds no .toml file"),))
    return found


def _ran(trials: "Trials", trial: "Trial") -> Ran:
    start = trial.timeline.start
    played = play(trial.timeline, trials.stage)
    return Ran(
        file=trials.file,
        name=trial.name,
        start=start,
        failures=judge(trial.expected, played, start),
        played=played,
    )


def _once(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return rows without what the row above has in the first column already."""
    before = ""
    shown = []
    for first, *rest in rows:
        shown.append(("" if first == before else first, *rest))
        before = first
    return shown


def _told(moment: Moment) -> Iterator[tuple[str, str]]:
    for event in moment.events[:MOST_EVENTS]:
        reason = event.reason.value + (f": {event.detail}" if event.detail else "")
        yield event.kind.value, f"{_whose(event.alert)} ({reason})"
    if len(moment.events) > MOST_EVENTS:
        yield "", f"and {len(moment.events) - MOST_EVENTS} more changes"
    if moment.open is not None:
        yield "open", listed(map(_state, moment.open)) or "nothing"
    for withdrawal in moment.withdrawals:
        yield "message", _message(withdrawal.delivery)
    for attempt in moment.attempts:
        yield "message", _message(attempt.delivery)


def _whose(alert: Alert) -> str:
    return f"{alert.rule}: {alert.subject.name}"


def _state(alert: Alert) -> str:
    muted = ", muted" if alert.mutes else ""
    return f"{_whose(alert)} {alert.phase}{muted}"


def _message(delivery: Delivery) -> str:
    return f"to {delivery.channel}: {_FATES[delivery.state]}{told_in_short(delivery)}"


def _json(moment: Moment, start: datetime) -> dict[str, object]:
    return {
        "at": iso(moment.at),
        "after": offset(start, moment.at),
        "open": None if moment.open is None else [dict(facts_of(alert)) for alert in moment.open],
        "events": [
            {
                "event": event.kind.value,
                "rule": event.alert.rule,
                "name": event.alert.subject.name,
                "reason": event.reason.value,
                "detail": event.detail,
            }
            for event in moment.events
        ],
        "messages": [
            {
                "channel": delivery.channel,
                "state": delivery.state.value,
                "made_at": iso(delivery.message.at),
                "items": [
                    {"what": item.what.value, "rule": item.rule, "name": item.name}
                    for item in delivery.message.items
                ],
                "rest": {what.value: number for what, number in delivery.message.rest.items()},
            }
            for delivery in (
                *(one.delivery for one in moment.withdrawals),
                *(one.delivery for one in moment.attempts),
            )
        ],
    }
