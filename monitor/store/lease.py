"""One daemon per database: two would tell everything twice.

The lock belongs to a process (SQLite: flock on a file beside the database) or to a connection
(Postgres: advisory lock), so it ends with its holder, however that ends.
"""

import contextlib
import fcntl
import os
import socket
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, text

from monitor.errors import StoreError, StoreInUse, StoreUnavailable
from monitor.store.database import create_file, session_engine
from monitor.store.failures import translated
from monitor.store.place import Place
from monitor.store.store import Store

# "omon" in ASCII, and the schema: two monitors may share a database in schemas of their own.
_LEASE_LOCK = 0x6F6D6F6E
_LOCK_ARGUMENTS = f"{_LEASE_LOCK}, hashtext(current_schema())"
_HOLDER = text(
    "SELECT a.application_name, a.client_addr FROM pg_locks l "
    "JOIN pg_stat_activity a ON a.pid = l.pid "
    "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :lock "
    "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
).bindparams(lock=_LEASE_LOCK)
_PREFIX = "orchestrator-monitor "


class Lease:
    """The right to be the daemon of a database, until `release` or the end of the process."""

    def __init__(
        self, place: Place, *, descriptor: int | None = None, connection: Connection | None = None
    ) -> None:
        """Keep what holds the lock: an open file, or a connection."""
        self._place = place
        self._descriptor = descriptor
        self._connection = connection

    def __enter__(self) -> Self:
        """Hold it for the length of a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release it."""
        self.release()

    def check(self) -> None:
        """Do nothing while the lease is held.

        Raises:
            StoreUnavailable: the connection that held it is lost, and another may have it now.
        """
        if self._connection is not None:
            with translated(self._place):
                self._connection.exec_driver_sql("SELECT 1")
        elif self._descriptor is None:
            msg = f"{self._place.shown}: the lock of the daemon is not held"
            raise StoreUnavailable(msg)

    def keep(self) -> None:
        """Make sure that the lease is held; after a lost connection, take it again.

        Raises:
            StoreInUse: another daemon took it in the meantime.
            StoreUnavailable: the database cannot be asked now; ask again.
        """
        try:
            self.check()
        except StoreError:
            self.release()
            self._connection = _lock_session(self._place)

    def release(self) -> None:
        """Let another daemon have the database; may be called twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.invalidate()
            connection.close()
            connection.engine.dispose()


def hold(store: Store) -> Lease:
    """Become the one daemon of a database.

    Raises:
        StoreInUse: another has it; the message says which process.
        StoreUnavailable: the lock cannot be asked for.
    """
    place = store.place
    if place.file is not None:
        create_file(place)
        return _hold_file(place, place.file)
    return Lease(place, connection=_lock_session(place))


def _hold_file(place: Place, file: Path) -> Lease:
    path = file.with_name(f"{file.name}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        msg = f"{place.shown}: {path} cannot be written: {error.strerror}"
        raise StoreUnavailable(msg) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
        os.close(descriptor)
        raise _in_use(place, holder) from error
    # On a full disk nobody learns who holds it, and it is held all the same.
    with contextlib.suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _own_name().encode(), 0)
    return Lease(place, descriptor=descriptor)


def _lock_session(place: Place) -> Connection:
    engine = session_engine(place, _PREFIX + _own_name())
    with translated(place):
        connection = engine.connect()
        if connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({_LOCK_ARGUMENTS})").scalar():
            return connection
        row = connection.execute(_HOLDER).first()
        connection.close()
        engine.dispose()
    holder = "" if row is None else str(row[0] or row[1] or "").removeprefix(_PREFIX)
    raise _in_use(place, holder)


def _own_name() -> str:
    # Postgres cuts application names at 63 characters.
    return f"process {os.getpid()} on {socket.gethostname()[:24]}"


def _in_use(place: Place, holder: str) -> StoreInUse:
    who = holder or "another daemon"
    return StoreInUse(
        f"{place.shown}: {who} already watches with this database: stop it, or use another database"
    )
