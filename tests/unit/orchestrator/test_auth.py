import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from pydantic import SecretStr

from monitor.errors import AuthenticationFailed, OrchestratorError, UnexpectedResponse, Unreachable
from monitor.orchestrator.auth import renewal_s
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import (
    AccessToken,
    ClientCredentials,
    Credentials,
    Password,
    UserKey,
)
from tests.wires import SECRET, FakeClock, Server, a_client, app, page, refusal

PATH = "/odata/Folders"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Server:
    server = Server(clock)
    server.routes[PATH] = page([{"Id": 1}])
    return server


@pytest.fixture
def client(server: Server, clock: FakeClock) -> Iterator[OrchestratorClient]:
    with a_client(server, clock) as client:
        yield client


def ask(client: OrchestratorClient) -> None:
    with client.poll(30) as poll:
        poll.get(PATH, type=dict)


def test_an_application_asks_for_its_token_with_the_least_scopes(
    client: OrchestratorClient, server: Server
) -> None:
    ask(client)

    token, call = server.requests
    assert str(token.url) == "https://cloud.uipath.com/identity_/connect/token"
    assert token.headers["content-type"] == "application/x-www-form-urlencoded"
    assert token.content.decode() == (
        "grant_type=client_credentials&client_id=the-app&client_secret=s3cret-of-the-app"
        "&scope=OR.Folders.Read%20OR.Queues.Read%20OR.Robots.Read%20OR.Settings.Read"
    )
    assert call.headers["authorization"] == "Bearer token-1"


