import gzip
from collections.abc import Iterator
from datetime import timedelta
from email.utils import format_datetime

import httpx
import pytest
from pydantic import SecretStr

from monitor.errors import Throttled, UnexpectedResponse, Unreachable
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from tests.wires import START, FakeClock, Server, a_client, page, refusal

PATH = "/odata/Folders"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Server:
    return Server(clock)


@pytest.fixture
def client(server: Server, clock: FakeClock) -> Iterator[OrchestratorClient]:
    with a_client(server, clock) as client:
        yield client


def ask(client: OrchestratorClient, deadline_s: float = 60) -> int:
    """Return how many requests the poll counted."""
    with client.poll(deadline_s) as poll:
        poll.get(PATH, type=dict)
        return poll.requests


@pytest.mark.parametrize(
    "failure",
    [
        httpx.Response(500),
        httpx.Response(502, html="<html>bad gateway</html>"),
        httpx.Response(503),
        httpx.Response(504),
        httpx.Response(408),
        httpx.Response(429, headers={"Retry-After": "3"}),
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("peer closed connection without sending complete message body"),
        httpx.ReadTimeout(""),
    ],
)
def test_what_may_pass_is_repeated(
    client: OrchestratorClient, server: Server, failure: object
) -> None:
    server.routes[PATH] = [failure, failure, page([])]

    assert ask(client) == 3


