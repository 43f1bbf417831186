"""What a cycle costs Orchestrator: the number and the kind of requests, with real sockets."""

from collections import Counter
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.config.load import load_text
from monitor.daemon.wiring import build_service
from monitor.simulator.estates import default_estate
from monitor.simulator.server import serve
from monitor.simulator.settings import Settings
from monitor.simulator.simulator import Simulator
from monitor.store import Store

METERED = ("/odata/QueueItems", "/odata/Jobs")


@pytest.mark.parametrize("bare", ["allowed", "refused"])
@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_cycle_makes_the_least_requests_and_never_writes(
    bare: str, store: Store, tmp_path: Path
) -> None:
    simulator = Simulator(clock=SystemClock().now, settings=Settings(bare_queue_status=bare))
    folders = [folder for folder in default_estate().folders if not folder.personal]
    with serve(simulator) as server:
        configuration = load_text(
            f"""
            [tenants.production]
            url = "{server.url}"
            auth = {{ type = "client-credentials", client_id = "{simulator.accounts.client_id}", client_secret = "{simulator.accounts.client_secret}" }}
            """,
            tmp_path / "config.toml",
        )
        service = build_service(configuration, store, clock=SystemClock())
        service.once()
        first = len(simulator.requests)
        for poller in service.pollers:
            poller.poll()
        service.stop()

    cycle = simulator.requests[first:]
    expected = 4 if bare == "allowed" else 3 + len(folders)
    assert Counter(asking.method for asking in cycle) == {"GET": expected}
    tokens = [asking for asking in simulator.requests if asking.method == "POST"]
    assert [asking.path.rpartition("/")[2] for asking in tokens] == ["token"]
    assert simulator.writes == ()
    assert not [asking for asking in simulator.requests if asking.path.endswith(METERED)]
    assert all(asking.status in {200, 400} for asking in simulator.requests)
