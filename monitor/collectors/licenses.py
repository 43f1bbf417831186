"""Licenses: how many of each type there are and are used, and when the subscription ends.

Where the license itself is refused, the statistics still tell how many are used.
Source: Orchestrator reference, licenses, statistics, fallback ladders.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from monitor.collectors import Collect, Collector
from monitor.core.kinds import LICENSE, SUBSCRIPTION
from monitor.core.sample import Collected, Sample, Subject, Values
from monitor.errors import AccessDenied, OrchestratorError, UnexpectedResponse
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.listing import Source
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import License, LicenseUse, parse_time

_PATH = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
_STATISTICS = "/api/Stats/GetLicenseStats"
_DAYS = 7
_GRANT = "grant the scope OR.Settings.Read (or OR.Settings) for what is allowed and until when"
_DAY_S = 86400.0


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

    def _whole(self, poll: Poll, answer: License) -> Collected:
        now = poll.server_time
        samples = [Sample(self._subscription, _expiry(answer, now))]
        allowed, used = answer.allowed or {}, answer.used or {}
        for license_type in sorted({*allowed, *used}):
            counts = (allowed.get(license_type), used.get(license_type))
            if any(counts):  # neither bought nor used otherwise
                samples.append(Sample(self._subject(license_type), _usage(*counts)))
        return Collected(
            kinds=(LICENSE.name, SUBSCRIPTION.name),
            samples=tuple(samples),
            observed_at=now,
            partial=answer.allowed is None and answer.used is None,
        )

    def _used(self, poll: Poll, rows: Sequence[LicenseUse]) -> Collected:
        """Return what the statistics tell: nothing of what is allowed, and until when."""
        latest: dict[str, tuple[datetime, float]] = {}
        for row in rows:
            at = parse_time(row.timestamp)
            if row.robot_type and row.count is not None and at is not None:
                latest[row.robot_type] = max(
                    (at, row.count), latest.get(row.robot_type, (at, row.count))
                )
        return Collected(
            kinds=(LICENSE.name, SUBSCRIPTION.name),
            samples=tuple(
                Sample(self._subject(license_type), _usage(None, used))
                for license_type, (_, used) in sorted(latest.items())
                if used
            ),
            observed_at=poll.server_time,
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

    def _subject(self, license_type: str) -> Subject:
        subject = self._subjects.get(license_type)
        if subject is None:
            name = label(license_type)
            subject = self._subjects[license_type] = Subject(
                tenant=self._tenant,
                kind=LICENSE.name,
                key=name,
                name=name,
                labels={**self._labels, "license_type": name},
            )
        return subject


def _license(poll: Poll) -> License:
    answer = poll.get(_PATH, type=License)
    if answer == License():
        msg = f"{_PATH}: the answer says nothing about licenses"
        raise UnexpectedResponse(msg, endpoint=_PATH)
    return answer


def _statistics(poll: Poll) -> list[LicenseUse]:
    return poll.get(_STATISTICS, type=list[LicenseUse], params={"days": _DAYS})


def _usage(allowed: float | None, used: float | None) -> Values:
    """Return allowed, used, free, used_ratio.

    Whether zero or less means unlimited is not documented: then there is no ratio.
    """
    if allowed is None or used is None:
        return (allowed, used, None, None)
    return (allowed, used, allowed - used, used / allowed if allowed > 0 else None)


def _expiry(answer: License, now: datetime) -> Values:
    """Return days_to_expiry, is_expired; the date counts epoch seconds, null or 0 is unknown."""
    left_s = answer.expire_date - now.timestamp() if answer.expire_date else None
    expired = answer.is_expired
    if expired is None and left_s is not None:
        expired = left_s < 0
    return (
        None if left_s is None else left_s / _DAY_S,
        None if expired is None else float(expired),
    )


def _make(tenant: str, labels: Mapping[str, str], folders: Folders | None = None) -> Collect:  # noqa: ARG001 - licenses lie in no folder
    return _Licenses(tenant, labels)


COLLECTOR = Collector(
    kinds=(LICENSE.name, SUBSCRIPTION.name),
    every=timedelta(minutes=5),
    help="licenses by type, and the end of the subscription; one request a poll",
    scopes=("OR.Settings.Read",),
    permissions=(),
    make=_make,
)
