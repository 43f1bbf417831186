from dataclasses import replace
from datetime import timedelta

from monitor.core.kinds import KINDS
from monitor.core.lookback import looked_back_on, observe, spoken_of
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
