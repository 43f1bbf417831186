"""Reads other rules than those in force, to try them on the past."""

from dataclasses import replace
from pathlib import Path

from monitor.config.compose import Configuration
from monitor.config.load import find, load, load_source, parse, read_file
from monitor.errors import ConfigError

TRIED = ("rules", "channels", "routes", "inhibitions", "maintenance")
"""The tables that a file of rules may have: what it does not have is as in the configuration."""


def load_alternative(file: Path, config: Path | None) -> Configuration:
    """Read a configuration, or a file of some of its tables beside the one in force.

    Raises:
        ConfigError: with every mistake of the file, or of the configuration.
    """
    source = parse(read_file(file), str(file))
    if "tenants" in source.data:
        return load(file, read_secrets=False)
    strange = [key for key in source.data if key not in TRIED]
    if strange:
        message = f"no part of a file of rules: it may have {', '.join(TRIED)}"
        raise ConfigError(tuple(source.problem((key,), message) for key in strange))
    path = find(config)
    base = parse(read_file(path), str(path))
    return load_source(replace(source, data={**base.data, **source.data}), path, read_secrets=False)
