"""Everything that can go wrong and be told to a person.

    MonitorError
    ├── ConfigError                 problems of a configuration, all of them at once
    ├── OrchestratorError           a call to Orchestrator failed; the message is safe to show
    │   ├── AuthenticationFailed    credentials or scopes: repeating does not help
    │   ├── AccessDenied            this endpoint or folder only; others go on
    │   ├── FolderRequired          the endpoint wants a folder header, or the folder is unknown
    │   ├── EndpointMissing         this version of Orchestrator does not have the endpoint
    │   ├── Throttled               429, with the wait the server asked for
    │   │   └── HeldBack            not even asked, to leave it alone
    │   ├── Unreachable             DNS, connection, TLS, time-out, 5xx
    │   └── UnexpectedResponse      it answered, but not as agreed
    └── StoreError                  the history database
        ├── StoreUnavailable        cannot be opened, locked, full, gone
        ├── SchemaOutdated          migrations are missing, or the schema is newer than the program
        └── StoreInUse              another daemon holds this database

Exit status of the command line: ConfigError 2, OrchestratorError 3, StoreError 4.
"""

from dataclasses import dataclass


class MonitorError(Exception):
    """A failure whose text is written for a person: what happened, where, and what to do."""

    exit_status = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a configuration.

    `file` is the name as the user gave it, `line` counts from 1 (None when unknown), `key` is the
    dotted path of the key, `message` says what is wrong and what would be right.
    """

    file: str
    key: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        """Read as `file:line: key: message`."""
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(MonitorError):
    """The configuration has mistakes: all of them, one a line."""

    exit_status = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        """Keep the problems in the order of the file."""
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class OrchestratorError(MonitorError):
    """A call to Orchestrator failed.

    `endpoint` is the path without host, query and secrets; `kind` is the stable word under which
    the failed poll is recorded (`v_polls.outcome`).
    """

    exit_status = 3
    kind = "error"

    def __init__(self, message: str, *, endpoint: str = "", status: int | None = None) -> None:
        """Keep what helps to find the place; `message` must be safe to show."""
        super().__init__(message)
        self.endpoint = endpoint
        self.status = status


class AuthenticationFailed(OrchestratorError):
    """Credentials or scopes were refused: repeating does not help."""

    kind = "unauthorized"


class AccessDenied(OrchestratorError):
    """A permission or scope is missing for this endpoint or folder."""

    kind = "forbidden"


class FolderRequired(OrchestratorError):
    """The endpoint wants a folder (error code 1101), or does not know the folder (1100)."""

    kind = "folder"


class EndpointMissing(OrchestratorError):
    """This version of Orchestrator does not have the endpoint."""

    kind = "missing"


class Throttled(OrchestratorError):
    """Orchestrator asked to slow down (429) for `retry_after_s` seconds (None: it did not say)."""

    kind = "throttled"

    def __init__(
        self,
        message: str,
        *,
        endpoint: str = "",
        status: int | None = 429,
        retry_after_s: float | None = None,
    ) -> None:
        """Keep the wait the server asked for."""
        super().__init__(message, endpoint=endpoint, status=status)
        self.retry_after_s = retry_after_s


class HeldBack(Throttled):
    """Nothing was asked: Orchestrator is left alone for a while, or our share is used up."""


class Unreachable(OrchestratorError):
    """No usable answer in time: DNS, connection, TLS, time-out, or a 5xx."""

    kind = "unreachable"


class UnexpectedResponse(OrchestratorError):
    """It answered, but not as agreed: HTML, a redirect, broken JSON, too large a body."""

    kind = "unexpected"


class StoreError(MonitorError):
    """The history database failed."""

    exit_status = 4


class StoreUnavailable(StoreError):
    """The database cannot be opened, is locked, full, read-only or gone."""


class SchemaOutdated(StoreError):
    """Migrations are missing, or the schema is newer than this program."""


class StoreInUse(StoreError):
    """Another daemon holds this database."""