def test_a_token_is_kept_until_nine_tenths_of_its_life_are_over(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    ask(client)
    clock.advance(3200)
    ask(client)
    assert server.tokens == 1
    clock.advance(60)
    ask(client)

    assert server.tokens == 2


@pytest.mark.parametrize(
    ("lifetime", "renewal"), [(3600, 3240), (600, 480), (130, 65), (5, 2.5), (86400, 77760)]
)
def test_a_token_is_renewed_ahead_of_its_expiry_however_short_it_lives(
    lifetime: float, renewal: float
) -> None:
    assert renewal_s(lifetime) == pytest.approx(renewal)


def test_a_token_of_five_seconds_serves_several_calls(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    server.expires_in = 5
    for _ in range(4):
        ask(client)
        clock.advance(1)

    assert server.tokens == 2


@pytest.mark.parametrize("expires_in", [None, "soon", "1800", -5, 0])
def test_an_odd_lifetime_is_survived(
    client: OrchestratorClient, server: Server, expires_in: object
) -> None:
    server.expires_in = expires_in  # type: ignore[assignment] # on purpose
    ask(client)
    ask(client)

    assert server.tokens == 1


def test_twenty_calls_at_once_share_one_sign_in(clock: FakeClock) -> None:
    tokens = 0
    gate = threading.Barrier(8)

    def serve(request: httpx.Request) -> httpx.Response:
        nonlocal tokens
        if request.url.path.endswith("/connect/token"):
            tokens += 1
            return httpx.Response(200, json={"access_token": f"t{tokens}", "expires_in": 3600})
        return page([])

    with a_client(serve, clock) as client, ThreadPoolExecutor(8) as pool:

        def call() -> None:
            gate.wait(5)
            for _ in range(3):
                ask(client)

        for future in [pool.submit(call) for _ in range(8)]:
            future.result()

    assert tokens == 1


def test_calls_that_find_their_token_revoked_at_once_share_one_new_sign_in(
    clock: FakeClock,
) -> None:
    tokens = 0
    both = threading.Barrier(4)

    def serve(request: httpx.Request) -> httpx.Response:
        nonlocal tokens
        if request.url.path.endswith("/connect/token"):
            tokens += 1
            return httpx.Response(200, json={"access_token": f"t{tokens}", "expires_in": 3600})
        if request.headers["authorization"] == "Bearer t1":
            both.wait(5)
            return refusal(401, 0)
        return page([])

    with a_client(serve, clock) as client, ThreadPoolExecutor(4) as pool:
        for future in [pool.submit(ask, client) for _ in range(4)]:
            future.result()

    assert tokens == 2


def test_a_401_is_answered_by_one_new_sign_in_and_one_repetition(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = [refusal(401, 0), page([])]

    ask(client)

    assert server.tokens == 2
    assert len(server.asked) == 2


def test_a_second_401_is_the_end_and_is_not_tried_again_for_a_minute(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    server.routes[PATH] = refusal(401, 0, "You are not authenticated!")
    with pytest.raises(AuthenticationFailed, match="secret"):
        ask(client)
    sent = len(server.requests)

    clock.advance(59)
    with pytest.raises(AuthenticationFailed, match="not authenticated"):
        ask(client)
    assert len(server.requests) == sent

    clock.advance(2)
    server.routes[PATH] = page([])
    ask(client)


def test_refused_credentials_are_tried_ever_more_seldom_until_they_work_again(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    server.routes[PATH] = refusal(401, 0)
    tries: list[float] = []
    began = clock.elapsed
    while clock.elapsed < began + 2400:
        sent = len(server.requests)
        with pytest.raises(AuthenticationFailed):
            ask(client)
        if len(server.requests) > sent:
            tries.append(clock.elapsed - began)
        clock.advance(30)
    assert tries == [0, 60, 180, 420, 720, 1020, 1320, 1620, 1920, 2220]

    server.routes[PATH] = page([])
    clock.advance(300)
    ask(client)
    server.routes[PATH] = refusal(401, 0)
    with pytest.raises(AuthenticationFailed, match="it worked until 2026-07-21 08:49 UTC"):
        ask(client)
    clock.advance(60)
    server.routes[PATH] = page([])
    ask(client)


def test_a_secret_that_worked_was_probably_renewed(clock: FakeClock) -> None:
    server = Server(clock)
    server.routes[PATH] = page([])

    def serve(request: httpx.Request) -> httpx.Response:
        if clock.elapsed > 4000 and request.url.path.endswith("/connect/token"):
            return httpx.Response(400, json={"error": "invalid_client"})
        return server(request)

    with a_client(serve, clock) as client:
        ask(client)
        clock.advance(3590)
        with pytest.raises(AuthenticationFailed) as caught:
            ask(client)

    assert (
        "(400: invalid_client); it worked until 2026-07-21 08:04 UTC, so it was probably renewed, "
        "revoked or has expired; "
    ) in str(caught.value)


def refusing(status: int, body: object) -> tuple[list[httpx.Request], object]:
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(status, json=body)

    return requests, serve


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"error": "invalid_client"}, ["invalid_client", "client_id"]),
        (401, {"error": "invalid_client"}, ["invalid_client"]),
        (400, {"error": "invalid_scope"}, ["invalid_scope", "OR.Robots.Read"]),
        (
            400,
            {"error": "invalid_grant", "error_description": "expired"},
            ["invalid_grant", "expired"],
        ),
        (404, {}, ["identity_url"]),
    ],
)
def test_a_refused_sign_in_says_why_and_is_not_hammered(
    clock: FakeClock, status: int, body: object, words: list[str]
) -> None:
    requests, serve = refusing(status, body)
    with a_client(serve, clock) as client:  # type: ignore[arg-type] # a handler
        for _ in range(5):
            with pytest.raises(AuthenticationFailed) as caught:
                ask(client)
    assert len(requests) == 1
    for word in words:
        assert word in str(caught.value)


def test_a_new_secret_is_tried_at_once_after_a_refusal(clock: FakeClock) -> None:
    secrets = ["old"]
    credentials = ClientCredentials(client_id="app", client_secret=lambda: SecretStr(secrets[-1]))

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/connect/token"):
            if b"client_secret=new" in request.content:
                return httpx.Response(200, json={"access_token": "t", "expires_in": 60})
            return httpx.Response(400, json={"error": "invalid_client"})
        return page([])

    with a_client(serve, clock, credentials=credentials) as client:
        with pytest.raises(AuthenticationFailed):
            ask(client)
        secrets.append("new")
        ask(client)


def test_no_secret_is_in_what_is_told_even_when_the_server_repeats_it(clock: FakeClock) -> None:
    _, serve = refusing(400, {"error": "invalid_client", "error_description": f"bad {SECRET}"})
    with a_client(serve, clock) as client, pytest.raises(AuthenticationFailed) as caught:  # type: ignore[arg-type] # a handler
        ask(client)

    assert SECRET not in str(caught.value)
    assert SECRET not in repr(app())


def test_a_failing_identity_server_is_not_a_refusal(clock: FakeClock) -> None:
    requests, serve = refusing(503, {})
    with a_client(serve, clock) as client, pytest.raises(Unreachable):  # type: ignore[arg-type] # a handler
        ask(client)

    assert len(requests) == 4


def test_a_token_that_still_lives_bridges_a_failing_identity_server(clock: FakeClock) -> None:
    up = True

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/connect/token"):
            if up:
                return httpx.Response(200, json={"access_token": "t", "expires_in": 3600})
            return httpx.Response(503)
        return page([])

    with a_client(serve, clock, options=ClientOptions(attempts=1)) as client:
        ask(client)
        up = False
        clock.advance(3300)
        ask(client)
        clock.advance(400)
        with pytest.raises(Unreachable):
            ask(client)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, html="<!doctype html><title>Sign in</title>"),
        httpx.Response(200, json={"token_type": "Bearer"}),
        httpx.Response(200, json={"access_token": "a\r\nX-Evil: 1"}),
        httpx.Response(200, json=[]),
    ],
)
def test_a_sign_in_that_brings_no_token_is_unexpected(
    clock: FakeClock, answer: httpx.Response
) -> None:
    with a_client(lambda _: answer, clock) as client, pytest.raises(UnexpectedResponse):
        ask(client)


