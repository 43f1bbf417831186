import base64
import json
import urllib.parse
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from monitor.daemon.redaction import REDACTED, Redactor, is_sensitive

CANARY = "c4nary/Wert+mit \"Zeichen\" & 'ü'"


def knowing(*secrets: str) -> Redactor:
    return Redactor([SecretStr(secret) for secret in secrets])


@pytest.mark.parametrize(
    "form",
    [
        CANARY,
        urllib.parse.quote(CANARY),
        urllib.parse.quote(CANARY, safe=""),
        urllib.parse.quote(CANARY, safe="").lower().replace("wert", "Wert").replace("z", "Z"),
        urllib.parse.quote_plus(CANARY),
        urllib.parse.urlencode({"x": CANARY}),
        json.dumps(CANARY),
        json.dumps(CANARY, ensure_ascii=False),
        repr(CANARY),
        repr(CANARY.encode()),
    ],
)
def test_a_known_value_is_hidden_in_every_form_in_which_it_is_printed(form: str) -> None:
    shown = knowing(CANARY).text(f"before {form} after")

    assert "c4nary" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert knowing("abcdef", "abcdef-ghi").text("see abcdef-ghi.") == f"see {REDACTED}."


def test_a_value_too_short_to_be_told_from_words_is_left() -> None:
    assert knowing("", "a", "abc").text("abacus abc") == "abacus abc"


def test_the_lines_of_a_private_key_are_known_one_by_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG\nAb\n-----END KEY-----\n"

    assert "MIIEv" not in knowing(key).text("parse error at MIIEvQIBADANBgkqhkiG in line 2")


def test_values_learned_later_are_hidden_and_the_old_ones_stay_hidden() -> None:
    redactor = knowing("first-secret")
    redactor.learn([SecretStr("second-secret")])

    assert redactor.text("first-secret second-secret") == f"{REDACTED} {REDACTED}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdefgh", f"Authorization: {REDACTED}"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", f"{{'authorization': '{REDACTED}'}}"),
        ("got Bearer rt_A1b2c3d4e5", f"got Bearer {REDACTED}"),
        ("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln is no use", f"{REDACTED} is no use"),
        ("https://user:pa55@host.example/x", f"https://{REDACTED}@host.example/x"),
        ("postgresql://monitor:pa55@db/monitor", f"postgresql://{REDACTED}@db/monitor"),
        (
            "POST https://chat.example/services/T000/B000/abcdefghijkl 404",
            f"POST https://chat.example/services/{REDACTED} 404",
        ),
        ("GET /x?client_secret=pa55&page=2", f"GET /x?client_secret={REDACTED}&page=2"),
        ("https://flow.example/run?sig=Ab-1&v=1", f"https://flow.example/run?sig={REDACTED}&v=1"),
        ('{"access_token": "pa55", "a": 1}', f'{{"access_token": {REDACTED}, "a": 1}}'),
        ("password=pa55, user=me", f"password={REDACTED}, user=me"),
        ("Set-Cookie: session=abc; Path=/", f"Set-Cookie: {REDACTED}"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, shown: str) -> None:
    assert Redactor().text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "basic authentication is not offered",
        "the bearer of bad news",
        "https://cloud.uipath.com/acme/Production/orchestrator_/odata/Sessions?$top=100",
        "client_secret_env=UIPATH_SECRET",
        "2026-01-05T09:00:00Z mail to ops@example.com",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert Redactor().text(text) == text


def test_a_text_is_redacted_only_once() -> None:
    redactor = knowing("secret-value")
    once = redactor.text("a token=secret-value b")

    assert redactor.text(once) == once == f"a token={REDACTED} b"


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "eyJ" * 60_000, "://" * 60_000, "token=" * 30_000, "bearer " * 30_000]
)
def test_absurdly_long_text_is_cut_and_costs_little(text: str) -> None:
    started = datetime.now(UTC)  # noqa: TID251 - measures real time

    assert len(knowing("secret-value").text(text)) < 10_000
    assert (datetime.now(UTC) - started).total_seconds() < 2  # noqa: TID251 - as above


def test_the_end_of_a_long_text_is_kept() -> None:
    assert Redactor().text("a" * 100_000 + "ValueError: at the end").endswith("at the end")


def test_structures_are_searched_to_the_bottom() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("secret-value")

    value = {
        "outer": [{"inner": ("secret-value", b"x secret-value y")}],
        "client_secret": "unknown",
        "headers": {"X-API-Key": 12345678, "Accept": "json"},
        "secret-value": 1,
        "wrapped": SecretStr("unknown"),
        "path": Path("/run/secret-value"),
        "error": ValueError("secret-value"),
        "broken": Broken(),
        "at": datetime(2026, 1, 5, tzinfo=UTC),
        "set": {"secret-value"},
    }

    assert knowing("secret-value").value(value) == {
        "outer": [{"inner": [REDACTED, f"x {REDACTED} y"]}],
        "client_secret": REDACTED,
        "headers": {"X-API-Key": REDACTED, "Accept": "json"},
        REDACTED: REDACTED,
        "wrapped": REDACTED,
        "path": f"/run/{REDACTED}",
        "error": REDACTED,
        "broken": "<unprintable Broken: RuntimeError>",
        "at": "2026-01-05 00:00:00+00:00",
        "set": [REDACTED],
    }


def test_a_structure_that_holds_itself_ends_somewhere() -> None:
    circle: dict[str, object] = {"name": "secret-value"}
    circle["self"] = circle

    assert "secret-value" not in json.dumps(knowing("secret-value").value(circle))


def test_numbers_stay_numbers_unless_they_are_the_secret() -> None:
    redactor = knowing("123456")

    assert redactor.value([1, 2.5, True, None, 91234567]) == [1, 2.5, True, None, 91234567]
    assert redactor.value(123456) == REDACTED


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("client_secret", True),
        ("PASSWORD", True),
        ("Authorization", True),
        ("refresh_token", True),
        ("Set-Cookie", True),
        ("password_file", False),
        ("client_secret_env", False),
        ("token_age_s", False),
        ("token_expires_at", False),
        ("queue", False),
    ],
)
def test_a_key_tells_whether_its_value_is_secret(key: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_sensitive(key) is expected


def test_whether_a_secret_is_set_may_be_told() -> None:
    assert Redactor().value({"has_token": True, "password": None}) == {
        "has_token": True,
        "password": None,
    }


def test_it_does_not_show_what_it_knows() -> None:
    assert "secret-value" not in repr(knowing("secret-value"))


def test_basic_credentials_are_hidden_although_they_are_encoded() -> None:
    encoded = base64.b64encode(b"user:secret-value").decode()

    assert encoded not in knowing("secret-value").text(f"header Basic {encoded}")
