"""What `check` finds: each function looks at one thing and yields what it saw, with the cure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from monitor.channels import problem_with
from monitor.cli.config import extent
from monitor.cli.maintenance import NONE_AHEAD, told
from monitor.cli.trial import send_trial
from monitor.clock import Clock
from monitor.collectors import Collector
from monitor.config.compose import Configuration
from monitor.config.history import open_history
from monitor.config.plugins import collectors
from monitor.config.secrets import SecretUnreadableError
from monitor.core.delivery import Delivered
from monitor.core.kinds import KINDS
from monitor.core.sample import Collected, Failed
from monitor.daemon.wiring import build_client, scopes_of
from monitor.errors import (
    AuthenticationFailed,
    ConfigError,
    MonitorError,
    OrchestratorError,
    StoreError,
    Unreachable,
)
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.folders import Folders
from monitor.pipeline.collect import collect
from monitor.store.schema import schema_state
from monitor.store.version import SchemaState, require_current
from monitor.web.wording import count

ALIVE = "/api/Status/Get"
LONGEST = timedelta(seconds=60)
OCCURRENCES = 5
_UNREACHED = frozenset({"unauthorized", "unreachable", "throttled"})


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One row of the answer; `status` is the exit status that it asks for, 0 unless it failed."""

    about: str
    detail: str
    state: State = State.OK
    status: int = 0

    def json(self) -> dict[str, object]:
        """Return it for scripts."""
        return {"about": self.about, "state": self.state.value, "detail": self.detail}


def of_configuration(configuration: Configuration) -> Iterator[Finding]:
    """Say how large the configuration is, and what its notices are; mistakes ended it earlier."""
    detail = f"{configuration.file}: fine: {extent(configuration)}"
    yield Finding(about="configuration", detail=detail)
    for notice in configuration.notices:
        yield Finding(about="configuration", state=State.WARNING, detail=notice)


def of_maintenance(configuration: Configuration, clock: Clock) -> Iterator[Finding]:
    """Say when each maintenance window is open next, in local time and in UTC."""
    now = clock.now()
    for name, each in configuration.plan.windows.items():
        about = f"maintenance {name}"
        occurrences = each.window.occurrences(now, OCCURRENCES)
        for one in occurrences:
            yield Finding(about=about, detail=told(one, ZoneInfo(each.timezone)))
        if not occurrences:
            yield Finding(about=about, state=State.WARNING, detail=NONE_AHEAD)


def of_database(configuration: Configuration) -> Iterator[Finding]:
    """Look whether the history can be opened, and whether its schema is ours."""
    try:
        store = open_history(configuration)
    except (StoreError, ConfigError) as error:
        yield _failed("database", error)
        return
    try:
        version = schema_state(store)
        place = store.place.shown
        match version.state:
            case SchemaState.CURRENT:
                yield Finding(about="database", detail=f"{place}: schema {version.revision}")
            case SchemaState.MISSING:
                detail = f"{place}: not there yet: `run` makes it"
                yield Finding(about="database", detail=detail)
            case SchemaState.BEHIND:
                detail = f"{place}: schema {version.revision} is older: `run` upgrades it"
                yield Finding(about="database", state=State.WARNING, detail=detail)
            case SchemaState.AHEAD:
                require_current(store.database)
    except StoreError as error:
        yield _failed("database", error)
    finally:
        store.close()


def of_tenant(name: str, configuration: Configuration, clock: Clock) -> Iterator[Finding]:
    """Sign in to a tenant, reach it, and poll once with every collector."""
    tenant = configuration.tenants[name]
    client = build_client(tenant, clock=clock, scopes=scopes_of(configuration))
    try:
        error = _first_call(client)
        at_sign_in = error is not None and error.endpoint.startswith("sign-in")
        if error is not None and (at_sign_in or isinstance(error, AuthenticationFailed)):
            yield _failed(f"{name}/sign-in", error)
            return
        how = f"as {tenant.auth.type}"
        if isinstance(error, Unreachable):
            yield Finding(about=f"{name}/sign-in", detail=how)
            yield _failed(f"{name}/reached", error)
            return
        yield Finding(about=f"{name}/sign-in", detail=how)
        yield Finding(about=f"{name}/reached", detail=f"{client.deployment.base} answers")
        folders = Folders(configuration.tenants[name].folder_scope)
        for collector in configuration.collectors:
            yield _of_collector(name, collector, folders, client, clock)
    finally:
        client.close()


