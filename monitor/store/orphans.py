"""Rows that have lost what they belong to, and stretches of one subject that overlap.

None of this comes about by the program. It is what a restored half, another program or a damaged
disk leaves, and some of it would make polls fail: hence a statement for each that sets it right.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, ForeignKeyConstraint

from monitor.core.rollup import DAY_MS
from monitor.store.day_ledgers import DAY_LEDGERS
from monitor.store.finding import About, Finding
from monitor.store.kind_tables import KIND_TABLES, KindTables
from monitor.store.metadata import METADATA
from monitor.store.stretches import sealed_before

_BY_HAND = "stop the daemon, back up, and run: "
_BATCH = 10_000


def orphans(connection: Connection) -> Iterator[Finding]:
    """Yield what has lost its parent, table by table."""
    for child, condition, what in _broken_references():
        counted = f"SELECT count(*) FROM {child} WHERE {condition}"  # noqa: S608  # our own names
        rows = connection.exec_driver_sql(counted).scalar()
        if rows:
            cure = f"{_BY_HAND}DELETE FROM {child} WHERE {condition}"  # noqa: S608  # shown only
            yield Finding(About.ORPHANS, f"{rows} {what}", cure, rows)


def overlaps(connection: Connection) -> Iterator[Finding]:
    """Yield where the history of a subject says two things of one time."""
    for tables in KIND_TABLES.values():
        yield from _overlaps(connection, tables)


def _broken_references() -> Iterator[tuple[str, str, str]]:
    """Yield a table, the condition of its rows without a parent, and what these are called."""
    for tables in KIND_TABLES.values():
        for name in (tables.latest.name, tables.stretches.name, tables.sealed.name):
            lost = _without(name, "subject_id", "subjects", "id")
            yield name, lost, f"rows of {name} without their subject"
    for ledger in DAY_LEDGERS.values():
        name = ledger.table.name
        lost = _without(name, "subject_id", "subjects", "id")
        yield name, lost, f"rows of {name} without their subject"
    for table in METADATA.sorted_tables:
        for constraint in sorted(table.foreign_key_constraints, key=lambda one: str(one.name)):
            yield table.name, _reference(constraint), _lost(constraint)
    spoken_of = "SELECT 1 FROM delivery_alerts AS m"
    known = f"{spoken_of} JOIN alerts AS a ON a.id = m.alert_id"
    own = "WHERE m.delivery_seq = deliveries.seq"
    nothing_left = f"EXISTS ({spoken_of} {own}) AND NOT EXISTS ({known} {own})"
    yield "deliveries", nothing_left, "messages none of whose alerts is there"


def _reference(constraint: ForeignKeyConstraint) -> str:
    (element,) = constraint.elements
    parent = element.column
    return _without(constraint.table.name, element.parent.name, parent.table.name, parent.name)


def _without(child: str, column: str, parent: str, key: str) -> str:
    return f"NOT EXISTS (SELECT 1 FROM {parent} AS p WHERE p.{key} = {child}.{column})"  # noqa: S608  # our own names


def _lost(constraint: ForeignKeyConstraint) -> str:
    parent = constraint.referred_table.name
    return f"rows of {constraint.table.name} without their row of {parent}"


def _overlaps(connection: Connection, tables: KindTables) -> Iterator[Finding]:
    """Look at all stretches, by their ends: none may begin before the last ended."""
    ends: dict[int, int] = {}
    sealed, recent, latest = tables.sealed.name, tables.stretches.name, tables.latest.name
    # What is sealed is older than what is not, and stands by days.
    before = sealed_before(connection, tables.kind)
    over = f"{sealed} WHERE day < {before} ORDER BY day, subject_id, valid_to"
    yield from _overlaps_in(connection, sealed, over, ends)
    since = f"{recent} WHERE valid_to >= {before * DAY_MS} ORDER BY valid_to, subject_id"
    yield from _overlaps_in(connection, recent, since, ends)
    open_ones = connection.exec_driver_sql(f"SELECT subject_id, valid_from FROM {latest}")  # noqa: S608  # our own names
    early = [subject_id for subject_id, begun in open_ones if begun < ends.get(subject_id, begun)]
    if early:
        closed = " UNION ALL ".join(
            f"SELECT subject_id, valid_to FROM {name}"  # noqa: S608  # shown only
            for name in (sealed, recent)
        )
        own = f"s.subject_id = {latest}.subject_id"
        newest = f"(SELECT max(s.valid_to) FROM ({closed}) AS s WHERE {own})"  # noqa: S608  # shown only
        yield Finding(
            About.OVERLAP,
            f"{len(early)} open stretches in {latest} begin before the newest closed one has ended",
            f"{_BY_HAND}UPDATE {latest} SET valid_from = {newest} WHERE valid_from < {newest}",  # noqa: S608  # shown only
            len(early),
        )


def _overlaps_in(
    connection: Connection, name: str, in_order: str, ends: dict[int, int]
) -> Iterator[Finding]:
    """Look at one table; `ends` are the newest ends by subject, and go on."""
    overlapping = backwards = 0
    statement = f"SELECT subject_id, valid_from, valid_to FROM {in_order}"  # noqa: S608  # our own names
    rows = connection.exec_driver_sql(statement, execution_options={"yield_per": _BATCH})
    for subject_id, valid_from, valid_to in rows:
        if valid_from >= valid_to:
            backwards += 1
        if valid_from < ends.get(subject_id, valid_from):
            overlapping += 1
        ends[subject_id] = valid_to
    if backwards:
        cure = f"{_BY_HAND}DELETE FROM {name} WHERE valid_from >= valid_to"  # noqa: S608  # shown only
        what = f"{backwards} stretches in {name} end before they begin"
        yield Finding(About.OVERLAP, what, cure, backwards)
    if overlapping:
        yield Finding(
            About.OVERLAP,
            f"{overlapping} stretches in {name} begin before the one before them has ended",
            "restore a backup, or let them be: they go when they are older than `[retention] full`",
            overlapping,
        )
