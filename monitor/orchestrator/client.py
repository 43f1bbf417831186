"""One client a tenant: signs in, sends, retries, and turns every failure into a condition."""

import random
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from urllib.parse import urlsplit

import httpx
from pydantic import SecretStr

from monitor import __version__
from monitor.clock import Clock
from monitor.errors import HeldBack, OrchestratorError, Throttled
from monitor.orchestrator.answers import Answer, retry_after_s
from monitor.orchestrator.auth import Terms, Token, TokenSource
from monitor.orchestrator.budget import DEFAULT_SHARE, METERED, Budget
from monitor.orchestrator.credentials import Credentials, Password, UserKey
from monitor.orchestrator.deadline import Deadline
from monitor.orchestrator.deployment import Deployment
from monitor.orchestrator.failures import from_answer, not_json
from monitor.orchestrator.poll import Memory, Poll
from monitor.orchestrator.pressure import Need, Pressure
from monitor.orchestrator.retry import RetryPolicy, repeated
from monitor.orchestrator.skew import Offset
from monitor.orchestrator.transport import Exchange, Transport

MEBIBYTE = 2**20
EMPTY = "is empty"
"""How the sentence about an answer without a body ends."""

_VERSION = re.compile(r"\d{1,4}(?:\.\d{1,4}){0,3}")
_NOT_SIGNED_IN = 401
_TOO_MANY = 429


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """How to talk. `timeout_s` bounds each silence, a poll's deadline everything together.

    `tls` comes from `tls_context`; `proxy` is an URL that may hold a password; without it the
    environment's proxy settings count, except towards this machine itself. `tenancy_name` is sent
    as X-UIPATH-TenantName. A refused sign-in is not repeated for `refusal_s`, and each time for
    twice as long. `metered_per_minute` is how many requests for metered lists may go in a minute.
    """

    timeout_s: float = 30.0
    tls: ssl.SSLContext | None = None
    proxy: SecretStr | None = None
    tenancy_name: str | None = None
    most_bytes: int = 64 * MEBIBYTE
    attempts: int = 4
    refusal_s: float = 60.0
    metered_per_minute: int = DEFAULT_SHARE


