"""What a migration may do beside a program that still runs, told from the statements it executes.

It may add: a table, with its indexes and rows; a column that may be empty or has a default. All
else takes something from the program of before, or rewrites or locks a table that may be large.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

_NAME = r'"?(?:\w+"?\."?)?(\w+)"?'
_HARMLESS = re.compile(
    r"(BEGIN|SELECT|PRAGMA|SHOW|SET|CREATE VIEW|DROP VIEW"
    r"|(INSERT INTO|UPDATE|CREATE TABLE|DELETE FROM) \"?alembic_version)\b",
    re.IGNORECASE,
)
_MADE = re.compile(rf"CREATE TABLE {_NAME}", re.IGNORECASE)
_COLUMN = re.compile(rf"ALTER TABLE {_NAME} ADD COLUMN (.*)", re.IGNORECASE)
_ABOUT: Sequence[tuple[re.Pattern[str], str]] = [
    (re.compile(rf"CREATE (?:UNIQUE )?INDEX .*? ON {_NAME}", re.IGNORECASE), "indexes"),
    (re.compile(rf"ALTER TABLE {_NAME}", re.IGNORECASE), "alters"),
    (re.compile(rf"DROP TABLE {_NAME}", re.IGNORECASE), "drops"),
    (re.compile(r"DROP INDEX ()", re.IGNORECASE), "drops an index of"),
    (re.compile(rf"UPDATE {_NAME}", re.IGNORECASE), "rewrites"),
    (re.compile(rf"DELETE\s+FROM {_NAME}", re.IGNORECASE), "deletes from"),
]
_INSERT = re.compile(rf"INSERT INTO {_NAME}.*?(\bSELECT\b|$)", re.IGNORECASE)
# A table that batch mode makes takes the place of one that is there.
_COPY = "_alembic_tmp_"


@contextmanager
def statements(connection: Connection) -> Iterator[list[str]]:
    """Note what is executed on a connection."""
    found: list[str] = []

    def executed(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:  # noqa: ANN401 - SQLAlchemy's
        found.append(" ".join(statement.split()))

    event.listen(connection, "before_cursor_execute", executed)
    yield found
    event.remove(connection, "before_cursor_execute", executed)


def altered(executed: Sequence[str]) -> set[str]:
    """Return the tables that get a column."""
    return {found[1] for statement in executed if (found := _COLUMN.match(statement))}


def faults(executed: Sequence[str]) -> list[str]:
    """Return what of it does more than add."""
    made: set[str] = set()
    found: list[str] = []
    for statement in executed:
        if _HARMLESS.match(statement):
            continue
        if table := _MADE.match(statement):
            made.add(table[1])
            if table[1].startswith(_COPY):
                found.append(f"copies {table[1].removeprefix(_COPY)}: {statement}")
            continue
        fault = _fault(statement, made.__contains__)
        if fault:
            found.append(f"{fault}: {statement}")
    return found


def _fault(statement: str, is_new: Callable[[str], bool]) -> str:
    if column := _COLUMN.match(statement):
        words = column[2].upper()
        needs = "NOT NULL" in words and "DEFAULT" not in words
        return f"asks {column[1]} for a value that nobody gives" if needs else ""
    if insert := _INSERT.match(statement):
        return f"copies rows into {insert[1]}" if insert[2] or not is_new(insert[1]) else ""
    for pattern, verb in _ABOUT:
        if about := pattern.match(statement):
            return "" if is_new(about[1]) else f"{verb} {about[1]}".rstrip()
    return "does what is not known here"