def test_the_waits_double_with_jitter_and_end(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    server.routes[PATH] = refusal(503)
    started = clock.elapsed

    with pytest.raises(Unreachable, match="503"):
        ask(client)

    assert clock.elapsed - started == pytest.approx(0.5 + 1 + 2)
    assert len(server.asked) == 4


@pytest.mark.parametrize("status", [400, 403, 404, 409, 418])
def test_what_will_not_pass_is_not_repeated(
    client: OrchestratorClient, server: Server, status: int
) -> None:
    server.routes[PATH] = refusal(status, 1000)
    with pytest.raises(Exception, match=str(status)):
        ask(client)

    assert len(server.asked) == 1


def test_a_wait_that_the_server_asks_for_is_kept_when_it_fits(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    server.routes[PATH] = [httpx.Response(429, headers={"Retry-After": "17"}), page([])]
    started = clock.elapsed
    ask(client)

    assert clock.elapsed - started == 17


def test_a_wait_may_be_told_as_a_date(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    until = format_datetime(START + timedelta(seconds=21), usegmt=True)
    server.routes[PATH] = [httpx.Response(503, headers={"Retry-After": until}), page([])]
    started = clock.elapsed
    ask(client)

    assert clock.elapsed - started == 21


@pytest.mark.parametrize("told", ["soon", "-5", "1e9", "99999999999999999999", ""])
def test_a_wait_that_makes_no_sense_is_ignored(
    client: OrchestratorClient, server: Server, told: str
) -> None:
    server.routes[PATH] = [httpx.Response(503, headers={"Retry-After": told}), page([])]

    assert ask(client) == 2


def test_a_wait_beyond_the_deadline_ends_the_poll_at_once(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    server.routes[PATH] = httpx.Response(429, headers={"Retry-After": "90"})
    started = clock.elapsed

    with pytest.raises(Throttled) as caught:
        ask(client)

    assert caught.value.retry_after_s == 90
    assert clock.elapsed == started
    assert len(server.asked) == 1


def test_a_429_without_a_word_is_not_repeated_within_the_minute(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = httpx.Response(429)
    with pytest.raises(Throttled) as caught:
        ask(client, deadline_s=30)

    assert caught.value.retry_after_s is None
    assert len(server.asked) == 1


def test_a_stop_ends_the_retries(server: Server, clock: FakeClock) -> None:
    server.routes[PATH] = refusal(503)
    with a_client(server, clock) as client:
        object.__setattr__(client._retry, "wait", lambda _: True)
        with pytest.raises(Unreachable):
            ask(client)

    assert len(server.asked) == 1


def test_a_slow_body_ends_at_the_deadline(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    def drip() -> Iterator[bytes]:
        for _ in range(1000):
            clock.advance(1)
            yield b" "

    slow = httpx.Response(200, content=drip())

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/connect/token"):
            return server(request)
        return slow

    with (
        a_client(serve, clock) as slow_client,
        pytest.raises(Unreachable, match="time of this poll"),
    ):
        ask(slow_client, deadline_s=5)

    assert clock.elapsed - 1000 <= 6


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.Response(200, html="\n <!doctype html>portal"), "web page"),
        (httpx.Response(200, content=b""), "empty"),
        (httpx.Response(204), "empty"),
        (httpx.Response(200, content=b'{"value": ['), "JSON"),
        (httpx.Response(200, content=b"[" * 100_000), "JSON"),
        (httpx.Response(200, content=b'{"a":\xff\xfe}'), "JSON"),
        (httpx.Response(302, headers={"Location": "https://evil.example/?t=1"}), "redirected"),
        (
            httpx.Response(
                200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(b"no gzip")
            ),
            "compression",
        ),
        (
            httpx.Response(200, headers={"Content-Encoding": "br"}, stream=httpx.ByteStream(b"x")),
            "compression",
        ),
    ],
)
def test_an_answer_that_is_not_as_agreed_is_told_with_its_likely_cause(
    client: OrchestratorClient, server: Server, answer: httpx.Response, words: str
) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/connect/token"):
            return server(request)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=answer.stream)

    with a_client(serve, FakeClock()) as broken, pytest.raises(UnexpectedResponse, match=words):
        ask(broken)


def gzipped(body: bytes) -> httpx.Response:
    packed = gzip.compress(body)
    return httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(packed)
    )


def test_a_packed_answer_is_read(server: Server, clock: FakeClock) -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/connect/token"):
            return server(request)
        assert request.headers["accept-encoding"] == "gzip"
        return gzipped(b'{"a": 1}')

    with a_client(serve, clock) as client, client.poll(5) as poll:
        assert poll.get(PATH, type=dict) == {"a": 1}


def test_a_bomb_is_dropped_packed_or_not(server: Server, clock: FakeClock) -> None:
    bombs = [gzipped(b" " * 3_000_000), httpx.Response(200, content=b" " * 3_000_000)]

    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/connect/token"):
            return server(request)
        return bombs.pop()

    options = ClientOptions(most_bytes=2 * 2**20)
    with a_client(serve, clock, options=options) as client:
        for _ in range(2):
            with pytest.raises(UnexpectedResponse, match="larger than 2 MiB"):
                ask(client)


def test_a_folder_is_named_in_the_header_and_nowhere_else(
    client: OrchestratorClient, server: Server
) -> None:
    server.routes[PATH] = page([])
    with client.poll(5) as poll:
        poll.get(PATH, type=dict, folder_id=62516)
        poll.get(PATH, type=dict)

    first, second = server.requests[1:]
    assert first.headers["x-uipath-organizationunitid"] == "62516"
    assert "x-uipath-organizationunitid" not in second.headers


def test_the_tenancy_name_goes_into_a_header(server: Server, clock: FakeClock) -> None:
    server.routes[PATH] = page([])
    with a_client(server, clock, options=ClientOptions(tenancy_name="Default")) as client:
        ask(client)

    assert server.requests[-1].headers["x-uipath-tenantname"] == "Default"


def test_a_tenancy_name_that_would_break_the_header_is_refused(
    server: Server, clock: FakeClock
) -> None:
    options = ClientOptions(tenancy_name="a\r\nX-Evil: 1")
    with pytest.raises(ValueError, match="tenancy_name"), a_client(server, clock, options=options):
        pass


def test_the_server_time_follows_the_date_header(
    client: OrchestratorClient, server: Server, clock: FakeClock
) -> None:
    ahead = START + timedelta(minutes=7)
    server.routes[PATH] = httpx.Response(
        200, json={}, headers={"Date": format_datetime(ahead, usegmt=True)}
    )
    with client.poll(5) as poll:
        assert abs(poll.server_time - clock.now()) < timedelta(seconds=1)
        poll.get(PATH, type=dict)

        assert abs(poll.server_time - ahead) <= timedelta(seconds=1)


@pytest.mark.parametrize(
    "headers", [{"Date": "rubbish"}, {"Date": "Tue, 21 Jul 2020 08:00:00 GMT", "Age": "9"}]
)
def test_a_date_that_tells_nothing_leaves_our_own_clock(
    client: OrchestratorClient, server: Server, clock: FakeClock, headers: dict[str, str]
) -> None:
    server.routes[PATH] = httpx.Response(200, json={}, headers=headers)
    with client.poll(5) as poll:
        poll.get(PATH, type=dict)

        assert abs(poll.server_time - clock.now()) <= timedelta(seconds=1)


def test_a_function_is_asked_for_in_its_older_spelling_once_it_is_missing(
    client: OrchestratorClient, server: Server
) -> None:
    path = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
    server.routes[f"{path}()"] = httpx.Response(200, json={"a": 1})
    for _ in range(2):
        with client.poll(5) as poll:
            assert poll.get(path, type=dict) == {"a": 1}

    assert server.asked == [path, f"{path}()", f"{path}()"]


@pytest.mark.parametrize(
    "proxy", ["gopher://me:hunter2@p:1", "http://me:hunter2@p:x", "socks5://p:1"]
)
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(
    server: Server, clock: FakeClock, proxy: str
) -> None:
    options = ClientOptions(proxy=SecretStr(proxy))
    with (
        pytest.raises(ValueError, match=r"^proxy") as caught,
        a_client(server, clock, options=options),
    ):
        pass

    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(options)
    assert caught.value.__suppress_context__
