"""What every rule type must keep; a new file in monitor/rules is tested before it has a test."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from monitor import rules as rules_package
from monitor.config.templates import compile_summary
from monitor.core.compile import compile_rule
from monitor.core.expression import WINDOW_FUNCTIONS
from monitor.core.kinds import KINDS
from monitor.core.matching import parse_where
from monitor.core.rule import Condition, Policy, Rule
from monitor.core.sample import Sample
from monitor.core.severity import Severity
from monitor.core.window import Windows
from monitor.plugins import discover
from monitor.rules import BUILT_IN, RuleType
from tests.builders import a_subject

TYPES = discover(rules_package, "RULE", RuleType)
SHARED_KEYS = {
    "type", "severity", "for", "clear_below", "clear_above", "clear_when", "where", "summary",
}  # fmt: skip
ALWAYS = ("name", "value", "limit", "tenant", "kind", "key")


def example_of(name: str) -> dict[str, Any]:
    rules = tomllib.loads(TYPES[name].example)["rules"]
    assert len(rules) == 1, "an example is one table"
    table: dict[str, Any] = next(iter(rules.values()))
    return table


def condition_of(name: str, table: Mapping[str, object]) -> Condition:
    options = {key: value for key, value in table.items() if key not in SHARED_KEYS}
    return TYPES[name].condition(TYPES[name].options.model_validate(options))


def compiled(name: str, table: Mapping[str, object]) -> Rule:
    condition = condition_of(name, table)
    kind = KINDS[condition.kind]
    known = {*ALWAYS, *kind.labels, *(metric.name for metric in kind.metrics)}
    return compile_rule(
        "example",
        name,
        condition,
        severity=TYPES[name].severity,
        policy=Policy(),
        render=compile_summary(condition.summary, known),
    )


def samples_of(kind_name: str) -> list[Sample]:
    """Return samples with every metric unknown, zero, one, and large."""
    kind = KINDS[kind_name]
    labels = dict.fromkeys(kind.labels, "Unattended")
    subject = a_subject("Somebody", kind=kind_name, labels=labels)
    return [Sample(subject, (value,) * len(kind.metrics)) for value in (None, 0.0, 1.0, 1e9)]


def test_there_are_rules() -> None:
    assert set(TYPES) >= {"session-unresponsive", "queue-backlog", "expression"}


@pytest.mark.parametrize("name", TYPES)
class TestEveryRuleType:
    def test_its_example_is_of_its_type_and_compiles(self, name: str) -> None:
        table = example_of(name)
        assert table["type"] == name
        rule = compiled(name, table)
        assert rule.kind in KINDS
        assert rule.source

    def test_an_unknown_option_is_refused(self, name: str) -> None:
        assert TYPES[name].options.model_config["extra"] == "forbid"
        assert TYPES[name].options.model_config["frozen"] is True

    def test_every_option_is_described(self, name: str) -> None:
        for option, field in TYPES[name].options.model_fields.items():
            assert field.description, option
            assert option not in SHARED_KEYS, option

    def test_its_options_have_a_json_schema(self, name: str) -> None:
        assert TYPES[name].options.model_json_schema()["type"] == "object"

    def test_its_help_is_a_sentence_and_its_severity_known(self, name: str) -> None:
        assert TYPES[name].help.endswith(".")
        assert TYPES[name].help[0].isupper()
        assert TYPES[name].severity in Severity

    def test_no_sample_gives_no_verdict(self, name: str) -> None:
        assert compiled(name, example_of(name)).breaches([], Windows()) == ([], [])

    def test_the_same_samples_give_the_same_verdicts(self, name: str) -> None:
        samples = samples_of(condition_of(name, example_of(name)).kind)
        first, second = compiled(name, example_of(name)), compiled(name, example_of(name))
        assert first.breaches(samples, Windows()) == second.breaches(samples, Windows())
        assert first.breaches(samples, Windows()) == first.breaches(samples, Windows())

    def test_unknown_metrics_never_breach(self, name: str) -> None:
        rule = compiled(name, example_of(name))
        unknown = samples_of(rule.kind)[0]
        breached, unclear = rule.breaches([unknown], Windows())
        assert (breached, unclear) == ([], [unknown])
        assert rule.clears(unknown, Windows()) is None
        assert rule.value(unknown, Windows()) is None

    def test_its_sentence_can_be_said_of_any_sample(self, name: str) -> None:
        rule = compiled(name, example_of(name))
        for sample in samples_of(rule.kind):
            said = rule.summary(sample, Windows(), rule.value(sample, Windows()), rule.limit)
            assert said
            assert "cannot be filled in" not in said
            assert "None" not in said


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_rule_compiles_without_a_user(name: str) -> None:
    table = BUILT_IN[name]
    assert compiled(str(table["type"]), table).source
    assert table.get("severity", "info") in set(Severity)


def test_the_blind_monitor_alert_is_built_in() -> None:
    assert BUILT_IN["collector-failing"]["type"] == "collector-failing"


DOCUMENT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("name", TYPES)
def test_the_document_shows_every_type_with_every_option(name: str) -> None:
    tables = [
        table
        for block in BLOCKS
        for rule, table in tomllib.loads(block)["rules"].items()
        if table.get("type", rule) == name
    ]
    shown = {key for table in tables for key in table}
    assert set(TYPES[name].options.model_fields) <= shown


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.partition("\n")[0])
def test_every_example_of_the_document_compiles(block: str) -> None:
    for rule, table in tomllib.loads(block)["rules"].items():
        name = table.get("type", rule)
        where = parse_where(table.get("where", {}))
        condition = condition_of(name, table)
        kind = KINDS[condition.kind]
        known = {*ALWAYS, *kind.labels, *(metric.name for metric in kind.metrics)}
        assert where.names <= known
        compile_rule(
            rule,
            name,
            condition,
            severity=Severity(table.get("severity", TYPES[name].severity)),
            policy=Policy(),
            where=where,
            clear_below=table.get("clear_below"),
            clear_when=table.get("clear_when"),
            render=compile_summary(table.get("summary", condition.summary), known),
        )


def test_the_document_lists_all_that_expressions_can_speak_of() -> None:
    for kind in KINDS.values():
        row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| `{kind.name}` |"))
        metrics, labels = row.split("|")[2:4]
        assert re.findall(r"`(\w+)`", metrics) == [metric.name for metric in kind.metrics]
        assert tuple(re.findall(r"`(\w+)`", labels)) == kind.labels
    for function in WINDOW_FUNCTIONS:
        assert f"| `{function}(" in DOCUMENT
