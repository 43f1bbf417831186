"""Holds the token: fetched once for many concurrent calls, renewed ahead of its expiry.

Source: Orchestrator reference, authentication and what to do on each status.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import msgspec
from pydantic import SecretStr

from monitor.clock import Clock
from monitor.errors import AuthenticationFailed, MonitorError, OrchestratorError, Unreachable
from monitor.orchestrator.answers import Answer
from monitor.orchestrator.credentials import (
    DAY_S,
    HOUR_S,
    PASSWORD_LIFETIME_S,
    PASSWORD_RENEWAL_S,
    AccessToken,
    Credentials,
    Password,
    UserKey,
    advice,
    secret_of,
    token_request,
)
from monitor.orchestrator.deadline import Deadline
from monitor.orchestrator.decoders import decoder_of
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.failures import ErrorBody, from_answer, not_json
from monitor.orchestrator.text import label, quoted
from monitor.orchestrator.transport import Exchange

Send = Callable[[Exchange, Deadline], Answer]

_RENEW_BEFORE_S = 120.0
_RETRY_RENEWAL_S = 30.0
_FOREVER = float("inf")
# Rarely enough that no account is locked, often enough that a repaired one is noticed.
_LONGEST_REFUSAL_S = 300.0


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; `generation` tells which of several holders' complaints is about it."""

    secret: SecretStr
    generation: int


@dataclass(slots=True)
class _Held:
    token: Token
    renew_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A refused secret and what was said, so that it is not tried again and again."""

    message: str
    status: int | None
    secret: str = field(repr=False)
    until: float
    wait_s: float


@dataclass(frozen=True, slots=True)
class Terms:
    """What a sign-in says of its token; None and () where it says nothing.

    `lifetime_s` are seconds.
    """

    lifetime_s: float | None = None
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Grant:
    secret: str = field(repr=False)
    lifetime_s: float
    renew_after_s: float
    terms: Terms


class TokenSource:
    """Gives out the token of one tenant; thread-safe."""

    def __init__(
        self,
        credentials: Credentials,
        deployment: Deployment,
        *,
        send: Send,
        clock: Clock,
        refusal_s: float,
    ) -> None:
        """Sign in lazily through `send`.

        A refused secret is not tried again for `refusal_s` seconds, then for twice as long each
        time, up to five minutes; another secret is tried at once.
        """
        self._credentials = credentials
        self._deployment = deployment
        self._send = send
        self._clock = clock
        self._refusal_s = refusal_s
        self._lock = threading.Lock()
        self._held: _Held | None = None
        self._refusal: _Refusal | None = None
        self._generation = 0
        self._accepted_at: datetime | None = None
        self.terms = Terms()

    def get(self, deadline: Deadline) -> Token:
        """Return a token that is good for now; callers that come together share one sign-in.

        Raises:
            AuthenticationFailed: the sign-in was refused, now or a moment ago.
            OrchestratorError: the sign-in could not be made.
        """
        held = self._held
        if held is not None and self._clock.monotonic() < held.renew_at:
            return held.token
        if not self._lock.acquire(timeout=max(0.0, deadline.remaining_s())):
            msg = (
                "sign-in: not finished within the time of this poll; the identity service is slow, "
                "or `every` is too short"
            )
            raise Unreachable(msg, endpoint="sign-in")
        try:
            return self._get(deadline)
        finally:
            self._lock.release()

    def drop(self, token: Token) -> None:
        """Forget a token that the server does not accept (any more)."""
        with self._lock:
            if self._held is not None and self._held.token.generation == token.generation:
                self._held = None

    def accepted(self) -> None:
        """Take note that a token was good for a request: what worked and does no longer is told."""
        self._accepted_at = self._clock.now()
        self._refusal = None

    def refuse(self, token: Token, error: OrchestratorError) -> AuthenticationFailed:
        """Take note that a fresh token was refused as well, and return the condition."""
        message = f"{error}; {self._advice()}"
        self.drop(token)
        with self._lock:
            self._remember(message, error.status, self._secret())
        return AuthenticationFailed(message, endpoint=error.endpoint, status=error.status)

    def _get(self, deadline: Deadline) -> Token:
        now = self._clock.monotonic()
        held = self._held
        if held is not None and now < held.renew_at:
            return held.token  # somebody else was faster
        secret = self._secret()
        refusal = self._refusal
        if refusal is not None and now < refusal.until and refusal.secret == secret:
            raise AuthenticationFailed(refusal.message, endpoint="sign-in", status=refusal.status)
        try:
            grant = self._sign_in(secret, deadline)
        except AuthenticationFailed as error:
            self._held = None
            self._remember(str(error), error.status, secret)
            raise
        except OrchestratorError:
            if held is None or now >= held.expires_at:
                raise
            held.renew_at = min(now + _RETRY_RENEWAL_S, held.expires_at)
            return held.token
        self._generation += 1
        self.terms = grant.terms
        got_at = self._clock.monotonic()
        self._held = _Held(
            token=Token(SecretStr(grant.secret), self._generation),
            renew_at=got_at + grant.renew_after_s,
            expires_at=got_at + grant.lifetime_s,
        )
        return self._held.token

    def _remember(self, message: str, status: int | None, secret: str) -> None:
        before = self._refusal
        wait_s = self._refusal_s
        if before is not None and before.secret == secret:
            wait_s = min(2 * before.wait_s, _LONGEST_REFUSAL_S)
        self._refusal = _Refusal(
            message=message,
            status=status,
            secret=secret,
            until=self._clock.monotonic() + wait_s,
            wait_s=wait_s,
        )

    def _advice(self) -> str:
        """Return what to look at, and whether it is news."""
        worked = self._accepted_at
        if worked is None:
            return advice(self._credentials)
        return (
            f"it worked until {worked:%Y-%m-%d %H:%M} UTC, so it was probably renewed, revoked or "
            f"has expired; {advice(self._credentials)}"
        )

    def _secret(self) -> str:
        try:
            secret = secret_of(self._credentials).get_secret_value()
        except OSError as error:
            msg = f"sign-in: the secret cannot be read ({error.strerror or type(error).__name__})"
            raise AuthenticationFailed(msg, endpoint="sign-in") from error
        except (MonitorError, ValueError, LookupError) as error:
            msg = f"sign-in: the secret cannot be had ({quoted(str(error))})"
            raise AuthenticationFailed(msg, endpoint="sign-in") from error
        return secret.strip() if isinstance(self._credentials, AccessToken) else secret

    def _sign_in(self, secret: str, deadline: Deadline) -> _Grant:
        credentials = self._credentials
        if not secret:
            msg = f"sign-in: the secret is empty; {advice(credentials)}"
            raise AuthenticationFailed(msg, endpoint="sign-in")
        if isinstance(credentials, AccessToken):
            if not _fits_a_header(secret):
                msg = "sign-in: the access token has characters that no token has"
                raise AuthenticationFailed(msg, endpoint="sign-in")
            # Read again after an hour, so that a rotated file takes effect without a 401.
            return _Grant(secret, _FOREVER, HOUR_S, Terms())
        request = token_request(credentials, secret, self._deployment)
        answer = self._send(request, deadline)
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's classes
            raise self._refused(answer, request)
        return _grant(credentials, answer, request)

    def _refused(self, answer: Answer, request: Exchange) -> OrchestratorError:
        error = from_answer(answer, request.endpoint, request.hide)
        if isinstance(error, Unreachable):
            return error  # whoever answered was not asked for a token
        if answer.status in {400, 401, 403, 409, 422}:
            body = ErrorBody(answer.body, request.hide)
            says = ": ".join(
                text for text in (quoted(body.error or "", request.hide), body.text) if text
            )
            if body.error is not None and body.text == body.error:
                says = body.text
            msg = (
                f"{request.endpoint} was refused ({answer.status}{': ' if says else ''}{says}); "
                f"{self._advice()}"
            )
            return AuthenticationFailed(msg, endpoint=request.endpoint, status=answer.status)
        if answer.status in {404, 405}:
            msg = (
                f"{request.endpoint}: nobody answers there ({answer.status}); check `url`, or set "
                "`identity_url` in auth"
            )
            return AuthenticationFailed(msg, endpoint=request.endpoint, status=answer.status)
        return error


class _TokenAnswer(msgspec.Struct):
    """A token's answer: OAuth 2 has `access_token`, the password sign-in `result`."""

    access_token: str | None = None
    result: str | None = None
    expires_in: float | str | None = None
    scope: str | None = None
    success: bool | None = None


