"""Signing in, in four ways, and judging the tokens that come back.

Source: Orchestrator reference, authentication.
"""

import json
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qs

from monitor.simulator.problems import Refused, bad_password, not_authenticated, oauth_error

ALL_SCOPES = frozenset(
    {"OR.Default"}
    | {
        f"OR.{resource}{access}"
        for resource in [
            "Robots",
            "Queues",
            "Settings",
            "License",
            "Monitoring",
            "Folders",
            "Machines",
            "Jobs",
            "Execution",
            "Assets",
            "Tasks",
            "Webhooks",
            "Audit",
            "Administration",
            "Users",
        ]
        for access in ("", ".Read")
    }
)

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The credentials the simulator accepts: inventions, the same in every simulation.

    `scopes` is what the external application was granted.
    """

    client_id: str = "simulated-client"
    client_secret: str = field(default="simulated-client-secret", repr=False)
    access_token: str = field(default="rt_5e1f0a7c9b3d-1", repr=False)
    tenancy_name: str = "Default"
    username: str = "monitor"
    password: str = field(default="simulated-password", repr=False)
    user_client_id: str = "simulated-user-client"
    user_key: str = field(default="simulated-user-key", repr=False)
    scopes: frozenset[str] = ALL_SCOPES


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token is worth; `scopes` None means a person's sign-in, which has no scopes.

    `oauth` is a token of the identity server; the other way is a session of the person.
    """

    expires_at: datetime
    generation: int
    scopes: frozenset[str] | None
    oauth: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds while a token is asked for or judged; `uses` 0: a token is good for any number."""

    now: datetime
    lifetime_s: float
    generation: int
    rejected: bool
    personal_tokens: bool = True
    uses: int = 0


class TokenOffice:
    """Issues tokens and knows what they are worth."""

    def __init__(self, accounts: Accounts) -> None:
        """Accept these accounts."""
        self._accounts = accounts
        self._grants: dict[str, Grant] = {}
        self._used: Counter[str] = Counter()

    def issued(self) -> tuple[str, ...]:
        """Return every token that was handed out."""
        return tuple(self._grants)

    def with_client_credentials(
        self, content_type: str, body: bytes, terms: Terms
    ) -> dict[str, object]:
        """Sign an external application in: form data, `client_credentials`, known scopes.

        Raises:
            Refused: 400, as OAuth 2 says it.
        """
        if content_type != _FORM:
            raise oauth_error("invalid_request", "The body must be form data.")
        form = _form(body)
        grant_type = form.get("grant_type")
        if grant_type is None:
            raise oauth_error("invalid_request", "grant_type is missing.")
        if grant_type != "client_credentials":
            raise oauth_error("unsupported_grant_type")
        known = self._accounts
        if terms.rejected or (form.get("client_id"), form.get("client_secret")) != (
            known.client_id,
            known.client_secret,
        ):
            raise oauth_error("invalid_client")
        scopes = frozenset(form.get("scope", "").split(" ")) - {""}
        if not scopes or not scopes <= known.scopes:
            raise oauth_error("invalid_scope")
        return {
            "access_token": self._issue(terms, scopes),
            "expires_in": int(terms.lifetime_s),
            "token_type": "Bearer",
            "scope": " ".join(sorted(scopes)),
        }

    def with_user_key(self, content_type: str, body: bytes, terms: Terms) -> dict[str, object]:
        """Sign a user key in: JSON, `refresh_token`.

        Raises:
            Refused: 400 or 403, as OAuth 2 says it.
        """
        if content_type != _JSON:
            raise oauth_error("invalid_request", "The body must be JSON.")
        fields = _object(body)
        if fields is None:
            raise oauth_error("invalid_request", "The body must be JSON.")
        if fields.get("grant_type") != "refresh_token":
            raise oauth_error("unsupported_grant_type")
        known = self._accounts
        if terms.rejected or (fields.get("client_id"), fields.get("refresh_token")) != (
            known.user_client_id,
            known.user_key,
        ):
            raise oauth_error("invalid_grant", "Unknown or invalid refresh token.", 403)
        token = self._issue(terms, None)
        return {
            "access_token": token,
            "id_token": f"id-{token}",
            "scope": "openid profile email offline_access",
            "expires_in": int(terms.lifetime_s),
            "token_type": "Bearer",
        }

    def with_password(self, content_type: str, body: bytes, terms: Terms) -> dict[str, object]:
        """Sign a user of a standalone server in: JSON, the token under `result`.

        Raises:
            Refused: 400 or 401.
        """
        fields = _object(body) if content_type == _JSON else None
        if fields is None:
            raise Refused(400, {"message": "An error has occurred.", "errorCode": 1000})
        known = self._accounts
        # The vendor's own clients write the keys of a model in camel case or in Pascal case.
        by_name = {name.lower(): value for name, value in fields.items()}
        given = tuple(
            by_name.get(name) for name in ("tenancyname", "usernameoremailaddress", "password")
        )
        if terms.rejected or given != (known.tenancy_name, known.username, known.password):
            raise bad_password()
        return {
            "result": self._issue(terms, None),
            "targetUrl": None,
            "success": True,
            "error": None,
            "unAuthorizedRequest": False,
            "__abp": True,
        }

    def judge(self, authorization: str | None, terms: Terms) -> Grant:
        """Return what the `Authorization` header is worth.

        Raises:
            Refused: 401, when it is missing, unknown or expired.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise not_authenticated()
        accepted = terms.personal_tokens and not terms.rejected
        if accepted and token == self._accounts.access_token:
            forever = terms.now + timedelta(days=365)
            return Grant(expires_at=forever, generation=terms.generation, scopes=None, oauth=True)
        grant = self._grants.get(token)
        if (
            grant is None
            or grant.generation != terms.generation
            or not terms.now < grant.expires_at
            or 0 < terms.uses <= self._used[token]
        ):
            raise not_authenticated()
        self._used[token] += 1
        return grant

    def _issue(self, terms: Terms, scopes: frozenset[str] | None) -> str:
        token = f"sim-{secrets.token_urlsafe(24)}"
        expires_at = terms.now + timedelta(seconds=terms.lifetime_s)
        self._grants[token] = Grant(
            expires_at=expires_at,
            generation=terms.generation,
            scopes=scopes,
            oauth=scopes is not None,
        )
        return token


def may_read(grant: Grant, scopes: tuple[str, ...]) -> bool:
    """Tell whether a token's scopes allow an endpoint; `OR.Default` stands for the roles given."""
    return (
        grant.scopes is None
        or "OR.Default" in grant.scopes
        or not scopes
        or not grant.scopes.isdisjoint(scopes)
    )


def _form(body: bytes) -> Mapping[str, str]:
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
    except (UnicodeDecodeError, ValueError):
        raise oauth_error("invalid_request", "The form data cannot be read.") from None
    if any(len(values) > 1 for values in fields.values()):
        raise oauth_error("invalid_request", "A field is given twice.")
    return {name: values[0] for name, values in fields.items()}


def _object(body: bytes) -> Mapping[str, object] | None:
    try:
        value: object = json.loads(body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
