"""Settings: each question that real servers may answer in two ways can be asked in both."""

import pytest

from monitor.simulator.endpoints import FOLDERED
from monitor.simulator.scenario import ScenarioInvalid, parse_scenario
from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import (
    GLOBAL_SESSIONS,
    LICENSE,
    QUEUE_STATUS,
    RUNTIMES,
    Caller,
)

PATHS = {
    "Sessions": "/odata/Sessions",
    "RetrieveQueuesProcessingStatus": QUEUE_STATUS,
    "QueueDefinitions": "/odata/QueueDefinitions",
    "QueueItems": "/odata/QueueItems",
}


def test_all_endpoints_of_folders_are_tried() -> None:
    assert set(PATHS) == set(FOLDERED)


@pytest.mark.parametrize("name", PATHS)
def test_a_bare_call_is_allowed_or_refused_by_endpoint(name: str) -> None:
    refused = Caller(settings=Settings(bare_refused=frozenset({name})))
    answer = refused.get(PATHS[name])
    assert (answer.status, answer.json["errorCode"]) == (400, 1101)
    assert refused.get(PATHS[name], X_UIPATH_OrganizationUnitId="62511").rows

    allowed = Caller(settings=Settings(bare_allowed=frozenset({name})))
    assert allowed.get(PATHS[name]).rows


def test_a_top_of_zero_may_be_accepted() -> None:
    query = "$top=0&$count=true"
    assert Caller().get("/odata/QueueItems", query).status == 400

    answer = Caller(settings=Settings(accepts_top_zero=True)).get("/odata/QueueItems", query)
    assert answer.rows == []
    assert answer.json["@odata.count"] > 100


def test_a_page_may_be_smaller_than_the_version_has_it() -> None:
    caller = Caller(settings=Settings(most_rows=7, rows_without_top=3))

    assert len(caller.get(RUNTIMES, "$top=1000").rows) == 7
    assert len(caller.get(RUNTIMES).rows) == 3


def test_the_page_without_top_is_never_above_the_cap() -> None:
    caller = Caller(settings=Settings(rows_without_top=5000))

    assert len(caller.get("/odata/QueueItems").rows) == 100


def test_a_top_above_the_cap_may_be_refused() -> None:
    caller = Caller(settings=Settings(top_above_cap="refused"))
    answer = caller.get("/odata/QueueItems", "$top=101")

    assert (answer.status, answer.json["errorCode"]) == (400, 1009)
    assert len(caller.get("/odata/QueueItems", "$top=100").rows) == 100


def test_the_meter_may_not_say_how_long_to_wait() -> None:
    for wait_s, expected in ((60.0, "60"), (5.0, "5"), (-1.0, None)):
        caller = Caller(settings=Settings(metered_per_minute=1, metered_retry_after_s=wait_s))
        caller.get("/odata/QueueItems")
        refused = caller.get("/odata/QueueItems").reply
        assert refused.status == 429
        assert refused.headers.get("Retry-After") == expected


def test_a_token_may_expire_amid_a_cycle() -> None:
    caller = Caller(settings=Settings(token_uses=2))
    assert caller.get(LICENSE).status == 200  # the personal access token is of no such kind
    caller.token = caller.sign_in().json["access_token"]
    assert [caller.get(LICENSE).status for _ in range(4)] == [200, 200, 401, 401]

    caller.token = caller.sign_in().json["access_token"]
    assert caller.get(LICENSE).status == 200


def test_a_disconnected_session_may_be_called_unresponsive() -> None:
    for setting in (False, True):
        caller = Caller(settings=Settings(unresponsive_when_disconnected=setting))
        caller.simulator.set_state("svc-invoice-011", "Disconnected")
        caller.clock.forward(300)
        row = caller.robot("svc-invoice-011")
        assert (row["Status"], row["IsUnresponsive"]) == ("Disconnected", setting)


def test_a_session_may_have_another_id_than_its_runtimes() -> None:
    for same in (True, False):
        settings = Settings(same_session_ids=same, unattended_in_global_sessions=True)
        caller = Caller(settings=settings)
        runtimes = {row["SessionId"] for row in caller.get(RUNTIMES).rows}
        sessions = [row["Id"] for row in caller.get(GLOBAL_SESSIONS).rows]
        assert (runtimes <= set(sessions)) is same
        assert sessions == sorted(set(sessions))


def test_a_license_may_be_without_limit() -> None:
    caller = Caller()
    caller.simulator.set_license("Unattended", allowed=-1)

    assert caller.get(LICENSE).json["Allowed"]["Unattended"] == -1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("bare_refused = ['Folders']", "bare_refused: 'Folders' is not one of"),
        ("bare_allowed = ['Session']", "bare_allowed: 'Session' is not one of 'Sessions'"),
        ("top_above_cap = 'kept'", "top_above_cap: 'kept' is not one of 'cut', 'refused'"),
        ("most_rows = -1", "most_rows: must not be negative"),
        ("accepts_top_zero = 1", "settings.accepts_top_zero: 1 is of the wrong type"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(line: str, message: str) -> None:
    with pytest.raises(ScenarioInvalid, match=message):
        parse_scenario(f"[settings]\n{line}", place="x.toml")
