"""`[tenants.NAME]`: which Orchestrator tenants are watched, and how to sign in."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, WithJsonSchema, field_validator
from pydantic.functional_validators import BeforeValidator

from monitor.config.secrets import Secret
from monitor.config.table import Table
from monitor.config.values import ExistingFile, Labels, Several, Text
from monitor.core.folder_scope import FolderScope
from monitor.orchestrator.deployment import Deployment
from monitor.rules import Span

EXAMPLE_ID = "00000000-0000-0000-0000-000000000000"
IDENTITY_URL = "base of the identity service, where it differs from the deployment's own"


def _parsed(url: str, identity_url: str | None = None) -> Deployment:
    """Understand an address; the text of a refusal begins with the key, which is told anyway."""
    try:
        return Deployment.parse(url, identity_url=identity_url)
    except ValueError as error:
        raise ValueError(str(error).partition(": ")[2] or str(error)) from None


def _day(value: object) -> object:
    if isinstance(value, datetime):
        return value.date()
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else _no_day()
    except ValueError:
        return _no_day()


def _no_day() -> date:
    raise ValueError("must be a day such as 2027-03-01")


class AuthTable(Table):
    """What every way to sign in has."""

    identity_url: str | None = Field(
        default=None, description=IDENTITY_URL, examples=["https://orchestrator.example/identity"]
    )

    expires: Annotated[date | None, BeforeValidator(_day)] = Field(
        default=None,
        description="day on which the secret ends, if it does: told 30, 14, 7 and 1 days before",
        examples=[date(2027, 3, 1)],
    )

    @property
    def expires_at(self) -> datetime | None:
        """Return when the secret ends: as the stated day begins, by UTC."""
        return None if self.expires is None else datetime.combine(self.expires, time.min, UTC)

    @field_validator("identity_url")
    @classmethod
    def _identity_address(cls, value: str | None) -> str | None:
        if value is not None:
            _parsed("https://localhost", value)
        return value


class ClientCredentials(AuthTable):
    """An external application (confidential): the way for cloud and recent installations."""

    type: Literal["client-credentials"] = Field(description="how to sign in")
    client_id: Text = Field(description="the application's id", examples=[EXAMPLE_ID])
    client_secret: Secret = Field(
        description="the application's secret", examples=["UIPATH_CLIENT_SECRET"]
    )
    scopes: Several[Text] = Field(
        default=(), description="scopes to ask for; default: what the collectors on by default need"
    )


class AccessToken(AuthTable):
    """A personal access token."""

    type: Literal["access-token"] = Field(description="how to sign in")
    token: Secret = Field(description="the personal access token", examples=["UIPATH_TOKEN"])


class Password(AuthTable):
    """User and password of a standalone installation."""

    type: Literal["password"] = Field(description="how to sign in")
    tenancy_name: Text = Field(default="Default", description="the tenant's name at sign-in")
    username: Text = Field(description="user name or e-mail address", examples=["monitor"])
    password: Secret = Field(description="the user's password", examples=["UIPATH_PASSWORD"])


class UserKey(AuthTable):
    """The legacy user key of the cloud, without support since March 2025."""

    type: Literal["user-key"] = Field(description="how to sign in")
    client_id: Text = Field(
        description="client id of the tenant's API access panel", examples=[EXAMPLE_ID]
    )
    user_key: Secret = Field(
        description="user key of the tenant's API access panel", examples=["UIPATH_USER_KEY"]
    )


Auth = Annotated[ClientCredentials | AccessToken | Password | UserKey, Field(discriminator="type")]
AUTH_TYPES = ("client-credentials", "access-token", "password", "user-key")


class FoldersTable(Table):
    """`folders`: which folders of a tenant count."""

    include: Several[Text] = Field(default=("**",), description="globs of folders that count")
    exclude: Several[Text] = Field(default=(), description="globs of folders that do not")


def _wrapped(value: object) -> object:
    return SecretStr(value) if isinstance(value, str) else value


class Tenant(Table):
    """`[tenants.NAME]`."""

    url: Text = Field(
        description="address of the tenant's Orchestrator, as in the browser",
        examples=["https://cloud.uipath.com/acme/Production/orchestrator_"],
    )
    auth: Auth = Field(description="how to sign in")
    timeout: Span = Field(
        default=timedelta(seconds=30), description="longest wait for an answer of Orchestrator"
    )
    ca_file: ExistingFile | None = Field(
        default=None,
        description="file of certificate authorities to trust instead of the system's",
        examples=["/etc/ssl/certs/company.pem"],
    )
    client_certificate_file: ExistingFile | None = Field(
        default=None,
        description="PEM file with certificate and key, for mutual TLS",
        examples=["client.pem"],
    )
    proxy: Annotated[
        SecretStr | None, BeforeValidator(_wrapped), WithJsonSchema({"type": "string"})
    ] = Field(
        default=None,
        description="proxy to use; may hold a user and a password",
        examples=["http://proxy.example:3128"],
    )
    verify: bool = Field(default=True, description="whether the server's certificate is checked")
    labels: Labels = Field(
        default_factory=dict,
        description="labels of everything in this tenant, for `where`",
        examples=[{"region": "emea"}],
    )
    folders: FoldersTable = Field(
        default=FoldersTable(), description="folders to watch, as `include` and `exclude` globs"
    )
    metered_requests_per_minute: Annotated[int, Field(ge=1, le=100)] = Field(
        default=20, description="own share of the tenant's 100 metered requests a minute"
    )

    @field_validator("url")
    @classmethod
    def _orchestrator_address(cls, value: str) -> str:
        _parsed(value)
        return value

    @property
    def deployment(self) -> Deployment:
        """Return the addresses to call, and the warnings about them."""
        return _parsed(self.url, self.auth.identity_url)

    @property
    def folder_scope(self) -> FolderScope:
        """Return which folders count."""
        return FolderScope(include=self.folders.include, exclude=self.folders.exclude)

    @field_validator("proxy")
    @classmethod
    def _proxy_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                parts = urlsplit(value.get_secret_value())
                understood = parts.scheme in {"http", "https"} and bool(parts.hostname)
            except ValueError:
                understood = False
            if not understood:
                raise ValueError('must be an address such as "http://proxy.example:3128"')
        return value
