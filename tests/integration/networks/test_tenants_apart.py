"""A tenant that hangs is nobody else's trouble: the daemon's real parts, threads and sockets."""

import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.clock import FastClock
from monitor.config.load import load_text
from monitor.core.sample import Collected, Snapshot
from monitor.daemon import wiring
from monitor.daemon.service import Service
from monitor.pipeline.evaluate import Settled
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.simulator import Simulator
from monitor.store import open_store
from tests.integration.networks.links import Listener, listening, stay_silent

PACE = 10.0
"""Every tenant is polled ten times a second, by a clock ten times as fast."""
EVERY_COLLECTOR = """
[collectors]
sessions = { every = "1s" }
queues = { every = "1s" }
licenses = { every = "1s" }
"""


class Polls:
    """Counts the polls that succeeded and those that did not, by tenant."""

    def __init__(self) -> None:
        self.good: Counter[str] = Counter()
        self.bad: Counter[str] = Counter()
        self._changed = threading.Condition()

    def heard(self, snapshot: Snapshot, _settled: Settled) -> None:
        with self._changed:
            of = self.good if isinstance(snapshot.outcome, Collected) else self.bad
            of[snapshot.tenant] += 1
            self._changed.notify_all()

    def wait_for(self, tenant: str, polls: int, within_s: float = 5.0) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self.good[tenant] >= polls, within_s)


@contextmanager
def daemon(
    healthy: RunningServer, hanging: Listener, many: int, clock: FastClock, database: Path
) -> Iterator[tuple[Service, Polls]]:
    accounts = healthy.simulator.accounts
    text = EVERY_COLLECTOR + "".join(
        f"""
        [tenants.hanging-{number}]
        url = "http://127.0.0.1:{hanging.port}/acme/T{number}/orchestrator_"
        auth = {{ type = "access-token", token = "token-of-a-test" }}
        """
        for number in range(many)
    )
    text += f"""
        [tenants.healthy]
        url = "{healthy.url}"
        [tenants.healthy.auth]
        type = "client-credentials"
        client_id = "{accounts.client_id}"
        client_secret = "{accounts.client_secret}"
        """
    store = open_store(f"sqlite:///{database}")
    polls = Polls()
    configuration = load_text(text, Path("config.toml"))
    service = wiring.build_service(configuration, store, clock=clock, pace=PACE, heard=polls.heard)
    service.start()
    try:
        yield service, polls
    finally:
        stopped = service.stop()
        store.close()
    assert stopped  # whatever hangs is woken


@pytest.mark.parametrize("many", [1, 20])
def test_tenants_that_hang_hold_up_no_other(
    many: int, tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twenty of them, with three collectors each, once took all the threads there were."""
    monkeypatch.chdir(tmp_path)
    database = tmp_path / "history.db"
    shutil.copyfile(migrated_file, database)
    clock = FastClock(PACE)
    with (
        serve(Simulator(clock=clock.now)) as healthy,
        listening(stay_silent) as hanging,
        daemon(healthy, hanging, many, clock, database) as (_, polls),
    ):
        assert polls.wait_for("healthy", 10)
        assert hanging.connections >= many
        before = polls.good["healthy"]

        assert polls.wait_for("healthy", before + 15)
        assert set(polls.good) == {"healthy"}
        # Its clock is in a hurry: a busy machine may miss a deadline now and then.
        assert set(polls.bad) <= {"healthy"}
        assert polls.bad["healthy"] <= 2
