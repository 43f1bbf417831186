"""What a command that looks at the history works with: configuration, store, and one instant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.clock import SystemClock
from monitor.errors import ConfigError, Problem

if TYPE_CHECKING:
    from monitor.config.compose import Configuration
    from monitor.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """An open history. `now` is read once, so that every age in one answer fits the others."""

    configuration: "Configuration"
    store: "Store"
    now: datetime


@contextmanager
def opened(config: Path | None) -> Iterator[Opened]:
    """Load the configuration and open its history, to read.

    Secrets of tenants and channels need not be there: whoever may read the history may ask.

    Raises:
        ConfigError: the configuration has mistakes, or the database's password is not there.
        StoreError: the database cannot be opened.
    """
    from monitor.config.load import load  # noqa: PLC0415 - slow to import

    configuration = load(config, read_secrets=False)
    store = open_history(configuration)
    try:
        yield Opened(configuration=configuration, store=store, now=SystemClock().now())
    finally:
        store.close()


def open_history(configuration: "Configuration") -> "Store":
    """Return the store that the configuration names, without connecting.

    Raises:
        ConfigError: its password cannot be read.
        StoreUnavailable: the URL or the driver is wrong.
    """
    from monitor.config.secrets import SecretUnreadableError  # noqa: PLC0415 - slow to import
    from monitor.store.store import open_store  # noqa: PLC0415 - slow to import

    try:
        password = configuration.password()
    except SecretUnreadableError as error:
        problem = Problem(file=str(configuration.file), key="database.password", message=str(error))
        raise ConfigError((problem,)) from None
    return open_store(configuration.database_url, password)
