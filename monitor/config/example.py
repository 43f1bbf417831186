"""`config example`: the example file, made from the models and the plugins' own examples.

Prose lines begin with "# "; keys that are switched off begin with "#" alone, so that deleting
that one character switches them on.
"""

import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from monitor.config.alerting import Channel, Route
from monitor.config.database import DatabaseTable, RetentionTable
from monitor.config.not_yet import ANY, has_effect
from monitor.config.plugins import collectors, rule_types
from monitor.config.process import LogTable, WatchdogTable, WebTable
from monitor.config.rules import COMMON
from monitor.config.secrets import secret_fields
from monitor.config.tenants import AccessToken, AuthTable, Password, Tenant, UserKey
from monitor.config.toml import document, inline
from monitor.core.duration import format_duration
from monitor.rules import BUILT_IN

WIDTH = 98
_HEADER = re.compile(r"\A\[rules\.[^\]\n]*\]\n")
_START = """\
# The configuration of orchestrator-monitor. These lines are enough to start; everything below
# them is optional, and shows its default or an example. docs/configuration.md explains each key.
#
# Try it with `orchestrator-monitor check`: it tells all mistakes at once, then signs in.

[channels.ops]                            # any apprise URL: slack://…, mailto://…, workflows://…
url_env = "OPS_CHANNEL_URL"
"""
_START_TENANT = """\
[tenants.production]                      # the name in alerts and history; as many as wanted
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "client-credentials", client_id = "00000000-0000-0000-0000-000000000000", \
client_secret_env = "UIPATH_CLIENT_SECRET" }
"""
_SECRETS = """\
Secrets. Each may be written in four ways, here for a key `token`; exactly one of them:
  token_env = "NAME"          an environment variable
  token_file = "path"         a file; a relative path starts at this file's directory
  token_credential = "name"   a systemd credential (LoadCredential= in the service unit)
  token = "…"                 the secret itself: only where nobody else can read this file
Durations are text: "30s", "2m", "1h30m", "7d"."""
_TENANT = """\
Further keys of the tenant above."""
_AUTH = """\
The other ways to sign in; all may say when the secret ends (expires = 2027-03-01), to be warned:"""
_COLLECTORS = """\
What is asked of Orchestrator, and how often."""
_RULES = """\
Rules: what opens an alert. Without any [rules] this built-in set is on:"""
_OWN_RULES = """\
A [rules] of your own replaces that set, all but the two alerts about the monitor itself:
collector-failing (it cannot see) and channel-failing (it cannot speak) stay on until
`enabled = false` on them. The types of rule:"""
_COMMON = """\
Keys that every rule may have:"""
_ROUTES = """\
Routes: who hears of what. The first that matches wins, `continue = true` goes on to the next, and
the last is the default. Without any, every channel hears everything."""
_SECOND_CHANNEL = """\
[channels.boss]                           # for `escalate` below
url_env = "BOSS_CHANNEL_URL"
"""
_MAINTENANCE = """\
Maintenance windows: by the calendar, recurring, or sets of others. One that a route or a set
names and that has no `where` mutes nothing by itself."""
_MAINTENANCE_EXAMPLE = """\
[maintenance.patch-night]
weekdays = ["sat"]
from = "22:00"
to = "04:00"                              # may cross midnight
timezone = "Europe/Bucharest"
where = { folder = "Finance/**" }
[maintenance.patching]
every = "week"                            # day | week | month | once
interval = 2                              # counted from valid_from
weekdays = ["sun"]
start = "22:00"
duration = "6h"
valid_from = "2027-01-03"
[maintenance.no-alerts]
include = ["patch-night", "patching"]
[maintenance.office-hours]
times = ["09:00..12:00", "13:00..17:00"]
weekdays = ["mon..fri"]"""
_INHIBITIONS = """\
Inhibitions: while a source is open, its targets are not told. Built in: a collector that fails
explains the alerts on what it asks for, a host that is offline its sessions."""
_INHIBITIONS_EXAMPLE = """\
[[inhibitions]]
source = { rule = "host-offline", host = "VM-PROD-*" }
target = { rule = "queue-stalled" }
equal = ["tenant"]"""
_LAST = """\
The status page, the log, the history, and who watches the monitor itself."""


def example() -> str:
    """Return the example file."""
    return "\n".join(line.rstrip() for line in _lines()) + "\n"


