"""What was shown where: what a part that cannot be read showed before is unknown, not gone."""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from itertools import chain
from typing import Generic, TypeVar

T = TypeVar("T")


class Shown(Generic[T]):
    """The last good answer of each part of each rung of a ladder, the best rung first.

    The parts of a rung are folders, or `None` for a rung that shows the whole tenant.
    """

    def __init__(self, rungs: int) -> None:
        """Begin without any answer."""
        self._rungs: list[dict[int | None, Collection[T]]] = [{} for _ in range(rungs)]
        self._unread: Collection[Collection[T]] = ()

    def read(
        self,
        rung: int,
        parts: Mapping[int | None, Collection[T]],
        refused: Iterable[int | None] = (),
    ) -> None:
        """Take in what this poll read of a rung; `refused` are its parts that it could not read.

        What better rungs showed stays unread; what worse ones showed is told by this one.
        """
        own = self._rungs[rung]
        unread: dict[int | None, Collection[T]] = {
            part: own[part] for part in refused if part in own
        }
        self._rungs[rung] = {**unread, **parts}
        for worse in self._rungs[rung + 1 :]:
            worse.clear()
        better = chain.from_iterable(one.values() for one in self._rungs[:rung])
        self._unread = [*better, *unread.values()]

    def read_nothing(self) -> None:
        """Take note of a poll in which no rung answered."""
        self._unread = [shown for rung in self._rungs for shown in rung.values()]

    def last(self, rung: int) -> Mapping[int | None, Collection[T]]:
        """Return the last good answer of each part of a rung."""
        return self._rungs[rung]

    def clear(self) -> None:
        """Forget all answers: the next one tells everything."""
        for rung in self._rungs:
            rung.clear()

    def hidden(self, present: Collection[Hashable], key: Callable[[T], Hashable]) -> list[T]:
        """Return what was shown before, could not be read now, and is not `present` elsewhere."""
        found = {key(one): one for shown in self._unread for one in shown}
        return [one for name, one in found.items() if name not in present]
