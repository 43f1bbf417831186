"""An installation for tests: a simulated tenant, its configuration, the commands in-process."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.main import run
from monitor.clock import SystemClock
from monitor.config.history import open_history
from monitor.config.load import load
from monitor.daemon.wiring import build_service
from monitor.simulator.server import RunningServer
from monitor.simulator.simulator import Simulator
from monitor.store.schema import upgrade

TENANT = """\
[database]
url = "sqlite:///{directory}/history.db"
[tenants.production]
url = "{url}"
auth = {{ type = "client-credentials", client_id = "{client_id}", client_secret_env = "SIM_SECRET" }}
timeout = "5s"
"""
RULES = """\
[rules.invoice-backlog]
type = "queue-backlog"
where = { queue = "Invoices" }
above = 500
for = "0s"
severity = "critical"
[rules.collector-failing]
type = "collector-failing"
[rules.resting]
type = "session-unresponsive"
enabled = false
"""
CHANNEL = """\
[channels.ops]
url_env = "OPS_URL"
"""
# Where nothing answers, each collector spends seconds on its retries: one is enough.
ONE_COLLECTOR = """\
[collectors.queues]
enabled = false
[collectors.licenses]
enabled = false
"""


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command prints
        return json.loads(self.out)


@dataclass
class Site:
    """One installation: the simulated tenant, the configuration file, the commands."""

    directory: Path
    capsys: pytest.CaptureFixture[str]
    simulator: Simulator
    server: RunningServer
    config: Path = field(init=False)

    def __post_init__(self) -> None:
        self.config = self.directory / "config.toml"
        self.configure(RULES, CHANNEL)

    def configure(self, *parts: str, url: str | None = None) -> None:
        head = TENANT.format(
            directory=self.directory,
            url=url or self.server.url,
            client_id=self.simulator.accounts.client_id,
        )
        self.config.write_text(head + "\n".join(parts))

    def command(self, *arguments: str) -> Ran:
        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(["--config", str(self.config), *arguments])
        assert isinstance(ended.value.code, int)
        captured = self.capsys.readouterr()
        return Ran(ended.value.code, captured.out, captured.err)

    def watch_once(self) -> None:
        """One round of the daemon."""
        configuration = load(self.config)
        store = open_history(configuration)
        upgrade(store)
        service = build_service(configuration, store, clock=SystemClock())
        service.once()
        for poller in service.pollers:
            poller.client.close()
        store.close()
