"""Rule types: one file each, turning friendly options into a condition over a kind's metrics.

A module defines `RULE`. It is pure: it sees options, never samples, alerts or channels.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from monitor.core.duration import parse_duration
from monitor.core.matching import Where, parse_where
from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.core.window import LONGEST_WINDOW

DURATION_SCHEMA = {
    "type": "string",
    "pattern": "^(\\d+d)?(\\d+h)?(\\d+m)?(\\d+s)?$",
    "minLength": 2,
    "examples": ["30s", "2m", "1h30m", "7d"],
}


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return parse_duration(value)
    raise ValueError('must be a duration in quotes, such as "30s", "2m", "1h30m" or "7d"')


def _not_zero(value: timedelta) -> timedelta:
    if not value:
        raise ValueError("must be longer than zero")
    return value


Duration = Annotated[timedelta, BeforeValidator(_duration), WithJsonSchema(DURATION_SCHEMA)]
Span = Annotated[Duration, AfterValidator(_not_zero)]


def _within_memory(value: timedelta) -> timedelta:
    if value > LONGEST_WINDOW:
        msg = f'must be "{LONGEST_WINDOW.days}d" at most: rules look no further back'
        raise ValueError(msg)
    return value


Memory = Annotated[Span, AfterValidator(_within_memory)]
"""A length of time that window functions can look back."""


def _share(value: object) -> float:
    """Read a share: `0.2` or `"20%"`."""
    if isinstance(value, str) and value.strip().endswith("%"):
        value = _number(value.strip()[:-1]) / 100
    elif isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError('must be a share, such as "20%" or 0.2')
    share = float(value)
    if not 0 <= share < 100:  # noqa: PLR2004 - 10,000 % is a slip of the pen
        raise ValueError('must be a share from "0%" up, such as "20%" or 0.2')
    return share


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError('must be a share, such as "20%" or 0.2') from None


Share = Annotated[
    float,
    BeforeValidator(_share),
    WithJsonSchema({"anyOf": [{"type": "number"}, {"type": "string", "pattern": "%$"}]}),
]


class RuleOptions(BaseModel):
    """The options of one rule type, beside the keys that every rule has."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, populate_by_name=True
    )


Options = TypeVar("Options", bound=RuleOptions)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleType:
    """A plugin: `condition` says in terms of metrics what the options say in terms of people.

    `help` is one sentence for the documentation, `example` a table as a user would write it,
    `severity` the default.
    """

    options: type[RuleOptions]
    condition: Callable[[Any], Condition]
    help: str
    example: str
    severity: Severity


UNATTENDED: Where = parse_where(
    {"robot_type": ["Unattended", "NonProduction", "Headless", "TestAutomation"]}
)
"""Robots that work without a person; the others go offline when people go home."""

BUILT_IN: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {
        "robot-unresponsive": {"type": "session-unresponsive"},
        "robot-offline": {"type": "session-offline"},
        "host-offline": {"type": "host-offline"},
        "queue-failures": {"type": "queue-failures"},
        "queue-stalled": {"type": "queue-stalled", "after": "4h"},
        "license-overuse": {"type": "license-usage"},
        "license-expiry": {"type": "license-expiry"},
        "license-expiry-near": {
            "type": "license-expiry",
            "before": "3d",
            "severity": "critical",
        },
        "credential-expiry": {"type": "credential-expiry"},
        "credential-expiry-14d": {"type": "credential-expiry", "before": "14d"},
        "credential-expiry-7d": {"type": "credential-expiry", "before": "7d"},
        "credential-expiry-1d": {
            "type": "credential-expiry",
            "before": "1d",
            "severity": "critical",
        },
        "collector-failing": {"type": "collector-failing"},
        "channel-failing": {"type": "channel-failing"},
    }
)
"""What is on without any `[rules]`, written as a user would."""
