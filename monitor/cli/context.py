"""What a command that looks at the history works with: configuration, store, and one instant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.clock import SystemClock

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
    from monitor.config.history import open_history  # noqa: PLC0415 - slow to import
    from monitor.config.load import load  # noqa: PLC0415 - slow to import

    configuration = load(config, read_secrets=False)
    store = open_history(configuration)
    try:
        yield Opened(configuration=configuration, store=store, now=SystemClock().now())
    finally:
        store.close()
