"""What is committed is on the disk, however a server is set up."""

from collections.abc import Iterator

import pytest

from monitor.store import open_store
from monitor.store.database import session_engine
from tests.integration.durability.vigil import rows
from tests.postgres import PostgresServer


@pytest.fixture
def lax(postgres: PostgresServer) -> Iterator[str]:
    """The URL of a database whose commits are not synchronous unless asked for."""
    name = postgres.create(postgres.migrated())
    postgres.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    yield postgres.url_of(name)
    postgres.drop(name)


def test_commits_on_postgres_are_synchronous_where_the_server_is_lax(lax: str) -> None:
    store = open_store(lax)
    assert rows(store, "SHOW synchronous_commit") == [("on",)]
    with store.writing() as write:
        assert write.connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
    store.close()


def test_whoever_asks_for_another_kind_of_commit_gets_it(lax: str) -> None:
    more = "&" if "?" in lax else "?"
    store = open_store(f"{lax}{more}options=-c%20synchronous_commit%3Dremote_apply")
    assert rows(store, "SHOW synchronous_commit") == [("remote_apply",)]
    store.close()


def test_a_silent_host_is_given_up_within_a_minute(lax: str) -> None:
    store = open_store(lax)
    engine = session_engine(store.place, "orchestrator-monitor test")
    for made in (store.database.writer, store.database.reader, engine):
        connection = made.raw_connection()
        assert connection.driver_connection is not None
        given = connection.driver_connection.info.get_parameters()
        assert (given["tcp_user_timeout"], given["keepalives_idle"]) == ("40000", "10")
        connection.close()
    engine.dispose()
    store.close()
