"""Collectors: one file each, asking Orchestrator for one thing and returning samples of it.

A module defines `COLLECTOR`. It raises the conditions of `OrchestratorError`; it neither logs,
times, retries nor stores. What several of them ask with is in `orchestrator/`: `listing.py` (a
list, and whether it is worth asking), `each_folder.py`, `folders.py`, `shown.py`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from monitor.core.sample import Collected
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.pressure import Need

Collect = Callable[[Poll], Collected]


class Make(Protocol):
    """Makes what polls one tenant."""

    def __call__(
        self,
        tenant: str,
        labels: Mapping[str, str],
        folders: Folders | None = None,
        wanted: Collection[str] = (),
    ) -> Collect:
        """Prepare for a tenant; `folders` are its folders that count, None for all of them.

        `wanted` are those metrics of `on_request` that are to be asked for.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """A plugin. `make(tenant, labels, …)` returns what polls this tenant and learns from it.

    `labels` are the tenant's: every subject carries them, but for names that its kind declares.
    `folders` are one object for all collectors of the tenant.
    `every` is the default interval; `scopes` are what an external application needs for it,
    `permissions` what a role needs. `need` says who goes first where Orchestrator asks to slow
    down. `on_request` are metrics that are not known unless they are wanted, because they cost
    metered requests.
    """

    kinds: tuple[str, ...]
    every: timedelta
    help: str
    scopes: tuple[str, ...]
    permissions: tuple[str, ...]
    make: Make
    need: Need = Need.ORDINARY
    on_request: tuple[str, ...] = ()
