"""Finds the configuration file, reads it, and tells all its mistakes at once."""

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.config.compose import Configuration, compose
from monitor.config.lines import Lines, scan
from monitor.config.names import dotted
from monitor.config.notices import ROUTE_LABELS
from monitor.config.plugins import collectors, rule_types
from monitor.config.problems import Source, explain, in_order
from monitor.config.rules import read_rules
from monitor.config.settings import Settings
from monitor.config.surroundings import Surroundings
from monitor.core.kinds import KINDS
from monitor.errors import ConfigError, Problem

VARIABLE = "ORCHESTRATOR_MONITOR_CONFIG"
PLACES = (Path("config.toml"), Path("/etc/orchestrator-monitor/config.toml"))

_MAX_BYTES = 4 * 1024 * 1024
_AT_LINE = re.compile(r" ?\(at line (\d+), column \d+\)| ?\(at end of document\)")
_SYNTAX = (
    ("newline or end of document", "one key a line, and text in quotes"),
    ("invalid value", "the value is missing, or it is text without quotes"),
    ("illegal character '\\n'", "a closing quote is missing"),
    ("unclosed array", "a closing ] is missing"),
    ("unclosed inline table", "a closing } is missing"),
    ("expected '=' after a key", "after a key comes =, then the value"),
    ("invalid initial character", "a key of other than letters, digits, _ and - goes in quotes"),
)
_MINIMAL = (
    'add [tenants.production] with url = "https://cloud.uipath.com/{organization}/{tenant}/'
    'orchestrator_" and auth = { … }, as in `config example`'
)


def load(file: Path | None = None, *, read_secrets: bool = True) -> Configuration:
    """Read the configuration.

    `read_secrets` tells whether every secret must be there already; commands that sign in nowhere
    do without.

    Raises:
        ConfigError: with every mistake of the file.
    """
    path = find(file)
    return load_text(read_file(path), path, read_secrets=read_secrets)


def find(file: Path | None = None) -> Path:
    """Return the configuration file: the one given, or the first of the usual places.

    Raises:
        ConfigError: there is none; says where it was looked for.
    """
    chosen = file or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if chosen is not None:
        if chosen.is_file():
            return chosen
        how = "" if file is not None else f" named by ${VARIABLE}"
        what = "is not a file" if chosen.exists() else "does not exist"
        searched = ", ".join(str(place) for place in PLACES)
        message = f"the configuration{how} {what}; where none is given, the places are {searched}"
        raise ConfigError((Problem(file=str(chosen), key="", message=message),))
    for place in PLACES:
        if place.is_file():
            return place
    message = (
        f"no configuration; looked for --config, ${VARIABLE}, "
        + ", ".join(str(place) for place in PLACES)
        + "; `orchestrator-monitor config example` prints one to begin with"
    )
    raise ConfigError((Problem(file=str(PLACES[0]), key="", message=message),))


def load_text(text: str, path: Path, *, read_secrets: bool = True) -> Configuration:
    """Read a configuration from its text; `path` names it and is where relative paths start.

    Raises:
        ConfigError: with every mistake of the text.
    """
    return load_source(parse(text, str(path)), path, read_secrets=read_secrets)


def load_source(source: Source, path: Path, *, read_secrets: bool = True) -> Configuration:
    """Make a configuration of what was read; `path` is where relative paths start.

    Raises:
        ConfigError: with every mistake.
    """
    data = source.data
    around = _surroundings(data, path, read_secrets=read_secrets)
    problems: list[Problem] = []
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(data, context=around)
    except ValidationError as error:
        problems += explain(error, source, around)
    if not data.get("tenants"):
        problems.append(source.problem(("tenants",), f"no tenant to watch; {_MINIMAL}"))
    raw = data.get("rules")
    rules, found = read_rules(
        raw if isinstance(raw, Mapping) else None, rule_types(), source, around
    )
    problems += found
    configuration, found = compose(settings, tuple(rules), source, path)
    problems += found
    if configuration is None or problems:
        raise ConfigError(in_order(problems))
    return configuration


def read_file(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ConfigError: it cannot be read, or is no configuration by its looks.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            message = "is larger than 4 MiB: not a configuration"
            raise ConfigError((Problem(file=str(path), key="", message=message),))
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        message = "is not UTF-8 text"
        raise ConfigError((Problem(file=str(path), key="", message=message, line=line),)) from None
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
        raise ConfigError((Problem(file=str(path), key="", message=message),)) from None


def parse(text: str, file: str) -> Source:
    """Read TOML, with the lines of its keys.

    Raises:
        ConfigError: it is not TOML.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError((_syntax_problem(error, text, file),)) from None
    except RecursionError:
        raise ConfigError((Problem(file=file, key="", message="nested too deeply"),)) from None
    return Source(file=file, data=data, lines=scan(text))


def _syntax_problem(error: tomllib.TOMLDecodeError, text: str, file: str) -> Problem:
    """Say what is not TOML; of a key given twice, say where, which the parser does not."""
    message = str(error)
    lines: Lines = scan(text)
    if lines.repeated and ("overwrite" in message or "twice" in message or "Duplicate" in message):
        line, (path, before) = next(iter(lines.repeated.items()))
        again = f"given again; it is there already in line {before}"
        return Problem(file=file, key=dotted(path), message=again, line=line)
    found = _AT_LINE.search(message)
    line = int(found.group(1)) if found and found.group(1) else text.count("\n") + 1
    reason = next(
        (said for hint, said in _SYNTAX if hint in message.lower()), _AT_LINE.sub("", message)
    )
    return Problem(file=file, key="", message=f"not TOML: {reason}", line=line)


def _surroundings(data: Mapping[str, Any], path: Path, *, read_secrets: bool) -> Surroundings:
    return Surroundings(
        directory=path.absolute().parent,
        read_secrets=read_secrets,
        channels=_names(data.get("channels")),
        maintenance=_names(data.get("maintenance")),
        collectors=frozenset(collectors()),
        labels=label_names(data),
    )


def label_names(data: Mapping[str, Any]) -> frozenset[str]:
    """Return the labels that alerts may carry by a file: the known ones and its own."""
    return frozenset(ROUTE_LABELS).union(
        *(kind.labels for kind in KINDS.values()),
        *(_names(table.get("labels")) for table in _tables(data.get("tenants"))),
        *(_names(table.get("labels")) for table in _tables(data.get("rules"))),
    )


def _names(table: object) -> frozenset[str]:
    return frozenset(table) if isinstance(table, Mapping) else frozenset()


def _tables(table: object) -> list[Mapping[str, Any]]:
    if not isinstance(table, Mapping):
        return []
    return [inner for inner in table.values() if isinstance(inner, Mapping)]
