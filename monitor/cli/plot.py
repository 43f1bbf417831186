"""Draws the past in a terminal: for each metric a row of blocks, as high as its averages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby

from monitor.cli.output import say
from monitor.cli.past import gap_notes
from monitor.core.duration import format_duration
from monitor.store.past_steps import Summary, first_step
from monitor.web.past import Past, Row, tenants_of
from monitor.web.wording import clock_time, number

WIDTH = 60
"""Steps of a plot that stand side by side."""

_BLOCKS = "▁▂▃▄▅▆▇█"
_UNKNOWN = "·"
_UNSEEN = " "


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A metric by steps of time; None where nothing was known, `gaps` are those nobody saw."""

    name: str
    steps: Sequence[Summary | None]
    gaps: frozenset[int] = field(default_factory=frozenset)

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
    least, greatest = curve.ends or (0.0, 0.0)
    height = (greatest - least) or 1.0
    return "".join(
        _BLOCKS[round((step.avg - least) / height * (len(_BLOCKS) - 1))]
        if step is not None
        else _UNSEEN
        if place in curve.gaps
        else _UNKNOWN
        for place, step in enumerate(curve.steps)
    )


def print_as_plot(rows: Iterable[Row], past: Past) -> None:
    """Print each subject with those of its metrics that are known."""
    asked = past.asked
    assert asked.every is not None  # noqa: S101 - narrows the type; a plot is one of steps
    begin = first_step(asked.since, asked.every)
    width = max(1, -(-(asked.until - begin) // asked.every))
    found = list(rows)
    has_tenants = len(tenants_of(found)) > 1
    for _, of_subject in groupby(found, key=lambda row: row.subject.identity):
        by_place = {(row.at - begin) // asked.every: row for row in of_subject}
        curves = [
            _curve(metric.name, column, by_place, width)
            for column, metric in enumerate(asked.metrics)
        ]
        subject = next(iter(by_place.values())).subject
        where = [subject.tenant] if has_tenants else []
        where += [folder] if (folder := subject.labels.get("folder")) else []
        say(f"{subject.name} ({', '.join(where)})" if where else subject.name, style="bold")
        _print(curves)
        say()
    if found:
        is_gap = any(map(_is_gap, found))
        unknown = f"blank: nobody looked, {_UNKNOWN}: nothing known" if is_gap else None
        say(
            f"{clock_time(begin, asked.now)} to {clock_time(asked.until, asked.now)} UTC, "
            f"{format_duration(asked.every)} a block, its average; beside it the least and the "
            f"greatest value ({unknown or f'{_UNKNOWN} nothing known'})"
        )
    else:
        say(f"No history of {asked.kind.plural} in this time.")
    for line in gap_notes(past, tenants_of(found) or sorted(past.unseen)):
        say(line)


def _curve(name: str, column: int, by_place: Mapping[int, Row], width: int) -> Curve:
    steps: list[Summary | None] = []
    for place in range(width):
        row = by_place.get(place)
        value = None if row is None else row.values[column]
        steps.append(value if isinstance(value, Summary) else None)
    gaps = frozenset(place for place, row in by_place.items() if _is_gap(row))
    return Curve(name=name, steps=steps, gaps=gaps)


def _is_gap(row: Row) -> bool:
    """Tell whether nobody looked throughout a step."""
    return bool(row.unseen_ms) and all(value is None for value in row.values)


def _print(curves: Sequence[Curve]) -> None:
    known = [(curve, ends) for curve in curves if (ends := curve.ends) is not None]
    if not known:
        say("  nothing known")
    names = max((len(curve.name) for curve, _ in known), default=0)
    left = max((len(number(least)) for _, (least, _) in known), default=0)
    for curve, (least, greatest) in known:
        after = "" if least == greatest else f" {number(greatest)}"
        say(f"  {curve.name:<{names}}  {number(least):>{left}} {blocks(curve)}{after}")
