"""What the parts are built with. Nothing is sent anywhere."""

import re
import shutil
import ssl
from datetime import timedelta
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from monitor.clock import SystemClock
from monitor.config.compose import Configuration
from monitor.config.load import load_text
from monitor.config.plugins import collectors
from monitor.daemon import wiring
from monitor.orchestrator.credentials import (
    DEFAULT_SCOPES,
    AccessToken,
    ClientCredentials,
    Password,
    UserKey,
    secret_of,
)
from monitor.store import open_store
from monitor.store.rolling import Watch

URL = 'url = "https://cloud.uipath.com/acme/Production/orchestrator_"'
TOKEN = 'auth = { type = "access-token", token = "secret-token" }'
TENANT = f"[tenants.production]\n{URL}\n{TOKEN}\n"


@pytest.fixture(autouse=True)
def _a_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))


def configured(text: str) -> Configuration:
    return load_text(text, Path("config.toml"))


def signing_in(auth: str, scopes: tuple[str, ...] = ()) -> object:
    tenant = configured(f"[tenants.production]\n{URL}\nauth = {{ {auth} }}").tenants["production"]
    client = wiring.build_client(tenant, clock=SystemClock(), scopes=scopes)
    client.close()
    return wiring._credentials(tenant, scopes)


def test_an_external_application_asks_for_the_scopes_of_the_collectors() -> None:
    auth = 'type = "client-credentials", client_id = "4711", client_secret = "secret-1"'
    found = signing_in(auth, ("OR.Queues.Read",))

    assert isinstance(found, ClientCredentials)
    assert (found.client_id, found.scopes) == ("4711", ("OR.Queues.Read",))
    assert secret_of(found) == SecretStr("secret-1")
    assert "secret-1" not in repr(found)


def test_scopes_of_the_configuration_win() -> None:
    found = signing_in(
        'type = "client-credentials", client_id = "4711", client_secret = "s", scopes = ["OR.Default"]',
        ("OR.Queues.Read",),
    )

    assert isinstance(found, ClientCredentials)
    assert found.scopes == ("OR.Default",)


def test_without_any_scopes_the_client_knows_its_own() -> None:
    found = signing_in('type = "client-credentials", client_id = "4711", client_secret = "s"')

    assert isinstance(found, ClientCredentials)
    assert found.scopes == DEFAULT_SCOPES


def test_an_access_token_is_read_each_time_it_is_used(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    file.chmod(0o600)
    found = signing_in(f'type = "access-token", token_file = "{file}"')
    assert isinstance(found, AccessToken)
    assert secret_of(found) == SecretStr("first")

    file.write_text("rotated\n")

    assert secret_of(found) == SecretStr("rotated")


def test_a_user_signs_in_with_tenancy_name_and_password() -> None:
    found = signing_in(
        'type = "password", tenancy_name = "Robots", username = "monitor", password = "secret-2"'
    )

    assert isinstance(found, Password)
    assert (found.tenancy_name, found.username) == ("Robots", "monitor")
    assert secret_of(found) == SecretStr("secret-2")


def test_a_user_key_signs_in_with_its_client_id() -> None:
    found = signing_in('type = "user-key", client_id = "0815", user_key = "secret-3"')

    assert isinstance(found, UserKey)
    assert found.client_id == "0815"
    assert secret_of(found) == SecretStr("secret-3")


def test_the_scopes_are_those_of_the_collectors_that_run_and_only_read() -> None:
    some = wiring.scopes_of(configured(TENANT + "[collectors.queues]\nenabled = false"))
    every = wiring.scopes_of(configured(TENANT))

    needed = {s for name in ("sessions", "licenses") for s in collectors()[name].scopes}
    assert set(some) == needed
    assert set(some) < set(every)
    assert every == DEFAULT_SCOPES
    assert all(re.fullmatch(r"OR\.\w+\.Read", scope) for scope in every)


def tls_of(keys: str) -> ssl.SSLContext | None:
    return wiring._tls(
        configured(f"[tenants.production]\n{URL}\n{TOKEN}\n{keys}").tenants["production"]
    )


def test_tls_is_the_clients_own_unless_something_is_said() -> None:
    assert tls_of("") is None


def test_verification_can_be_switched_off_for_one_tenant() -> None:
    context = tls_of("verify = false")

    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_NONE, False)


