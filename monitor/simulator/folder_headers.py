"""The header that says which folder a call is about.

Source: Orchestrator reference, headers: exactly one of them is sent.
"""

import base64
import binascii

from starlette.datastructures import Headers

from monitor.simulator.estate import Folder, guid
from monitor.simulator.problems import folder_unknown, not_valid
from monitor.simulator.world import World

_ID = "X-UIPATH-OrganizationUnitId"
_KEY = "X-UIPATH-FolderKey"
_PATH = "X-UIPATH-FolderPath"
_ENCODED = "X-UIPATH-FolderPath-Encoded"


def folder_header(headers: Headers) -> str | None:
    """Return the value of the folder header that was sent, None without one."""
    values = [headers[name] for name in (_ID, _KEY, _PATH, _ENCODED) if name in headers]
    return values[0] if values else None


def asked_folder(headers: Headers, world: World, unknown_status: int) -> Folder | None:
    """Return the folder the header names, None without a header.

    Raises:
        Refused: two headers were sent, or the folder is not (or no longer) there.
    """
    sent = [name for name in (_ID, _KEY, _PATH, _ENCODED) if name in headers]
    if not sent:
        return None
    if len(sent) > 1 or len(headers.getlist(sent[0])) > 1:
        raise not_valid(sent[-1], "Exactly one folder header is accepted.")
    header, value = sent[0], headers[sent[0]]
    folder = next((f for f in world.estate.folders if _is(f, header, value)), None)
    if folder is None or world.folders[folder.path].gone or world.folders[folder.path].refused:
        raise folder_unknown(unknown_status)
    return folder


def _is(folder: Folder, header: str, value: str) -> bool:
    if header == _ID:
        return value == str(folder.id)
    if header == _KEY:
        return value.casefold() == guid("folder", folder.id)
    return folder.path == (value if header == _PATH else _decoded(value))


def _decoded(value: str) -> str | None:
    try:
        return base64.b64decode(value, validate=True).decode("utf-16-le")
    except (binascii.Error, UnicodeDecodeError):
        return None
