"""What people say of alerts: silences and acknowledgements. Commands write, the daemon reads.

A silence is kept as matchers in the notation of the command line. One that cannot be read (a newer
program wrote it) mutes nothing, and holds up no other.
"""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

import structlog
from sqlalchemy import Connection, Select, Text, bindparam, cast, func, select, update

from monitor.core.matching import Matcher, Where, parse_matcher, parse_where
from monitor.core.mute import Acknowledgement, People, Silence
from monitor.core.severity import Severity
from monitor.store.instants import EpochUs
from monitor.store.tables import ACKNOWLEDGEMENTS, SILENCES
from monitor.store.text import storable

log = structlog.get_logger(__name__)

_NOW = bindparam("now", type_=EpochUs())
_SILENCES = select(
    *(column for column in SILENCES.columns if column is not SILENCES.c.matchers),
    cast(SILENCES.c.matchers, Text).label("matchers"),
).order_by(SILENCES.c.starts_at, SILENCES.c.id)
_NOT_ENDED = _SILENCES.where(SILENCES.c.ends_at > _NOW)

_NEWER = ACKNOWLEDGEMENTS.alias("newer")
_NEWEST = select(ACKNOWLEDGEMENTS).where(
    ACKNOWLEDGEMENTS.c.id
    == select(func.max(_NEWER.c.id))
    .where(_NEWER.c.alert_id == ACKNOWLEDGEMENTS.c.alert_id)
    .scalar_subquery()
)
_UNEXPIRED = _NEWEST.where(ACKNOWLEDGEMENTS.c.expires_at > _NOW)


def load_people(connection: Connection, now: datetime) -> People:
    """Return the silences that have not ended, and the acknowledgements that have not expired.

    Those of alerts that are over are among them: one whose end nobody heard may open again. Asked
    every few seconds, so both questions are answered by an index.
    """
    given = _acknowledgements(connection, _UNEXPIRED, now)
    return People(
        silences=_silences(connection, _NOT_ENDED, now),
        acknowledgements={one.alert_id: one for one in given},
    )


def add_silence(connection: Connection, silence: Silence, now: datetime) -> None:
    """Add a silence.

    Raises:
        ValueError: a matcher of it cannot be written as text (one of a table's notation).
    """
    connection.execute(
        SILENCES.insert().values(
            id=silence.id,
            matchers=[_written(matcher) for matcher in silence.where.matchers],
            starts_at=silence.starts_at,
            ends_at=silence.ends_at,
            created_at=now,
            author=storable(silence.author),
            comment=storable(silence.comment),
        )
    )


def list_silences(connection: Connection, now: datetime, *, all_: bool) -> tuple[Silence, ...]:
    """Return the silences that have not ended, or all, by their beginning."""
    return _silences(connection, _SILENCES if all_ else _NOT_ENDED, now)


def expire_silence(connection: Connection, silence_id: str, now: datetime) -> bool:
    """End a silence now; False when there is none, or it has ended."""
    ended = connection.execute(
        update(SILENCES)
        .where(SILENCES.c.id == storable(silence_id), SILENCES.c.ends_at > now)
        .values(ends_at=now)
    )
    return bool(ended.rowcount)


def acknowledge(connection: Connection, given: Acknowledgement) -> None:
    """Add an acknowledgement; it counts instead of those that the alert has."""
    connection.execute(
        ACKNOWLEDGEMENTS.insert().values(
            alert_id=given.alert_id,
            severity=given.severity.value,
            at=given.at,
            expires_at=given.expires_at,
            author=storable(given.author),
            note=storable(given.note),
        )
    )


def acknowledgements_of(connection: Connection, alert_id: str) -> tuple[Acknowledgement, ...]:
    """Return what was said of an alert, oldest first."""
    given = ACKNOWLEDGEMENTS.c
    statement = select(ACKNOWLEDGEMENTS).where(given.alert_id == alert_id).order_by(given.id)
    return _acknowledgements(connection, statement)


def acknowledgements_between(
    connection: Connection, since: datetime, until: datetime
) -> tuple[Acknowledgement, ...]:
    """Return what was said within a span of time, in its order."""
    given = ACKNOWLEDGEMENTS.c
    statement = select(ACKNOWLEDGEMENTS).where(given.at >= since, given.at < until)
    return _acknowledgements(connection, statement.order_by(given.at, given.id))


def newest_acknowledgements(connection: Connection) -> dict[str, Acknowledgement]:
    """Return the newest acknowledgement of each alert, be it expired or not."""
    return {one.alert_id: one for one in _acknowledgements(connection, _NEWEST)}


def _silences(
    connection: Connection, statement: Select[*tuple[Any, ...]], now: datetime
) -> tuple[Silence, ...]:
    rows = connection.execute(statement, {"now": now}).mappings()
    return tuple(
        Silence(
            id=row["id"],
            where=where,
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
            author=row["author"],
            comment=row["comment"],
        )
        for row in rows
        if (where := _where(row["id"], row["matchers"])) is not None
    )


def _acknowledgements(
    connection: Connection, statement: Select[*tuple[Any, ...]], now: datetime | None = None
) -> tuple[Acknowledgement, ...]:
    return tuple(
        Acknowledgement(
            alert_id=row["alert_id"],
            severity=Severity(row["severity"]),
            at=row["at"],
            expires_at=row["expires_at"],
            author=row["author"],
            note=row["note"],
        )
        for row in connection.execute(statement, {"now": now}).mappings()
    )


# Cached, so that the same text is not parsed every few seconds, and told of once if it is wrong.
@lru_cache(maxsize=1024)
def _where(silence_id: str, matchers: str) -> Where | None:
    try:
        return parse_where(json.loads(matchers))
    except (ValueError, RecursionError) as mistake:
        log.warning("silence.unreadable", silence=silence_id, error=str(mistake))
        return None


def _written(matcher: Matcher) -> str:
    """Return the text of which `parse_matcher` makes an equal matcher."""
    value = storable(matcher.values[0])
    plain = f"{matcher.name}{matcher.operator}{value}"
    for text in (plain, f'{matcher.name}{matcher.operator}"{value}"'):
        wanted = Matcher(matcher.name, matcher.operator, (value,))
        try:
            if parse_matcher(text) == wanted:
                return text
        except ValueError:
            continue
    msg = f"{matcher}: a silence takes matchers like name=x, name!=x, name=~x|y or name!~x"
    raise ValueError(msg)
