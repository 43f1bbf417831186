"""`report licenses`: peak and mean use of each license type, and how long it was scarce.

The arithmetic is in `monitor/core/utilization.py`, and in words in docs/reports.md.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from monitor.cli.progress import watched
from monitor.cli.report_form import Field, Form, Report, Row, Value, compared
from monitor.cli.report_scope import Scope, Sight, instant
from monitor.core.sample import Subject
from monitor.core.spans import SeenTime
from monitor.core.utilization import LicenseRow, LicenseTally
from monitor.store.instants import to_ms
from monitor.store.report_rows import license_rows
from monitor.web.wording import count

_MS = 1000

FIELDS = (
    Field(name="license_type", title="license", form=Form.TEXT),
    Field(name="tenant", title="tenant", form=Form.TEXT),
    Field(name="allowed", title="allowed"),
    Field(name="peak_used", title="peak", is_compared=True),
    Field(name="peak_used_at", title="at (UTC)", form=Form.INSTANT),
    Field(name="peak_share", title="share", form=Form.SHARE),
    Field(name="mean_used", title="mean", is_compared=True),
    Field(name="above_90_s", title="from 90 %", form=Form.LENGTH),
    Field(name="full_s", title="full", form=Form.LENGTH),
    Field(name="unseen_s", title="unseen", form=Form.LENGTH, is_main=False),
)


def report(scope: Scope) -> Report:
    """Return how each type of license was used, the scarcest first."""
    sight = scope.sight("license")
    known = scope.subjects("license")
    found = {
        one: uses for one, uses in _uses(scope, sight, known).items() if uses.now.peak is not None
    }
    rows = sorted((_row(known[one], found[one], scope, sight) for one in found), key=_worst_first)
    tenants = {known[one].tenant for one in found}
    return Report(
        title=f"Use of {count(len(rows), 'license type')}",
        period=scope.period,
        before=scope.before,
        fields=FIELDS,
        rows=rows[: scope.top],
        total=None,
        notes=tuple(_notes(scope, sight, tenants, len(rows))),
        nothing="No license was seen in this time.",
    )


@dataclass(frozen=True, slots=True)
class _Uses:
    before: LicenseTally
    now: LicenseTally
    seen: SeenTime


def _uses(scope: Scope, sight: Sight, known: Mapping[int, Subject]) -> Mapping[int, _Uses]:
    periods = [(to_ms(since), to_ms(until)) for since, until in (scope.before, scope.period)]
    found: dict[int, _Uses] = {}
    rows = license_rows(scope.history.store, known.keys(), scope.before[0], scope.period[1])
    for one, *values in watched(rows, "stretches"):
        row = LicenseRow(*values)
        uses = found.get(one)
        if uses is None:
            seen = SeenTime(sight.blind_ms(known[one].tenant))
            uses = found[one] = _Uses(LicenseTally(*periods[0]), LicenseTally(*periods[1]), seen)
        for tally in (uses.before, uses.now):
            begin, end = max(row.begin, tally.since), min(row.end, tally.until)
            if begin < tally.until and end > tally.since:
                tally.add(row, uses.seen.between(begin, end))
    return found


def _row(subject: Subject, uses: _Uses, scope: Scope, sight: Sight) -> Row:
    has_past = sight.reaches(subject.tenant, scope.before[0])
    named: dict[str, Value] = {
        "license_type": subject.name,
        "tenant": subject.tenant,
        "unseen_s": sight.unseen(subject.tenant, scope.period).total_seconds(),
    }
    past = _values(uses.before) if has_past else None
    return {**named, **compared(FIELDS, _values(uses.now), past)}


def _values(tally: LicenseTally) -> Row:
    return {
        "allowed": tally.allowed,
        "peak_used": tally.peak,
        "peak_used_at": None if tally.peak_at is None else instant(tally.peak_at),
        "peak_share": tally.peak_ratio,
        "mean_used": tally.mean_used,
        "above_90_s": tally.scarce / _MS,
        "full_s": tally.full / _MS,
    }


def _worst_first(row: Row) -> tuple[object, ...]:
    share, full = row["peak_share"], row["full_s"]
    assert isinstance(full, float)  # noqa: S101 - narrows the type
    assert share is None or isinstance(share, float)  # noqa: S101 - as above
    return share is None, -(share or 0.0), -full, str(row["tenant"]), str(row["license_type"])


def _notes(scope: Scope, sight: Sight, tenants: Collection[str], rows: int) -> Iterator[str]:
    if scope.top is not None and scope.top < rows:
        yield f"The {scope.top} scarcest of {rows}."
    yield from sight.unseen_notes(tenants, scope.period)
    yield from sight.notes(tenants, scope.period, scope.before)
