"""Writes a file whole or not at all: under another name, which it loses when it is complete.

A pipe or a device is written to as it is.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

import typer


@contextmanager
def whole_bytes(file: Path) -> Iterator[BinaryIO]:
    """Open a file to write; at the end of the block it takes its place, replacing another.

    Raises:
        typer.BadParameter: it cannot be written.
    """
    with _taking_place(file) as unfinished, unfinished.open("wb") as out:
        yield out


@contextmanager
def whole_text(file: Path) -> Iterator[TextIO]:
    """Open a file to write text to, as `whole_bytes` does."""
    with (
        _taking_place(file) as unfinished,
        unfinished.open("w", encoding="utf-8", errors="backslashreplace", newline="") as out,
    ):
        yield out


@contextmanager
def _taking_place(file: Path) -> Iterator[Path]:
    is_special = file.exists() and not file.is_file()
    place = file if is_special else Path(os.path.realpath(file))
    unfinished = place if is_special else place.with_name(f"{place.name}.unfinished")
    try:
        yield unfinished
        if not is_special:
            unfinished.replace(place)
    except OSError as error:
        message = f"cannot be written: {error.strerror or error} ({file})"
        raise typer.BadParameter(message, param_hint="--output") from None
    finally:
        if not is_special:
            unfinished.unlink(missing_ok=True)
