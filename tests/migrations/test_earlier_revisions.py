"""From every earlier revision to this program's, with data in it: all of it is there and answers."""

from collections.abc import Callable

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from monitor.core.sample import Snapshot
from monitor.store import Store, views
from monitor.store.check import check
from monitor.store.metadata import METADATA
from monitor.store.schema import schema_state, upgrade
from monitor.store.version import HEAD, SchemaState
from tests.builders import a_sample, a_subject, after, collected
from tests.migrations.past import Past, contents
from tests.migrations.past_rows import ALERT
from tests.migrations.scripts import contracts


def test_there_is_something_in_every_table_of_the_past(past: Past) -> None:
    assert [name for name, rows in past.contents.items() if not rows] == []


def test_every_row_is_still_there(
    past: Past, behind: Store, look: Callable[[], Connection]
) -> None:
    assert schema_state(behind).state is SchemaState.BEHIND
    done = upgrade(behind)

    assert (done.before, done.after) == (past.revision, HEAD)
    kept = [table for table in past.tables if table.name not in contracts(past.revision)]
    found = contents(look(), kept)
    assert found == {table.name: past.contents[table.name] for table in kept}


def test_it_is_the_schema_of_a_new_database_and_nothing_is_wrong_with_it(
    past: Past, behind: Store, look: Callable[[], Connection]
) -> None:
    upgrade(behind)

    context = MigrationContext.configure(look(), opts={"compare_type": True})
    assert compare_metadata(context, METADATA) == []
    assert check(behind).findings == ()


def test_every_view_answers(past: Past, behind: Store) -> None:
    upgrade(behind)

    with behind.reading() as connection:
        names = views.definitions(connection.dialect.name)
        found = {
            name: connection.exec_driver_sql(f'SELECT count(*) FROM "{name}"').scalar()  # noqa: S608  # our own names
            for name in names
        }
    assert found["v_polls"] == 10
    assert found["v_alerts"] == 2
    assert found["v_deliveries"] == 3
    assert found["v_queues"] == found["v_sessions"] == 1
    # Five that are over, the one that goes on, and what a later revision had sealed.
    sealed = len(past.contents.get("queue_sealed", ()))
    assert found["v_queue_history"] == 6 + sealed


def test_the_program_goes_on_with_what_it_finds(past: Past, behind: Store) -> None:
    upgrade(behind)

    (alert,) = behind.load_alerts()
    assert alert.id == ALERT
    assert [delivery.id for delivery in behind.due("ops", after(3600))] == ["waits"]
    assert [one.id for one in behind.load_people(after(3600)).silences] == ["S1"]
    known = behind.known_subjects(("queue",))
    poll = Snapshot(
        tenant="production",
        collector="queues",
        started_at=after(3600),
        took_s=0.5,
        requests=1,
        outcome=collected(
            a_sample(a_subject("Invoices", key=known[0].key), new_items=7), at=after(3600)
        ),
    )
    with behind.writing() as write:
        write.snapshot(poll)
    with behind.reading() as connection:
        newest = connection.exec_driver_sql("SELECT new_items FROM v_queues").scalar()
    assert newest == 7
    assert check(behind).findings == ()
