from datetime import UTC, datetime

import msgspec
import pytest

from monitor.orchestrator.wire import Folder, Page, QueueStatus, Robot, Runtime, Session, parse_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-21T08:03:11Z", datetime(2026, 7, 21, 8, 3, 11, tzinfo=UTC)),
        ("2026-07-21T08:03:11.2Z", datetime(2026, 7, 21, 8, 3, 11, 200_000, tzinfo=UTC)),
        ("2026-07-21T08:03:07.93Z", datetime(2026, 7, 21, 8, 3, 7, 930_000, tzinfo=UTC)),
        ("2026-07-21T08:57:21.4985672Z", datetime(2026, 7, 21, 8, 57, 21, 498_567, tzinfo=UTC)),
        ("2026-07-21T10:03:11+02:00", datetime(2026, 7, 21, 8, 3, 11, tzinfo=UTC)),
        ("2026-07-21T08:03:11", datetime(2026, 7, 21, 8, 3, 11, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_time_is_read_in_every_spelling(text: str | None, expected: datetime | None) -> None:
    assert parse_time(text) == expected


def test_unknown_fields_are_ignored_every_field_may_be_null_and_most_may_be_missing() -> None:
    body = b'{"value":[{"Id":1,"ReportingTime":null,"State":null,"New":{"a":[1]},"Robot":null}]}'

    (row,) = msgspec.json.decode(body, type=Page[Session]).value

    assert (row.id, row.reporting_time, row.robot, row.version) == (1, None, None, None)


@pytest.mark.parametrize("row", [Session, Runtime, QueueStatus, Folder])
def test_a_row_of_something_else_is_none(row: type[msgspec.Struct]) -> None:
    with pytest.raises(msgspec.ValidationError, match="missing required field"):
        msgspec.json.decode(b'{"Name":"An asset","ValueType":"Text"}', type=row)


def test_an_unknown_state_stays_text() -> None:
    row = msgspec.json.decode(b'{"Id":1,"ReportingTime":null,"State":"Napping"}', type=Session)

    assert row.state == "Napping"


def test_license_keys_and_passwords_never_enter_a_row() -> None:
    body = (
        b'{"Id":1,"ReportingTime":null,"Robot":{"Id":7,"LicenseKey":"K-E-Y","Password":"hunter2"}}'
    )

    row = msgspec.json.decode(body, type=Session)

    assert row.robot == Robot(id=7)
    assert "K-E-Y" not in repr(row)
    assert "hunter2" not in repr(row)
