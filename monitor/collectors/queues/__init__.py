"""Queues: what waits, what runs and what failed, for all queues at once.

`QueueItems` is asked only for the metrics of `items.py` that somebody wants: that list is metered,
the tenant's integrations share its limit, and its rows hold the customer's data.
Source: Orchestrator reference, queue processing status, published limits.

The package is one collector: `sweep.py` asks and describes, `homes.py` learns the folder of each
queue where the tenant is asked at once, `closed.py` tells a queue that is gone from one whose
folder is closed. `items.py` decides what is asked of the items and when, `survey.py` is one such
question, `pages.py` a page of its answer.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from monitor.collectors import Collect, Collector
from monitor.collectors.queues.items import ITEM_METRICS
from monitor.collectors.queues.sweep import Sweep
from monitor.core.kinds import QUEUE
from monitor.orchestrator.folders import Folders


def _make(
    tenant: str,
    labels: Mapping[str, str],
    folders: Folders | None = None,
    wanted: Collection[str] = (),
) -> Collect:
    return Sweep(tenant, labels, folders or Folders(), wanted)


COLLECTOR = Collector(
    kinds=(QUEUE.name,),
    every=timedelta(minutes=1),
    help="queues; one request a poll, or one a folder where Orchestrator wants a folder named; "
    "each metric of `metrics` costs another one a minute, or more where many items wait",
    scopes=("OR.Queues.Read", "OR.Folders.Read"),
    permissions=("Queues.View", "Units.View or SubFolders.View"),
    make=_make,
    on_request=ITEM_METRICS,
)
