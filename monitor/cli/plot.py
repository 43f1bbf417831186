"""Draws the past in a terminal: for each metric a row of blocks, as high as its averages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from monitor.cli.output import say
from monitor.cli.past import Question, Row
from monitor.core.duration import format_duration
from monitor.core.kinds import Metric
from monitor.store.history import Summary, first_step
from monitor.web.wording import clock_time, number

WIDTH = 60
"""Steps of a plot that stand side by side."""

_BLOCKS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "·"


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A metric by steps of time; None where nothing was known."""

    name: str
    steps: Sequence[Summary | None]

    @property
    def ends(self) -> tuple[float, float] | None:
        """Return the least and the greatest value; None where nothing was known at all."""
        known = [step for step in self.steps if step is not None]
        if not known:
            return None
        return min(step.min for step in known), max(step.max for step in known)


def step_of(length: timedelta) -> timedelta:
    """Return the step, in whole seconds, with which a length of time fills a plot."""
    return max(timedelta(seconds=-(-length // timedelta(seconds=WIDTH))), timedelta(seconds=1))


def blocks(curve: Curve) -> str:
    """Return a block for each step, the lowest for the least and the highest for the greatest."""
    ends = curve.ends
    if ends is None:
        return _UNKNOWN * len(curve.steps)
    least, greatest = ends
    height = (greatest - least) or 1.0
    return "".join(
        _UNKNOWN
        if step is None
        else _BLOCKS[round((step.avg - least) / height * (len(_BLOCKS) - 1))]
        for step in curve.steps
    )


def print_as_plot(rows: Iterable[Row], asked: Question) -> None:
    """Print each subject with those of its metrics that are known."""
    assert asked.every is not None  # noqa: S101 - narrows the type; a plot is one of steps
    begin = first_step(asked.since, asked.every)
    width = max(1, -(-(asked.until - begin) // asked.every))
    is_empty = True
    for _, of_subject in groupby(rows, key=lambda row: row.subject.identity):
        found = list(of_subject)
        by_place = {(row.at - begin) // asked.every: row.values for row in found}
        curves = [_curve(metric, by_place, width) for metric in asked.kind.metrics]
        subject = found[0].subject
        folder = subject.labels.get("folder")
        if not is_empty:
            say()
        is_empty = False
        say(f"{subject.name} ({folder})" if folder else subject.name, style="bold")
        _print(curves)
    if is_empty:
        say(f"No history of {asked.kind.plural} in this time.")
        return
    say()
    say(
        f"{clock_time(begin, asked.now)} to {clock_time(asked.until, asked.now)} UTC, "
        f"{format_duration(asked.every)} a block, its average; beside it the least and the "
        f"greatest value ({_UNKNOWN} nothing known)"
    )


def _curve(
    metric: Metric, by_place: Mapping[int, Mapping[str, float | Summary | None]], width: int
) -> Curve:
    steps: list[Summary | None] = []
    for place in range(width):
        value = by_place.get(place, {}).get(metric.name)
        steps.append(value if isinstance(value, Summary) else None)
    return Curve(name=metric.name, steps=steps)


def _print(curves: Sequence[Curve]) -> None:
    known = [(curve, ends) for curve in curves if (ends := curve.ends) is not None]
    names = max((len(curve.name) for curve, _ in known), default=0)
    left = max((len(number(least)) for _, (least, _) in known), default=0)
    for curve, (least, greatest) in known:
        after = "" if least == greatest else f" {number(greatest)}"
        say(f"  {curve.name:<{names}}  {number(least):>{left}} {blocks(curve)}{after}")
