from datetime import UTC, date, datetime

import pytest
from pydantic import ValidationError

from monitor.config.database import DatabaseTable
from monitor.config.process import WebTable
from monitor.config.tenants import Tenant
from monitor.config.values import host_and_port

AUTH = {"type": "access-token", "token": "secret"}


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8321", "127.0.0.1", 8321),
        ("localhost:0", "localhost", 0),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_an_address_to_listen_on(text: str, host: str, port: int) -> None:
    assert host_and_port(text) == (host, port)
    assert (WebTable(listen=text).host, WebTable(listen=text).port) == (host, port)


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("8321", "host:port"),
        (":8321", "host:port"),
        ("localhost:", "host:port"),
        ("localhost:http", "host:port"),
        ("localhost:-1", "host:port"),
        ("localhost:65536", "at most 65535"),
        ("::1:8321", "in brackets"),
    ],
)
def test_a_wrong_address_to_listen_on(text: str, mistake: str) -> None:
    with pytest.raises(ValueError, match=mistake):
        host_and_port(text)


@pytest.mark.parametrize(
    ("url", "mistake"),
    [
        ("history.db", "must begin with"),
        ("postgres://me@db/monitor", r"must begin with .* did you mean \"postgresql\""),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite://relative.db", "must name a file"),
        ("postgresql://me@db", "must name a database"),
        ("postgresql://[db/monitor", "Invalid IPv6 URL"),
    ],
)
def test_a_wrong_database_url(url: str, mistake: str) -> None:
    with pytest.raises(ValidationError, match=mistake):
        DatabaseTable(url=url)


@pytest.mark.parametrize(
    "proxy", ["proxy:canary", "socks5://me:canary@proxy", "http://[canary", "canary", "http://"]
)
def test_a_wrong_proxy_is_told_without_repeating_it(proxy: str) -> None:
    with pytest.raises(ValidationError, match="must be an address such as") as caught:
        Tenant.model_validate({"url": "https://orchestrator.example", "auth": AUTH, "proxy": proxy})

    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "a b", "1a", "label!", "\u00e4"])
def test_a_label_must_be_one(name: str) -> None:
    with pytest.raises(ValidationError, match="must be a label"):
        Tenant.model_validate(
            {"url": "https://orchestrator.example", "auth": AUTH, "labels": {name: "x"}}
        )


@pytest.mark.parametrize(
    "given", [date(2027, 3, 1), "2027-03-01", datetime(2027, 3, 1, 12, tzinfo=UTC)]
)
def test_the_end_of_credentials_is_a_day(given: object) -> None:
    tenant = Tenant.model_validate({"url": "https://localhost", "auth": {**AUTH, "expires": given}})

    assert tenant.auth.expires_at == datetime(2027, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("given", ["soon", "2027-13-01", 20270301, True])
def test_what_is_no_day_is_told(given: object) -> None:
    with pytest.raises(ValidationError, match="must be a day such as 2027-03-01"):
        Tenant.model_validate({"url": "https://localhost", "auth": {**AUTH, "expires": given}})
