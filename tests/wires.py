"""An Orchestrator in a function, and a client wired to it: for tests of what goes over the wire."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from urllib.parse import parse_qsl

import httpx
from pydantic import SecretStr

from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import AccessToken, ClientCredentials, Credentials
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.poll import Poll

START = datetime(2026, 7, 21, 8, 4, tzinfo=UTC)
BASE = "https://cloud.uipath.com/acme/Production/orchestrator_"
SECRET = "s3cret-of-the-app"

Handler = Callable[[httpx.Request], httpx.Response]


class FakeClock:
    """Stands still until told; both faces move together."""

    def __init__(self, start: datetime = START) -> None:
        self.at = start
        self.elapsed = 1000.0

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.elapsed += seconds

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


class Server:
    """Answers by path; remembers every request. A route is a response, a list of them, or code."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.routes: dict[str, object] = {}
        self.requests: list[httpx.Request] = []
        self.tokens = 0
        self.expires_in = 3600

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/connect/token"):
            self.tokens += 1
            grant = {"access_token": f"token-{self.tokens}", "expires_in": self.expires_in}
            return httpx.Response(200, json=grant)
        path = request.url.path.removeprefix("/acme/Production/orchestrator_")
        route = self.routes.get(path, httpx.Response(404, json={"message": "No HTTP resource"}))
        if callable(route):
            route = route(request)
        if isinstance(route, list):
            route = route.pop(0) if len(route) > 1 else route[0]
        if isinstance(route, Exception):
            raise route
        assert isinstance(route, httpx.Response)
        headers = {"date": format_datetime(self.clock.now(), usegmt=True), **route.headers}
        return httpx.Response(route.status_code, headers=headers, stream=route.stream)

    @property
    def asked(self) -> list[str]:
        """The paths asked for, sign-ins aside."""
        return [
            request.url.path.removeprefix("/acme/Production/orchestrator_")
            for request in self.requests
            if not request.url.path.endswith("/connect/token")
        ]


class Wire(httpx.BaseTransport):
    """Hands over what a handler answers with its body still to be read, as a network does."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        response = self._handler(request)
        return httpx.Response(
            response.status_code, headers=response.headers, stream=response.stream
        )


def query_of(request: httpx.Request) -> dict[str, str]:
    return dict(parse_qsl(request.url.query.decode(), keep_blank_values=True))


def page(rows: Sequence[object], **more: object) -> httpx.Response:
    return httpx.Response(200, json={"value": rows, **more})


def paged(rows: Sequence[object]) -> Callable[[httpx.Request], httpx.Response]:
    """Serve a list by $top and $skip, a count only when asked for."""

    def serve(request: httpx.Request) -> httpx.Response:
        query = query_of(request)
        skip, top = int(query.get("$skip", 0)), int(query["$top"])
        count = {"@odata.count": len(rows)} if query.get("$count") == "true" else {}
        return page(rows[skip : skip + top], **count)

    return serve


def refusal(status: int, code: int | None = None, message: str = "No.") -> httpx.Response:
    body = {"message": message, "errorCode": code, "traceId": "00-abc-00"}
    return httpx.Response(status, content=json.dumps(body).encode())


def app(secret: str = SECRET) -> ClientCredentials:
    return ClientCredentials(client_id="the-app", client_secret=lambda: SecretStr(secret))


def pat(secret: str = "rt_00112233445566778899-1") -> AccessToken:
    return AccessToken(token=lambda: SecretStr(secret))


@contextmanager
def a_client(
    server: Handler,
    clock: FakeClock,
    *,
    credentials: Credentials | None = None,
    url: str = BASE,
    options: ClientOptions | None = None,
    identity_url: str | None = None,
) -> Iterator[OrchestratorClient]:
    client = OrchestratorClient(
        Deployment.parse(url, identity_url=identity_url),
        credentials or app(),
        clock=clock,
        options=options,
        transport=Wire(server),
        wait=clock.sleep,
        jitter=lambda: 0.5,
    )
    try:
        yield client
    finally:
        client.close()


@contextmanager
def a_poll(server: Server, **options: object) -> Iterator[Poll]:
    with a_client(server, server.clock) as client, client.poll(30) as poll:
        yield poll
