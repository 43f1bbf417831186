"""Compiles rule tables into the rules that the engine judges by."""

from monitor.config.names import Path
from monitor.config.plugins import rule_types
from monitor.config.problems import Source
from monitor.config.rules import RuleTable
from monitor.config.templates import Render, compile_summary
from monitor.core.compile import RuleMistake, compile_rule
from monitor.core.flapping import Flapping
from monitor.core.kinds import KINDS
from monitor.core.rule import Condition, NoData, Policy, Rule
from monitor.core.severity import Severity
from monitor.errors import Problem

ALWAYS_NAMES = frozenset({"name", "value", "limit", "tenant", "kind", "key"})


def rule_of(table: RuleTable, source: Source) -> tuple[Rule | None, list[Problem]]:
    """Return the compiled rule, or what is wrong with its expressions and its template."""
    place: Path = ("rules", table.name)
    rule_type = rule_types()[table.type]
    keys = table.keys
    problems: list[Problem] = []
    try:
        condition = rule_type.condition(table.options)
    except ValueError as error:
        return None, [source.problem(place, str(error))]
    render: Render | None = None
    try:
        render = compile_summary(keys.summary or condition.summary, _names(condition))
    except ValueError as error:
        problems.append(source.problem((*place, "summary"), str(error)))
    try:
        rule = compile_rule(
            table.name,
            table.type,
            condition,
            severity=rule_type.severity if keys.severity is None else Severity(keys.severity),
            policy=_policy(table, condition),
            where=keys.where,
            clear_when=keys.clear_when,
            clear_below=keys.clear_below,
            clear_above=keys.clear_above,
            render=render or str,
            channels=keys.channels,
            labels=keys.labels,
            runbook_url=keys.runbook_url,
        )
    except RuleMistake as error:
        problems.append(source.problem((*place, error.key), str(error)))
        return None, problems
    return (None if problems else rule), problems


def _policy(table: RuleTable, condition: Condition) -> Policy:
    keys = table.keys
    flaps = keys.flapping
    return Policy(
        hold=condition.hold if keys.for_ is None else keys.for_,
        hold_count=keys.for_count,
        keep_open=Policy().keep_open if keys.keep_open is None else keys.keep_open,
        keep_open_count=keys.keep_open_count,
        no_data=NoData(keys.no_data),
        flapping=None
        if flaps is None
        else Flapping(window=flaps.window, start=flaps.start, stop=flaps.stop),
    )


def _names(condition: Condition) -> frozenset[str]:
    """Return what a summary may speak of."""
    kind = KINDS.get(condition.kind)
    if kind is None:
        return ALWAYS_NAMES
    return ALWAYS_NAMES.union(kind.labels, (metric.name for metric in kind.metrics))
