import pytest
from jinja2 import UndefinedError
from jinja2.exceptions import SecurityError

from monitor.config.templates import LONGEST, compile_summary, duration, number, percent


def test_a_summary_speaks_of_labels_and_metrics() -> None:
    render = compile_summary("{{ queue }} has {{ new_items | number }}", {"queue", "new_items"})

    assert render({"queue": "Invoices", "new_items": 1200.0}) == "Invoices has 1,200"


def test_a_condition_may_stand_in_a_summary() -> None:
    render = compile_summary("{% if value > 5 %}many{% else %}few{% endif %}", {"value"})

    assert render({"value": 9.0}) == "many"


def test_what_is_filled_in_is_not_itself_a_template() -> None:
    render = compile_summary("{{ name }}", {"name"})

    assert render({"name": "{{ 7 * 7 }}"}) == "{{ 7 * 7 }}"


def test_a_summary_is_one_line() -> None:
    render = compile_summary("{{ name }}\n{{ name }}", {"name"})

    assert render({"name": "a\nb"}) == "a b a b"


@pytest.mark.parametrize("values", [{}, {"value": None}])
def test_a_value_that_is_missing_is_not_guessed(values: dict[str, object]) -> None:
    render = compile_summary("{{ value / 60 }}", {"value"})

    with pytest.raises((TypeError, UndefinedError)):
        render(values)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("{{ quue }}", 'nothing is called "quue" here; did you mean "queue"?'),
        ("{{ queue", "is not a template"),
        ("{{ queue | percnt }}", "No filter named"),
        ("{% for x in queue %}{% endfor %}", "may use"),
        ("{% include 'x' %}", "may use"),
        ("{{ range(9) }}", 'nothing is called "range"'),
        ("x" * (LONGEST + 1), "must not be longer"),
    ],
)
def test_a_wrong_summary_is_told(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake.replace("?", r"\?")):
        compile_summary(text, {"queue"})


def test_a_template_reaches_nothing_of_python() -> None:
    render = compile_summary("{{ name.__class__.__mro__ }}", {"name"})

    with pytest.raises(SecurityError):
        render({"name": "x"})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0 s"), (59.4, "59 s"), (7384, "2 h 3 min"), (None, "unknown"), (float("inf"), "unknown")],
)
def test_seconds_are_said_in_two_units(seconds: float | None, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("value", "said"), [(1234.0, "1,234"), (0.256, "0.26"), (500, "500"), (None, "unknown")]
)
def test_numbers_have_no_needless_digits(value: float | None, said: str) -> None:
    assert number(value) == said


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(0.934, "93.4%"), (1.0, "100%"), (None, "unknown"), (float("nan"), "unknown")],
)
def test_ratios_are_percentages(ratio: float | None, said: str) -> None:
    assert percent(ratio) == said
