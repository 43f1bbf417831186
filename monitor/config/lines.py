"""Finds the line of every key in a TOML text.

`tomllib` gives values without places. This scanner reads only what is needed to know where a key
stands; it expects a text that `tomllib` accepts, and gives up quietly in one that it does not.
"""

import contextlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.config.names import Path

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_GAP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\r\n]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\\n])*"'
    r"|'[^'\n]*'",
    re.DOTALL,
)


class _LostError(Exception):
    """The text is not what a TOML document looks like here."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where keys stand (lines count from 1), and the lines of keys that were given before."""

    at: Mapping[Path, int] = field(default_factory=dict)
    repeated: Mapping[int, tuple[Path, int]] = field(default_factory=dict)

    def find(self, path: Path) -> int | None:
        """Return the line of a key, else that of the nearest table around it."""
        for length in range(len(path), 0, -1):
            line = self.at.get(path[:length])
            if line is not None:
                return line
        return None


def scan(text: str) -> Lines:
    """Return the lines of all keys, tables and array elements of a TOML text."""
    scanner = _Scanner(text)
    # What was found before it got lost still helps.
    with contextlib.suppress(_LostError, RecursionError, tomllib.TOMLDecodeError):
        scanner.document()
    return Lines(scanner.at, scanner.repeated)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.position = 0
        self.counted_to = 0
        self.line = 1
        self.at: dict[Path, int] = {}
        self.given: set[Path] = set()
        self.repeated: dict[int, tuple[Path, int]] = {}
        self.arrays: dict[Path, int] = {}

    def document(self) -> None:
        table: Path = ()
        while True:
            self.skip(_GAP)
            if self.position >= len(self.text):
                return
            if self.peek("[["):
                table = self.header("[[", "]]")
            elif self.peek("["):
                table = self.header("[", "]")
            else:
                self.pair(table)

    def header(self, start: str, end: str) -> Path:
        self.expect(start)
        line = self.current_line()
        parts = self.key()
        self.expect(end)
        path: Path = ()
        for part in parts[:-1]:
            path = self.inside((*path, part))
        path = (*path, parts[-1])
        if start == "[[":
            self.at.setdefault(path, line)
            self.arrays[path] = self.arrays.get(path, -1) + 1
            path = self.inside(path)
            self.at[path] = line
        else:
            self.record(path, line)
        for length in range(1, len(path)):
            self.at.setdefault(path[:length], line)
        return path

    def inside(self, path: Path) -> Path:
        """Step into the newest element when the path is an array of tables."""
        return (*path, self.arrays[path]) if path in self.arrays else path

    def pair(self, table: Path) -> None:
        line = self.current_line()
        path = (*table, *self.key())
        for length in range(len(table) + 1, len(path)):
            self.at.setdefault(path[:length], line)
        self.record(path, line)
        self.expect("=")
        self.value(path)

    def record(self, path: Path, line: int) -> None:
        if path in self.given:
            self.repeated[line] = (path, self.at[path])
        else:
            self.given.add(path)
            self.at[path] = line

    def key(self) -> tuple[str, ...]:
        parts = []
        while True:
            self.skip(_BLANK)
            if (match := _BARE_KEY.match(self.text, self.position)) is not None:
                parts.append(match.group())
            elif (match := _STRING.match(self.text, self.position)) is not None:
                parts.append(str(tomllib.loads(f"key = {match.group()}")["key"]))
            else:
                raise _LostError
            self.position = match.end()
            self.skip(_BLANK)
            if not self.peek("."):
                return tuple(parts)
            self.position += 1

    def value(self, path: Path) -> None:
        self.skip(_BLANK)
        if self.peek("["):
            self.elements(path)
        elif self.peek("{"):
            self.inline_table(path)
        elif (match := _STRING.match(self.text, self.position)) is not None or (
            match := _SCALAR.match(self.text, self.position)
        ) is not None:
            self.position = match.end()
        else:
            raise _LostError

    def elements(self, path: Path) -> None:
        self.expect("[")
        place = 0
        while True:
            self.skip(_GAP)
            if self.peek("]"):
                break
            self.at[(*path, place)] = self.current_line()
            self.value((*path, place))
            place += 1
            self.skip(_GAP)
            if not self.peek(","):
                break
            self.position += 1
        self.expect("]")

    def inline_table(self, path: Path) -> None:
        self.expect("{")
        while True:
            self.skip(_GAP)
            if self.peek("}"):
                break
            self.pair(path)
            self.skip(_GAP)
            if not self.peek(","):
                break
            self.position += 1
        self.expect("}")

    def skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self.text, self.position)
        if match is not None:
            self.position = match.end()

    def peek(self, text: str) -> bool:
        return self.text.startswith(text, self.position)

    def expect(self, text: str) -> None:
        self.skip(_BLANK)
        if not self.peek(text):
            raise _LostError
        self.position += len(text)

    def current_line(self) -> int:
        self.line += self.text.count("\n", self.counted_to, self.position)
        self.counted_to = self.position
        return self.line
