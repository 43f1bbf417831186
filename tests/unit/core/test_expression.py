import ast
import re
from datetime import timedelta

import pytest

from monitor.core.expression import Threshold, Translator, thresholds
from monitor.core.grammar import ExpressionError, parse
from monitor.core.kinds import KINDS


def translated(text: str, kind: str = "queue") -> Translator:
    translator = Translator(KINDS[kind])
    translator.truth(parse(text))
    return translator


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        (
            "new_itms > 0",
            'unknown name "new_itms": did you mean new_items? a queue has the metrics',
        ),
        ("zzz > 0", "and the labels name, tenant, key, queue, folder, process"),
        ("avg(new_itms, '1h') > 0", 'unknown metric "new_itms": did you mean new_items?'),
        ("avg(folder, '1h') > 0", 'unknown metric "folder"'),
        ("averag(new_items, '1h') > 0", "unknown function averag: did you mean avg?"),
        ("zzz(new_items, '1h') > 0", "unknown function zzz (there are avg, min"),
        ("avg(new_items) > 0", "write avg(metric, '1h')"),
        ("avg(new_items, 60) > 0", "write avg(metric, '1h')"),
        ("avg('1h', new_items) > 0", "write avg(metric, '1h')"),
        ("avg(new_items + 1, '1h') > 0", "write avg(metric, '1h')"),
        ("avg > 0", "avg is a function"),
        ("avg(new_items, '60') > 0", 'has no unit: write "60s"'),
        ("avg(new_items, '0s') > 0", "must be between '1s' and '30d'"),
        ("avg(new_items, '31d') > 0", "must be between '1s' and '30d'"),
        ("new_items", "is a number: compare it"),
        ("new_items and 1 > 0", "is a number: compare it"),
        ("'x'", "is a text: compare it"),
        ("not new_items", "is a number: compare it"),
        ("new_items > 'x'", "a text and a number cannot be compared"),
        ("folder == 5", "a text and a number cannot be compared"),
        ("folder > 'a'", "texts can be compared with == and != only"),
        ("'a' + 'b' == 'ab'", "is a text: a number is needed"),
        ("-folder == 'a'", "is a text: a number is needed"),
        ("(new_items > 1) + 1 > 0", "is a comparison: a number is needed"),
        ("(new_items > 1) == true", "is a comparison already"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_cure(text: str, cure: str) -> None:
    with pytest.raises(ExpressionError, match=re.escape(cure)):
        translated(text)


@pytest.mark.parametrize(
    "text",
    [
        "is_busy",
        "true",
        "is_busy == True",
        "is_busy + is_available > 1",
        "robot == host",
        "not in_maintenance",
    ],
)
def test_flags_are_truths_and_numbers(text: str) -> None:
    translated(text, "session")


def test_windows_are_collected_with_the_longest_of_each_metric() -> None:
    translator = translated(
        "increase(new_items, '1h') > 0 and avg(new_items, '2h') > 0 and max(new_items, '5m') > 0"
        " and seconds_since_change(failed_items) > 60"
        " and seconds_since_change(successful_items, '2d') > 60"
    )
    assert translator.windows == {
        "new_items": timedelta(hours=2),
        "failed_items": timedelta(days=1),
        "successful_items": timedelta(days=2),
    }


def test_no_label_is_called_like_a_metric_or_a_word_of_the_language() -> None:
    words = {"true", "false", "and", "or", "not", "name", "tenant", "key"}
    for kind in KINDS.values():
        metrics = {metric.name for metric in kind.metrics}
        assert not metrics & (set(kind.labels) | words), kind.name
        assert not set(kind.labels) & words, kind.name


def only(text: str) -> Threshold:
    (threshold,) = thresholds(parse(text))
    return threshold


def test_comparisons_with_constants_are_found_on_either_side() -> None:
    assert (only("new_items > 5").symbol, only("new_items > 5").limit) == (">", 5)
    assert (only("-5 <= new_items").symbol, only("-5 <= new_items").limit) == (">=", -5)
    assert [t.limit for t in thresholds(parse("1 < new_items < 9"))] == [1, 9]
    assert [t.limit for t in thresholds(parse("a > 1 and not (b < 2 or c == 'x')"))] == [1, 2]
    assert thresholds(parse("a > b and c == 'x' and 1 > 0 and d == True")) == []


def test_a_part_that_the_grammar_lets_through_by_mistake_is_still_refused() -> None:
    for text in ("a.b", "None == 1", "b'x' == 1"):
        with pytest.raises(ExpressionError, match="not part of expressions"):
            Translator(KINDS["queue"]).truth(ast.parse(text, mode="eval").body)
