"""`db check`: is the file sound, is the schema the program's, does every row belong somewhere?"""

from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from monitor.errors import StoreUnavailable
from monitor.store.drift import drift
from monitor.store.finding import About, Finding
from monitor.store.orphans import orphans, overlaps
from monitor.store.store import Store
from monitor.store.version import UPGRADE, SchemaState, Version, read_version

_MOST = 20
_RESTORE = "restore a backup, or move the file away to begin anew"


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found: `problems` with their cures, none of them when all is well."""

    version: Version
    problems: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing was found."""
        return not self.problems

    @property
    def findings(self) -> tuple[str, ...]:
        """Return what is wrong, without the cures."""
        return tuple(problem.what for problem in self.problems)


def check(store: Store) -> Health:
    """Examine a database: its pages (SQLite), its revision, its tables and views, its rows.

    Raises:
        StoreUnavailable: it cannot be opened.
    """
    version, damage, found = Version(None, SchemaState.MISSING), list[Finding](), list[Finding]()
    file = store.place.file
    if file is not None and not file.exists():
        # Opening it would make it.
        return Health(version, (_outdated(version),))
    try:
        with store.database.reading() as connection:
            _take_time(connection)
            damage += _damage(connection)
            version, found = _examine(connection, is_sound=not damage)
    except StoreUnavailable:
        # What else cannot be read of a damaged file is no news.
        if not damage:
            raise
    return Health(version, (*damage, *found))


def _examine(connection: Connection, *, is_sound: bool) -> tuple[Version, list[Finding]]:
    version = read_version(connection)
    if version.state is not SchemaState.CURRENT:
        return version, [_outdated(version)]
    found = drift(connection)
    # The rows of tables that are not the program's cannot be asked for, those of a damaged file may
    # be anything.
    if is_sound and not found:
        found = [*orphans(connection), *overlaps(connection)]
    return version, found


def _take_time(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # A look at every row may take longer than a statement of the daemon may.
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def _outdated(version: Version) -> Finding:
    what = f"the schema is {version.state}: revision {version.revision or 'none'}"
    cure = "install the newer program" if version.state is SchemaState.AHEAD else UPGRADE
    return Finding(About.SCHEMA, what, cure)


def _damage(connection: Connection) -> list[Finding]:
    """Return what SQLite says of its file; Postgres looks after its own."""
    if connection.dialect.name != "sqlite":
        return []
    results: list[str] = []
    try:
        for text in connection.exec_driver_sql(f"PRAGMA integrity_check({_MOST})").scalars():
            results += str(text).splitlines()
    except DBAPIError as error:
        # It may come upon a page that ends even this look.
        if getattr(error.orig, "sqlite_errorname", "") != "SQLITE_CORRUPT":
            raise
        results.append(str(error.orig))
    return [
        Finding(About.DAMAGE, f"the file is damaged: {result}", _RESTORE)
        for result in results[:_MOST]
        if result != "ok"
    ]
