"""A store that fails when a test says so."""

from collections.abc import Iterator
from contextlib import contextmanager

from monitor.errors import StoreUnavailable
from monitor.store import Store
from monitor.store.store import Write


class BreakableStore(Store):
    """A store whose next transactions fail, before or after the commit."""

    fails = False
    loses_the_answer = False

    @contextmanager
    def writing(self) -> Iterator[Write]:
        if self.fails:
            raise StoreUnavailable("the disk is full")
        with super().writing() as write:
            yield write
        if self.loses_the_answer:
            raise StoreUnavailable("the connection broke during the commit")
