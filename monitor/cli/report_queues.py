"""`report queues`: items finished and failed, handling time and backlog of each queue.

The arithmetic is in `monitor/core/throughput.py`, and in words in docs/reports.md.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta

from monitor.cli import report_work
from monitor.cli.report_form import Field, Form, Report, Row, Value, compared
from monitor.cli.report_scope import Scope, Sight, instant
from monitor.core.sample import Subject
from monitor.core.throughput import QueueTally, of_all
from monitor.web.wording import count

_DAY = timedelta(days=1)

FIELDS = (
    Field(name="queue", title="queue", form=Form.TEXT),
    Field(name="tenant", title="tenant", form=Form.TEXT),
    Field(name="folder", title="folder", form=Form.TEXT),
    Field(name="process", title="process", form=Form.TEXT, is_main=False, is_on_page=False),
    Field(name="key", title="key", form=Form.TEXT, is_main=False, is_on_page=False),
    Field(name="finished_items", title="done", is_compared=True, better=1),
    Field(name="finished_per_day", title="a day", is_main=False, is_on_page=False),
    Field(name="successful_items", title="successful", is_main=False, is_on_page=False),
    Field(name="failed_items", title="failed", is_main=False, is_on_page=False),
    Field(name="failure_share", title="failed", form=Form.SHARE, is_compared=True, better=-1),
    Field(name="application_exceptions", title="application", is_main=False, is_on_page=False),
    Field(name="application_share", title="application", form=Form.SHARE, is_main=False),
    Field(name="business_exceptions", title="business", is_main=False, is_on_page=False),
    Field(name="business_share", title="business", form=Form.SHARE, is_main=False),
    Field(
        name="handling_s",
        title="handling",
        form=Form.LENGTH,
        is_compared=True,
        is_change_main=False,
        better=-1,
    ),
    Field(
        name="mean_backlog",
        title="backlog",
        is_compared=True,
        is_change_main=False,
        better=-1,
    ),
    Field(name="peak_backlog", title="peak"),
    Field(
        name="peak_backlog_at",
        title="peak at (UTC)",
        form=Form.INSTANT,
        is_main=False,
        is_on_page=False,
    ),
    Field(name="longest_idle_s", title="idle", form=Form.LENGTH),
    Field(name="unseen_s", title="unseen", form=Form.LENGTH, is_main=False),
)


def report(scope: Scope) -> Report:
    """Return what each queue achieved, the most failed items first."""
    asked, kept = scope, report_work.look(scope)
    scope = report_work.answerable(asked, kept)
    sight = report_work.sight(scope, kept)
    known = scope.subjects("queue")
    tallies = report_work.tallies(scope, sight, known, kept)
    found = {one: both for one, both in tallies.items() if both[1].is_known}
    rows = sorted((_row(known[one], found[one], scope, sight) for one in found), key=_worst_first)
    tenants = {known[one].tenant for one in found}
    return Report(
        title=f"Work of {count(len(rows), 'queue')}",
        period=scope.period,
        before=scope.before,
        fields=FIELDS,
        rows=rows[: scope.top],
        total=_total(tuple(found.values()), scope, tenants, sight) if len(rows) > 1 else None,
        notes=(
            *_notes(scope, sight, tenants, len(rows)),
            *report_work.told(asked, scope, kept, sight),
        ),
        nothing="No queue was seen in this time.",
    )


def _row(subject: Subject, both: Sequence[QueueTally], scope: Scope, sight: Sight) -> Row:
    past, tally = both
    since, until = scope.period
    named: dict[str, Value] = {
        "queue": subject.name,
        "tenant": subject.tenant,
        "folder": subject.labels.get("folder", ""),
        "process": subject.labels.get("process", ""),
        "key": subject.key,
        "unseen_s": sight.unseen(subject.tenant, scope.period).total_seconds(),
    }
    has_past = sight.reaches(subject.tenant, scope.before[0]) and past.is_known
    length = until - since
    return {
        **named,
        **compared(FIELDS, _values(tally, length), _values(past, length) if has_past else None),
    }


def _values(tally: QueueTally, length: timedelta) -> Row:
    finished = tally.finished
    counts: dict[str, float] = {}
    if finished is not None:
        counts = {
            "finished_items": finished,
            "finished_per_day": finished * (_DAY / length),
            "successful_items": tally.successful,
            "failed_items": tally.failed,
            "application_exceptions": tally.application,
            "business_exceptions": tally.business,
        }
    return {
        **counts,
        "failure_share": tally.failure_share,
        "application_share": tally.application / finished if finished else None,
        "business_share": tally.business / finished if finished else None,
        "handling_s": tally.handling_s,
        "mean_backlog": tally.mean_waiting,
        "peak_backlog": tally.peak,
        "peak_backlog_at": None if tally.peak_at is None else instant(tally.peak_at),
        "longest_idle_s": tally.longest_idle_s,
    }


def _total(
    found: Sequence[Sequence[QueueTally]], scope: Scope, tenants: Collection[str], sight: Sight
) -> Row:
    """Return all queues together; peaks and idle times are of single queues, and not summed."""
    since, until = scope.period
    past, now = (
        _values(of_all([both[place] for both in found]), until - since) for place in range(2)
    )
    has_past = all(sight.reaches(tenant, scope.before[0]) for tenant in tenants)
    sums = {**compared(FIELDS, now, past if has_past else None)}
    return {**sums, "queue": "all", "longest_idle_s": None}


def _worst_first(row: Row) -> tuple[object, ...]:
    failed, peak = (row.get(name) or 0.0 for name in ("failed_items", "peak_backlog"))
    assert isinstance(failed, float)  # noqa: S101 - narrows the type
    assert isinstance(peak, float)  # noqa: S101 - as above
    return -failed, -peak, *(str(row[name]) for name in ("tenant", "queue", "folder", "key"))


def _notes(scope: Scope, sight: Sight, tenants: Collection[str], rows: int) -> Iterator[str]:
    if scope.top is not None and scope.top < rows:
        yield f"The {scope.top} worst of {rows}."
    yield from sight.unseen_notes(tenants, scope.period)
    yield from sight.notes(tenants, scope.period, scope.before)
