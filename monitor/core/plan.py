"""What the configuration says about telling: one value that a reload replaces whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from monitor.core.calendar import Maintenance
from monitor.core.inhibition import Inhibition
from monitor.core.pace import Pace
from monitor.core.routing import Route
from monitor.core.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who is told of what, and what keeps them from it.

    `rules` are by name. `windows` are all maintenance windows by name, `muting` those of them that
    mute alerts by themselves and not only as a part of a route or of another window. `channels`
    are those that exist, with their pace.
    """

    rules: Mapping[str, Rule] = field(default_factory=dict)
    routes: Sequence[Route] = ()
    inhibitions: Sequence[Inhibition] = ()
    windows: Mapping[str, Maintenance] = field(default_factory=dict)
    muting: Sequence[Maintenance] = ()
    channels: Mapping[str, Pace] = field(default_factory=dict)
