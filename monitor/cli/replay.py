"""`rules replay`: what rules would have told of the recorded past."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.context import opened
from monitor.cli.moments import SinceMomentOption, UntilMomentOption
from monitor.cli.options import ConfigOption, JsonOption

if TYPE_CHECKING:
    from monitor.cli.replay_print import Outcome
    from monitor.config.compose import Configuration
    from monitor.core.happening import Happening
    from monitor.core.replay import Replay
    from monitor.store.replay import Recording

DEFAULT_SINCE = timedelta(days=30)
RUN_UP = timedelta(days=1)
"""So long before the time that is asked for the replay begins, and as long as rules look back."""


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command("replay")(replay_rules)


def replay_rules(
    config: ConfigOption = None,
    *,
    since: SinceMomentOption = None,
    until: UntilMomentOption = None,
    rules: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Try these rules, and compare: a configuration, or a file with [rules], "
            "[[routes]], [maintenance].",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="List each time a rule would have fired.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Try rules on the recorded past: how often they would have fired, and what been told.

    Without --since the last 30 days, without --rules the rules in force. Nothing is sent, and
    nothing is written.
    """
    from monitor.cli import replay_print  # noqa: PLC0415 - slow to import
    from monitor.config.alternative import load_alternative  # noqa: PLC0415 - slow to import
    from monitor.store.replay import recorded_since, recording  # noqa: PLC0415 - slow to import

    tried = None if rules is None else load_alternative(rules, config)
    with opened(config) as history:
        end = min(until.before(history.now) if until else history.now, history.now)
        begin = since.before(history.now) if since else end - DEFAULT_SINCE
        if begin >= end:
            raise typer.BadParameter("must be after --since", param_hint="--until")
        both = [one for one in (history.configuration, tried) if one is not None]
        # Where the record begins within the time that is asked for, so does the answer.
        oldest = recorded_since(history.store)
        begin = max(begin, oldest) if oldest is not None and oldest < end else begin
        started_at = begin - max(map(_run_up, both))
        if oldest is not None and oldest <= begin:
            started_at = max(started_at, oldest)
        with recording(history.store, _all_kinds(), started_at, end, _spoken_of(both)) as past:
            replays = [_replay(one, started_at, past) for one in both]
            polls = _play(past, replays, begin, end)
        outcome = replay_print.Outcome(
            since=begin,
            until=end,
            polls=polls,
            in_force=replay_print.seen(replays[0], begin, end),
            tried=None if tried is None else replay_print.seen(replays[1], begin, end),
            file=None if rules is None else rules.name,
        )
    _show(outcome, everything=everything, as_json=as_json)


def _show(outcome: "Outcome", *, everything: bool, as_json: bool) -> None:
    from monitor.cli import replay_print  # noqa: PLC0415 - slow to import

    if as_json:
        replay_print.print_as_json(outcome)
    else:
        replay_print.print_as_table(outcome, everything=everything)


def _play(past: "Recording", replays: Sequence["Replay"], since: datetime, until: datetime) -> int:
    """Play the past to all of them; return how many polls there were since an instant."""
    from monitor.cli.progress import watched  # noqa: PLC0415 - with the rest
    from monitor.core.happening import Polled  # noqa: PLC0415 - with the rest

    def how_far(number: int, newest: "Happening") -> str:
        return how_far_of(past.polls, number, newest.at)

    polls = 0
    for happening in watched(past.happenings, how_far):
        polls += happening.at >= since and isinstance(happening, Polled)
        for replay in replays:
            replay.go_on(happening)
    for replay in replays:
        replay.end(until)
    return polls


def how_far_of(polls: int, number: int, at: datetime) -> str:
    """Return how far a replay of so many polls is, in words."""
    percent = min(99, 100 * number // max(1, polls))
    return f"{percent} % of {polls:,} polls replayed, {at:%b %d}"


def _replay(configuration: "Configuration", started_at: datetime, past: "Recording") -> "Replay":
    from monitor.core.replay import Replay  # noqa: PLC0415 - with the rest

    kinds = _all_kinds()
    stated = {name: tenant.auth.expires_at for name, tenant in configuration.tenants.items()}
    return Replay(
        plan=configuration.plan,
        collector_kinds={name: kinds[name] for name in configuration.collectors},
        tenants={name: tenant.labels for name, tenant in configuration.tenants.items()},
        expiries={name: at for name, at in stated.items() if at is not None},
        started_at=started_at,
        silences=past.silences,
    )


def _all_kinds() -> Mapping[str, tuple[str, ...]]:
    from monitor.config.plugins import collectors  # noqa: PLC0415 - slow to import

    return {name: collector.kinds for name, collector in collectors().items()}


def _spoken_of(configurations: Sequence["Configuration"]) -> frozenset[str]:
    return frozenset().union(*(rule.metrics for one in configurations for rule in one.rules))


def _run_up(configuration: "Configuration") -> timedelta:
    """Return how long before an instant a replay must begin for rules to be in full swing."""
    longest = timedelta()
    for rule in configuration.rules:
        policy = rule.policy
        window = max(rule.windows.values(), default=timedelta())
        counted = timedelta() if policy.flapping is None else policy.flapping.window
        longest = max(longest, window + policy.hold + policy.keep_open, counted)
    return RUN_UP + longest
