from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest

from monitor.cli.plot import WIDTH, Curve, blocks, print_as_plot, step_of
from monitor.core.kinds import QUEUE
from monitor.core.unseen import UnseenTimes
from monitor.store.instants import to_ms
from monitor.store.past_steps import Summary
from monitor.web.past import Past, Question, Row
from tests.builders import NOW, a_past_row, a_subject, after

MINUTE = timedelta(minutes=1)
LEGEND = (
    "09:00:00 to 09:05:00 UTC, 1m a block, its average; beside it the least and the greatest "
    "value (· nothing known)"
)


def flat(value: float) -> Summary:
    return Summary(avg=value, min=value, max=value)


def curve(*averages: float | None) -> Curve:
    return Curve(name="new_items", steps=[None if one is None else flat(one) for one in averages])


@pytest.mark.parametrize(
    ("averages", "drawn"),
    [
        ((0, 7, 14), "▁▅█"),
        ((5, 5, 5), "▁▁▁"),
        ((None, 1, None, 2), "·▁·█"),
        ((None, None), "··"),
        ((), ""),
        ((-1e308, 0, 7e307), "▁▅█"),
    ],
)
def test_a_step_is_a_block_as_high_as_its_average(
    averages: tuple[float | None, ...], drawn: str
) -> None:
    assert blocks(curve(*averages)) == drawn


def test_the_least_and_the_greatest_value_are_the_ends_not_the_averages() -> None:
    steps = [Summary(avg=5, min=0, max=10), Summary(avg=6, min=5, max=7)]

    assert Curve(name="x", steps=steps).ends == (0, 10)
    assert curve(None).ends is None


@pytest.mark.parametrize(
    ("length_s", "step_s"), [(60, 1), (61, 2), (3600, 60), (1, 1), (86_400, 1440)]
)
def test_a_step_is_as_long_as_fills_the_width(length_s: int, step_s: int) -> None:
    step = step_of(timedelta(seconds=length_s))

    assert step == timedelta(seconds=step_s)
    assert timedelta(seconds=length_s) / step <= WIDTH


def a_past(minutes: int, unseen: Mapping[str, UnseenTimes] | None = None) -> Past:
    asked = Question(
        kind=QUEUE, name=None, since=NOW, until=after(60 * minutes), now=after(3600), every=MINUTE
    )
    past = Past(None, {}, asked)  # type: ignore[arg-type]  # no store: what was unseen is given
    vars(past)["unseen"] = unseen or {}
    return past


def rows(*values: tuple[str, int, float]) -> Iterator[Row]:
    for name, minute, value in values:
        subject = a_subject(name, labels={"folder": "Finance" if name == "A" else ""})
        yield a_past_row(60 * minute, subject=subject, new_items=flat(value))


def test_each_subject_is_drawn_with_what_is_known_of_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_as_plot(rows(("A", 0, 1), ("A", 3, 900), ("\x1b[2J", 1, 5)), a_past(5))

    assert capsys.readouterr().out.splitlines() == [
        "A (Finance)",
        "  new_items  1 ▁··█· 900",
        "",
        "\\x1b[2J",
        "  new_items  5 ·▁···",
        "",
        LEGEND,
    ]


def test_of_several_tenants_each_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    subjects = [
        a_subject("A", tenant="production", labels={"folder": "Finance"}),
        a_subject("A", tenant="staging"),
    ]
    print_as_plot([a_past_row(subject=one, new_items=flat(1)) for one in subjects], a_past(1))

    assert capsys.readouterr().out.splitlines()[::3][:2] == [
        "A (production, Finance)",
        "A (staging)",
    ]


def test_nothing_known_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    print_as_plot([], a_past(5))

    assert capsys.readouterr().out == "No history of queues in this time.\n"


def test_where_nobody_looked_there_is_a_gap_and_it_is_said_when(
    capsys: pytest.CaptureFixture[str],
) -> None:
    subject = a_subject("A")
    gaps = [a_past_row(60 * minute, subject=subject, unseen_s=60) for minute in (1, 2)]
    seen = [a_past_row(subject=subject, new_items=flat(3))]
    unseen = {"production": ((to_ms(after(60)), to_ms(after(180))),)}

    print_as_plot([*seen, *gaps], a_past(4, unseen))

    legend = LEGEND.replace("09:05", "09:04").replace("· ", "blank: nobody looked, ·: ")
    assert capsys.readouterr().out.splitlines() == [
        "A",
        "  new_items  3 ▁  ·",
        "",
        legend,
        "Nobody looked at production from 09:01:00 to 09:03:00 (2 min).",
    ]


def test_a_subject_that_nobody_saw_has_no_curve(capsys: pytest.CaptureFixture[str]) -> None:
    print_as_plot([a_past_row(subject=a_subject("A"), unseen_s=60)], a_past(1))

    assert capsys.readouterr().out.splitlines()[:2] == ["A", "  nothing known"]
