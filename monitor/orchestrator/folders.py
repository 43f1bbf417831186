"""The folders of a tenant that count: one list for all its collectors."""

import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from monitor.errors import AccessDenied
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import Folder, columns

PATH = "/odata/Folders"
KEPT_FOR = timedelta(minutes=15)


class Scope(Protocol):
    """Which folders count, by their full paths."""

    @property
    def is_whole(self) -> bool:
        """Tell whether every folder counts."""
        ...

    def covers(self, path: str) -> bool:
        """Tell whether a folder counts."""
        ...


class Everywhere:
    """Every folder counts."""

    is_whole = True

    def covers(self, _path: str) -> bool:
        """Return true."""
        return True


class Folders:
    """What `scope` covers of the folders that this sign-in sees; safe to use from many threads.

    Personal workspaces are left out: one for each user would multiply the requests.
    """

    def __init__(self, scope: Scope | None = None) -> None:
        """Prepare; nothing is asked yet. Without a `scope` every folder counts."""
        self.scope: Scope = scope or Everywhere()
        self._found: Mapping[int, str] = {}
        self._found_at: datetime | None = None
        self._lock = threading.Lock()

    def current(self, poll: Poll) -> Mapping[int, str]:
        """Return full paths by id, in the order of the paths, a quarter of an hour old at most.

        Raises:
            AccessDenied: none is visible.
            OrchestratorError: they cannot be listed.
        """
        with self._lock:
            now = poll.server_time
            if self._found_at is None or abs(now - self._found_at) >= KEPT_FOR:
                self._found = self._listed(poll)
                self._found_at = now
            if not self._found:
                self._found_at = None
                msg = (
                    f"{PATH}: no folder is visible, so no queue is; grant Queues.View in the "
                    "folders that should be watched"
                )
                raise AccessDenied(msg, endpoint=PATH)
            return self._found

    def _listed(self, poll: Poll) -> Mapping[int, str]:
        rows = poll.list(PATH, row=Folder, select=columns(Folder), key=lambda row: row.id)
        found = {
            row.id: label(row.fully_qualified_name or row.display_name)
            for row in rows
            if row.id is not None and not row.is_personal and row.folder_type != "Personal"
        }
        counted = {key: path for key, path in found.items() if self.scope.covers(path)}
        return dict(sorted(counted.items(), key=lambda item: (item[1], item[0])))
