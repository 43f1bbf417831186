"""Reads the configuration again: a valid one comes into force whole, else the old one stays."""

from collections.abc import Mapping

import structlog

from monitor.config.changes import changed_secrets, changes, read_secrets
from monitor.config.channel_check import check_channels
from monitor.config.compose import Configuration
from monitor.config.load import load
from monitor.daemon.logs import Logs
from monitor.daemon.service import Service
from monitor.daemon.watchdog import Watchdog
from monitor.daemon.wiring import expectations, rebuild, secrets_of
from monitor.errors import ConfigError, StoreError
from monitor.web.server import StatusPage
from monitor.web.wording import count

log = structlog.get_logger(__name__)


class Reloader:
    """Changes the configuration of a running daemon. For its main thread alone."""

    def __init__(
        self,
        configuration: Configuration,
        service: Service,
        *,
        watchdog: Watchdog,
        logs: Logs,
        page: StatusPage,
    ) -> None:
        """Begin with the configuration that the daemon was started with."""
        self.configuration = configuration
        self._service = service
        self._watchdog = watchdog
        self._logs = logs
        self._page = page
        self._secrets = read_secrets(configuration)
        self._fixed = _fixed(configuration, self._secrets)

    def reload(self) -> None:
        """Read the file again and go by it, or say in the log and to systemd why not."""
        self._watchdog.reloading()
        status = "kept the old configuration"
        try:
            status = self._reload()
        finally:
            self._watchdog.reloaded(status)

    def _reload(self) -> str:
        try:
            found = _load(self.configuration)
            self._logs.learn(secrets_of(found))
            rebuild(self._service, found)
        except ConfigError as error:
            log.error(  # noqa: TRY400 - mistakes of a file, not of ours
                "config.reload_failed", problems=[str(problem) for problem in error.problems]
            )
            return f"kept the old configuration: {count(len(error.problems), 'mistake')}"
        except (StoreError, ValueError) as error:
            log.error("config.reload_failed", problems=[str(error)])  # noqa: TRY400 - as above
        except Exception as error:
            log.exception("config.reload_failed", problems=[f"{type(error).__name__} (see below)"])
        else:
            self._take_over(found)
            return "running"
        return "kept the old configuration: see the log"

    def _take_over(self, found: Configuration) -> None:
        before, self.configuration = self.configuration, found
        secrets_before, self._secrets = self._secrets, read_secrets(found)
        self._page.configuration = found
        self._expect(expectations(before).keys() - expectations(found).keys())
        self._logs.set_level(found.log.level)
        what = dict(changes(before, found))
        if rotated := changed_secrets(secrets_before, self._secrets):
            what["secrets_changed"] = rotated
        log.info("config.reloaded", file=str(found.file), **what)
        for notice in found.notices:
            log.warning("config.notice", notice=notice)
        for key, value in _fixed(found, self._secrets).items():
            if value != self._fixed[key]:
                log.warning("config.needs_restart", key=key, effect="at the next start")

    def _expect(self, gone: set[str]) -> None:
        for work in gone:
            self._watchdog.forget(work)
        for work, allowance in expectations(self.configuration).items():
            self._watchdog.expect(work, allowance)


def _load(configuration: Configuration) -> Configuration:
    found = load(configuration.file)
    if problems := check_channels(found):
        raise ConfigError(problems)
    return found


def _fixed(configuration: Configuration, secrets: Mapping[str, object]) -> Mapping[str, object]:
    """Return what cannot change while the daemon runs, by its key."""
    return {
        "database.url": configuration.database_url,
        "database.password": secrets.get("database.password"),
        "web.listen": configuration.web.listen,
        "log.format": configuration.log.format,
    }
