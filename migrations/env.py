"""Runs the migrations: on the connection of the program, or on `-x url=…` for development.

The views are dropped before and made anew after, since SQLite cannot alter a table that a view
reads, and so that no migration has to repeat them.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from monitor.store import views
from monitor.store.database import migration_engine
from monitor.store.metadata import METADATA
from monitor.store.place import parse_place
from monitor.store.version import HEAD


def render_item(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    """Write plain types into new migrations: ours may change, a migration may not."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return "sa.BigInteger()"
    return False


def include_object(
    item: object,
    _name: str | None,
    kind: str,
    reflected: bool,  # noqa: FBT001  # alembic's signature
    _other: object,
) -> bool:
    """Leave tables alone that are not ours."""
    return not (kind == "table" and reflected and getattr(item, "name", "") not in METADATA.tables)


def migrate(connection: Connection) -> None:
    """Run what was asked for; the caller commits."""
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,
        render_item=render_item,
        include_object=include_object,
    )
    views.drop(connection)
    with context.begin_transaction():
        context.run_migrations()
    # A migration context knows the revision by the table, not by what was planned.
    if context.get_context().get_current_heads() == (HEAD,):
        views.create(connection)


def connect() -> None:
    """Take the program's connection, or open one."""
    given: Any = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not url:
        raise SystemExit("say which database: alembic -x url=sqlite:///FILE …")
    engine = migration_engine(parse_place(url))
    with engine.begin() as connection:
        migrate(connection)
    engine.dispose()


connect()
