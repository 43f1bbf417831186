"""The four ways to sign in, and how each asks for its token.

Source: Orchestrator reference, authentication. Secrets are suppliers, called each time a token is
asked for: a rotated file is picked up without a restart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

import msgspec
from pydantic import SecretStr

from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.transport import Exchange

Secret = Callable[[], SecretStr]

# What the collectors that are on by default need; a scope the application was not given makes the
# whole sign-in fail, so no more than that. Source: Orchestrator reference, scopes of each call.
DEFAULT_SCOPES = ("OR.Folders.Read", "OR.Queues.Read", "OR.Robots.Read", "OR.Settings.Read")
ACCOUNT_URL = "https://account.uipath.com"

HOUR_S = 3600.0
DAY_S = 86400.0
# The server's setting is half an hour, but the answer does not tell it.
PASSWORD_LIFETIME_S = 1800.0
PASSWORD_RENEWAL_S = 1500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientCredentials:
    """An external application: the usual way."""

    client_id: str
    client_secret: Secret = field(repr=False)
    scopes: tuple[str, ...] = DEFAULT_SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A personal access token: no exchange, it is the token."""

    token: Secret = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Password:
    """A local user of a standalone Orchestrator."""

    username: str
    password: Secret = field(repr=False)
    tenancy_name: str = "Default"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserKey:
    """A user key of the cloud's API Access panel: unsupported since March 2025."""

    client_id: str
    user_key: Secret = field(repr=False)


Credentials = ClientCredentials | AccessToken | Password | UserKey


def secret_of(credentials: Credentials) -> SecretStr:
    """Return the secret as it is now. May raise whatever its supplier raises."""
    match credentials:
        case ClientCredentials():
            return credentials.client_secret()
        case AccessToken():
            return credentials.token()
        case Password():
            return credentials.password()
        case UserKey():
            return credentials.user_key()


def advice(credentials: Credentials) -> str:
    """Return what to check when the sign-in is refused."""
    match credentials:
        case ClientCredentials():
            return (
                "check client_id and the secret, and that the external application was given the "
                f"scopes {' '.join(credentials.scopes)}"
            )
        case AccessToken():
            return "check that the access token is complete, not expired and not revoked"
        case Password():
            return "check tenancy_name, username and password, and that the user may sign in here"
        case UserKey():
            return (
                "check client_id and user key; as user keys are no longer supported, move to "
                'type = "client-credentials"'
            )


def token_request(
    credentials: ClientCredentials | Password | UserKey, secret: str, deployment: Deployment
) -> Exchange:
    """Return the request that trades a secret for a token."""
    match credentials:
        case ClientCredentials():
            form = {
                "grant_type": "client_credentials",
                "client_id": credentials.client_id,
                "client_secret": secret,
                "scope": " ".join(credentials.scopes),
            }
            return _post(
                f"{deployment.identity}/connect/token",
                "application/x-www-form-urlencoded",
                urlencode(form, quote_via=quote).encode(),
                secret,
            )
        case Password():
            base = deployment.identity if deployment.identity_given else deployment.base
            body: dict[str, str] = {
                "tenancyName": credentials.tenancy_name,
                "usernameOrEmailAddress": credentials.username,
                "password": secret,
            }
            return _post_json(f"{base}/api/Account/Authenticate", body, secret)
        case UserKey():
            base = deployment.identity if deployment.identity_given else ACCOUNT_URL
            body = {
                "grant_type": "refresh_token",
                "client_id": credentials.client_id,
                "refresh_token": secret,
            }
            return _post_json(f"{base}/oauth/token", body, secret)


def _post_json(url: str, body: dict[str, str], secret: str) -> Exchange:
    return _post(url, "application/json", msgspec.json.encode(body), secret)


def _post(url: str, content_type: str, content: bytes, secret: str) -> Exchange:
    return Exchange(
        method="POST",
        url=url,
        endpoint=f"sign-in at {url}",
        headers={"Content-Type": content_type},
        content=content,
        hide=(secret, quote(secret, safe="")),
    )
