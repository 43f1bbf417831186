import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from monitor.store import open_store
from tests.integration.web.site import BreakableStore, Site


@pytest.fixture
def site(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    shutil.copyfile(migrated_file, tmp_path / "history.db")
    opened = open_store(f"sqlite:///{tmp_path / 'history.db'}")
    site = Site(BreakableStore(opened.database))
    with site.page.serving("127.0.0.1", 0) as address:
        site.port = urlsplit(address or "").port or 0
        yield site
    opened.close()
