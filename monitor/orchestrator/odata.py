"""OData: how a list is asked for, and how all of its pages come home.

Source: Orchestrator reference, OData rules: most lists hand out at most 1000 rows a page and no
next link; pages are offsets over live data.
"""

import contextlib
import math
import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote, urlsplit

from monitor.errors import UnexpectedResponse
from monitor.orchestrator.answers import Answer
from monitor.orchestrator.decoders import UNREADABLE, decoder_of
from monitor.orchestrator.failures import not_json
from monitor.orchestrator.wire import LoosePage, Page

T = TypeVar("T")
R = TypeVar("R")

PAGE_SIZE = 1000
QUEUE_ITEMS_PAGE_SIZE = 100
MOST_PAGES = 1000


def query_string(params: Mapping[str, object | None]) -> str:
    """Return the query, None left out, values percent-encoded throughout (a space is `%20`)."""
    return "&".join(
        f"{_quoted(name, '$')}={_quoted(_text(value), '')}"
        for name, value in params.items()
        if value is not None
    )


@lru_cache(maxsize=1024)
def _quoted(text: str, safe: str) -> str:
    return quote(text, safe=safe)  # each poll asks the same again


def list_params(
    *,
    select: Sequence[str],
    expand: Sequence[str],
    filter_by: str | None,
    order_by: str,
) -> dict[str, object | None]:
    """Return a list's options without those of its pages.

    `$select` names the expanded entities too, as the server wants it.
    """
    columns = [*select, *(name for name in expand if name not in select)] if select else []
    return {
        "$select": ",".join(columns) or None,
        "$expand": ",".join(expand) or None,
        "$filter": filter_by,
        "$orderby": order_by,
    }


class Chunk(Generic[T]):
    """One page as it came: `size` counts its rows with those that could not be read."""

    __slots__ = ("count", "next_link", "rows", "size", "skipped")

    def __init__(
        self, rows: list[T], *, skipped: int = 0, count: int | None, next_link: str | None
    ) -> None:
        """Keep the rows that could be read; a count below zero is none."""
        self.rows = rows
        self.skipped = skipped
        self.size = len(rows) + skipped
        self.count = count if count is not None and count >= 0 else None
        self.next_link = next_link or None


_HALF_A_PAIR = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def decode_page(answer: Answer, row: type[T], endpoint: str) -> Chunk[T]:
    """Decode a page; rows that do not fit are left out and counted.

    Raises:
        UnexpectedResponse: it is no page, or none of its rows could be read.
    """
    try:
        page: Page[T] = decoder_of(Page[row]).decode(answer.body)  # type: ignore[valid-type] # the row type is a value here
    except UNREADABLE:
        return _decode_rows(answer, row, endpoint)
    return Chunk(page.value, count=page.count, next_link=page.next_link)


def _decode_rows(answer: Answer, row: type[T], endpoint: str) -> Chunk[T]:
    try:
        page = decoder_of(LoosePage).decode(mended(answer.body))
    except UNREADABLE as error:
        raise not_json(answer, endpoint) from error
    decode = decoder_of(row).decode
    rows: list[T] = []
    skipped = 0
    for raw in page.value:
        try:
            rows.append(decode(raw))
        except UNREADABLE:
            skipped += 1
    if skipped and not rows:
        raise not_json(answer, endpoint, f"has {skipped} rows and none can be understood")
    count, link = page.count, page.next_link
    return Chunk(
        rows,
        skipped=skipped,
        count=count if type(count) is int else None,
        next_link=link if isinstance(link, str) else None,
    )


def mended(body: bytes) -> bytes:
    """Return the body with what is no Unicode replaced, and without a byte order mark.

    Names on Windows may hold half a surrogate pair: one such name must not hide all others.
    """
    return _HALF_A_PAIR.sub(rb"\\ufffd", body.decode("utf-8-sig", errors="replace").encode())


class Ahead(Protocol):
    """Runs calls, some of them ahead of time, and hands out their results in order."""

    def __call__(
        self, calls: Iterator[Callable[[], R]], left: Callable[[], int]
    ) -> Generator[R, None, None]:
        """`left` tells how many calls are still to come. A failure is raised in its turn."""
        ...


