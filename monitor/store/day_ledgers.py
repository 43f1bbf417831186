"""What is kept of a day beside the sums of each metric, of the kinds that have such a ledger."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from sqlalchemy import Table

from monitor.core.rollup import Row
from monitor.core.spans import SeenTime
from monitor.store import bulk, queue_days
from monitor.store.rollup_tables import QUEUE_DAYS

DayRow = Callable[[Sequence[Row], int, int, SeenTime], bulk.Row | None]


@dataclass(frozen=True, slots=True)
class DayLedger:
    """A table with a row for each subject and day, and what makes one.

    `row` is given the stretches of a subject that reach into the day, with the one before them,
    the day, the subject's id, and what was seen. It returns None where nothing is to be told.
    """

    table: Table
    row: DayRow

    @property
    def values(self) -> tuple[str, ...]:
        """Return the columns that are not the key."""
        keys = set(self.table.primary_key.columns.keys())
        return tuple(name for name in self.table.columns.keys() if name not in keys)  # noqa: SIM118  # no mapping


DAY_LEDGERS: Mapping[str, DayLedger] = MappingProxyType(
    {queue_days.KIND: DayLedger(QUEUE_DAYS, queue_days.queue_day)}
)
