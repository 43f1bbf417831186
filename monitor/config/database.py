"""`[database]` and `[retention]`: where the history is kept, and for how long."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator

from monitor.config.names import suggestion
from monitor.config.secrets import OptionalSecret, SecretSource
from monitor.config.table import Table
from monitor.rules import Span

DEFAULT_URL = "sqlite:///history.db"
SHORTEST_KEPT = timedelta(days=1)
_SCHEMES = ("sqlite", "postgresql", "postgresql+psycopg")


class DatabaseTable(Table):
    """`[database]`."""

    url: str = Field(
        default=DEFAULT_URL,
        description="URL of the history; a relative SQLite file is in the state directory",
    )
    password: OptionalSecret = Field(
        default=None, description="password of a Postgres database, kept out of the URL"
    )

    @field_validator("url")
    @classmethod
    def _understood(cls, value: str) -> str:
        scheme, separator, rest = value.partition("://")
        if not separator or scheme not in _SCHEMES:
            known = suggestion(scheme, _SCHEMES, otherwise="known schemes")
            msg = f'must begin with "sqlite:///" or "postgresql://"; {known}'
            raise ValueError(msg)
        if scheme == "sqlite":
            file = rest.partition("?")[0].removeprefix("/")
            if not rest.startswith("/") or not file or file == ":memory:":
                raise ValueError(
                    'must name a file: "sqlite:///history.db" (in the state directory) or '
                    '"sqlite:////var/lib/history.db" (absolute)'
                )
        elif not urlsplit(value).path.strip("/"):
            raise ValueError('must name a database: "postgresql://user@host/database"')
        return value

    @model_validator(mode="after")
    def _one_password(self) -> "DatabaseTable":
        if self.password is not None and self.url.startswith("sqlite:"):
            raise ValueError("`password` is for Postgres: SQLite has none")
        if self.password is not None and self.password_in_url is not None:
            raise ValueError("there is a password in `url` and one beside it: keep the latter")
        return self

    @property
    def password_in_url(self) -> SecretStr | None:
        """Return the password that stands in the URL, if one does."""
        password = urlsplit(self.url).password
        return SecretStr(unquote(password)) if password else None

    def located(self, state_directory: Path) -> tuple[str, SecretSource | None]:
        """Return the URL, absolute and without its password, and the password beside it."""
        if self.url.startswith("sqlite:"):
            file, question, query = self.url.removeprefix("sqlite:///").partition("?")
            return f"sqlite:///{state_directory / file}{question}{query}", None
        embedded = self.password_in_url
        if embedded is None:
            return self.url, self.password
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        bare = parts._replace(netloc=f"{parts.username}@{host}").geturl()
        return bare, SecretSource("value", "", embedded)


class RetentionTable(Table):
    """`[retention]`."""

    full: Span = Field(
        default=timedelta(days=30), description="how long every change is kept, to the second"
    )
    hourly: Span = Field(
        default=timedelta(days=400), description="how long hourly rollups are kept"
    )
    daily: Span = Field(default=timedelta(days=1830), description="how long daily rollups are kept")
    alerts: Span = Field(
        default=timedelta(days=400),
        description="how long alerts that are over are kept, with their messages",
    )

    @field_validator("full", "hourly", "daily", "alerts")
    @classmethod
    def _not_at_once(cls, value: timedelta) -> timedelta:
        if value < SHORTEST_KEPT:
            raise ValueError('must be "1d" at least: what is older is deleted for good')
        return value
