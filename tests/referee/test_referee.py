"""An independent referee between our client and the simulator: a proxy that holds every request
and every answer against the published documents.

It looks at paths, parameters, bodies and the types in answers. What it does not look at are
unknown query options and the text of `$filter`: the simulator itself refuses those.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache

import httpx
import pytest
from pydantic import SecretStr

from monitor.collectors import licenses, queues, sessions
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import ClientCredentials, Credentials, Password, UserKey
from monitor.orchestrator.deployment import Deployment
from monitor.simulator.endpoints import Endpoint
from monitor.simulator.profiles import PROFILES
from monitor.simulator.server import RunningServer, serve
from monitor.simulator.settings import Settings
from monitor.simulator.simulator import Simulator
from tests.referee.proxy import Watching, between, prism
from tests.referee.specification import FOLDER, FOLDER_HEADER, SPECIFIED, prepared

NO_ROUTE = "Selected route not found"
START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ALL = {"sessions": sessions.COLLECTOR, "queues": queues.COLLECTOR, "licenses": licenses.COLLECTOR}
# Of these there is nothing to say: the proxy cannot read an answer without a body, and real
# servers tell their version although no document has that.
UNSPOKEN = {"Status", "Version"}
# Roles and servers with which the collectors ask in other ways.
SITUATIONS: tuple[dict[str, object], ...] = (
    {},
    {"bare_queue_status": "refused"},
    {"denied": frozenset({"Machines.View"})},
)


class StandingClock:
    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return 0.0


@cache
def paths_of_the_latest() -> frozenset[str]:
    return frozenset(prepared("cloud")["paths"])


@dataclass(frozen=True)
class Court:
    """A simulated tenant and the address at which the referee stands before it."""

    server: RunningServer
    address: str

    @property
    def simulator(self) -> Simulator:
        return self.server.simulator

    def credentials(self) -> list[Credentials]:
        accounts = self.simulator.accounts
        if not self.simulator.profile.personal_tokens:
            return [
                Password(username=accounts.username, password=lambda: SecretStr(accounts.password))
            ]
        return [
            ClientCredentials(
                client_id=accounts.client_id,
                client_secret=lambda: SecretStr(accounts.client_secret),
            ),
            UserKey(
                client_id=accounts.user_client_id,
                user_key=lambda: SecretStr(accounts.user_key),
            ),
        ]

    def poll(self, credentials: Credentials) -> Watching:
        """Let every collector poll twice; signing in to an identity server passes no referee."""
        watching = Watching()
        identity = self.server.base_url
        if isinstance(credentials, ClientCredentials):
            identity += "/identity_"
        client = OrchestratorClient(
            Deployment.parse(self.address, identity_url=identity),
            credentials,
            clock=StandingClock(),
            options=ClientOptions(timeout_s=20, attempts=1),
            transport=watching,
            wait=lambda _: None,
        )
        asks = [plugin.make("demo", {}) for plugin in ALL.values()]
        with closing(client):
            for ask in (*asks, *asks):
                with client.poll(60) as poll:
                    ask(poll)
        return watching

    def become(self, **settings: object) -> None:
        """Set these settings, and the others as they are by default."""
        usual = Settings()
        for each in fields(usual):
            value = settings.get(each.name, getattr(usual, each.name))
            setattr(self.simulator.settings, each.name, value)

    def is_absent(self, objection: str) -> bool:
        """Whether the collectors tried what came later: both sides say that it is not there."""
        method, _, rest = objection.partition(" ")
        path = rest.partition("?")[0].partition(" (")[0]
        return (
            not self.simulator.profile.in_organization
            and method == "GET"
            and objection.endswith(f"(404): request: {NO_ROUTE}")
            and path.removesuffix("()") in paths_of_the_latest()
        )

    def ask(self, *paths: str, **headers: str) -> Watching:
        """Ask for each path as somebody who signed in by password, with every field."""
        watching = Watching()
        with httpx.Client(base_url=self.server.base_url, trust_env=False) as plain:
            token = plain.post("/api/Account/Authenticate", json=self.login()).json()["result"]
        sent = {"Authorization": f"Bearer {token}", **headers}
        with httpx.Client(base_url=self.address, transport=watching) as client:
            for path in paths:
                client.get(path, headers=sent)
        return watching

    def login(self) -> dict[str, str]:
        accounts = self.simulator.accounts
        return {
            "tenancyName": accounts.tenancy_name,
            "usernameOrEmailAddress": accounts.username,
            "password": accounts.password,
        }


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Court]]:
    """Return what opens a version's court: each is opened once, whatever the order of the tests."""
    if not FOLDER.is_dir():
        pytest.skip(f"{FOLDER.name}: the published documents are not here")
    prism()
    folder = tmp_path_factory.mktemp("referee")
    courts: dict[str, Court] = {}
    with ExitStack() as stack:

        def open_once(version: str) -> Court:
            if version not in courts:
                document = folder / f"{version}.json"
                document.write_text(json.dumps(prepared(version)), encoding="utf-8")
                simulator = Simulator(clock=StandingClock().now, profile=PROFILES[version])
                server = stack.enter_context(serve(simulator))
                address = stack.enter_context(between(document, server.url))
                courts[version] = Court(server, address)
            return courts[version]

        yield open_once


