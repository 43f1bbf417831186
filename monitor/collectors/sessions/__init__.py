"""Sessions and their hosts: every robot's connection, every unattended host, and whether they live.

The package is one collector: `lists.py` asks, `sweep.py` judges, `entries.py` keeps what was made
of each session for the next poll, `hosts.py` sums the sessions up by host.
"""

from collections.abc import Collection, Mapping
from datetime import timedelta

from monitor.collectors import Collect, Collector
from monitor.collectors.sessions.sweep import Sweep
from monitor.core.kinds import MACHINE, SESSION
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.pressure import Need


def _make(
    tenant: str,
    labels: Mapping[str, str],
    folders: Folders | None = None,
    wanted: Collection[str] = (),  # noqa: ARG001 - everything is asked for
) -> Collect:
    return Sweep(tenant, labels, folders or Folders())


COLLECTOR = Collector(
    kinds=(SESSION.name, MACHINE.name),
    every=timedelta(seconds=30),
    help="robots and unattended hosts, and whether they live; two requests for each 1,000 sessions",
    scopes=("OR.Robots.Read",),
    permissions=("Machines.View", "Users.View", "Robots.View"),
    make=_make,
    need=Need.FIRST,
)
