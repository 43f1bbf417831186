from datetime import UTC, datetime

import pytest

from monitor.cli.report_form import Field, Form, Value, compared, exact, shown, shown_change

SHARE = Field(name="share", title="share", form=Form.SHARE, is_compared=True)
AT = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("form", "value", "text"),
    [
        (Form.SHARE, 1.0, "100.00 %"),
        (Form.SHARE, 0.99999, "99.99 %"),
        (Form.SHARE, 0.07, "7.00 %"),
        (Form.SHARE, 1.2, "120.00 %"),
        (Form.LENGTH, 0.0, "0"),
        (Form.LENGTH, 5400.0, "1 h 30 min"),
        (Form.NUMBER, 12.0, "12"),
        (Form.NUMBER, None, "-"),
        (Form.INSTANT, AT, "2026-01-05 09:30"),
        (Form.TEXT, "x", "x"),
    ],
)
def test_people_read_values_by_what_they_are(form: Form, value: Value, text: str) -> None:
    assert shown(form, value) == text


@pytest.mark.parametrize(
    ("form", "change", "text"),
    [
        (Form.SHARE, -0.0698, "-6.98"),
        (Form.SHARE, 0.00001, "0"),
        (Form.SHARE, -0.00001, "0"),
        (Form.NUMBER, 40.0, "+40"),
        (Form.NUMBER, -0.5, "-0.5"),
        (Form.NUMBER, 0.0, "0"),
        (Form.LENGTH, -90.0, "-1 min 30 s"),
        (Form.LENGTH, None, "-"),
    ],
)
def test_a_change_has_its_sign(form: Form, change: Value, text: str) -> None:
    assert shown_change(form, change) == text


def test_a_change_is_known_where_both_values_are() -> None:
    assert compared([SHARE], {"share": 0.5}, {"share": 0.75}) == {
        "share": 0.5,
        "share_before": 0.75,
        "share_change": -0.25,
    }
    for now, before in (({"share": None}, {"share": 0.5}), ({"share": 0.5}, {}), ({}, None)):
        assert compared([SHARE], now, before)["share_change"] is None


def test_scripts_read_instants_as_text_and_numbers_as_they_are() -> None:
    assert exact(AT) == "2026-01-05T09:30:00Z"
    assert exact(0.12345678) == 0.12345678
    assert exact(None) is None
