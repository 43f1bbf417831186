"""What `check` finds about a tenant: can it be reached, signed in to and read, and at what cost?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import msgspec

from monitor.cli.findings import Finding, State, failed
from monitor.clock import Clock
from monitor.collectors import Collector
from monitor.config.compose import Configuration
from monitor.config.plugins import collectors
from monitor.config.tenants import AccessToken, Tenant
from monitor.core.duration import format_duration
from monitor.core.kinds import KINDS
from monitor.core.sample import Collected, Failed, Snapshot
from monitor.daemon.wiring import build_client, scopes_of
from monitor.errors import AuthenticationFailed, OrchestratorError, UnexpectedResponse, Unreachable
from monitor.orchestrator.client import EMPTY, OrchestratorClient
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.text import label
from monitor.pipeline.collect import collect
from monitor.web.wording import count

# Source: Orchestrator reference, health and version.
ALIVE = "/api/Status/Get"
VERSION = "/api/Status/Version"
LONGEST = timedelta(seconds=60)
MOST_SKEW_S = 30.0
_UNREACHED = frozenset({"unauthorized", "unreachable", "throttled"})


class _Version(msgspec.Struct):
    version: str | None = None


def of_tenant(name: str, configuration: Configuration, clock: Clock) -> Iterator[Finding]:
    """Sign in to a tenant, reach it, and poll with every collector."""
    tenant = configuration.tenants[name]
    client = build_client(tenant, clock=clock, scopes=scopes_of(configuration))
    try:
        error = _first_call(client)
        at_sign_in = error is not None and error.endpoint.startswith("sign-in")
        if error is not None and (at_sign_in or isinstance(error, AuthenticationFailed)):
            yield failed(f"{name}/sign-in", error)
            return
        if error is not None and (isinstance(error, Unreachable) or _is_elsewhere(error)):
            yield failed(f"{name}/reached", error)
            return
        yield Finding(about=f"{name}/sign-in", detail=_signed_in(tenant, client, clock))
        yield Finding(about=f"{name}/reached", detail=_reached(client))
        yield _clock(name, client)
        cycle = _Cycle(name, configuration, client, clock)
        for collector in configuration.collectors:
            yield cycle.of(collector)
        if cycle.a_minute:
            yield cycle.cost()
    finally:
        client.close()


def _first_call(client: OrchestratorClient) -> OrchestratorError | None:
    """Sign in and ask whether the server takes traffic."""
    try:
        with client.poll(LONGEST.total_seconds()) as poll:
            poll.get(ALIVE, type=msgspec.Raw)
    except OrchestratorError as error:
        # Any other answer than "unreachable" is an answer; its body is empty by design.
        return error
    return None


def _is_elsewhere(error: OrchestratorError) -> bool:
    """Tell whether something else than an Orchestrator answered; one does without a body."""
    return isinstance(error, UnexpectedResponse) and not str(error).endswith(EMPTY)


def _signed_in(tenant: Tenant, client: OrchestratorClient, clock: Clock) -> str:
    auth, terms = tenant.auth, client.terms
    parts = [f"as {auth.type}"]
    if terms.lifetime_s is not None:
        parts.append(f"a token for {format_duration(timedelta(seconds=round(terms.lifetime_s)))}")
    if terms.scopes:
        parts.append(f"scopes {' '.join(terms.scopes)}")
    if auth.expires_at is not None:
        left = count((auth.expires_at - clock.now()).days, "day")
        parts.append(f"the secret ends on {auth.expires} ({left} left)")
    elif isinstance(auth, AccessToken):
        parts.append("when it ends is not stated (`expires`), so nobody is warned of it")
    return "; ".join(parts)


def _reached(client: OrchestratorClient) -> str:
    parts = [f"{client.deployment.base} answers"]
    try:
        with client.poll(LONGEST.total_seconds()) as poll:
            version = label(poll.get(VERSION, type=_Version).version)
    except OrchestratorError:
        version = ""  # servers before 2021.10 do not tell
    if version:
        parts.append(f"version {version}")
    if client.api_version:
        parts.append(f"API {client.api_version}")
    return ", ".join(parts)


def _clock(name: str, client: OrchestratorClient) -> Finding:
    about, skew = f"{name}/clock", client.skew()
    if skew is None:
        detail = "its answers tell no time (Date); heartbeats are measured by this machine's clock"
        return Finding(about=about, state=State.WARNING, detail=detail)
    ahead = "ahead of" if skew.seconds >= 0 else "behind"
    detail = f"{abs(skew.seconds):.1f} s {ahead} this machine's, within {skew.within_s:.1f} s"
    if abs(skew.seconds) <= MOST_SKEW_S:
        return Finding(about=about, detail=detail)
    detail += "; set the one that is wrong: heartbeats go by the server's, history by both"
    return Finding(about=about, state=State.WARNING, detail=detail)


@dataclass(slots=True)
class _Cycle:
    """The collectors of a tenant, each polled twice: the second poll is as all later ones are."""

    tenant: str
    configuration: Configuration
    client: OrchestratorClient
    clock: Clock
    folders: Folders = field(init=False)
    a_minute: float = 0.0
    metered_a_minute: float = 0.0

    def __post_init__(self) -> None:
        self.folders = Folders(self.configuration.tenants[self.tenant].folder_scope)

    def of(self, name: str) -> Finding:
        """Poll with one collector."""
        plugin = collectors()[name]
        about = f"{self.tenant}/{name}"
        ask = plugin.make(
            self.tenant, {}, self.folders, self.configuration.wanted.get(name, frozenset())
        )

        def poll() -> Snapshot:
            return collect(
                tenant=self.tenant,
                collector=name,
                ask=ask,
                client=self.client,
                clock=self.clock,
                deadline_s=LONGEST.total_seconds(),
                need=plugin.need,
            )

        snapshot = poll()
        match snapshot.outcome:
            case Failed(kind=kind, message=message):
                status = OrchestratorError.exit_status if kind in _UNREACHED else 1
                is_told = kind != "forbidden" or "; grant " in message
                detail = message if is_told else f"{message}; {_needs(plugin)}"
                return Finding(about=about, state=State.FAILED, detail=detail, status=status)
            case Collected() as seen:
                metered = self.client.metered_requests
                requests = poll().requests
                every = self.configuration.collectors[name]
                share = timedelta(minutes=1) / every
                self.a_minute += requests * share
                self.metered_a_minute += (self.client.metered_requests - metered) * share
                return _read(about, plugin, seen, snapshot.took_s, _each(requests, every))

    def cost(self) -> Finding:
        """Tell what all of them cost."""
        metered = f"{self.metered_a_minute:.1f} of them" if self.metered_a_minute else "none"
        detail = f"about {self.a_minute:.1f} requests a minute, {metered} metered"
        return Finding(about=f"{self.tenant}/cost", detail=detail)


def _read(about: str, plugin: Collector, seen: Collected, took_s: float, cost: str) -> Finding:
    detail = f"{_counted(seen)} in {took_s:.1f} s; {cost}"
    if seen.skipped:
        detail += f"; {count(seen.skipped, 'row')} could not be read"
    if seen.note:
        detail += f"; {seen.note}"
    elif seen.partial:
        detail += f"; a part was refused: {_needs(plugin)}"
    whole = not (seen.partial or seen.skipped or seen.note)
    return Finding(about=about, state=State.OK if whole else State.WARNING, detail=detail)


def _each(requests: int, every: timedelta) -> str:
    return f"{count(requests, 'request')} every {format_duration(every)}"


def _counted(seen: Collected) -> str:
    """Return `41 sessions`, or `4 licenses and 1 subscription`."""
    numbers = dict.fromkeys(seen.kinds, 0)
    for sample in seen.samples:
        numbers[sample.subject.kind] += 1
    told = [count(number, kind, KINDS[kind].plural or kind) for kind, number in numbers.items()]
    return " and ".join(told)


def _needs(plugin: Collector) -> str:
    needs = [f"an external application needs the scopes {' '.join(plugin.scopes)}"]
    if plugin.permissions:
        needs.append(f"a role needs {', '.join(plugin.permissions)}")
    return ", ".join(needs)
