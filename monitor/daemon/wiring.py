"""Builds the running parts from a configuration: the one place that knows how they fit."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from monitor import channels as channel_plugins
from monitor.channels import Channel, ChannelType
from monitor.clock import Clock
from monitor.config import tenants as auth
from monitor.config.compose import Configuration
from monitor.config.history import retention_of
from monitor.config.plugins import collectors
from monitor.config.secrets import secrets_within
from monitor.config.tenants import Tenant
from monitor.core.sample import Snapshot
from monitor.daemon.courier import Courier
from monitor.daemon.poller import Poller
from monitor.daemon.pruner import Pruner
from monitor.daemon.scheduler import Scheduler
from monitor.daemon.service import Service
from monitor.daemon.ticker import Bookkeeper, Ticker
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import (
    AccessToken,
    ClientCredentials,
    Credentials,
    Password,
    UserKey,
)
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.tls import tls_context
from monitor.pipeline.evaluate import Evaluator, Settled
from monitor.plugins import discover
from monitor.store.store import Store

MOST_THREADS = 2048
"""Above any number of pollers: each may hang until its deadline, and takes a thread only when it
is due. With fewer, tenants that hang would hold up those that do not."""


def build_client(
    tenant: Tenant,
    *,
    clock: Clock,
    scopes: Sequence[str] = (),
    wait: Callable[[float], object] | None = None,
) -> OrchestratorClient:
    """Return the client of one tenant; nothing is sent yet.

    `scopes` are asked for where the tenant's table names none; `wait` sleeps between retries.
    """
    deployment = Deployment.parse(tenant.url, identity_url=tenant.auth.identity_url)
    options = ClientOptions(
        timeout_s=tenant.timeout.total_seconds(),
        tls=_tls(tenant),
        proxy=tenant.proxy,
        metered_per_minute=tenant.metered_requests_per_minute,
    )
    return OrchestratorClient(
        deployment, _credentials(tenant, scopes), clock=clock, options=options, wait=wait
    )


def build_channels(configuration: Configuration) -> dict[str, Channel]:
    """Return the channels by name."""
    return {
        name: _channel(name, table.url.read()) for name, table in configuration.channels.items()
    }


def scopes_of(configuration: Configuration) -> tuple[str, ...]:
    """Return the read scopes that the enabled collectors need, and that of the folder list."""
    plugins = collectors()
    needed = {scope for name in configuration.collectors for scope in plugins[name].scopes}
    return tuple(sorted(needed))


def build_service(
    configuration: Configuration,
    store: Store,
    *,
    clock: Clock,
    pace: float = 1.0,
    heard: Callable[[Snapshot, Settled], None] = lambda _snapshot, _settled: None,
    completed: Callable[[str], None] = lambda _work: None,
    failed: Callable[[str, str], None] = lambda _work, _trouble: None,
) -> Service:
    """Return the daemon's parts, ready to start.

    `pace` is how many seconds of `clock` pass in a real one; `completed` is told of finished work,
    `failed` of work that could not be recorded, and why.
    """
    evaluator = Evaluator(
        store=store,
        plan=configuration.plan,
        collector_kinds=_kinds(configuration),
        tenants=_labels(configuration),
        expiries=_expiries(configuration),
    )
    service = Service(
        evaluator=evaluator,
        pollers=(),
        couriers=(),
        scheduler=Scheduler(threads=MOST_THREADS),
        ticker=Ticker(evaluator=evaluator, clock=clock, pace=pace),
        clock=clock,
        pace=pace,
        heard=heard,
        completed=completed,
        failed=failed,
    )
    service.ticker.decided = service.decided
    kept = retention_of(configuration)
    service.pruner = Pruner(
        store=store, retention=kept, clock=clock, pause=service.pause, pace=pace
    )
    service.couriers = _couriers(configuration, service)
    service.pollers = _pollers(configuration, service)
    return service


def rebuild(service: Service, configuration: Configuration) -> None:
    """Let a running service go on by another configuration; what it leaves as it was stays.

    Raises:
        StoreError, ValueError: the service goes on as it was.
    """
    couriers = _couriers(configuration, service)
    pollers = _pollers(configuration, service)
    settled = service.evaluator.reload(
        configuration.plan,
        _kinds(configuration),
        _labels(configuration),
        service.instant(),
        _expiries(configuration),
    )
    service.go_on_with(pollers, couriers)
    if service.pruner is not None:
        service.pruner.retention = retention_of(configuration)
    service.decided(settled)


def _couriers(configuration: Configuration, service: Service) -> list[Courier]:
    """Return a courier for each channel: the service's own where the address is the same."""
    ledger = Bookkeeper(service.evaluator)
    ledger.decided = service.decided
    standing = {courier.name: courier for courier in service.couriers}
    couriers = []
    for name, table in configuration.channels.items():
        url = table.url.read()
        courier = standing.get(name)
        if courier is None or courier.made_of != url:
            courier = Courier(
                name=name,
                channel=_channel(name, url),
                store=service.evaluator.store,
                ledger=ledger,
                clock=service.clock,
                pace=service.pace,
                completed=service.completed,
                distress=service.distress,
                made_of=url,
            )
        couriers.append(courier)
    return couriers


