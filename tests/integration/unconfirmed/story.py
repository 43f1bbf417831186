"""Alerts about what a watch sees: the rules as they are configured, and the time by its clock.

The server's time and ours are the same here, so the instants are those of the watch.
"""

from datetime import timedelta
from pathlib import Path

from monitor.config.load import load_text
from monitor.core.rehearsal import Rehearsal
from monitor.core.sample import Collected, Failed, Snapshot
from monitor.errors import OrchestratorError
from tests.integration.unconfirmed.watch import ALL, Watch

_HEAD = """
[tenants.demo]
url = "https://cloud.uipath.com/acme/House/orchestrator_"
auth = { type = "access-token", token = "token-of-a-test" }
[channels.ops]
url = "json://localhost/ops"
[[routes]]
channels = ["ops"]
group_by = ["name"]
group_wait = "0s"
group_interval = "0s"
repeat_every = "1h"
"""


class Story:
    """What is told while a watch polls."""

    def __init__(self, watch: Watch, rules: str = "") -> None:
        self.watch = watch
        configuration = load_text(_HEAD + rules, Path("config.toml"))
        self._run = Rehearsal(
            plan=configuration.plan,
            collector_kinds={name: plugin.kinds for name, plugin in ALL.items()},
            started_at=watch.clock.now(),
            tenants={"demo": {}},
        )

    def polls(self, name: str, *, after_s: float = 60.0, times: int = 1) -> Collected | Failed:
        """Poll as the daemon does; what fails is told to the rules too. Return the last outcome."""
        outcome: Collected | Failed = Failed(kind="error", message="not polled")
        for _ in range(times):
            self.watch.clock.advance(after_s)
            try:
                outcome = self.watch.poll(name)
            except OrchestratorError as error:
                outcome = Failed(kind=error.kind, message=str(error))
            now = self.watch.clock.now()
            snapshot = Snapshot(
                tenant="demo",
                collector=name,
                started_at=now - timedelta(seconds=0.5),
                took_s=0.5,
                requests=1,
                outcome=outcome,
            )
            self._run.poll([snapshot], now)
        return outcome

    def heard(self) -> list[str]:
        """Return what was told of subjects so far, oldest first: `opened VM-1`.

        That nothing could be seen for a while is told too, and left out here.
        """
        return [
            f"{item.what} {item.name}"
            for attempt in self._run.attempts
            for item in attempt.delivery.message.items
            if item.rule != "collector-failing"
        ]

    @property
    def open(self) -> set[tuple[str, str]]:
        """Return the open alerts: the rule and the subject's key."""
        return {
            (alert.rule, alert.subject.key)
            for alert in self._run.open
            if alert.rule != "collector-failing"
        }

    @property
    def events(self) -> list[str]:
        """Return what happened to alerts: `opened queue-backlog 500`."""
        return [f"{one.kind} {one.alert.rule} {one.alert.subject.key}" for one in self._run.events]
