"""Calls that are made ahead of the need for their results: in order, and never many."""

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import TypeVar

from monitor.orchestrator.transport import MOST_IN_FLIGHT

R = TypeVar("R")

_MOST_AHEAD = MOST_IN_FLIGHT + 2
"""Two more than can be at work: whoever has fetched a page finds the next one to fetch."""

_QUICK_S = 0.01
_WORTH_THREADS_S = 0.25
"""Pages that are quick, or come soon one after the other, are not asked for together: threads that
all find their answers waiting only wait for each other, at a third more of processor time."""


class Pace:
    """Makes the calls for one list's pages, together where waiting for each would take long.

    `page_s` is what the quickest page took; at first that of the last time, zero if there is none.
    """

    def __init__(self, page_s: float) -> None:
        """Begin with no page fetched."""
        self.page_s = page_s
        self._is_first = True

    def took(self, seconds: float) -> None:
        """Learn how long a page took to come."""
        # Pages that come together wait for each other too; the quickest one waited least.
        self.page_s = seconds if self._is_first else min(self.page_s, seconds)
        self._is_first = False

    def __call__(
        self, calls: Iterator[Callable[[], R]], left: Callable[[], int]
    ) -> Generator[R, None, None]:
        """Yield the results in order; `left` tells how many calls are still to come."""
        for call in calls:
            others = left()
            if others and self.page_s > _QUICK_S and (1 + others) * self.page_s > _WORTH_THREADS_S:
                yield from in_threads(chain((call,), calls))
            else:
                yield call()


def in_threads(calls: Iterator[Callable[[], R]]) -> Generator[R, None, None]:
    """Yield the results of calls in order, eight of them at work; a failure is raised in its turn.

    Once one has failed, or nobody wants more, no other begins; those at work go on to their end.
    """
    with ThreadPoolExecutor(MOST_IN_FLIGHT, thread_name_prefix="poll") as pool:
        begun: deque[Future[R]] = deque()
        try:
            for call in calls:
                begun.append(pool.submit(call))
                if len(begun) == _MOST_AHEAD:
                    yield begun.popleft().result()
            while begun:
                yield begun.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
