import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.cli.program import execute
from monitor.store import Store
from tests.integration.reports.estate import BEGIN, LENGTH_S, SINCE_S, WINDOW

CONFIG = """\
[database]
url = "{url}"
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = {{ type = "client-credentials", client_id = "x", client_secret_env = "NOT_THERE" }}
[tenants.staging]
url = "https://cloud.uipath.com/acme/Staging/orchestrator_"
auth = {{ type = "client-credentials", client_id = "x", client_secret_env = "NOT_THERE" }}
{collectors}
{more}
"""


@dataclass(frozen=True, slots=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command prints
        return json.loads(self.out)


Report = Callable[..., Ran]


@pytest.fixture
def report(
    store: Store, database_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Report:
    """Run the command in-process on the test's database; `store` is there to record into."""
    config = tmp_path / "config.toml"

    def run(*arguments: str, every: str = "1m", more: str = WINDOW) -> Ran:
        # The password of the test's server goes with it: the file is the test's own.
        names = ("sessions", "queues", "licenses")
        collectors = "\n".join(f'[collectors.{name}]\nevery = "{every}"' for name in names)
        config.write_text(
            CONFIG.format(url=database_url, collectors=collectors, more=more), encoding="utf-8"
        )
        capsys.readouterr()
        status = execute(["--config", str(config), "report", *arguments])
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run


def instant(second: int) -> str:
    at: datetime = BEGIN + timedelta(seconds=second)
    return at.isoformat()


PERIOD = ("--since", instant(SINCE_S), "--until", instant(SINCE_S + LENGTH_S))
