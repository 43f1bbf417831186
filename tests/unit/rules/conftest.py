"""Rules as a configuration makes them: options read, condition compiled, summary rendered."""

from collections.abc import Callable
from typing import Protocol

import pytest

from monitor.config.templates import compile_summary
from monitor.core.compile import compile_rule
from monitor.core.kinds import KINDS
from monitor.core.matching import parse_where
from monitor.core.rule import Policy, Rule
from monitor.core.sample import Sample, Subject
from monitor.core.window import Windows
from monitor.rules import RuleType
from tests.builders import after, windows_at

NAMES = ("name", "value", "limit", "tenant", "kind", "key")


class MakeRule(Protocol):
    def __call__(
        self, rule_type: RuleType, where: dict[str, object] | None = None, **options: object
    ) -> Rule: ...


@pytest.fixture
def make_rule() -> MakeRule:
    def make(
        rule_type: RuleType, where: dict[str, object] | None = None, **options: object
    ) -> Rule:
        condition = rule_type.condition(rule_type.options.model_validate(options))
        kind = KINDS[condition.kind]
        known = {*NAMES, *kind.labels, *(metric.name for metric in kind.metrics)}
        return compile_rule(
            "the-rule",
            "the-type",
            condition,
            severity=rule_type.severity,
            policy=Policy(hold=condition.hold),
            where=parse_where(where or {}),
            render=compile_summary(condition.summary, known),
        )

    return make


@pytest.fixture
def verdict() -> Callable[..., str]:
    """Tell of one sample: breached, unclear, or fine."""

    def judge(rule: Rule, sample: Sample, windows: Windows | None = None) -> str:
        breached, unclear = rule.breaches([sample], windows or windows_at())
        return "breached" if breached else "unclear" if unclear else "fine"

    return judge


@pytest.fixture
def sentence() -> Callable[..., str]:
    def say(rule: Rule, sample: Sample, windows: Windows | None = None) -> str:
        windows = windows or windows_at()
        return rule.summary(sample, windows, rule.value(sample, windows), rule.limit)

    return say


@pytest.fixture
def history() -> Callable[..., Windows]:
    """Remember metrics of a subject: minute → value for each metric; the last minute is now."""

    def remember(subject: Subject, **metrics: dict[int, float]) -> Windows:
        windows = Windows()
        for metric, values in metrics.items():
            for minute, value in values.items():
                index = KINDS[subject.kind].index(metric)
                windows.observe(subject.identity, index, after(minute * 60), value)
        windows.now = after(max(minute for values in metrics.values() for minute in values) * 60)
        return windows

    return remember
