"""Polls to record, and views to look at, for the tests of the store."""

from collections.abc import Mapping, Sequence
from typing import Any

from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from monitor.store import Store
from tests.builders import NOW, a_sample, a_subject, after

MINUTE = 60.0


def a_session(
    name: str = "Robot 1",
    *,
    key: str | None = None,
    tenant: str = "production",
    state: str = "Available",
    folder: str = "Finance",
) -> Subject:
    labels = {"robot": name, "folder": folder, "state": state, "version": "2026.1"}
    return a_subject(name, kind="session", tenant=tenant, key=key, labels=labels)


def a_poll(
    *samples: Sample,
    at: float = 0,
    kinds: Sequence[str] = ("queue",),
    tenant: str = "production",
    collector: str = "queues",
    skipped: int = 0,
    partial: bool = False,
) -> Snapshot:
    """A good poll, `at` seconds after NOW."""
    return Snapshot(
        tenant=tenant,
        collector=collector,
        started_at=after(at),
        took_s=0.25,
        requests=1,
        outcome=Collected(
            kinds=tuple(kinds),
            samples=samples,
            observed_at=after(at),
            skipped=skipped,
            partial=partial,
        ),
    )


def a_failed_poll(
    *, at: float = 0, kind: str = "unreachable", message: str = "no answer"
) -> Snapshot:
    return Snapshot(
        tenant="production",
        collector="queues",
        started_at=after(at),
        took_s=30.0,
        requests=2,
        outcome=Failed(kind=kind, message=message),
    )


def a_queue_of(items: float, name: str = "Invoices", *, key: str | None = None) -> Sample:
    return a_sample(a_subject(name, key=key), new_items=items)


def record(store: Store, *snapshots: Snapshot) -> None:
    for snapshot in snapshots:
        with store.writing() as write:
            write.snapshot(snapshot)


def lose(store: Store, snapshot: Snapshot) -> None:
    """Record a poll in a transaction that fails in the end."""
    with store.writing() as write:
        write.snapshot(snapshot)
        raise RuntimeError


def ask(store: Store, sql: str) -> list[Mapping[str, Any]]:
    with store.reading() as connection:
        return [dict(row) for row in connection.exec_driver_sql(sql).mappings()]


def column(store: Store, sql: str) -> list[Any]:
    with store.reading() as connection:
        return list(connection.exec_driver_sql(sql).scalars())


def count(store: Store, table: str) -> int:
    return int(column(store, f"SELECT count(*) FROM {table}")[0])  # noqa: S608  # our own names


def at(seconds: float) -> str:
    """The text by which a view shows the instant so many seconds after NOW."""
    return (
        after(seconds).strftime("%Y-%m-%dT%H:%M:%S.") + f"{after(seconds).microsecond // 1000:03}Z"
    )


assert at(0) == NOW.strftime("%Y-%m-%dT%H:%M:%S.000Z")
