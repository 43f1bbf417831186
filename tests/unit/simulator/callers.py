"""A caller without a socket: requests go straight to the service of a simulated tenant."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.datastructures import Headers

from monitor.simulator.delivery import Reply
from monitor.simulator.estate import Estate
from monitor.simulator.profiles import CLOUD, Profile
from monitor.simulator.scenario import Scenario
from monitor.simulator.service import Request, Service
from monitor.simulator.settings import Settings
from monitor.simulator.simulator import Simulator

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
FUNCTION = "UiPath.Server.Configuration.OData"
RUNTIMES = f"/odata/Sessions/{FUNCTION}.GetMachineSessionRuntimes"
GLOBAL_SESSIONS = f"/odata/Sessions/{FUNCTION}.GetGlobalSessions"
QUEUE_STATUS = "/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus"
LICENSE = f"/odata/Settings/{FUNCTION}.GetLicense"
TENANT = "/acme/Production/orchestrator_"


class HandClock:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.instant = START

    def now(self) -> datetime:
        return self.instant

    def forward(self, seconds: float) -> None:
        self.instant += timedelta(seconds=seconds)

    def at(self, second: float) -> None:
        self.instant = START + timedelta(seconds=second)


@dataclass(frozen=True)
class Answer:
    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def json(self) -> Any:  # noqa: ANN401  a JSON document of any shape
        return json.loads(self.reply.body)

    @property
    def rows(self) -> list[dict[str, Any]]:
        assert self.status == 200, self.reply.body
        rows: list[dict[str, Any]] = self.json["value"]
        return rows


class Caller:
    """Asks a tenant of its own, signed in by the personal access token unless told otherwise.

    A profile without such tokens is signed in to by password.
    """

    def __init__(
        self,
        *,
        estate: Estate | None = None,
        scenario: Scenario | None = None,
        settings: Settings | None = None,
        profile: Profile = CLOUD,
    ) -> None:
        self.clock = HandClock()
        self.simulator = Simulator(
            clock=self.clock.now,
            estate=estate,
            scenario=scenario,
            settings=settings,
            profile=profile,
        )
        self.service = Service(self.simulator)
        self.root = TENANT if profile.in_organization else ""
        self.token: str | None = self.simulator.accounts.access_token
        if not profile.personal_tokens:
            self.token = None
            self.token = self.with_password().json["result"]

    def get(self, path: str, query: str = "", **headers: str) -> Answer:
        return self.send("GET", self.root + path, query, b"", **headers)

    def send(
        self, method: str, path: str, query: str = "", body: bytes = b"", **headers: str
    ) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        request = Request(method=method, path=path, query=query, headers=Headers(sent), body=body)
        return Answer(self.service.reply(request))

    def with_password(self) -> Answer:
        accounts = self.simulator.accounts
        body = {
            "tenancyName": accounts.tenancy_name,
            "usernameOrEmailAddress": accounts.username,
            "password": accounts.password,
        }
        return self.send(
            "POST",
            "/api/Account/Authenticate",
            body=json.dumps(body).encode(),
            Content_Type="application/json",
        )

    def sign_in(self, scope: str = "OR.Default", **changed: str) -> Answer:
        accounts = self.simulator.accounts
        form = {
            "grant_type": "client_credentials",
            "client_id": accounts.client_id,
            "client_secret": accounts.client_secret,
            "scope": scope.replace(" ", "+"),
        } | changed
        body = "&".join(f"{name}={value}" for name, value in form.items()).encode()
        in_organization = self.simulator.profile.in_organization
        return self.send(
            "POST",
            "/acme/identity_/connect/token" if in_organization else "/identity/connect/token",
            body=body,
            Content_Type="application/x-www-form-urlencoded",
        )

    def robot(self, host_user: str) -> dict[str, Any]:
        """Return the Unattended row of a service user."""
        found = [
            row
            for row in self.get(RUNTIMES, "runtimeType=Unattended").rows
            if row["ServiceUserName"].endswith(host_user)
        ]
        assert len(found) == 1
        return found[0]
