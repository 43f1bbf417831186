"""How each collector fared: kept up to date with each poll, so that asking costs nothing."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from monitor.store.tables import COLLECTOR_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorState:
    """A collector of a tenant after its newest poll.

    `outcome` is "ok" or the kind of failure, and has been so since `outcome_since`; `failures`
    counts failed polls in a row, `samples` are those of the last good poll, and `note` says what
    it could not read.
    """

    tenant: str
    collector: str
    outcome: str
    outcome_since: datetime
    last_poll_at: datetime
    last_success_at: datetime | None
    last_error: str | None
    failures: int
    samples: int
    note: str = ""


def collector_states(connection: Connection) -> tuple[CollectorState, ...]:
    """Return every collector's state, by tenant and name."""
    statement = select(COLLECTOR_STATES).order_by(
        COLLECTOR_STATES.c.tenant, COLLECTOR_STATES.c.collector
    )
    return tuple(CollectorState(**row) for row in connection.execute(statement).mappings())
