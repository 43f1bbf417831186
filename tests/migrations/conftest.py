from collections.abc import Callable, Iterator

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from monitor.store import Store, open_store
from monitor.store.database import migration_engine
from monitor.store.place import parse_place
from monitor.store.schema import alembic_config
from monitor.store.version import HEAD
from tests.migrations.past import Past

EARLIER = sorted(
    script.revision
    for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()
    if script.revision != HEAD
)


@pytest.fixture(params=EARLIER)
def past(request: pytest.FixtureRequest, empty_database_url: str) -> Past:
    """The database of an earlier revision, with something in every table."""
    engine = migration_engine(parse_place(empty_database_url))
    with engine.connect() as connection:
        made = Past(connection, request.param)
    engine.dispose()
    return made


@pytest.fixture
def behind(past: Past, empty_database_url: str) -> Iterator[Store]:
    """That database as this program opens it."""
    opened = open_store(empty_database_url)
    yield opened
    opened.close()


@pytest.fixture
def look(empty_database_url: str) -> Iterator[Callable[[], Connection]]:
    """Connect to the test's database, past the store."""
    engine = migration_engine(parse_place(empty_database_url))
    opened: list[Connection] = []

    def look() -> Connection:
        opened.append(engine.connect())
        return opened[-1]

    yield look
    for connection in opened:
        connection.close()
    engine.dispose()
