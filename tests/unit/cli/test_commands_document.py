from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from monitor.cli.program import APP

DOCUMENT = Path(__file__).parents[3] / "docs" / "commands.md"


def commands(group: TyperGroup, before: str = "") -> Iterator[tuple[str, TyperCommand]]:
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{before}{name} ")
        else:
            assert isinstance(command, TyperCommand)
            yield f"{before}{name}", command


ROOT = typer.main.get_group(APP)


@pytest.mark.parametrize("name", [name for name, _ in commands(ROOT)])
def test_every_command_is_in_the_documentation(name: str) -> None:
    assert f"`{name}" in DOCUMENT.read_text(encoding="utf-8")


def test_every_option_is_in_the_documentation() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    options = {
        option
        for command in (ROOT, *(command for _, command in commands(ROOT)))
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    }

    assert {option for option in options if option not in text} == set()
    assert {"--config", "--json", "--since", "--version"} <= options


@pytest.mark.parametrize("name", [name for name, _ in commands(ROOT)])
def test_every_command_takes_the_configuration_and_says_what_it_does(name: str) -> None:
    command = dict(commands(ROOT))[name]

    assert command.help
    is_alone = name in {"demo", "simulate", "config example", "config schema"}
    assert is_alone != any("--config" in parameter.opts for parameter in command.params)