@pytest.fixture(params=SPECIFIED)
def court(request: pytest.FixtureRequest, opened: Callable[[str], Court]) -> Iterator[Court]:
    """One version's simulator with the referee before it, as though nothing had been asked yet."""
    court = opened(request.param)
    yield court
    court.simulator.faults.clear()
    court.simulator.journal.clear()
    court.become()


def test_what_the_collectors_ask_and_hear_is_in_order(court: Court) -> None:
    for situation in SITUATIONS:
        court.become(**situation)
        for credentials in court.credentials():
            watching = court.poll(credentials)

            told = f"{type(credentials).__name__}, {situation}"
            assert [o for o in watching.objections() if not court.is_absent(o)] == [], told
            assert len({seen.request for seen in watching.seen if seen.status == 200}) >= 3, told


def test_every_endpoint_answers_as_the_document_says(court: Court) -> None:
    endpoints = [e for e in court.simulator.profile.endpoints if e.name not in UNSPOKEN]

    watching = court.ask(*map(full, endpoints), **{FOLDER_HEADER: "62511"})

    assert [seen.status for seen in watching.seen] == [200] * len(endpoints)
    assert watching.objections() == []


def full(endpoint: Endpoint) -> str:
    """Return the address of all that an endpoint tells."""
    navigation = endpoint.entity.navigation if endpoint.entity is not None else ()
    options = [f"$expand={name}" for name in navigation]
    # Of a tenant's own user nobody asks which tenant, but two documents require it all the same.
    options += ["days=2&tenantId=1"] if "days" in endpoint.parameters else []
    path = endpoint.path.replace("{folderId}", "62511").replace("{key}", "229978")
    return f"{path}?{'&'.join(options)}" if options else path


# The rest proves that the referee sees what it is there for.


def test_it_objects_to_a_value_from_the_future(court: Court) -> None:
    court.simulator.faults.start("unknown-enums", on="Machines")

    objections = court.ask("/odata/Machines").objections()

    assert objections
    assert all("must be equal to one of the allowed values" in text for text in objections)


def test_it_objects_to_an_answer_of_the_wrong_type(court: Court) -> None:
    court.simulator.faults.start("garbage", on="Machines")

    objections = court.ask("/odata/Machines").objections()

    assert objections
    assert all("response.body" in text and " must be " in text for text in objections)


def test_it_objects_to_a_request_without_what_is_required(court: Court) -> None:
    login = court.login()
    del login["password"]
    watching = Watching()
    with httpx.Client(base_url=court.address, transport=watching) as client:
        if court.simulator.profile.in_organization:
            client.get("/odata/Machines")
            wanted = "Invalid security scheme used"
        else:
            client.post("/api/Account/Authenticate", json=login)
            wanted = "must have required property 'password'"

    [objection] = watching.objections()

    assert "request" in objection
    assert wanted in objection


def test_it_objects_to_an_option_of_the_wrong_type(court: Court) -> None:
    [objection] = court.ask("/odata/Machines?$top=many").objections()

    assert "request.query.$top: " in objection


def test_it_objects_to_a_path_that_is_not_documented(court: Court) -> None:
    [objection] = court.ask("/odata/Machine").objections()

    assert NO_ROUTE in objection
    assert not court.is_absent(objection)
