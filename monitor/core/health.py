"""How well each collector sees: the samples that `collector-failing` rules judge."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.kinds import COLLECTOR
from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One collector of one tenant: failures in a row, and when it last saw anything.

    `subject` stays the same object until the reason of the failure changes.
    """

    subject: Subject
    known_since: datetime
    last_success_at: datetime | None = None
    failed_polls: int = 0

    def after(self, snapshot: Snapshot, now: datetime) -> "Health":
        """Return the health after one more poll."""
        if isinstance(snapshot.outcome, Failed):
            return replace(
                self,
                subject=_because(snapshot.outcome.message, self.subject),
                failed_polls=self.failed_polls + 1,
            )
        subject = _because("", self.subject)
        return replace(self, subject=subject, failed_polls=0, last_success_at=now)

    def collected(self, now: datetime) -> Collected:
        """Return the health as a poll: one sample that says nothing of other collectors."""
        since = self.last_success_at or self.known_since
        values = (float(self.failed_polls), max(0.0, (now - since).total_seconds()))
        return Collected(
            kinds=(COLLECTOR.name,),
            samples=(Sample(self.subject, values),),
            observed_at=now,
            partial=True,
        )


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


def _because(reason: str, subject: Subject) -> Subject:
    if subject.labels["reason"] == reason:
        return subject
    return replace(subject, labels={**subject.labels, "reason": reason})
