"""Where the database is: the URL of the configuration, understood and fit to be shown."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from monitor.errors import StoreUnavailable


@dataclass(frozen=True, slots=True)
class Place:
    """A database: its URL for the engine, and how it is called in messages (never a password).

    `file` is None for Postgres.
    """

    url: URL
    shown: str
    file: Path | None
    password: SecretStr | None = None

    @property
    def dialect(self) -> str:
        """Return "sqlite" or "postgresql"."""
        return self.url.get_backend_name()

    def masked(self, text: str) -> str:
        """Return the text without the password, should a library have put it there."""
        secret = self.password.get_secret_value() if self.password else ""
        return text.replace(secret, "********") if secret else text


def parse_place(url: str, password: SecretStr | None = None) -> Place:
    """Understand a database URL.

    Raises:
        StoreUnavailable: neither sqlite:///FILE nor postgresql://…
    """
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        # Not even the text is repeated: a broken URL may hold a password anywhere.
        msg = "the database URL cannot be read: use sqlite:///FILE or postgresql://USER@HOST/NAME"
        raise StoreUnavailable(msg) from error
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend in {"postgresql", "postgres"}:
        return _postgres(parsed, password)
    msg = f"databases of type {backend} are not supported: use sqlite:///FILE or postgresql://…"
    raise StoreUnavailable(msg)


def _sqlite(url: URL) -> Place:
    if url.database in {None, "", ":memory:"} or url.query:
        msg = "the history needs a file: use sqlite:///FILE, without options"
        raise StoreUnavailable(msg)
    file = Path(str(url.database)).expanduser().absolute()
    return Place(
        url=URL.create("sqlite+pysqlite", database=str(file)), shown=f"sqlite:///{file}", file=file
    )


def _postgres(url: URL, password: SecretStr | None) -> Place:
    # libpq takes a password in the query too, where no library would mask it.
    in_query = url.query.get("password")
    url = url.difference_update_query(["password"])
    if password is None and (url.password or in_query):
        password = SecretStr(str(url.password or in_query))
    shown = URL.create(
        "postgresql",
        username=url.username,
        host=url.host,
        port=url.port,
        database=url.database,
    )
    url = url.set(drivername="postgresql+psycopg")
    if password is not None:
        url = url.set(password=password.get_secret_value())
    return Place(url=url, shown=shown.render_as_string(), file=None, password=password)
