"""One collector of one tenant: polls, settles, says what happened. The scheduler's job."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import structlog

from monitor.clock import Clock
from monitor.collectors import Collect
from monitor.core.sample import Collected, Failed, Snapshot
from monitor.errors import StoreError
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.pressure import Need
from monitor.pipeline.collect import collect
from monitor.pipeline.evaluate import Evaluator, Instant, Settled

log = structlog.get_logger(__name__)

SHORTEST_DEADLINE = timedelta(seconds=10)
LONGEST_DEADLINE = timedelta(seconds=60)


@dataclass(slots=True, kw_only=True)
class Poller:
    """A scheduled poll. `settled` hears of every snapshot that was recorded, `unsettled` of others.

    Once `stopping`, nothing is asked any more, and a poll that failed because its connection was
    closed under it is not recorded: it is nobody's failure. Once retired, because the
    configuration has changed, nothing is recorded at all. `made_of` is what of the configuration
    it was built from, `need` how much it matters where Orchestrator asks to slow down, `wanted` the
    metrics that it asks for on request.
    """

    tenant: str
    collector: str
    every: timedelta
    ask: Collect
    client: OrchestratorClient
    evaluator: Evaluator
    clock: Clock
    settled: Callable[[Snapshot, Settled], None]
    unsettled: Callable[[Snapshot, StoreError], None] = lambda _snapshot, _error: None
    stopping: Callable[[], bool] = lambda: False
    made_of: object = None
    need: Need = Need.ORDINARY
    wanted: frozenset[str] = frozenset()
    is_retired: bool = False
    _failing: bool = False
    _unrecorded: int = 0

    @property
    def name(self) -> str:
        """Return the name under which the poll is scheduled and watched."""
        return f"collect:{self.tenant}/{self.collector}"

    def poll(self) -> None:
        """Poll once and settle what came of it."""
        if self.stopping() or self.is_retired:
            return
        snapshot = collect(
            tenant=self.tenant,
            collector=self.collector,
            ask=self.ask,
            client=self.client,
            clock=self.clock,
            deadline_s=self._deadline().total_seconds(),
            need=self.need,
        )
        if self.is_retired or (self.stopping() and isinstance(snapshot.outcome, Failed)):
            return
        at = Instant(now=self.clock.now(), elapsed_s=self.clock.monotonic())
        snapshot = self.evaluator.believed(snapshot, at.now)
        self._report(snapshot)
        try:
            settled = self.evaluator.settle(snapshot, at)
        except StoreError as error:
            # Polling goes on: the next good transaction judges whatever is true then.
            level = log.debug if self._unrecorded else log.error
            level("store.failed", tenant=self.tenant, collector=self.collector, error=str(error))
            self._unrecorded += 1
            self.unsettled(snapshot, error)
            return
        if self._unrecorded:
            log.info(
                "store.recovered",
                tenant=self.tenant,
                collector=self.collector,
                polls_unrecorded=self._unrecorded,
            )
            self._unrecorded = 0
        self.settled(snapshot, settled)

    def _deadline(self) -> timedelta:
        """A poll may take as long as its interval, within reason at both ends."""
        return min(max(self.every, SHORTEST_DEADLINE), LONGEST_DEADLINE)

    def _report(self, snapshot: Snapshot) -> None:
        """Log the edges: a poll that begins to fail, and one that works again."""
        fields = {
            "tenant": self.tenant,
            "collector": self.collector,
            "took_s": round(snapshot.took_s, 3),
            "requests": snapshot.requests,
        }
        match snapshot.outcome:
            case Failed(kind=kind, message=message):
                level = log.debug if self._failing else log.warning
                level("collect.failed", kind=kind, error=message, **fields)
                self._failing = True
            case Collected(samples=samples, skipped=skipped):
                level = log.info if self._failing else log.debug
                event = "collect.recovered" if self._failing else "collect.finished"
                level(event, samples=len(samples), skipped=skipped, **fields)
                self._failing = False
