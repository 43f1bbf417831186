"""The kinds of value that keys hold: waits, matchers, names, addresses."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)

from monitor.config.names import nearest, suggestion
from monitor.config.surroundings import surroundings_of
from monitor.core.matching import Where, parse_where
from monitor.rules import Duration

T = TypeVar("T")

SURE = 0.75
"""How alike a label must be to a known one to be taken for a slip and not for one's own."""

_PORTS = 65535
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def _at_least_a_second(value: timedelta) -> timedelta:
    if value < timedelta(seconds=1):
        raise ValueError('must be "1s" or longer')
    return value


Interval = Annotated[Duration, AfterValidator(_at_least_a_second)]
"""A time between two polls: at least a second."""


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


Several = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
"""An array, kept as a tuple."""


def _without_repetition(value: tuple[str, ...]) -> tuple[str, ...]:
    for place, item in enumerate(value):
        if item in value[:place]:
            msg = f"entries {value.index(item) + 1} and {place + 1} are the same: keep one"
            raise ValueError(msg)
    return value


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value


Text = Annotated[str, AfterValidator(_not_blank), Field(json_schema_extra={"minLength": 1})]
"""A text that says something."""


def _found(value: str, info: ValidationInfo) -> str:
    """Make a path absolute; what needs no secrets needs no such files either."""
    around = surroundings_of(info)
    if around is None:
        return value
    path = around.directory / value
    if around.read_secrets and not path.is_file():
        msg = f"is not a file (a relative path starts at {around.directory})"
        raise ValueError(msg)
    return str(path)


ExistingFile = Annotated[str, AfterValidator(_not_blank), AfterValidator(_found)]
"""The path of a file; a relative one starts at the configuration file's directory."""


def _as_name(value: str) -> str:
    if not value.strip() or not value.isprintable() or value != value.strip():
        raise ValueError("must be a name of printable characters")
    if len(value) > 100:  # noqa: PLR2004 - the length the message speaks of
        raise ValueError("must not be longer than 100 characters")
    return value


Name = Annotated[str, AfterValidator(_as_name)]
"""The name of a tenant, rule, channel or window, as it appears in messages."""


def _known_channel(value: str, info: ValidationInfo) -> str:
    around = surroundings_of(info)
    if around is not None and value not in around.channels:
        msg = "no such channel; " + suggestion(value, around.channels, otherwise="defined")
        raise ValueError(msg)
    return value


def _known_window(value: str, info: ValidationInfo) -> str:
    around = surroundings_of(info)
    if around is not None and value not in around.maintenance:
        msg = "no such maintenance window; " + suggestion(
            value, around.maintenance, otherwise="defined"
        )
        raise ValueError(msg)
    return value


def _known_collector(value: str, info: ValidationInfo) -> str:
    around = surroundings_of(info)
    if around is not None and value not in around.collectors:
        msg = "no such collector; " + suggestion(value, around.collectors)
        raise ValueError(msg)
    return value


def _as_label(value: str) -> str:
    if not _LABEL.match(value):
        raise ValueError('must be a label: letters, digits, "_", "-" and "."')
    return value


def _known_label(value: str, info: ValidationInfo) -> str:
    check_labels((_as_label(value),), info)
    return value


ChannelName = Annotated[str, AfterValidator(_known_channel)]
ChannelNames = Annotated[Several[ChannelName], AfterValidator(_without_repetition)]
WindowNames = Annotated[
    Several[Annotated[str, AfterValidator(_known_window)]], AfterValidator(_without_repetition)
]
CollectorName = Annotated[str, AfterValidator(_known_collector)]
MetricNames = Annotated[Several[str], AfterValidator(_without_repetition)]
LabelName = Annotated[str, AfterValidator(_as_label)]
LabelNames = Annotated[
    Several[Annotated[str, AfterValidator(_known_label)]], AfterValidator(_without_repetition)
]
Labels = dict[LabelName, str]


def check_labels(labels: tuple[str, ...], info: ValidationInfo) -> None:
    """Refuse a label that is evidently a slip of a known one; others may be anyone's own.

    Raises:
        ValueError: naming the label that was meant.
    """
    around = surroundings_of(info)
    if around is None or not around.labels:
        return
    for label in labels:
        if label not in around.labels:
            meant = nearest(label, around.labels, cutoff=SURE)
            if meant is not None:
                msg = f'no label is called "{label}"; did you mean "{meant}"?'
                raise ValueError(msg)


def _as_where(value: object, info: ValidationInfo) -> Where:
    if isinstance(value, Where):
        return value
    if not isinstance(value, Mapping | list | tuple):
        raise ValueError(  # noqa: TRY004 - pydantic collects ValueErrors only
            'must be a table such as { severity = "critical" } or a list such as '
            '["severity=critical"]'
        )
    where = parse_where(value)
    check_labels(tuple(matcher.name for matcher in where.matchers), info)
    return where


WHERE_SCHEMA: dict[str, Any] = {
    "oneOf": [
        {
            "type": "object",
            "additionalProperties": {
                "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]
            },
        },
        {"type": "array", "items": {"type": "string"}},
    ]
}
Matchers = Annotated[Where, PlainValidator(_as_where), WithJsonSchema(WHERE_SCHEMA)]
"""`where`: a table of label values, or a list of matchers such as "team=~web|db"."""


def host_and_port(value: str) -> tuple[str, int]:
    """Split `host:port`; an IPv6 host stands in brackets.

    Raises:
        ValueError: it is not an address to listen on.
    """
    host, colon, port = value.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError('an IPv6 address goes in brackets: "[::1]:8321"')
    if not colon or not host or not port.isascii() or not port.isdigit():
        raise ValueError('must be "host:port", for example "127.0.0.1:8321"')
    if int(port) > _PORTS:
        msg = f"the port must be at most {_PORTS}"
        raise ValueError(msg)
    return host, int(port)
