"""A list that is asked for folder by folder, and what to say where some folders are refused."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Generic, TypeVar

import msgspec

from monitor.errors import OrchestratorError
from monitor.orchestrator.listing import Listing, Source
from monitor.orchestrator.poll import Poll

T = TypeVar("T", bound=msgspec.Struct)

_MOST_NAMED = 3


class EachFolder(Generic[T]):
    """A list in every folder that counts; a folder that is refused is left alone for a while.

    `permission` is what a role needs in each of the folders.
    """

    def __init__(self, listing: Listing[T], permission: str) -> None:
        """Suppose that it can be read everywhere."""
        self._listing = listing
        self._permission = permission
        self._sources: dict[int, Source[list[T]]] = {}

    def ask(self, poll: Poll, folders: Mapping[int, str]) -> Mapping[int, list[T]]:
        """Return the rows by folder, in the order of `folders`, which is full paths by id.

        A folder that is refused is left out. Raises OrchestratorError for any other failure: what
        could be read of a tenant that is failing is no picture of it.
        """
        known = self._sources
        self._sources = {
            folder_id: known.get(folder_id) or Source(partial(self._listing, folder_id=folder_id))
            for folder_id in folders
        }
        if not folders:
            return {}
        answers = poll.together([partial(one.ask, poll) for one in self._sources.values()])
        return {
            folder_id: rows
            for folder_id, rows in zip(folders, answers, strict=True)
            if rows is not None
        }

    @property
    def refusal(self) -> OrchestratorError | None:
        """Return why a folder is refused, None where none is."""
        refusals = (one.refusal for one in self._sources.values())
        return next((refusal for refusal in refusals if refusal is not None), None)

    def forget(self) -> None:
        """Ask the refused folders again the next time."""
        self._sources = {}

    def note(self, folders: Mapping[int, str], answered: Collection[int]) -> str:
        """Return what is missing and what to grant; "" where every folder answered."""
        refused = [path for folder_id, path in folders.items() if folder_id not in answered]
        if not refused:
            return ""
        return (
            f"{len(folders) - len(refused)} of {len(folders)} folders readable; "
            f"grant {self._permission} in {named(refused)}"
        )


def named(paths: Sequence[str]) -> str:
    """Return the first few of some folders, and how many more there are."""
    text = ", ".join(paths[:_MOST_NAMED])
    more = len(paths) - _MOST_NAMED
    return f"{text} and {more} more" if more > 0 else text
