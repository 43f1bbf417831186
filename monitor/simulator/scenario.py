"""Scenario files: an estate, settings, and what happens at which second.

Everything wrong with a file is told at once, each with its place: `demo.toml: at[3].entity: …`.
"""

import dataclasses
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import TypeGuard

from monitor.simulator.changes import Change, ChangeInvalid, make_change
from monitor.simulator.estate import Estate
from monitor.simulator.estates import default_estate, large_estate, middle_estate, small_estate
from monitor.simulator.settings import Settings

_TOP = frozenset({"title", "loop_s", "estate", "settings", "at"})
_SHIPPED = Path(__file__).parent / "scenarios"
_SIZES = ("sessions", "queues", "folders")
_ESTATES: Mapping[str, Callable[[], Estate]] = MappingProxyType(
    {"default": default_estate, "small": small_estate, "middle": middle_estate}
)


class ScenarioInvalid(ValueError):
    """A scenario file has mistakes: all of them, one a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a file says; `loop_s` None plays it once."""

    title: str
    estate: Estate
    settings: Settings
    changes: tuple[Change, ...]
    loop_s: float | None = None


def scenario_names() -> tuple[str, ...]:
    """Return the names of the scenarios that come with the program."""
    return tuple(sorted(file.stem for file in _SHIPPED.glob("*.toml")))


def shipped(name: str) -> Path:
    """Return the file of a scenario that comes with the program.

    Raises:
        ScenarioInvalid: there is none of this name.
    """
    if name not in scenario_names():
        msg = f"no scenario {name!r}; shipped: {', '.join(scenario_names())}"
        raise ScenarioInvalid(msg)
    return _SHIPPED / f"{name}.toml"


def load_scenario(source: str | Path) -> Scenario:
    """Read a scenario from a file, or one that comes with the program by its name.

    Raises:
        ScenarioInvalid: it cannot be read, or has mistakes.
    """
    path = Path(source)
    if not path.exists() and str(source) in scenario_names():
        path = shipped(str(source))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{source}: cannot be read: {error}; shipped scenarios: {', '.join(scenario_names())}"
        raise ScenarioInvalid(msg) from error
    return parse_scenario(text, place=str(source))


