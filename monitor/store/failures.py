"""Turns what the database libraries raise into our errors: what happened, where, what to do."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from monitor.errors import SchemaOutdated, StoreError, StoreUnavailable
from monitor.store.place import Place

_UPGRADE = "run `orchestrator-monitor db upgrade`"

# Source: SQLite documentation, result codes; the whole name decides, or that of the primary code.
_SQLITE_CURES = {
    "BUSY": "another program has kept it locked for 10 s: end that program, or try again",
    "LOCKED": "another program has kept it locked for 10 s: end that program, or try again",
    "FULL": "the disk is full: free some space",
    "IOERR_SHMSIZE": "the disk is full: free some space",
    "READONLY": "it, or its directory, is read-only for this user: check owner and permissions",
    "CANTOPEN": "it cannot be opened: check that the directory exists and is writable",
    "PERM": "it may not be opened: check owner and permissions",
    "NOTADB": "the file is not a SQLite database: give another name, or move the file away",
    "CORRUPT": "the file is damaged: restore a backup, or move it away to begin anew",
    "IOERR": "the disk reports an error: look at the system's log",
}

# Source: PostgreSQL documentation, appendix A (error codes); five characters, or a class of two.
_POSTGRES_CURES = {
    "28P01": "the user name or password is refused: check the URL and the password beside it",
    "28": "the server does not let this user in: check the URL, and pg_hba.conf on the server",
    "3D000": "this database does not exist on the server: create it (createdb)",
    "42501": "this user lacks a privilege: grant it all on the schema",
    "25006": "the server is read-only (a standby?): give the address of the primary",
    "53100": "the server's disk is full: free some space",
    "53300": "the server has no connection left: raise max_connections, or end other programs",
    "55P03": "another session has kept a lock for 10 s: end it, or try again",
    "57014": "a statement took longer than 30 s and was cancelled: look at the server's load",
    "57": "the server is stopping or starting: try again",
    "08": "the connection was lost: check the server and the network",
}

# A refused connection has no code, only the words of libpq.
_POSTGRES_WORDS = {
    "password authentication failed": _POSTGRES_CURES["28P01"],
    "no password supplied": "the server wants a password: set password_file or password_env",
    "no pg_hba.conf entry": _POSTGRES_CURES["28"],
    "does not exist": "check the database and the user in the URL",
    "connection refused": "nothing answers there: check host and port, and that the server runs",
    "could not translate host name": "the host is not known: check the URL",
    "failed to resolve host": "the host is not known: check the URL",
    "timeout": "no answer in time: check host, port and firewall",
    "starting up": _POSTGRES_CURES["57"],
    "too many clients": _POSTGRES_CURES["53300"],
}


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Let nothing of the database libraries out of this block but a StoreError."""
    try:
        yield
    except SQLAlchemyError as error:
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise translate(place, cause) from error
    except sqlite3.Error as error:
        raise translate(place, error) from error
    except (json.JSONDecodeError, UnicodeDecodeError, OverflowError) as error:
        # Nobody has written such a document, text or instant.
        cure = _SQLITE_CURES["CORRUPT"] if place.file else "its rows are damaged: restore a backup"
        msg = f"{place.shown}: {cure} ({error})"
        raise StoreUnavailable(msg) from error
    except Exception as error:
        # psycopg is an extra, so its errors are known by their module.
        if not type(error).__module__.startswith("psycopg"):
            raise
        raise translate(place, error) from error


def translate(place: Place, error: BaseException) -> StoreError:
    """Return our error for one of a database library."""
    text = place.masked(str(error)).strip()
    first_line = text.splitlines()[0] if text else type(error).__name__
    if isinstance(error, sqlite3.Error):
        return _of_sqlite(place, error, first_line)
    return _of_postgres(place, error, first_line, text)


def driver_missing(place: Place) -> StoreError:
    """Return the error for a Postgres URL without the Postgres driver."""
    return StoreUnavailable(
        f"{place.shown}: Postgres needs the driver: pip install 'orchestrator-monitor[postgres]'"
    )


def _of_sqlite(place: Place, error: sqlite3.Error, first_line: str) -> StoreError:
    if "no such table" in first_line or "no such column" in first_line:
        return SchemaOutdated(f"{place.shown}: the schema is not this program's: {_UPGRADE}")
    name = getattr(error, "sqlite_errorname", "") or ""
    code = name.removeprefix("SQLITE_")
    cure = _SQLITE_CURES.get(code) or _SQLITE_CURES.get(code.partition("_")[0])
    if "Could not decode to UTF-8" in first_line:
        # The driver's own words, without a code, for a text that is none.
        cure, first_line = _SQLITE_CURES["CORRUPT"], "a text that is none"
    if cure is None:
        return StoreError(f"{place.shown}: the database refused a statement: {first_line}")
    return StoreUnavailable(f"{place.shown}: {cure} ({first_line})")


def _of_postgres(place: Place, error: BaseException, first_line: str, text: str) -> StoreError:
    code = getattr(error, "sqlstate", None) or ""
    if code in {"42P01", "42703"}:
        return SchemaOutdated(f"{place.shown}: the schema is not this program's: {_UPGRADE}")
    cure = _POSTGRES_CURES.get(code) or _POSTGRES_CURES.get(code[:2])
    if cure is None and not code:
        lower = text.lower()
        cure = next((cure for words, cure in _POSTGRES_WORDS.items() if words in lower), None)
        if cure is None and type(error).__name__ in {"OperationalError", "InterfaceError"}:
            cure = "the connection failed: check the server and the network"
    if cure is None:
        return StoreError(f"{place.shown}: the database refused a statement: {first_line}")
    return StoreUnavailable(f"{place.shown}: {cure} ({first_line})")
