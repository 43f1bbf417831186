"""The options of a request for a list: read strictly, then applied to rows.

Source: Orchestrator reference, OData rules.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from monitor.simulator.filters import Filter, find_field, parse_filter, value_at
from monitor.simulator.problems import not_valid, out_of_range, query_refused
from monitor.simulator.schema import Entity, Kind
from monitor.simulator.settings import Settings

LIST_OPTIONS = frozenset({"$filter", "$select", "$orderby", "$expand", "$top", "$skip", "$count"})
SINGLE_OPTIONS = frozenset({"$select", "$expand"})
MAX_ORDERINGS = 5
_MAX_INT32 = 2**31 - 1

Row = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Rows in the order of the entity's key, each rendered only when an answer needs it.

    `filtered`: they are already those that the request's filter leaves.
    """

    count: int
    render: Callable[[int], Row]
    filtered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What goes into `value`, and how many rows matched in all."""

    rows: list[Row]
    matched: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """How a server pages: `cap` is the largest `$top`, `default` the page without one.

    A larger `$top` is cut without a word, as real servers do, or else `refused`; whether `$top=0`
    is accepted anywhere is not confirmed.
    """

    cap: int
    default: int
    refuses_more: bool = False
    accepts_zero: bool = False

    @classmethod
    def of(cls, version_cap: int, settings: Settings) -> "Paging":
        """Return the paging of an endpoint with this cap."""
        cap = settings.most_rows or version_cap
        return cls(
            cap=cap,
            default=min(settings.rows_without_top or cap, cap),
            refuses_more=settings.top_above_cap == "refused",
            accepts_zero=settings.accepts_top_zero,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """The options of one request; `top` is already under the server's cap."""

    entity: Entity
    filter: Filter | None
    orderings: tuple[tuple[str, bool], ...]
    select: tuple[str, ...]
    expand: tuple[str, ...]
    top: int
    skip: int
    count: bool

    def page(self, listing: Listing) -> Page:
        """Filter, order and cut, then select the fields."""
        left = None if listing.filtered else self.filter
        if left is None and self._follows_key():
            wanted = range(self.skip, min(self.skip + self.top, listing.count))
            rows = [listing.render(index) for index in wanted]
            matched = listing.count
        else:
            found = [listing.render(index) for index in range(listing.count)]
            if left is not None:
                found = [row for row in found if left(row)]
            for path, descending in reversed(self.orderings):
                steps = tuple(path.split("/"))
                found.sort(key=lambda row: _order_key(value_at(row, steps)), reverse=descending)
            rows = found[self.skip : self.skip + self.top]
            matched = len(found)
        return Page(rows=[self.selected(row) for row in rows], matched=matched)

    def selected(self, row: Row) -> Row:
        """Return only the fields asked for; what is not expanded never shows."""
        names = self.select or (*self.entity.fields, *self.expand)
        shown = {name: row[name] for name in names}
        for name in self.expand:
            inner, known = shown.get(name), self.entity.navigation[name].fields
            if isinstance(inner, dict) and inner.keys() != known.keys():
                shown[name] = {field: inner.get(field) for field in known}
        return shown

    def _follows_key(self) -> bool:
        return not self.orderings or self.orderings == ((self.entity.key, False),)


def read_parameters(raw: str, allowed: Collection[str]) -> dict[str, str]:
    """Split a query string; each name once, none unknown.

    Raises:
        Refused: 400, naming what is not accepted.
    """
    try:
        pairs = parse_qsl(raw, keep_blank_values=True, strict_parsing=bool(raw), errors="strict")
    except (ValueError, UnicodeDecodeError):
        raise query_refused() from None
    found: dict[str, str] = {}
    for name, value in pairs:
        if name not in allowed:
            msg = f"Invalid OData query options. '{name}' is not accepted here."
            raise query_refused(msg)
        if name in found and name.startswith("$"):
            msg = f"Query option '{name}' was specified more than once."
            raise query_refused(msg)
        found[name] = value
    return found


def read_query(parameters: Mapping[str, str], entity: Entity, paging: Paging) -> Query:
    """Read the OData options.

    Raises:
        Refused: 400, for anything this server does not implement or does not know.
    """
    expand = _names(parameters, "$expand")
    for name in expand:
        if name not in entity.navigation:
            msg = f"The property '{name}' cannot be used in the $expand query option."
            raise query_refused(msg)
    select = _names(parameters, "$select")
    for name in select:
        if name not in entity.navigation:
            find_field(entity, name, "$select")
        elif name not in expand:
            msg = f"Invalid OData query options. Selecting '{name}' needs $expand."
            raise query_refused(msg)
    text = parameters.get("$filter")
    return Query(
        entity=entity,
        filter=None if text is None else parse_filter(text, entity),
        orderings=_orderings(parameters, entity),
        select=select,
        expand=expand,
        top=_top(parameters, paging),
        skip=_number(parameters, "$skip", 0, lowest=0),
        count=_truth(parameters, "$count"),
    )


def _names(parameters: Mapping[str, str], option: str) -> tuple[str, ...]:
    text = parameters.get(option)
    if text is None:
        return ()
    names = tuple(name.strip() for name in text.split(","))
    if not all(names) or any("/" in name for name in names):
        msg = f"Invalid OData query options. {option} '{text}'."
        raise query_refused(msg)
    return names


def _orderings(parameters: Mapping[str, str], entity: Entity) -> tuple[tuple[str, bool], ...]:
    text = parameters.get("$orderby")
    if text is None:
        return ()
    orderings: list[tuple[str, bool]] = []
    for term in text.split(","):
        words = term.split()
        if len(words) not in (1, 2) or words[1:] not in ([], ["asc"], ["desc"]):
            msg = f"Invalid OData query options. $orderby '{text}'."
            raise query_refused(msg)
        path = words[0]
        field = find_field(entity, path, "$orderby")
        allowed = entity.orderable
        if field.kind is Kind.DATA or (allowed is not None and path not in allowed):
            msg = f"The property '{path}' cannot be used in the $orderby query option."
            raise query_refused(msg)
        orderings.append((path, words[1:] == ["desc"]))
    if len(orderings) > MAX_ORDERINGS:
        raise query_refused()
    return tuple(orderings)


def _top(parameters: Mapping[str, str], paging: Paging) -> int:
    lowest = 0 if paging.accepts_zero else 1
    top = _number(parameters, "$top", paging.default, lowest=lowest)
    if top > paging.cap and paging.refuses_more:
        raise out_of_range("top", paging.cap)
    return min(top, paging.cap)


def _number(parameters: Mapping[str, str], option: str, default: int, *, lowest: int) -> int:
    text = parameters.get(option)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit():
        raise not_valid(option, f"The value '{text}' is not valid for {option}.")
    number = int(text)
    if not lowest <= number <= _MAX_INT32:
        raise out_of_range(option.removeprefix("$"), _MAX_INT32)
    return number


def _truth(parameters: Mapping[str, str], option: str) -> bool:
    text = parameters.get(option, "false")
    if text not in ("true", "false"):
        msg = f"Invalid OData query options. {option} '{text}'."
        raise query_refused(msg)
    return text == "true"


def _order_key(value: object) -> tuple[int, float, str]:
    """Order nulls first, then numbers and instants by size, then texts."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, datetime):
        return (1, value.timestamp(), "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, str(value))
