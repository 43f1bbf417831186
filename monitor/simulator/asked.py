"""What a request asks for, beside the OData options."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.simulator.estate import Folder
from monitor.simulator.filters import Filter
from monitor.simulator.permissions import held
from monitor.simulator.settings import Settings
from monitor.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`folder` is the header's, if any; `arguments` are those of the path.

    A listing may use `filter` to leave rows out that nobody wants to see, and says so.
    """

    world: World
    settings: Settings
    folder: Folder | None
    parameters: Mapping[str, str]
    arguments: Mapping[str, int]
    filter: Filter | None = None

    @property
    def permissions(self) -> frozenset[str]:
        """What the caller's role may do."""
        return held(self.settings.denied)