class OrchestratorClient:
    """Talks to one tenant; thread-safe. Close it at the end."""

    def __init__(
        self,
        deployment: Deployment,
        credentials: Credentials,
        *,
        clock: Clock,
        options: ClientOptions | None = None,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], object] | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """Prepare; nothing is sent yet.

        `wait` sleeps between retries: give it the `wait` of an event that a stop sets.
        """
        options = options or ClientOptions()
        self.deployment = deployment
        self._clock = clock
        self._memory = Memory()
        self._api_version = ""
        self._budget = Budget(options.metered_per_minute, clock.monotonic)
        self._pressure = Pressure(clock.monotonic)
        self._is_own_session = isinstance(credentials, Password | UserKey)
        self._retry = RetryPolicy(
            wait=wait or threading.Event().wait, jitter=jitter, attempts=options.attempts
        )
        self._headers = _headers(deployment, credentials, options)
        addresses = (deployment.base, deployment.identity)
        self._transport = Transport(
            clock=clock,
            timeout_s=options.timeout_s,
            most_bytes=options.most_bytes,
            tls=options.tls,
            plain=all(url.startswith("http://") for url in addresses)
            and (deployment.identity_given or not isinstance(credentials, UserKey)),
            proxy=options.proxy,
            trust_env=not deployment.is_loopback,
            inner=transport,
        )
        self._tokens = TokenSource(
            credentials,
            deployment,
            send=self._sign_in,
            clock=clock,
            refusal_s=options.refusal_s,
        )

    @contextmanager
    def poll(self, deadline_s: float, need: Need = Need.ORDINARY) -> Iterator[Poll]:
        """Begin a poll whose requests, retries and sign-in together end within `deadline_s`.

        `need` says how long it is held back where Orchestrator asks to slow down.
        """
        yield Poll(
            ask=partial(self._ask, need),
            deadline=Deadline(deadline_s, self._clock.monotonic),
            server_time=self._transport.server_time,
            base=self.deployment.base,
            memory=self._memory,
            is_own_session=self._is_own_session,
        )

    @property
    def terms(self) -> Terms:
        """Return what the last sign-in said of its token."""
        return self._tokens.terms

    @property
    def api_version(self) -> str:
        """Return the newest version that the server's answers say they support; "" before any.

        Source: Orchestrator reference, which API am I talking to.
        """
        return self._api_version

    @property
    def metered_requests(self) -> int:
        """Return how many requests for metered lists were made so far."""
        return self._budget.taken

    def skew(self) -> Offset | None:
        """Return how far the server's clock is from ours; None while that is not known."""
        return self._transport.skew()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def _ask(
        self, need: Need, target: str, endpoint: str, *, folder_id: int | None, poll: Poll
    ) -> Answer:
        """Send one authorized GET below the base, as far as the pace allows."""
        if endpoint in METERED:
            need = Need.METERED
        self._keep_pace(need, endpoint)
        try:
            return self._authorized_answer(target, endpoint, folder_id, poll)
        except Throttled as refusal:
            # The sign-in may be throttled too.
            self._pressure.refused(need, refusal.retry_after_s)
            raise

    def _keep_pace(self, need: Need, endpoint: str) -> None:
        wait_s = self._pressure.wait_s(need)
        if wait_s:
            until = self._clock.now() + timedelta(seconds=wait_s)
            msg = (
                f"{endpoint}: Orchestrator asked to slow down (429); not asked again until "
                f"{until:%H:%M:%S} UTC"
            )
            raise HeldBack(msg, endpoint=endpoint, retry_after_s=wait_s)
        if need is Need.METERED and not self._budget.take():
            msg = (
                f"{endpoint}: not asked, because the own share of metered requests is used up; "
                "`metered_requests_per_minute` sets it"
            )
            raise HeldBack(msg, endpoint=endpoint)

    def _authorized_answer(
        self, target: str, endpoint: str, folder_id: int | None, poll: Poll
    ) -> Answer:
        """Sign in once more when the token is refused."""
        token = self._tokens.get(poll.deadline)
        answer = self._send(self._authorized(target, endpoint, folder_id, token), poll)
        if answer.status == _NOT_SIGNED_IN:
            self._tokens.drop(token)
            token = self._tokens.get(poll.deadline)
            answer = self._send(self._authorized(target, endpoint, folder_id, token), poll)
            if answer.status == _NOT_SIGNED_IN:
                raise self._tokens.refuse(token, self._condition(answer, endpoint, token))
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - HTTP's classes
            raise self._condition(answer, endpoint, token)
        if answer.body.lstrip()[:1] in {b"<", b""}:
            raise not_json(answer, endpoint, EMPTY)
        self._tokens.accepted()
        self._api_version = _newest(answer) or self._api_version
        return answer

    def _authorized(
        self, target: str, endpoint: str, folder_id: int | None, token: Token
    ) -> Exchange:
        secret = token.secret.get_secret_value()
        headers = {**self._headers, "Authorization": f"Bearer {secret}"}
        if folder_id is not None:
            headers["X-UIPATH-OrganizationUnitId"] = str(int(folder_id))
        return Exchange(
            url=f"{self.deployment.base}{target}",
            endpoint=endpoint,
            headers=headers,
            hide=(secret,),
        )

    def _send(self, exchange: Exchange, poll: Poll) -> Answer:
        # What is paid for one by one is not repeated: the next poll asks again.
        is_metered = exchange.endpoint in METERED
        return repeated(
            lambda: self._transport.send(exchange, poll.deadline, poll.count_request),
            policy=replace(self._retry, attempts=1) if is_metered else self._retry,
            deadline=poll.deadline,
            now=self._clock.now,
        )

    def _sign_in(self, exchange: Exchange, deadline: Deadline) -> Answer:
        return repeated(
            lambda: self._transport.send(
                Exchange(
                    method=exchange.method,
                    url=exchange.url,
                    endpoint=f"sign-in at {urlsplit(exchange.url).netloc}",
                    headers={**self._headers, **exchange.headers},
                    content=exchange.content,
                    hide=exchange.hide,
                ),
                deadline,
                _uncounted,
            ),
            policy=self._retry,
            deadline=deadline,
            now=self._clock.now,
        )

    def _condition(self, answer: Answer, endpoint: str, token: Token) -> OrchestratorError:
        error = from_answer(answer, endpoint, (token.secret.get_secret_value(),))
        if answer.status == _TOO_MANY and isinstance(error, Throttled):
            error.retry_after_s = retry_after_s(answer, self._clock.now())
        return error


def _newest(answer: Answer) -> str:
    """Return the newest of `11.0, 20.0`, "" without one."""
    told = answer.headers.get("api-supported-versions", "")
    found = [part.strip() for part in told.split(",")]
    known = [part for part in found if _VERSION.fullmatch(part)]
    return max(known, key=lambda part: [int(n) for n in part.split(".")], default="")


def _uncounted() -> None:
    """Count nothing: sign-ins are no part of a poll's requests."""


def _headers(
    deployment: Deployment, credentials: Credentials, options: ClientOptions
) -> dict[str, str]:
    headers = {"User-Agent": f"orchestrator-monitor/{__version__}"}
    name = options.tenancy_name
    if name is None and isinstance(credentials, Password):
        name = credentials.tenancy_name
    if name is None and isinstance(credentials, UserKey):
        name = deployment.tenant
    if name is not None:
        if not (name.isascii() and name.isprintable()):
            msg = "tenancy_name: only printable ASCII can be sent in a header"
            raise ValueError(msg)
        headers["X-UIPATH-TenantName"] = name
    return headers
