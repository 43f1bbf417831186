"""`[channels]`, `[[routes]]`, `[[inhibitions]]`: who hears of what."""

import re
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from monitor.config.digest import Digest
from monitor.config.secrets import Secret, SecretSource, checked
from monitor.config.table import Table
from monitor.config.values import (
    ChannelNames,
    LabelNames,
    Matchers,
    Several,
    WindowNames,
)
from monitor.core.matching import Where
from monitor.rules import Duration, Span

ROUTE_EXAMPLE = '{ rule = "host-offline" }'


def _not_nobody(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError("must name at least one channel")
    return value


def _url_mistake(text: str) -> str | None:
    """Say what is evidently wrong; what apprise thinks of it is asked by `check_channels`."""
    scheme, separator, rest = text.partition("://")
    if separator and rest and re.match(r"[A-Za-z][A-Za-z0-9+.-]*\Z", scheme):
        return None
    return 'must be an apprise URL such as "slack://…", "mailto://…" or "https://…"'


SomeChannels = Annotated[ChannelNames, AfterValidator(_not_nobody)]


class Rate(Table):
    """`rate` of a channel: more than this is gathered into one message."""

    messages: Annotated[int, Field(ge=1, le=100_000)] = Field(
        default=20, description="messages at most"
    )
    per: Span = Field(default=timedelta(minutes=5), description="in this time")


def _as_rate(value: object) -> object:
    if not isinstance(value, dict | Rate):
        raise ValueError(  # noqa: TRY004 - pydantic collects ValueErrors only
            'must be a table such as { messages = 20, per = "5m" }'
        )
    return value


class Channel(Table):
    """`[channels.NAME]`: one apprise URL."""

    url: Secret = Field(
        description="apprise URL of the service that gets the messages", examples=["OPS_SLACK_URL"]
    )
    rate: Annotated[Rate, BeforeValidator(_as_rate)] = Field(
        default=Rate(), description="what is more waits and is told as one message"
    )

    @field_validator("url")
    @classmethod
    def _like_an_url(cls, value: SecretSource) -> SecretSource:
        return checked("url", value, _url_mistake)


class Escalation(Table):
    """An element of a route's `escalate`."""

    after: Span = Field(description="how long after the first message; an acknowledgement stops it")
    channels: SomeChannels = Field(description="who hears of it then")


class Route(Table):
    """`[[routes]]`: the first that matches wins."""

    where: Matchers = Field(
        default=Where(),
        description="which alerts; default: all",
        examples=[{"severity": "critical"}],
    )
    channels: SomeChannels = Field(
        description="names of the channels that hear of them", examples=[["ops"]]
    )
    continue_: bool = Field(
        default=False, alias="continue", description="whether the routes below are tried as well"
    )
    send_resolved: bool = Field(default=True, description="whether recoveries are told")
    group_by: LabelNames = Field(
        default=("tenant", "rule"), description="labels whose alerts share a message"
    )
    group_wait: Duration = Field(
        default=timedelta(seconds=30),
        description="how long the first message waits for others; critical ones do not wait",
    )
    group_interval: Duration = Field(
        default=timedelta(minutes=5), description="shortest time between messages of a group"
    )
    repeat_every: Duration | None = Field(
        default=None,
        description="how often what is open is told again; default: by severity; 0s: never",
        examples=["4h"],
    )
    repeat_growth: Annotated[float, Field(ge=1, le=10, allow_inf_nan=False)] = Field(
        default=1.0, description="each repeat waits so many times longer, up to a day"
    )
    mute_in: WindowNames = Field(
        default=(),
        description="maintenance windows in which it tells nothing",
        examples=[["no-alerts"]],
    )
    active_in: WindowNames = Field(
        default=(),
        description="windows outside which it tells nothing",
        examples=[["office-hours"]],
    )
    escalate: Several[Escalation] = Field(
        default=(),
        description="who hears later when nobody acknowledges",
        examples=[[{"after": "30m", "channels": ["boss"]}]],
    )
    digest: Digest = Field(
        default=None,
        description="everything waits and is told at these times",
        examples=[{"cron": "0 8 * * mon-fri", "timezone": "Europe/Bucharest"}],
    )


class Inhibition(Table):
    """`[[inhibitions]]`: while a source is open, its targets are not told."""

    source: Matchers = Field(description="alerts that inhibit")
    target: Matchers = Field(description="alerts that are inhibited")
    equal: LabelNames = Field(
        default=(), description="labels that must be the same in source and target"
    )

    @model_validator(mode="after")
    def _not_everything(self) -> "Inhibition":
        if not self.source.matchers or not self.target.matchers:
            msg = f"`source` and `target` must say which alerts, for example {ROUTE_EXAMPLE}"
            raise ValueError(msg)
        return self
