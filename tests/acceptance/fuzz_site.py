"""A tenant under fire: its answers go through the real client, collectors and evaluator."""

from collections.abc import Mapping
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import parse_qsl

import httpx
from pydantic import SecretStr

from monitor.collectors import licenses, queues, sessions
from monitor.config.load import load_text
from monitor.core.sample import Collected, Sample, Snapshot
from monitor.orchestrator.client import OrchestratorClient
from monitor.orchestrator.credentials import ClientCredentials, Credentials, Password
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.folders import Folders
from monitor.pipeline.collect import collect
from monitor.pipeline.evaluate import Evaluator, Instant
from monitor.store import Store
from tests.acceptance.fuzz_damage import Damage, Damager
from tests.acceptance.fuzz_estate import SIGHTS, START, Sight, Tenant, done_by, key_of, told
from tests.acceptance.fuzz_rows import name_of
from tests.builders import shown
from tests.wires import FakeClock, Wire

ALL = {"sessions": sessions.COLLECTOR, "queues": queues.COLLECTOR, "licenses": licenses.COLLECTOR}
SECRETS = ("simulated-password", "simulated-client-secret")
RULES = """
[rules.robot-unresponsive]
type = "session-unresponsive"
[rules.robot-offline]
type = "session-offline"
after = "0s"
[rules.host-offline]
type = "host-offline"
[rules.backlog]
type = "queue-backlog"
above = 100
for = "0s"
[rules.queue-failures]
type = "queue-failures"
within = "10m"
[rules.queue-stalled]
type = "queue-stalled"
after = "10m"
[rules.license-overuse]
type = "license-usage"
[rules.license-expiry]
type = "license-expiry"
[rules.license-expiry-near]
type = "license-expiry"
before = "3d"
severity = "critical"
[rules.collector-failing]
type = "collector-failing"
"""
_TENANT = """
[tenants."{name}"]
url = "https://orchestrator.example"
auth = {{ type = "access-token", token = "token-of-a-test" }}
"""
_RARELY = {
    "Folders",
    "QueueDefinitions",
    "GetQueuesAcrossFolders",
    "GetAllForCurrentUser",
    "GetAllFoldersForCurrentUser",
}

Place = tuple[str, str]
Told = tuple[tuple[float | None, ...], str, Mapping[str, str]]


class Site:
    """One sight of the tenant, and what is asked of it."""

    def __init__(self, sight: Sight, clock: FakeClock) -> None:
        self.name = sight.name
        self.tenant = Tenant(sight)
        self.clock = clock
        self.damager: Damager | None = None
        self.damaged: frozenset[Place] = frozenset()
        self.done: list[Damage] = []
        self.asked: list[tuple[Place, int]] = []
        self._client = OrchestratorClient(
            Deployment.parse(f"https://orchestrator.example{self.tenant.prefix}"),
            self._credentials(sight),
            clock=clock,
            transport=Wire(self._serve),
            wait=clock.sleep,
            jitter=lambda: 0.0,
        )
        folders = Folders()
        self._asks = {name: plugin.make(sight.name, {}, folders) for name, plugin in ALL.items()}

    def poll(self, collector: str) -> Snapshot:
        self.done.clear()
        self.asked.clear()
        return collect(
            tenant=self.name,
            collector=collector,
            ask=self._asks[collector],
            client=self._client,
            clock=self.clock,
            deadline_s=600.0,
        )

    def close(self) -> None:
        self._client.close()

    def _credentials(self, sight: Sight) -> Credentials:
        accounts = self.tenant.simulator.accounts
        if sight.profile < "2020":
            return Password(
                username=accounts.username, password=lambda: SecretStr(accounts.password)
            )
        return ClientCredentials(
            client_id=accounts.client_id,
            client_secret=lambda: SecretStr(accounts.client_secret),
            scopes=tuple(sorted(accounts.scopes)),
        )

    def _serve(self, request: httpx.Request) -> httpx.Response:
        recorded = self.tenant.answer(request)
        place = key_of(request, self.tenant.prefix)
        now = self.clock.now()
        body = told(recorded.body, now)
        headers = {
            "date": format_datetime(now, usegmt=True),
            "content-type": recorded.content_type,
        }
        self.asked.append((place, recorded.status))
        paging = dict(parse_qsl(request.url.query.decode()))
        is_first = paging.get("$skip", paging.get("skip", "0")) == "0"
        if self.damager is None or place not in self.damaged or not is_first:
            return httpx.Response(recorded.status, json=body, headers=headers)
        content, damage = self.damager(place, body)
        self.done.append(damage)
        return httpx.Response(recorded.status, content=content, headers=headers)


class Watch:
    """All sites, one evaluator and one database; time moves when it is told to."""

    def __init__(self, store: Store) -> None:
        self.clock = FakeClock(START)
        self.sites = [Site(sight, self.clock) for sight in SIGHTS]
        tenants = "".join(_TENANT.format(name=sight.name) for sight in SIGHTS)
        self._evaluator = Evaluator(
            store=store,
            plan=load_text(tenants + RULES, Path("config.toml")).plan,
            collector_kinds={name: plugin.kinds for name, plugin in ALL.items()},
            tenants={sight.name: {} for sight in SIGHTS},
        )
        self._evaluator.restore(self._instant())

    def settle(self, snapshot: Snapshot) -> list[tuple[str, str, tuple[str, str, str]]]:
        """Judge a poll; return what happened: the event, the rule, and the subject."""
        settled = self._evaluator.settle(snapshot, self._instant())
        return [
            (str(event.kind), event.alert.rule, event.alert.subject.identity)
            for event in settled.events
        ]

    def close(self) -> None:
        for site in self.sites:
            site.close()

    def _instant(self) -> Instant:
        return Instant(now=self.clock.now(), elapsed_s=self.clock.monotonic())


def is_rare(place: Place) -> bool:
    """Tell whether an answer is kept for a quarter of an hour."""
    return name_of(place[0]) in _RARELY


def picture(outcome: Collected, clock: FakeClock) -> dict[tuple[str, str], Told]:
    """Return what is told of each subject, as it would be at `START`."""
    found = {(s.subject.kind, s.subject.key): _told(s, outcome, clock) for s in outcome.samples}
    assert len(found) == len(outcome.samples), "two samples of one subject"
    return found


def _told(sample: Sample, outcome: Collected, clock: FakeClock) -> Told:
    there = shown(sample, outcome.observed_at)
    values = [None if value is None else round(value, 6) for value in there]
    if sample.subject.kind == "queue" and values[2] is not None:
        values[2] -= done_by(clock.now())
    return tuple(values), sample.subject.name, dict(sample.subject.labels)
