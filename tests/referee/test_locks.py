"""What the gate installs beside our environment is pinned by hash, and no address stands there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

GATE = Path(__file__).parents[2] / ".ci"
NODE = ("referee", "clients")
PYTHON = GATE / "clients" / "requirements.lock"


def read(folder: str, name: str) -> Any:  # noqa: ANN401  any JSON
    return json.loads((GATE / folder / name).read_text("utf-8"))


@pytest.mark.parametrize("folder", NODE)
def test_every_package_has_a_hash(folder: str) -> None:
    packages = read(folder, "package-lock.json")["packages"]
    del packages[""]

    assert packages
    assert [name for name, package in packages.items() if "integrity" not in package] == []


@pytest.mark.parametrize("folder", NODE)
def test_what_is_wanted_is_pinned_and_locked(folder: str) -> None:
    wanted = read(folder, "package.json")["dependencies"]
    packages = read(folder, "package-lock.json")["packages"]

    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_every_python_package_has_a_hash() -> None:
    wanted = (GATE / "clients" / "requirements.txt").read_text("utf-8").split()
    entries = re.split(r"\n(?=\S)", PYTHON.read_text("utf-8").strip())

    assert set(wanted) <= {entry.split()[0] for entry in entries}
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize(
    "lock",
    [PYTHON, *(GATE / folder / "package-lock.json" for folder in NODE)],
    ids=lambda lock: lock.parent.name + lock.suffix,
)
def test_no_address_is_in_a_lock(lock: Path) -> None:
    assert (
        re.findall(r"[a-z+]+://\S+|\"resolved\"|--(?:extra-)?index-url", lock.read_text("utf-8"))
        == []
    )
