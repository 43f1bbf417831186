"""`[rules.NAME]`: the keys that all rules share, and the options of each rule's type."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from monitor.config.names import suggestion
from monitor.config.problems import Source, explain
from monitor.config.surroundings import Surroundings
from monitor.config.table import Table, keys_of
from monitor.config.values import ChannelNames, Labels, Matchers, Text
from monitor.core.matching import Where
from monitor.errors import Problem
from monitor.rules import BUILT_IN, Duration, RuleOptions, RuleType, Span

ALWAYS_ON = ("collector-failing", "channel-failing")
"""The rules that stay on when an explicit `[rules]` replaces the built-in set.

They tell that the monitor cannot see, or cannot speak: then silence means nothing.
"""


class Flapping(Table):
    """`flapping` of a rule: when transitions are so many that only the fact itself is told."""

    window: Span = Field(
        default=timedelta(minutes=20), description="time in which transitions are counted"
    )
    start: Annotated[int, Field(ge=2)] = Field(
        default=6, description="openings and recoveries at which it flaps"
    )
    stop: Annotated[int, Field(ge=0)] = Field(
        default=2, description="those that may be left when it no longer does"
    )

    @model_validator(mode="after")
    def _ends(self) -> "Flapping":
        if self.stop >= self.start:
            raise ValueError("`stop` must be less than `start`")
        return self


def _or_off(value: object) -> object:
    if value is False:
        return None
    if not isinstance(value, dict | Flapping):
        raise ValueError(  # noqa: TRY004 - pydantic collects ValueErrors only
            "must be false, or a table such as { start = 6, stop = 2 }"
        )
    return value


def _or_false(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [*schema["anyOf"], {"const": False}]


class RuleKeys(Table):
    """The keys of every rule, whatever its type."""

    type: str | None = Field(
        default=None, description="rule type; default: the table's name, when that is one"
    )
    enabled: bool = Field(default=True, description="whether the rule is on")
    severity: Literal["info", "warning", "critical"] | None = Field(
        default=None, description="how bad; default: the type's"
    )
    where: Matchers = Field(default=Where(), description="which subjects; default: all")
    for_: Duration | None = Field(
        default=None, alias="for", description="breached this long before it opens"
    )
    for_count: Annotated[int, Field(ge=1)] = Field(
        default=1, description="breached in this many evaluations before it opens"
    )
    keep_open: Duration | None = Field(
        default=None, description="fine this long before it resolves; default: at once"
    )
    keep_open_count: Annotated[int, Field(ge=1)] = Field(
        default=1, description="fine in this many evaluations before it resolves"
    )
    clear_below: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="resolves only when the value is below this"
    )
    clear_above: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="resolves only when the value is above this"
    )
    clear_when: Text | None = Field(
        default=None, description="expression that must hold for it to resolve"
    )
    no_data: Literal["keep", "alert", "resolve"] = Field(
        default="keep", description="what is made of a subject that is no longer in the answers"
    )
    summary: Text | None = Field(default=None, description="template of the sentence people read")
    runbook_url: Text | None = Field(
        default=None, description="address of what to do, told with the alert"
    )
    labels: Labels = Field(
        default_factory=dict, description="labels of its alerts, for routes and silences"
    )
    channels: ChannelNames = Field(
        default=(), description="channels that hear of it; default: as the routes say"
    )
    flapping: Annotated[Flapping | None, BeforeValidator(_or_off)] = Field(
        default=Flapping(),
        description="when openings and recoveries are so many that only the fact is told; or false",
        json_schema_extra=_or_false,
    )


COMMON: Mapping[str, str] = keys_of(RuleKeys)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTable:
    """A rule as the file says it: the shared keys, and the options of its type."""

    name: str
    type: str
    keys: RuleKeys
    options: RuleOptions


def read_rules(
    raw: Mapping[str, Any] | None,
    types: Mapping[str, RuleType],
    source: Source,
    around: Surroundings,
) -> tuple[list[RuleTable], list[Problem]]:
    """Read all rule tables; without any, the built-in set.

    Disabled rules are read, and so checked, as well.
    """
    tables: dict[str, Any] = dict(BUILT_IN if raw is None else raw)
    if raw is not None:
        for name in ALWAYS_ON:
            tables.setdefault(name, BUILT_IN[name])
    read: list[RuleTable] = []
    problems: list[Problem] = []
    for name, table in tables.items():
        if isinstance(table, Mapping):
            rule, found = _read(name, table, types, source, around)
            problems += found
            if rule is not None:
                read.append(rule)
    return read, problems


def _read(
    name: str,
    table: Mapping[str, Any],
    types: Mapping[str, RuleType],
    source: Source,
    around: Surroundings,
) -> tuple[RuleTable | None, list[Problem]]:
    place = ("rules", name)
    problems: list[Problem] = []
    keys: RuleKeys | None = None
    options: RuleOptions | None = None
    rule_type, mistake = _type_of(name, table, types)
    if mistake:
        where = (*place, "type")
        problems.append(source.problem(where, mistake))
    try:
        keys = RuleKeys.model_validate(
            {key: value for key, value in table.items() if key in COMMON}, context=around
        )
    except ValidationError as error:
        problems += explain(error, source, around, place)
    if rule_type is not None:
        chosen = types[rule_type].options
        around.known_keys[id(table)] = {**COMMON, **keys_of(chosen)}
        try:
            options = chosen.model_validate(
                {key: value for key, value in table.items() if key not in COMMON}, context=around
            )
        except ValidationError as error:
            problems += explain(error, source, around, place)
    if rule_type is None or keys is None or options is None:
        return None, problems
    return RuleTable(name=name, type=rule_type, keys=keys, options=options), problems


def _type_of(
    name: str, table: Mapping[str, Any], types: Mapping[str, RuleType]
) -> tuple[str | None, str]:
    """Return the rule's type, or what is wrong with it."""
    given = table.get("type", name)
    if isinstance(given, str) and given in types:
        return given, ""
    if "type" not in table:
        return None, "is missing: what is watched; known: " + ", ".join(sorted(types))
    if not isinstance(given, str):
        return None, ""
    return None, "no such rule type; " + suggestion(given, types)
