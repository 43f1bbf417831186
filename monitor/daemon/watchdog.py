"""Tells systemd how the daemon is, and feeds its watchdog by finished work alone.

A timer that beats on its own proves that a thread is alive, not that anything is done. Here each
activity (a collector of a tenant, the evaluation, a channel's deliveries) has a longest time it
may go without finishing; one that exceeds it silences the beats, and systemd restarts the daemon.

Source: sd_notify(3), systemd.service(5).
"""

import os
import threading
from collections.abc import Mapping
from datetime import timedelta

import structlog

from monitor.clock import Clock
from monitor.daemon.notify import Notify

log = structlog.get_logger()

_STATUS_LENGTH = 200
_WELL = "running"


def watchdog_limit(environ: Mapping[str, str] = os.environ) -> timedelta | None:
    """Return how long systemd waits for a beat; None where it does not wait for this process."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    text = environ.get("WATCHDOG_USEC", "")
    return timedelta(microseconds=int(text)) if text.isdecimal() and int(text) else None


class Watchdog:
    """Where finished work is reported; safe to use from several threads.

    `limit` is the time systemd waits for a beat (`watchdog_limit`); with None nothing beats, yet
    `overdue` answers all the same.
    """

    def __init__(self, notify: Notify, clock: Clock, limit: timedelta | None) -> None:
        """Begin without activities: until one is expected, nothing beats."""
        self._notify = notify
        self._clock = clock
        self._limit = limit
        self._lock = threading.Lock()
        self._allowances: dict[str, float] = {}
        self._completed_at: dict[str, float] = {}
        self._troubles: dict[str, str] = {}
        self._told = _WELL
        self._beat_at: float | None = None
        self._is_ready = False
        self._is_stopping = False
        self._is_withheld = False

    @property
    def interval(self) -> timedelta | None:
        """The shortest time between two beats, a quarter of what systemd waits; or None."""
        return None if self._limit is None else self._limit / 4

    def expect(self, work: str, allowance: timedelta) -> None:
        """Expect `work` to finish at least once per `allowance`, counted from now at first.

        A second call, as after a reload, changes the allowance and keeps the age.
        """
        with self._lock:
            self._allowances[work] = allowance.total_seconds()
            self._completed_at.setdefault(work, self._clock.monotonic())

    def forget(self, work: str) -> None:
        """Expect `work` no longer."""
        with self._lock:
            self._allowances.pop(work, None)
            self._completed_at.pop(work, None)
            self._troubles.pop(work, None)

    def completed(self, work: str) -> None:
        """Report that `work` has finished once; work that nobody expects counts for nothing."""
        with self._lock:
            if work in self._allowances:
                self._completed_at[work] = self._clock.monotonic()
                self._troubles.pop(work, None)

    def failed(self, work: str, trouble: str) -> None:
        """Report that `work` was done in vain, since its result could not be recorded.

        It is not stuck, and a restart would free no disk: the beats go on. That all is not well is
        told by `troubles`, until it completes.
        """
        with self._lock:
            if work in self._allowances:
                self._completed_at[work] = self._clock.monotonic()
                self._troubles[work] = trouble

    def troubles(self) -> tuple[str, ...]:
        """Return why work is done in vain, each reason once."""
        with self._lock:
            return tuple(dict.fromkeys(self._troubles.values()))

    def overdue(self) -> tuple[str, ...]:
        """Return what has not finished within its allowance, sorted."""
        with self._lock:
            now = self._clock.monotonic()
            return tuple(
                sorted(
                    work
                    for work, allowance in self._allowances.items()
                    if now - self._completed_at[work] > allowance
                )
            )

    def beat(self) -> None:
        """Send `WATCHDOG=1` if every expected work finished in time.

        Call it at least every `interval`; called more often it sends no more. Nothing is sent
        before the first expectation. That beats are withheld is logged once, and so is their
        return.
        """
        overdue = self.overdue()
        if overdue and not self._is_withheld:
            log.error("watchdog.withheld", overdue=overdue)
        elif self._is_withheld and not overdue:
            log.info("watchdog.resumed")
        self._is_withheld = bool(overdue)
        self._tell("stuck: " + ", ".join(overdue) if overdue else "; ".join(self.troubles()))
        if overdue or not self._allowances or self.interval is None:
            return
        now = self._clock.monotonic()
        if self._beat_at is None or now - self._beat_at >= self.interval.total_seconds():
            self._beat_at = now
            self._notify("WATCHDOG=1")

    def ready(self, status: str = _WELL) -> None:
        """Report the start as done; only the first call does."""
        if not self._is_ready:
            self._is_ready = True
            self._notify(f"READY=1\nSTATUS={_one_line(status)}")

    def _tell(self, trouble: str) -> None:
        """Set the line of `systemctl status` when it is another than before."""
        text = trouble or _WELL
        if text != self._told:
            self._told = text
            self.status(text)

    def status(self, text: str) -> None:
        """Set the line that `systemctl status` shows; it may hold text from outside."""
        self._notify(f"STATUS={_one_line(text)}")

    def reloading(self) -> None:
        """Report that the configuration is read again; `reloaded` has to follow."""
        microseconds = int(self._clock.monotonic() * 1_000_000)
        self._notify(f"RELOADING=1\nMONOTONIC_USEC={microseconds}")

    def reloaded(self, status: str = _WELL) -> None:
        """Report the end of a reload; `status` says how it went, also when the old one stays."""
        self._notify(f"READY=1\nSTATUS={_one_line(status)}")

    def extend(self, time: timedelta) -> None:
        """Ask for `time` more, from now, to start or stop: for a long migration."""
        self._notify(f"EXTEND_TIMEOUT_USEC={int(time.total_seconds() * 1_000_000)}")

    def stopping(self) -> None:
        """Report that the daemon is going down; only the first call does."""
        if not self._is_stopping:
            self._is_stopping = True
            self._notify("STOPPING=1")


def _one_line(text: str) -> str:
    # A line break would begin a new assignment: text from outside could then claim MAINPID=.
    plain = "".join(character if character.isprintable() else " " for character in text)
    return plain[:_STATUS_LENGTH]
