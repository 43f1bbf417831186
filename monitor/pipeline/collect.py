"""The first stage: one poll of one collector, timed, with every failure turned into data."""

import structlog

from monitor.clock import Clock
from monitor.collectors import Collect
from monitor.core.sample import Collected, Failed, Snapshot
from monitor.errors import OrchestratorError
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.pressure import Need

log = structlog.get_logger(__name__)


def collect(
    *,
    tenant: str,
    collector: str,
    ask: Collect,
    client: OrchestratorClient,
    clock: Clock,
    deadline_s: float,
    need: Need = Need.ORDINARY,
) -> Snapshot:
    """Run one poll and return what came of it; it never raises for a failed poll.

    `deadline_s` bounds the whole poll, retries included; `need` says how much it matters.
    """
    started_at, started = clock.now(), clock.monotonic()
    outcome: Collected | Failed
    requests = 0
    with client.poll(deadline_s, need) as poll:
        try:
            outcome = ask(poll)
        except OrchestratorError as error:
            outcome = Failed(kind=error.kind, message=str(error))
        except Exception as error:
            # One malformed answer must not end the polling: it is recorded like any failure.
            log.exception("collect.crashed", tenant=tenant, collector=collector)
            outcome = Failed(kind="error", message=f"{type(error).__name__} in the collector")
        requests = poll.requests
    return Snapshot(
        tenant=tenant,
        collector=collector,
        started_at=started_at,
        took_s=clock.monotonic() - started,
        requests=requests,
        outcome=outcome,
    )
