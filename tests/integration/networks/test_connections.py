"""Connections that are never made, and servers that never answer."""

import socket
import threading

import pytest

from monitor.errors import OrchestratorError
from monitor.orchestrator.client import ClientOptions
from monitor.simulator.server import RunningServer
from tests.integration.networks.callers import (
    PATH,
    calling,
    sentence,
)
from tests.integration.networks.links import (
    full_backlog,
    listening,
    nobody,
    say,
    stay_silent,
)
from tests.wires import pat

HERE = "127.0.0.1"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: 2\r\n\r\n{}"
ONCE = ClientOptions(timeout_s=0.2, attempts=1)


def told(orchestrator: RunningServer, port: int, *, deadline_s: float = 5) -> str:
    """What a person reads of a poll that fails, after the endpoint."""
    origin = f"http://{HERE}:{port}"
    with calling(orchestrator, origin, options=ONCE, credentials=pat()) as client:
        text = sentence(client, deadline_s)
    return text.removeprefix(f"{PATH}: ").replace(f"{HERE}:{port}", "HERE")


@pytest.mark.usefixtures("nameless")
def test_a_name_that_nobody_knows_is_told(orchestrator: RunningServer) -> None:
    with calling(orchestrator, "https://orchestrator.invalid") as client:
        assert sentence(client) == (
            "sign-in at orchestrator.invalid: the name of orchestrator.invalid:443 is not known "
            "(Name or service not known); check `url` (or `identity_url`) and the name servers in "
            "use"
        )


def test_a_name_server_that_fails_is_told(
    orchestrator: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with calling(orchestrator, "https://orchestrator.invalid") as client:
        assert sentence(client).endswith(
            ": the name of orchestrator.invalid:443 cannot be looked up (Temporary failure in name "
            "resolution); check the name servers in use"
        )


def test_a_name_server_that_does_not_answer_is_not_waited_for(
    orchestrator: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def look_up(*_: object, **__: object) -> list[object]:
        answered.wait(10)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with calling(orchestrator, "https://orchestrator.invalid", options=ONCE) as client:
        text = sentence(client)
    answered.set()

    assert text.endswith(
        ": the name of orchestrator.invalid:443 was not looked up in time; check the name servers "
        "in use"
    )


def test_a_port_where_nobody_listens_is_told(orchestrator: RunningServer) -> None:
    assert told(orchestrator, nobody()) == (
        "HERE refuses connections; check that it runs, and the port in `url`"
    )


def test_a_connection_that_is_never_made_is_told(orchestrator: RunningServer) -> None:
    with full_backlog() as port:
        assert told(orchestrator, port) == (
            "no connection to HERE in time; check `url` and the firewalls between"
        )


def test_a_server_that_never_answers_is_told(orchestrator: RunningServer) -> None:
    with listening(stay_silent) as server:
        assert told(orchestrator, server.port) == (
            "no answer within 0.2 s; Orchestrator is slow, or `timeout` too short"
        )


def test_an_answer_that_stops_after_its_head_is_told(orchestrator: RunningServer) -> None:
    with listening(say(HEAD + b"Content-Length: 9\r\n\r\n{")) as server:
        assert told(orchestrator, server.port) == (
            "the answer stopped half-way for 0.2 s; check the network and what stands between"
        )


def test_closing_a_client_ends_what_it_waits_for(orchestrator: RunningServer) -> None:
    failures: list[OrchestratorError] = []
    asked = threading.Event()

    def hang(connection: socket.socket) -> None:
        connection.recv(65536)
        asked.set()
        stay_silent(connection)

    options = ClientOptions(timeout_s=30, attempts=1)
    with listening(hang) as server:
        origin = f"http://{HERE}:{server.port}"
        with calling(orchestrator, origin, options=options, credentials=pat()) as client:

            def ask() -> None:
                with client.poll(30) as poll:
                    try:
                        poll.get(PATH, type=dict)
                    except OrchestratorError as error:
                        failures.append(error)

            thread = threading.Thread(target=ask)
            thread.start()
            assert asked.wait(5)
            client.close()
            thread.join(5)

            assert not thread.is_alive()
            assert len(failures) == 1
