"""Queues: what waits, what runs and what failed, for all queues at once.

`QueueItems` is never asked: that list is metered, the tenant's integrations share its limit, and
its rows hold the customer's data. Source: Orchestrator reference, queue processing status.

The package is one collector: `sweep.py` asks and describes, `homes.py` learns the folder of each
queue where the tenant is asked at once.
"""

from collections.abc import Mapping
from datetime import timedelta

from monitor.collectors import Collect, Collector
from monitor.collectors.queues.sweep import Sweep
from monitor.core.kinds import QUEUE
from monitor.orchestrator.folders import Folders


def _make(tenant: str, labels: Mapping[str, str], folders: Folders | None = None) -> Collect:
    return Sweep(tenant, labels, folders or Folders())


COLLECTOR = Collector(
    kinds=(QUEUE.name,),
    every=timedelta(minutes=1),
    help="queues; one request a poll, or one a folder where Orchestrator wants a folder named",
    scopes=("OR.Queues.Read", "OR.Folders.Read"),
    permissions=("Queues.View", "Units.View or SubFolders.View"),
    make=_make,
)
