"""Compiles a condition, a policy and what a user wishes into a `Rule` that the engine can ask.

All texts are read, checked and turned into functions here, once, when the configuration is loaded.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from monitor.core.duration import format_duration
from monitor.core.expression import Threshold, Translator, thresholds
from monitor.core.grammar import ExpressionError, parse
from monitor.core.judgement import judge, number, sift
from monitor.core.kinds import KINDS, Kind
from monitor.core.matching import Where
from monitor.core.plain import clipped
from monitor.core.rule import Condition, Policy, Rule
from monitor.core.sample import Sample, Subject, subject_labels
from monitor.core.severity import Severity
from monitor.core.window import Windows

LONGEST_SUMMARY = 500
REMEMBERED_SUBJECTS = 50_000

Render = Callable[[Mapping[str, object]], str]


class RuleMistake(ValueError):
    """A rule that cannot be compiled; `key` is the key of its table to blame."""

    def __init__(self, key: str, message: str) -> None:
        """Keep the key beside the message."""
        super().__init__(message)
        self.key = key


def compile_rule(
    name: str,
    type: str,  # noqa: A002 - the word of the configuration
    condition: Condition,
    *,
    severity: Severity,
    policy: Policy,
    render: Render,
    where: Where | None = None,
    clear_when: str | None = None,
    clear_below: float | None = None,
    clear_above: float | None = None,
    channels: tuple[str, ...] = (),
    labels: Mapping[str, str] | None = None,
    runbook_url: str | None = None,
) -> Rule:
    """Compile a rule.

    `where` is the user's: its labels take the place of the same labels in the condition's own.
    `render` fills in the summary; when it fails, a plain sentence stands in. An empty
    `condition.value` means the first thing in `when` that is compared with a constant.

    Raises:
        RuleMistake: an expression or a threshold is wrong.
    """
    kind = KINDS.get(condition.kind)
    if kind is None:
        msg = f'there is no kind of subject "{condition.kind}": use {", ".join(KINDS)}'
        raise RuleMistake("subject", msg)
    translator = Translator(kind)
    when = _read("when", condition.when, translator)
    shown, limit = _shown(condition, when, translator)
    clearing = _clearing(
        condition,
        shown,
        translator,
        clear_when=clear_when,
        thresholds={"clear_below": clear_below, "clear_above": clear_above},
    )
    over = ast.UnaryOp(op=ast.Not(), operand=when) if clearing is None else clearing
    theirs = Where() if where is None else where
    scope = theirs.and_(condition.where.without(theirs.names))
    nothing: Callable[[Sample, Windows], float | None] = lambda _sample, _windows: None  # noqa: E731
    value = nothing if shown is None else number(shown.value, translator)
    return Rule(
        name=name,
        type=type,
        kind=kind.name,
        severity=severity,
        policy=policy,
        where=scope,
        limit=limit,
        breaches=_breaches(when, scope, translator),
        clears=judge(over, translator),
        value=value,
        summary=_summary(name, kind, render),
        windows=dict(translator.windows),
        metrics=frozenset(translator.metrics),
        channels=channels,
        labels=dict(labels or {}),
        runbook_url=runbook_url,
        source="\n".join(
            [
                f"{type}, {severity}: {' '.join(condition.when.split())}",
                f"where {scope}",
                *_waits(policy, clearing),
            ]
        ),
    )


class _Scope:
    """Which subjects a rule is for. Answers are kept by object: a collector hands out the same."""

    def __init__(self, where: Where) -> None:
        self._where = where
        self._answers: dict[Subject, bool] = {}

    def covers(self, sample: Sample) -> bool:
        subject = sample.subject
        answer = self._answers.get(subject)
        if answer is None:
            if len(self._answers) >= REMEMBERED_SUBJECTS:
                self._answers.clear()
            answer = self._answers[subject] = self._where.matches(subject_labels(subject))
        return answer


def _read(key: str, text: str, translator: Translator) -> ast.expr:
    """Parse and check a condition. Raises RuleMistake."""
    try:
        node = parse(text)
        translator.truth(node)
    except ExpressionError as error:
        raise RuleMistake(key, str(error)) from None
    return node


def _shown(
    condition: Condition, when: ast.expr, translator: Translator
) -> tuple[Threshold | None, float | None]:
    """Return the number to show, with the comparison it stands in, and the limit to show."""
    compared = thresholds(when)
    limit = condition.limit
    if condition.value:
        try:
            node = parse(condition.value)
            translator.number(node)
        except ExpressionError as error:
            raise RuleMistake("value", str(error)) from None
    elif compared:
        node = compared[0].value
        limit = compared[0].limit if limit is None else limit
    else:
        return None, limit
    same = [found for found in compared if ast.dump(found.value) == ast.dump(node)]
    # With several limits, or none, no side of one of them is simply the good one.
    plain = same[0] if len(same) == 1 else Threshold(value=node, symbol="", limit=0.0)
    return plain, limit


def _clearing(
    condition: Condition,
    shown: Threshold | None,
    translator: Translator,
    *,
    clear_when: str | None,
    thresholds: Mapping[str, float | None],
) -> ast.expr | None:
    """Return what must hold for an alert to be over; None for the default, "not breached".

    What a user says takes the place of the condition's own.
    """
    parts: list[ast.expr] = []
    for key, limit in thresholds.items():
        if limit is not None:
            measured = _measured(key, limit, shown)
            op = ast.Lt() if key == "clear_below" else ast.Gt()
            parts.append(
                ast.Compare(left=measured, ops=[op], comparators=[ast.Constant(float(limit))])
            )
    said = clear_when if parts or clear_when else condition.clear_when
    if said:
        parts.append(_read("clear_when", said, translator))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else ast.BoolOp(op=ast.And(), values=parts)


def _measured(key: str, limit: float, shown: Threshold | None) -> ast.expr:
    """Return what a threshold for clearing compares; it must lie on the good side of the limit."""
    if shown is None:
        msg = "nothing in the condition is compared with a number: use clear_when"
        raise RuleMistake(key, msg)
    opens, clears = shown.symbol[:1], "<" if key == "clear_below" else ">"
    if opens not in ("<", ">"):
        return shown.value
    if opens == clears:
        other = "clear_above" if key == "clear_below" else "clear_below"
        msg = f"the rule opens at {shown.symbol} {shown.limit:g}: use {other}"
        raise RuleMistake(key, msg)
    if (limit > shown.limit) if clears == "<" else (limit < shown.limit):
        side = "at most" if clears == "<" else "at least"
        msg = f"{limit:g} would clear what still breaches: {side} {shown.limit:g}, the rule's limit"
        raise RuleMistake(key, msg)
    return shown.value


def _breaches(
    when: ast.expr, scope: Where, translator: Translator
) -> Callable[[Sequence[Sample], Windows], tuple[list[Sample], list[Sample]]]:
    """Return the sieve of a rule: the cheapest test first.

    That is the condition, as one loop over all samples, unless it looks into windows. What the
    loop could not tell is judged again with care.
    """
    choose = sift(when, translator)
    weigh = judge(when, translator)
    in_scope = _Scope(scope)
    is_dear = "w." in translator.truth(when)

    def breaches(samples: Sequence[Sample], windows: Windows) -> tuple[list[Sample], list[Sample]]:
        if scope and is_dear:
            samples = [sample for sample in samples if in_scope.covers(sample)]
        hits, doubtful = choose(samples, windows)
        if scope and not is_dear:
            hits = [sample for sample in hits if in_scope.covers(sample)]
            doubtful = [sample for sample in doubtful if in_scope.covers(sample)]
        unclear = []
        for sample in doubtful:
            truth = weigh(sample, windows)
            if truth:
                hits.append(sample)
            elif truth is None:
                unclear.append(sample)
        return hits, unclear

    return breaches


def _summary(
    rule: str, kind: Kind, render: Render
) -> Callable[[Sample, Windows, float | None, float | None], str]:
    names = tuple(metric.name for metric in kind.metrics)

    def summary(sample: Sample, windows: Windows, value: float | None, limit: float | None) -> str:
        subject = sample.subject
        facts: dict[str, object] = dict.fromkeys(kind.labels, "")
        facts |= subject_labels(subject)
        facts |= zip(names, kind.values_at(sample.values, windows.now_us), strict=True)
        facts |= {"value": value, "limit": limit}
        try:
            text = render(facts).strip()
        except Exception:  # noqa: BLE001 - a user's template must not cost the alert
            text = ""
        return clipped(text or _plainly(rule, subject, value, limit), LONGEST_SUMMARY)

    return summary


def _plainly(rule: str, subject: Subject, value: float | None, limit: float | None) -> str:
    """Return the sentence for a summary that cannot be filled in."""
    text = f"{subject.name}: {rule}"
    if value is not None:
        text += f", value {value:,.6g}"
    return text if limit is None else f"{text}, limit {limit:,.6g}"


def _waits(policy: Policy, clearing: ast.expr | None) -> list[str]:
    """Return in words when an alert opens and ends, as far as it is not at once."""
    lines = []
    if policy.hold or policy.hold_count > 1:
        lines.append(f"opens after {_wait(policy.hold, policy.hold_count)}")
    if clearing is not None:
        lines.append(f"clears when {ast.unparse(clearing)}")
    if policy.keep_open or policy.keep_open_count > 1:
        lines.append(f"resolves after {_wait(policy.keep_open, policy.keep_open_count)}")
    return lines


def _wait(duration: timedelta, count: int) -> str:
    parts = [format_duration(duration)] if duration else []
    if count > 1:
        parts.append(f"{count} evaluations")
    return " and ".join(parts)