def of_channels(configuration: Configuration, clock: Clock, *, notify: bool) -> Iterator[Finding]:
    """Look whether each channel's address is understood; with `notify`, send a test message."""
    for name, channel in configuration.channels.items():
        about = f"channel {name}"
        mistake: str | None
        try:
            address = channel.url.read()
            mistake = problem_with(address)
        except SecretUnreadableError as error:
            mistake = str(error)
        if mistake is not None:
            yield Finding(
                about=about, state=State.FAILED, detail=mistake, status=ConfigError.exit_status
            )
        elif not notify:
            detail = "its address is understood; --notify sends a test message"
            yield Finding(about=about, detail=detail)
        else:
            outcome, took_s = send_trial(name, address, clock)
            if isinstance(outcome, Delivered):
                detail = f"accepted the test message in {took_s:.1f} s"
                yield Finding(about=about, detail=detail)
            else:
                detail = f"did not accept the test message: {outcome.reason}"
                yield Finding(about=about, state=State.FAILED, detail=detail, status=1)


def _first_call(client: OrchestratorClient) -> OrchestratorError | None:
    """Sign in and ask whether the server takes traffic. Source: Orchestrator reference, health."""
    try:
        with client.poll(LONGEST.total_seconds()) as poll:
            poll.get(ALIVE, type=msgspec.Raw)
    except OrchestratorError as error:
        # Any other answer than "unreachable" is an answer; its body is empty by design.
        return error
    return None


def _of_collector(
    tenant: str, name: str, folders: Folders, client: OrchestratorClient, clock: Clock
) -> Finding:
    plugin = collectors()[name]
    about = f"{tenant}/{name}"
    snapshot = collect(
        tenant=tenant,
        collector=name,
        ask=plugin.make(tenant, {}, folders),
        client=client,
        clock=clock,
        deadline_s=LONGEST.total_seconds(),
        need=plugin.need,
    )
    match snapshot.outcome:
        case Failed(kind=kind, message=message):
            status = OrchestratorError.exit_status if kind in _UNREACHED else 1
            detail = f"{message}; {_needs(plugin)}" if kind == "forbidden" else message
            return Finding(about=about, state=State.FAILED, detail=detail, status=status)
        case Collected() as seen:
            detail = f"{_counted(seen)} in {snapshot.took_s:.1f} s"
            if seen.skipped:
                detail += f"; {count(seen.skipped, 'row')} could not be read"
            if seen.note:
                detail += f"; {seen.note}"
            elif seen.partial:
                detail += f"; a part was refused: {_needs(plugin)}"
            whole = not (seen.partial or seen.skipped or seen.note)
            state = State.OK if whole else State.WARNING
            return Finding(about=about, state=state, detail=detail)


def _counted(seen: Collected) -> str:
    """Return `41 sessions`, or `4 licenses and 1 subscription`."""
    numbers = dict.fromkeys(seen.kinds, 0)
    for sample in seen.samples:
        numbers[sample.subject.kind] += 1
    told = [count(number, kind, KINDS[kind].plural or kind) for kind, number in numbers.items()]
    return " and ".join(told)


def _needs(plugin: Collector) -> str:
    return (
        f"an external application needs the scopes {' '.join(plugin.scopes)}, a role needs "
        f"{', '.join(plugin.permissions)}"
    )


def _failed(about: str, error: MonitorError) -> Finding:
    return Finding(about=about, state=State.FAILED, detail=str(error), status=error.exit_status)
