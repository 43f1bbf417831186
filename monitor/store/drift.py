"""Whether tables, columns, indexes and views are those of this program; makes views anew."""

from sqlalchemy import Connection, inspect

from monitor.store import views
from monitor.store.finding import About, Finding
from monitor.store.metadata import METADATA
from monitor.store.store import Store

_ALTERED = "undo what altered it, or restore a backup of this version"
_VIEWS = "`orchestrator-monitor db upgrade` makes it anew"


def drift(connection: Connection) -> list[Finding]:
    """Return in what a database of the current revision differs from what the program expects."""
    tables = [Finding(About.DRIFT, one, _ALTERED) for one in _of_tables(connection)]
    missing = [f"the view {name} is missing" for name in _missing_views(connection)]
    # Over tables that are others, a view of the program may not even be made to compare.
    others = [] if tables else [f"the view {name} is another" for name in _other_views(connection)]
    return tables + [Finding(About.DRIFT, one, _VIEWS) for one in (*missing, *others)]


def mend_views(store: Store) -> int:
    """Make all views anew where one is missing or another; return how many were.

    The schema must be current.
    """
    with store.reading() as connection:
        wrong = [*_missing_views(connection), *_other_views(connection)]
    if wrong:
        with store.writing() as write:
            views.drop(write.connection)
            views.create(write.connection)
    return len(wrong)


def _of_tables(connection: Connection) -> list[str]:
    # Imported here: only this command needs it.
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415

    def ours(item: object, _name: str | None, kind: str, reflected: bool, _to: object) -> bool:  # noqa: FBT001  # alembic's signature
        name = getattr(item, "name", "")
        return not (kind == "table" and reflected and name not in METADATA.tables)

    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "include_object": ours}
    )
    return [_described(found) for found in compare_metadata(context, METADATA)]


def _described(found: object) -> str:
    """Say what alembic found: what would have to be done, in a tuple; several for one column."""
    one = found[0] if isinstance(found, list) and found else found
    if not isinstance(one, tuple):
        return f"the tables differ: {one}"
    what, *about = one
    verb, _, thing = what.partition("_")
    if verb == "modify":
        return f"the column {about[1]}.{about[2]} is another: its {thing}"
    state = "is missing" if verb == "add" else "is not the program's"
    if thing == "table":
        return f"the table {about[0].name} {state}"
    if thing == "column":
        return f"the column {about[1]}.{about[2].name} {state}"
    kind = "foreign key" if thing == "fk" else thing
    return f"the {kind} {about[0].name} of {about[0].table.name} {state}"


def _missing_views(connection: Connection) -> list[str]:
    there = inspect(connection).get_view_names()
    return sorted(views.definitions(connection.dialect.name).keys() - set(there))


def _other_views(connection: Connection) -> list[str]:
    there = inspect(connection).get_view_names()
    return [
        name
        for name, select in views.definitions(connection.dialect.name).items()
        if name in there and not _is_as_made(connection, name, select)
    ]


def _is_as_made(connection: Connection, name: str, select: str) -> bool:
    """Tell whether a view is the program's: by its text, on Postgres by its columns.

    Postgres keeps no text: it writes what it understood in its own words.
    """
    if connection.dialect.name == "sqlite":
        text = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'view' AND name = ?", (name,)
        ).scalar()
        return str(text).partition("\n")[2] == select
    columns = [column["name"] for column in inspect(connection).get_columns(name)]
    result = connection.exec_driver_sql(f"SELECT * FROM ({select}) AS made LIMIT 0")  # noqa: S608  # our own
    return columns == list(result.keys())
