"""`db backup`: a consistent copy of the SQLite file while the daemon writes.

The copy is made beside its place under another name, verified, and only then put there: whatever
goes wrong, there is a whole backup or none.
"""

import os
import shlex
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import URL

from monitor.errors import StoreError, StoreUnavailable
from monitor.store.database import LOCK_WAIT_S
from monitor.store.failures import translate, translated
from monitor.store.place import Place

PAGES_A_STEP = 1024
"""4 MB: after each step somebody may be told how far it is, or interrupt."""
BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file: of an older file of this name it would spoil the new one."""
_NO_SECRETS = {"host", "hostaddr", "port", "options", "sslmode", "sslrootcert", "sslcert", "sslkey"}
_OF_THE_COPY = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR_WRITE")
"""Failures that reading cannot have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that was made and verified."""

    file: Path
    bytes: int
    revision: str | None


def back_up(
    place: Place,
    target: Path,
    *,
    force: bool = False,
    told: Callable[[int, int], object] = lambda _done, _total: None,
) -> Backup:
    """Copy the SQLite file at a place as it is in one instant, and verify the copy.

    `force` replaces a file that is there already; `told` hears how many pages are done of how many.

    Raises:
        StoreError: there is no database, the place is taken, the disk is full, or the copy turns
            out damaged. Then the target is as it was.
    """
    source = place.file
    if source is None:
        msg = f"{place.shown}: {pg_dump_hint(place, target)}"
        raise StoreError(msg)
    target = target.absolute()
    _require_place(place, source, target, force=force)
    with _beside(target) as copy:
        revision = _copy(place, source, copy, target, told)
        _verify(copy, target, revision)
        size = copy.stat().st_size
        _require_place(place, source, target, force=force)
        _settle(copy, target)
    return Backup(file=target, bytes=size, revision=revision)


def pg_dump_hint(place: Place, target: Path) -> str:
    """Return how a Postgres database is backed up; no password is in it."""
    url = place.url
    bare = URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
        query={name: value for name, value in url.query.items() if name in _NO_SECRETS},
    )
    command = ["pg_dump", "--format=custom", f"--file={target}", bare.render_as_string()]
    return (
        f"Postgres has a tool of its own: {shlex.join(command)} "
        "(it asks for the password, or reads ~/.pgpass; pg_restore puts it back)"
    )


def _require_place(place: Place, source: Path, target: Path, *, force: bool) -> None:
    if not source.exists():
        msg = f"{place.shown}: there is no history yet: nothing to back up"
        raise StoreUnavailable(msg)
    own = {Path(f"{source}{end}") for end in ("", *BESIDE, ".lock", ".migrate.lock")}
    if target.resolve() in {path.resolve() for path in own}:
        msg = f"{target}: this is the database itself: give another name"
        raise StoreError(msg)
    if target.is_dir():
        msg = f"{target}: this is a directory: give the name of a file in it"
        raise StoreError(msg)
    if not force:
        for path in (target, *_besides(target)):
            if path.exists():
                msg = f"{path}: is there already: give another name, or --force"
                raise StoreError(msg)


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Make an empty file for the copy, for this user's eyes only; take it away in the end."""
    copy = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        try:
            yield copy
        finally:
            for path in (copy, *_besides(copy)):
                path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"{target}: the backup cannot be written: {error.strerror}"
        raise StoreUnavailable(msg) from error


def _copy(
    place: Place, source: Path, copy: Path, target: Path, told: Callable[[int, int], object]
) -> str | None:
    """Copy what one transaction sees, page by page; return the revision that it sees."""

    def progress(_status: int, remaining: int, total: int) -> None:
        told(total - remaining, total)

    with translated(place), closing(_opened(source)) as origin:
        # Without a transaction of its own the copy would begin anew whenever the daemon writes.
        origin.execute("BEGIN")
        revision = _revision(origin)
        with closing(_opened(copy)) as written:
            try:
                origin.backup(written, pages=PAGES_A_STEP, progress=progress)
                # A single file, that can be read anywhere without a log beside it.
                written.execute("PRAGMA journal_mode=DELETE")
            except sqlite3.Error as error:
                is_ours = error.sqlite_errorname.startswith(_OF_THE_COPY)
                at_fault = replace(place, shown=str(target)) if is_ours else place
                raise translate(at_fault, error) from error
    return revision


def _verify(copy: Path, target: Path, revision: str | None) -> None:
    """Do nothing if a copy is sound and of this revision.

    Raises:
        StoreError: it is not, which is not the copy's fault alone.
    """
    try:
        with closing(_opened(copy)) as written:
            lines = [str(row[0]) for row in written.execute("PRAGMA integrity_check(1)")]
            found = _revision(written)
    except sqlite3.Error as error:
        lines, found = [str(error)], revision
    if lines != ["ok"]:
        said = lines[0].replace("\n", " ") if lines else "nothing"
        msg = (
            f"{target}: the copy is damaged and was not kept: look at the database with `db check` "
            f"({said})"
        )
        raise StoreError(msg)
    if found != revision:
        msg = f"{target}: the copy has schema {found} instead of {revision} and was not kept"
        raise StoreError(msg)


def _settle(copy: Path, target: Path) -> None:
    """Put the copy in its place, for good."""
    # First these: the log of another file would be taken for the new one's.
    for path in _besides(target):
        path.unlink(missing_ok=True)
    copy.replace(target)
    directory = os.open(target.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _opened(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(file))}?mode=rw", uri=True, isolation_level=None, timeout=LOCK_WAIT_S
    )
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _revision(connection: sqlite3.Connection) -> str | None:
    there = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
    if there.fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _besides(file: Path) -> tuple[Path, ...]:
    return tuple(file.with_name(f"{file.name}{end}") for end in BESIDE)
