"""The header that says which folder a call is about.

Source: Orchestrator reference, headers: exactly one of them is sent.
"""

import base64
import binascii
from collections.abc import Sequence

from starlette.datastructures import Headers

from monitor.simulator.estate import Folder, guid
from monitor.simulator.problems import folder_unknown, not_valid
from monitor.simulator.profiles import FOLDER_HEADERS, FOLDER_ID, FOLDER_KEY, FOLDER_PATH
from monitor.simulator.world import World


def folder_header(headers: Headers) -> str | None:
    """Return the value of the folder header that was sent, None without one."""
    values = [headers[name] for name in FOLDER_HEADERS if name in headers]
    return values[0] if values else None


def asked_folder(
    headers: Headers, known: Sequence[str], world: World, unknown_status: int
) -> Folder | None:
    """Return the folder the header names, None without one of the headers the version knows.

    Raises:
        Refused: two headers were sent, or the folder is not (or no longer) there.
    """
    sent = [name for name in known if name in headers]
    if not sent:
        return None
    if len(sent) > 1 or len(headers.getlist(sent[0])) > 1:
        raise not_valid(sent[-1], "Exactly one folder header is accepted.")
    header, value = sent[0], headers[sent[0]]
    folder = next((f for f in world.estate.folders if _is(f, header, value)), None)
    return _usable(folder, world, unknown_status)


def folder_by_id(id_: int, world: World, unknown_status: int) -> Folder:
    """Return the folder of an Id in the path.

    Raises:
        Refused: it is not (or no longer) there.
    """
    folder = next((f for f in world.estate.folders if f.id == id_), None)
    return _usable(folder, world, unknown_status)


def _usable(folder: Folder | None, world: World, unknown_status: int) -> Folder:
    """Return the folder.

    Raises:
        Refused: it is not (or no longer) there.
    """
    if folder is None or world.folders[folder.path].gone or world.folders[folder.path].refused:
        raise folder_unknown(unknown_status)
    return folder


def _is(folder: Folder, header: str, value: str) -> bool:
    if header == FOLDER_ID:
        return value == str(folder.id)
    if header == FOLDER_KEY:
        return value.casefold() == guid("folder", folder.id)
    return folder.path == (value if header == FOLDER_PATH else _decoded(value))


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return None
