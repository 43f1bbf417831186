"""Connections that are kept from poll to poll, and die unseen in between."""

import socket
import threading
from collections.abc import Callable

import pytest

from monitor.orchestrator.client import ClientOptions
from monitor.simulator.server import RunningServer
from tests.integration.networks.callers import (
    PATH,
    AheadClock,
    calling,
    names,
)
from tests.integration.networks.links import (
    Gateway,
    Handle,
    Listener,
    hang_up,
    listening,
    reset,
    say,
    stay_silent,
    vanish,
)
from tests.wires import pat

HERE = "127.0.0.1"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
GOOD = HEAD + b"Content-Length: 2\r\n\r\n{}"
ONCE = ClientOptions(timeout_s=0.2, attempts=1)


def close_now(link: Listener, _: Gateway) -> None:
    for connection in link.open:
        connection.shutdown(socket.SHUT_RDWR)


def reset_now(link: Listener, gateway: Gateway) -> None:
    gateway.change(reset)
    for connection in link.open:
        connection.shutdown(socket.SHUT_RD)


def black_hole(link: Listener, _: Gateway) -> None:
    for connection in link.open:
        vanish(connection)


def at_the_next_request(act: Handle) -> Callable[[Listener, Gateway], None]:
    return lambda _, gateway: gateway.change(act)


@pytest.mark.parametrize(
    "die",
    [
        pytest.param(close_now, id="closed meanwhile"),
        pytest.param(reset_now, id="reset meanwhile"),
        pytest.param(black_hole, id="forgotten by a firewall"),
        pytest.param(at_the_next_request(hang_up), id="closed as we ask"),
        pytest.param(at_the_next_request(reset), id="reset as we ask"),
        pytest.param(at_the_next_request(stay_silent), id="deaf"),
    ],
)
def test_a_kept_connection_that_died_between_two_polls_costs_no_poll(
    orchestrator: RunningServer, die: Callable[[Listener, Gateway], None]
) -> None:
    gateway, clock = Gateway(orchestrator.port), AheadClock()
    options = ClientOptions(timeout_s=30, attempts=1)
    with (
        listening(gateway) as link,
        calling(orchestrator, f"http://{HERE}:{link.port}", options=options, clock=clock) as client,
    ):
        before = names(client)
        connections = link.connections
        die(link, gateway)
        clock.ahead_s += 30

        assert names(client, deadline_s=0.9) == before
        assert link.connections > connections


def test_when_one_kept_connection_is_dead_none_of_the_others_is_tried(
    orchestrator: RunningServer,
) -> None:
    clock = AheadClock()
    options = ClientOptions(timeout_s=30, attempts=1)
    with listening(say(GOOD)) as server:
        gateway = Gateway(server.port, together=4)
        with (
            listening(gateway) as link,
            calling(
                orchestrator,
                f"http://{HERE}:{link.port}",
                options=options,
                clock=clock,
                credentials=pat(),
            ) as client,
        ):
            with client.poll(5) as poll:
                poll.together([lambda: poll.get(PATH, type=dict)] * 4)
            assert link.connections == 4
            black_hole(link, gateway)
            clock.ahead_s += 30

            with client.poll(0.9) as poll:
                assert poll.get(PATH, type=dict) == {}
                assert poll.requests == 2
            assert link.connections == 5


def test_a_connection_used_a_moment_ago_is_given_all_its_time(
    orchestrator: RunningServer,
) -> None:
    """A slow answer is no dead connection."""
    slow = threading.Event()

    def serve_slowly(connection: socket.socket) -> None:
        while connection.recv(65536):
            if slow.is_set():
                threading.Event().wait(0.25)
            connection.sendall(GOOD)

    with listening(serve_slowly) as server:
        origin = f"http://{HERE}:{server.port}"
        options = ClientOptions(timeout_s=5, attempts=1)
        with calling(orchestrator, origin, options=options, credentials=pat()) as client:
            with client.poll(5) as poll:
                poll.get(PATH, type=dict)
            slow.set()
            with client.poll(0.6) as poll:
                assert poll.get(PATH, type=dict) == {}

        assert server.connections == 1


def test_a_server_known_to_think_long_is_waited_for_on_an_idle_connection_too(
    orchestrator: RunningServer,
) -> None:
    clock = AheadClock()

    def think(connection: socket.socket) -> None:
        while connection.recv(65536):
            threading.Event().wait(0.15)
            connection.sendall(GOOD)

    with listening(think) as server:
        origin = f"http://{HERE}:{server.port}"
        options = ClientOptions(timeout_s=5, attempts=1)
        with calling(
            orchestrator, origin, options=options, clock=clock, credentials=pat()
        ) as client:
            for _ in range(2):
                with client.poll(0.4) as poll:
                    assert poll.get(PATH, type=dict) == {}
                clock.ahead_s += 30

        assert server.connections == 1
