"""The tables of a file of timelines (`rules test`), as a person writes them."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator, field_validator, model_validator

from monitor.config.alerting import Inhibition, Rate, Route
from monitor.config.maintenance import MaintenanceTable, circle
from monitor.config.table import Table
from monitor.config.values import ChannelName, Interval, Matchers, Name, Several, Text
from monitor.core.duration import parse_duration
from monitor.core.rehearsal import ACKNOWLEDGED_FOR
from monitor.rules import Span

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
"""A Monday: when a timeline begins that does not say."""

_WRITTEN = 'a time since the start such as "3m", or an instant such as "2026-01-05T08:03:00Z"'


def _moment(value: object) -> timedelta | datetime:
    at = value
    if isinstance(value, str):
        try:
            return parse_duration(value)
        except ValueError as error:
            if "-" not in value:
                msg = f"must be {_WRITTEN}: {error}"
                raise ValueError(msg) from None
        at = _instant(value)
    if not isinstance(at, datetime):
        msg = f"must be {_WRITTEN}"
        raise ValueError(msg)  # noqa: TRY004 - pydantic collects ValueErrors only
    if at.tzinfo is None:
        raise ValueError('must say its zone: end it with "Z" or "+02:00"')
    return at.astimezone(UTC)


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        msg = f"must be {_WRITTEN}"
        raise ValueError(msg) from None


def _start(value: object) -> object:
    at = _moment(value)
    if not isinstance(at, datetime):
        raise ValueError('must be an instant such as "2026-01-05T08:00:00Z"')  # noqa: TRY004 - as above
    return at


Moment = Annotated[timedelta | datetime, PlainValidator(_moment)]
"""A time since the start of the timeline, or an instant."""

Names = Several[str] | None


class TrialChannel(Table):
    """`[channels.NAME]` of a file of timelines: it has no address."""

    rate: Rate = Field(default=Rate(), description="what is more is gathered into one message")


class OpenTable(Table):
    """An element of `open`: what is given must be so."""

    rule: str | None = Field(default=None, description="name of the rule")
    name: str | None = Field(default=None, description="name of the subject")
    phase: Literal["pending", "firing"] | None = Field(default=None, description="its phase")
    severity: Literal["info", "warning", "critical"] | None = Field(
        default=None, description="how bad it is"
    )
    tenant: str | None = Field(default=None, description="tenant of the subject")
    kind: str | None = Field(default=None, description="kind of the subject")
    key: str | None = Field(default=None, description="key of the subject")
    folder: str | None = Field(default=None, description="folder of the subject")
    value: float | None = Field(default=None, description="the value shown")
    suppressed: bool | None = Field(default=None, description="whether something mutes it")
    flapping: bool | None = Field(default=None, description="whether it flaps")

    @model_validator(mode="after")
    def _says_something(self) -> "OpenTable":
        if not self.model_fields_set:
            raise ValueError("must say something, such as { rule = …, name = …, phase = … }")
        return self


class AlertsTable(Table):
    """An element of `alerts`."""

    at: Moment = Field(description="the step that is judged")
    open: Several[OpenTable] = Field(description="exactly what is open then")


class SpanTable(Table):
    """Something that lasts; half-open."""

    from_: Moment = Field(alias="from", description="when it begins")
    to: Moment = Field(description="when it ends")


class SilenceTable(SpanTable):
    """An element of `silences`."""

    where: Matchers = Field(description="which alerts")
    author: Text = Field(default="the test", description="who asked for it")
    comment: str = Field(default="", description="why")


class OutageTable(SpanTable):
    """An element of `channel_outages`."""

    channel: ChannelName = Field(description="which channel takes no messages")


class AckTable(Table):
    """An element of `acks`."""

    at: Moment = Field(description="when somebody acknowledges")
    where: Matchers = Field(description="which of the firing alerts")
    note: str = Field(default="", description="what they say")
    for_: Span = Field(default=ACKNOWLEDGED_FOR, alias="for", description="for how long")


class MessageTable(Table):
    """An element of `messages`."""

    channel: ChannelName = Field(description="who gets it")
    after: Moment | None = Field(default=None, description="it comes then or later")
    before: Moment | None = Field(default=None, description="it comes earlier")
    arrives: Moment | None = Field(default=None, description="it arrives then, to the second")
    firing: Names = Field(default=None, description="names of all problems it speaks of")
    resolved: Names = Field(default=None, description="names of what ended")
    gone: Names = Field(default=None, description="names of what is no longer reported")
    flapping: Names = Field(default=None, description="names of those of `firing` that flap")

    @model_validator(mode="after")
    def _says_something(self) -> "MessageTable":
        if not (self.firing or self.resolved or self.gone):
            raise ValueError("needs `firing` or `resolved`: the names it speaks of")
        return self


def _as_span(value: object) -> object:
    return {"from": value, "to": value} if isinstance(value, str | datetime) else value


class TimelineTable(Table):
    """An element of `[[tests]]`."""

    name: Text = Field(description="what is shown by it")
    start: Annotated[datetime, BeforeValidator(_start)] = Field(
        default=START, description="instant of the first step"
    )
    series: Several[Mapping[str, Any]] = Field(default=(), description="what the polls show")
    alerts: Several[AlertsTable] = Field(default=(), description="what is open at some steps")
    silences: Several[SilenceTable] = Field(default=(), description="silences")
    acks: Several[AckTable] = Field(default=(), description="acknowledgements")
    channel_outages: Several[OutageTable] = Field(
        default=(), description="when channels take no messages"
    )
    restarts: Several[Annotated[SpanTable, BeforeValidator(_as_span)]] = Field(
        default=(), description="when the monitor is off"
    )
    messages: Several[MessageTable] | None = Field(
        default=None, description="exactly the messages that are told"
    )


class TimelineFile(Table):
    """A file of timelines."""

    every: Interval = Field(
        default=timedelta(minutes=1), description="time from one step to the next"
    )
    config: Text | None = Field(
        default=None, description="configuration whose rules and routes are tested"
    )
    rules: dict[Name, dict[str, Any]] | None = Field(
        default=None, description="as in the configuration"
    )
    channels: dict[Name, TrialChannel] = Field(
        default_factory=dict, description="channels with a `rate`; those named elsewhere exist"
    )
    routes: Several[Route] = Field(default=(), description="as in the configuration")
    inhibitions: Several[Inhibition] = Field(default=(), description="as in the configuration")
    maintenance: dict[Name, MaintenanceTable] = Field(
        default_factory=dict, description="as in the configuration"
    )
    tests: Several[TimelineTable] = Field(default=(), description="the timelines")

    @field_validator("maintenance")
    @classmethod
    def _no_circle(cls, value: dict[str, MaintenanceTable]) -> dict[str, MaintenanceTable]:
        names = circle(value)
        if names:
            msg = f"windows are made of each other in a circle: {', '.join(names)}"
            raise ValueError(msg)
        return value
