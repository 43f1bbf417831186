import inspect
import json

import httpx
import pytest

from monitor.errors import (
    AccessDenied,
    AuthenticationFailed,
    EndpointMissing,
    FolderRequired,
    OrchestratorError,
    Throttled,
    UnexpectedResponse,
    Unreachable,
)
from monitor.orchestrator.answers import Answer
from monitor.orchestrator.failures import ErrorBody, from_answer, from_exception

PATH = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes"
TRACE = "00-2f5d-00"

HTTPX_EXCEPTIONS = sorted(
    {
        member
        for _, member in inspect.getmembers(httpx, inspect.isclass)
        if issubclass(member, Exception)
    },
    key=lambda kind: kind.__name__,
)
EXPECTED: dict[type[Exception], type[OrchestratorError]] = {
    httpx.CloseError: Unreachable,
    httpx.ConnectError: Unreachable,
    httpx.ConnectTimeout: Unreachable,
    httpx.CookieConflict: UnexpectedResponse,
    httpx.DecodingError: UnexpectedResponse,
    httpx.HTTPError: UnexpectedResponse,
    httpx.HTTPStatusError: UnexpectedResponse,
    httpx.InvalidURL: UnexpectedResponse,
    httpx.LocalProtocolError: UnexpectedResponse,
    httpx.NetworkError: Unreachable,
    httpx.PoolTimeout: Unreachable,
    httpx.ProtocolError: Unreachable,
    httpx.ProxyError: Unreachable,
    httpx.ReadError: Unreachable,
    httpx.ReadTimeout: Unreachable,
    httpx.RemoteProtocolError: Unreachable,
    httpx.RequestError: UnexpectedResponse,
    httpx.RequestNotRead: UnexpectedResponse,
    httpx.ResponseNotRead: UnexpectedResponse,
    httpx.StreamClosed: UnexpectedResponse,
    httpx.StreamConsumed: UnexpectedResponse,
    httpx.StreamError: UnexpectedResponse,
    httpx.TimeoutException: Unreachable,
    httpx.TooManyRedirects: UnexpectedResponse,
    httpx.TransportError: Unreachable,
    httpx.UnsupportedProtocol: UnexpectedResponse,
    httpx.WriteError: Unreachable,
    httpx.WriteTimeout: Unreachable,
}


def made(kind: type[Exception]) -> Exception:
    request = httpx.Request("GET", "https://orch.example/x")
    if kind is httpx.HTTPStatusError:
        return httpx.HTTPStatusError("m", request=request, response=httpx.Response(500))
    parameters = inspect.signature(kind).parameters
    required = [
        p for p in parameters.values() if p.default is p.empty and p.kind is not p.VAR_POSITIONAL
    ]
    return kind(*("boom" for p in required if p.kind is not p.VAR_KEYWORD and p.name != "kwargs"))


@pytest.mark.parametrize("kind", HTTPX_EXCEPTIONS, ids=lambda kind: kind.__name__)
def test_every_exception_of_httpx_becomes_a_condition_of_ours(kind: type[Exception]) -> None:
    error = from_exception(made(kind), "/odata/Folders", 30)

    assert type(error) is EXPECTED[kind]
    assert str(error).startswith("/odata/Folders: ")
    cause, _, cure = str(error).removeprefix("/odata/Folders: ").partition("; ")
    assert cause
    assert cure
    assert "\n" not in str(error)


def answer(status: int, body: object) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status=status, headers={}, body=content)


NOT_SIGNED_IN = {
    "message": "You are not authenticated!",
    "errorCode": 0,
    "error": {"code": 0, "message": "You are not authenticated!"},
    "__abp": True,
}
SCOPE = {
    "errorMessage": "Scope(s) 'OR.Robots' is(are) invalid. Expect to have 'OR.Jobs' or 'OR.Jobs.Read'. "
}
FOLDER = {"message": "A folder is required for this action.", "errorCode": 1101, "traceId": TRACE}
NO_FOLDER = {"message": "Folder does not exist.", "errorCode": 1100, "traceId": TRACE}


