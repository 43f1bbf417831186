"""The simulator against the reduced OpenAPI document, where that is at hand."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from monitor.simulator import entities
from monitor.simulator.profiles import CLOUD, Endpoint
from monitor.simulator.schema import Entity, Kind
from tests.unit.simulator.callers import Caller

ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("ORCHESTRATOR_OPENAPI", ROOT.parent / "shared" / "openapi"))
CLOUD_FILE = FOLDER / "cloud.json"

pytestmark = pytest.mark.skipif(not CLOUD_FILE.exists(), reason=f"{CLOUD_FILE} is not here")

ENTITIES = [value for value in vars(entities).values() if isinstance(value, Entity)]
# Real tenants serve the version, and no published document has it.
DOCUMENTED = [endpoint for endpoint in CLOUD.endpoints if endpoint.name != "Version"]
LISTS = [endpoint for endpoint in CLOUD.endpoints if endpoint.entity and not endpoint.single]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(CLOUD_FILE.read_text(encoding="utf-8"))
    return loaded


def operation(document: dict[str, Any], endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = document["paths"][endpoint.path]["get"]
    return found


@pytest.mark.parametrize("endpoint", DOCUMENTED, ids=lambda endpoint: endpoint.name)
def test_every_path_and_its_scopes_are_documented(
    document: dict[str, Any], endpoint: Endpoint
) -> None:
    scopes = operation(document, endpoint).get("x-scopes", [])

    assert sorted(endpoint.scopes) == sorted(scopes)


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda endpoint: endpoint.name)
def test_caps_and_parameters_are_documented(document: dict[str, Any], endpoint: Endpoint) -> None:
    parameters = {p["name"]: p for p in operation(document, endpoint)["parameters"]}

    assert parameters["$top"]["x-maximum"] == endpoint.cap
    assert endpoint.parameters <= set(parameters)


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_fields_and_enumerations_are_those_of_the_document(
    document: dict[str, Any], entity: Entity
) -> None:
    properties = document["components"]["schemas"][entity.name]["properties"]
    assert set(entity.fields) <= set(properties)
    assert set(entity.navigation) <= set(properties)

    for name, field in entity.fields.items():
        enum = properties[name].get("enum")
        assert (enum is not None) == (field.kind is Kind.ENUM), name
        if enum is not None:
            assert field.choices is not None
            assert set(field.choices.numbers) == set(enum), name


@pytest.mark.parametrize("endpoint", LISTS, ids=lambda endpoint: endpoint.name)
def test_every_row_fits_its_schema(document: dict[str, Any], endpoint: Endpoint) -> None:
    caller = Caller()
    caller.clock.at(444)
    entity = endpoint.entity
    assert entity is not None
    query = "&".join(f"$expand={name}" for name in entity.navigation)
    path = re.sub(r"\{\w+\}", "62511", endpoint.path)
    rows = caller.get(path, query, X_UIPATH_OrganizationUnitId="62511").rows
    assert rows

    for row in rows:
        fits(document, entity.name, row)


def test_the_license_fits_its_schema(document: dict[str, Any]) -> None:
    (endpoint,) = [endpoint for endpoint in CLOUD.endpoints if endpoint.single]
    body = Caller().get(endpoint.path).json
    body.pop("@odata.context")

    fits(document, "LicenseDto", body)


def fits(document: dict[str, Any], schema: str, row: dict[str, Any]) -> None:
    properties = document["components"]["schemas"][schema]["properties"]
    for name, value in row.items():
        assert name in properties, f"{schema}.{name}"
        if value is not None:
            fits_property(document, properties[name], value, f"{schema}.{name}")


def fits_property(document: dict[str, Any], declared: dict[str, Any], value: Any, at: str) -> None:  # noqa: ANN401  any JSON
    types: dict[str, Any] = {
        "string": str, "integer": int, "number": int | float, "boolean": bool, "array": list,
    }  # fmt: skip
    if "$ref" in declared:
        fits(document, declared["$ref"].rpartition("/")[2], value)
        return
    assert isinstance(value, types.get(declared["type"], dict)), f"{at}: {value!r}"
    if "enum" in declared:
        assert value in declared["enum"], at
    if declared.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z", value), at
    if "maxLength" in declared:
        assert len(value) <= declared["maxLength"], at
