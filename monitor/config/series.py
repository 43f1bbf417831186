"""The series of a timeline: what the polls show of one subject, one text for each metric."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from monitor.config.names import Path, suggestion
from monitor.config.problems import Source
from monitor.core.kinds import CHANNEL, COLLECTOR, KINDS, SUBSCRIPTION, Kind, Values
from monitor.core.sample import Subject
from monitor.core.timeline import Mark, Series
from monitor.errors import Problem

LONGEST = 100_000
"""So many steps at most."""
TENANT = "test"
"""The tenant of a subject that names none."""

Point = float | None | Mark

_NUMBER = r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?"
_TOKEN = re.compile(
    rf"(?:(?P<mark>[_!?])|(?P<value>{_NUMBER})(?P<step>[+-](?!-){_NUMBER})?)(?:x(?P<count>[0-9]+))?"
)
_MARKS: Mapping[str, Point] = {"_": Mark.ABSENT, "!": Mark.FAILED, "?": None}
_KINDS = tuple(name for name in KINDS if name not in (COLLECTOR.name, CHANNEL.name))
_OWN = ("kind", "tenant", "name", "key")
# What the collectors set from the name, so that it need not be written twice.
_NAMED = {"session": "robot", "machine": "host"}


class Mistake(ValueError):
    """What is wrong with the text of a metric."""


def points(text: str) -> tuple[Point, ...]:
    """Return the steps that a text says: `0x3 900 _ !x2 10+5x3 ?`.

    A number counts for one step, `0x3` for three; `10+5x3` and `10-5x3` are three steps that rise
    or fall. `_`: the subject is not in the answer; `!`: the poll failed; `?`: not known.

    Raises:
        Mistake: it says something else.
    """
    found: list[Point] = []
    for token in text.split():
        match = _TOKEN.fullmatch(token)
        if match is None:
            msg = (
                f'"{token[:40]}" is not a value: write a number, `_` (not in the answer), `!` (the '
                "poll failed) or `?` (not known), each with `x3` for three times, or 10+5x3"
            )
            raise Mistake(msg)
        count = 1 if match["count"] is None else int(match["count"])
        if match["step"] is not None and match["count"] is None:
            msg = f'"{token[:40]}" does not say how many steps: write {token[:40]}x3'
            raise Mistake(msg)
        if not 1 <= count <= LONGEST - len(found):
            msg = f"must have from 1 to {LONGEST:,} steps"
            raise Mistake(msg)
        found += _expanded(match, count)
    if not found:
        raise Mistake('is empty: write values step by step, such as "0x3 900x6 10"')
    return tuple(found)


def read_series(
    raw: Mapping[str, Any],
    tenants: Mapping[str, Mapping[str, str]],
    source: Source,
    place: Path,
) -> tuple[Series | None, list[Problem]]:
    """Return one series, or what is wrong with it. `tenants` are the labels of known tenants."""
    problems: list[Problem] = []
    subject, found = _subject(raw.get("subject"), tenants, source, place)
    problems += found
    if subject is None:
        return None, problems
    kind = KINDS[subject.kind]
    metrics = {metric.name: index for index, metric in enumerate(kind.metrics)}
    given: dict[int, tuple[Point, ...]] = {}
    for key, text in raw.items():
        if key == "subject":
            continue
        where = (*place, key)
        if key not in metrics:
            message = f"a {kind.name} has no such metric; " + suggestion(key, metrics)
            problems.append(source.problem(where, message))
        elif not isinstance(text, str):
            message = 'must be text in quotes, value by value, such as "0x3 900x6 10"'
            problems.append(source.problem(where, message))
        else:
            try:
                given[metrics[key]] = points(text)
            except Mistake as mistake:
                problems.append(source.problem(where, str(mistake)))
    if not problems and not given:
        message = f'no metric is given; write one such as {kind.metrics[0].name} = "0x3 900x6"'
        problems.append(source.problem(place, message))
    if problems:
        return None, problems
    return Series(subject=subject, steps=tuple(_steps(given, len(kind.metrics)))), []


def _expanded(match: re.Match[str], count: int) -> Iterator[Point]:
    if match["mark"] is not None:
        yield from [_MARKS[match["mark"]]] * count
        return
    value, step = float(match["value"]), float(match["step"] or 0)
    yield from (value + step * number for number in range(count))


def _steps(given: Mapping[int, tuple[Point, ...]], metrics: int) -> Iterator[Values | Mark]:
    for step in range(max(map(len, given.values()))):
        now = {index: text[min(step, len(text) - 1)] for index, text in given.items()}
        known = {index: point for index, point in now.items() if not isinstance(point, Mark)}
        if len(known) == len(now):
            yield tuple(known.get(index) for index in range(metrics))
        else:
            yield Mark.FAILED if Mark.FAILED in now.values() else Mark.ABSENT


def _subject(
    raw: object, tenants: Mapping[str, Mapping[str, str]], source: Source, place: Path
) -> tuple[Subject | None, list[Problem]]:
    where = (*place, "subject")
    if not isinstance(raw, Mapping):
        message = 'must be a table such as { kind = "queue", tenant = "prod", name = "Invoices" }'
        return None, [
            source.problem(where, message if raw is not None else f"is missing: it {message}")
        ]
    problems = [
        source.problem((*where, key), "must be text in quotes")
        for key, value in raw.items()
        if not isinstance(value, str)
    ]
    kind, found = _kind(raw.get("kind"), source, (*where, "kind"))
    problems += found
    tenant = raw.get("tenant", TENANT)
    label = None if kind is None else _name_label(kind)
    names = [raw[key] for key in ("name", label, "key") if key in raw]
    if kind is SUBSCRIPTION:
        names.append(tenant)
    if not names:
        problems.append(source.problem((*where, "name"), "is missing: what people call it"))
    if problems or kind is None:
        return None, problems
    name = names[0]
    labels = dict(tenants.get(tenant, {}))
    if label is not None:
        labels[label] = name
    labels |= {key: value for key, value in raw.items() if key not in _OWN}
    key = raw.get("key", name)
    return Subject(tenant=tenant, kind=kind.name, key=key, name=name, labels=labels), []


def _kind(raw: object, source: Source, where: Path) -> tuple[Kind | None, list[Problem]]:
    if raw is None:
        return None, [source.problem(where, f"is missing: one of {', '.join(_KINDS)}")]
    if not isinstance(raw, str):
        return None, []
    if raw in _KINDS:
        return KINDS[raw], []
    message = "no such kind of subject; " + suggestion(raw, _KINDS)
    if raw in KINDS:
        message = "follows from the polls that fail (`!`) and from `channel_outages`"
    return None, [source.problem(where, message)]


def _name_label(kind: Kind) -> str | None:
    return kind.name_label or _NAMED.get(kind.name)
