"""Engines and transactions: one writer at a time, readers beside it.

Every commit is synchronous (`synchronous=FULL`; Postgres' default, asked for by each connection,
since a server may be set otherwise). With one transaction a poll, the sync costs less than the
transaction itself, and no power cut can lose a delivery that was promised; a second, weaker kind of
commit for samples would save nothing that can be felt.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext

from monitor.errors import StoreUnavailable
from monitor.store.failures import driver_missing, translated
from monitor.store.place import Place

LOCK_WAIT_S = 10
STATEMENT_LIMIT_S = 30
CONNECT_LIMIT_S = 5
SILENCE_LIMIT_S = 40
"""So long a Postgres host that died without a word is waited for."""
_READ_ONLY = "25006"
"""What a server says that was the primary before (PostgreSQL, appendix A: error codes)."""


@dataclass(slots=True)
class Database:
    """A database and its engines; nothing is opened before it is needed."""

    place: Place
    writer: Engine
    reader: Engine
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _writing_thread: int | None = None

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction, alone: committed at the end, rolled back when anything raises.

        Raises:
            StoreError: also when the commit fails.
        """
        if self._writing_thread == threading.get_ident():
            raise RuntimeError("a transaction is already open in this thread")
        with self._lock, translated(self.place):
            self._writing_thread = threading.get_ident()
            try:
                with self.writer.begin() as connection:
                    yield connection
            finally:
                self._writing_thread = None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one state of the database and cannot change it."""
        with translated(self.place), self.reader.begin() as connection:
            yield connection

    @contextmanager
    def alone(self) -> Iterator[DBAPIConnection]:
        """Lend the driver's own connection, without a transaction, while nobody here writes.

        For the few statements of SQLite that must not be in one.

        Raises:
            StoreError: one of them failed.
        """
        with self._lock, translated(self.place):
            borrowed = self.writer.raw_connection()
            try:
                yield borrowed
            finally:
                borrowed.close()

    def close(self) -> None:
        """Give back all connections."""
        self.writer.dispose()
        self.reader.dispose()


def open_database(place: Place) -> Database:
    """Return the database at a place, without connecting.

    Raises:
        StoreUnavailable: the driver for Postgres is not installed.
    """
    if place.file is not None:
        return Database(place, _sqlite(place, write=True), _sqlite(place, write=False))
    try:
        return Database(place, _postgres(place, read_only=False), _postgres(place, read_only=True))
    except ModuleNotFoundError as error:
        raise driver_missing(place) from error


def migration_engine(place: Place) -> Engine:
    """Return an engine for migrations: nothing pooled, no foreign keys, no time limit.

    SQLite alters a table by making a new one and dropping the old; with foreign keys on, the drop
    deletes every row that refers to it.
    """
    if place.file is not None:
        engine = create_engine(place.url, poolclass=NullPool)
        _set_up_sqlite(engine, begin="BEGIN IMMEDIATE", foreign_keys=False, read_only=False)
        return engine
    try:
        return create_engine(
            place.url, poolclass=NullPool, connect_args=_connect_args(place, statement_limit_s=0)
        )
    except ModuleNotFoundError as error:
        raise driver_missing(place) from error


def session_engine(place: Place, application_name: str) -> Engine:
    """Return an engine for one Postgres connection that is kept open and never pooled.

    A host that dies takes its lock along only when the server notices: within a minute here.
    """
    arguments = {
        **_connect_args(place, statement_limit_s=STATEMENT_LIMIT_S),
        "application_name": application_name,
    }
    try:
        return create_engine(
            place.url, poolclass=NullPool, connect_args=arguments, isolation_level="AUTOCOMMIT"
        )
    except ModuleNotFoundError as error:
        raise driver_missing(place) from error


def create_file(place: Place) -> None:
    """Make the SQLite file and its directories, for this user's eyes only.

    A file that exists is not even opened: closing it again would drop all locks that this process
    holds on it (POSIX), and the next reader to leave would take the write-ahead log with it.
    Source: SQLite, how to corrupt a database file, section on close().

    Raises:
        StoreUnavailable: the file system does not let us.
    """
    if place.file is None or place.file.exists():
        return
    try:
        _make_directory(place.file.parent)
        # Exclusive: should another process make it in this moment, ours is not opened either.
        os.close(os.open(place.file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except OSError as error:
        if place.file.exists():
            return
        msg = f"{place.shown}: it cannot be created: {error.strerror}: {error.filename}"
        raise StoreUnavailable(msg) from error


def _make_directory(directory: Path) -> None:
    if directory.is_dir():
        return
    _make_directory(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)


def _sqlite(place: Place, *, write: bool) -> Engine:
    if write:
        # One connection, kept: `Database.writing` lets one thread in at a time.
        engine = create_engine(place.url, pool_size=1, max_overflow=0)
    else:
        engine = create_engine(place.url, pool_size=4, max_overflow=16)
    # IMMEDIATE, because a transaction that reads first and writes later fails at once, without
    # waiting, when another process has written in between.
    begin = "BEGIN IMMEDIATE" if write else "BEGIN"
    _set_up_sqlite(engine, begin=begin, foreign_keys=True, read_only=not write)
    return engine


def _set_up_sqlite(engine: Engine, *, begin: str, foreign_keys: bool, read_only: bool) -> None:
    def connected(connection: DBAPIConnection, _record: object) -> None:
        # The driver's own transactions leave out DDL and SELECT; ours begin by the event below.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={LOCK_WAIT_S * 1000}")
        if not read_only:
            # Counts for a file that is still empty: it can give space back, page by page. Before
            # the journal's mode, which makes the first page.
            cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
            cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        if read_only:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    def began(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", began)


def _postgres(place: Place, *, read_only: bool) -> Engine:
    engine = create_engine(
        place.url,
        pool_pre_ping=True,
        pool_size=4 if read_only else 1,
        max_overflow=16 if read_only else 0,
        connect_args=_connect_args(place, statement_limit_s=STATEMENT_LIMIT_S),
        isolation_level="REPEATABLE READ" if read_only else "READ COMMITTED",
    )
    if read_only:

        def began(connection: Connection) -> None:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")

        event.listen(engine, "begin", began)
    else:

        def failed(context: ExceptionContext) -> None:
            # A fail-over may leave us connected to what is a standby now: ask for the primary anew.
            if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
                context.is_disconnect = True

        event.listen(engine, "handle_error", failed)
    return engine


def _connect_args(place: Place, *, statement_limit_s: int) -> dict[str, object]:
    # The user's own options (a search_path, say) stay, and come last, so that they win.
    users = place.url.query.get("options", "")
    options = (
        f"-c statement_timeout={statement_limit_s}s -c lock_timeout={LOCK_WAIT_S}s "
        "-c idle_in_transaction_session_timeout=120s -c synchronous_commit=on "
        # For the server to notice that this host died, so that its locks and its lease end.
        f"-c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=4 {users}"
    )
    return {
        "options": options,
        "connect_timeout": CONNECT_LIMIT_S,
        "application_name": "orchestrator-monitor",
        # For us to notice that the server's host did.
        "keepalives_idle": SILENCE_LIMIT_S // 4,
        "keepalives_interval": SILENCE_LIMIT_S // 8,
        "tcp_user_timeout": SILENCE_LIMIT_S * 1000,
    }
