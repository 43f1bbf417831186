"""What a collector asks through: one poll, with one deadline over all of its requests."""

import builtins
import threading
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from monitor.errors import EndpointMissing, UnexpectedResponse
from monitor.orchestrator.ahead import Pace, in_threads
from monitor.orchestrator.answers import Answer
from monitor.orchestrator.deadline import Deadline
from monitor.orchestrator.decoders import UNREADABLE, decoder_of
from monitor.orchestrator.failures import not_json
from monitor.orchestrator.known_rows import KnownRows
from monitor.orchestrator.odata import (
    PAGE_SIZE,
    Chunk,
    Sweep,
    decode_page,
    link_within,
    list_params,
    mended,
    query_string,
)

T = TypeVar("T")
R = TypeVar("R")


class Ask(Protocol):
    """Sends one authorized GET, with retries, and returns its 2xx answer."""

    def __call__(
        self, target: str, endpoint: str, *, folder_id: int | None, poll: "Poll"
    ) -> Answer:
        """Raise one of the conditions of `OrchestratorError` for anything else."""
        ...


class Memory:
    """What one client learned from earlier polls; entries are replaced whole, so threads agree."""

    def __init__(self) -> None:
        """Know nothing."""
        self.forms: dict[str, str] = {}
        self.lengths: dict[tuple[str, int | None], int] = {}
        self.pages_s: dict[tuple[str, int | None], float] = {}


