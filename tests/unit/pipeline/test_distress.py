"""Who hears that nothing can be recorded, and when; by hand, in seconds of a clock."""

import pytest

from monitor.core.delivery import Delivered, Outcome, Permanent, Retryable
from monitor.core.matching import parse_where
from monitor.core.routing import Route
from monitor.core.wording import body, title
from monitor.pipeline.distress import Distress
from tests.builders import after

ROUTES = (
    Route(channels=("business",), where=parse_where({"kind": "queue"})),
    Route(channels=("ops", "mail"), where=parse_where({"severity": "critical"})),
    Route(channels=("rest",)),
)
HOUR = 3600.0


class Scene:
    """A distress, and the channels that are asked in turn whether they are to hear."""

    def __init__(self) -> None:
        self.distress = Distress(lambda: ROUTES)
        self.answers: dict[str, Outcome] = {}
        self.texts: list[str] = []

    def fails(self, *at_s: float, work: str = "queues") -> None:
        for at in at_s:
            self.distress.failed(
                work, "history.db: the disk is full: free some space", after(at), at
            )

    def works(self, at: float, work: str = "queues") -> None:
        self.distress.completed(work, at)

    def told(self, at: float) -> list[str]:
        found = []
        for channel in ("business", "ops", "mail", "rest"):
            message = self.distress.message(channel, after(at), at)
            if message is not None:
                answer = self.answers.get(channel, Delivered())
                self.distress.tried(channel, message, answer, at)
                found.append(f"{channel}: {message.items[0].what}")
                self.texts.append(f"{title(message)}\n{body(message)}")
        return found


def test_after_two_minutes_those_who_hear_of_critical_alerts_hear_of_it_once() -> None:
    scene = Scene()
    assert scene.told(0) == []
    scene.fails(0, 60)
    assert scene.told(119) == []
    scene.fails(120)
    assert scene.told(120) == ["ops: opened", "mail: opened"]
    scene.fails(180, 240)
    assert scene.told(250) == []

    text = scene.texts[0]
    assert text.startswith("[CRITICAL] database: history")
    assert "Nothing can be recorded, and so no alert is told" in text
    assert "the disk is full: free some space" in text


def test_it_is_told_again_every_four_hours_and_when_it_is_over() -> None:
    scene = Scene()
    scene.fails(0, 120)
    scene.told(130)
    scene.fails(*range(180, 5 * 3600, 60))
    assert scene.told(130 + 4 * HOUR - 1) == []
    assert scene.told(130 + 4 * HOUR) == ["ops: still open", "mail: still open"]
    scene.works(5 * HOUR)
    assert scene.told(5 * HOUR) == ["ops: resolved", "mail: resolved"]
    assert scene.told(5 * HOUR + 60) == []
    assert "299 polls are missing" in scene.texts[-1]


def test_a_restart_of_the_database_or_a_lock_tells_nobody() -> None:
    scene = Scene()
    scene.fails(0, 60)
    scene.works(119)
    assert scene.told(300) == []
    scene.fails(400)
    assert scene.told(800) == []
    scene.works(1000)
    assert scene.told(1000) == []


def test_what_is_done_rarely_neither_begins_nor_prolongs_it() -> None:
    scene = Scene()
    scene.fails(0, work="licenses")
    scene.fails(0, 60, 120)
    assert scene.told(130) == ["ops: opened", "mail: opened"]
    scene.works(180)

    assert scene.told(180) == ["ops: resolved", "mail: resolved"]


def test_one_kind_that_cannot_be_recorded_is_told_while_others_can() -> None:
    scene = Scene()
    for at in range(0, 240, 60):
        scene.fails(at)
        scene.works(at, "sessions")

    assert scene.told(200) == ["ops: opened", "mail: opened"]


def test_a_channel_that_does_not_take_it_is_asked_again_after_a_minute() -> None:
    scene = Scene()
    scene.answers["ops"] = Retryable("no answer")
    scene.answers["mail"] = Permanent("refused")
    scene.fails(0, 120)
    assert scene.told(120) == ["ops: opened", "mail: opened"]
    assert scene.told(170) == []
    assert scene.told(180) == ["ops: opened"]
    scene.answers.clear()
    assert scene.told(240) == ["ops: opened"]
    scene.works(250)
    assert scene.told(250) == ["ops: resolved", "mail: resolved"]


def test_who_never_heard_of_it_does_not_hear_of_the_end() -> None:
    scene = Scene()
    scene.answers["ops"] = Retryable("no answer")
    scene.fails(0, 120)
    scene.told(120)
    scene.works(150)

    assert scene.told(300) == ["mail: resolved"]


def test_a_channel_that_is_no_more_is_owed_nothing() -> None:
    scene = Scene()
    scene.fails(0, 120)
    scene.told(120)
    scene.distress.keep_to(["rest"])
    scene.works(180)
    assert scene.told(300) == []
    scene.fails(1000, 1120)
    assert scene.told(1120) == ["ops: opened", "mail: opened"]
    scene.works(1130)
    scene.told(1130)
    assert "2 polls are missing" in scene.texts[-1]


def test_until_all_know_of_the_end_it_is_the_same_distress() -> None:
    scene = Scene()
    scene.fails(0, 120)
    scene.told(120)
    scene.works(180)
    scene.fails(240)
    assert scene.told(250) == []
    scene.works(300)
    scene.told(310)
    assert "3 polls are missing" in scene.texts[-1]
    scene.fails(1000, 1120)
    scene.told(1130)
    scene.works(1140)
    scene.told(1150)
    assert "2 polls are missing" in scene.texts[-1]


@pytest.mark.parametrize("work", ["unknown", "queues"])
def test_what_nobody_does_any_more_is_no_trouble(work: str) -> None:
    scene = Scene()
    scene.fails(0, 60)
    scene.works(60, "queues")
    scene.works(60, work)
    assert scene.told(500) == []
