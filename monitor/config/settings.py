"""The whole file as a tree of tables; the options of rules are their types' own (`rules.py`)."""

from typing import Any

from pydantic import Field, field_validator

from monitor.config.alerting import Channel, Inhibition, Route
from monitor.config.database import DatabaseTable, RetentionTable
from monitor.config.maintenance import MaintenanceTable, circle
from monitor.config.process import CollectorTable, LogTable, WatchdogTable, WebTable
from monitor.config.table import Table
from monitor.config.tenants import Tenant
from monitor.config.values import CollectorName, Name, Several


class Settings(Table):
    """The configuration file."""

    database: DatabaseTable = Field(
        default=DatabaseTable(), description="where the history is kept"
    )
    retention: RetentionTable = Field(
        default=RetentionTable(), description="how long the history is kept"
    )
    tenants: dict[Name, Tenant] = Field(
        default_factory=dict, description="the Orchestrator tenants to watch, by name"
    )
    collectors: dict[CollectorName, CollectorTable] = Field(
        default_factory=dict, description="what is asked of Orchestrator, and how often"
    )
    rules: dict[Name, dict[str, Any]] | None = Field(
        default=None, description="what opens an alert, by name; without any, a built-in set"
    )
    channels: dict[Name, Channel] = Field(
        default_factory=dict, description="where messages go, by name"
    )
    routes: Several[Route] = Field(
        default=(), description="who hears of what; without any, every channel of everything"
    )
    inhibitions: Several[Inhibition] = Field(
        default=(), description="alerts that keep others from being told"
    )
    maintenance: dict[Name, MaintenanceTable] = Field(
        default_factory=dict, description="times in which alerts are not told, by name"
    )
    watchdog: WatchdogTable = Field(
        default=WatchdogTable(), description="tells someone else that this monitor is alive"
    )
    web: WebTable = Field(default=WebTable(), description="the status page")
    log: LogTable = Field(default=LogTable(), description="the daemon's own log")

    @field_validator("maintenance")
    @classmethod
    def _no_circle(cls, value: dict[str, MaintenanceTable]) -> dict[str, MaintenanceTable]:
        names = circle(value)
        if names:
            msg = f"windows are made of each other in a circle: {', '.join(names)}"
            raise ValueError(msg)
        return value
