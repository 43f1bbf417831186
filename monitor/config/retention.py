"""Whether what rules look back on is kept long enough for them."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from monitor.config.problems import Source
from monitor.config.settings import Settings
from monitor.core.duration import format_duration
from monitor.core.rule import Rule
from monitor.errors import Problem


def retention_problems(
    settings: Settings, rules: Sequence[Rule], source: Source
) -> Iterator[Problem]:
    """Yield a mistake for each key under `[retention]` by which a rule forgets what it needs.

    A running daemon has it in memory; after a restart, the rule would judge by half of it.
    """
    kept = settings.retention
    for key, shorter in (("hourly", "full"), ("daily", "hourly")):
        least = getattr(kept, shorter)
        if getattr(kept, key) < least:
            message = f'is shorter than {shorter}: at least "{format_duration(least)}"'
            yield source.problem(("retention", key), message)
    for key, span, needed in (
        ("full", kept.full, _longest((rule.name, _window(rule)) for rule in rules)),
        ("alerts", kept.alerts, _longest((rule.name, _flapping(rule)) for rule in rules)),
    ):
        if needed is not None and needed[1] > span:
            name, longest = needed
            message = (
                f'is shorter than rule "{name}" looks back: keep "{format_duration(longest)}" at '
                "least, or shorten its window"
            )
            yield source.problem(("retention", key), message)


def _longest(spans: Iterator[tuple[str, timedelta]]) -> tuple[str, timedelta] | None:
    return max(spans, key=lambda one: one[1], default=None)


def _window(rule: Rule) -> timedelta:
    return max(rule.windows.values(), default=timedelta())


def _flapping(rule: Rule) -> timedelta:
    return timedelta() if rule.policy.flapping is None else rule.policy.flapping.window
