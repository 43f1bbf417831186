from collections.abc import Iterator
from pathlib import Path

import pytest

from monitor.clock import SystemClock
from monitor.simulator.server import serve
from monitor.simulator.simulator import Simulator
from tests.integration.cli.site import Site


@pytest.fixture
def site(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Site]:
    simulator = Simulator(clock=SystemClock().now)
    simulator.freeze_queue("Invoices", new=900)
    monkeypatch.setenv("SIM_SECRET", simulator.accounts.client_secret)
    # Nothing listens there: messages stay due, with an attempt that failed.
    monkeypatch.setenv("OPS_URL", "json://127.0.0.1:9/topsecrettoken")
    with serve(simulator) as server:
        yield Site(tmp_path, capsys, simulator, server)
