"""How well each collector sees: the samples that `collector-failing` rules judge.

What fails with all of a tenant is the tenant's matter; what fails alone is the collector's own.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core.kinds import COLLECTOR, TENANT
from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from monitor.core.sight import Sight, sight_after

WHOLE = "everything"
"""The key of a tenant among its collectors."""

LONG = timedelta(minutes=2)
"""Being blind for shorter changes nothing: it is what makes a robot unresponsive."""

# People know the name of a call, not its path.
_ENDPOINT = re.compile(r"^/(?:\S*[./])?(\w+)(?:\([^)\s]*\))?: ")
_DAY = timedelta(days=1)

DOUBTFUL = "doubtful"
"""The kind of a poll that was good and is not believed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """One collector of one tenant: failures in a row, since when, and when it last saw anything.

    `subject` stays the same object until the reason of the failure changes. `samples` are those of
    its last good poll. `blind_since` is when it began not to see, whoever else has seen since;
    `doubted` when its polls began to be good and not believed, and when one was so last.
    """

    subject: Subject
    known_since: datetime
    last_success_at: datetime | None = None
    failed_polls: int = 0
    failing_since: datetime | None = None
    samples: int = 0
    blind_since: datetime | None = None
    doubted: tuple[datetime, datetime] | None = None

    def after(self, snapshot: Snapshot, now: datetime) -> "Health":
        """Return the health after one more poll."""
        if isinstance(snapshot.outcome, Failed):
            return replace(
                self,
                subject=because(self.subject, snapshot.outcome),
                failed_polls=self.failed_polls + 1,
                failing_since=self.failing_since or now,
                blind_since=self.blind_since or now,
                doubted=None if self._is_blind_again(now) else self.doubted,
            )
        return replace(
            self.anew(),
            last_success_at=now,
            samples=len(snapshot.outcome.samples),
            blind_since=None,
            doubted=None,
        )

    def _is_blind_again(self, now: datetime) -> bool:
        return self.doubted is not None and now - self.doubted[1] >= LONG

    @property
    def doubted_since(self) -> datetime | None:
        """Return when its polls began to be good and not believed."""
        return None if self.doubted is None else self.doubted[0]

    def anew(self) -> "Health":
        """Return the health without the failures so far."""
        return replace(self, subject=because(self.subject), failed_polls=0, failing_since=None)

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


def sight(
    one: Health,
    of_tenant: Sequence[Health],
    whole: Subject,
    now: datetime,
    expires_at: datetime | None = None,
) -> Collected:
    """Return the health of a collector and of its whole tenant as a poll of both.

    It says nothing of the other collectors. `whole` is the tenant as a subject (see
    `tenant_subject`), without a reason; `expires_at` the stated end of its credentials.
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
        why = {name: worst.subject.labels[name] for name in ("reason", "sight")}
        whole = replace(whole, labels={**whole.labels, "collector": names, **why})
    samples = [
        _sample(one.subject, own, one.seen_at, now),
        _sample(
            whole,
            0 if worst is None else worst.failed_polls,
            max(each.seen_at for each in of_tenant),
            now,
        ),
    ]
    if expires_at is not None:
        samples.append(Sample(_credentials_of(whole), ((expires_at - now) / _DAY,)))
    return Collected(
        kinds=(COLLECTOR.name, TENANT.name),
        samples=tuple(samples),
        observed_at=now,
        partial=True,
    )


def _credentials_of(whole: Subject) -> Subject:
    own = {name: label for name, label in whole.labels.items() if name not in COLLECTOR.labels}
    return Subject(
        tenant=whole.tenant, kind=TENANT.name, key=whole.tenant, name=whole.tenant, labels=own
    )


def _sample(subject: Subject, failed_polls: int, seen_at: datetime, now: datetime) -> Sample:
    return Sample(subject, (float(failed_polls), max(0.0, (now - seen_at).total_seconds())))


def collector_subject(tenant: str, collector: str, labels: Mapping[str, str]) -> Subject:
    """Return a collector that sees as a subject. `labels` are the tenant's."""
    return Subject(
        tenant=tenant,
        kind=COLLECTOR.name,
        key=collector,
        name=collector,
        labels={**labels, "collector": collector, "reason": "", "sight": Sight.OK.value},
    )


def tenant_subject(tenant: str, labels: Mapping[str, str]) -> Subject:
    """Return a tenant, as far as it is seen, as a subject."""
    return Subject(
        tenant=tenant,
        kind=COLLECTOR.name,
        key=WHOLE,
        name=tenant,
        labels={**labels, "collector": "", "reason": "", "sight": Sight.OK.value},
    )


def because(subject: Subject, failed: Failed | None = None) -> Subject:
    """Return a collector as it sees after a poll that failed, or one that did not."""
    reason = "" if failed is None else _ENDPOINT.sub(r"\1: ", failed.message)
    sight = Sight.OK if failed is None else sight_after(failed.kind)
    labels = subject.labels
    if labels["reason"] == reason and labels["sight"] == sight.value:
        return subject
    return replace(subject, labels={**labels, "reason": reason, "sight": sight.value})
