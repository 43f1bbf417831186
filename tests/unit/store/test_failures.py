import json
import sqlite3

import psycopg
import psycopg.errors
import pytest
from pydantic import SecretStr
from sqlalchemy.exc import ArgumentError, OperationalError

from monitor.errors import SchemaOutdated, StoreError, StoreUnavailable
from monitor.store.failures import driver_missing, translate, translated
from monitor.store.place import Place, parse_place

FILE = parse_place("sqlite:////var/lib/history.db")
SERVER = parse_place("postgresql://monitor@db.example/monitor", SecretStr("top-secret"))


def of_sqlite(name: str, message: str = "went wrong") -> sqlite3.Error:
    error = sqlite3.OperationalError(message)
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("SQLITE_BUSY", "another program"),
        ("SQLITE_BUSY_SNAPSHOT", "another program"),
        ("SQLITE_FULL", "disk is full"),
        ("SQLITE_READONLY_DIRECTORY", "read-only"),
        ("SQLITE_CANTOPEN", "cannot be opened"),
        ("SQLITE_NOTADB", "not a SQLite database"),
        ("SQLITE_CORRUPT_INDEX", "damaged"),
        ("SQLITE_IOERR_WRITE", "disk reports an error"),
        ("SQLITE_IOERR_SHMSIZE", "disk is full"),
    ],
)
def test_each_failure_of_sqlite_has_its_cure(name: str, cure: str) -> None:
    error = translate(FILE, of_sqlite(name))
    assert isinstance(error, StoreUnavailable)
    assert str(error).startswith("sqlite:////var/lib/history.db: ")
    assert cure in str(error)


@pytest.mark.parametrize(
    ("failure", "cure"),
    [
        (psycopg.errors.InvalidPassword("no"), "password is refused"),
        (psycopg.errors.InvalidCatalogName("no"), "createdb"),
        (psycopg.errors.DiskFull("no"), "disk is full"),
        (psycopg.errors.LockNotAvailable("no"), "kept a lock"),
        (psycopg.errors.QueryCanceled("no"), "longer than 30 s"),
        (psycopg.errors.AdminShutdown("no"), "stopping or starting"),
        (psycopg.errors.ReadOnlySqlTransaction("no"), "read-only"),
        (psycopg.errors.InsufficientPrivilege("no"), "privilege"),
        (psycopg.OperationalError("FATAL: password authentication failed"), "is refused"),
        (psycopg.OperationalError("fe_sendauth: no password supplied"), "wants a password"),
        (psycopg.OperationalError("Connection refused"), "nothing answers there"),
        (psycopg.OperationalError("connection timeout expired"), "no answer in time"),
        (psycopg.OperationalError("failed to resolve host 'x'"), "host is not known"),
        (psycopg.OperationalError("something new"), "check the server and the network"),
    ],
)
def test_each_failure_of_postgres_has_its_cure(failure: psycopg.Error, cure: str) -> None:
    error = translate(SERVER, failure)
    assert isinstance(error, StoreUnavailable)
    assert str(error).startswith("postgresql://monitor@db.example/monitor: ")
    assert cure in str(error)


def test_a_missing_table_asks_for_an_upgrade_on_both() -> None:
    missing = sqlite3.OperationalError("no such table: polls")
    assert isinstance(translate(FILE, missing), SchemaOutdated)
    assert isinstance(translate(SERVER, psycopg.errors.UndefinedTable("x")), SchemaOutdated)


def test_a_password_in_a_librarys_text_is_masked() -> None:
    error = translate(SERVER, psycopg.OperationalError("bad: password=top-secret\nand more"))
    assert "top-secret" not in str(error)
    assert "\n" not in str(error)


def test_a_fault_of_ours_is_a_store_error_without_a_cure() -> None:
    error = translate(SERVER, psycopg.errors.UniqueViolation("duplicate key"))
    assert type(error) is StoreError
    assert "duplicate key" in str(error)


@pytest.mark.parametrize(
    "raised",
    [
        sqlite3.OperationalError("x"),
        psycopg.OperationalError("x"),
        OperationalError("SELECT 1", {}, psycopg.OperationalError("x")),
        ArgumentError("x"),
    ],
)
def test_no_error_of_a_library_leaves_the_block(raised: Exception) -> None:
    with pytest.raises(StoreError) as caught, translated(SERVER):
        raise raised
    assert caught.value.__cause__ is raised


@pytest.mark.parametrize("place", [FILE, SERVER])
@pytest.mark.parametrize(
    "raised",
    [
        json.JSONDecodeError("Expecting ':' delimiter", '{"queue', 7),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid start byte"),
        OverflowError("date value out of range"),
    ],
)
def test_what_nobody_can_have_written_is_damage(place: Place, raised: Exception) -> None:
    with pytest.raises(StoreUnavailable, match="damaged: restore a backup"), translated(place):
        raise raised


def test_a_text_that_is_none_is_damage() -> None:
    error = sqlite3.OperationalError("Could not decode to UTF-8 column 'name' with text '\x1b'")
    assert "the file is damaged" in str(translate(FILE, error))
    assert "\x1b" not in str(translate(FILE, error))


def test_an_error_of_the_caller_passes_unchanged() -> None:
    with pytest.raises(KeyError), translated(SERVER):
        raise KeyError("mine")


def test_a_missing_driver_says_what_to_install() -> None:
    assert "pip install 'orchestrator-monitor[postgres]'" in str(driver_missing(SERVER))
