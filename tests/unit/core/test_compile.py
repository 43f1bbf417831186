from collections.abc import Mapping
from datetime import timedelta

import pytest

from monitor.core import compile as compile_module
from monitor.core.compile import RuleMistake, compile_rule
from monitor.core.matching import parse_where
from monitor.core.rule import Condition, Policy, Rule
from monitor.core.severity import Severity
from monitor.core.window import Windows
from tests.builders import a_sample, a_subject, after


def a_condition(when: str = "new_items > 100", **keys: object) -> Condition:
    return Condition(**{"kind": "queue", "when": when, "summary": "", "value": "", **keys})  # type: ignore[arg-type] # the fields of a condition


def compiled(condition: Condition | str = "new_items > 100", **keys: object) -> Rule:
    if isinstance(condition, str):
        condition = a_condition(condition)
    wanted = {"severity": Severity.WARNING, "policy": Policy(), "render": str, **keys}
    return compile_rule("backlog", "expression", condition, **wanted)  # type: ignore[arg-type] # as above


def test_samples_are_breached_unclear_or_fine() -> None:
    bad, fine, unknown = a_sample(new_items=101), a_sample(new_items=100), a_sample()
    assert compiled().breaches([bad, fine, unknown], Windows()) == ([bad], [unknown])
    assert compiled().breaches([], Windows()) == ([], [])


def test_what_the_quick_look_could_not_tell_is_judged_with_care() -> None:
    sample = a_sample(failed_items=5)
    either = "new_items > 100 or failed_items > 1"
    assert compiled(either).breaches([sample], Windows()) == ([sample], [])
    assert compiled("new_items > 100 and failed_items > 9").breaches([sample], Windows()) == (
        [],
        [],
    )


@pytest.mark.parametrize("when", ["new_items > 100", "max(new_items, '1m') > 100"])
def test_only_subjects_within_where_are_judged(when: str) -> None:
    inside = a_sample(a_subject("A", labels={"folder": "Finance/In"}), new_items=500)
    outside = a_sample(a_subject("B", labels={"folder": "Sales"}), new_items=500)
    unknown = a_sample(a_subject("C", labels={"folder": "Sales"}))
    windows = Windows()
    for at in (0, 100):
        windows.observe(inside.subject.identity, 0, after(at), 500.0)
    windows.now = after(100)
    rule = compiled(when, where=parse_where({"folder": "Finance/**"}))
    for _ in range(2):
        assert rule.breaches([inside, outside, unknown], windows) == ([inside], [])


def test_memory_of_who_is_within_where_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compile_module, "REMEMBERED_SUBJECTS", 3)
    rule = compiled(where=parse_where({"name": "q*"}))
    for batch in range(4):
        samples = [a_sample(a_subject(f"q{batch}{i}"), new_items=500) for i in range(3)]
        assert rule.breaches(samples, Windows()) == (samples, [])


def test_a_label_the_user_speaks_of_replaces_the_default_of_that_label() -> None:
    condition = a_condition(where=parse_where({"process": "A", "folder": "Finance"}))
    rule = compiled(condition, where=parse_where({"folder": "Sales"}))
    assert str(rule.where) == "folder=Sales and process=A"


@pytest.mark.parametrize(
    ("when", "value", "limit"),
    [
        ("new_items > 100", 7, 100),
        ("100 < new_items", 7, 100),
        ("folder == 'x' or new_items + failed_items >= 3", 9, 3),
        ("new_items > failed_items", None, None),
    ],
)
def test_value_and_limit_come_from_the_first_comparison_with_a_constant(
    when: str, value: float | None, limit: float | None
) -> None:
    rule = compiled(when)
    assert rule.limit == limit
    assert rule.value(a_sample(new_items=7, failed_items=2), Windows()) == value


def test_a_condition_may_name_value_and_limit_itself() -> None:
    rule = compiled(a_condition(value="failed_items", limit=3.0))
    assert rule.limit == 3.0
    assert rule.value(a_sample(new_items=7, failed_items=2), Windows()) == 2
    assert compiled(a_condition(limit=3.0)).limit == 3.0


def clears(rule: Rule, **metrics: float) -> bool | None:
    return rule.clears(a_sample(None, **metrics), Windows())


def test_without_more_an_alert_clears_when_the_condition_does_not_hold() -> None:
    rule = compiled()
    assert [clears(rule, new_items=n) for n in (100, 101)] == [True, False]
    assert clears(rule) is None


def test_hysteresis_clears_beyond_its_own_threshold() -> None:
    below = compiled(clear_below=50)
    assert [clears(below, new_items=n) for n in (49, 50, 99)] == [True, False, False]
    assert clears(below) is None
    above = compiled("new_items < 10", clear_above=20)
    assert [clears(above, new_items=n) for n in (21, 20, 9)] == [True, False, False]
    band = compiled("new_items < 10 or new_items > 90", clear_below=80, clear_above=20)
    assert [clears(band, new_items=n) for n in (15, 50, 90)] == [False, True, False]


def test_a_clear_when_of_the_user_replaces_that_of_the_condition() -> None:
    condition = a_condition(clear_when="new_items == 0")
    assert clears(compiled(condition), new_items=1) is False
    assert clears(compiled(condition, clear_when="new_items < 5"), new_items=1) is True
    assert clears(compiled(condition, clear_below=50), new_items=1) is True


