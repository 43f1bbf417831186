"""Databases for the tests: every test of the store runs on SQLite and on Postgres."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from monitor.store import Store, open_store
from monitor.store.schema import upgrade
from tests.postgres import PostgresServer, postgres_server


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Iterator[PostgresServer]:
    """One server for the whole run, all workers of pytest-xdist included."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    with postgres_server(run[:16]) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with the current schema, to be copied."""
    file = tmp_path_factory.mktemp("template") / "history.db"
    store = open_store(f"sqlite:///{file}")
    upgrade(store)
    store.close()
    return file


@pytest.fixture(params=["sqlite", "postgres"])
def dialect(request: pytest.FixtureRequest) -> str:
    """The database that the test runs on."""
    return str(request.param)


@pytest.fixture
def empty_database_url(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[str]:
    """The URL of a database without tables."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture
def database_url(dialect: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with the current schema and nothing in it."""
    if dialect == "sqlite":
        file = tmp_path / "history.db"
        shutil.copyfile(request.getfixturevalue("migrated_file"), file)
        yield f"sqlite:///{file}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create(server.migrated())
    yield server.url_of(name)
    server.drop(name)


@pytest.fixture
def reopen(database_url: str) -> Iterator[Callable[[], Store]]:
    """Open the test's database again and again, as restarted daemons would."""
    opened: list[Store] = []

    def open_again() -> Store:
        store = open_store(database_url)
        opened.append(store)
        return store

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture
def store(reopen: Callable[[], Store]) -> Store:
    """The test's database, open."""
    return reopen()
