"""How well each collector sees: the samples that `collector-failing` rules judge."""

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.kinds import COLLECTOR
from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One collector of one tenant: failures in a row, and when it last saw anything."""

    tenant: str
    collector: str
    known_since: datetime
    last_success_at: datetime | None = None
    failed_polls: int = 0
    reason: str = ""

    def after(self, snapshot: Snapshot, now: datetime) -> "Health":
        """Return the health after one more poll."""
        if isinstance(snapshot.outcome, Failed):
            return replace(
                self, failed_polls=self.failed_polls + 1, reason=snapshot.outcome.message
            )
        return replace(self, failed_polls=0, reason="", last_success_at=now)

    def collected(self, now: datetime) -> Collected:
        """Return the health as a poll of its own: one sample, saying nothing of other collectors."""
        subject = Subject(
            tenant=self.tenant,
            kind=COLLECTOR.name,
            key=self.collector,
            name=self.collector,
            labels={"collector": self.collector, "reason": self.reason},
        )
        since = self.last_success_at or self.known_since
        values = (float(self.failed_polls), max(0.0, (now - since).total_seconds()))
        return Collected(
            kinds=(COLLECTOR.name,),
            samples=(Sample(subject, values),),
            observed_at=now,
            partial=True,
        )
