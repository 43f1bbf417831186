"""The room that a SQLite file takes, and how what is free in it goes back to the disk.

Postgres has its own way: autovacuum lets the room of deleted rows be used again.
"""

from dataclasses import dataclass

from monitor.errors import StoreInUse
from monitor.store.lease import hold
from monitor.store.store import Store

INCREMENTAL = 2
"""Source: SQLite documentation, PRAGMA auto_vacuum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """How large a file is. `gives_back`: it was made so that it can shrink page by page."""

    page_bytes: int
    pages: int
    free_pages: int
    gives_back: bool

    @property
    def bytes(self) -> int:
        """Return the size of the whole file."""
        return self.pages * self.page_bytes

    @property
    def free_bytes(self) -> int:
        """Return how much of it holds nothing, and is used for what comes next."""
        return self.free_pages * self.page_bytes


def measure(store: Store) -> Space | None:
    """Return the space that a SQLite file takes; None on Postgres."""
    if store.place.file is None:
        return None
    with store.reading() as connection:
        found = {
            name: int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)
            for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
        }
    return Space(
        page_bytes=found["page_size"],
        pages=found["page_count"],
        free_pages=found["freelist_count"],
        gives_back=found["auto_vacuum"] == INCREMENTAL,
    )


def give_back(store: Store, pages: int) -> int:
    """Cut free pages off the end of a file that gives back, after moving what is in use there.

    The file gets shorter with the next checkpoint of its write-ahead log.
    """
    with store.writing() as write:
        before = write.connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
        # One at a time: the statement yields a row for each page, and the driver, which sees no
        # columns, stops after the first.
        cursor = write.connection.connection.cursor()
        for _ in range(pages):
            cursor.execute("PRAGMA incremental_vacuum(1)")
        cursor.close()
        after = write.connection.exec_driver_sql("PRAGMA page_count").scalar() or 0
    return int(before) - int(after)


def checkpoint(store: Store) -> None:
    """Let the file get as short as it may, as far as nobody reads an older state of it."""
    with store.database.alone() as connection:
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")


def rebuild(store: Store) -> bool:
    """Write the whole file anew, so that it can give back from then on; False beside a daemon.

    Takes as much of the disk again as the file has, and nobody can write meanwhile: a daemon would
    lose polls over it.

    Raises:
        StoreError: it is as it was.
    """
    try:
        lease = hold(store)
    except StoreInUse:
        return False
    with lease, store.database.alone() as connection:
        cursor = connection.cursor()
        cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
        cursor.execute("VACUUM")
    return True
