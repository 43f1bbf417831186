"""`kill -9` at random moments of a busy time: nobody is left untold, and little is told twice.

KILLS is how often (as many as fit a quick run), KILL_SEED what is drawn.
"""

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from monitor.simulator.server import serve
from monitor.store import open_store
from monitor.store.store import Store
from monitor.store.tables import ALERTS, DELIVERIES, IS_DUE, IS_REMEMBERED
from tests.acceptance.audit import audit
from tests.acceptance.letterbox import Letterbox, letterbox
from tests.acceptance.past import read
from tests.acceptance.rig import Installation, installed, simulated, wait_for
from tests.acceptance.unrest import RULES, Unrest

KILLS = int(os.environ.get("KILLS", "10"))
SEED = int(os.environ.get("KILL_SEED", "20260105"))
PATIENCE_S = 240.0
CHANNELS_OF = {"critical": ("hook", "pager"), "warning": ("pager",)}


@pytest.fixture
def boxes() -> Iterator[dict[str, Letterbox]]:
    with letterbox(slowness_s=0.1) as hook, letterbox(slowness_s=0.3) as pager:
        yield {"hook": hook, "pager": pager}


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = open_store(database_url)
    yield opened
    opened.close()


def test_nobody_is_left_untold(
    tmp_path: Path,
    database_url: str,
    dialect: str,
    boxes: dict[str, Letterbox],
    store: Store,
    record_property: Callable[[str, object], None],
) -> None:
    simulator = simulated()
    moments = random.Random(SEED)
    unrest = Unrest(simulator, store, boxes["pager"], random.Random(SEED + 1))
    with (
        serve(simulator) as server,
        installed(
            tmp_path,
            orchestrator=server.url,
            database=database_url,
            client_id=simulator.accounts.client_id,
            channels={name: f"json://127.0.0.1:{box.port}/" for name, box in boxes.items()},
            rules=RULES,
        ) as daemon,
    ):
        for _ in range(KILLS):
            live_and_die(daemon, unrest, moments)
        unrest.repair()
        daemon.start()
        wait_for(lambda: is_quiet(store), "everybody is told of everything", PATIENCE_S)
        status, _ = daemon.stop()
    assert status == 0

    account = audit(read(store), {name: box.letters for name, box in boxes.items()}, CHANNELS_OF)
    line = f"{dialect}, seed {SEED}: {KILLS} kills: {account}"
    record_property("kill", line)
    print(line)  # noqa: T201 - the proof in figures
    assert not account.faults
    assert not account.untold_problems
    assert not account.untold_recoveries
    assert account.duplicates <= KILLS * len(boxes)
    assert account.problems["told"]


def live_and_die(daemon: Installation, unrest: Unrest, moments: random.Random) -> None:
    """Let a daemon live for up to two seconds, be it from its birth or once it works."""
    if moments.random() < 0.2:
        unrest.live(moments.uniform(0.05, 1.0))
    log = daemon.directory / "log"
    begins = log.stat().st_size if log.exists() else 0
    daemon.start()
    if moments.random() < 0.3:
        unrest.live(moments.uniform(0.05, 1.5))
    else:
        wait_for(lambda: works(daemon, log, begins, unrest), "the daemon works", PATIENCE_S)
        # Short lives are more often than long ones: the first second is the busiest.
        unrest.live(0.05 + 1.95 * moments.random() ** 2)
    assert daemon.process is not None
    assert daemon.process.poll() is None, tail(log, begins)
    daemon.kill()


def works(daemon: Installation, log: Path, begins: int, unrest: Unrest) -> bool:
    unrest.go_on()
    written = tail(log, begins)
    assert daemon.process is not None
    assert daemon.process.poll() is None, written
    return "daemon.started" in written


def tail(log: Path, begins: int) -> str:
    with log.open("rb") as file:
        file.seek(begins)
        return file.read().decode()


def is_quiet(store: Store) -> bool:
    """Tell whether nothing is open, nothing owed and nothing on its way."""
    with store.reading() as connection:
        left = connection.execute(
            select(
                select(func.count()).select_from(ALERTS).where(IS_REMEMBERED).scalar_subquery(),
                select(func.count()).select_from(DELIVERIES).where(IS_DUE).scalar_subquery(),
            )
        ).one()
    return not any(left)
