"""The page about the simulator names what there is, and its examples work."""

import dataclasses
import re
from pathlib import Path

import pytest

from monitor.simulator.auth import Accounts
from monitor.simulator.changes import ATTRIBUTES
from monitor.simulator.endpoints import Endpoint
from monitor.simulator.faults import FAULT_KINDS, FAULT_OPTIONS
from monitor.simulator.permissions import HELD
from monitor.simulator.profiles import CLOUD, PROFILES
from monitor.simulator.scenario import parse_scenario, scenario_names
from monitor.simulator.settings import Settings

PAGE = (Path(__file__).parents[3] / "docs" / "simulator.md").read_text(encoding="utf-8")
MATRIX = [line for line in PAGE.splitlines() if line.startswith("| `") and "●" in line]
EXAMPLES = re.findall(r"```toml scenario\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_scenario(example: str) -> None:
    assert parse_scenario(example, place="simulator.md").changes


def test_the_page_has_an_example() -> None:
    assert EXAMPLES


@pytest.mark.parametrize(
    "name",
    [
        *scenario_names(),
        *FAULT_KINDS,
        *FAULT_OPTIONS,
        *PROFILES,
        *HELD,
        *(endpoint.name for endpoint in CLOUD.endpoints),
        *(field.name for field in dataclasses.fields(Settings)),
        *(key for attributes in ATTRIBUTES.values() for key in attributes),
        *(
            getattr(Accounts(), field.name)
            for field in dataclasses.fields(Accounts)
            if field.name != "scopes"
        ),
    ],
)
def test_the_page_names_everything(name: str) -> None:
    assert f"`{name}`" in PAGE or f'`"{name}"`' in PAGE


@pytest.mark.parametrize("endpoint", CLOUD.endpoints, ids=lambda endpoint: endpoint.name)
def test_the_page_tells_which_version_has_an_endpoint(endpoint: Endpoint) -> None:
    (row,) = [line for line in MATRIX if f"`{endpoint.name}`" in line]
    _, _, *cells, _ = (cell.strip() for cell in row.split("|"))

    has = [endpoint.name in {e.name for e in p.endpoints} for p in PROFILES.values()]
    assert [cell == "●" for cell in cells] == has
