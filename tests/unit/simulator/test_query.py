import pytest

from monitor.simulator.entities import QUEUE_ITEM, SESSION
from monitor.simulator.problems import Refused
from monitor.simulator.query import LIST_OPTIONS, Listing, Paging, read_parameters, read_query

ROWS = [
    SESSION.blank() | {"Id": n, "HostMachineName": f"H{n % 3}", "Version": None if n == 4 else "1"}
    for n in range(10)
]
THOUSAND, FOUR = (Paging(cap=cap, default=cap) for cap in (1000, 4))
TEN = Listing(count=10, render=lambda index: dict(ROWS[index]))


def ids(raw: str) -> list[object]:
    query = read_query(read_parameters(raw, LIST_OPTIONS), SESSION, THOUSAND)
    return [row["Id"] for row in query.page(TEN).rows]


def test_without_options_all_rows_come_in_the_order_of_the_key() -> None:
    assert ids("") == list(range(10))


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("%24top=3&%24skip=4", [4, 5, 6]),
        ("$top=3&$skip=9", [9]),
        ("$skip=10", []),
        ("$orderby=Id%20desc&$top=2", [9, 8]),
        ("$orderby=HostMachineName,Id desc&$top=4", [9, 6, 3, 0]),
        ("$orderby=Version asc,Id&$top=2", [4, 0]),
        ("$filter=Id gt 7", [8, 9]),
        ("$filter=Id gt 2&$skip=1&$top=2&$orderby=Id", [4, 5]),
    ],
)
def test_options_cut_the_list(raw: str, expected: list[int]) -> None:
    assert ids(raw) == expected


def test_a_page_tells_how_many_rows_matched_in_all() -> None:
    query = read_query({"$filter": "Id ge 5", "$top": "1"}, SESSION, THOUSAND)

    assert query.page(TEN).matched == 5


def test_a_top_above_the_cap_is_cut_silently() -> None:
    assert len(read_query({"$top": "5000"}, SESSION, FOUR).page(TEN).rows) == 4
    assert len(read_query({}, SESSION, FOUR).page(TEN).rows) == 4


def test_only_selected_fields_are_answered() -> None:
    query = read_query({"$select": "Id,HostMachineName", "$top": "1"}, SESSION, THOUSAND)

    assert query.page(TEN).rows == [{"Id": 0, "HostMachineName": "H0"}]


@pytest.mark.parametrize(
    "raw",
    [
        "$bogus=1",
        "top=1",
        "$select=Id,Nope",
        "$select=Id,",
        "$select=Robot",
        "$select=Robot/Name&$expand=Robot",
        "$expand=Job",
        "$expand=Robot($select=Name)",
        "$orderby=Nope",
        "$orderby=ReportingTime",
        "$orderby=Id up",
        "$orderby=Id,Id,Id,Id,Id,Id",
        "$top=-1",
        "$top=0",
        "$top=abc",
        "$top=1&$top=2",
        "$skip=-1",
        "$skip=99999999999",
        "$count=yes",
        "$apply=x",
        "$filter",
        "$select=%FF",
    ],
)
def test_what_is_not_known_is_refused(raw: str) -> None:
    with pytest.raises(Refused) as refusal:
        read_query(read_parameters(raw, LIST_OPTIONS), SESSION, THOUSAND)

    assert refusal.value.status == 400


def test_queue_items_cannot_be_ordered_by_their_defer_date() -> None:
    with pytest.raises(Refused, match=r"'DeferDate' cannot be used in the \$orderby"):
        read_query({"$orderby": "DeferDate"}, QUEUE_ITEM, THOUSAND)