@pytest.mark.parametrize(
    ("condition", "keys", "key", "cure"),
    [
        ("new_itms > 1", {}, "when", "did you mean new_items?"),
        ("new_items >", {}, "when", "not an expression"),
        ("new_items > 1", {"clear_when": "old > 1"}, "clear_when", "unknown name"),
        (
            "new_items > 1",
            {"clear_below": 5.0},
            "clear_below",
            "would clear what still breaches: at most 1",
        ),
        ("new_items < 9", {"clear_above": 5.0}, "clear_above", "at least 9"),
        ("new_items > 1", {"clear_above": 5.0}, "clear_above", "opens at > 1: use clear_below"),
        ("new_items < 1", {"clear_below": 5.0}, "clear_below", "use clear_above"),
        ("folder == 'x'", {"clear_below": 5.0}, "clear_below", "use clear_when"),
        (a_condition(value="folder"), {}, "value", "a number is needed"),
        (a_condition(kind="queues"), {}, "subject", "use session, machine, queue"),
    ],
)
def test_a_mistake_names_the_key_to_blame(
    condition: Condition | str, keys: Mapping[str, object], key: str, cure: str
) -> None:
    with pytest.raises(RuleMistake) as caught:
        compiled(condition, **keys)
    assert caught.value.key == key
    assert cure in str(caught.value)


def test_a_threshold_on_a_value_compared_with_nothing_is_taken_as_it_is() -> None:
    rule = compiled(a_condition(value="failed_items"), clear_below=5)
    assert clears(rule, new_items=999, failed_items=4) is True
    assert clears(compiled("new_items == 7", clear_above=5), new_items=6) is True
    assert clears(compiled("not new_items <= 9", clear_below=5), new_items=4) is True


def test_a_summary_may_speak_of_labels_metrics_value_and_limit() -> None:
    seen: dict[str, object] = {}

    def render(facts: Mapping[str, object]) -> str:
        seen.update(facts)
        return " many items "

    rule = compiled(render=render)
    sample = a_sample(a_subject("Invoices", labels={"folder": "Finance"}), new_items=7)
    assert rule.summary(sample, Windows(), 7.0, 100.0) == "many items"
    assert seen["name"] == "Invoices"
    assert (seen["folder"], seen["process"], seen["tenant"]) == ("Finance", "", "production")
    assert (seen["new_items"], seen["failed_items"]) == (7, None)
    assert (seen["value"], seen["limit"], seen["kind"]) == (7, 100, "queue")


def test_a_summary_that_cannot_be_filled_in_gives_a_plain_sentence() -> None:
    def broken(facts: Mapping[str, object]) -> str:
        raise ZeroDivisionError

    rule = compiled(render=broken)
    assert (
        rule.summary(a_sample(), Windows(), 1234.5, 100.0)
        == "Invoices: backlog, value 1,234.5, limit 100"
    )
    assert rule.summary(a_sample(), Windows(), None, None) == "Invoices: backlog"
    assert (
        compiled(render=lambda _: " ").summary(a_sample(), Windows(), None, 5)
        == "Invoices: backlog, limit 5"
    )


def test_a_summary_is_bounded() -> None:
    assert len(compiled(render=lambda _: "x" * 10_000).summary(a_sample(), Windows(), 1, 1)) == 500


def test_the_rule_can_be_read_as_it_was() -> None:
    rule = compiled(
        "new_items  >\n 100",
        where=parse_where({"folder": "Finance/**"}),
        policy=Policy(
            hold=timedelta(minutes=10),
            hold_count=2,
            keep_open=timedelta(minutes=5),
            keep_open_count=3,
        ),
        clear_below=50.0,
        clear_when="failed_items == 0",
    )
    assert rule.source.splitlines() == [
        "expression, warning: new_items > 100",
        "where folder like Finance/**",
        "opens after 10m and 2 evaluations",
        "clears when new_items < 50.0 and failed_items == 0",
        "resolves after 5m and 3 evaluations",
    ]
    assert compiled().source == "expression, warning: new_items > 100\nwhere everything"
    assert "opens after 2 evaluations" in compiled(policy=Policy(hold_count=2)).source
    held = compiled(policy=Policy(hold=timedelta(hours=1)))
    assert held.source.endswith("opens after 1h")


def test_all_windows_are_declared() -> None:
    rule = compiled(
        a_condition("increase(new_items, '1h') > 0", value="avg(failed_items, '2h')"),
        clear_when="max(new_items, '3h') == 0",
    )
    assert rule.windows == {"new_items": timedelta(hours=3), "failed_items": timedelta(hours=2)}


def test_the_rest_is_carried_along() -> None:
    rule = compiled(
        channels=("ops",), labels={"team": "finance"}, runbook_url="https://wiki.example/backlog"
    )
    assert (rule.channels, rule.labels, rule.runbook_url) == (
        ("ops",),
        {"team": "finance"},
        "https://wiki.example/backlog",
    )


def test_all_metrics_that_a_rule_cannot_do_without_are_declared() -> None:
    condition = a_condition(
        "new_items > 5 and folder != 'Test'",
        value="mean_processing_s",
        clear_when="max(overdue_items, '1h') == 0",
    )

    assert compiled(condition).metrics == {"new_items", "mean_processing_s", "overdue_items"}
    assert compiled(condition, clear_when="deferred_items == 0").metrics == {
        "new_items",
        "mean_processing_s",
        "deferred_items",
    }