def _pollers(configuration: Configuration, service: Service) -> list[Poller]:
    """Return the pollers: the service's own where nothing about them has changed.

    The client of a tenant, with its token, stays as long as the tenant's table and its secrets do.
    """
    plugins = collectors()
    scopes = scopes_of(configuration)
    standing = {(poller.tenant, poller.collector): poller for poller in service.pollers}
    clients = {poller.tenant: poller for poller in service.pollers}
    pollers = []
    folders = {name: Folders(tenant.folder_scope) for name, tenant in configuration.tenants.items()}
    for tenant_name, tenant in configuration.tenants.items():
        made_of = _made_of(tenant, scopes)
        known = clients.get(tenant_name)
        if known is not None and known.made_of == made_of:
            client = known.client
        else:
            client = build_client(tenant, clock=service.clock, scopes=scopes, wait=service.pause)
        for name, every in configuration.collectors.items():
            poller = standing.get((tenant_name, name))
            wanted = configuration.wanted[name]
            if (
                poller is None
                or poller.client is not client
                or (poller.every, poller.wanted) != (every, wanted)
            ):
                poller = Poller(
                    tenant=tenant_name,
                    collector=name,
                    every=every,
                    ask=plugins[name].make(
                        tenant_name, tenant.labels, folders[tenant_name], wanted
                    ),
                    client=client,
                    evaluator=service.evaluator,
                    clock=service.clock,
                    settled=service.settled,
                    unsettled=service.unsettled,
                    stopping=service.stopping.is_set,
                    made_of=made_of,
                    need=plugins[name].need,
                    wanted=wanted,
                )
            pollers.append(poller)
    return pollers


def expectations(configuration: Configuration) -> Mapping[str, timedelta]:
    """Return what the watchdog expects: each work, and the longest time it may take to finish.

    A poll that fails is finished work; one that hangs past its deadline three times is not.
    """
    longest = timedelta(minutes=3)
    return {
        f"collect:{tenant}/{name}": max(3 * every, longest)
        for tenant in configuration.tenants
        for name, every in configuration.collectors.items()
    }


def _kinds(configuration: Configuration) -> dict[str, tuple[str, ...]]:
    plugins = collectors()
    return {name: plugins[name].kinds for name in configuration.collectors}


def _labels(configuration: Configuration) -> dict[str, Mapping[str, str]]:
    return {name: tenant.labels for name, tenant in configuration.tenants.items()}


def _expiries(configuration: Configuration) -> dict[str, datetime]:
    stated = {name: tenant.auth.expires_at for name, tenant in configuration.tenants.items()}
    return {name: at for name, at in stated.items() if at is not None}


def _channel(name: str, url: SecretStr) -> Channel:
    types = discover(channel_plugins, "CHANNEL", ChannelType)
    return types["apprise-url"].make(name, url)


def _made_of(tenant: Tenant, scopes: Sequence[str]) -> object:
    """Return all that a tenant's client depends on, what stands in other files included."""
    secrets = tuple(source.read() for _, source in secrets_within(tenant))
    files = [_content(file) for file in (tenant.ca_file, tenant.client_certificate_file)]
    return tenant, scopes, secrets, files


def _content(file: str | None) -> bytes | None:
    """Return what is in a file; None when it cannot be read: then the client has more to say."""
    try:
        return None if file is None else Path(file).read_bytes()
    except OSError:
        return None


def _tls(tenant: Tenant) -> ssl.SSLContext | None:
    custom = tenant.ca_file or tenant.client_certificate_file or not tenant.verify
    if not custom:
        return None
    return tls_context(
        ca_file=None if tenant.ca_file is None else Path(tenant.ca_file),
        client_certificate_file=None
        if tenant.client_certificate_file is None
        else Path(tenant.client_certificate_file),
        verify=tenant.verify,
    )


def _credentials(tenant: Tenant, scopes: Sequence[str]) -> Credentials:
    match tenant.auth:
        case auth.ClientCredentials() as given:
            wanted = given.scopes or tuple(scopes)
            return ClientCredentials(
                client_id=given.client_id,
                client_secret=given.client_secret.read,
                **({"scopes": wanted} if wanted else {}),
            )
        case auth.AccessToken() as given:
            return AccessToken(token=given.token.read)
        case auth.Password() as given:
            return Password(
                username=given.username,
                password=given.password.read,
                tenancy_name=given.tenancy_name,
            )
        case auth.UserKey() as given:
            return UserKey(client_id=given.client_id, user_key=given.user_key.read)


def secrets_of(configuration: Configuration) -> tuple[SecretStr, ...]:
    """Return every secret value that must never be shown."""
    return tuple(configuration.secrets())
