"""`db check`: is the file sound, is the schema the one that the program expects?"""

from dataclasses import dataclass

from sqlalchemy import Connection, inspect

from monitor.store import views
from monitor.store.failures import translated
from monitor.store.metadata import METADATA
from monitor.store.store import Store
from monitor.store.version import SchemaState, Version, read_version


@dataclass(frozen=True, slots=True)
class Health:
    """What a check found; `findings` are sentences, none of them when all is well."""

    version: Version
    findings: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing was found."""
        return not self.findings


def check(store: Store) -> Health:
    """Examine a database: its pages (SQLite), its revision, and its tables and views.

    Raises:
        StoreUnavailable: it cannot be opened.
    """
    database = store.database
    with database.reading() as connection:
        findings = _damage(connection)
        version = read_version(connection)
        if version.state is not SchemaState.CURRENT:
            found = f"the schema is {version.state}: revision {version.revision or 'none'}"
            return Health(version, (*findings, found))
        with translated(database.place):
            findings += _drift(connection)
    return Health(version, tuple(findings))


def _damage(connection: Connection) -> list[str]:
    if connection.dialect.name != "sqlite":
        return []
    results = connection.exec_driver_sql("PRAGMA quick_check").scalars().all()
    damage = [f"the file is damaged: {result}" for result in results if result != "ok"]
    orphans = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    damage += [f"a row of {row[0]} has lost its parent in {row[2]}" for row in orphans]
    return damage


def _drift(connection: Connection) -> list[str]:
    # Imported here: only this command needs it.
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    def ours(item: object, _name: str | None, kind: str, reflected: bool, _to: object) -> bool:  # noqa: FBT001  # alembic's signature
        name = getattr(item, "name", "")
        return not (kind == "table" and reflected and name not in METADATA.tables)

    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "include_object": ours}
    )
    drift = [f"the tables differ: {found}" for found in compare_metadata(context, METADATA)]
    expected = set(views.definitions(connection.dialect.name))
    there = set(inspect(connection).get_view_names())
    drift += [f"the view {name} is missing" for name in sorted(expected - there)]
    return drift
