"""The history tables of each kind of subject, made from its declaration in `monitor/core/kinds.py`.

`<kind>_latest` holds the open stretch of each subject that is there: since when, and the values.
`<kind>_stretches` holds the closed ones: when something changes, the open stretch is closed and
copied there. Its key begins with the end of the stretch, so rows are only ever added at the end
and each poll dirties one page; keyed by subject it would dirty a page per subject.
`<kind>_sealed` holds the closed ones of days that are over, by day and subject: they are moved
there in the background (see `sealing.py`), so that the past of one subject is in few places.
None has a foreign key: checking one for each row would cost more than the row, and subjects are
never deleted before their history.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import BigInteger, Column, Double, Integer, SmallInteger, Table, Text

from monitor.core.kinds import KINDS, Kind
from monitor.store.instants import EpochMs
from monitor.store.tables import METADATA


def is_flag(metric: str) -> bool:
    """Tell by its name whether a metric is 0 or 1; `in_progress_items` is a count."""
    return metric.startswith(("is_", "in_")) and not metric.endswith("_items")


@dataclass(frozen=True, slots=True)
class KindTables:
    """The tables of one kind."""

    kind: Kind
    latest: Table
    stretches: Table
    sealed: Table

    @property
    def flags(self) -> tuple[int, ...]:
        """Return the positions of the metrics that are 0 or 1."""
        return tuple(
            index for index, metric in enumerate(self.kind.metrics) if is_flag(metric.name)
        )


def _measured(kind: Kind) -> list[Column[object]]:
    labels: list[Column[object]] = [Column(label, Text, nullable=False) for label in kind.moving]
    metrics: list[Column[object]] = [
        Column(metric.name, SmallInteger if is_flag(metric.name) else Double)
        for metric in kind.metrics
    ]
    return labels + metrics


def _tables(kind: Kind) -> KindTables:
    latest = Table(
        f"{kind.history}_latest",
        METADATA,
        Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
        Column("valid_from", EpochMs, nullable=False),
        *_measured(kind),
        sqlite_with_rowid=False,
    )
    stretches = Table(
        f"{kind.history}_stretches",
        METADATA,
        Column("valid_to", EpochMs, primary_key=True, autoincrement=False),
        Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
        Column("valid_from", EpochMs, nullable=False),
        *_measured(kind),
        sqlite_with_rowid=False,
    )
    sealed = Table(
        f"{kind.history}_sealed",
        METADATA,
        Column("day", Integer, primary_key=True, autoincrement=False),
        Column("subject_id", BigInteger, primary_key=True, autoincrement=False),
        Column("valid_to", EpochMs, primary_key=True, autoincrement=False),
        Column("valid_from", EpochMs, nullable=False),
        *_measured(kind),
        sqlite_with_rowid=False,
    )
    return KindTables(kind, latest, stretches, sealed)


KIND_TABLES: Mapping[str, KindTables] = MappingProxyType(
    {kind.name: _tables(kind) for kind in KINDS.values() if kind.history is not None}
)
