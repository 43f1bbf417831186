import re
from datetime import UTC, datetime

import pytest

from monitor.simulator.faults import FAULT_KINDS, Faults
from monitor.simulator.wire import http_date, wire_time
from tests.unit.simulator.callers import GLOBAL_SESSIONS, LICENSE, QUEUE_STATUS, RUNTIMES, Caller


def test_a_fault_hits_the_endpoints_it_names() -> None:
    caller = Caller()
    caller.simulator.faults.start("forbidden", on="GetMachine*")

    assert caller.get(RUNTIMES).status == 403
    assert caller.get(GLOBAL_SESSIONS).status == 200


def test_a_fault_hits_as_often_as_told() -> None:
    caller = Caller()
    caller.simulator.faults.start("server-error", status=502, skip=1, times=2)
    statuses = [caller.get(LICENSE).status for _ in range(4)]

    assert statuses == [200, 502, 502, 200]


def test_faults_are_cleared_by_kind_or_all_together() -> None:
    faults = Faults()
    for kind in ("slow", "html", "html"):
        faults.start(kind)
    faults.clear("html")
    assert [fault.kind for fault in faults.active()] == ["slow"]

    faults.clear()
    assert faults.active() == ()


def test_an_unknown_fault_or_option_is_refused() -> None:
    faults = Faults()
    with pytest.raises(ValueError, match="no fault 'slows'"):
        faults.start("slows")
    with pytest.raises(TypeError, match="no option 'seconds'"):
        faults.start("slow", seconds=3)
    with pytest.raises(TypeError, match="delay_s of a fault cannot be 'long'"):
        faults.start("slow", delay_s="long")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("unauthorized", 401),
        ("forbidden", 403),
        ("scope-missing", 403),
        ("throttled", 429),
        ("server-error", 503),
        ("html", 200),
        ("redirect", 302),
        ("garbage", 200),
    ],
)
def test_a_fault_answers_in_place_of_the_endpoint(kind: str, status: int) -> None:
    caller = Caller()
    caller.simulator.faults.start(kind)
    answer = caller.get(LICENSE)

    assert answer.status == status
    assert b"Allowed" not in answer.reply.body
    assert caller.simulator.requests[-1].status == status


@pytest.mark.parametrize("kind", ["server-error", "html"])
def test_the_gateway_speaks_html(kind: str) -> None:
    caller = Caller()
    caller.simulator.faults.start(kind)
    reply = caller.get(LICENSE).reply

    assert reply.content_type.startswith("text/html")
    assert reply.body.startswith(b"<!DOCTYPE html>")


def test_throttling_says_how_long_in_seconds_as_a_date_or_not_at_all() -> None:
    caller = Caller()
    faults = caller.simulator.faults
    faults.start("throttled", retry_after=7)
    assert caller.get(LICENSE).reply.headers["Retry-After"] == "7"

    faults.clear()
    faults.start("throttled", retry_after=90, as_date=True)
    assert caller.get(LICENSE).reply.headers["Retry-After"] == "Mon, 05 Jan 2026 08:01:30 GMT"

    faults.clear()
    faults.start("throttled", retry_after=-1)
    assert "Retry-After" not in caller.get(LICENSE).reply.headers


def test_the_date_header_may_be_skewed_or_missing() -> None:
    caller = Caller()
    caller.simulator.faults.start("clock-skew", skew_s=-3600)
    assert caller.get(LICENSE).reply.headers["Date"] == "Mon, 05 Jan 2026 07:00:00 GMT"

    caller.simulator.faults.start("no-date")
    assert "Date" not in caller.get(LICENSE).reply.headers


def test_enumerations_may_come_from_the_future() -> None:
    caller = Caller()
    caller.simulator.faults.start("unknown-enums")
    session = caller.get(GLOBAL_SESSIONS, "$expand=Robot").rows[0]

    assert session["State"] == session["Robot"]["Type"] == "FromTheFuture"
    assert session["LicenseErrorCode"] is None

    caller.simulator.faults.clear()
    again = caller.get(GLOBAL_SESSIONS, "$expand=Robot").rows[0]
    assert again["Robot"]["Type"] == "Attended"


def test_enumerations_may_be_missing() -> None:
    caller = Caller()
    caller.simulator.faults.start("missing-enums")

    assert "Status" not in caller.get(RUNTIMES).rows[0]
    assert "SessionId" in caller.get(RUNTIMES).rows[0]


def test_instants_may_have_seven_digits() -> None:
    caller = Caller()
    caller.simulator.faults.start("seven-digits")
    row = caller.get(RUNTIMES).rows[0]

    assert re.fullmatch(r"2026-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", row["ReportingTime"])


def test_everything_but_keys_may_be_null() -> None:
    caller = Caller()
    caller.simulator.faults.start("null-fields")
    row = caller.get(RUNTIMES).rows[0]

    assert row.pop("SessionId") == 5101
    assert set(row.values()) == {None}


def test_rows_may_have_fields_nobody_knows() -> None:
    caller = Caller()
    caller.simulator.faults.start("extra-fields")

    assert "FutureField" in caller.get(RUNTIMES, "$select=SessionId").rows[0]


def test_errors_may_come_in_pascal_case() -> None:
    caller = Caller()
    caller.simulator.faults.start("pascal-errors")
    body = caller.get(LICENSE, "$bogus=1").json

    assert set(body) == {"Message", "ErrorCode", "TraceId"}


def test_a_request_that_will_be_reset_is_noted_without_a_status() -> None:
    caller = Caller()
    caller.simulator.faults.start("reset")
    caller.get(QUEUE_STATUS)

    assert caller.simulator.requests[-1].status == 0


def test_a_change_switches_faults_too() -> None:
    caller = Caller()
    caller.simulator.change("faults", {"kind": "html", "on": "GetLicense"})
    assert [fault.kind for fault in caller.simulator.faults.active()] == ["html"]

    caller.simulator.change("faults", {"clear": "all", "kind": "slow", "delay_s": 2})
    assert [fault.kind for fault in caller.simulator.faults.active()] == ["slow"]


def test_every_kind_is_written_in_the_manner_of_options() -> None:
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", kind) for kind in FAULT_KINDS)


def test_instants_lose_the_zeros_at_their_end() -> None:
    instant = datetime(2026, 1, 5, 8, 0, 10, 250_000, tzinfo=UTC)

    assert wire_time(instant) == "2026-01-05T08:00:10.25Z"
    assert wire_time(instant.replace(microsecond=0)) == "2026-01-05T08:00:10Z"
    assert wire_time(instant, seven_digits=True) == "2026-01-05T08:00:10.2500007Z"
    assert http_date(instant) == "Mon, 05 Jan 2026 08:00:10 GMT"
