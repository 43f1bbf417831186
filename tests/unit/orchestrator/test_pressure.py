import pytest

from monitor.orchestrator.pressure import LONGEST_OBEYED_S, Need, Pressure
from tests.wires import FakeClock


class Server:
    """Refuses whenever it is asked, for as long as a test likes."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.pressure = Pressure(self.clock.monotonic)

    def waits(self) -> dict[Need, float]:
        return {need: self.pressure.wait_s(need) for need in Need}

    def refuse(self, need: Need, asked_s: float | None = None) -> float:
        self.pressure.refused(need, asked_s)
        return self.pressure.wait_s(need)


def test_nobody_waits_at_first() -> None:
    assert set(Server().waits().values()) == {0.0}


def test_who_matters_less_than_the_refused_waits_longer_and_who_matters_more_goes_on() -> None:
    server = Server()
    server.refuse(Need.ORDINARY)

    assert server.waits() == {Need.METERED: 120, Need.ORDINARY: 60, Need.FIRST: 0}


def test_a_refusal_of_the_sessions_holds_back_everything_and_them_the_shortest() -> None:
    server = Server()
    server.refuse(Need.FIRST)

    assert server.waits() == {Need.METERED: 60, Need.ORDINARY: 60, Need.FIRST: 30}


def test_a_metered_refusal_concerns_nobody_else() -> None:
    server = Server()
    server.refuse(Need.METERED, 40)

    assert server.waits() == {Need.METERED: 40, Need.ORDINARY: 0, Need.FIRST: 0}


@pytest.mark.parametrize(
    ("need", "waits"),
    [
        (Need.FIRST, [30, 60, 120, 120, 120]),
        (Need.ORDINARY, [60, 120, 240, 300, 300]),
        (Need.METERED, [60, 120, 240, 480, 600, 600]),
    ],
)
def test_each_refusal_soon_after_a_wait_doubles_the_next(need: Need, waits: list[float]) -> None:
    server = Server()
    seen = []
    for _ in waits:
        seen.append(server.refuse(need))
        server.clock.advance(seen[-1])

    assert seen == waits


def test_refusals_of_one_moment_count_once() -> None:
    server = Server()
    for _ in range(8):
        server.refuse(Need.ORDINARY)

    assert server.refuse(Need.ORDINARY) == 60


def test_after_ten_quiet_minutes_it_begins_anew() -> None:
    server = Server()
    for _ in range(4):
        server.clock.advance(server.refuse(Need.FIRST))
    server.clock.advance(601)

    assert server.refuse(Need.FIRST) == 30


@pytest.mark.parametrize(
    ("asked_s", "waited_s"), [(5, 5), (0, 0), (90, 90), (900, 900), (1e9, LONGEST_OBEYED_S)]
)
def test_a_wait_that_is_told_is_kept_to(asked_s: float, waited_s: float) -> None:
    assert Server().refuse(Need.FIRST, asked_s) == waited_s


def test_short_waits_that_do_not_help_grow() -> None:
    server = Server()
    seen = []
    for _ in range(3):
        seen.append(server.refuse(Need.ORDINARY, 2))
        server.clock.advance(seen[-1])

    assert seen == [2, 120, 240]
