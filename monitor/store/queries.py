"""What commands and the status page ask of the database. All read-only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

from sqlalchemy import Connection, and_, func, or_, select

from monitor.core.alert import Alert, EventKind, Phase, Reason
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.kinds import KINDS
from monitor.core.mute import Acknowledgement
from monitor.core.sample import Subject
from monitor.core.severity import Severity
from monitor.store import people
from monitor.store.alerts import alert_of
from monitor.store.deliveries import ROWS, delivery_of, load
from monitor.store.kind_tables import KIND_TABLES
from monitor.store.store import Store
from monitor.store.tables import (
    ALERT_EVENTS,
    ALERTS,
    DELIVERIES,
    DELIVERY_ALERTS,
    DELIVERY_ATTEMPTS,
    IS_OPEN,
    SIGHTS,
    SUBJECTS,
)
from monitor.store.text import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedEvent:
    """One transition of an alert, with the facts as they were."""

    at: datetime
    kind: EventKind
    reason: Reason
    severity: Severity
    phase: Phase
    value: float | None
    limit: float | None
    summary: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to deliver.

    `outcome` is "sent", "retry" or "dead"; None for one that was cut off, or is under way.
    """

    at: datetime
    ended_at: datetime | None
    outcome: str | None
    error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStory:
    """All that is known of one alert, in the order in which it happened."""

    alert: Alert
    events: tuple[RecordedEvent, ...]
    deliveries: tuple[tuple[Delivery, tuple[Attempt, ...]], ...]
    acknowledgements: tuple[Acknowledgement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDelivery:
    """A delivery, and of how many alerts it speaks; which ones is left out (`about` is empty)."""

    delivery: Delivery
    alerts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """A subject that is there, with the newest recorded values.

    They hold since `since`, and were so at `seen_at`, the newest good poll of the kind.
    """

    subject: Subject
    since: datetime
    seen_at: datetime | None
    metrics: Mapping[str, float | None]


def alerts(
    store: Store, *, everything: bool = False, since: datetime | None = None
) -> tuple[Alert, ...]:
    """Return the open alerts, worst and oldest first; `everything`: the resolved ones as well.

    What is muted comes after what is not: the host before the robots that it explains.

    `since` leaves out what was resolved before. A condition that ended before its alert opened is
    not in any list: nobody was told of it (`alert` still knows it).
    """
    statement = select(ALERTS)
    if not everything:
        statement = statement.where(IS_OPEN)
    else:
        statement = statement.where(or_(IS_OPEN, ALERTS.c.opened_at.is_not(None)))
    if since is not None:
        statement = statement.where(or_(IS_OPEN, ALERTS.c.resolved_at >= since))
    with store.reading() as connection:
        found = [alert_of(row) for row in connection.execute(statement).mappings()]
    found.sort(key=_rank)
    return tuple(found)


def _rank(one: Alert) -> tuple[bool, bool, int, datetime, str]:
    is_over = one.phase is Phase.RESOLVED
    return is_over, bool(one.mutes), -one.severity.rank, one.started_at, one.id


def alert(store: Store, alert_id: str) -> AlertStory | None:
    """Return an alert's story by its id, or by a beginning of it that only one alert has."""
    with store.reading() as connection:
        rows = connection.execute(
            select(ALERTS).where(ALERTS.c.id.startswith(alert_id.upper(), autoescape=True)).limit(2)
        ).mappings()
        found = [alert_of(row) for row in rows]
        exact = [one for one in found if one.id == alert_id.upper()]
        if not exact and len(found) != 1:
            return None
        one = (exact or found)[0]
        return AlertStory(
            alert=one,
            events=_events(connection, one.id),
            deliveries=_deliveries(connection, one.id),
            acknowledgements=people.acknowledgements_of(connection, one.id),
        )


def newest_acknowledgements(store: Store) -> Mapping[str, Acknowledgement]:
    """Return the newest acknowledgement of each alert by its id, be it expired or not."""
    with store.reading() as connection:
        return people.newest_acknowledgements(connection)


def deliveries(
    store: Store,
    *,
    state: DeliveryState | None = None,
    channel: str | None = None,
    since: datetime | None = None,
    beginning: str = "",
    limit: int = 50,
) -> tuple[ListedDelivery, ...]:
    """Return the newest deliveries, newest first: in a state, of a channel, made since then.

    `beginning` is that of the id.
    """
    column = DELIVERIES.c
    about = select(func.count()).where(DELIVERY_ALERTS.c.delivery_seq == column.seq)
    statement = ROWS.add_columns(about.scalar_subquery().label("alerts"))
    if state is not None:
        statement = statement.where(column.state == state.value)
    if channel is not None:
        statement = statement.where(column.channel == storable(channel))
    if since is not None:
        statement = statement.where(column.created_at >= since)
    if beginning:
        begins = func.substr(column.id, 1, len(beginning)) == storable(beginning)
        statement = statement.where(begins)
    with store.reading() as connection:
        rows = connection.execute(statement.order_by(column.seq.desc()).limit(limit)).mappings()
        return tuple(
            ListedDelivery(delivery=delivery_of(row), alerts=row["alerts"]) for row in rows
        )


def current(store: Store, kind: str, name_glob: str | None = None) -> tuple[Current, ...]:
    """Return the subjects of a kind that are there, by tenant and name.

    `name_glob` (`*`, `?`) must match the name, whatever the case.
    """
    tables = KIND_TABLES[kind]
    latest, declared = tables.latest, KINDS[kind]
    statement = (
        select(
            SUBJECTS.c.tenant,
            SUBJECTS.c.key,
            SUBJECTS.c.name,
            SUBJECTS.c.labels.label("subject_labels"),
            SIGHTS.c.observed_at,
            latest,
        )
        .select_from(
            latest.join(SUBJECTS, SUBJECTS.c.id == latest.c.subject_id).outerjoin(
                SIGHTS, and_(SIGHTS.c.tenant == SUBJECTS.c.tenant, SIGHTS.c.kind == SUBJECTS.c.kind)
            )
        )
        .order_by(SUBJECTS.c.tenant, SUBJECTS.c.name, SUBJECTS.c.key)
    )
    with store.reading() as connection:
        rows = connection.execute(statement).mappings().all()
    return tuple(
        Current(
            subject=Subject(
                tenant=row["tenant"],
                kind=kind,
                key=row["key"],
                name=row["name"],
                labels={**row["subject_labels"], **{m: row[m] for m in declared.moving}},
            ),
            since=row["valid_from"],
            seen_at=row["observed_at"],
            metrics={metric.name: row[metric.name] for metric in declared.metrics},
        )
        for row in rows
        if name_matches(row["name"], name_glob)
    )


def subjects_of(
    connection: Connection, kind: str, *, name_glob: str | None = None, tenant: str | None = None
) -> dict[int, Subject]:
    """Return the subjects of a kind whose name matches, gone ones included, by id."""
    statement = select(SUBJECTS).where(SUBJECTS.c.kind == kind)
    if tenant is not None:
        statement = statement.where(SUBJECTS.c.tenant == tenant)
    return {
        row["id"]: Subject(
            tenant=row["tenant"],
            kind=kind,
            key=row["key"],
            name=row["name"],
            labels=row["labels"],
        )
        for row in connection.execute(statement).mappings()
        if name_matches(row["name"], name_glob)
    }


def name_matches(name: str, glob: str | None) -> bool:
    """Tell whether a name matches a glob, whatever the case; None matches everything."""
    return glob is None or fnmatchcase(name.casefold(), glob.casefold())


def _events(connection: Connection, alert_id: str) -> tuple[RecordedEvent, ...]:
    rows = connection.execute(
        select(ALERT_EVENTS).where(ALERT_EVENTS.c.alert_id == alert_id).order_by(ALERT_EVENTS.c.id)
    ).mappings()
    return tuple(
        RecordedEvent(
            at=row["at"],
            kind=EventKind(row["kind"]),
            reason=Reason(row["reason"]),
            severity=Severity(row["severity"]),
            phase=Phase(row["phase"]),
            value=row["value"],
            limit=row["limit_value"],
            summary=row["summary"],
            detail=row["detail"],
        )
        for row in rows
    )


def _deliveries(
    connection: Connection, alert_id: str
) -> tuple[tuple[Delivery, tuple[Attempt, ...]], ...]:
    about = select(DELIVERY_ALERTS.c.delivery_seq).where(DELIVERY_ALERTS.c.alert_id == alert_id)
    attempts: dict[str, list[Attempt]] = {}
    tried = (
        select(DELIVERIES.c.id.label("delivery"), DELIVERY_ATTEMPTS)
        .join_from(DELIVERY_ATTEMPTS, DELIVERIES)
        .where(DELIVERY_ATTEMPTS.c.delivery_seq.in_(about))
        .order_by(DELIVERY_ATTEMPTS.c.id)
    )
    for row in connection.execute(tried).mappings():
        attempts.setdefault(row["delivery"], []).append(
            Attempt(
                at=row["at"], ended_at=row["ended_at"], outcome=row["outcome"], error=row["error"]
            )
        )
    told = ROWS.where(DELIVERIES.c.seq.in_(about)).order_by(DELIVERIES.c.seq)
    return tuple(
        (delivery, tuple(attempts.get(delivery.id, ()))) for delivery in load(connection, told)
    )
