"""Licenses: how many of each type there are and are used, and when the subscription ends."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from monitor.collectors import Collect, Collector
from monitor.core.kinds import LICENSE, SUBSCRIPTION
from monitor.core.sample import Collected, Sample, Subject, Values
from monitor.errors import UnexpectedResponse
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import License

_PATH = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
_DAY_S = 86400.0


class _Licenses:
    """Polls one tenant. Source: Orchestrator reference, licenses."""

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

    def __call__(self, poll: Poll) -> Collected:
        answer = poll.get(_PATH, type=License)
        if answer == License():
            msg = f"{_PATH}: the answer says nothing about licenses"
            raise UnexpectedResponse(msg, endpoint=_PATH)
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
