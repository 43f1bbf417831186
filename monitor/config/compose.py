"""Builds what the program works with: rules compiled, routes settled, places made absolute."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import platformdirs
from pydantic import SecretStr

from monitor.config.alerting import Channel
from monitor.config.names import suggestion
from monitor.config.not_yet import not_yet_notices
from monitor.config.notices import notices_of
from monitor.config.plugins import collectors
from monitor.config.problems import Source
from monitor.config.process import LogTable, WebTable
from monitor.config.redaction import secret_values
from monitor.config.retention import retention_problems
from monitor.config.rule_objects import rule_of
from monitor.config.rules import RuleTable
from monitor.config.secrets import SecretSource
from monitor.config.settings import Settings
from monitor.config.telling import plan_of
from monitor.config.tenants import Tenant
from monitor.core.lookback import spoken_of
from monitor.core.plan import Plan
from monitor.core.routing import Route
from monitor.core.rule import Rule
from monitor.errors import Problem

NAME = "orchestrator-monitor"
ON_BY_DEFAULT = frozenset({"sessions", "queues", "licenses"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything the daemon and the commands need to know.

    `database_url` is absolute and holds no password. `collectors` are those that run, with the
    time from one poll to the next; `wanted` are the metrics they ask for because a rule or their
    table does. `plan` says who is told of what; without routes in the file it
    has one, of everything to every channel. `notices` are sentences for the operator about what
    was accepted but is worth a word.
    """

    file: Path
    state_directory: Path
    database_url: str
    database_password: SecretSource | None
    tenants: Mapping[str, Tenant]
    collectors: Mapping[str, timedelta]
    wanted: Mapping[str, frozenset[str]]
    rules: tuple[Rule, ...]
    channels: Mapping[str, Channel]
    plan: Plan
    web: WebTable
    log: LogTable
    notices: tuple[str, ...]
    settings: Settings = field(repr=False)
    rule_tables: tuple[RuleTable, ...] = field(repr=False)
    source: Source = field(repr=False)

    @property
    def routes(self) -> Sequence[Route]:
        """Return the routes, in their order."""
        return self.plan.routes

    def password(self) -> SecretStr | None:
        """Return the database's password as it is now. Raises SecretUnreadableError."""
        return None if self.database_password is None else self.database_password.read()

    def secrets(self) -> tuple[SecretStr, ...]:
        """Return every text that must never be shown, as it is now."""
        return tuple(SecretStr(text) for text in sorted(secret_values(self)))


def state_directory() -> Path:
    """Return where state is kept: systemd's directory, else the user's own."""
    given = os.environ.get("STATE_DIRECTORY", "").partition(":")[0]
    return Path(given) if given else Path(platformdirs.user_state_dir(NAME))


def compose(
    settings: Settings | None, rule_tables: tuple[RuleTable, ...], source: Source, path: Path
) -> tuple[Configuration | None, list[Problem]]:
    """Build the configuration; None when the tables themselves were wrong.

    Rules are compiled in any case, so that their mistakes are told with the others.
    """
    rules: list[Rule] = []
    problems: list[Problem] = []
    for table in rule_tables:
        rule, found = rule_of(table, source)
        problems += found
        if rule is not None and table.keys.enabled:
            rules.append(rule)
    problems += _not_on_request(source)
    if settings is None:
        return None, problems
    problems += retention_problems(settings, rules, source)
    directory = state_directory()
    url, password = settings.database.located(directory)
    running = _collectors(settings)
    kinds = {name: collectors()[name].kinds for name in running}
    configuration = Configuration(
        file=path,
        state_directory=directory,
        database_url=url,
        database_password=password,
        tenants=MappingProxyType(settings.tenants),
        collectors=MappingProxyType(running),
        wanted=MappingProxyType({name: _wanted(name, settings, rules) for name in running}),
        rules=tuple(rules),
        channels=MappingProxyType(settings.channels),
        plan=plan_of(settings, tuple(rules), kinds),
        web=settings.web,
        log=settings.log,
        notices=(
            *notices_of(settings, tuple(rules)),
            *not_yet_notices(source.data),
        ),
        settings=settings,
        rule_tables=rule_tables,
        # The raw values may be secrets: only the places of the keys are kept.
        source=replace(source, data={}),
    )
    return configuration, problems


def _not_on_request(source: Source) -> Iterator[Problem]:
    """Yield what collectors are to ask for and do not have; of any other mistake others tell."""
    tables = source.data.get("collectors")
    for name, plugin in collectors().items():
        table = tables.get(name) if isinstance(tables, Mapping) else None
        metrics = table.get("metrics") if isinstance(table, Mapping) else None
        for place, metric in enumerate(metrics if isinstance(metrics, list) else ()):
            if isinstance(metric, str) and metric not in plugin.on_request:
                known = plugin.on_request
                cure = suggestion(metric, known) if known else "this collector asks for all it has"
                msg = f"no such metric to ask for on request; {cure}"
                yield source.problem(("collectors", name, "metrics", place), msg)


def _wanted(name: str, settings: Settings, rules: Sequence[Rule]) -> frozenset[str]:
    """Return what a collector is to ask for of what it asks for on request only."""
    plugin, table = collectors()[name], settings.collectors.get(name)
    spoken = spoken_of(rules, plugin.kinds).intersection(plugin.on_request)
    return spoken if table is None else spoken.union(table.metrics)


def _collectors(settings: Settings) -> dict[str, timedelta]:
    """Return the collectors that run: those on by default, and those with a table of their own."""
    running = {}
    for name, plugin in collectors().items():
        table = settings.collectors.get(name)
        is_on = name in ON_BY_DEFAULT if table is None else table.enabled is not False
        if is_on:
            running[name] = plugin.every if table is None or table.every is None else table.every
    return running
