"""The migration scripts: what they say of themselves, and scripts that a test adds to them."""

import re
import shutil
from collections.abc import Collection
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from monitor.store import schema, version
from monitor.store.schema import alembic_config, migrations_directory

NEXT = "9000"
SCRIPT = '''"""{docstring}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    {body}


def downgrade() -> None:
    pass
'''


def contracted(docstring: str | None) -> Collection[str]:
    """Return the tables from which a script says that it takes something away: `Contracts: a, b.`"""
    found = re.search(r"^Contracts: (.+?)\.$", docstring or "", re.MULTILINE)
    return found[1].split(", ") if found else ()


def contracts(revision: str) -> Collection[str]:
    """Return the tables that lose something in any script after a revision."""
    scripts = ScriptDirectory.from_config(alembic_config()).walk_revisions()
    return {
        table
        for script in scripts
        if script.revision > revision
        for table in contracted(script.module.__doc__)
    }


def add_script(
    monkeypatch: pytest.MonkeyPatch, directory: Path, body: str, *, docstring: str = "Go on."
) -> str:
    """Let the program be a newer one, whose last migration does what a test says."""
    before = version.HEAD
    copied = directory / "migrations"
    shutil.copytree(migrations_directory(), copied, ignore=shutil.ignore_patterns("__pycache__"))
    (copied / "versions" / f"{NEXT}_go_on.py").write_text(
        SCRIPT.format(docstring=docstring, revision=NEXT, before=before, body=body)
    )
    monkeypatch.setattr(schema, "migrations_directory", lambda: copied)
    for module in (schema, version):
        monkeypatch.setattr(module, "HEAD", NEXT)
    return before
