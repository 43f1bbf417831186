"""Opens the history that a configuration names: for the daemon and the commands alike."""

from collections.abc import Mapping
from datetime import timedelta

from monitor.config.compose import Configuration
from monitor.config.plugins import collectors
from monitor.config.secrets import SecretUnreadableError
from monitor.core.kinds import KINDS
from monitor.errors import ConfigError, Problem
from monitor.store.retention import Retention
from monitor.store.rolling import Watch
from monitor.store.store import Store, open_store


def open_history(configuration: Configuration) -> Store:
    """Return the store that the configuration names, without connecting.

    Raises:
        ConfigError: its password cannot be read.
        StoreUnavailable: the URL or the driver is wrong.
    """
    try:
        password = configuration.password()
    except SecretUnreadableError as error:
        problem = Problem(file=str(configuration.file), key="database.password", message=str(error))
        raise ConfigError((problem,)) from None
    return open_store(configuration.database_url, password)


def retention_of(configuration: Configuration) -> Retention:
    """Return how long the configuration has things kept."""
    table = configuration.settings.retention
    return Retention(
        full=table.full,
        hourly=table.hourly,
        daily=table.daily,
        alerts=table.alerts,
        watches=watches(configuration.collectors),
    )


def watches(running: Mapping[str, timedelta]) -> Mapping[str, Watch]:
    """Return who looks at each kind that has a history; `running` says how often, where it does."""
    return {
        kind: Watch(name, running.get(name, collector.every))
        for name, collector in collectors().items()
        for kind in collector.kinds
        if KINDS[kind].history is not None
    }
