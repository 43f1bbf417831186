"""`config`: the configuration file, checked, shown and described."""

from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.options import ConfigOption, JsonOption, noun
from monitor.cli.output import print_json, say
from monitor.web.wording import count

if TYPE_CHECKING:
    from monitor.config.compose import Configuration

APP = noun("The configuration file: checked, shown, described.")


@APP.command("check")
def check_config(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Tell whether the configuration is right, without asking anyone else.

    Exits with 2 and all mistakes when it is not.
    """
    configuration = checked(config)
    if as_json:
        print_json(
            {
                "file": str(configuration.file),
                "tenants": len(configuration.tenants),
                "rules": len(configuration.rules),
                "channels": len(configuration.channels),
                "notices": list(configuration.notices),
            }
        )
        return
    say(f"{configuration.file}: fine: {extent(configuration)}")
    for notice in configuration.notices:
        say(f"  notice: {notice}")


@APP.command("show")
def show_config(config: ConfigOption = None, *, as_json: JsonOption = False) -> None:
    """Show everything in force, defaults too, with the secrets masked."""
    from monitor.config.load import load  # noqa: PLC0415 - slow to import
    from monitor.config.show import masked, masked_data  # noqa: PLC0415 - slow to import

    configuration = load(config, read_secrets=False)
    if as_json:
        print_json(masked_data(configuration))
        return
    for line in masked(configuration).splitlines():
        say(line)


@APP.command("example")
def show_example() -> None:
    """Print a configuration with every key, to begin with."""
    from monitor.config.example import example  # noqa: PLC0415 - slow to import

    for line in example().splitlines():
        say(line)


@APP.command("schema")
def show_schema() -> None:
    """Print the JSON Schema of the configuration, for editors that complete and check TOML."""
    from monitor.config.schema import schema  # noqa: PLC0415 - slow to import

    print_json(schema())


def checked(config: Path | None) -> "Configuration":
    """Load the configuration and ask the channels about their addresses; nothing is sent.

    Raises:
        ConfigError: with every mistake.
    """
    from monitor.config.channel_check import check_channels  # noqa: PLC0415 - slow to import
    from monitor.config.load import load  # noqa: PLC0415 - slow to import
    from monitor.errors import ConfigError  # noqa: PLC0415 - with the rest

    configuration = load(config)
    problems = check_channels(configuration)
    if problems:
        raise ConfigError(problems)
    return configuration


def extent(configuration: "Configuration") -> str:
    """Return `1 tenant, 8 rules, 2 channels`."""
    return ", ".join(
        (
            count(len(configuration.tenants), "tenant"),
            count(len(configuration.rules), "rule"),
            count(len(configuration.channels), "channel"),
        )
    )