def _grant(credentials: Credentials, answer: Answer, request: Exchange) -> _Grant:
    try:
        decoded = decoder_of(_TokenAnswer).decode(answer.body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise not_json(answer, request.endpoint) from error
    if isinstance(credentials, Password):
        token = decoded.result
        if decoded.success is False:
            msg = f"{request.endpoint} was refused; {advice(credentials)}"
            raise AuthenticationFailed(msg, endpoint=request.endpoint, status=answer.status)
        lifetime_s, renew_after_s = PASSWORD_LIFETIME_S, PASSWORD_RENEWAL_S
    else:
        token = decoded.access_token
        fallback_s = DAY_S if isinstance(credentials, UserKey) else HOUR_S
        lifetime_s = _seconds(decoded.expires_in, fallback_s)
        renew_after_s = renewal_s(lifetime_s)
    if not token or not _fits_a_header(token):
        raise not_json(answer, request.endpoint, "holds no usable token")
    terms = Terms(
        lifetime_s=None if decoded.expires_in is None else lifetime_s,
        scopes=tuple(label(scope) for scope in (decoded.scope or "").split()),
    )
    return _Grant(token, lifetime_s, renew_after_s, terms)


def renewal_s(lifetime_s: float) -> float:
    """Return when to renew: with 90 % gone or 2 minutes left, yet never in the first half."""
    return max(min(lifetime_s * 0.9, lifetime_s - _RENEW_BEFORE_S), lifetime_s / 2)


def _seconds(value: float | str | None, fallback_s: float) -> float:
    try:
        seconds = float(value) if value is not None else fallback_s
    except ValueError:
        return fallback_s
    return seconds if 0 < seconds < _FOREVER else fallback_s


def _fits_a_header(token: str) -> bool:
    return token.isascii() and token.isprintable() and " " not in token
