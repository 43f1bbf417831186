"""Ten thousand sessions of one tenant that fall silent at once, without a network in between."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from monitor.config.load import load_text
from monitor.core.sample import Collected, Sample, Snapshot, Subject
from monitor.daemon.service import Service
from monitor.daemon.wiring import build_service
from monitor.pipeline.evaluate import Instant, Settled
from monitor.store import Store
from tests.builders import a_sample, after

HEAD = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "token-of-a-test" }
"""


@dataclass
class StillClock:
    """A clock that is set by hand, in seconds after `NOW`."""

    elapsed_s: float = 0.0

    def now(self) -> datetime:
        return after(self.elapsed_s)

    def monotonic(self) -> float:
        return self.elapsed_s


@dataclass
class Estate:
    """Hosts of so many unattended sessions each, and what a poll of them brings."""

    sessions: int
    per_host: int
    subjects: list[Subject] = field(init=False)
    hosts: list[Subject] = field(init=False)

    def __post_init__(self) -> None:
        self.hosts = [
            Subject(
                tenant="production",
                kind="machine",
                key=f"{number // 100}/VM-RPA-{number:05}",
                name=f"VM-RPA-{number:05}",
                labels={
                    "machine": f"Pool-{number // 100}",
                    "host": f"VM-RPA-{number:05}",
                    "robot_type": "Unattended",
                    "license_type": "Unattended",
                },
            )
            for number in range(self.sessions // self.per_host)
        ]
        self.subjects = [
            _session(number, self.hosts[number // self.per_host]) for number in range(self.sessions)
        ]

    def poll(self, at_s: float, *, silent_since_s: float | None = None) -> Snapshot:
        """Return the poll of an instant: all are well, or all are silent since another."""
        is_silent = silent_since_s is not None
        age_s = 1.0 if silent_since_s is None else at_s - silent_since_s
        session = a_sample(
            self.subjects[0],
            after(at_s),
            heartbeat_age_s=age_s,
            is_unresponsive=is_silent,
            is_disconnected=0,
            is_available=1,
            is_busy=0,
            in_maintenance=0,
        )
        host = a_sample(
            self.hosts[0],
            runtimes=self.per_host,
            used_runtimes=0,
            sessions=self.per_host,
            unresponsive_sessions=self.per_host * is_silent,
            disconnected_sessions=0,
            late_sessions=self.per_host * is_silent,
        )
        sessions = [Sample(subject, session.values) for subject in self.subjects]
        hosts = [Sample(subject, host.values) for subject in self.hosts]
        return Snapshot(
            tenant="production",
            collector="sessions",
            started_at=after(at_s),
            took_s=0.5,
            requests=20,
            outcome=Collected(
                kinds=("session", "machine"),
                samples=(*sessions, *hosts),
                observed_at=after(at_s),
                counts=(len(sessions), len(hosts)),
            ),
        )


def _session(number: int, host: Subject) -> Subject:
    return Subject(
        tenant="production",
        kind="session",
        key=f"{host.key}/svc-{number:05}",
        name=f"{host.name} (ACME\\svc-{number:05})",
        labels={
            "robot": "",
            "robot_type": "Unattended",
            "machine": host.labels["machine"],
            "host": host.name,
            "folder": "",
            "state": "Available",
            "version": "25.10.3",
        },
    )


@dataclass
class Daemon:
    """The daemon's parts, wired as ever, that do what they are told when they are told."""

    store: Store
    configuration: str
    clock: StillClock = field(default_factory=StillClock)
    service: Service = field(init=False)

    def __post_init__(self) -> None:
        configuration = load_text(HEAD + self.configuration, Path("config.toml"))
        self.service = build_service(configuration, self.store, clock=self.clock)
        self.service.evaluator.restore(self._at(0.0))

    def settle(self, snapshot: Snapshot) -> Settled:
        """Evaluate a poll at the instant it was made."""
        at_s = (snapshot.started_at - after(0)).total_seconds()
        return self.service.evaluator.settle(snapshot, self._at(at_s))

    def tick(self, at_s: float) -> Settled:
        """Do what is due by time alone."""
        return self.service.evaluator.tick(self._at(at_s))

    def deliver(self) -> None:
        """Send what is due on every channel."""
        for courier in self.service.couriers:
            courier.deliver_now()

    def close(self) -> None:
        for poller in self.service.pollers:
            poller.client.close()

    def _at(self, at_s: float) -> Instant:
        self.clock.elapsed_s = at_s
        return Instant(now=after(at_s), elapsed_s=at_s)
