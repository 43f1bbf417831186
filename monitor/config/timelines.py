"""Reads files of timelines (`rules test`), and tells all mistakes of a file at once."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.config.alerting import Inhibition, Route
from monitor.config.compose import Configuration
from monitor.config.load import label_names, load, parse, read_file
from monitor.config.maintenance import MaintenanceTable
from monitor.config.names import suggestion
from monitor.config.plugins import collectors, rule_types
from monitor.config.problems import Source, explain, in_order
from monitor.config.rule_objects import rule_of
from monitor.config.rules import read_rules
from monitor.config.surroundings import Surroundings
from monitor.config.telling import plan_of
from monitor.config.timeline_tables import TimelineFile, TimelineTable, TrialChannel
from monitor.config.trial import Trial, read_trial
from monitor.core.rule import Rule
from monitor.core.timeline import Stage
from monitor.errors import ConfigError, Problem

LONE_CHANNEL = "ops"
"""The channel of a file that names none."""

_OWN = ("rules", "channels", "routes", "inhibitions", "maintenance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """The timelines of a file, and who plays them."""

    file: str
    stage: Stage
    trials: Sequence[Trial]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """The tables that say who is told."""

    channels: Mapping[str, TrialChannel]
    routes: Sequence[Route]
    inhibitions: Sequence[Inhibition]
    maintenance: Mapping[str, MaintenanceTable]


def read_timelines(path: Path, config: Path | None = None) -> Trials:
    """Read a file of timelines; `config` is what is tested where the file itself does not say.

    Raises:
        ConfigError: with every mistake of the file, and of the configuration that it names.
    """
    source = parse(read_file(path), str(path))
    data = source.data
    problems: list[Problem] = []
    own = [key for key in _OWN if key in data]
    chosen = config if not own else None
    if isinstance(data.get("config"), str):
        chosen = path.parent / data["config"]
        problems += [
            source.problem((key,), "is in the configuration already: leave out this or `config`")
            for key in own
        ]
    configuration: Configuration | None = None
    if chosen is not None:
        try:
            configuration = load(chosen, read_secrets=False)
        except ConfigError as error:
            # Without it every name in the file would be wrong.
            raise ConfigError((*in_order(problems), *error.problems)) from None
    around = _surroundings(data, path, configuration)
    file: TimelineFile | None = None
    try:
        file = TimelineFile.model_validate(data, context=around)
    except ValidationError as error:
        problems += explain(error, source, around)
    rules, found = _rules(data, source, around, configuration)
    problems += found
    if not data.get("tests"):
        problems.append(source.problem(("tests",), "no timeline: add one as [[tests]]"))
    trials: list[Trial] = []
    if file is not None:
        trials, found = _trials(file, rules, source, configuration)
        problems += found
    if file is None or problems:
        raise ConfigError(in_order(problems))
    return Trials(
        file=str(path), stage=_stage(file, rules, around, configuration), trials=tuple(trials)
    )


def _trials(
    file: TimelineFile,
    rules: Sequence[Rule],
    source: Source,
    configuration: Configuration | None,
) -> tuple[list[Trial], list[Problem]]:
    tenants = _tenants(configuration)
    names = {rule.name for rule in rules}
    trials: list[Trial] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for place, table in enumerate(file.tests):
        if table.name in seen:
            message = f"tests[{seen[table.name]}] has this name already"
            problems.append(source.problem(("tests", place, "name"), message))
        seen.setdefault(table.name, place)
        problems += _unknown_rules(table, names, source, place)
        trial, found = read_trial(table, file.every, tenants, source, ("tests", place))
        problems += found
        if trial is not None:
            trials.append(trial)
    return trials, problems


def _unknown_rules(
    table: TimelineTable, rules: set[str], source: Source, place: int
) -> Iterator[Problem]:
    for number, judged in enumerate(table.alerts):
        for position, one in enumerate(judged.open):
            if one.rule is not None and one.rule not in rules:
                path = ("tests", place, "alerts", number, "open", position, "rule")
                message = "no such rule; " + suggestion(one.rule, rules)
                yield source.problem(path, message)


def _rules(
    data: Mapping[str, Any],
    source: Source,
    around: Surroundings,
    configuration: Configuration | None,
) -> tuple[list[Rule], list[Problem]]:
    """Return the rules that are tested: those that are written, else the built-in set.

    The rules that stay on beside written ones are left out: they would open alerts that nobody
    who writes a timeline thinks of.
    """
    if configuration is not None:
        written = configuration.settings.rules
        known = configuration.rules
        return [rule for rule in known if written is None or rule.name in written], []
    raw = data.get("rules")
    given = raw if isinstance(raw, Mapping) else None
    tables, problems = read_rules(given, rule_types(), source, around)
    rules: list[Rule] = []
    for table in tables:
        if given is not None and table.name not in given:
            continue
        rule, found = rule_of(table, source)
        problems += found
        if rule is not None and table.keys.enabled:
            rules.append(rule)
    return rules, problems


def _stage(
    file: TimelineFile,
    rules: Sequence[Rule],
    around: Surroundings,
    configuration: Configuration | None,
) -> Stage:
    kinds = {name: collector.kinds for name, collector in collectors().items()}
    if configuration is not None:
        plan = plan_of(configuration.settings, rules, kinds)
    else:
        plain = TrialChannel()
        given = _Given(
            channels={name: file.channels.get(name, plain) for name in sorted(around.channels)},
            routes=file.routes,
            inhibitions=file.inhibitions,
            maintenance=file.maintenance,
        )
        plan = plan_of(given, rules, kinds)
    return Stage(plan=plan, collector_kinds=kinds, tenants=_tenants(configuration))


def _tenants(configuration: Configuration | None) -> Mapping[str, Mapping[str, str]]:
    if configuration is None:
        return {}
    return {name: tenant.labels for name, tenant in configuration.tenants.items()}


def _surroundings(
    data: Mapping[str, Any], path: Path, configuration: Configuration | None
) -> Surroundings:
    """Return the names that exist: in the file, or in the configuration that it names."""
    labels = label_names(data).union(*_subject_labels(data))
    if configuration is None:
        channels = frozenset(_channel_names(data)) or frozenset({LONE_CHANNEL})
        windows = frozenset(_mapping(data.get("maintenance")))
    else:
        settings = configuration.settings
        channels, windows = frozenset(settings.channels), frozenset(settings.maintenance)
        of_tenants = (tenant.labels for tenant in settings.tenants.values())
        labels = labels.union(*of_tenants, *(rule.labels for rule in configuration.rules))
    return Surroundings(
        directory=path.absolute().parent,
        read_secrets=False,
        channels=channels,
        maintenance=windows,
        collectors=frozenset(collectors()),
        labels=labels,
    )


def _channel_names(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the channels that a file speaks of anywhere."""
    named: list[object] = list(_mapping(data.get("channels")))
    for rule in _mapping(data.get("rules")).values():
        named += _sequence(_mapping(rule).get("channels"))
    for route in map(_mapping, _sequence(data.get("routes"))):
        named += _sequence(route.get("channels"))
        for step in map(_mapping, _sequence(route.get("escalate"))):
            named += _sequence(step.get("channels"))
    for test in map(_mapping, _sequence(data.get("tests"))):
        for key in ("messages", "channel_outages"):
            named += (_mapping(one).get("channel") for one in _sequence(test.get(key)))
    yield from (name for name in named if isinstance(name, str))


def _subject_labels(data: Mapping[str, Any]) -> Iterator[Iterable[str]]:
    for test in map(_mapping, _sequence(data.get("tests"))):
        for series in map(_mapping, _sequence(test.get("series"))):
            yield _mapping(series.get("subject"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _sequence(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
