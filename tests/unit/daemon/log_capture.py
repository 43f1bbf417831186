"""Logging into memory, for the tests of what is logged."""

import io
import json
import logging
from typing import Any, TextIO

import structlog
from pydantic import SecretStr

from monitor.daemon.logs import Logs, configure

CANARY = "canary/4711 wert"
ENCODED = "canary%2F4711%20wert"


class Capture:
    """Logging into memory; `lines` reads it back."""

    def __init__(self) -> None:
        self.stream: TextIO = io.StringIO()
        self._opened: list[Logs] = []

    def open(self, *, stream: TextIO | None = None, **options: Any) -> Logs:  # noqa: ANN401 - passed on
        # Those of pytest raise on a broken record; it puts them back for the next phase.
        for handler in list(logging.getLogger().handlers):
            if type(handler).__module__.startswith("_pytest"):
                logging.getLogger().removeHandler(handler)
        self.stream = stream or self.stream
        options.setdefault("secrets", [SecretStr(CANARY)])
        options.setdefault("environ", {})
        logs = configure(stream=self.stream, **options)
        self._opened.append(logs)
        return logs

    def close(self) -> None:
        for logs in reversed(self._opened):
            logs.close()

    @property
    def text(self) -> str:
        return self.stream.getvalue() if isinstance(self.stream, io.StringIO) else ""

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


def ours() -> structlog.stdlib.BoundLogger:
    logger: structlog.stdlib.BoundLogger = structlog.get_logger("monitor.test")
    return logger


def fail(message: str) -> None:
    raise ValueError(message)
