"""What differs between two configurations, in names: for the line that tells of a reload."""

from collections.abc import Mapping

from pydantic import SecretStr

from monitor.config.compose import Configuration
from monitor.config.names import dotted
from monitor.config.secrets import SecretUnreadableError, secrets_within

UNNAMED = ("database", "retention", "routes", "inhibitions", "watchdog", "web", "log")
"""Parts of the configuration without names of their own."""

Secrets = Mapping[str, SecretStr]
Changes = Mapping[str, tuple[str, ...]]


def changes(before: Configuration, after: Configuration) -> Changes:
    """Return names by what became of them, `rules_added` for one; empty when nothing differs.

    A secret that says something else at the same place is no change here, see `changed_secrets`.
    """
    found: dict[str, tuple[str, ...]] = {}
    old, new = _named(before), _named(after)
    for part, names in new.items():
        was = old[part]
        found[f"{part}_added"] = tuple(name for name in names if name not in was)
        found[f"{part}_removed"] = tuple(name for name in was if name not in names)
        found[f"{part}_changed"] = tuple(
            name for name in names if name in was and names[name] != was[name]
        )
    found["changed"] = tuple(
        part for part in UNNAMED if getattr(before.settings, part) != getattr(after.settings, part)
    )
    return {what: names for what, names in found.items() if names}


def read_secrets(configuration: Configuration) -> Secrets:
    """Return every secret that can be read, as it is now, by its dotted key."""
    found: dict[str, SecretStr] = {}
    for path, source in secrets_within(configuration.settings):
        try:
            found[dotted(path)] = source.read()
        except SecretUnreadableError:
            continue
    return found


def changed_secrets(before: Secrets, after: Secrets) -> tuple[str, ...]:
    """Return the keys whose secret says something else than before."""
    return tuple(key for key, secret in after.items() if before.get(key, secret) != secret)


def _named(configuration: Configuration) -> Mapping[str, Mapping[str, object]]:
    return {
        "tenants": configuration.tenants,
        "collectors": {
            name: (every, configuration.wanted[name])
            for name, every in configuration.collectors.items()
        },
        "rules": {table.name: table for table in configuration.rule_tables},
        "channels": configuration.channels,
        "maintenance": configuration.settings.maintenance,
    }
