"""`run`: the daemon, or with `--once` one round of everything."""

import os
from pathlib import Path

import structlog

from monitor import __version__
from monitor.clock import SystemClock
from monitor.config.compose import Configuration
from monitor.config.load import load
from monitor.core.sample import Failed, Snapshot
from monitor.daemon.logs import configure
from monitor.daemon.notify import notifier
from monitor.daemon.service import Service
from monitor.daemon.watchdog import Watchdog, watchdog_limit
from monitor.daemon.wiring import build_service, expectations, open_database, secrets_of
from monitor.errors import AuthenticationFailed, Unreachable
from monitor.pipeline.evaluate import Settled
from monitor.store.lease import hold
from monitor.store.schema import upgrade
from monitor.store.store import Store
from monitor.web.server import StatusPage

log = structlog.get_logger(__name__)

UNREACHED = {AuthenticationFailed.kind, Unreachable.kind}


def run(config: Path | None, *, once: bool) -> int:
    """Run until SIGTERM or SIGINT (or once) and return the exit status."""
    configuration = load(config)
    configure(configuration.log.level, configuration.log.format, secrets_of(configuration))
    for notice in configuration.notices:
        log.warning("config.notice", notice=notice)
    clock = SystemClock()
    watchdog = Watchdog(notifier(), clock, watchdog_limit())
    store = open_database(configuration)
    try:
        upgraded = upgrade(store)
        if upgraded.changed:
            log.info("database.upgraded", before=upgraded.before, after=upgraded.after)
        with hold(store):
            outcomes: dict[str, str] = {}
            service = build_service(
                configuration,
                store,
                clock=clock,
                completed=watchdog.completed,
                heard=lambda snapshot, _settled: _remember(outcomes, snapshot),
            )
            service.beat = watchdog.beat
            if once:
                service.once()
                return 3 if outcomes and set(outcomes.values()) <= UNREACHED else 0
            _serve(configuration, store, service, watchdog)
    finally:
        store.close()
    return 0


def _remember(outcomes: dict[str, str], snapshot: Snapshot) -> None:
    outcome = snapshot.outcome
    key = f"{snapshot.tenant}/{snapshot.collector}"
    outcomes[key] = outcome.kind if isinstance(outcome, Failed) else "ok"


def _serve(
    configuration: Configuration, store: Store, service: Service, watchdog: Watchdog
) -> None:
    service.stop_on_signals()
    page = StatusPage(configuration, store, service.clock, overdue=watchdog.overdue)
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
    if not done:
        # A poll or a message hangs beyond the grace time. All that matters is in the database,
        # and threads that wait for a silent server would keep the process for minutes.
        os._exit(0)
