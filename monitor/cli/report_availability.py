"""`report availability`: the share of the time that counts in which robots could have worked.

The arithmetic is in `monitor/core/availability.py`, and in words in docs/reports.md.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from monitor.cli.progress import watched
from monitor.cli.report_form import Field, Form, Report, Row, compared
from monitor.cli.report_scope import Scope, Sight, instant
from monitor.core.availability import How, Recorded, Uptime, of_all, uptime
from monitor.core.calendar import Maintenance
from monitor.core.occurrences import Span
from monitor.core.sample import Subject, subject_labels
from monitor.core.spans import open_spans, together
from monitor.orchestrator.sessions import UNATTENDED_TYPES
from monitor.store.instants import to_ms
from monitor.store.report_rows import session_rows
from monitor.web.wording import count, span

NOWHERE = "(none)"
# A window for certain rules or severities keeps messages back; it plans no rest for a robot.
_OF_ALERTS = frozenset({"rule", "rule_type", "severity"})

_AVAILABLE = Field(
    name="availability", title="available", form=Form.SHARE, is_compared=True, better=1
)
_TIMES = (
    _AVAILABLE,
    Field(name="down_s", title="down", form=Form.LENGTH),
    Field(name="outages", title="outages"),
    Field(name="longest_outage_s", title="longest", form=Form.LENGTH),
    Field(name="up_s", title="up", form=Form.LENGTH, is_main=False, is_on_page=False),
    Field(name="maintenance_s", title="maintenance", form=Form.LENGTH),
    Field(name="unseen_s", title="unseen", form=Form.LENGTH),
)
_TENANT = Field(name="tenant", title="tenant", form=Form.TEXT)
FIELDS: Mapping[str, Sequence[Field]] = {
    "robot": (
        Field(name="robot", title="robot", form=Form.TEXT),
        _TENANT,
        Field(name="host", title="host", form=Form.TEXT, is_main=False),
        Field(name="folder", title="folder", form=Form.TEXT),
        Field(name="robot_type", title="type", form=Form.TEXT, is_main=False, is_on_page=False),
        Field(name="key", title="key", form=Form.TEXT, is_main=False, is_on_page=False),
        *_TIMES,
    ),
    "host": (
        Field(name="host", title="host", form=Form.TEXT),
        _TENANT,
        Field(name="robots", title="robots"),
        *_TIMES,
    ),
    "folder": (
        Field(name="folder", title="folder", form=Form.TEXT),
        _TENANT,
        Field(name="robots", title="robots"),
        *_TIMES,
    ),
}


def report(scope: Scope, *, by: str, with_attended: bool) -> Report:
    """Return the availability of each robot, host or folder, the least available first."""
    sight = scope.sight("session")
    known = scope.subjects("session")
    counted = {
        one: subject
        for one, subject in known.items()
        if with_attended or subject.labels.get("robot_type", "") in UNATTENDED_TYPES
    }
    recorded = _recorded(scope, counted)
    planned = _Planned(scope)
    each = [
        _Spent.of(subject, recorded[one], scope, sight, planned)
        for one, subject in counted.items()
        if one in recorded
    ]
    each = [one for one in each if one.now.recorded]
    groups: dict[tuple[str, str], list[_Spent]] = defaultdict(list)
    for one in each:
        groups[one.subject.tenant, one.place(by)].append(one)
    fields = FIELDS[by]
    rows = sorted((_row(by, fields, group) for group in groups.values()), key=_worst_first)
    total = {fields[0].name: "all", **_sums(fields, each)}
    left_out = len(known) - len(counted)
    return Report(
        title=f"Availability of {_what(by, len(each), len(rows))}",
        period=scope.period,
        before=scope.before,
        fields=fields,
        rows=rows[: scope.top],
        total=total if len(rows) > 1 else None,
        notes=tuple(_notes(scope, sight, each, left_out, len(rows))),
        nothing="No robot was seen in this time." + (f" {_people(left_out)}" if left_out else ""),
    )


@dataclass(frozen=True, slots=True)
class _Spent:
    """A robot, how it spent the period, and the one before where that is recorded."""

    subject: Subject
    now: Uptime
    before: Uptime | None

    @classmethod
    def of(
        cls, subject: Subject, recorded: Recorded, scope: Scope, sight: Sight, planned: "_Planned"
    ) -> "_Spent":
        off, blind = planned.of(subject), sight.blind(subject.tenant)
        now = uptime(scope.period, recorded, planned=off, blind=blind)
        if not sight.reaches(subject.tenant, scope.before[0]):
            return cls(subject, now, None)
        return cls(subject, now, uptime(scope.before, recorded, planned=off, blind=blind))

    def place(self, by: str) -> str:
        """Return what it is told under."""
        return self.subject.key if by == "robot" else self.subject.labels.get(by, "")


class _Planned:
    """The planned maintenance of robots, as the configuration has it now."""

    def __init__(self, scope: Scope) -> None:
        since, until = scope.before[0], scope.period[1]
        self._windows: Sequence[tuple[Maintenance, Sequence[Span]]] = [
            (window, open_spans(window.window, since, until))
            for window in scope.history.configuration.plan.muting
            if not window.where.names & _OF_ALERTS
        ]
        self._together = lru_cache(maxsize=None)(self._of)

    def of(self, subject: Subject) -> Sequence[Span]:
        """Return when maintenance of a robot is planned."""
        labels = subject_labels(subject)
        return self._together(
            tuple(
                place
                for place, (window, _) in enumerate(self._windows)
                if window.where.matches(labels)
            )
        )

    def _of(self, places: tuple[int, ...]) -> Sequence[Span]:
        return together(*(self._windows[place][1] for place in places))


class _Stretches:
    """The stretches of a robot by how it was, those that adjoin put together; `UP` are all."""

    def __init__(self) -> None:
        self._spans: tuple[list[list[int]], ...] = tuple([] for _ in How)

    def add(self, begin: int, end: int, how: int) -> None:
        spans = self._spans[how]
        if spans and spans[-1][1] == begin:
            spans[-1][1] = end
        else:
            spans.append([begin, end])

    def recorded(self, until: int) -> Recorded:
        there, down, maintained, unknown = (
            [(instant(begin), instant(min(end, until))) for begin, end in sorted(spans)]
            for spans in self._spans
        )
        return Recorded(there=there, down=down, maintained=maintained, unknown=unknown)


def _recorded(scope: Scope, subjects: Mapping[int, Subject]) -> Mapping[int, Recorded]:
    since, until = scope.before[0], scope.period[1]
    found: dict[int, _Stretches] = defaultdict(_Stretches)
    rows = session_rows(scope.history.store, subjects.keys(), since, until)
    for one, begin, end, how in watched(rows, "stretches"):
        found[one].add(begin, end, how)
    return {one: stretches.recorded(to_ms(until)) for one, stretches in found.items()}


def _row(by: str, fields: Sequence[Field], group: Sequence[_Spent]) -> Row:
    subject = group[0].subject
    named = {"tenant": subject.tenant}
    if by == "robot":
        texts = ("host", "folder", "robot_type")
        named |= {text: subject.labels.get(text, "") for text in texts}
        named |= {"robot": subject.name, "key": subject.key}
    else:
        named[by] = subject.labels.get(by, "") or NOWHERE
    return {**named, **_sums(fields, group)}


def _sums(fields: Sequence[Field], group: Sequence[_Spent]) -> Row:
    # Where one tenant's record does not reach back, the sum of the others would be another sum.
    past = [one.before for one in group if one.before is not None]
    now = {"robots": float(len(group)), **_values(of_all(one.now for one in group))}
    return compared(fields, now, _values(of_all(past)) if len(past) == len(group) else None)


def _values(one: Uptime) -> Row:
    return {
        "availability": one.availability,
        "down_s": one.down.total_seconds(),
        "outages": float(one.outages),
        "longest_outage_s": one.longest.total_seconds(),
        "up_s": one.up.total_seconds(),
        "maintenance_s": one.maintenance.total_seconds(),
        "unseen_s": one.unseen.total_seconds(),
    }


def _worst_first(row: Row) -> tuple[object, ...]:
    share, down = row["availability"], row["down_s"]
    assert isinstance(down, float)  # noqa: S101 - narrows the type
    names = tuple(str(row.get(name, "")) for name in ("tenant", "robot", "host", "folder", "key"))
    return share is None, share, -down, names


def _what(by: str, robots: int, rows: int) -> str:
    return (
        count(robots, "robot") if by == "robot" else f"{count(rows, by)}, {count(robots, 'robot')}"
    )


def _people(left_out: int) -> str:
    return (
        f"Left out: {count(left_out, 'robot')} of people or without a known type; --attended "
        "counts them."
    )


def _notes(
    scope: Scope, sight: Sight, each: Sequence[_Spent], left_out: int, rows: int
) -> Iterator[str]:
    if scope.top is not None and scope.top < rows:
        yield f"The {scope.top} worst of {rows}."
    spent = of_all(one.now for one in each)
    if spent.recorded:
        yield (
            f"Of {span(spent.recorded)} of robots' time {span(spent.counted)} count; left out: "
            f"{span(spent.maintenance)} of planned maintenance, {span(spent.unseen)} unseen."
        )
    if left_out:
        yield _people(left_out)
    yield from sight.notes(sorted({one.subject.tenant for one in each}), scope.period, scope.before)
