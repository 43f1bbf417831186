"""Who says something on the command line, and which of many they mean."""

import getpass
import os
from collections.abc import Collection

import typer

LONGEST_NAME = 100


def author_of(given: str | None) -> str:
    """Return who it is: as they say themselves, else the login name.

    Raises:
        typer.BadParameter: they say nothing.
    """
    if given is not None:
        if not given.strip():
            raise typer.BadParameter("must not be empty", param_hint="--author")
        return given.strip()[:LONGEST_NAME]
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A user without an entry in the system's list, as in a container.
        return f"user {os.getuid()}"


def meant(identifier: str, known: Collection[str], what: str, all_of_them: str) -> str:
    """Return the id that a person means by it or by its beginning, whatever the case.

    `what` and `all_of_them` (the command that lists them) are for the refusal.

    Raises:
        typer.BadParameter: none or several are meant; the text names the nearest.
    """
    from difflib import get_close_matches  # noqa: PLC0415 - only for a slip

    wanted = identifier.strip().casefold()
    by_folded = {one.casefold(): one for one in known}
    if wanted in by_folded:
        return by_folded[wanted]
    begin = sorted(one for folded, one in by_folded.items() if wanted and folded.startswith(wanted))
    if len(begin) == 1:
        return begin[0]
    if begin:
        msg = f"several {what}s begin with {identifier!r}: {', '.join(begin[:5])}"
        raise typer.BadParameter(msg, param_hint="ID")
    near = [by_folded[one] for one in get_close_matches(wanted, by_folded, n=3, cutoff=0.5)]
    hint = f"nearest: {', '.join(near)}" if near else f"`{all_of_them}` shows all of them"
    msg = f"no {what} {identifier!r}; {hint}"
    raise typer.BadParameter(msg, param_hint="ID")
