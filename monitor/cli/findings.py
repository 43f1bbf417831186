"""What `check` finds: each function looks at one thing and yields what it saw, with the cure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from monitor.channels import problem_with
from monitor.cli.config import extent
from monitor.cli.maintenance import NONE_AHEAD, told
from monitor.cli.trial import send_trial
from monitor.clock import Clock
from monitor.config.compose import Configuration
from monitor.config.history import open_history
from monitor.config.secrets import SecretUnreadableError
from monitor.core.delivery import Delivered
from monitor.errors import (
    ConfigError,
    MonitorError,
    StoreError,
)
from monitor.store.schema import schema_state
from monitor.store.version import SchemaState, require_current

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
        yield failed("database", error)
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
        yield failed("database", error)
    finally:
        store.close()


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


def failed(about: str, error: MonitorError) -> Finding:
    """Return that an error came of it."""
    return Finding(about=about, state=State.FAILED, detail=str(error), status=error.exit_status)