def test_authorities_and_a_client_certificate_come_from_files(tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    own = authority.issue_cert("monitor.example")
    own.private_key_and_cert_chain_pem.write_to_path(tmp_path / "own.pem")

    context = tls_of('ca_file = "ca.pem"\nclient_certificate_file = "own.pem"')

    assert context is not None
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert len(context.get_ca_certs()) == 1


def test_a_file_that_is_no_certificate_is_said_by_name(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not PEM")

    with pytest.raises(ValueError, match=r"ca\.pem cannot be used"):
        tls_of('ca_file = "ca.pem"')


def test_work_is_expected_by_tenant_and_collector_within_three_intervals() -> None:
    staging = TENANT.replace("production", "staging")
    configuration = configured(
        TENANT
        + staging
        + '[collectors.sessions]\nevery = "1s"\n[collectors.licenses]\nevery = "5m"'
    )

    found = wiring.expectations(configuration)

    assert set(found) == {
        f"collect:{tenant}/{name}"
        for tenant in ("production", "staging")
        for name in ("sessions", "queues", "licenses")
    }
    assert found["collect:production/sessions"] == timedelta(minutes=3)
    assert found["collect:staging/licenses"] == timedelta(minutes=15)


def test_every_channel_is_built_by_its_name() -> None:
    channels = (
        '[channels.ops]\nurl = "json://localhost/a"\n[channels.mail]\nurl = "json://localhost/b"'
    )

    assert list(wiring.build_channels(configured(TENANT + channels))) == ["ops", "mail"]


def test_the_service_has_a_poller_for_each_collector_and_a_courier_for_each_channel(
    migrated_file: Path,
) -> None:
    staging = TENANT.replace("production", "staging")
    configuration = configured(TENANT + staging + '[channels.ops]\nurl = "json://localhost/a"')
    store = open_store(f"sqlite:///{migrated_file}")
    service = wiring.build_service(configuration, store, clock=SystemClock())

    assert {poller.name for poller in service.pollers} == set(wiring.expectations(configuration))
    assert [courier.name for courier in service.couriers] == ["ops"]
    clients = {
        poller.tenant: {id(p.client) for p in service.pollers if p.tenant == poller.tenant}
        for poller in service.pollers
    }
    assert [len(ids) for ids in clients.values()] == [1, 1]
    assert clients["production"] != clients["staging"]
    assert set(service.evaluator.tenants or ()) == {"production", "staging"}
    assert set(service.evaluator.collector_kinds) == {"sessions", "queues", "licenses"}

    assert not any(poller.stopping() for poller in service.pollers)
    service.stopping.set()
    assert all(poller.stopping() for poller in service.pollers)
    for poller in service.pollers:
        poller.client.close()
    store.close()


def test_a_collector_that_is_to_ask_for_something_else_is_built_anew_and_no_other(
    migrated_file: Path,
) -> None:
    rule = '[rules.late]\ntype = "expression"\nsubject = "queue"\nwhen = "overdue_items > 0"\n'
    store = open_store(f"sqlite:///{migrated_file}")
    service = wiring.build_service(configured(TENANT), store, clock=SystemClock())
    before = {poller.collector: poller for poller in service.pollers}

    service.pollers = wiring._pollers(configured(TENANT + rule), service)
    after = {poller.collector: poller for poller in service.pollers}
    service.pollers = wiring._pollers(configured(TENANT + rule + 'severity = "info"\n'), service)

    assert after["queues"] is not before["queues"]
    assert after["queues"].wanted == {"overdue_items"}
    assert after["queues"].client is before["queues"].client
    assert after["sessions"] is before["sessions"]
    assert {poller.collector: poller for poller in service.pollers} == after
    for poller in service.pollers:
        poller.client.close()
    store.close()


def test_the_service_lets_go_of_what_is_too_old_as_the_configuration_has_it(
    migrated_file: Path, tmp_path: Path
) -> None:
    file = tmp_path / "history.db"
    shutil.copyfile(migrated_file, file)
    store = open_store(f"sqlite:///{file}")
    service = wiring.build_service(configured(TENANT), store, clock=SystemClock())
    assert service.pruner is not None
    kept = service.pruner.retention
    assert (kept.full, kept.alerts) == (timedelta(days=30), timedelta(days=400))
    assert kept.watches["queue"] == Watch("queues", timedelta(minutes=1))

    service.evaluator.restore(service.instant())
    wiring.rebuild(service, configured(TENANT + '[retention]\nfull = "3d"\nalerts = "5d"\n'))

    kept = service.pruner.retention
    assert (kept.full, kept.alerts) == (timedelta(days=3), timedelta(days=5))
    for poller in service.pollers:
        poller.client.close()
    store.close()


def test_every_secret_of_the_configuration_is_known_to_the_log() -> None:
    text = TENANT + '[channels.ops]\nurl = "json://user:hook-secret@localhost/path"'

    known = {secret.get_secret_value() for secret in wiring.secrets_of(configured(text))}

    assert {"secret-token", "hook-secret"} <= known
