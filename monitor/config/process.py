"""`[collectors]`, `[watchdog]`, `[web]`, `[log]`: how the daemon itself works."""

from typing import Literal

from pydantic import Field, field_validator

from monitor.config.secrets import OptionalSecret, SecretSource, checked
from monitor.config.table import Table
from monitor.config.values import Interval, MetricNames, host_and_port


class CollectorTable(Table):
    """`[collectors.NAME]`."""

    enabled: bool | None = Field(default=None, description="whether it runs")
    every: Interval | None = Field(default=None, description="time from one poll to the next")
    metrics: MetricNames = Field(
        default=(), description="metered metrics to ask for, though no rule speaks of them"
    )


def _ping_mistake(text: str) -> str | None:
    if text.startswith(("https://", "http://")):
        return None
    return 'must be an address such as "https://hc.example/ping/…"'


class WatchdogTable(Table):
    """`[watchdog]`."""

    ping_url: OptionalSecret = Field(
        default=None,
        description="address that is called after each whole healthy cycle",
        examples=["HEALTHCHECK_URL"],
    )

    @field_validator("ping_url")
    @classmethod
    def _an_address(cls, value: SecretSource | None) -> SecretSource | None:
        return None if value is None else checked("ping_url", value, _ping_mistake)


class WebTable(Table):
    """`[web]`."""

    listen: str = Field(
        default="127.0.0.1:8321", description="address and port of the status page and /metrics"
    )

    @field_validator("listen")
    @classmethod
    def _an_address(cls, value: str) -> str:
        host_and_port(value)
        return value

    @property
    def host(self) -> str:
        """Return the address without the port."""
        return host_and_port(self.listen)[0]

    @property
    def port(self) -> int:
        """Return the port; 0 lets the system choose one."""
        return host_and_port(self.listen)[1]


class LogTable(Table):
    """`[log]`."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="least severe line that is written"
    )
    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="`auto`: JSON unless a person watches at a terminal"
    )
