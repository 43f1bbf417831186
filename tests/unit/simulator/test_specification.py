"""The simulator against the reduced specifications, where those are at hand."""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from monitor.simulator.endpoints import Endpoint
from monitor.simulator.profiles import CLOUD, PROFILES, Profile
from monitor.simulator.schema import Entity, Kind
from monitor.simulator.versions import Version, shaped
from tests.unit.simulator.callers import Caller

ROOT = Path(__file__).parents[3]
FOLDER = Path(os.environ.get("ORCHESTRATOR_OPENAPI", ROOT.parent / "shared" / "openapi"))

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"{FOLDER} is not here")

# No specification of 2022.4 and 2023.10 was published: they are held against the cloud's.
SPECIFIED = ["2018.4", "2019.10", "2020.10", "cloud"]
CASES = [
    pytest.param(profile, endpoint, id=f"{profile.name}-{endpoint.name}")
    for profile in PROFILES.values()
    for endpoint in profile.endpoints
    # Real servers serve the version, and no published document has it.
    if endpoint.name != "Version"
]
LISTS = [case for case in CASES if case.values[1].entity and not case.values[1].single]  # type: ignore[union-attr]  # an Endpoint
ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for endpoint in CLOUD.endpoints
    if endpoint.entity is not None
    for entity in (endpoint.entity, *endpoint.entity.navigation.values())
}


@cache
def document(name: str) -> dict[str, Any]:
    file = FOLDER / f"{name if name in SPECIFIED else 'cloud'}.json"
    loaded: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return loaded


def operation(profile: Profile, endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = document(profile.name)["paths"][endpoint.path]["get"]
    return found


def schema(name: str, entity: str) -> dict[str, Any] | None:
    whole = document(name)
    schemas = whole.get("definitions") or whole["components"]["schemas"]
    found: dict[str, Any] | None = schemas.get(entity)
    return found


@pytest.mark.parametrize(("profile", "endpoint"), CASES)
def test_every_path_and_its_scopes_are_documented(profile: Profile, endpoint: Endpoint) -> None:
    documented = operation(profile, endpoint)
    scopes = documented.get("x-scopes", endpoint.scopes)

    assert sorted(endpoint.scopes) == sorted(scopes)
    # Only the cloud's document says which endpoints refuse the tokens of applications.
    if document(profile.name) is document("cloud"):
        assert endpoint.oauth == (documented.get("x-oauth") != "not supported")


@pytest.mark.parametrize("name", SPECIFIED)
def test_what_a_version_lacks_is_not_documented(name: str) -> None:
    present = {endpoint.name for endpoint in PROFILES[name].endpoints}
    lacking = [endpoint for endpoint in CLOUD.endpoints if endpoint.name not in present]
    paths = document(name)["paths"]

    assert [e.path for e in lacking if e.path in paths or f"{e.path}()" in paths] == []


@pytest.mark.parametrize(("profile", "endpoint"), CASES)
def test_the_permissions_asked_for_are_documented(profile: Profile, endpoint: Endpoint) -> None:
    documented = operation(profile, endpoint).get("x-permissions") or ""

    for need in endpoint.needs:
        assert [name for name in need.split("|") if name not in documented] == []
    if "authenticated caller" in documented:
        assert endpoint.needs == ()


@pytest.mark.parametrize(("profile", "endpoint"), LISTS)
def test_caps_and_parameters_are_documented(profile: Profile, endpoint: Endpoint) -> None:
    parameters = {p["name"]: p for p in operation(profile, endpoint)["parameters"]}

    assert endpoint.parameters <= set(parameters)
    if profile.name in {"2020.10", "cloud"}:
        assert parameters["$top"]["x-maximum"] == endpoint.cap


@pytest.mark.parametrize("name", SPECIFIED)
@pytest.mark.parametrize("entity", ENTITIES.values(), ids=lambda entity: entity.name)
def test_fields_and_enumerations_are_those_of_the_document(name: str, entity: Entity) -> None:
    documented = schema(name, entity.name)
    if documented is None:
        return  # an entity of later versions
    properties = documented["properties"]
    then = shaped(entity, PROFILES[name].version)
    assert set(then.fields) <= set(properties)
    assert set(then.navigation) <= set(properties)
    assert set(entity.fields) & set(properties) <= set(then.fields)

    for field_name, field in then.fields.items():
        enum = properties[field_name].get("enum")
        assert (enum is not None) == (field.kind is Kind.ENUM), field_name
        if enum is not None:
            assert field.choices is not None
            assert set(field.choices.numbers) == set(enum), field_name


def test_the_entities_of_the_cloud_are_shaped_as_they_are() -> None:
    for entity in ENTITIES.values():
        assert shaped(entity, Version.CLOUD) == entity


@pytest.mark.parametrize(("profile", "endpoint"), CASES)
def test_every_answer_fits_its_schema(profile: Profile, endpoint: Endpoint) -> None:
    caller = Caller(profile=profile)
    caller.token = caller.with_password().json["result"]
    caller.clock.at(444)
    navigation = endpoint.entity.navigation if endpoint.entity is not None else ()
    options = [f"$expand={name}" for name in navigation]
    options += ["days=2"] if "days" in endpoint.parameters else []
    path = endpoint.path.replace("{folderId}", "62511").replace("{key}", "229978")
    answer = caller.get(path, "&".join(options), X_UIPATH_OrganizationUnitId="62511")
    assert answer.status == 200

    response = operation(profile, endpoint)["responses"]["200"]
    declared = response.get("schema")
    if "content" in response:
        declared = response["content"].get("application/json", {}).get("schema")
    if declared is None:
        assert answer.reply.body == b""
        return
    body = answer.json
    assert body
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if not name.startswith("@odata.")}
        assert all(body.values() if "value" in body else [body])
    fits(profile.name, declared, body, endpoint.name)


