"""Faults that put other rows in place of the right ones: none, of another kind, or each twice."""

from collections.abc import Mapping

from monitor.simulator.estate import guid
from monitor.simulator.faults import Fault
from monitor.simulator.query import Listing, Query, Row

_ASSETS = 3


def substituted(listing: Listing, hits: Mapping[str, Fault]) -> Listing:
    """Return the rows that a list has in the view of the faults that hit."""
    if "empty" in hits:
        return Listing(count=0, render=listing.render)
    if "duplicates" in hits:
        # The list itself has every row twice, so pages and counts fit together.
        return Listing(
            count=2 * listing.count,
            render=lambda index: listing.render(index // 2).copy(),
            filtered=listing.filtered,
        )
    return listing


def substituted_plain(body: object, hits: Mapping[str, Fault]) -> object:
    """Return what an answer outside OData is in the view of the faults that hit."""
    if body is None:
        return None
    if "other-shape" in hits:
        return other_rows() if isinstance(body, list) else other_rows()[0]
    if "empty" in hits:
        return _emptied(body)
    return _doubled(body) if "duplicates" in hits else body


def substituted_single(row: Row, hits: Mapping[str, Fault]) -> Row:
    """Return what a single entity is in the view of the faults that hit."""
    if "other-shape" in hits:
        return other_rows()[0]
    return {} if "empty" in hits else row


def other_rows() -> list[Row]:
    """Return rows of another kind: assets, as no endpoint here has them."""
    return [
        {
            "Key": guid("asset", number),
            "Name": f"Asset {number}",
            "CanBeDeleted": True,
            "ValueScope": "Global",
            "ValueType": "Integer",
            "Value": str(number),
            "IntValue": number,
            "Tags": [],
            "Id": 700 + number,
        }
        for number in range(1, _ASSETS + 1)
    ]


def other_page(query: Query) -> list[Row]:
    """Return the page of them that was asked for, whatever fields were."""
    return other_rows()[query.skip : query.skip + query.top]


def _emptied(body: object) -> object:
    """Empty a list, or the lists of an object; an object without lists loses all it has."""
    if isinstance(body, list):
        return []
    if not isinstance(body, Mapping):
        return body
    lists = [name for name, value in body.items() if isinstance(value, list)]
    if not lists:
        return {}
    counted = {"Count": 0} if "Count" in body else {}
    return {**body, **dict.fromkeys(lists, ()), **counted}


def _doubled(body: object) -> object:
    if isinstance(body, list):
        return [item for item in body for _ in range(2)]
    if isinstance(body, Mapping):
        return {name: _doubled(value) for name, value in body.items()}
    return body
