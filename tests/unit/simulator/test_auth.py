import json

import pytest

from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import LICENSE, QUEUE_STATUS, RUNTIMES, Answer, Caller

JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def post(caller: Caller, path: str, content_type: str, body: object) -> Answer:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return caller.send("POST", path, body=data, Content_Type=content_type)


def user_key(caller: Caller) -> dict[str, str]:
    accounts = caller.simulator.accounts
    return {
        "grant_type": "refresh_token",
        "client_id": accounts.user_client_id,
        "refresh_token": accounts.user_key,
    }


def password(caller: Caller) -> dict[str, str]:
    accounts = caller.simulator.accounts
    return {
        "tenancyName": accounts.tenancy_name,
        "usernameOrEmailAddress": accounts.username,
        "password": accounts.password,
    }


@pytest.mark.parametrize(
    "path",
    ["/identity_/connect/token", "/acme/identity_/connect/token", "/identity/connect/token"],
)
def test_an_application_signs_in_at_each_identity_address(path: str) -> None:
    caller = Caller()
    accounts = caller.simulator.accounts
    form = (
        f"grant_type=client_credentials&client_id={accounts.client_id}"
        f"&client_secret={accounts.client_secret}&scope=OR.Robots.Read%20OR.Queues.Read"
    )
    body = post(caller, path, FORM, form.encode()).json

    assert body["expires_in"] == 3600
    assert body["token_type"] == "Bearer"
    assert body["scope"] == "OR.Queues.Read OR.Robots.Read"
    caller.token = body["access_token"]
    assert caller.get(RUNTIMES).status == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"scope": "OR.Nonsense"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_wrong_sign_in_is_refused_as_oauth_says(changed: dict[str, str], error: str) -> None:
    answer = Caller().sign_in(**changed)

    assert (answer.status, answer.json["error"]) == (400, error)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (JSON, b'{"grant_type":"client_credentials"}'),
        (FORM, b'{"grant_type":"client_credentials"}'),
        (FORM, b"grant_type=client_credentials&grant_type=client_credentials"),
        (FORM, b""),
        (FORM, "grant_type=ä".encode()),
    ],
)
def test_a_sign_in_in_the_wrong_encoding_is_refused(content_type: str, body: bytes) -> None:
    answer = post(Caller(), "/identity_/connect/token", content_type, body)

    assert (answer.status, answer.json["error"]) == (400, "invalid_request")


def test_a_user_key_signs_in_with_json() -> None:
    caller = Caller()
    body = post(caller, "/oauth/token", JSON, user_key(caller)).json
    caller.token = body["access_token"]

    assert caller.get(RUNTIMES).status == 200


def test_a_user_key_as_form_data_is_refused() -> None:
    caller = Caller()
    form = "&".join(f"{k}={v}" for k, v in user_key(caller).items()).encode()

    assert post(caller, "/oauth/token", JSON, form).status == 400
    assert post(caller, "/oauth/token", FORM, form).status == 400


def test_a_regenerated_user_key_is_refused() -> None:
    caller = Caller()
    body = user_key(caller) | {"refresh_token": "old"}

    assert post(caller, "/oauth/token", JSON, body).json["error"] == "invalid_grant"


def test_a_password_signs_in_and_the_token_is_the_result() -> None:
    caller = Caller()
    body = post(
        caller, "/api/Account/Authenticate", "application/json; charset=utf-8", password(caller)
    ).json
    assert "expires_in" not in body
    caller.token = body["result"]

    assert caller.send("GET", RUNTIMES).status == 200


def test_a_wrong_password_is_refused() -> None:
    caller = Caller()
    answer = post(caller, "/api/Account/Authenticate", JSON, password(caller) | {"password": "x"})

    assert (answer.status, answer.json["errorCode"]) == (401, 1000)


def test_a_password_is_not_accepted_below_the_cloud_root() -> None:
    caller = Caller()
    path = "/acme/Production/orchestrator_/api/Account/Authenticate"

    assert post(caller, path, JSON, password(caller)).status in (404, 405)


def test_a_token_is_not_given_for_reading() -> None:
    assert Caller().send("GET", "/identity_/connect/token").status == 405


@pytest.mark.parametrize("token", [None, "", "made-up"])
def test_without_a_good_token_nothing_is_read(token: str | None) -> None:
    caller = Caller()
    caller.token = token
    answer = caller.get(LICENSE)

    assert answer.status == 401
    assert answer.json["unAuthorizedRequest"] is True
    assert answer.json["error"]["message"] == "You are not authenticated!"


@pytest.mark.parametrize("path", ["/api/Status/Get", "/api/Status/Version"])
def test_the_status_needs_no_token(path: str) -> None:
    caller = Caller()
    caller.token = None

    assert caller.get(path).status == 200


def test_a_token_lives_as_long_as_set() -> None:
    caller = Caller(settings=Settings(token_lifetime_s=100))
    caller.token = caller.sign_in().json["access_token"]
    caller.clock.at(99)
    assert caller.get(LICENSE).status == 200

    caller.clock.at(100)
    assert caller.get(LICENSE).status == 401


def test_expired_tokens_are_replaced_by_signing_in_again_at_the_same_instant() -> None:
    caller = Caller()
    caller.token = caller.sign_in().json["access_token"]
    caller.simulator.expire_tokens()
    assert caller.get(LICENSE).status == 401

    caller.token = caller.sign_in().json["access_token"]
    assert caller.get(LICENSE).status == 200


def test_rotated_secrets_are_refused_everywhere() -> None:
    caller = Caller()
    caller.simulator.reject_credentials()

    assert caller.sign_in().json["error"] == "invalid_client"
    assert caller.get(LICENSE).status == 401

    caller.simulator.reject_credentials(on=False)
    assert caller.sign_in().status == caller.get(LICENSE).status == 200


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("OR.Robots.Read", RUNTIMES, 200),
        ("OR.Robots", RUNTIMES, 200),
        ("OR.Default", QUEUE_STATUS, 200),
        ("OR.Robots.Read", QUEUE_STATUS, 403),
        ("OR.Queues.Read", LICENSE, 403),
    ],
)
def test_scopes_open_what_they_name(scope: str, path: str, status: int) -> None:
    caller = Caller()
    caller.token = caller.sign_in(scope).json["access_token"]
    answer = caller.get(path)

    assert answer.status == status
    assert (status == 200) or answer.json["errorMessage"].startswith("Scope(s) ")
