"""What is told although nothing can be recorded: just that, and when it is over.

Everything else that is told is in the database first, so that nothing is lost and nothing told
twice. Where the database cannot be written nobody would hear of anything, nor of why.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.delivery import Outcome, Retryable
from monitor.core.message import Message, MessageItem, What
from monitor.core.plain import clean
from monitor.core.routing import Route, matching_routes
from monitor.core.severity import Severity

PATIENCE_S = 120.0
"""For so long it may be a restart, or somebody who holds a lock."""
AGAIN = timedelta(hours=4)
RETRY = timedelta(minutes=1)

RULE = KIND = "database"
NAME = "history"
LABELS = {"rule": RULE, "kind": KIND, "name": NAME, "severity": Severity.CRITICAL.value}


@dataclass(slots=True)
class _Failing:
    first_s: float
    last_s: float
    times: int = 1


class Distress:
    """Keeps in mind what cannot be recorded, and which channels know; for several threads.

    `routes` returns those of the configuration in force: who hears of a critical alert of the rule
    `database`, hears of this.
    """

    def __init__(self, routes: Callable[[], Sequence[Route]]) -> None:
        """Begin with everything well."""
        self._routes = routes
        self._lock = threading.Lock()
        self._failing: dict[str, _Failing] = {}
        self._began_at: datetime | None = None
        self._trouble = ""
        self._lost = 0
        self._retry_s: dict[str, float] = {}
        self._told_s: dict[str, float] = {}

    def failed(self, work: str, trouble: str, now: datetime, elapsed_s: float) -> None:
        """Note that the result of `work` could not be recorded, and why."""
        with self._lock:
            # Until all who know have heard of the end it is the same distress.
            if not self._failing and not self._told_s:
                self._began_at = now
                self._lost = 0
            known = self._failing.setdefault(work, _Failing(elapsed_s, elapsed_s, 0))
            known.last_s = elapsed_s
            known.times += 1
            self._trouble = trouble
            self._lost += 1

    def completed(self, work: str, elapsed_s: float) -> None:
        """Note that the result of `work` is recorded, or that nobody does it any more.

        What has not been tried for long, being done rarely, is taken to be well then.
        """
        with self._lock:
            self._failing.pop(work, None)
            for other, known in tuple(self._failing.items()):
                if elapsed_s - known.last_s > PATIENCE_S:
                    del self._failing[other]

    def keep_to(self, channels: Collection[str]) -> None:
        """Note that there are only these channels now: on others nobody is owed the end."""
        with self._lock:
            for channel in self._told_s.keys() - set(channels):
                del self._told_s[channel]

    def message(self, channel: str, now: datetime, elapsed_s: float) -> Message | None:
        """Return what a channel is to be told now, if anything; say what came of it to `tried`."""
        with self._lock:
            if elapsed_s < self._retry_s.get(channel, elapsed_s):
                return None
            told_s = self._told_s.get(channel)
            if told_s is not None and not self._failing:
                return self._message(What.RESOLVED, now)
            if told_s is not None:
                is_due = elapsed_s - told_s >= AGAIN.total_seconds()
                return self._message(What.OPEN, now) if is_due else None
            # Twice: what is done rarely may have met with a moment's lock.
            is_lasting = any(
                known.times > 1 and elapsed_s - known.first_s >= PATIENCE_S
                for known in self._failing.values()
            )
            if is_lasting and self._listens(channel):
                return self._message(What.OPENED, now)
            return None

    def tried(self, channel: str, message: Message, outcome: Outcome, elapsed_s: float) -> None:
        """Note what came of telling a channel: one that did not take it is asked again soon."""
        with self._lock:
            self._retry_s.pop(channel, None)
            if isinstance(outcome, Retryable):
                self._retry_s[channel] = elapsed_s + RETRY.total_seconds()
            elif message.items[0].what is What.RESOLVED:
                self._told_s.pop(channel, None)
            else:
                self._told_s[channel] = elapsed_s

    def _listens(self, channel: str) -> bool:
        taken = matching_routes(LABELS, self._routes())
        return any(channel in route.channels for route in taken)

    def _message(self, what: What, now: datetime) -> Message:
        began_at = self._began_at or now
        trouble = clean(self._trouble)
        summary = (
            f"Nothing could be recorded, and so no alert was told; {self._lost} polls are missing: "
            f"{trouble}"
            if what is What.RESOLVED
            else f"Nothing can be recorded, and so no alert is told: {trouble}"
        )
        item = MessageItem(
            alert_id="DATABASE",
            rule=RULE,
            severity=Severity.CRITICAL,
            what=what,
            tenant="",
            kind=KIND,
            name=NAME,
            folder="",
            summary=summary,
            started_at=began_at,
            ended_at=now if what is What.RESOLVED else None,
        )
        return Message(at=now, items=(item,))
