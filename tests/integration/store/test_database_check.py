"""What `db check` finds, and that its cures cure."""

import re
from collections.abc import Callable

import pytest

from monitor.store import Store
from monitor.store.check import check
from monitor.store.drift import mend_views
from monitor.store.finding import About
from monitor.store.schema import upgrade
from monitor.store.version import SchemaState
from tests.integration.store.aged import an_estate
from tests.integration.store.polls import a_poll, a_queue_of, record


def break_it(store: Store, *statements: str) -> None:
    """Do what no program of ours does: without the database's own checks."""
    if store.place.file is None:
        with store.database.writing() as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for statement in statements:
                connection.exec_driver_sql(statement)
        return
    with store.database.alone() as connection:
        cursor = connection.cursor()
        for statement in ("PRAGMA foreign_keys=OFF", *statements, "PRAGMA foreign_keys=ON"):
            cursor.execute(statement)


def cure(store: Store) -> None:
    """Run the statement that each finding names."""
    for problem in check(store).problems:
        statement = re.fullmatch(r"stop the daemon, back up, and run: (.*)", problem.cure)
        assert statement is not None, problem.cure
        with store.database.writing() as connection:
            connection.exec_driver_sql(statement.group(1))


def test_a_sound_database_has_no_findings(store: Store) -> None:
    an_estate(store)
    health = check(store)
    assert health.is_sound
    assert health.version.state is SchemaState.CURRENT


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DELETE FROM subjects WHERE name = 'There'", "1 rows of queue_latest without their subj"),
        ("DELETE FROM subjects WHERE name = 'There'", "rows of queue_stretches without their sub"),
        ("DELETE FROM alerts WHERE id = 'OLD'", "2 rows of alert_events without their row of al"),
        ("DELETE FROM alerts WHERE id = 'OLD'", "1 rows of acknowledgements without their row o"),
        ("DELETE FROM alerts WHERE id = 'OLD'", "1 messages none of whose alerts is there"),
        ("DELETE FROM deliveries", "4 rows of delivery_attempts without their row of deliveries"),
        ("DELETE FROM deliveries", "5 rows of delivery_alerts without their row of deliveries"),
    ],
)
def test_rows_that_have_lost_what_they_belong_to(store: Store, statement: str, what: str) -> None:
    an_estate(store)
    break_it(store, statement)

    health = check(store)

    assert any(what in finding for finding in health.findings)
    assert {problem.about for problem in health.problems} == {About.ORPHANS}
    cure(store)
    assert check(store).is_sound


def test_stretches_that_overlap(store: Store) -> None:
    record(store, *[a_poll(a_queue_of(step), at=step * 60.0) for step in range(4)])
    break_it(
        store,
        "UPDATE queue_stretches SET valid_from = valid_from - 30000 "
        "WHERE valid_to = (SELECT max(valid_to) FROM queue_stretches)",
    )

    (problem,) = check(store).problems

    assert problem.about is About.OVERLAP
    assert problem.what == (
        "1 stretches in queue_stretches begin before the one before them has ended"
    )
    assert "restore a backup" in problem.cure


def test_an_open_stretch_that_begins_too_early(store: Store) -> None:
    record(store, *[a_poll(a_queue_of(step), at=step * 60.0) for step in range(4)])
    break_it(store, "UPDATE queue_latest SET valid_from = valid_from - 1")

    (problem,) = check(store).problems

    assert problem.what.startswith("1 open stretches in queue_latest begin before")
    cure(store)
    assert check(store).is_sound


def test_stretches_that_end_before_they_begin(store: Store) -> None:
    record(store, *[a_poll(a_queue_of(step), at=step * 60.0) for step in range(4)])
    break_it(
        store,
        "UPDATE queue_stretches SET valid_from = valid_to "
        "WHERE valid_to = (SELECT max(valid_to) FROM queue_stretches)",
    )

    (problem,) = check(store).problems

    assert problem.what == "1 stretches in queue_stretches end before they begin"
    cure(store)
    assert check(store).is_sound


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("DROP INDEX ix_silences_ends_at", "the index ix_silences_ends_at of silences is missing"),
        (
            "CREATE INDEX ix_mine ON polls (tenant)",
            "the index ix_mine of polls is not the program's",
        ),
        (
            "ALTER TABLE sights ADD COLUMN more integer",
            "the column sights.more is not the program's",
        ),
        ("DROP TABLE channel_paces", "the table channel_paces is missing"),
        ("DROP VIEW v_polls", "the view v_polls is missing"),
    ],
)
def test_a_schema_that_somebody_altered(store: Store, statement: str, what: str) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql(statement)

    health = check(store)

    assert health.findings == (what,)
    assert {problem.about for problem in health.problems} == {About.DRIFT}


def test_a_view_that_somebody_altered_is_made_anew(store: Store) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql("DROP VIEW v_polls")
        connection.exec_driver_sql("DROP VIEW v_silences")
        connection.exec_driver_sql("CREATE VIEW v_polls AS SELECT tenant FROM polls")

    assert set(check(store).findings) == {
        "the view v_polls is another",
        "the view v_silences is missing",
    }
    assert all("db upgrade" in problem.cure for problem in check(store).problems)
    assert mend_views(store) == 2
    assert check(store).is_sound
    assert mend_views(store) == 0


def test_a_schema_of_another_program_is_said_with_its_cure(store: Store) -> None:
    with store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")

    (problem,) = check(store).problems

    assert (
        str(problem) == "the schema is behind: revision 0000: run `orchestrator-monitor db upgrade`"
    )


def test_nothing_is_changed_by_looking(reopen: Callable[[], Store]) -> None:
    store = reopen()
    an_estate(store)
    with reopen().writing() as write:
        # Beside a daemon in the middle of a transaction.
        write.alerts(())
        assert check(store).is_sound


class TestDamage:
    @pytest.fixture
    def dialect(self) -> str:
        return "sqlite"

    def test_a_corrupted_page_is_found(self, store: Store) -> None:
        for minute in range(8):
            queues = [a_queue_of(minute, f"Queue {number}") for number in range(500)]
            record(store, a_poll(*queues, at=minute * 60.0))
        file = store.place.file
        assert file is not None
        store.close()
        content = bytearray(file.read_bytes())
        page = len(content) - 5 * 4096
        content[page : page + 4096] = b"\x5a" * 4096
        file.write_bytes(content)

        health = check(store)

        assert health.problems[0].about is About.DAMAGE
        assert "restore a backup" in health.problems[0].cure
        assert not health.is_sound

    def test_upgrade_leaves_a_sound_one_alone(self, store: Store) -> None:
        assert not upgrade(store).changed
        assert check(store).is_sound
