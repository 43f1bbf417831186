"""`channels`: where messages go, and whether they arrive."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import Column, print_json, say, table
from monitor.clock import SystemClock
from monitor.core.delivery import Delivered
from monitor.errors import ConfigError, Problem

if TYPE_CHECKING:
    from pydantic import SecretStr

    from monitor.config.alerting import Channel
    from monitor.config.compose import Configuration

APP = noun("Where messages go, and whether they arrive.")


@APP.command("list")
def list_channels(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """List the channels, with the routes that lead to each; addresses are secrets and not shown."""
    configuration = _loaded(config)
    found = [_described(name, configuration) for name in configuration.channels]
    if as_json:
        print_json(found)
        return
    if not found:
        say("No channels: alerts are recorded and nobody is told.")
        return
    table(
        [
            Column(title="channel"),
            Column(title="service"),
            Column(title="address from"),
            Column(title="routes"),
        ],
        [
            (
                str(one["name"]),
                str(one["service"] or "cannot be read"),
                str(one["from"]),
                ", ".join(map(str, one["routes"])) if isinstance(one["routes"], list) else "",
            )
            for one in found
        ],
    )


@APP.command("test")
def try_channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The channel's name.")],
    config: ConfigOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Send a test message through a channel, and tell what the service answered.

    Exits with 1 when it was not accepted.
    """
    configuration = _loaded(config)
    channel = configuration.channels.get(name)
    if channel is None:
        raise typer.BadParameter(_unknown(name, configuration), param_hint="NAME")
    from monitor.cli.trial import send_trial  # noqa: PLC0415 - slow to import

    address = _address(name, channel, configuration)
    outcome, took_s = send_trial(name, address, SystemClock())
    is_sent = isinstance(outcome, Delivered)
    answer = "" if isinstance(outcome, Delivered) else outcome.reason
    if as_json:
        print_json(
            {"channel": name, "sent": is_sent, "error": answer or None, "took_s": round(took_s, 3)}
        )
    elif is_sent:
        say(f"{name}: the test message was accepted in {took_s:.1f} s")
    else:
        say(f"{name}: not accepted: {answer}")
    if not is_sent:
        raise typer.Exit(1)


def _loaded(config: Path | None) -> "Configuration":
    from monitor.config.load import load  # noqa: PLC0415 - slow to import

    return load(config, read_secrets=False)


def _described(name: str, configuration: "Configuration") -> dict[str, object]:
    from monitor.config.secrets import SecretUnreadableError  # noqa: PLC0415 - with the loader

    channel = configuration.channels[name]
    key, source = channel.url.shown_as("url")
    try:
        scheme, separator, _ = channel.url.read().get_secret_value().strip().partition("://")
    except SecretUnreadableError:
        scheme, separator = "", ""
    routes = [route.name for route in configuration.routes if name in route.channels]
    routes += [
        f"{route.name} (escalation)"
        for route in configuration.routes
        if name not in route.channels and any(name in step.channels for step in route.escalate)
    ]
    rules = [f"rules.{rule.name}" for rule in configuration.rules if name in rule.channels]
    return {
        "name": name,
        # Before `://` stands the service; anything else might be a part of the secret.
        "service": scheme.lower() if separator and scheme.isalnum() else None,
        "from": f"{key} {source}" if key != "url" else "url",
        "routes": [*routes, *rules],
    }


def _address(name: str, channel: "Channel", configuration: "Configuration") -> "SecretStr":
    from monitor.channels import problem_with  # noqa: PLC0415 - slow to import
    from monitor.config.secrets import SecretUnreadableError  # noqa: PLC0415 - with the loader

    key, _ = channel.url.shown_as("url")
    mistake: str | None
    try:
        address = channel.url.read()
        mistake = problem_with(address)
    except SecretUnreadableError as error:
        mistake = str(error)
    if mistake is not None:
        problem = Problem(
            file=str(configuration.file), key=f"channels.{name}.{key}", message=mistake
        )
        raise ConfigError((problem,))
    return address


def _unknown(name: str, configuration: "Configuration") -> str:
    known = sorted(configuration.channels)
    near = get_close_matches(name, known, n=1)
    if near:
        return f"no channel {name!r}; did you mean {near[0]!r}?"
    return f"no channel {name!r}; there is {', '.join(known) or 'none'}"
