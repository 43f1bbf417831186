"""The rows of both lists of sessions, and a tenant that shows them."""

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from monitor.collectors.sessions import COLLECTOR
from monitor.core.sample import Collected, Sample
from monitor.orchestrator.client import OrchestratorClient
from tests.builders import shown
from tests.wires import START, FakeClock, Server, a_client, paged

RUNTIMES = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes"
SESSIONS = "/odata/Sessions/UiPath.Server.Configuration.OData.GetGlobalSessions"
SERVICE = "NT AUTHORITY\\LOCAL SERVICE"


def ago(seconds: float) -> str:
    return (START - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def a_runtime(**fields: object) -> dict[str, object]:
    return {
        "SessionId": 5101,
        "MachineId": 229978,
        "MachineName": "UnattendedPool",
        "MaintenanceMode": "Default",
        "HostMachineName": "VM-RPA-07",
        "RuntimeType": "Unattended",
        "MachineScope": "Default",
        "Status": "Available",
        "IsUnresponsive": False,
        "Runtimes": 4,
        "UsedRuntimes": 0,
        "ServiceUserName": SERVICE,
        "ReportingTime": ago(10),
        "Version": "25.10.3",
        **fields,
    }


def a_session(*, robot: Mapping[str, object] | None = None, **fields: object) -> dict[str, object]:
    who: dict[str, object] = {
        "Id": 759,
        "Name": "attended-stan",
        "Username": "CORP\\stan",
        "Type": "Attended",
        "LicenseKey": "secret",
        **(robot or {}),
    }
    return {
        "Id": 718,
        "State": "Available",
        "ReportingTime": ago(10),
        "IsUnresponsive": False,
        "HostMachineName": "LAPTOP-3",
        "MachineId": 11,
        "MachineName": "Laptops",
        "FolderName": None,
        "RobotSessionType": "LongLived",
        "Version": "25.10.3",
        "Robot": who,
        **fields,
    }


class Tenant:
    """One tenant with its collector, polled as often as a test likes."""

    def __init__(self, server: Server, client: OrchestratorClient) -> None:
        self.server = server
        self.client = client
        self.collect = COLLECTOR.make("production", {})
        self.shows()

    def shows(
        self,
        runtimes: list[dict[str, object]] | None = None,
        sessions: list[dict[str, object]] | None = None,
    ) -> None:
        self.server.routes[RUNTIMES] = paged(runtimes or [])
        self.server.routes[SESSIONS] = paged(sessions or [])

    def poll(self) -> Collected:
        with self.client.poll(30) as poll:
            return self.collect(poll)

    def sessions(self) -> Collected:
        """Poll, and leave the hosts out."""
        return self._only("session")

    def hosts(self) -> tuple[Sample, ...]:
        """Poll, and leave all but the hosts out."""
        return self._only("machine").samples

    def _only(self, kind: str) -> Collected:
        collected = self.poll()
        samples = [sample for sample in collected.samples if sample.subject.kind == kind]
        return replace(collected, samples=tuple(samples))


@contextmanager
def a_tenant() -> Iterator[Tenant]:
    clock = FakeClock()
    server = Server(clock)
    with a_client(server, clock) as client:
        yield Tenant(server, client)


def an_estate(chance: random.Random) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Some hosts and people, with much that repeats itself from one estate to the next."""
    states = ["Available", "Busy", "Disconnected", "Unknown", None]
    runtimes = [
        a_runtime(
            SessionId=chance.choice([number, number, number, 1, None]),
            HostMachineName=f"HOST-{chance.choice([number, number, 1])}",
            Status=chance.choice(states),
            IsUnresponsive=chance.choice([False, False, False, True]),
            MaintenanceMode=chance.choice(["Default", "Default", "Enabled"]),
            RuntimeType=chance.choice(["Unattended", "Unattended", "Headless"]),
            Runtimes=chance.choice([1, 1, 0]),
            UsedRuntimes=chance.choice([0, 1, None]),
            MachineScope=chance.choice(["Default", "Default", "Serverless"]),
            ServiceUserName=chance.choice(["CORP\\a", "CORP\\b"]),
            ReportingTime=chance.choice([ago(10), ago(10), ago(90), None]),
        )
        for number in range(6)
        if chance.random() < 0.9
    ]
    sessions = [
        a_session(
            Id=chance.choice([number, number, 50, None]),
            HostMachineName=f"HOST-{number}",
            State=chance.choice(states),
            ReportingTime=chance.choice([ago(10), ago(90), None]),
            robot={
                "Id": chance.choice([number, 7]),
                "Name": f"robot-{number}",
                "Username": chance.choice(["CORP\\a", "CORP\\c"]),
                "Type": chance.choice(["Attended", "Unattended"]),
            },
        )
        for number in range(4)
        if chance.random() < 0.8
    ]
    return runtimes, sessions


def told(collected: Collected) -> list[tuple[str, str, str, str, tuple[float | None, ...]]]:
    """All that is said, in an order that does not depend on what was said before."""
    return sorted(
        (
            s.subject.kind,
            s.subject.key,
            s.subject.name,
            str(s.subject.labels),
            shown(s, collected.observed_at),
        )
        for s in collected.samples
    )
