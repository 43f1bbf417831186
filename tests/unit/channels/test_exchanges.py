import sys
import threading

import pytest
import requests
import urllib3

from monitor.channels.apprise_url.exchanges import Exchange, listening, overhear
from monitor.channels.apprise_url.service import library


class Wire:
    """Takes the place of the network: answers with what is next, or raises it."""

    def __init__(self) -> None:
        self.next: list[int | Exception] = []
        self.headers: dict[str, str] = {}

    def send(self, request: requests.PreparedRequest, **_options: object) -> requests.Response:
        what = self.next.pop(0)
        if isinstance(what, Exception):
            raise what
        response = requests.Response()
        response.status_code = what
        response.headers.update(self.headers)
        response.url = request.url or ""
        response.request = request
        response._content = b""
        return response


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    library()
    wire = Wire()
    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", wire.send)
    return wire


def post() -> int:
    return requests.post("http://localhost/", timeout=1).status_code


def unconnected() -> requests.ConnectionError:
    error = requests.ConnectionError("nobody there")
    error.__cause__ = urllib3.exceptions.ConnectTimeoutError("no connection")
    return error


def test_exchanges_are_heard_in_their_order_until_the_context_ends(wire: Wire) -> None:
    wire.next = [503, 200, 200]
    with listening() as exchanges:
        post()
        post()
    post()
    assert exchanges == [
        Exchange(status=503, may_have_arrived=False),
        Exchange(status=200, may_have_arrived=True),
    ]


def test_each_exchange_is_heard_once_however_often_the_library_is_wrapped(wire: Wire) -> None:
    overhear(sys.modules["requests"], sys.modules["urllib3"])
    wire.next = [200]
    with listening() as exchanges:
        post()
    assert len(exchanges) == 1


def test_other_threads_are_not_heard(wire: Wire) -> None:
    wire.next = [200]
    with listening() as exchanges:
        thread = threading.Thread(target=post)
        thread.start()
        thread.join()
    assert not wire.next
    assert exchanges == []


def test_no_redirect_is_followed_while_listening(wire: Wire) -> None:
    wire.headers = {"Location": "http://localhost/elsewhere"}
    wire.next = [302, 200]
    with listening():
        assert post() == 302
    assert wire.next == [200]


@pytest.mark.parametrize(("status", "headers"), [(429, {}), (503, {"Retry-After": "9"})])
def test_who_asks_to_wait_is_not_asked_again(
    wire: Wire, status: int, headers: dict[str, str]
) -> None:
    wire.headers = headers
    wire.next = [status, 200]
    with listening() as exchanges:
        post()
        with pytest.raises(requests.ConnectionError, match="asked to wait"):
            post()
    assert [exchange.status for exchange in exchanges] == [status]
    assert post() == 200


def test_a_success_that_names_a_time_asks_for_no_wait(wire: Wire) -> None:
    wire.headers = {"Retry-After": "9"}
    wire.next = [202]
    with listening() as exchanges:
        post()
    assert exchanges == [Exchange(status=202, may_have_arrived=True)]


def test_an_error_without_a_connection_is_certain(wire: Wire) -> None:
    wire.next = [unconnected()]
    with listening() as exchanges, pytest.raises(requests.ConnectionError):
        post()
    assert exchanges == [Exchange(may_have_arrived=False)]


def test_any_other_error_is_doubtful(wire: Wire) -> None:
    wire.next = [ZeroDivisionError()]
    with listening() as exchanges, pytest.raises(ZeroDivisionError):
        post()
    assert exchanges == [Exchange(may_have_arrived=True)]


def test_an_earlier_failure_that_is_being_dealt_with_does_not_excuse_a_later_one(
    wire: Wire,
) -> None:
    wire.next = [unconnected(), requests.ReadTimeout("no answer")]
    with listening() as exchanges:
        try:
            post()
        except requests.ConnectionError:
            with pytest.raises(requests.ReadTimeout):
                post()
    assert [exchange.may_have_arrived for exchange in exchanges] == [False, True]