@pytest.mark.parametrize(
    ("status", "body", "condition", "words"),
    [
        (401, NOT_SIGNED_IN, AuthenticationFailed, ["not authenticated"]),
        (
            403,
            {"message": "You are not authorized!", "errorCode": 0},
            AccessDenied,
            ["Machines.View"],
        ),
        (403, SCOPE, AccessDenied, ["OR.Jobs.Read", "grant"]),
        (400, FOLDER, FolderRequired, ["1101", TRACE]),
        (400, {"Message": "x", "ErrorCode": 1101, "TraceId": TRACE}, FolderRequired, [TRACE]),
        (400, NO_FOLDER, FolderRequired, ["1100"]),
        (403, NO_FOLDER, FolderRequired, ["1100"]),
        (404, NO_FOLDER, FolderRequired, ["1100"]),
        (
            404,
            {"message": "Not here.", "errorCode": 1002, "traceId": TRACE},
            EndpointMissing,
            [TRACE],
        ),
        (404, b"", EndpointMissing, ["check `url`"]),
        (
            404,
            b"<html><h1>Service orchestrator not found for tenant x</h1>",
            UnexpectedResponse,
            ["organization or tenant"],
        ),
        (405, b"", EndpointMissing, []),
        (
            400,
            {"message": "Invalid OData query options.", "errorCode": 1000},
            UnexpectedResponse,
            ["OData"],
        ),
        (
            400,
            {"title": "One or more validation errors occurred.", "status": 400},
            UnexpectedResponse,
            ["validation"],
        ),
        (
            400,
            b"<h1>400</h1>The plain HTTP request was sent to HTTPS port",
            Unreachable,
            ["the port speaks TLS; write https:// for http:// in `url`"],
        ),
        (407, b"", Unreachable, ["the proxy wants a user and a password (407)", "`proxy`"]),
        (302, b"", UnexpectedResponse, ["redirected", "url"]),
        (429, b"", Throttled, ["too many"]),
        (408, b"", Unreachable, ["408"]),
        (500, b"<html>oops</html>", Unreachable, ["oops"]),
        (503, b"", Unreachable, ["maintenance"]),
        (524, b"", Unreachable, ["524"]),
        (418, b"short and stout", UnexpectedResponse, ["stout"]),
    ],
)
def test_an_answer_becomes_the_condition_that_helps(
    status: int, body: object, condition: type[OrchestratorError], words: list[str]
) -> None:
    error = from_answer(answer(status, body), PATH)

    assert type(error) is condition
    assert error.status == status
    assert error.endpoint == PATH
    for word in words:
        assert word in str(error)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"message": "a", "errorMessage": "b"}, "a"),
        ({"errorMessage": "b", "error": {"message": "c"}}, "b"),
        ({"error": {"Message": "c"}, "error_description": "d"}, "c"),
        ({"error_description": "d", "error": "e"}, "d"),
        ({"error": "e", "title": "t"}, "e"),
        ({"MESSAGE": "M"}, "M"),
        ({"title": "t"}, "t"),
        ({"message": None, "title": "t"}, "t"),
        ({"message": 7}, '{"message": 7}'),
        (["no", "object"], '["no", "object"]'),
    ],
)
def test_the_message_is_found_in_the_agreed_order(body: object, text: str) -> None:
    assert ErrorBody(json.dumps(body).encode()).text == text


def test_hostile_text_is_one_short_line_without_control_characters() -> None:
    body = json.dumps({"message": "a\x1b[31m\r\nFAKE LOG\u202e" + "x" * 5000}).encode()

    text = ErrorBody(body).text

    assert text.isprintable()
    assert "\u202e" not in text
    assert len(text) <= 200


@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln",
        "rt_00112233445566778899aabb-1",
        "plain-secret-1",
    ],
)
def test_a_token_echoed_by_the_server_is_masked(token: str) -> None:
    body = {"message": f"bad token {token} given", "traceId": token}

    error = from_answer(answer(401, body), "/x", hide=("plain-secret-1",))

    assert token not in str(error)
    assert "***" in str(error)


def test_a_body_nested_a_hundred_thousand_deep_is_survived() -> None:
    assert isinstance(from_answer(answer(500, b"[" * 100_000), "/x"), Unreachable)
