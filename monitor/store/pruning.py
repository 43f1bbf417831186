"""`db prune`: what the daemon does by itself once an hour, at once, and told."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.clock import Clock
from monitor.store.retention import Cutoffs, Retention, Round, preview
from monitor.store.space import Space, checkpoint, measure, rebuild
from monitor.store.store import Store

SHORTEST_PAUSE_S = 0.02
WORTH_REBUILDING = 0.25
"""A file of the old kind is written anew when so much of it is free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What went, or would go: counted by what it was. The space is None on Postgres."""

    cutoffs: Cutoffs
    gone: Counter[str]
    before: Space | None
    after: Space | None

    @property
    def bytes_given_back(self) -> int | None:
        """Return by how much the file is shorter."""
        if self.before is None or self.after is None:
            return None
        return self.before.bytes - self.after.bytes


def look(store: Store, retention: Retention, now: datetime) -> Pruned:
    """Return what would go, and change nothing."""
    space = measure(store)
    found, gone = preview(store, retention, now)
    return Pruned(cutoffs=found, gone=gone, before=space, after=space)


def prune(
    store: Store, retention: Retention, clock: Clock, pause: Callable[[float], object]
) -> Pruned:
    """Let everything go that is too old, and the space with it; safe beside a running daemon.

    `pause` waits so many seconds: between two slices the daemon gets its turn. Whatever breaks
    this off, the next round goes on with.

    Raises:
        StoreError: what went until then is gone, the rest is whole.
    """
    before = measure(store)
    work = Round(store, retention, clock.now(), keeps_reserve=False)
    began_s = clock.monotonic()
    while work.step():
        pause(max(clock.monotonic() - began_s, SHORTEST_PAUSE_S))
        began_s = clock.monotonic()
    if before is not None:
        space = measure(store)
        if space is not None and not space.gives_back and _is_worth_it(space):
            rebuild(store)
        checkpoint(store)
    return Pruned(cutoffs=work.cutoffs, gone=work.gone, before=before, after=measure(store))


def _is_worth_it(space: Space) -> bool:
    return space.free_pages > space.pages * WORTH_REBUILDING
