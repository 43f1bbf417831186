"""Hosts and their sessions, for the tests of what the sessions collector tells of hosts."""

from monitor.core.kinds import MACHINE
from monitor.core.sample import Sample
from tests.unit.collectors.session_rows import SERVICE, a_runtime, ago

METRICS = [metric.name for metric in MACHINE.metrics]
Row = dict[str, object]


def values(sample: Sample) -> dict[str, float | None]:
    return dict(zip(METRICS, sample.values, strict=True))


def counts(sample: Sample) -> tuple[float | None, float | None, float | None]:
    """Sessions, unresponsive ones, disconnected ones."""
    _, _, sessions, unresponsive, disconnected, _ = sample.values
    return sessions, unresponsive, disconnected


def only(samples: tuple[Sample, ...]) -> Sample:
    (sample,) = samples
    return sample


def crew(number: int, **fields: object) -> list[Row]:
    """Sessions of so many service users on one host."""
    return [
        a_runtime(SessionId=5100 + n, ServiceUserName=f"CORP\\svc-{n}", Runtimes=1, **fields)
        for n in range(number)
    ]


def at_the_host(session: Row) -> Row:
    return {**session, "HostMachineName": "VM-RPA-07", "MachineId": 229978}


SILENT: Row = {"IsUnresponsive": True, "ReportingTime": ago(300)}
GONE: Row = {"Status": "Disconnected"}
UNATTENDED = {"Type": "Unattended", "Name": "bot-7", "Username": SERVICE}
