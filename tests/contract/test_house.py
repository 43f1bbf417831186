"""The rules of the house: what holds for every file, checked rather than hoped for."""

import ast
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "monitor"
LOCK = ROOT / "requirements.lock"
LONGEST = 400
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
TEXTS = {".py", ".md", ".toml", ".html", ".css", ".service", ".conf", ".mako", ".sql", ".txt", ""}
# Put together here, so that this file does not contain what it looks for.
OPEN_ENDS = re.compile(r"\b(?:" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
REGISTRIES = re.compile(
    "|".join(
        map(re.escape, ("pypi" + ".org", "python" + "hosted", "registry." + "npm", "npm" + "js."))
    )
)
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}://|--(?:extra-)?index-url|--find-links")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py"))


def written_files() -> Iterator[Path]:
    """Yield every text file of the project but those of others (fonts, scripts, the lock)."""
    for folder in ("monitor", "migrations", "tests", "docs", "systemd", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix in TEXTS and "vendor" not in path.parts:
                yield path
    for path in sorted(ROOT.iterdir()):
        # `.git` is a file in a linked worktree; `.coverage` is a database.
        if path.is_file() and path.suffix in TEXTS and path.name not in {".git", ".coverage"}:
            yield path


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_no_module_is_too_long_to_be_read_at_once() -> None:
    lengths = {name(path): len(path.read_text("utf-8").splitlines()) for path in modules()}

    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [name(path) for path in modules() if path.stem in NAMES_THAT_SAY_NOTHING] == []


def test_every_package_says_what_belongs_there() -> None:
    folders = {path.parent for path in modules()}
    silent = [
        name(folder)
        for folder in sorted(folders)
        if not (folder / "__init__.py").is_file()
        or ast.get_docstring(ast.parse((folder / "__init__.py").read_text("utf-8"))) is None
    ]

    assert silent == []


def test_imports_point_one_way() -> None:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    result = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert result.returncode == 0, result.stdout + result.stderr


def test_nothing_is_left_open() -> None:
    assert _found(OPEN_ENDS) == []


def test_no_registry_is_named() -> None:
    assert _found(REGISTRIES) == []


def _found(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{name(path)}:{number}: {line.strip()}"
        for path in (*written_files(), LOCK)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_search_sees_the_files_it_is_for() -> None:
    seen = {name(path) for path in written_files()}

    assert {"Makefile", "pyproject.toml", ".ci/run", "monitor/clock.py", "LICENSE"} <= seen
    assert name(Path(__file__)) in seen
    assert not any(path.startswith((".venv", ".git/")) for path in seen)


def test_every_locked_package_has_hashes_and_no_address() -> None:
    text = LOCK.read_text("utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())

    assert len(entries) > 50
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert [entry.split()[0] for entry in entries if not re.match(r"[\w.-]+==\S+", entry)] == []
    assert ADDRESS.findall(text) == []


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *project["dependency-groups"]["dev"],
        *(
            entry
            for extra in project["project"]["optional-dependencies"].values()
            for entry in extra
        ),
    ]
    locked = set(re.findall(r"^([\w.-]+)==", LOCK.read_text("utf-8"), re.MULTILINE))
    names = {re.split(r"[\[<>=~! ;]", entry)[0].lower() for entry in wanted}

    assert names - locked == set()


def test_urllib3_is_the_one_that_apprise_was_tried_with() -> None:
    # A fork that installs itself under the same name has a `backend` package.
    assert int(importlib.metadata.version("urllib3").split(".")[0]) < 3
    assert importlib.util.find_spec("urllib3.backend") is None


def test_help_is_shown_without_the_heavy_libraries() -> None:
    if importlib.util.find_spec("monitor.cli.main") is None:
        pytest.skip("there is no command line yet")
    result = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "monitor", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    lines = [line for line in result.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().split(".")[0] for line in lines}

    assert "monitor" in imported
    assert (
        imported & {"apprise", "alembic", "sqlalchemy", "apscheduler", "httpx", "uvicorn"} == set()
    )
