"""Brings a database to this program's schema, safely beside other processes that do the same."""

import fcntl
import importlib.resources
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from monitor.errors import SchemaOutdated, StoreUnavailable
from monitor.store.database import create_file, migration_engine
from monitor.store.failures import translated
from monitor.store.place import Place
from monitor.store.store import Store
from monitor.store.version import (
    HEAD,
    SchemaState,
    Version,
    newer_than_program,
    read_version,
    schema_version,
)

if TYPE_CHECKING:
    from alembic.config import Config

# Any number will do, as long as nobody else takes it: "omig" in ASCII.
MIGRATION_LOCK = 0x6F6D6967
WAIT_S = 600


@dataclass(frozen=True, slots=True)
class Upgrade:
    """What `upgrade` did: from which revision (None: an empty database) to which."""

    before: str | None
    after: str

    @property
    def changed(self) -> bool:
        """Tell whether anything was done."""
        return self.before != self.after


def schema_state(store: Store) -> Version:
    """Return which schema the database has, and what that means for this program."""
    return schema_version(store.database)


def upgrade(store: Store) -> Upgrade:
    """Create the database where there is none, and run the migrations that are missing.

    Of several processes at once one migrates and the others wait for it.

    Raises:
        SchemaOutdated: the schema is newer than this program.
        StoreUnavailable: the database cannot be written, or another process migrates for more
            than ten minutes.
    """
    place = store.place
    version = schema_version(store.database)
    if version.state is SchemaState.CURRENT:
        return Upgrade(HEAD, HEAD)
    create_file(place)
    with translated(place), _alone(place) as connection:
        before = read_version(connection)
        # The look above opened a transaction, in which pragmas would have no effect.
        connection.rollback()
        if before.state is SchemaState.AHEAD:
            raise SchemaOutdated(newer_than_program(place.shown, before))
        if before.state is not SchemaState.CURRENT:
            run_migrations(connection, HEAD)
        return Upgrade(before.revision, HEAD)


def run_migrations(connection: Connection, revision: str) -> None:
    """Migrate up or down to a revision ("base": to nothing), in one transaction."""
    # Imported here, since a daemon whose schema is current never needs it.
    from alembic import command  # noqa: PLC0415

    config = alembic_config()
    config.attributes["connection"] = connection
    current = read_version(connection).revision
    connection.rollback()
    with connection.begin():
        if revision == "base" or (current is not None and revision < current):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
        if connection.dialect.name == "sqlite":
            orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            if orphan is not None:
                msg = f"the migration would leave rows without their parents: {tuple(orphan)}"
                raise StoreUnavailable(msg)


def alembic_config() -> "Config":
    """Return alembic's configuration, without a file: an installed wheel has none."""
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(migrations_directory()).replace("%", "%%"))
    return config


def migrations_directory() -> Path:
    """Return where the migrations are: inside an installed package, or beside it in a checkout."""
    package = Path(str(importlib.resources.files("monitor")))
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


@contextmanager
def _alone(place: Place) -> Iterator[Connection]:
    """Open a connection for migrations while no other process has one."""
    engine = migration_engine(place)
    try:
        if place.file is not None:
            with _locked_file(place, place.file), engine.connect() as connection:
                yield connection
            return
        with engine.connect() as guard, engine.connect() as connection:
            guard.exec_driver_sql(f"SET lock_timeout = '{WAIT_S}s'")
            guard.exec_driver_sql(f"SELECT pg_advisory_lock({MIGRATION_LOCK})")
            guard.commit()
            # The lock belongs to the session: closing it, in whatever way, gives it back.
            yield connection
    finally:
        engine.dispose()


@contextmanager
def _locked_file(place: Place, file: Path) -> Iterator[None]:
    path = file.with_name(f"{file.name}.migrate.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        msg = f"{place.shown}: {path} cannot be written: {error.strerror}"
        raise StoreUnavailable(msg) from error
    try:
        _wait_for(place, descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for(place: Place, descriptor: int) -> None:
    pause = threading.Event()
    for _ in range(WAIT_S * 20):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pause.wait(0.05)
        else:
            return
    msg = f"{place.shown}: another process has been migrating it for {WAIT_S // 60} minutes"
    raise StoreUnavailable(msg)
