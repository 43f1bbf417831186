"""Ways to tell people: one module per kind of channel, each with its constant `CHANNEL`.

A channel sends one message and says what came of it. It does not retry, filter or log: that is
the pipeline's part.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pydantic import SecretStr

from monitor.core.delivery import Delivery, Outcome

DEFAULT = "apprise_url"


class Channel(Protocol):
    """Sends messages to one place. Driven by one thread."""

    def send(self, delivery: Delivery) -> Outcome:
        """Try once to send, within a bounded time, and return what came of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelType:
    """A kind of channel.

    `make` takes the channel's name and its URL. `problem_with` says what is wrong with a URL
    (without quoting it), None when nothing is; it talks to nobody.
    """

    make: Callable[[str, SecretStr], Channel]
    problem_with: Callable[[SecretStr], str | None]
    help: str
    example: str


def make_channel(name: str, url: SecretStr) -> Channel:
    """Return the channel that a URL describes."""
    return _default().make(name, url)


def problem_with(url: SecretStr) -> str | None:
    """Return what is wrong with a channel's URL and what would be right, None when it is fine."""
    return _default().problem_with(url)


def _default() -> ChannelType:
    # By name, since the module itself imports this package.
    plugin = importlib.import_module(f"{__name__}.{DEFAULT}").CHANNEL
    assert isinstance(plugin, ChannelType)  # noqa: S101 - narrows the type; never user input
    return plugin
