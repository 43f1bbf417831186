"""One apprise URL as a channel: one attempt at a time, bounded, in a thread of its own."""

import logging
import threading

from pydantic import SecretStr

from monitor.channels.apprise_url.answer import outcome_of, told_safely
from monitor.channels.apprise_url.exchanges import listening
from monitor.channels.apprise_url.service import fitting, library, service_of, skip_reached
from monitor.core import wording
from monitor.core.delivery import Delivery, Outcome, Permanent, Retryable

DEADLINE_S = 30.0
MOST_HUNG = 3

_MOST_REMEMBERED = 100


class AppriseChannel:
    """One apprise URL. `send` makes one attempt and takes at most `deadline_s` seconds."""

    def __init__(self, name: str, url: SecretStr, *, deadline_s: float = DEADLINE_S) -> None:
        """Remember where to; nothing is loaded or contacted before the first `send`."""
        self.name = name
        self._url = url
        self._deadline_s = deadline_s
        self._hung: list[threading.Thread] = []
        self._reached: dict[str, set[object]] = {}

    def __repr__(self) -> str:
        """Name the channel, not its URL."""
        return f"AppriseChannel({self.name!r})"

    def send(self, delivery: Delivery) -> Outcome:
        """Send in a thread of its own, left to itself at the deadline.

        What was left may still arrive: the message says which incident it is about.
        """
        self._hung = [thread for thread in self._hung if thread.is_alive()]
        reached = self._reached.pop(delivery.id, set())
        outcome = self._within_deadline(delivery, reached)
        if isinstance(outcome, Retryable):
            self._remember(delivery.id, reached)
        return outcome

    def _within_deadline(self, delivery: Delivery, reached: set[object]) -> Outcome:
        if len(self._hung) >= MOST_HUNG:
            return Retryable(
                f"{len(self._hung)} earlier attempts still hang", may_have_arrived=bool(reached)
            )
        outcomes: list[Outcome] = []
        thread = threading.Thread(
            target=lambda: outcomes.append(self._attempt(delivery, reached)),
            name=f"send-{self.name}",
            daemon=True,
        )
        thread.start()
        thread.join(self._deadline_s)
        if not outcomes:
            self._hung.append(thread)
            return Retryable(f"no answer within {self._deadline_s:g} s", may_have_arrived=True)
        return outcomes[0]

    def _remember(self, delivery_id: str, reached: set[object]) -> None:
        self._reached[delivery_id] = reached
        if len(self._reached) > _MOST_REMEMBERED:
            del self._reached[next(iter(self._reached))]

    def _attempt(self, delivery: Delivery, reached: set[object]) -> Outcome:
        url = self._url.get_secret_value().strip()
        try:
            return _send(url, delivery, reached)
        except Exception as error:  # noqa: BLE001 - one of a hundred plugins; told as the outcome
            reason = told_safely(f"{type(error).__name__}: {error}", url)
            return Retryable(reason, may_have_arrived=True)


def _send(url: str, delivery: Delivery, reached: set[object]) -> Outcome:
    apprise = library()
    service = service_of(url, delivery)
    if service is None:
        return Permanent("the channel's URL is not one that apprise takes")
    skip_reached(service, reached)
    title, body = fitting(service, delivery)
    sender = apprise.Apprise(asset=service.asset)
    sender.add(service)
    with listening() as exchanges:
        result = sender.notify(
            title=title,
            body=body,
            notify_type=wording.apprise_type(delivery.message),
            body_format=apprise.NotifyFormat.TEXT,
            log_level=logging.DEBUG,
        )
    return outcome_of(result, url, exchanges, some_reached=bool(reached))
