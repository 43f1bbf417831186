"""Ten thousand robots fall silent at once: one message a channel, and nothing is dropped."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from monitor.core.alert import EventKind, Phase
from monitor.store import Store
from monitor.store.tables import ALERTS, DELIVERIES
from tests.acceptance.letterbox import Letterbox, letterbox
from tests.storm_builders import Daemon, Estate

SESSIONS = 10_000
EVERY_S = 30.0
SILENT_SINCE_S = 40.0
STORM_AT_S = 180.0
RULES = """
[rules.robot-unresponsive]
type = "session-unresponsive"
after = "2m"
severity = "warning"
[rules.host-offline]
type = "host-offline"
[channels.hook]
url = "json://127.0.0.1:{hook}/"
[channels.pager]
url = "json://127.0.0.1:{pager}/"
[[routes]]
channels = ["hook", "pager"]
group_wait = "10s"
group_interval = "5m"
"""
MOST_GROWTH_MB = 48
"""All alerts of the storm are about 30 MB: to keep them once more at each evaluation shows."""


@pytest.fixture
def boxes() -> Iterator[dict[str, Letterbox]]:
    with letterbox() as hook, letterbox() as pager:
        yield {"hook": hook, "pager": pager}


@pytest.fixture
def daemon(store: Store, boxes: dict[str, Letterbox]) -> Iterator[Daemon]:
    ports = {name: box.port for name, box in boxes.items()}
    started = Daemon(store, RULES.format(**ports))
    yield started
    started.close()


def test_a_storm_is_one_message_a_channel_and_so_is_its_end(
    daemon: Daemon, store: Store, boxes: dict[str, Letterbox]
) -> None:
    estate = Estate(sessions=SESSIONS, per_host=1)
    for step in range(3):
        daemon.settle(estate.poll(step * EVERY_S))

    storm = daemon.settle(estate.poll(STORM_AT_S, silent_since_s=SILENT_SINCE_S))
    assert [event.kind for event in storm.events] == [EventKind.OPENED] * SESSIONS
    assert not storm.deliveries
    assert len(daemon.tick(STORM_AT_S + 10).deliveries) == len(boxes)
    daemon.deliver()
    for box in boxes.values():
        (letter,) = box.letters
        assert letter.title == "[WARNING] robot-unresponsive: 10,000 opened (production)"
        assert letter.text.startswith("10,000 opened.")
        assert letter.text.endswith("… and 9,980 more: 9,980 opened")
    assert count(store, Phase.FIRING) == SESSIONS

    standing = daemon.settle(estate.poll(STORM_AT_S + EVERY_S, silent_since_s=SILENT_SINCE_S))
    assert not standing.events
    assert not standing.deliveries

    end = daemon.settle(estate.poll(STORM_AT_S + 2 * EVERY_S))
    assert [event.kind for event in end.events] == [EventKind.RESOLVED] * SESSIONS
    daemon.deliver()
    for box in boxes.values():
        _, letter = box.letters
        assert letter.title == "[RESOLVED] robot-unresponsive: 10,000 resolved (production)"
    assert count(store, Phase.FIRING) == 0
    assert count(store, Phase.RESOLVED) == SESSIONS
    assert len(store.load_alerts()) == 0
    assert messages(store) == {"sent": 2 * len(boxes)}


def test_hosts_that_are_down_explain_their_silent_robots(
    daemon: Daemon, store: Store, boxes: dict[str, Letterbox]
) -> None:
    estate = Estate(sessions=2000, per_host=4)
    daemon.settle(estate.poll(0.0))
    daemon.settle(estate.poll(STORM_AT_S, silent_since_s=SILENT_SINCE_S))
    daemon.tick(STORM_AT_S + 10)
    daemon.deliver()
    for box in boxes.values():
        (letter,) = box.letters
        assert letter.title == "[CRITICAL] host-offline: 500 opened (production)"
    assert count(store, Phase.FIRING) == 2500

    daemon.settle(estate.poll(STORM_AT_S + EVERY_S))
    daemon.deliver()
    for box in boxes.values():
        _, letter = box.letters
        assert letter.title == "[RESOLVED] host-offline: 500 resolved (production)"
    assert len(store.load_alerts()) == 0
    assert messages(store) == {"sent": 2 * len(boxes)}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_storm_that_lasts_takes_no_more_memory_by_and_by(
    daemon: Daemon, boxes: dict[str, Letterbox]
) -> None:
    estate = Estate(sessions=SESSIONS, per_host=1)
    before_mb = 0.0
    for step in range(23):
        at_s = STORM_AT_S + step * EVERY_S
        daemon.settle(estate.poll(at_s, silent_since_s=SILENT_SINCE_S))
        daemon.deliver()
        if step == 2:
            before_mb = resident_mb()
    assert resident_mb() - before_mb < MOST_GROWTH_MB
    assert [len(box.letters) for box in boxes.values()] == [1, 1]


def count(store: Store, phase: Phase) -> int:
    with store.reading() as connection:
        wanted = select(func.count()).select_from(ALERTS).where(ALERTS.c.phase == phase.value)
        return connection.execute(wanted).scalar_one()


def messages(store: Store) -> dict[str, int]:
    state = DELIVERIES.c.state
    with store.reading() as connection:
        found = connection.execute(select(state, func.count()).group_by(state))
        return {row[0]: row[1] for row in found}


def resident_mb() -> float:
    """Return the memory that this process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
