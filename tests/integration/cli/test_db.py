"""`db prune`, `db backup`, `db check`, `db upgrade` as people run them."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.cli.main import run
from monitor.clock import SystemClock
from monitor.core.sample import Collected, Snapshot
from monitor.store import Store, open_store
from monitor.store.lease import hold
from monitor.store.version import HEAD
from tests.builders import a_sample, a_subject
from tests.integration.cli.site import Ran

CONFIGURATION = """\
[database]
url = "{url}"
[retention]
full = "10d"
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = {{ type = "access-token", token_env = "NOT_THERE" }}
[channels.ops]
url_env = "NOT_THERE"
"""


class Place:
    """A configuration, its history, and the commands on it."""

    def __init__(self, directory: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.directory = directory
        self.config = directory / "config.toml"
        self.config.write_text(CONFIGURATION.format(url=url))
        self.url = url
        self._capsys = capsys

    def command(self, *arguments: str) -> Ran:
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(["--config", str(self.config), "db", *arguments])
        assert isinstance(ended.value.code, int)
        captured = self._capsys.readouterr()
        return Ran(ended.value.code, captured.out, captured.err)


@pytest.fixture
def place(tmp_path: Path, database_url: str, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, database_url, capsys)


@pytest.fixture
def filled(place: Place) -> Iterator[Store]:
    """A history of twenty days, a poll a day."""
    store = open_store(place.url)
    now = SystemClock().now()
    for day in range(20, -1, -1):
        at = now - timedelta(days=day)
        outcome = Collected(
            kinds=("queue",),
            samples=(a_sample(a_subject("Invoices"), new_items=day),),
            observed_at=at,
        )
        with store.writing() as write:
            write.snapshot(
                Snapshot(
                    tenant="production",
                    collector="queues",
                    started_at=at,
                    took_s=0.1,
                    requests=1,
                    outcome=outcome,
                )
            )
    yield store
    store.close()


def polls(store: Store) -> int:
    with store.reading() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM polls").scalar() or 0)


class TestPrune:
    def test_it_says_what_went_and_from_when(self, place: Place, filled: Store) -> None:
        ran = place.command("prune")

        assert ran.status == 0
        first, second = ran.out.splitlines()
        assert ": gone: 10 closed stretches, 11 polls, from before 20" in first
        assert polls(filled) == 10
        if filled.place.file is None:
            assert "Postgres sees to it by itself (autovacuum)" in second
        else:
            assert second.endswith("of it free for what comes") or "given back" in second
        assert "nothing is too old" in place.command("prune").out

    def test_a_dry_run_says_it_and_deletes_nothing(self, place: Place, filled: Store) -> None:
        ran = place.command("prune", "--dry-run")

        assert ": would go: 10 closed stretches, 11 polls, from before 20" in ran.out
        assert len(ran.out.splitlines()) == 1
        assert polls(filled) == 21

    def test_scripts_read_it_too(self, place: Place, filled: Store) -> None:
        foretold = place.command("prune", "--dry-run", "--json").json
        done = place.command("prune", "--json").json

        assert (foretold["dry_run"], done["dry_run"]) == (True, False)
        assert foretold["gone"] == done["gone"]
        assert (done["gone"]["stretches"], done["gone"]["polls"]) == (10, 11)
        assert done["gone"]["alerts"] == 0
        assert done["history_until"].endswith("Z")
        assert (done["bytes"] is None) == (filled.place.file is None)

    def test_it_works_beside_the_daemon(self, place: Place, filled: Store) -> None:
        with hold(filled):
            ran = place.command("prune")

        assert ran.status == 0
        assert polls(filled) == 10


class TestCheck:
    def test_a_sound_one_is_fine(self, place: Place, filled: Store) -> None:
        ran = place.command("check")

        assert ran.status == 0
        assert ran.out.endswith(f"fine, schema {HEAD} is current\n")
        assert place.command("check", "--json").json["problems"] == []

    def test_each_problem_is_a_line_with_its_cure(self, place: Place, filled: Store) -> None:
        with filled.database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM subjects")

        ran = place.command("check")

        assert ran.status == 4
        assert ran.out == ""
        first, second = ran.err.splitlines()
        assert "1 rows of queue_latest without their subject: stop the daemon, back up," in first
        assert "run: DELETE FROM queue_stretches WHERE NOT EXISTS" in second
        told = place.command("check", "--json")
        assert told.status == 4
        assert told.json["state"] == "current"
        assert [problem["rows"] for problem in told.json["problems"]] == [1, 20]
        assert told.json["findings"] == [problem["what"] for problem in told.json["problems"]]

    def test_a_missing_view_is_cured_by_an_upgrade(self, place: Place, filled: Store) -> None:
        with filled.database.writing() as connection:
            connection.exec_driver_sql("DROP VIEW v_polls")
        ran = place.command("check")
        assert ran.status == 4
        assert "the view v_polls is missing: `orchestrator-monitor db upgrade` makes it" in ran.err

        assert "1 of its views made anew" in place.command("upgrade").out

        assert place.command("check").status == 0
        assert "nothing to do" in place.command("upgrade").out


class TestBackup:
    def test_a_copy_is_made_and_verified(self, place: Place, filled: Store) -> None:
        file = place.directory / "copy.db"
        ran = place.command("backup", str(file))

        if filled.place.file is None:
            assert ran.status == 4
            assert f"pg_dump --format=custom --file={file}" in ran.err
            assert not file.exists()
            return
        assert ran.status == 0
        assert ran.out.startswith(f"{file}: ")
        assert ran.out.endswith(f", schema {HEAD}, verified\n")
        assert place.command("backup", str(file)).status == 4
        again = place.command("backup", str(file), "--force", "--json")
        assert again.json == {
            "database": f"sqlite:///{filled.place.file}",
            "file": str(file),
            "bytes": file.stat().st_size,
            "revision": HEAD,
        }
        copy = open_store(f"sqlite:///{file}")
        assert polls(copy) == 21
        copy.close()


class TestFailures:
    @pytest.fixture
    def dialect(self) -> str:
        return "sqlite"

    @pytest.mark.parametrize(
        "arguments", [("prune",), ("prune", "--dry-run"), ("check",), ("backup", "copy.db")]
    )
    def test_a_file_that_is_not_there_is_not_made(
        self,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        arguments: tuple[str, ...],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.chdir(tmp_path)
        ran = Place(tmp_path, f"sqlite:///{tmp_path}/none.db", capsys).command(*arguments)

        assert ran.status == 4
        assert len(ran.err.splitlines()) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]

    def test_a_damaged_file_is_said_in_a_sentence(self, place: Place, filled: Store) -> None:
        file = filled.place.file
        assert file is not None
        filled.close()
        content = bytearray(file.read_bytes())
        content[4096:] = b"\x5a" * (len(content) - 4096)
        file.write_bytes(content)

        for arguments in (("check",), ("prune",), ("backup", str(file.with_name("copy.db")))):
            ran = place.command(*arguments)
            assert ran.status == 4
            assert "damaged" in ran.err
            assert "Traceback" not in ran.err
        assert not file.with_name("copy.db").exists()

    def test_a_locked_file_is_said_in_a_sentence(
        self, place: Place, filled: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("monitor.store.database.LOCK_WAIT_S", 0)
        other = sqlite3.connect(str(filled.place.file), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        ran = place.command("prune")
        other.close()

        assert ran.status == 4
        assert "another program has kept it locked" in ran.err
        assert polls(filled) == 21
