"""How well each collector sees: the samples that `collector-failing` rules judge.

What fails with all of a tenant is the tenant's matter; what fails alone is the collector's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.kinds import COLLECTOR
from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject

WHOLE = "everything"
"""The key of a tenant among its collectors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One collector of one tenant: failures in a row, since when, and when it last saw anything.

    `subject` stays the same object until the reason of the failure changes.
    """

    subject: Subject
    known_since: datetime
    last_success_at: datetime | None = None
    failed_polls: int = 0
    failing_since: datetime | None = None

    def after(self, snapshot: Snapshot, now: datetime) -> "Health":
        """Return the health after one more poll."""
        if isinstance(snapshot.outcome, Failed):
            return replace(
                self,
                subject=_because(snapshot.outcome.message, self.subject),
                failed_polls=self.failed_polls + 1,
                failing_since=self.failing_since or now,
            )
        return replace(self.anew(), last_success_at=now)

    def anew(self) -> "Health":
        """Return the health without the failures so far."""
        return replace(self, subject=_because("", self.subject), failed_polls=0, failing_since=None)

    def fails_alone(self, others: Iterable["Health"]) -> bool:
        """Tell whether others of the tenant have seen something since this began to fail."""
        since = self.failing_since
        return since is not None and any(
            other.last_success_at is not None and other.last_success_at >= since for other in others
        )

    @property
    def seen_at(self) -> datetime:
        """Return when it last saw anything, or began to look."""
        return self.last_success_at or self.known_since


def sight(one: Health, of_tenant: Sequence[Health], whole: Subject, now: datetime) -> Collected:
    """Return the health of a collector and of its whole tenant as a poll of both.

    It says nothing of the other collectors. `whole` is the tenant as a subject (see
    `tenant_subject`), without a reason.
    """
    blind = [
        each
        for each in of_tenant
        if each.failed_polls and not each.fails_alone(o for o in of_tenant if o is not each)
    ]
    own = 0 if one in blind else one.failed_polls
    worst = max(blind, key=lambda each: each.failed_polls, default=None)
    if worst is not None:
        names = ", ".join(sorted(each.subject.key for each in blind))
        reason = worst.subject.labels["reason"]
        whole = replace(whole, labels={**whole.labels, "collector": names, "reason": reason})
    samples = (
        _sample(one.subject, own, one.seen_at, now),
        _sample(
            whole,
            0 if worst is None else worst.failed_polls,
            max(each.seen_at for each in of_tenant),
            now,
        ),
    )
    return Collected(kinds=(COLLECTOR.name,), samples=samples, observed_at=now, partial=True)


def _sample(subject: Subject, failed_polls: int, seen_at: datetime, now: datetime) -> Sample:
    return Sample(subject, (float(failed_polls), max(0.0, (now - seen_at).total_seconds())))


def collector_subject(
    tenant: str, collector: str, labels: Mapping[str, str], reason: str = ""
) -> Subject:
    """Return a collector as a subject. `labels` are the tenant's, `reason` why it fails."""
    return Subject(
        tenant=tenant,
        kind=COLLECTOR.name,
        key=collector,
        name=collector,
        labels={**labels, "collector": collector, "reason": reason},
    )


def tenant_subject(tenant: str, labels: Mapping[str, str]) -> Subject:
    """Return a tenant, as far as it is seen, as a subject."""
    return Subject(
        tenant=tenant,
        kind=COLLECTOR.name,
        key=WHOLE,
        name=tenant,
        labels={**labels, "collector": "", "reason": ""},
    )


def _because(reason: str, subject: Subject) -> Subject:
    if subject.labels["reason"] == reason:
        return subject
    return replace(subject, labels={**subject.labels, "reason": reason})