class Poll:
    """One poll. `requests` counts what it sent, sign-ins aside; `skipped` the unreadable rows."""

    def __init__(
        self,
        *,
        ask: Ask,
        deadline: Deadline,
        server_time: Callable[[], datetime],
        base: str,
        memory: Memory,
        is_own_session: bool = False,
    ) -> None:
        """Begin; made by `OrchestratorClient.poll`.

        `is_own_session` says that the token is a user's own, by password or user key, and none of
        OAuth: that some endpoints refuse.
        """
        self._ask = ask
        self.deadline = deadline
        self._server_time = server_time
        self._base = base
        self._memory = memory
        self.is_own_session = is_own_session
        self._lock = threading.Lock()
        self.requests = 0
        self.skipped = 0

    @property
    def server_time(self) -> datetime:
        """Return the server's now: by the Date of its answers, else by our own clock.

        In whole milliseconds, as the history keeps it: what was judged is what is recorded.
        """
        at = self._server_time()
        return at.replace(microsecond=at.microsecond // 1000 * 1000)

    def count_request(self) -> None:
        """Take note of a request that goes out."""
        with self._lock:
            self.requests += 1

    def get(
        self,
        path: str,
        *,
        type: builtins.type[T],  # noqa: A002 - the word msgspec uses too
        params: Mapping[str, object | None] | None = None,
        folder_id: int | None = None,
    ) -> T:
        """Return one entity.

        Raises:
            OrchestratorError: any of its conditions.
        """
        answer = self._fetch(path, params or {}, folder_id)
        decode = decoder_of(type).decode
        try:
            try:
                return decode(answer.body)
            except UNREADABLE:
                return decode(mended(answer.body))
        except UNREADABLE as error:
            raise not_json(answer, path) from error

    def together(self, calls: Sequence[Callable[[], R]]) -> builtins.list[R]:
        """Run calls at the same time, at most eight, and return their results in order.

        Each call's failure is its own to catch; one that gets out is raised when all have ended.
        """
        if len(calls) == 1:
            return [calls[0]()]
        return builtins.list(in_threads(iter(calls)))

    def pages(
        self,
        path: str,
        *,
        row: builtins.type[T],
        select: Sequence[str] = (),
        expand: Sequence[str] = (),
        order_by: str = "Id",
        filter: str | None = None,  # noqa: A002 - OData's word
        params: Mapping[str, object | None] | None = None,
        folder_id: int | None = None,
        page_size: int = PAGE_SIZE,
        key: Callable[[T], Hashable] | None = None,
        known: KnownRows[T] | None = None,
    ) -> Generator[builtins.list[T], None, None]:
        """Yield the rows of a list page by page; at most some ten pages are there at a time.

        `order_by` must be stable, `page_size` not above the server's cap for this list. `key`
        removes rows that moved from one page to the next, and keeps the keys for it. `known` are
        the rows of the same list as it came last: nobody may change a row then. Rows that cannot be
        read are left out and counted in `skipped`. Whoever does not want all pages closes the
        generator.

        Raises:
            OrchestratorError: any of its conditions, also after some pages.
        """
        options = list_params(select=select, expand=expand, filter_by=filter, order_by=order_by)
        options.update(params or {})
        list_, memory = (path, folder_id), self._memory
        pace = Pace(memory.pages_s.get(list_, 0.0))

        def fetch(skip: int, with_count: bool) -> Chunk[T]:  # noqa: FBT001 - called by position
            paging = {
                "$top": page_size,
                "$skip": skip or None,
                "$count": True if with_count else None,
            }
            left_s = self.deadline.remaining_s()
            answer = self._fetch(path, {**options, **paging}, folder_id)
            pace.took(left_s - self.deadline.remaining_s())
            if known is not None:
                return known.decode(answer, skip, path)
            return decode_page(answer, row, path)

        def follow(link: str) -> Chunk[T]:
            target = link_within(link, self._base, path)
            try:
                answer = self._ask(target, path, folder_id=folder_id, poll=self)
            except EndpointMissing as error:
                # The list is there: what is missing is where its link leads.
                msg = f"{path}: the link to the next page leads nowhere (404)"
                raise UnexpectedResponse(msg, endpoint=path, status=error.status) from error
            return decode_page(answer, row, path)

        seen: set[Hashable] = set()
        sweep = Sweep(
            fetch,
            follow,
            page_size=page_size,
            expected=memory.lengths.get(list_, 0),
            endpoint=path,
        )
        for page in sweep.pages(pace):
            if page.skipped:
                with self._lock:
                    self.skipped += page.skipped
            rows = page.rows
            if key is not None:
                rows = [one for one in rows if key(one) not in seen]
                seen.update(map(key, rows))
            yield rows
            del page, rows
        memory.lengths[list_], memory.pages_s[list_] = sweep.length, pace.page_s

    def list(
        self,
        path: str,
        *,
        row: builtins.type[T],
        select: Sequence[str] = (),
        expand: Sequence[str] = (),
        order_by: str = "Id",
        filter: str | None = None,  # noqa: A002 - OData's word
        params: Mapping[str, object | None] | None = None,
        folder_id: int | None = None,
        page_size: int = PAGE_SIZE,
        key: Callable[[T], Hashable] | None = None,
        known: KnownRows[T] | None = None,
    ) -> builtins.list[T]:
        """Return all rows of `pages`, for which see there.

        Raises:
            OrchestratorError: any of its conditions.
        """
        pages = self.pages(
            path,
            row=row,
            select=select,
            expand=expand,
            order_by=order_by,
            filter=filter,
            params=params,
            folder_id=folder_id,
            page_size=page_size,
            key=key,
            known=known,
        )
        rows = next(pages, [])
        for page in pages:
            rows += page
        return rows

    def _fetch(
        self, path: str, params: Mapping[str, object | None], folder_id: int | None
    ) -> Answer:
        """Ask, and ask an unbound function in its other spelling where it is missing.

        They end in `()` up to 2020.4 and do not from 2020.10.
        Source: Orchestrator reference, query options.
        """
        query = query_string(params)
        known = self._memory.forms.get(path, path)
        try:
            return self._ask(_target(known, query), path, folder_id=folder_id, poll=self)
        except EndpointMissing:
            if not _is_function(path):
                raise
            other = f"{path}()" if known == path else path
            answer = self._ask(_target(other, query), path, folder_id=folder_id, poll=self)
            self._memory.forms[path] = other
            return answer


def _target(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def _is_function(path: str) -> bool:
    last = path.rsplit("/", 1)[-1]
    return "." in last and not last.endswith(")")
