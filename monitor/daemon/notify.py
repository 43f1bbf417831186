"""Speaks to systemd: `sd_notify` in a few lines, without a library."""

import os
import socket
from collections.abc import Callable, Mapping

Notify = Callable[[str], None]


def notifier(environ: Mapping[str, str] = os.environ) -> Notify:
    """Return a function that sends one state, such as `READY=1`; a silent one without systemd.

    Both forms of address are understood: a path, and `@name` in the abstract namespace. What
    cannot be sent within a second is dropped: telling systemd must not stop the work.

    Source: sd_notify(3).
    """
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return lambda _state: None
    target = "\0" + address[1:] if address.startswith("@") else address

    def notify(state: str) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.settimeout(1)
            try:
                sender.sendto(state.encode(), target)
            except OSError:
                return

    return notify