def _lines() -> Iterator[str]:
    yield from _START.splitlines()
    yield from _off(_keys(Channel, ("channels", ANY), leave_out=("url",)))
    yield from ("", *_START_TENANT.splitlines())
    yield from ("", *_prose(_SECRETS))
    yield from (
        "",
        *_prose(_TENANT),
        *_off(_keys(Tenant, ("tenants", "production"), leave_out=("url", "auth"))),
    )
    yield from ("", *_prose(_AUTH), *_ways_to_sign_in())
    yield from ("", *_prose(_COLLECTORS), *_off(_collectors()))
    yield from ("", *_prose(_RULES), *_off(_built_in()))
    yield from ("", *_prose(_OWN_RULES), *_rule_types())
    yield from ("", *_prose(_COMMON))
    for key, meaning in COMMON.items():
        later = "" if has_effect("rules", ANY, key) else " (no effect yet)"
        yield f"#   {key:<16} {meaning}{later}"
    yield from ("", *_prose(_ROUTES), *_off(_SECOND_CHANNEL), *_off(_table("[[routes]]", Route)))
    yield from ("", *_prose(_INHIBITIONS), *_off(_INHIBITIONS_EXAMPLE))
    yield from ("", *_prose(_MAINTENANCE), *_off(_MAINTENANCE_EXAMPLE))
    yield from ("", *_prose(_LAST))
    yield from _off(_table("[web]", WebTable))
    yield from _off(_table("[log]", LogTable))
    yield from _off(_table("[database]", DatabaseTable, leave_out=("password",)))
    yield from _off(_table("[retention]", RetentionTable))
    yield from _off(_table("[watchdog]", WatchdogTable))


def _prose(text: str) -> list[str]:
    return [f"# {line}".rstrip() for line in text.splitlines()]


def _off(text: str) -> list[str]:
    """Switch keys off; comments stay as they are."""
    return [f"#{line}" if line and line[0] != "#" else line for line in text.splitlines()]


def _table(header: str, model: type[BaseModel], leave_out: tuple[str, ...] = ()) -> str:
    name = header.strip("[]")
    place = (name, ANY) if header.startswith("[[") else (name,)
    return f"{header}\n{_keys(model, place, leave_out=leave_out)}"


def _keys(model: type[BaseModel], place: tuple[str, ...], leave_out: tuple[str, ...] = ()) -> str:
    """Write each key with its example or default, and what it means beside it."""
    secrets = secret_fields(model)
    lines = []
    for name, field in model.model_fields.items():
        if name in leave_out:
            continue
        key = f"{name}_env" if name in secrets else field.alias or name
        line = f"{key} = {inline(_shown(field))}"
        meaning = field.description or ""
        if not has_effect(*place, key):
            meaning += " (no effect yet)"
        beside = f"{line:<41} # {meaning}"
        lines += [beside] if len(beside) <= WIDTH else [f"# {meaning}", line]
    return "\n".join(lines)


def _shown(field: FieldInfo) -> object:
    """Return an example, else the default, as TOML writes it."""
    if field.examples:
        return field.examples[0]
    default = field.get_default(call_default_factory=True, validated_data={})
    if default is PydanticUndefined:
        return ""
    return _plain(default)


def _plain(value: object) -> Any:  # noqa: ANN401 - what TOML holds
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, Mapping):
        return dict(value)
    return format_duration(value) if isinstance(value, timedelta) else value


def _ways_to_sign_in() -> Iterator[str]:
    for model in (AccessToken, Password, UserKey):
        secrets = secret_fields(model)
        table: dict[str, object] = {}
        for name, field in model.model_fields.items():
            if name == "type":
                table[name] = field.annotation.__args__[0] if field.annotation else ""
            elif name not in AuthTable.model_fields:
                table[f"{name}_env" if name in secrets else name] = _shown(field)
        ordered = {"type": table.pop("type"), **table}
        yield from textwrap.wrap(
            f"auth = {inline(ordered)}", WIDTH, initial_indent="#   ", subsequent_indent="#     "
        )


def _built_in() -> str:
    lines = document({"rules": dict(BUILT_IN)}).splitlines()
    return "\n".join(line for line in lines if line)


def _collectors() -> str:
    lines = []
    for name, plugin in collectors().items():
        lines += [f"# {line}" for line in textwrap.wrap(plugin.help, WIDTH - 2)]
        lines += [f"[collectors.{name}]"]
        lines += ["enabled = true", f'every = "{format_duration(plugin.every)}"']
        if plugin.on_request:
            lines += [f"metrics = {inline(list(plugin.on_request))}"]
    return "\n".join(lines)


def _rule_types() -> Iterator[str]:
    for name, rule_type in rule_types().items():
        yield from textwrap.wrap(
            f"{name}: {rule_type.help}", WIDTH, initial_indent="# ", subsequent_indent="#   "
        )
        # A name of its own: with everything switched on no table may stand there twice.
        table = _HEADER.sub("", rule_type.example.strip())
        yield from _off(f"[rules.my-{name}]\n{table}")
