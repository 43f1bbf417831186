"""Sorting samples by rule is an optimization: it must never decide anything."""

from collections.abc import Mapping

from monitor.core import engine
from monitor.core.alert import AlertKey
from monitor.core.compile import compile_rule
from monitor.core.matching import parse_where
from monitor.core.rule import Condition, Policy, Rule
from monitor.core.sample import Sample
from monitor.core.scopes import FEWEST, Scopes
from monitor.core.severity import Severity
from monitor.core.window import Windows
from tests.builders import a_sample, a_subject, after, collected

FOLDERS = tuple(f"Folder-{number}" for number in range(FEWEST + 2))


def a_rule(name: str, where: Mapping[str, object] | None = None) -> Rule:
    return compile_rule(
        name,
        "expression",
        Condition(kind="queue", when="new_items > 10", summary="", value=""),
        severity=Severity.WARNING,
        policy=Policy(),
        where=parse_where(where or {}),
        render=str,
    )


RULES = [
    a_rule("everywhere"),
    *[a_rule(f"in-{folder}", {"folder": folder}) for folder in FOLDERS],
    a_rule("all-but-one", {"folder": f"!{FOLDERS[0]}"}),
    a_rule("by-name", {"name": "Queue-1*"}),
    a_rule("elsewhere", {"tenant": "another"}),
]


def queues(items: float) -> list[Sample]:
    return [
        a_sample(
            a_subject(f"Queue-{number}", labels={"folder": FOLDERS[number % len(FOLDERS)]}),
            new_items=items,
        )
        for number in range(20)
    ]


def breached(samples: list[Sample], rules: list[Rule], scopes: Scopes | None) -> set[AlertKey]:
    evaluation = engine.evaluate(
        {}, "production", collected(*samples), rules, Windows(), after(0), scopes
    )
    return {alert.key for alert in evaluation.alerts}


def test_rules_see_the_same_sorted_as_one_by_one() -> None:
    scopes = Scopes(RULES)
    for items in (5, 20, 5, 20):
        samples = queues(items)
        alone = {key for rule in RULES for key in breached(samples, [rule], None)}

        assert breached(samples, RULES, scopes) == alone
        assert bool(alone) == (items > 10)


def test_a_subject_that_moves_is_sorted_anew() -> None:
    scopes = Scopes(RULES)
    before = a_sample(a_subject("Queue-7", labels={"folder": FOLDERS[1]}), new_items=20)
    now = a_sample(a_subject("Queue-7", labels={"folder": FOLDERS[2]}), new_items=20)
    names = [{key.rule for key in breached([sample], RULES, scopes)} for sample in (before, now)]

    assert names[0] - names[1] == {f"in-{FOLDERS[1]}"}
    assert names[1] - names[0] == {f"in-{FOLDERS[2]}"}


def test_a_rule_is_given_no_more_than_its_own() -> None:
    samples = queues(20)
    found = Scopes(RULES).sort("production", "queue", samples)

    assert [sample.subject.name for sample in found.for_rule(RULES[1])] == [
        sample.subject.name for sample in samples if sample.subject.labels["folder"] == FOLDERS[0]
    ]
    assert len(found.for_rule(RULES[0])) == len(samples)


def test_a_subject_that_comes_to_others_of_its_place_is_judged_like_them() -> None:
    scopes = Scopes(RULES)
    first, second = (
        a_sample(a_subject(name, labels={"folder": FOLDERS[1]}), new_items=20)
        for name in ("Queue-70", "Queue-71")
    )
    alone = breached([first], RULES, scopes)
    both = breached([first, second], RULES, scopes)

    assert {key.rule for key in both - alone} == {key.rule for key in alone}


def test_what_came_and_went_is_forgotten() -> None:
    scopes = Scopes(RULES)
    for _ in range(200):
        scopes.sort("production", "queue", queues(1))

    (index,) = scopes._indexes.values()
    assert len(index._bucket_of) < 2000
