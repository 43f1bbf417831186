from dataclasses import replace
from datetime import timedelta

from monitor.core.kinds import KINDS
from monitor.core.lookback import looked_back_on, observe, spoken_of
from monitor.core.sample import Movement
from monitor.core.window import Windows
from tests.builders import a_backlog_rule, a_sample, a_subject, after, collected

NEW = KINDS["queue"].index("new_items")
FAILED = KINDS["queue"].index("failed_items")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_of_several_rules_the_longest_look_back_counts() -> None:
    rules = [
        replace(a_backlog_rule("a"), windows={"new_items": HOUR}),
        replace(a_backlog_rule("b"), windows={"new_items": DAY, "failed_items": HOUR}),
        replace(a_backlog_rule("c"), windows={"new_items": HOUR}),
        a_backlog_rule("d"),
    ]

    assert looked_back_on(rules) == {"queue": {NEW: DAY, FAILED: HOUR}}


def test_only_what_is_looked_back_on_is_remembered() -> None:
    spans = {"queue": {NEW: HOUR}}
    windows = Windows(spans)
    subject, robot = a_subject(), a_subject("Robot 1", kind="session")

    observe(windows, spans, collected(a_sample(subject, new_items=1, failed_items=2), at=after(0)))
    observe(windows, spans, collected(a_sample(robot, is_busy=1), kinds=("session",)))
    mixed = collected(a_sample(robot, is_busy=1), kinds=("session", "queue"))
    observe(windows, spans, mixed)

    assert len(windows) == 1
    assert windows.known_since(subject.identity, NEW) == after(0).timestamp()


def test_what_rules_of_some_kinds_speak_of() -> None:
    rules = [
        replace(a_backlog_rule("a"), metrics=frozenset({"new_items"})),
        replace(a_backlog_rule("b"), metrics=frozenset({"new_items", "overdue_items"})),
        replace(a_backlog_rule("c"), kind="session", metrics=frozenset({"is_busy"})),
    ]

    assert spoken_of(rules, ("queue",)) == {"new_items", "overdue_items"}
    assert spoken_of(rules, ("machine", "session")) == {"is_busy"}
    assert spoken_of(rules, ("license",)) == set()


def test_of_a_poll_that_says_what_moved_only_that_is_looked_at() -> None:
    spans = {"queue": {NEW: HOUR}}
    whole, told = Windows(spans), Windows(spans)
    subjects = [a_subject(name) for name in ("Moves", "Rests", "Leaves")]
    answers = [
        [(subjects[0], 1.0), (subjects[1], 7.0), (subjects[2], 3.0)],
        [(subjects[0], 2.0), (subjects[1], 7.0), (subjects[2], 3.0)],
        [(subjects[0], 3.0), (subjects[1], 7.0)],
    ]
    for step, answer in enumerate(answers):
        at = after(60 * step)
        poll = collected(*(a_sample(one, new_items=items) for one, items in answer), at=at)
        observe(whole, spans, poll)
        left = [subjects[2]] if step == 2 else []
        movement = Movement(after(60 * step - 60), [poll.samples[0]], left) if step else None
        observe(told, spans, replace(poll, movement=movement))

    for windows in (whole, told):
        windows.now = after(180)
        assert [windows.max(one.identity, NEW, 120) for one in subjects] == [3.0, 7.0, 3.0]
    # Forgotten a day after it was seen last, which was at the second poll.
    for windows in (whole, told):
        windows.now = after(60 + 86_400)
        assert windows.known_since(subjects[2].identity, NEW) is not None
        windows.now = after(61 + 86_400 + 3600)
        assert windows.known_since(subjects[2].identity, NEW) is None


def test_of_a_poll_whose_movement_is_unknown_all_is_looked_at() -> None:
    spans = {"queue": {NEW: HOUR}}
    windows = Windows(spans)
    subject, other = a_subject("Known"), a_subject("New")
    observe(windows, spans, collected(a_sample(subject, new_items=1), at=after(0)))
    poll = collected(
        a_sample(subject, new_items=4),
        a_sample(other, new_items=2),
        a_sample(a_subject("Robot 1", kind="session"), is_busy=1),
        at=after(60),
        kinds=("queue", "session"),
    )
    observe(windows, spans, replace(poll, movement=Movement(after(30), None)))

    windows.now = after(60)
    assert windows.max(subject.identity, NEW, 30) == 4
    assert windows.min(subject.identity, NEW, 30) == 1
    assert windows.known_since(other.identity, NEW) == after(60).timestamp()
