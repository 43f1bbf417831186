"""`run`: the daemon, or with `--once` one round of everything."""

import os
import signal
import threading
import time
from pathlib import Path

import structlog

from monitor import __version__
from monitor.clock import SystemClock
from monitor.config.channel_check import check_channels
from monitor.config.history import open_history
from monitor.config.load import load
from monitor.core.sample import Failed, Snapshot
from monitor.daemon import garbage
from monitor.daemon.logs import configure
from monitor.daemon.notify import notifier
from monitor.daemon.reload import Reloader
from monitor.daemon.service import Service
from monitor.daemon.watchdog import Watchdog, watchdog_limit
from monitor.daemon.wiring import build_service, expectations, secrets_of
from monitor.errors import (
    AuthenticationFailed,
    ConfigError,
    StoreInUse,
    StoreUnavailable,
    Unreachable,
)
from monitor.store.lease import Lease, hold
from monitor.store.schema import upgrade
from monitor.store.store import Store
from monitor.web.server import StatusPage

log = structlog.get_logger(__name__)

LEASE_PATIENCE_S = 5.0
LEASE_EVERY_BEATS = 15
UNREACHED = {AuthenticationFailed.kind, Unreachable.kind}


def run(config: Path | None, *, once: bool) -> int:
    """Run until SIGTERM or SIGINT (or once) and return the exit status."""
    if not once:
        # Unheard until the daemon is up, and no reason to end.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    configuration = load(config)
    if problems := check_channels(configuration):
        raise ConfigError(problems)
    logs = configure(configuration.log.level, configuration.log.format, secrets_of(configuration))
    for notice in configuration.notices:
        log.warning("config.notice", notice=notice)
    clock = SystemClock()
    watchdog = Watchdog(notifier(), clock, watchdog_limit())
    store = open_history(configuration)
    try:
        # First the lease: a daemon that still runs must not have its tables altered under it.
        with _lease(store) as lease:
            upgraded = upgrade(store)
            if upgraded.changed:
                log.info("database.upgraded", before=upgraded.before, after=upgraded.after)
            outcomes: dict[str, str] = {}
            service = build_service(
                configuration,
                store,
                clock=clock,
                completed=watchdog.completed,
                failed=watchdog.failed,
                heard=lambda snapshot, _settled: _remember(outcomes, snapshot),
            )
            if once:
                service.once()
                return 3 if outcomes and set(outcomes.values()) <= UNREACHED else 0
            heart = _Heart(watchdog, lease, service)
            page = StatusPage(
                configuration,
                store,
                clock,
                overdue=watchdog.overdue,
                troubles=watchdog.troubles,
            )
            reloader = Reloader(configuration, service, watchdog=watchdog, logs=logs, page=page)
            return _serve(service, watchdog, heart, page, reloader)
    finally:
        store.close()


def _lease(store: Store) -> Lease:
    """Become the one daemon of the database; wait a little for one that is just ending.

    Postgres may notice only after a moment that a killed daemon is gone.
    """
    deadline = time.monotonic() + LEASE_PATIENCE_S
    while True:
        try:
            return hold(store)
        except StoreInUse:
            if time.monotonic() > deadline:
                raise
            threading.Event().wait(0.2)


def _remember(outcomes: dict[str, str], snapshot: Snapshot) -> None:
    outcome = snapshot.outcome
    key = f"{snapshot.tenant}/{snapshot.collector}"
    outcomes[key] = outcome.kind if isinstance(outcome, Failed) else "ok"


class _Heart:
    """What is done once a second: the watchdog's beat, and now and then a look at the lease."""

    def __init__(self, watchdog: Watchdog, lease: Lease, service: Service) -> None:
        self._watchdog = watchdog
        self._lease = lease
        self._service = service
        self._beats = 0
        self.lost: StoreInUse | None = None

    def beat(self) -> None:
        self._watchdog.beat()
        self._beats += 1
        if self._beats % LEASE_EVERY_BEATS:
            return
        try:
            self._lease.keep()
        except StoreInUse as error:
            # Two daemons on one database would tell everything twice: this one gives way.
            self.lost = error
            self._service.stopping.set()
        except StoreUnavailable as error:
            log.warning("lease.unclear", error=str(error))


def _serve(
    service: Service, watchdog: Watchdog, heart: _Heart, page: StatusPage, reloader: Reloader
) -> int:
    garbage.calm()
    service.stop_on_signals()
    service.beat = heart.beat
    service.reload = reloader.reload
    configuration = reloader.configuration
    with page.serving(configuration.web.host, configuration.web.port) as address:
        for work, allowance in expectations(configuration).items():
            watchdog.expect(work, allowance)
        service.start()
        log.info(
            "daemon.started",
            version=__version__,
            tenants=len(configuration.tenants),
            rules=len(configuration.rules),
            channels=len(configuration.channels),
            page=address,
        )
        watchdog.ready()
        service.watch()
        watchdog.stopping()
        done = service.stop()
    log.info("daemon.stopped", done=done)
    if heart.lost is not None:
        raise heart.lost
    if not done:
        # A poll or a message hangs beyond the grace time. All that matters is in the database,
        # and threads that wait for a silent server would keep the process for minutes.
        os._exit(0)
    return 0
