"""Through a proxy, as most companies go out."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from monitor.orchestrator.client import ClientOptions
from monitor.orchestrator.tls import tls_context
from monitor.simulator.server import RunningServer
from tests.integration.networks.callers import calling, names, names_without_network, sentence
from tests.integration.networks.certificates import HERE, ca_file_of, server_context
from tests.integration.networks.links import listening, nobody, relay_to, stay_silent
from tests.integration.networks.proxies import Proxy, a_proxy

NAME = "orchestrator.example"
ORIGIN = f"https://{NAME}"
PASSWORD = "very-s3cret"


@pytest.fixture(scope="module")
def secured(orchestrator: RunningServer, authority: trustme.CA) -> Iterator[int]:
    """The port of the simulated tenant behind TLS, with a certificate for its name."""
    context = server_context(authority, NAME)
    with listening(relay_to(orchestrator.port), tls=context) as front:
        yield front.port


@contextmanager
def company(secured: int, **how: object) -> Iterator[Proxy]:
    """The proxy that alone knows the way."""
    with a_proxy(ways={NAME: secured}, **how) as proxy:  # type: ignore[arg-type]  # as given
        yield proxy


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    return ca_file_of(authority, tmp_path)


def through(address: str | None, ca_file: Path | None = None) -> ClientOptions:
    return ClientOptions(
        timeout_s=2,
        attempts=4,
        tls=tls_context(ca_file=ca_file),
        proxy=None if address is None else SecretStr(address),
    )


def test_a_tenant_behind_a_proxy_is_polled_through_one_tunnel(
    orchestrator: RunningServer, secured: int, ca_file: Path
) -> None:
    with company(secured) as proxy:
        options = through(f"http://{HERE}:{proxy.port}", ca_file)
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert names(client) == names_without_network(orchestrator)

        assert set(proxy.asked) == {f"CONNECT {NAME}:443 HTTP/1.1"}


def test_plain_http_goes_through_a_proxy_too(orchestrator: RunningServer) -> None:
    with a_proxy(ways={"plain.example": orchestrator.port}) as proxy:
        options = through(f"http://{HERE}:{proxy.port}")
        with calling(orchestrator, "http://plain.example:80", options=options) as client:
            assert names(client) == names_without_network(orchestrator)

        assert proxy.asked[0].startswith("POST http://plain.example/identity_/connect/token")


def test_a_proxy_that_speaks_tls_itself_is_known_by_the_same_authority(
    orchestrator: RunningServer, authority: trustme.CA, secured: int, ca_file: Path
) -> None:
    with company(secured, tls=server_context(authority)) as proxy:
        options = through(f"https://{HERE}:{proxy.port}", ca_file)
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert names(client) == names_without_network(orchestrator)


def test_its_password_opens_the_way_and_is_nowhere_to_be_seen(
    orchestrator: RunningServer,
    secured: int,
    ca_file: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    with company(secured, password=PASSWORD) as proxy:
        options = through(f"http://monitor:{PASSWORD}@{HERE}:{proxy.port}", ca_file)
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert names(client) == names_without_network(orchestrator)

    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(options)


@pytest.mark.parametrize("user", ["", "monitor:wrong-s3cret@"])
def test_a_password_that_is_missing_or_wrong_is_asked_for_once(
    orchestrator: RunningServer, secured: int, ca_file: Path, user: str
) -> None:
    with company(secured, password=PASSWORD) as proxy:
        options = through(f"http://{user}{HERE}:{proxy.port}", ca_file)
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert sentence(client) == (
                f"sign-in at {NAME}: the proxy {HERE}:{proxy.port} wants a user and a password "
                "(407 Proxy Authentication Required); check those in `proxy`"
            )

        assert len(proxy.asked) == 1  # accounts are locked after a few


@pytest.mark.parametrize(
    ("refusal", "clause"),
    [
        (
            "403 Forbidden",
            f"does not let through to {NAME}:443 (403 Forbidden); let it, or check `proxy`",
        ),
        (
            "502 Bad Gateway",
            f"cannot reach {NAME}:443 (502 Bad Gateway); check its way out and `proxy`",
        ),
    ],
)
def test_a_proxy_that_refuses_a_tunnel_is_named(
    orchestrator: RunningServer, secured: int, ca_file: Path, refusal: str, clause: str
) -> None:
    with company(secured, refusal=refusal) as proxy:
        options = through(f"http://{HERE}:{proxy.port}", ca_file)
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert sentence(client) == (
                f"sign-in at {NAME}: the proxy {HERE}:{proxy.port} {clause}"
            )


def test_a_proxy_that_refuses_plain_http_is_named(orchestrator: RunningServer) -> None:
    with a_proxy(password=PASSWORD) as proxy:
        options = through(f"http://{HERE}:{proxy.port}")
        with calling(orchestrator, "http://plain.example:80", options=options) as client:
            assert sentence(client).endswith(
                ": the proxy wants a user and a password (407); check those in `proxy` (or "
                "HTTP_PROXY in the environment)"
            )


def test_a_proxy_that_is_down_is_named_and_not_orchestrator(orchestrator: RunningServer) -> None:
    port = nobody()
    with calling(orchestrator, ORIGIN, options=through(f"http://{HERE}:{port}")) as client:
        assert sentence(client) == (
            f"sign-in at {NAME}: the proxy {HERE}:{port} refuses connections; check that it runs, "
            "and the port in `proxy`"
        )


def test_a_proxy_that_hangs_is_named(orchestrator: RunningServer) -> None:
    with listening(stay_silent) as proxy:
        options = ClientOptions(
            timeout_s=0.2, attempts=1, proxy=SecretStr(f"http://{HERE}:{proxy.port}")
        )
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert sentence(client) == (
                f"sign-in at {NAME}: no answer from the proxy {HERE}:{proxy.port} within 0.2 s; "
                "check `proxy`"
            )


@pytest.mark.usefixtures("nameless")
def test_a_proxy_whose_name_is_unknown_is_named(orchestrator: RunningServer) -> None:
    options = through("http://proxy.invalid:3128")
    with calling(orchestrator, ORIGIN, options=options) as client:
        assert sentence(client) == (
            f"sign-in at {NAME}: the name of the proxy proxy.invalid:3128 is not known (Name or "
            "service not known); check `proxy` and the name servers in use"
        )


def test_a_bad_certificate_behind_the_proxy_is_the_servers(
    orchestrator: RunningServer, secured: int
) -> None:
    with company(secured) as proxy:
        options = through(f"http://{HERE}:{proxy.port}")
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert sentence(client).startswith(
                f"sign-in at {NAME}: the certificate of {NAME}:443 comes from an authority"
            )


def test_a_bad_certificate_of_the_proxy_is_the_proxys(
    orchestrator: RunningServer, authority: trustme.CA, secured: int
) -> None:
    with company(secured, tls=server_context(authority)) as proxy:
        options = through(f"https://{HERE}:{proxy.port}")
        with calling(orchestrator, ORIGIN, options=options) as client:
            assert sentence(client).startswith(
                f"sign-in at {NAME}: the certificate of the proxy {HERE}:{proxy.port} comes from "
            )


def test_the_proxy_of_the_environment_counts(
    orchestrator: RunningServer, secured: int, ca_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with company(secured) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{HERE}:{proxy.port}")
        with calling(orchestrator, ORIGIN, options=through(None, ca_file)) as client:
            assert names(client) == names_without_network(orchestrator)


def test_the_proxy_of_the_environment_is_named_as_such(
    orchestrator: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = nobody()
    monkeypatch.setenv("HTTPS_PROXY", f"http://{HERE}:{port}")
    with calling(orchestrator, ORIGIN, options=through(None)) as client:
        assert sentence(client).endswith("and the port in HTTPS_PROXY in the environment")


def test_to_this_machine_itself_no_proxy_of_the_environment_counts(
    orchestrator: RunningServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{HERE}:{nobody()}")
    with calling(orchestrator, orchestrator.base_url) as client:
        assert len(names(client)) > 10
