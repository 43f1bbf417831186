import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from monitor.daemon.notify import notifier
from monitor.daemon.watchdog import Watchdog, watchdog_limit

LIMIT = timedelta(seconds=60)


class FakeClock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


class Parts:
    """A watchdog whose states arrive on a real datagram socket."""

    def __init__(self, receiver: socket.socket, path: Path, limit: timedelta | None) -> None:
        self.clock = FakeClock()
        self._receiver = receiver
        self.watchdog = Watchdog(notifier({"NOTIFY_SOCKET": str(path)}), self.clock, limit)

    def states(self) -> list[str]:
        received = []
        while True:
            try:
                received.append(self._receiver.recv(4096, socket.MSG_DONTWAIT).decode())
            except BlockingIOError:
                return received

    def beats_after(self, seconds: float) -> bool:
        self.clock.seconds += seconds
        self.watchdog.beat()
        return "WATCHDOG=1" in self.states()


@pytest.fixture
def bound(tmp_path: Path) -> Iterator[tuple[socket.socket, Path]]:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(path))
        yield receiver, path


@pytest.fixture
def parts(bound: tuple[socket.socket, Path]) -> Parts:
    return Parts(*bound, LIMIT)


def test_it_does_not_beat_before_any_work_is_expected(parts: Parts) -> None:
    parts.watchdog.completed("sessions")

    assert not parts.beats_after(1)


def test_it_beats_while_work_finishes_within_its_allowance(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=90))
    beats = []
    for _ in range(5):
        beats.append(parts.beats_after(80))
        parts.watchdog.completed("sessions")

    assert beats == [True] * 5


def test_the_beats_end_when_work_no_longer_finishes(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=90))

    assert parts.beats_after(90)
    assert not parts.beats_after(1)
    assert not parts.beats_after(1000)


def test_one_stuck_activity_is_enough_although_others_finish(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=30))
    parts.watchdog.expect("licenses", timedelta(seconds=300))
    beats = []
    for _ in range(5):
        parts.clock.seconds += 80
        parts.watchdog.completed("sessions")
        beats.append(parts.beats_after(0))

    assert beats == [True, True, True, False, False]
    assert parts.watchdog.overdue() == ("licenses",)


def test_it_beats_again_once_the_stuck_work_finishes(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=30))
    assert not parts.beats_after(31)

    parts.watchdog.completed("sessions")

    assert parts.beats_after(0)


def test_work_that_nobody_expects_does_not_keep_it_alive(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=30))
    parts.clock.seconds += 31
    parts.watchdog.completed("something else")

    assert not parts.beats_after(0)


def test_forgotten_work_may_stop(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=30))
    parts.watchdog.expect("queues", timedelta(seconds=300))

    parts.watchdog.forget("sessions")

    assert parts.beats_after(100)


def test_expecting_again_changes_the_allowance_and_keeps_the_age(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=300))
    parts.clock.seconds += 100

    parts.watchdog.expect("sessions", timedelta(seconds=30))

    assert parts.watchdog.overdue() == ("sessions",)


def test_beating_more_often_than_needed_sends_no_more(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(hours=1))

    sent = [parts.beats_after(1) for _ in range(60)]

    assert sent.count(True) == 4
    assert sent[0]


def test_without_a_limit_nothing_beats_yet_overdue_answers(
    bound: tuple[socket.socket, Path],
) -> None:
    parts = Parts(*bound, None)
    parts.watchdog.expect("sessions", timedelta(seconds=30))

    assert parts.watchdog.interval is None
    assert not parts.beats_after(1)
    assert not parts.beats_after(30)
    assert parts.watchdog.overdue() == ("sessions",)


def test_withheld_beats_are_told_once_and_so_is_their_return(parts: Parts) -> None:
    parts.watchdog.expect("production/sessions", timedelta(seconds=30))
    with capture_logs() as lines:
        for _ in range(3):
            parts.clock.seconds += 31
            parts.watchdog.beat()
        stuck = parts.states()
        parts.watchdog.completed("production/sessions")
        parts.watchdog.beat()
        parts.watchdog.beat()

    assert stuck == ["STATUS=stuck: production/sessions"]
    assert parts.states() == ["STATUS=running", "WATCHDOG=1"]
    assert [line["event"] for line in lines] == ["watchdog.withheld", "watchdog.resumed"]
    assert lines[0]["overdue"] == ("production/sessions",)


def test_work_that_was_done_in_vain_keeps_it_alive_and_is_told(parts: Parts) -> None:
    for work in ("production/sessions", "production/queues"):
        parts.watchdog.expect(work, timedelta(seconds=30))
    for _ in range(3):
        parts.clock.seconds += 29
        for work in ("production/sessions", "production/queues"):
            parts.watchdog.failed(work, "history.db: the disk is full")
        parts.watchdog.beat()

    assert parts.watchdog.overdue() == ()
    assert parts.watchdog.troubles() == ("history.db: the disk is full",)
    told = parts.states()
    assert told.count("STATUS=history.db: the disk is full") == 1
    assert told.count("WATCHDOG=1") == 3

    parts.watchdog.completed("production/sessions")
    assert parts.watchdog.troubles() == ("history.db: the disk is full",)
    parts.watchdog.completed("production/queues")
    parts.watchdog.beat()

    assert parts.watchdog.troubles() == ()
    assert parts.states() == ["STATUS=running"]


def test_the_trouble_of_forgotten_work_is_forgotten(parts: Parts) -> None:
    parts.watchdog.expect("sessions", timedelta(seconds=30))
    parts.watchdog.failed("sessions", "the disk is full")
    parts.watchdog.forget("sessions")
    parts.watchdog.failed("sessions", "the disk is full")

    assert parts.watchdog.troubles() == ()


def test_a_start_is_told_once(parts: Parts) -> None:
    parts.watchdog.ready("watching 2 tenants")
    parts.watchdog.ready("again")

    assert parts.states() == ["READY=1\nSTATUS=watching 2 tenants"]


def test_a_stop_is_told_once(parts: Parts) -> None:
    parts.watchdog.stopping()
    parts.watchdog.stopping()

    assert parts.states() == ["STOPPING=1"]


def test_a_reload_is_told_with_its_time_and_its_end(parts: Parts) -> None:
    parts.watchdog.reloading()
    parts.watchdog.reloaded("kept the old configuration: 2 mistakes")

    assert parts.states() == [
        "RELOADING=1\nMONOTONIC_USEC=1000000000",
        "READY=1\nSTATUS=kept the old configuration: 2 mistakes",
    ]


def test_more_time_can_be_asked_for(parts: Parts) -> None:
    parts.watchdog.extend(timedelta(minutes=2))

    assert parts.states() == ["EXTEND_TIMEOUT_USEC=120000000"]


def test_text_from_outside_cannot_assign_another_state(parts: Parts) -> None:
    parts.watchdog.status("tenant\nMAINPID=1\r\x1b[31m\u2028end")

    assert parts.states() == ["STATUS=tenant MAINPID=1  [31m end"]


def test_a_long_status_is_cut(parts: Parts) -> None:
    parts.watchdog.status("x" * 10_000)

    assert parts.states() == ["STATUS=" + "x" * 200]


@pytest.mark.parametrize(
    ("environ", "limit"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "60000000"}, LIMIT),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, LIMIT),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": ""}, None),
    ],
)
def test_it_beats_only_when_systemd_waits_for_this_process(
    environ: dict[str, str], limit: timedelta | None
) -> None:
    assert watchdog_limit(environ) == limit
