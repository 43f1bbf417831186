"""Sets up logging: our lines and those of libraries take one way, and lose their secrets on it.

JSON, one object a line, unless standard error is a terminal. Under systemd each line begins with
its syslog priority (`<3>` error … `<7>` debug), so that `journalctl -p warning` works.
"""

import logging
import os
import re
import sys
import threading
import types
from collections.abc import Iterable, Mapping
from typing import Literal, TextIO

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger

from monitor.daemon.redaction import Redactor

Level = Literal["debug", "info", "warning", "error", "critical"]
Format = Literal["json", "console", "auto"]

QUIET_LOGGERS = (
    "alembic",
    "apprise",
    "apscheduler",
    "asyncio",
    "httpcore",
    "httpx",
    "sqlalchemy",
    "tzlocal",
    "urllib3",
    "uvicorn",
)
"""Libraries that print addresses, with their secrets, or every step: heard from WARNING on."""

_PRIORITIES = {"debug": 7, "info": 6, "warning": 4, "error": 3, "critical": 2}
_FIRST_KEYS = ("timestamp", "level", "event", "logger")

# C0 and C1 controls, line separators, and the marks that reorder text on a screen.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_UNSAFE_BUT_BREAKS = re.compile(_UNSAFE.pattern.replace("\x00-\x1f", "\x00-\x09\x0b-\x1f"))


class Logs:
    """Logging as it is set up; made by `configure`."""

    def __init__(self, redactor: Redactor, handler: logging.Handler) -> None:
        """Remember what was there before, to put it back."""
        self._redactor = redactor
        self._handler = handler
        self._hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        self._quieted = {name: logging.getLogger(name).level for name in QUIET_LOGGERS}

    def learn(self, secrets: Iterable[SecretStr]) -> None:
        """Redact these values from now on, beside those already known (after a reload)."""
        self._redactor.learn(secrets)

    def set_level(self, level: Level) -> None:
        """Show lines of this level and above; libraries never below WARNING."""
        number = logging.getLevelNamesMapping()[level.upper()]
        self._handler.setLevel(number)
        logging.getLogger().setLevel(number)
        for name in QUIET_LOGGERS:
            logging.getLogger(name).setLevel(max(number, logging.WARNING))
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(number))

    def close(self) -> None:
        """Put back what `configure` has replaced; for tests and for commands that go on."""
        logging.getLogger().removeHandler(self._handler)
        logging.captureWarnings(capture=False)
        for name, level in self._quieted.items():
            logging.getLogger(name).setLevel(level)
        sys.excepthook, threading.excepthook, sys.unraisablehook = self._hooks
        structlog.reset_defaults()


def configure(  # the names are those of the configuration's keys
    level: Level = "info",
    format: Format = "auto",  # noqa: A002 - as above
    secrets: Iterable[SecretStr] = (),
    stream: TextIO | None = None,
    *,
    environ: Mapping[str, str] = os.environ,
) -> Logs:
    """Send every log line to `stream` (default: standard error), without the secrets.

    Loggers of structlog and of the standard library, warnings, and exceptions that nobody caught
    all arrive there. Call it once, early; a second call replaces the first.
    """
    stream = stream or sys.stderr
    redactor = Redactor(secrets)
    is_journal = _is_journal(stream, environ)
    is_console = format == "console" or (format == "auto" and not is_journal and stream.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            # Plain text, without local variables; redacted by the next step like all else.
            structlog.processors.format_exc_info,
            _redaction(redactor),
            *(_console(stream) if is_console else (structlog.processors.JSONRenderer(),)),
        ],
    )
    handler = _SafeHandler(stream, is_journal=is_journal)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    for old in [old for old in root.handlers if isinstance(old, _SafeHandler)]:
        root.removeHandler(old)
    logs = Logs(redactor, handler)
    root.addHandler(handler)
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        # Loggers are made at import, before this is called: a cached one would stay as it was.
        cache_logger_on_first_use=False,
    )
    logs.set_level(level)
    logging.captureWarnings(capture=True)
    _catch_the_uncaught()
    return logs


class _SafeHandler(logging.StreamHandler[TextIO]):
    """Writes lines; what cannot be formatted is named, not shown.

    The standard handler would print such a record's message and arguments as they are, past all
    redaction.
    """

    def __init__(self, stream: TextIO, *, is_journal: bool) -> None:
        super().__init__(stream)
        self._is_journal = is_journal

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        if not self._is_journal:
            return line
        prefix = f"<{_PRIORITIES.get(record.levelname.lower(), 6)}>"
        return prefix + line.replace("\n", "\n" + prefix)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        error = sys.exc_info()[0]
        substitute = logging.LogRecord(
            record.name, logging.ERROR, record.pathname, record.lineno, "log.unprintable", (), None
        )
        substitute.place = f"{record.filename}:{record.lineno}"
        substitute.error = error.__name__ if error else None
        try:
            self.stream.write(self.format(substitute) + self.terminator)
            self.flush()
        except Exception:  # noqa: BLE001, S110 - there is nowhere left to tell
            pass


def _redaction(redactor: Redactor) -> Processor:
    def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        clean = redactor.mapping(event)
        first = {key: clean.pop(key) for key in _FIRST_KEYS if key in clean}
        return first | clean

    return redact


def _console(stream: TextIO) -> tuple[Processor, Processor]:
    return (
        _escape_controls,
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback
        ),
    )


def _escape_controls(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # Names of robots and queues come from outside: an escape sequence must not reach a terminal.
    return {
        _escaped(key, _UNSAFE): _escape(item, key in {"exception", "stack"})
        for key, item in event.items()
    }


def _escape(value: object, keeps_breaks: bool) -> object:  # noqa: FBT001 - private
    if isinstance(value, str):
        return _escaped(value, _UNSAFE_BUT_BREAKS if keeps_breaks else _UNSAFE)
    if isinstance(value, dict):
        return {_escape(key, False): _escape(item, False) for key, item in value.items()}  # noqa: FBT003
    if isinstance(value, list):
        return [_escape(item, False) for item in value]  # noqa: FBT003
    return value


def _escaped(text: str, unsafe: re.Pattern[str]) -> str:
    return unsafe.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def _is_journal(stream: TextIO, environ: Mapping[str, str]) -> bool:
    """Tell whether `stream` leads to the journal: the variable is inherited by redirected children.

    Source: systemd.exec(5), $JOURNAL_STREAM.
    """
    try:
        status = os.fstat(stream.fileno())
    except (OSError, ValueError):  # closed, or not a file at all
        return False
    return environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _catch_the_uncaught() -> None:
    """Log what would else be printed to standard error as it is: exceptions nobody caught."""
    log = structlog.get_logger("monitor")

    def uncaught(
        kind: type[BaseException], error: BaseException, trace: types.TracebackType | None
    ) -> None:
        if not issubclass(kind, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        log.critical("daemon.crashed", exc_info=(kind, error, trace))

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and args.exc_type is not SystemExit:
            name = args.thread.name if args.thread else None
            log.critical("thread.crashed", thread=name, exc_info=args.exc_value)

    def unraisable(args: "sys.UnraisableHookArgs") -> None:
        log.error("exception.ignored", where=args.err_msg, exc_info=args.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
