"""Repeats what may go well the next time, within the poll's time and not in step with others."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.errors import Unreachable
from monitor.orchestrator.answers import Answer, retry_after_s
from monitor.orchestrator.deadline import Deadline
from monitor.orchestrator.failures import is_hopeless

_LONGEST_WAIT_S = 30.0
# A 429 without Retry-After says nothing; the published limits count by the minute.
# Source: Orchestrator reference, rate limits.
_UNTOLD_WAIT_S = 60.0
_TOO_MANY = 429
_TIMED_OUT = 408
_FAILING = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long. `wait` may be cut short by a stop: a true answer ends the retries.

    `jitter` returns 0 <= x < 1; a wait is stretched or shortened by up to a quarter.
    """

    wait: Callable[[float], object]
    jitter: Callable[[], float]
    attempts: int = 4
    first_s: float = 0.5


def repeated(
    send: Callable[[], Answer],
    *,
    policy: RetryPolicy,
    deadline: Deadline,
    now: Callable[[], datetime],
) -> Answer:
    """Return the first answer that repeating would not better, or the last one.

    Connection failures, 408, 429 and 5xx are repeated; a wait that would outlast the deadline is
    not begun. Whatever `send` raises last is raised.
    """
    attempt = 0
    while True:
        failure: Unreachable | None = None
        answer: Answer | None = None
        asked_s: float | None = None
        try:
            answer = send()
        except Unreachable as error:
            failure = error
            if is_hopeless(error):
                raise
        if answer is not None:
            if answer.status not in {_TIMED_OUT, _TOO_MANY} and answer.status < _FAILING:
                return answer
            asked_s = retry_after_s(answer, now())
            if asked_s is None and answer.status == _TOO_MANY:
                asked_s = _UNTOLD_WAIT_S
        attempt += 1
        backoff_s = min(policy.first_s * 2 ** (attempt - 1), _LONGEST_WAIT_S)
        backoff_s *= 0.75 + policy.jitter() / 2
        wait_s = backoff_s if asked_s is None else max(asked_s, policy.first_s / 2)
        if (
            attempt >= policy.attempts
            or wait_s >= deadline.remaining_s()
            or policy.wait(wait_s) is True
            or deadline.passed()
        ):
            if failure is not None:
                raise failure
            if answer is not None:
                return answer
