"""Licenses: how many of each type there are and are used, and when the subscription ends.

Where the license itself is refused, the statistics still tell how many are used.
Source: Orchestrator reference, licenses, statistics, fallback ladders.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from monitor.collectors import Collect, Collector
from monitor.core.kinds import LICENSE, SUBSCRIPTION, Values
from monitor.core.sample import Collected, Sample, Subject
from monitor.errors import AccessDenied, OrchestratorError, UnexpectedResponse
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.listing import Source
from monitor.orchestrator.piecemeal import Pieces
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import License, LicenseUse, counted, parse_time

_PATH = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
_STATISTICS = "/api/Stats/GetLicenseStats"
_DAYS = 7
_GRANT = "grant the scope OR.Settings.Read (or OR.Settings) for what is allowed and until when"
_DAY_S = 86400.0
# Below zero means something, though it is not documented what: it is shown, and not judged.
_LEAST_ALLOWED = -(2.0**63)


class _Licenses:
    """Polls one tenant."""

    def __init__(self, tenant: str, labels: Mapping[str, str]) -> None:
        self._tenant = tenant
        self._labels = labels
        self._subjects: dict[str, Subject] = {}
        self._subscription = Subject(
            tenant=tenant,
            kind=SUBSCRIPTION.name,
            key="subscription",
            name=tenant,
            labels=dict(labels),
        )
        self._license = Source(_license)
        self._statistics = Source(_statistics)

    def __call__(self, poll: Poll) -> Collected:
        answer = self._license.ask(poll)
        if answer is not None:
            return self._whole(poll, answer)
        if not self._license.is_missing:
            rows = self._statistics.ask(poll)
            if rows is not None:
                return self._used(poll, rows)
        raise self._refusal()

    def _whole(self, poll: Poll, answer: "_Answer") -> Collected:
        now = poll.server_time
        samples = [Sample(self._subscription, _expiry(answer, now))]
        allowed, used = answer.allowed or {}, answer.used or {}
        names, nameless = _named({*allowed, *used})
        for name, license_type in sorted(names.items()):
            counts = (allowed.get(license_type), used.get(license_type))
            if any(counts):  # neither bought nor used otherwise
                samples.append(Sample(self._subject(name), _usage(*counts)))
        skipped = answer.skipped + nameless
        return Collected(
            kinds=(LICENSE.name, SUBSCRIPTION.name),
            samples=tuple(samples),
            observed_at=now,
            skipped=skipped,
            partial=skipped > 0 or (answer.allowed is None and answer.used is None),
        )

    def _used(self, poll: Poll, raws: Sequence[msgspec.Raw]) -> Collected:
        """Return what the statistics tell: nothing of what is allowed, and until when."""
        pieces = Pieces()
        latest: dict[str, tuple[datetime, float]] = {}
        for row in pieces.each(raws, LicenseUse):
            at, name, used = parse_time(row.timestamp), label(row.robot_type), counted(row.count)
            if name and used is not None and at is not None:
                latest[name] = max((at, used), latest.get(name, (at, used)))
        return Collected(
            kinds=(LICENSE.name, SUBSCRIPTION.name),
            samples=tuple(
                Sample(self._subject(license_type), _usage(None, used))
                for license_type, (_, used) in sorted(latest.items())
                if used
            ),
            observed_at=poll.server_time,
            skipped=pieces.skipped,
            partial=True,
            note=f"only the numbers in use are readable; {_GRANT}",
        )

    def _refusal(self) -> OrchestratorError:
        """Return what to grant, and ask for all anew the next time."""
        self._license.forget()
        self._statistics.forget()
        first, second = self._license.refusal, self._statistics.refusal
        if isinstance(first, AccessDenied) and isinstance(second, AccessDenied):
            return AccessDenied(f"{first}; or else: {second}", endpoint=_PATH, status=first.status)
        return first or UnexpectedResponse(f"{_PATH}: no answer", endpoint=_PATH)

    def _subject(self, name: str) -> Subject:
        subject = self._subjects.get(name)
        if subject is None:
            subject = self._subjects[name] = Subject(
                tenant=self._tenant,
                kind=LICENSE.name,
                key=name,
                name=name,
                labels={**self._labels, "license_type": name},
            )
        return subject


@dataclass(frozen=True, slots=True)
class _Answer:
    """What could be read of a license; `skipped` counts what could not."""

    allowed: Mapping[str, float | None] | None
    used: Mapping[str, float | None] | None
    expire_date: float | None
    is_expired: bool | None
    skipped: int


_NOTHING = _Answer(allowed=None, used=None, expire_date=None, is_expired=None, skipped=0)


def _license(poll: Poll) -> _Answer:
    raw, pieces = poll.get(_PATH, type=License), Pieces()
    answer = _Answer(
        allowed=_counts(pieces.numbers(raw.allowed), least=_LEAST_ALLOWED),
        used=_counts(pieces.numbers(raw.used)),
        expire_date=counted(pieces.one(raw.expire_date, float)),
        is_expired=pieces.one(raw.is_expired, bool),
        skipped=pieces.skipped,
    )
    if answer == _NOTHING:
        msg = f"{_PATH}: the answer says nothing about licenses"
        raise UnexpectedResponse(msg, endpoint=_PATH)
    return answer


def _statistics(poll: Poll) -> list[msgspec.Raw]:
    return poll.get(_STATISTICS, type=list[msgspec.Raw], params={"days": _DAYS})


def _counts(
    numbers: Mapping[str, float | None] | None, *, least: float = 0.0
) -> Mapping[str, float | None] | None:
    if numbers is None:
        return None
    return {name: counted(number, least=least) for name, number in numbers.items()}


def _named(types: Iterable[str]) -> tuple[Mapping[str, str], int]:
    """Return types of license by the name they are shown by, and how many have none of their own.

    Of several that look the same the one counts that is written as it looks.
    """
    names: dict[str, str] = {}
    nameless = 0
    for license_type in sorted(types, key=lambda one: (label(one) != one, one)):
        name = label(license_type)
        if not name or name in names:
            nameless += 1
        else:
            names[name] = license_type
    return names, nameless


def _usage(allowed: float | None, used: float | None) -> Values:
    """Return allowed, used, free, used_ratio.

    Whether zero or less means unlimited is not documented: then there is no ratio.
    """
    if allowed is None or used is None:
        return (allowed, used, None, None)
    return (allowed, used, allowed - used, counted(used / allowed) if allowed > 0 else None)


def _expiry(answer: _Answer, now: datetime) -> Values:
    """Return days_to_expiry, is_expired; the date counts epoch seconds, null or 0 is unknown."""
    expire_date = answer.expire_date
    left_s = None if expire_date is None or expire_date < 1 else expire_date - now.timestamp()
    expired = answer.is_expired
    if expired is None and left_s is not None:
        expired = left_s < 0
    return (
        None if left_s is None else left_s / _DAY_S,
        None if expired is None else float(expired),
    )


def _make(
    tenant: str,
    labels: Mapping[str, str],
    folders: Folders | None = None,  # noqa: ARG001 - licenses lie in no folder
    wanted: Collection[str] = (),  # noqa: ARG001 - everything is asked for
) -> Collect:
    return _Licenses(tenant, labels)


COLLECTOR = Collector(
    kinds=(LICENSE.name, SUBSCRIPTION.name),
    every=timedelta(minutes=5),
    help="licenses by type, and the end of the subscription; one request a poll",
    scopes=("OR.Settings.Read",),
    permissions=(),
    make=_make,
)
