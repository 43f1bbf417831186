"""Makes of channels, routes, inhibitions and maintenance windows the plan by which is told."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from monitor.config.alerting import Inhibition as InhibitionTable
from monitor.config.alerting import Rate
from monitor.config.alerting import Route as RouteTable
from monitor.config.maintenance import MaintenanceTable
from monitor.config.windows import maintenance_of, muting
from monitor.core.inhibition import Inhibition
from monitor.core.pace import Pace
from monitor.core.plan import Plan
from monitor.core.routing import Escalation, Route
from monitor.core.rule import Rule
from monitor.core.topology import topology


class Rated(Protocol):
    """A channel, as far as the plan knows it."""

    @property
    def rate(self) -> Rate:
        """Return how many messages it may get."""
        ...


class Tables(Protocol):
    """The tables that say who is told of what."""

    @property
    def channels(self) -> Mapping[str, Rated]:
        """Return the channels by name."""
        ...

    @property
    def routes(self) -> Sequence[RouteTable]:
        """Return the routes."""
        ...

    @property
    def inhibitions(self) -> Sequence[InhibitionTable]:
        """Return the inhibitions."""
        ...

    @property
    def maintenance(self) -> Mapping[str, MaintenanceTable]:
        """Return the maintenance windows by name."""
        ...


def plan_of(
    settings: Tables, rules: Sequence[Rule], collector_kinds: Mapping[str, tuple[str, ...]]
) -> Plan:
    """Return who is told of what; `collector_kinds` are what the collectors that run ask for.

    The user's inhibitions come first, then the built-in ones.
    """
    windows = maintenance_of(settings.maintenance)
    return Plan(
        rules=MappingProxyType({rule.name: rule for rule in rules}),
        routes=_routes(settings),
        inhibitions=(*_inhibitions(settings), *topology(collector_kinds)),
        windows=windows,
        muting=tuple(windows[name] for name in muting(settings.maintenance, settings.routes)),
        channels=MappingProxyType(
            {
                name: Pace(messages=channel.rate.messages, per=channel.rate.per)
                for name, channel in settings.channels.items()
            }
        ),
    )


def _routes(settings: Tables) -> tuple[Route, ...]:
    """Return the routes; without any, one for everything to every channel."""
    if not settings.routes:
        everyone = Route(channels=tuple(settings.channels), name="default")
        return (everyone,) if settings.channels else ()
    return tuple(_route(table, f"routes[{place}]") for place, table in enumerate(settings.routes))


def _route(table: RouteTable, name: str) -> Route:
    return Route(
        name=name,
        where=table.where,
        channels=table.channels,
        continue_=table.continue_,
        send_resolved=table.send_resolved,
        group_by=table.group_by,
        group_wait=table.group_wait,
        group_interval=table.group_interval,
        repeat_every=table.repeat_every,
        repeat_growth=table.repeat_growth,
        mute_in=table.mute_in,
        active_in=table.active_in,
        escalate=tuple(
            Escalation(after=step.after, channels=step.channels) for step in table.escalate
        ),
        digest=None if table.digest is None else table.digest.schedule(),
    )


def _inhibitions(settings: Tables) -> tuple[Inhibition, ...]:
    return tuple(
        Inhibition(
            name=f"inhibitions[{place}]",
            source=table.source,
            target=table.target,
            equal=table.equal,
        )
        for place, table in enumerate(settings.inhibitions)
    )
