"""Queues that the tenant's list does not show any more: deleted, or in a folder closed to the role.

The list itself tells no difference, so their folders are asked, each in the poll in which something
is missing. Source: Orchestrator reference, fallback ladders: a queue that is missing because its
folder was not readable is unknown.
"""

from collections.abc import Collection, Mapping

from monitor.orchestrator.each_folder import EachFolder, named
from monitor.orchestrator.listing import Listing
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.wire import QueueStatus

Parts = Mapping[int | None, Collection[int]]
"""The ids of queues by the folder that they are in, None where it is not known."""


class Closed:
    """Finds the folders that hide their queues from one tenant's list."""

    def __init__(self, status: Listing[QueueStatus]) -> None:
        """Suppose that there are none."""
        self._each = EachFolder(status, "Queues.View")

    def ask(
        self, poll: Poll, before: Parts, now: Parts, counted: Mapping[int, str]
    ) -> Mapping[int, str]:
        """Return the folders, full paths by id, of which what the list showed `before` is unknown.

        `counted` are the folders that count. Raises OrchestratorError.
        """
        present = frozenset[int]().union(*now.values())
        missing = {
            folder_id: ids
            for folder_id in before.keys() & counted.keys()
            if folder_id is not None and (ids := frozenset(before[folder_id]) - present)
        }
        if not missing:
            return {}
        asked = {folder_id: counted[folder_id] for folder_id in sorted(missing)}
        answers = self._each.ask(poll, asked)
        return {
            folder_id: path
            for folder_id, path in asked.items()
            if folder_id not in answers
            # It is open again: the next list shows them.
            or any(row.queue_definition_id in missing[folder_id] for row in answers[folder_id])
        }


def note(closed: Mapping[int, str]) -> str:
    """Return what to grant; "" where no folder is closed."""
    if not closed:
        return ""
    return f"queues in {named([*closed.values()])} are not shown any more; grant Queues.View there"
