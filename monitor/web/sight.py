"""How well the monitor sees a tenant: derived from how its collectors fared.

A collector whose last poll is long past is stale whatever came of
that poll: the daemon does not run, so nothing is known.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from monitor.core.sight import Sight, sight_after

STALE_AFTER = 3
"""Intervals without a poll after which a collector is stale."""


class State(Protocol):
    """What the store knows of a collector (`monitor.store.states.CollectorState`)."""

    @property
    def tenant(self) -> str: ...  # noqa: D102
    @property
    def collector(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def outcome_since(self) -> datetime: ...  # noqa: D102
    @property
    def last_poll_at(self) -> datetime: ...  # noqa: D102
    @property
    def last_success_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def last_error(self) -> str | None: ...  # noqa: D102
    @property
    def samples(self) -> int: ...  # noqa: D102
    @property
    def note(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorSight:
    """One collector of a tenant. `since` is when it began to see so, None when it never polled.

    `note` says what its last good poll could not read; `is_current` whether `samples` are of now
    and not the last known ones.
    """

    name: str
    sight: Sight
    since: datetime | None
    every: timedelta
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    last_error: str | None = None
    samples: int = 0
    note: str = ""

    @property
    def is_current(self) -> bool:
        """Tell whether what is known is of now."""
        return self.sight is Sight.OK

    @property
    def remark(self) -> str:
        """Return why it does not see, else what it cannot read."""
        return self.last_error or self.note


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSight:
    """A tenant: as bad as the worst of its collectors, since that one is."""

    name: str
    sight: Sight
    since: datetime | None
    collectors: tuple[CollectorSight, ...]

    @property
    def last_poll_at(self) -> datetime | None:
        """Return when anything was asked of the tenant last; None: never."""
        polls = [c.last_poll_at for c in self.collectors if c.last_poll_at is not None]
        return max(polls, default=None)

    @property
    def last_known_at(self) -> datetime | None:
        """Return when any of it was seen last; None: never."""
        seen = [c.last_success_at for c in self.collectors if c.last_success_at is not None]
        return max(seen, default=None)


def tenant_sight(
    name: str, collectors: Mapping[str, timedelta], states: Iterable[State], now: datetime
) -> TenantSight:
    """Judge a tenant; `collectors` are those that run, with their intervals."""
    known = {state.collector: state for state in states if state.tenant == name}
    seen = tuple(
        _collector_sight(collector, every, known.get(collector), now)
        for collector, every in sorted(collectors.items())
    )
    sight = max((each.sight for each in seen), key=lambda one: one.rank, default=Sight.STALE)
    beginnings = [each.since for each in seen if each.sight is sight]
    if sight is Sight.OK:
        # All of it has been well only since the last of them is.
        since = max((at for at in beginnings if at is not None), default=None)
    else:
        since = min((at for at in beginnings if at is not None), default=None)
    return TenantSight(name=name, sight=sight, since=since, collectors=seen)


def _collector_sight(
    name: str, every: timedelta, state: State | None, now: datetime
) -> CollectorSight:
    if state is None:
        return CollectorSight(name=name, sight=Sight.STALE, since=None, every=every)
    if now - state.last_poll_at > STALE_AFTER * every:
        sight, since = Sight.STALE, state.last_poll_at
    else:
        sight = sight_after(state.outcome)
        since = state.outcome_since
    return CollectorSight(
        name=name,
        sight=sight,
        since=since,
        every=every,
        last_poll_at=state.last_poll_at,
        last_success_at=state.last_success_at,
        last_error=None if state.outcome == "ok" else state.last_error,
        samples=state.samples,
        note=state.note,
    )
