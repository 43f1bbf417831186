"""The views: the stable, readable face of the database. The same columns on both databases.

They are made anew after every migration (see `migrations/env.py`), so no migration has to carry
them along. Whoever changes a view without changing a table adds an empty migration, since views
are only made when the stored revision differs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, inspect

from monitor.core.kinds import Kind
from monitor.core.rollup import DAY_MS, HOUR_MS, HOURS
from monitor.store.kind_tables import KIND_TABLES

PREFIX = "v_"


@dataclass(frozen=True, slots=True)
class _Sqlite:
    """How SQLite reads a label, a list of texts, and an instant."""

    def label(self, column: str, label: str) -> str:
        # json_extract and not ->>, which needs SQLite 3.38.
        return f"json_extract({column}, '$.{label}')"

    def joined(self, column: str, separator: str) -> str:
        # The order of the array, which an aggregate alone does not promise.
        texts = f"SELECT value FROM json_each({column}) ORDER BY key"  # noqa: S608  # our own
        return f"(SELECT group_concat(value, '{separator}') FROM ({texts}))"  # noqa: S608  # as above

    def time_of_ms(self, column: str) -> str:
        return f"strftime('%Y-%m-%dT%H:%M:%fZ', {column} / 1000.0, 'unixepoch')"


@dataclass(frozen=True, slots=True)
class _Postgres:
    """How Postgres reads a label, a list of texts, and an instant."""

    def label(self, column: str, label: str) -> str:
        return f"{column} ->> '{label}'"

    def joined(self, column: str, separator: str) -> str:
        texts = f"jsonb_array_elements_text({column}) WITH ORDINALITY AS m(value, place)"
        together = f"string_agg(m.value, '{separator}' ORDER BY m.place)"
        return f"(SELECT {together} FROM {texts})"  # noqa: S608  # our own names

    def time_of_ms(self, column: str) -> str:
        # Without a time zone, so that the session's own does not matter.
        instant = f"timestamp '1970-01-01' + {column} * interval '1 millisecond'"
        return f"""to_char({instant}, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""


_Dialect = _Sqlite | _Postgres


def definitions(dialect: str) -> Mapping[str, str]:
    """Return each view's SELECT by name, for "sqlite" or "postgresql"."""
    words: _Dialect = _Sqlite() if dialect == "sqlite" else _Postgres()
    views: dict[str, str] = {}
    for tables in KIND_TABLES.values():
        kind = tables.kind
        views[f"{PREFIX}{kind.plural}"] = _newest(words, kind)
        views[f"{PREFIX}{kind.history}_history"] = _history(words, kind)
    views[f"{PREFIX}hours"] = _hours(words)
    views[f"{PREFIX}days"] = _days(words)
    views[f"{PREFIX}polls"] = _polls(words)
    views[f"{PREFIX}alerts"] = _alerts(words)
    views[f"{PREFIX}alert_events"] = _alert_events(words)
    views[f"{PREFIX}silences"] = _silences(words)
    views[f"{PREFIX}deliveries"] = _deliveries(words)
    return views


def drop(connection: Connection) -> None:
    """Drop every view of ours: a table behind a view cannot be altered."""
    for name in sorted(inspect(connection).get_view_names()):
        if name.startswith(PREFIX):
            connection.exec_driver_sql(f'DROP VIEW "{name}"')


def create(connection: Connection) -> None:
    """Create every view."""
    for name, select in definitions(connection.dialect.name).items():
        connection.exec_driver_sql(f'CREATE VIEW "{name}" AS\n{select}')


def _select(columns: Iterator[tuple[str, str]], source: str) -> str:
    named = ",\n".join(f'  {expression} AS "{name}"' for name, expression in columns)
    return f"SELECT\n{named}\n{source}"


def _subject(words: _Dialect, kind: Kind, values: str) -> Iterator[tuple[str, str]]:
    """Yield the columns that both views of a kind share; `values` is the table of the values."""
    yield "tenant", "s.tenant"
    yield "key", "s.key"
    yield "name", "s.name"
    for label in kind.labels:
        if label in kind.moving:
            yield label, f"{values}.{label}"
        else:
            default = "s.name" if label == kind.name_label else "''"
            yield label, f"coalesce({words.label('s.labels', label)}, {default})"
    for metric in kind.metrics:
        yield metric.name, f"{values}.{metric.name}"


def _newest(words: _Dialect, kind: Kind) -> str:
    def columns() -> Iterator[tuple[str, str]]:
        yield from _subject(words, kind, "l")
        yield "since", words.time_of_ms("l.valid_from")
        yield "seen_at", words.time_of_ms("i.observed_at")

    return _select(
        columns(),
        f"FROM {kind.history}_latest AS l\n"
        "JOIN subjects AS s ON s.id = l.subject_id\n"
        "LEFT JOIN sights AS i ON i.tenant = s.tenant AND i.kind = s.kind",
    )


def _history(words: _Dialect, kind: Kind) -> str:
    def columns(values: str, valid_to: str) -> Iterator[tuple[str, str]]:
        yield from _subject(words, kind, values)
        yield "valid_from", words.time_of_ms(f"{values}.valid_from")
        yield "valid_to", valid_to

    before = f"coalesce((SELECT before_day FROM seals WHERE kind = '{kind.name}'), 0)"  # noqa: S608  # our own
    closed = "\nUNION ALL\n".join(
        _select(
            columns("h", words.time_of_ms("h.valid_to")),
            f"FROM {kind.history}_{part} AS h\nJOIN subjects AS s ON s.id = h.subject_id\n"
            f"WHERE {counts}",
        )
        for part, counts in (
            ("sealed", f"h.day < {before}"),
            ("stretches", f"h.valid_to >= CAST({before} AS bigint) * {DAY_MS}"),
        )
    )
    still_open = _select(
        columns("l", "CAST(NULL AS text)"),
        f"FROM {kind.history}_latest AS l\nJOIN subjects AS s ON s.id = l.subject_id",
    )
    return f"{closed}\nUNION ALL\n{still_open}"


def _hours(words: _Dialect) -> str:
    # A row may stand for several hours, one after the other.
    places = ", ".join(f"({hour})" for hour in range(HOURS))
    hour = f"(CAST(r.day AS bigint) * {HOURS} + r.hour + h.place)"
    return _select(
        _rolled(words, f"({hour} * {HOUR_MS})", HOUR_MS),
        f"FROM hours AS r\n{_OF_A_SUBJECT}\n"  # noqa: S608  # our own
        f"JOIN (SELECT column1 AS place FROM (VALUES {places}) AS v) AS h ON h.place < r.hours",
    )


def _days(words: _Dialect) -> str:
    return _select(
        _rolled(words, f"(CAST(r.day AS bigint) * {DAY_MS})", DAY_MS),
        f"FROM days AS r\n{_OF_A_SUBJECT}",
    )


_OF_A_SUBJECT = "JOIN metrics AS m ON m.id = r.metric_id\nJOIN subjects AS s ON s.id = r.subject_id"


def _rolled(words: _Dialect, begin_ms: str, span_ms: int) -> Iterator[tuple[str, str]]:
    known_ms = f"coalesce(r.known_ms, {span_ms})"
    yield from _plain("s", ("tenant", "kind", "key", "name"))
    yield "metric", "m.name"
    yield "at", words.time_of_ms(begin_ms)
    yield "known_s", f"{known_ms} / 1000.0"
    yield "changes", "r.changes"
    yield "risen", "coalesce(r.risen, 0)"
    yield "mean", f"CASE WHEN r.area IS NULL THEN r.least ELSE r.area / {known_ms} END"
    yield "least", "r.least"
    for name in ("greatest", "last", "p95"):
        yield name, f"coalesce(r.{name}, r.least)"


def _polls(words: _Dialect) -> str:
    def columns() -> Iterator[tuple[str, str]]:
        yield from _plain("p", ("tenant", "collector"))
        yield "started_at", words.time_of_ms("p.started_at")
        yield from _plain("p", ("took_s", "outcome", "error", "samples", "skipped", "requests"))
        yield "observed_at", words.time_of_ms("p.observed_at")

    return _select(columns(), "FROM polls AS p")


def _alerts(words: _Dialect) -> str:
    def columns() -> Iterator[tuple[str, str]]:
        yield from _plain("a", ("tenant", "id", "rule", "severity", "phase", "kind", "key", "name"))
        yield "folder", f"coalesce({words.label('a.subject_labels', 'folder')}, '')"
        yield from _plain("a", ("summary", "value", "limit_value"))
        yield from _times_of_us(words, "a", ("started_at", "opened_at", "resolved_at"))
        yield from _times_of_us(words, "a", ("updated_at", "flapping_since"))
        yield "suppressed_by", words.joined("a.mutes", "; ")
        yield "acknowledged_at", words.time_of_ms("(k.at / 1000)")
        yield "acknowledged_by", "k.author"
        yield from _plain("a", ("end_reason", "rule_text"))

    newest = "SELECT max(id) FROM acknowledgements WHERE alert_id = a.id"
    return _select(
        columns(),
        f"FROM alerts AS a\nLEFT JOIN acknowledgements AS k ON k.id = ({newest})",
    )


def _alert_events(words: _Dialect) -> str:
    def columns() -> Iterator[tuple[str, str]]:
        yield "tenant", "a.tenant"
        yield from _times_of_us(words, "e", ("at",))
        yield "event", "e.kind"
        yield from _plain("e", ("reason", "alert_id"))
        yield "rule", "a.rule"
        yield from _plain("e", ("severity", "phase"))
        yield from _plain("a", ("kind", "key"))
        yield from _plain("e", ("name", "value", "limit_value", "summary", "detail"))

    return _select(columns(), "FROM alert_events AS e\nJOIN alerts AS a ON a.id = e.alert_id")


def _silences(words: _Dialect) -> str:
    """Silences belong to no tenant; the column is there because every view has it."""

    def columns() -> Iterator[tuple[str, str]]:
        yield "tenant", "''"
        yield "id", "q.id"
        yield "matchers", words.joined("q.matchers", " and ")
        yield from _times_of_us(words, "q", ("starts_at", "ends_at", "created_at"))
        yield from _plain("q", ("author", "comment"))

    return _select(columns(), "FROM silences AS q")


def _deliveries(words: _Dialect) -> str:
    """One row per delivery and alert it is about: `count(distinct id)` counts messages."""

    def columns() -> Iterator[tuple[str, str]]:
        yield "tenant", "coalesce(a.tenant, '')"
        yield from _plain("d", ("id", "channel", "state"))
        yield "alert_id", "m.alert_id"
        yield from _plain("a", ("rule", "kind", "name"))
        yield "what", "m.what"
        yield from _times_of_us(words, "d", ("created_at", "next_at"))
        yield from _plain("d", ("attempts", "last_error"))
        yield from _times_of_us(words, "d", ("settled_at",))
        yield "may_have_arrived", "d.may_have_arrived"

    return _select(
        columns(),
        "FROM deliveries AS d\nLEFT JOIN delivery_alerts AS m ON m.delivery_seq = d.seq\n"
        "LEFT JOIN alerts AS a ON a.id = m.alert_id",
    )


def _plain(table: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield name, f"{table}.{name}"


def _times_of_us(words: _Dialect, table: str, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        yield name, words.time_of_ms(f"({table}.{name} / 1000)")
