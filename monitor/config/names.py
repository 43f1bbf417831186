"""How keys are written for people, and the nearest right name for a wrong one."""

import difflib
import json
import re
from collections.abc import Iterable

Path = tuple[str | int, ...]
"""Where a value stands in the file: names of tables and keys, and places in arrays."""

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_LISTED = 12


def dotted(path: Path) -> str:
    """Write a path as in TOML, with places in arrays in brackets: `routes[0].group_wait`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            name = part if _BARE.match(part) else json.dumps(part, ensure_ascii=False)
            text += f".{name}" if text else name
    return text


def nearest(name: str, candidates: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return the candidate that `name` was most likely meant to be, if any is near."""
    by_lower = {candidate.lower(): candidate for candidate in sorted(candidates)}
    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def suggestion(name: object, candidates: Iterable[str], *, otherwise: str = "known") -> str:
    """Say what would be right: the nearest candidate, else all of them.

    The wrong name itself is not repeated: it might be a secret in the wrong place.
    """
    known = sorted(set(candidates))
    close = nearest(name, known) if isinstance(name, str) else None
    if close is not None:
        return f'did you mean "{close}"?'
    if not known:
        return "none is defined"
    listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    return f"{otherwise}: {listed}"
