"""What a start or a reload reads of the past, so that rules go on where they were."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from monitor.core.health import Health, because
from monitor.core.kinds import KINDS
from monitor.core.remit import Remit
from monitor.core.sample import Failed, Subject
from monitor.core.vitals import Vitals
from monitor.core.window import Identity


class State(Protocol):
    """How a collector fared up to its newest poll: see `monitor/store/states.py`."""

    @property
    def tenant(self) -> str:
        """Return the tenant's name."""
        ...

    @property
    def collector(self) -> str:
        """Return the collector's name."""
        ...

    @property
    def outcome(self) -> str:
        """Return "ok" or the kind of failure."""
        ...

    @property
    def outcome_since(self) -> datetime:
        """Return since when it is so."""
        ...

    @property
    def last_success_at(self) -> datetime | None:
        """Return when its last good poll began."""
        ...

    @property
    def last_error(self) -> str | None:
        """Return what the newest poll failed with."""
        ...

    @property
    def failures(self) -> int:
        """Return how many polls failed in a row."""
        ...

    @property
    def samples(self) -> int:
        """Return how many samples the last good poll had."""
        ...


class Past(Protocol):
    """What is known of the past: the store, or what a replay has seen of it so far."""

    def known_subjects(self, kinds: Iterable[str]) -> Iterable[Subject]:
        """Return the subjects of these kinds that are there."""
        ...

    def load_series(
        self, kind: str, metric: str, since: datetime
    ) -> Iterable[tuple[Identity, datetime, float | None]]:
        """Return a metric's recorded values of every subject, by time."""
        ...

    def channel_failures(self) -> Mapping[str, tuple[int, datetime, str]]:
        """Return the channels whose last attempt failed: see `Channels.learn`."""
        ...

    def collector_states(self) -> Iterable[State]:
        """Return how each collector of each tenant fared."""
        ...


def recall(remit: Remit, past: Past, now: datetime, before: Remit | None = None) -> None:
    """Remember what the rules look back on: from the remit `before`, else from the past.

    Raises:
        StoreError: the history cannot be read.
    """
    remit.roster.learn(past.known_subjects(remit.roster.kinds))
    kept = frozenset() if before is None else remit.take_over(before)
    for kind, spans in remit.spans.items():
        for index, window in spans.items():
            if (kind, index) in kept or KINDS[kind].history is None:
                continue
            metric = KINDS[kind].metrics[index].name
            for identity, at, value in past.load_series(kind, metric, now - window):
                remit.windows.observe(identity, index, at, value)


def recall_vitals(vitals: Vitals, remit: Remit, past: Past, now: datetime) -> None:
    """Take over how collectors and channels fared before the start.

    Raises:
        StoreError: that cannot be read.
    """
    vitals.learn(
        past.channel_failures(),
        [
            Health(
                subject=because(
                    remit.collector(state.tenant, state.collector),
                    Failed(kind=state.outcome, message=state.last_error or "")
                    if state.failures
                    else None,
                ),
                known_since=now,
                last_success_at=state.last_success_at,
                failed_polls=state.failures,
                failing_since=state.outcome_since if state.failures else None,
                samples=state.samples,
                blind_since=state.outcome_since if state.failures else None,
            )
            for state in past.collector_states()
        ],
    )
