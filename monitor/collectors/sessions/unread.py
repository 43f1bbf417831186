"""Rows of sessions that cannot be read, or do not tell whose they are."""

from collections.abc import Collection, Mapping, Sequence

from monitor.collectors.sessions.entries import Entry
from monitor.core.sample import Sample
from monitor.orchestrator.identity import NOBODY


class Unread:
    """The sessions known before that may be those whose rows cannot be read now.

    `guessed` are those of which a part was taken from before.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._entries: Sequence[Entry] = ()
        self._doubtful: Mapping[str, Entry] = {}
        self.is_whole = True
        self.guessed: list[Entry] = []

    def begin(self, *, is_whole: bool) -> None:
        """Begin a poll; what was guessed is to be judged anew once all rows can be read."""
        self.is_whole = is_whole
        if is_whole:
            for entry in self.guessed:
                entry.row = None
            self.guessed = []

    def among(
        self, entries: Sequence[Entry], samples: Mapping[str, Sample], skipped: int
    ) -> Collection[Entry]:
        """Return them; `entries` and `samples` are what could be read, `skipped` counts the rest.

        What the others of their host say is not the host's state then.
        """
        before, self._entries = self._entries, entries
        if not skipped:
            self._doubtful = {}
        else:
            known = {**self._doubtful, **{entry.key: entry for entry in before}}
            self._doubtful = {key: entry for key, entry in known.items() if key not in samples}
        return self._doubtful.values()


def without_nobody(
    samples: Mapping[str, Sample], entries: Sequence[Entry], skipped: int
) -> tuple[Mapping[str, Sample], int]:
    """Leave out what does not tell whose session it is, and count it with what was skipped."""
    if NOBODY not in samples:
        return samples, skipped
    named = {key: sample for key, sample in samples.items() if key != NOBODY}
    return named, skipped + sum(entry.key == NOBODY for entry in entries)
