"""Which schema a database has, told without alembic: importing it costs a quarter of a second."""

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, inspect, text

from monitor.errors import SchemaOutdated, StoreUnavailable
from monitor.store.database import Database

HEAD = "0003"
"""The newest revision in `migrations/versions`; a test compares."""

UPGRADE = "run `orchestrator-monitor db upgrade`"


class SchemaState(StrEnum):
    """How a database's schema stands to this program."""

    MISSING = "missing"
    BEHIND = "behind"
    CURRENT = "current"
    AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class Version:
    """The stored revision (None: no tables yet), and what it means for this program."""

    revision: str | None
    state: SchemaState


def read_version(connection: Connection) -> Version:
    """Return which schema the database has."""
    if not inspect(connection).has_table("alembic_version"):
        return Version(None, SchemaState.MISSING)
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return version_of(revision)


def version_of(revision: str | None) -> Version:
    """Return what a revision means: they are numbered, so a higher one is a newer program's."""
    if revision is None:
        return Version(None, SchemaState.MISSING)
    if revision == HEAD:
        return Version(revision, SchemaState.CURRENT)
    return Version(revision, SchemaState.BEHIND if revision < HEAD else SchemaState.AHEAD)


def schema_version(database: Database) -> Version:
    """Return which schema a database has; a SQLite file that is not there has none.

    Raises:
        StoreUnavailable: it cannot be read.
    """
    file = database.place.file
    if file is not None and not file.exists():
        return Version(None, SchemaState.MISSING)
    with database.reading() as connection:
        return read_version(connection)


def require_current(database: Database) -> None:
    """Do nothing when the schema is this program's.

    Raises:
        SchemaOutdated: it is older, or newer than this program.
        StoreUnavailable: there is no database yet.
    """
    version = schema_version(database)
    place = database.place
    if version.state is SchemaState.MISSING:
        msg = f"{place.shown}: there is no history yet: start the daemon, or {UPGRADE}"
        raise StoreUnavailable(msg)
    if version.state is SchemaState.BEHIND:
        msg = f"{place.shown}: schema {version.revision} is older than this program's: {UPGRADE}"
        raise SchemaOutdated(msg)
    if version.state is SchemaState.AHEAD:
        raise SchemaOutdated(newer_than_program(place.shown, version))


def newer_than_program(shown: str, version: Version) -> str:
    """Return the sentence for a schema that only a newer program understands."""
    return (
        f"{shown}: schema {version.revision} is newer than this program understands ({HEAD}): "
        "install the newer orchestrator-monitor, or restore the backup made before the upgrade"
    )