def fits(name: str, declared: dict[str, Any], value: Any, at: str) -> None:  # noqa: ANN401  any JSON
    """Assert that a value is one of a schema; null is one of any: no document tells."""
    if value is None:
        return
    if "$ref" in declared:
        referred = declared["$ref"].rpartition("/")[2]
        found = schema(name, referred)
        assert found is not None, referred
        fits(name, found, value, referred)
        return
    if "allOf" in declared:
        declared = merged(name, declared)
    types: dict[str, Any] = {
        "string": str, "integer": int, "number": int | float, "boolean": bool, "array": list,
    }  # fmt: skip
    assert isinstance(value, types.get(declared.get("type", ""), dict)), f"{at}: {value!r}"
    if "enum" in declared:
        assert value in declared["enum"], at
    if isinstance(value, str):
        fits_text(declared, value, at)
    if isinstance(value, list):
        for item in value:
            fits(name, declared["items"], item, at)
    if isinstance(value, dict):
        fits_object(name, declared, value, at)


def fits_text(declared: dict[str, Any], value: str, at: str) -> None:
    if declared.get("format") == "date-time":
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z", value), at
    assert len(value) <= declared.get("maxLength", len(value)), at


def fits_object(name: str, declared: dict[str, Any], value: dict[str, Any], at: str) -> None:
    inner = declared.get("properties", {})
    for key, item in value.items():
        assert key in inner or "additionalProperties" in declared, f"{at}.{key}"
        if key in inner:
            fits(name, inner[key], item, f"{at}.{key}")


def merged(name: str, declared: dict[str, Any]) -> dict[str, Any]:
    """Return an object's schema with the properties of those it extends."""
    properties = dict(declared["properties"])
    for part in declared["allOf"]:
        extended = schema(name, part["$ref"].rpartition("/")[2])
        assert extended is not None
        properties |= extended["properties"]
    return {"type": "object", "properties": properties}
