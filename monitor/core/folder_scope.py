"""Which folders of a tenant count."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from monitor.core.matching import glob_pattern

_ALL = "**"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderScope:
    """Globs over full paths, `Finance/Payroll`: what `include` matches and `exclude` does not.

    Case does not count, as in Orchestrator.
    """

    include: tuple[str, ...] = (_ALL,)
    exclude: tuple[str, ...] = ()

    def covers(self, path: str, *, is_personal: bool = False) -> bool:
        """Tell whether a folder counts, by its full path.

        A personal workspace needs more than `**`: there is one for each user.
        """
        include = [glob for glob in self.include if not (is_personal and glob == _ALL)]
        return _is_any(include, path) and not _is_any(self.exclude, path)

    @property
    def is_whole(self) -> bool:
        """Tell whether every folder counts, personal workspaces aside."""
        return _ALL in self.include and not self.exclude


def _is_any(globs: Iterable[str], path: str) -> bool:
    return any(
        re.fullmatch(glob_pattern(glob, is_path=True), path, re.IGNORECASE | re.DOTALL)
        for glob in globs
    )