class Sweep(Generic[T]):
    """One way through a list. Pages are handed on in order, and none of them is kept.

    A count is asked for only once a list is known to be longer than a page; with it, and with
    what was there the last time, several pages can be under way. A page shorter than asked for is
    the last one, since `page_size` is never above the server's cap; where there is a count, an
    empty one is.
    """

    def __init__(
        self,
        fetch: Callable[[int, bool], Chunk[T]],
        follow: Callable[[str], Chunk[T]],
        *,
        page_size: int,
        expected: int,
        endpoint: str,
    ) -> None:
        """Prepare: `fetch(skip, with_count)` gets one page, `follow(link)` the one of a link."""
        self._fetch = fetch
        self._follow = follow
        self._page_size = page_size
        self._endpoint = endpoint
        self._planned = self._pages_of(expected)
        self._counted: int | None = 0 if expected >= page_size else None
        self._asked = 0
        self._arrived = 0
        self._total: int | None = None
        self._link: str | None = None
        self.length = 0

    def pages(self, ahead: Ahead) -> Generator[Chunk[T], None, None]:
        """Yield all pages; `length` is then what to hand in as `expected` the next time.

        Raises:
            UnexpectedResponse: the list does not end.
        """
        is_over = False
        while not is_over:
            with contextlib.closing(ahead(self._calls(), self._left)) as pages:
                for page in pages:
                    is_over = self._learn(page)
                    yield page
                    del page  # or it would be there until the next one is
                    if is_over:
                        break
            if not is_over:
                self._plan_more()
        followed: set[str] = set()
        while self._link is not None:
            self._stop_if_endless()
            if self._link in followed:
                msg = f"{self._endpoint}: the links to the next pages lead in a circle"
                raise UnexpectedResponse(msg, endpoint=self._endpoint)
            followed.add(self._link)
            page = self._follow(self._link)
            self._arrived += 1
            self._link = page.next_link
            yield page

    def _calls(self) -> Iterator[Callable[[], Chunk[T]]]:
        while self._left():
            index = self._asked
            self._asked += 1
            yield partial(self._fetch, index * self._page_size, index == self._counted)

    def _left(self) -> int:
        return self._planned - self._asked

    def _learn(self, page: Chunk[T]) -> bool:
        """Take a page into account, and return whether it is the last that is asked for."""
        if self._arrived == self._counted and page.count is not None:
            self._total = page.count
            self._planned = max(self._asked, self._pages_of(page.count))
        self._arrived += 1
        is_short = page.size < self._page_size
        if page.next_link is not None and (is_short or self._arrived == self._planned):
            # Who makes pages of its own is to be followed the next time too.
            self._link, self.length = page.next_link, 0
            return True
        self.length += page.size
        if self._total is None:
            return is_short
        return page.size == 0 or self._arrived * self._page_size >= self._total

    def _plan_more(self) -> None:
        self._stop_if_endless()
        if self._total is None:
            self._counted = self._arrived
            self._planned = self._arrived + 1
        else:
            self._planned = self._pages_of(self._total)

    def _pages_of(self, rows: int) -> int:
        return min(max(1, math.ceil(rows / self._page_size)), MOST_PAGES)

    def _stop_if_endless(self) -> None:
        if self._arrived >= MOST_PAGES:
            msg = f"{self._endpoint}: the list goes on after {MOST_PAGES} pages and was dropped"
            raise UnexpectedResponse(msg, endpoint=self._endpoint)


def link_within(link: str, base: str, endpoint: str) -> str:
    """Return a next link as path and query below `base`.

    Raises:
        UnexpectedResponse: it leads to another host, which must not see the token.
    """
    own = urlsplit(base)
    try:
        target = urlsplit(link)
    except ValueError:
        target = urlsplit("")
    elsewhere = target.netloc and (target.scheme, target.netloc) != (own.scheme, own.netloc)
    if elsewhere or not target.path.startswith(f"{own.path}/"):
        msg = f"{endpoint}: the link to the next page leads elsewhere and was not followed"
        raise UnexpectedResponse(msg, endpoint=endpoint)
    path = target.path.removeprefix(own.path)
    return f"{path}?{target.query}" if target.query else path


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