def test_an_access_token_is_sent_as_it_is_and_read_again_after_a_401(
    server: Server, clock: FakeClock
) -> None:
    secrets = iter(["rt_aaaaaaaaaaaaaaaa-1\n", "rt_bbbbbbbbbbbbbbbb-1"])
    server.routes[PATH] = [refusal(401, 0), page([])]
    credentials = AccessToken(token=lambda: SecretStr(next(secrets)))
    with a_client(server, clock, credentials=credentials) as client:
        ask(client)

    assert server.tokens == 0
    assert [request.headers["authorization"] for request in server.requests] == [
        "Bearer rt_aaaaaaaaaaaaaaaa-1",
        "Bearer rt_bbbbbbbbbbbbbbbb-1",
    ]


@pytest.mark.parametrize("secret", ["", "two words", "n\u00f6t ascii"])
def test_an_access_token_that_cannot_be_one_is_never_sent(
    server: Server, clock: FakeClock, secret: str
) -> None:
    credentials = AccessToken(token=lambda: SecretStr(secret))
    with (
        a_client(server, clock, credentials=credentials) as client,
        pytest.raises(AuthenticationFailed),
    ):
        ask(client)

    assert server.requests == []


def test_a_secret_that_cannot_be_read_is_told_without_a_traceback(
    server: Server, clock: FakeClock
) -> None:
    def missing() -> SecretStr:
        raise FileNotFoundError(2, "No such file or directory")

    with (
        a_client(server, clock, credentials=AccessToken(token=missing)) as client,
        pytest.raises(AuthenticationFailed, match="No such file"),
    ):
        ask(client)


def standalone(clock: FakeClock, credentials: Credentials) -> list[httpx.Request]:
    requests: list[httpx.Request] = []

    def serve(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        if request.method == "POST":
            return httpx.Response(
                200,
                json={"result": "abp", "success": True, "access_token": "key", "expires_in": 86400},
            )
        return page([])

    with a_client(serve, clock, credentials=credentials, url="https://orch.example") as client:
        ask(client)
        clock.advance(1440)
        ask(client)
        clock.advance(120)
        ask(client)
    return requests


def test_a_password_signs_in_at_orchestrator_itself_and_again_after_25_minutes(
    clock: FakeClock,
) -> None:
    credentials = Password(
        tenancy_name="Default", username="monitor", password=lambda: SecretStr('p"w')
    )

    requests = standalone(clock, credentials)

    assert str(requests[0].url) == "https://orch.example/api/Account/Authenticate"
    assert requests[0].content == (
        b'{"tenancyName":"Default","usernameOrEmailAddress":"monitor","password":"p\\"w"}'
    )
    assert [request.method for request in requests] == ["POST", "GET", "GET", "POST", "GET"]
    assert requests[1].headers["authorization"] == "Bearer abp"
    assert requests[1].headers["x-uipath-tenantname"] == "Default"


def test_a_user_key_signs_in_at_the_old_account_address_with_json(clock: FakeClock) -> None:
    credentials = UserKey(client_id="cid", user_key=lambda: SecretStr("ukey"))

    requests = standalone(clock, credentials)

    assert str(requests[0].url) == "https://account.uipath.com/oauth/token"
    assert requests[0].headers["content-type"] == "application/json"
    assert requests[0].content == (
        b'{"grant_type":"refresh_token","client_id":"cid","refresh_token":"ukey"}'
    )
    assert requests[1].headers["authorization"] == "Bearer key"


def test_a_wrong_password_is_refused_in_words(clock: FakeClock) -> None:
    credentials = Password(username="monitor", password=lambda: SecretStr("wrong-pw"))
    _, serve = refusing(
        400, {"message": "Invalid username/email address or password.", "errorCode": 1000}
    )
    with (
        a_client(serve, clock, credentials=credentials) as client,  # type: ignore[arg-type] # a handler
        pytest.raises(OrchestratorError, match="tenancy_name") as caught,
    ):
        ask(client)

    assert caught.value.kind == "unauthorized"
