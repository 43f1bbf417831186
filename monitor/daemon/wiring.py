"""Builds the running parts from a configuration: the one place that knows how they fit."""

import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from monitor import channels as channel_plugins
from monitor.channels import Channel, ChannelType
from monitor.clock import Clock
from monitor.config import tenants as auth
from monitor.config.compose import Configuration
from monitor.config.plugins import collectors
from monitor.config.tenants import Tenant
from monitor.core.sample import Snapshot
from monitor.daemon.courier import Courier
from monitor.daemon.poller import Poller
from monitor.daemon.scheduler import Scheduler
from monitor.daemon.service import Service
from monitor.orchestrator.client import ClientOptions, OrchestratorClient
from monitor.orchestrator.credentials import (
    AccessToken,
    ClientCredentials,
    Credentials,
    Password,
    UserKey,
)
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.tls import tls_context
from monitor.pipeline.evaluate import Evaluator, Settled
from monitor.plugins import discover
from monitor.store.store import Store

MOST_THREADS = 32


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
    )
    return OrchestratorClient(
        deployment, _credentials(tenant, scopes), clock=clock, options=options, wait=wait
    )


def build_channels(configuration: Configuration) -> dict[str, Channel]:
    """Return the channels by name."""
    types = discover(channel_plugins, "CHANNEL", ChannelType)
    return {
        name: types["apprise-url"].make(name, table.url.read())
        for name, table in configuration.channels.items()
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
) -> Service:
    """Return the daemon's parts, ready to start.

    `pace` is how many seconds of `clock` pass in a real one; `completed` is told of finished work.
    """
    stopping = threading.Event()
    plugins = collectors()
    evaluator = Evaluator(
        store=store,
        rules=configuration.rules,
        routes=configuration.routes,
        collector_kinds={name: plugins[name].kinds for name in configuration.collectors},
        tenants={name: tenant.labels for name, tenant in configuration.tenants.items()},
    )
    couriers = [
        Courier(
            name=name, channel=channel, store=store, clock=clock, pace=pace, completed=completed
        )
        for name, channel in build_channels(configuration).items()
    ]
    pollers: list[Poller] = []
    count = len(configuration.tenants) * len(configuration.collectors)
    service = Service(
        evaluator=evaluator,
        pollers=pollers,
        couriers=couriers,
        scheduler=Scheduler(threads=max(1, min(MOST_THREADS, count))),
        clock=clock,
        pace=pace,
        heard=heard,
        completed=completed,
        stopping=stopping,
    )
    scopes = scopes_of(configuration)
    for tenant_name, tenant in configuration.tenants.items():
        client = build_client(tenant, clock=clock, scopes=scopes, wait=stopping.wait)
        pollers.extend(
            Poller(
                tenant=tenant_name,
                collector=name,
                every=every,
                ask=plugins[name].make(tenant_name, tenant.labels),
                client=client,
                evaluator=evaluator,
                clock=clock,
                settled=service.settled,
                stopping=stopping.is_set,
            )
            for name, every in configuration.collectors.items()
        )
    return service


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