def parse_scenario(text: str, *, place: str) -> Scenario:
    """Read a scenario from text; `place` is what the messages call it.

    Raises:
        ScenarioInvalid: it has mistakes.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{place}: {error}"
        raise ScenarioInvalid(msg) from error
    reader = _Reader(document)
    scenario = reader.read()
    if reader.problems:
        msg = "\n".join(f"{place}: {problem}" for problem in reader.problems)
        raise ScenarioInvalid(msg)
    return scenario


class _Reader:
    """Reads a document to the end and gathers what is wrong with it."""

    def __init__(self, document: Mapping[str, object]) -> None:
        self._document = document
        self.problems: list[str] = []

    def read(self) -> Scenario:
        self._known("", self._document, _TOP)
        estate = self._estate(self._table("estate"))
        title = self._document.get("title", "")
        if not isinstance(title, str):
            self._wrong("title", "must be text")
        changes = self._changes(estate)
        settings = self._settings(self._table("settings"))
        for path in sorted(settings.denied_folders - {folder.path for folder in estate.folders}):
            self._wrong("settings", f"denied_folders: no folder {path!r}")
        return Scenario(
            title=str(title),
            estate=estate,
            settings=settings,
            changes=changes,
            loop_s=self._loop(changes),
        )

    def _wrong(self, where: str, what: str) -> None:
        self.problems.append(f"{where}: {what}")

    def _known(self, where: str, table: Mapping[str, object], known: frozenset[str]) -> None:
        for key in table:
            if key not in known:
                self._wrong(f"{where}{key}", f"unknown key; known: {', '.join(sorted(known))}")

    def _table(self, key: str) -> Mapping[str, object]:
        table = self._document.get(key, {})
        if isinstance(table, dict):
            return table
        self._wrong(key, "must be a table")
        return {}

    def _loop(self, changes: tuple[Change, ...]) -> float | None:
        loop_s = self._document.get("loop_s")
        if loop_s is None:
            return None
        last_s = max((change.second for change in changes), default=0.0)
        if not _is_number(loop_s) or loop_s <= last_s:
            self._wrong("loop_s", f"must be a number above the last second, {last_s:g}")
            return None
        return float(loop_s)

    def _estate(self, table: Mapping[str, object]) -> Estate:
        self._known("estate.", table, frozenset({"kind", "mixed", *_SIZES}))
        kind, mixed = table.get("kind", "default"), table.get("mixed", False)
        if not isinstance(mixed, bool):
            self._wrong("estate.mixed", f"must be true or false, not {mixed!r}")
        return replace(self._sized(kind, self._sizes(table)), mixed=mixed is True)

    def _sizes(self, table: Mapping[str, object]) -> Mapping[str, int]:
        sizes: dict[str, int] = {}
        for key in _SIZES:
            size = table.get(key)
            if isinstance(size, int) and not isinstance(size, bool) and size >= 0:
                sizes[key] = size
            elif size is not None:
                self._wrong(f"estate.{key}", f"must be a whole number from 0, not {size!r}")
        return sizes

    def _sized(self, kind: object, sizes: Mapping[str, int]) -> Estate:
        if kind == "large":
            try:
                return large_estate(**sizes)
            except ValueError as error:
                self._wrong("estate", str(error))
                return default_estate()
        make = _ESTATES.get(kind) if isinstance(kind, str) else None
        if make is None:
            known = ", ".join(f'"{name}"' for name in (*_ESTATES, "large"))
            self._wrong("estate.kind", f"{kind!r} is none of {known}")
        elif sizes:
            self._wrong("estate", 'sizes belong to kind = "large"')
        return default_estate() if make is None else make()

    def _settings(self, table: Mapping[str, object]) -> Settings:
        fields = {field.name: field.default for field in dataclasses.fields(Settings)}
        self._known("settings.", table, frozenset(fields))
        settings = Settings()
        for key, value in table.items():
            default = fields.get(key)
            if isinstance(default, frozenset):
                if not _is_texts(value):
                    self._wrong(f"settings.{key}", "must be a list of texts")
                else:
                    setattr(settings, key, frozenset(value))
                continue
            fits = _is_number(value) if isinstance(default, float) else type(value) is type(default)
            if key in fields and not fits:
                self._wrong(f"settings.{key}", f"{value!r} is of the wrong type")
            elif key in fields:
                setattr(settings, key, value)
        for problem in settings.problems():
            self._wrong("settings", problem)
        return settings

    def _changes(self, estate: Estate) -> tuple[Change, ...]:
        entries = self._document.get("at", [])
        if not isinstance(entries, list):
            self._wrong("at", "must be written as [[at]] tables")
            return ()
        made = (self._change(f"at[{n}]", entry, estate) for n, entry in enumerate(entries))
        return tuple(change for change in made if change is not None)

    def _change(self, where: str, entry: object, estate: Estate) -> Change | None:
        if not isinstance(entry, dict):
            self._wrong(where, "must be a table")
            return None
        self._known(f"{where}.", entry, frozenset({"second", "entity", "change"}))
        second, entity, values = (entry.get(key) for key in ("second", "entity", "change"))
        if not _is_number(second) or second < 0:
            self._wrong(f"{where}.second", "must be a number of seconds from 0")
        elif not isinstance(entity, str):
            self._wrong(f"{where}.entity", 'must be text such as "robot:NAME"')
        elif not isinstance(values, dict) or not values:
            self._wrong(f"{where}.change", "must be a table with at least one value")
        else:
            try:
                return make_change(estate, entity, values, second=float(second))
            except ChangeInvalid as error:
                self._wrong(where, f"{entity}: {error}")
        return None


def _is_texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
