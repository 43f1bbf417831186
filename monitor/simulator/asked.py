"""What a request asks for, beside the OData options."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.simulator.estate import Folder
from monitor.simulator.permissions import held
from monitor.simulator.settings import Settings
from monitor.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`folder` is the header's, if any; `arguments` are those of the path."""

    world: World
    settings: Settings
    folder: Folder | None
    parameters: Mapping[str, str]
    arguments: Mapping[str, int]

    @property
    def permissions(self) -> frozenset[str]:
        """What the caller's role may do."""
        return held(self.settings.denied)
