"""OData: how a list is asked for, and how all of its pages come home.

Source: Orchestrator reference, OData rules: most lists hand out at most 1000 rows a page and no
next link; pages are offsets over live data.
"""

import math
import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from monitor.errors import UnexpectedResponse
from monitor.orchestrator.answers import Answer
from monitor.orchestrator.failures import not_json
from monitor.orchestrator.wire import Page

T = TypeVar("T")
R = TypeVar("R")

PAGE_SIZE = 1000
QUEUE_ITEMS_PAGE_SIZE = 100
MOST_PAGES = 1000
_MOST_PAGES_AT_ONCE = 64


def query_string(params: Mapping[str, object | None]) -> str:
    """Return the query, None left out, values percent-encoded throughout (a space is `%20`)."""
    return "&".join(
        f"{quote(name, safe='$')}={quote(_text(value), safe='')}"
        for name, value in params.items()
        if value is not None
    )


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
        """Keep the rows that could be read."""
        self.rows = rows
        self.skipped = skipped
        self.size = len(rows) + skipped
        self.count = count
        self.next_link = next_link


_HALF_A_PAIR = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_UNREADABLE = (msgspec.MsgspecError, ValueError, RecursionError)
_decoders: dict[object, msgspec.json.Decoder[object]] = {}


def decode_page(answer: Answer, row: type[T], endpoint: str) -> Chunk[T]:
    """Decode a page; rows that do not fit are left out and counted.

    Raises:
        UnexpectedResponse: it is no page, or none of its rows could be read.
    """
    try:
        page: Page[T] = _decoder(Page[row]).decode(answer.body)  # type: ignore[valid-type,assignment] # the row type is a value here
    except _UNREADABLE:
        return _decode_rows(answer, row, endpoint)
    return Chunk(page.value, count=page.count, next_link=page.next_link)


def _decode_rows(answer: Answer, row: type[T], endpoint: str) -> Chunk[T]:
    try:
        page = msgspec.json.decode(_mended(answer.body), type=Page[msgspec.Raw])
    except _UNREADABLE as error:
        raise not_json(answer, endpoint) from error
    decode = _decoder(row).decode
    rows: list[T] = []
    skipped = 0
    for raw in page.value:
        try:
            rows.append(decode(raw))  # type: ignore[arg-type] # the decoder is of this row type
        except _UNREADABLE:
            skipped += 1
    if skipped and not rows:
        raise not_json(answer, endpoint, f"has {skipped} rows and none can be understood")
    return Chunk(rows, skipped=skipped, count=page.count, next_link=page.next_link)


def _mended(body: bytes) -> bytes:
    """Return the body with what is no Unicode replaced.

    Names on Windows may hold half a surrogate pair: one such name must not hide all others.
    """
    return _HALF_A_PAIR.sub(rb"\\ufffd", body.decode(errors="replace").encode())


def _decoder(kind: object) -> msgspec.json.Decoder[object]:
    decoder = _decoders.get(kind)
    if decoder is None:
        decoder = _decoders[kind] = msgspec.json.Decoder(kind)
    return decoder


class Together(Protocol):
    """Runs calls at the same time and returns their results in order."""

    def __call__(self, calls: Sequence[Callable[[], R]]) -> list[R]:
        """Run all; the first failure is raised."""
        ...


def sweep(
    fetch: Callable[[int, bool], Chunk[T]],
    follow: Callable[[str], Chunk[T]],
    *,
    together: Together,
    page_size: int,
    expected: int,
    endpoint: str,
) -> tuple[list[Chunk[T]], int]:
    """Return all pages, and how many rows there were: hand it in as `expected` the next time.

    `fetch(skip, with_count)` gets one page. A page shorter than asked for is the last one, since
    `page_size` is never above the server's cap. A count is asked for only once a list is known to
    be longer than a page; with it, and with what was there the last time, pages come together.

    Raises:
        UnexpectedResponse: the list does not end.
    """
    pages: list[Chunk[T]] = []
    total: int | None = None
    counting = expected >= page_size
    wave = min(max(1, math.ceil(expected / page_size)), _MOST_PAGES_AT_ONCE)
    while True:
        skip = len(pages) * page_size
        got = together(
            [partial(fetch, skip + i * page_size, counting and i == 0) for i in range(wave)]
        )
        pages.extend(got)
        if counting:
            total = got[0].count
        link = got[-1].next_link
        if link is not None:
            return _followed(pages, link, follow, endpoint)
        rows = sum(page.size for page in pages)
        if got[-1].size < page_size or (total is not None and len(pages) * page_size >= total):
            return pages, rows
        if len(pages) >= MOST_PAGES:
            raise _endless(endpoint)
        counting = total is None
        left = 1 if total is None else math.ceil(total / page_size) - len(pages)
        wave = min(max(1, left), _MOST_PAGES_AT_ONCE, MOST_PAGES - len(pages))


def _followed(
    pages: list[Chunk[T]], link: str | None, follow: Callable[[str], Chunk[T]], endpoint: str
) -> tuple[list[Chunk[T]], int]:
    while link is not None:
        if len(pages) >= MOST_PAGES:
            raise _endless(endpoint)
        page = follow(link)
        pages.append(page)
        link = page.next_link
    return pages, sum(page.size for page in pages)


def _endless(endpoint: str) -> UnexpectedResponse:
    return UnexpectedResponse(
        f"{endpoint}: the list goes on after {MOST_PAGES} pages and was dropped", endpoint=endpoint
    )


def joined(pages: Sequence[Chunk[T]], key: Callable[[T], Hashable] | None) -> list[T]:
    """Return the rows of all pages; with a `key`, a row that moved between pages comes once."""
    if len(pages) == 1:
        return pages[0].rows
    rows = [row for page in pages for row in page.rows]
    if key is None:
        return rows
    seen: dict[Hashable, T] = {}
    for row in rows:
        seen.setdefault(key(row), row)
    return list(seen.values())


def link_within(link: str, base: str, endpoint: str) -> str:
    """Return a next link as path and query below `base`.

    Raises:
        UnexpectedResponse: it leads to another host, which must not see the token.
    """
    target, own = urlsplit(link), urlsplit(base)
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
