"""Queue items: what is asked of them is right, whatever way the answer was found."""

from datetime import timedelta

import pytest

from monitor.simulator.entities import QUEUE_ITEM
from monitor.simulator.estate import Estate, Folder, Queue
from monitor.simulator.estates import default_estate, large_estate
from monitor.simulator.filters import parse_filter
from monitor.simulator.item_blocks import Block
from monitor.simulator.literals import read_instant
from monitor.simulator.settings import Settings
from tests.unit.simulator.callers import QUEUE_STATUS, START, Caller

ITEMS = "/odata/QueueItems"
SOON = "2026-01-05T10:00:00Z"


def small_estate() -> Estate:
    """Return a tenant of three queues, one of them linked, with items of every kind."""
    default = default_estate()
    return Estate(
        organization="acme",
        tenant="Production",
        folders=(Folder(id=1, path="One"), Folder(id=2, path="Two")),
        machines=default.machines,
        hosts=(),
        sessions=(),
        queues=(
            Queue(id=10, name="Plain", folder_ids=(1,), process="P", new=7, abandoned=3),
            Queue(
                id=11,
                name="Promised",
                folder_ids=(2, 1),
                process="Q",
                new=9,
                deferred=2,
                overdue=3,
                successful=40,
                application_exceptions=4,
                sla_minutes=1,
            ),
            Queue(id=12, name="Idle", folder_ids=(2,), process="R", arrivals=0, capacity=0),
        ),
        licenses=default.licenses,
    )


def caller(estate: Estate | None = None, second: float = 200) -> Caller:
    made = Caller(estate=estate or small_estate(), settings=Settings(metered_per_minute=10**6))
    made.root = f"/acme/{made.simulator.estate.tenant}/orchestrator_"
    made.clock.at(second)
    return made


FILTERS = [
    "Status eq 'New'",
    "Status ne 'New'",
    "Status in ('New','Failed')",
    "Status eq '4'",
    "Status eq 'Deleted'",
    "Status eq 'New' and DueDate lt 2026-01-05T08:02:00Z",
    "Status eq 'New' and DueDate ge 2026-01-05T08:02:00Z",
    "Status eq 'New' and DueDate eq null",
    "Status eq 'New' and DueDate ne null",
    "Status eq 'New' and DeferDate gt 2026-01-05T08:02:00Z",
    "Status eq 'Abandoned' and StartProcessing gt 2026-01-04T06:00:00Z",
    "Status eq 'Abandoned' and StartProcessing le 2026-01-04T06:00:00Z",
    "CreationTime gt 2026-01-05T08:00:00Z",
    "CreationTime gt 2026-01-05T08:00:00Z and CreationTime le 2026-01-05T08:02:00Z",
    "QueueDefinitionId eq 11 and Status eq 'New'",
    "QueueDefinitionId in (10,12)",
    "QueueDefinitionId eq 11 and ProcessingExceptionType eq 'BusinessException'",
    "StartProcessing lt 2026-01-05T08:00:00Z",
    "EndProcessing gt 2026-01-05T08:00:00Z and Status eq 'Successful'",
    "OrganizationUnitId eq 2 and Status eq 'New'",
    "OrganizationUnitFullyQualifiedName eq 'One'",
    "Priority eq 'Normal' and RetryNumber eq 0",
    "Priority eq 'High'",
    "Reference ge 'Plain-0'",
    "Reference eq 'Plain-6000000003'",
    "Id gt 110000000000",
    "Id lt 110000000000 and Status eq 'New'",
    "Status eq 'New' or Status eq 'Abandoned'",
    "(Status eq 'New') and (DueDate gt 2026-01-05T08:02:00Z or DeferDate ne null)",
]


@pytest.mark.parametrize("text", FILTERS)
@pytest.mark.parametrize("folder", [None, "1", "2"])
@pytest.mark.parametrize("second", [0, 200])
def test_a_filter_leaves_the_rows_that_match(text: str, folder: str | None, second: float) -> None:
    asked = caller(second=second)
    header = {} if folder is None else {"X_UIPATH_OrganizationUnitId": folder}
    matches = parse_filter(text, QUEUE_ITEM)
    whole = (
        asked.get(ITEMS, "$top=100", **header).rows
        + asked.get(ITEMS, "$top=100&$skip=100", **header).rows
    )
    answer = asked.get(ITEMS, f"$top=100&$count=true&$filter={text.replace(' ', '+')}", **header)

    expected = [row["Id"] for row in whole if matches(parsed(row))]
    assert [row["Id"] for row in answer.rows] == expected[:100]
    assert answer.json["@odata.count"] == len(expected)


def parsed(row: dict[str, object]) -> dict[str, object]:
    """Return the row with instants, as the server holds it."""
    names = ("DueDate", "DeferDate", "StartProcessing", "EndProcessing", "CreationTime")
    return row | {name: instant(row[name]) for name in names}


def instant(value: object) -> object:
    return read_instant(value) if isinstance(value, str) else None


def test_items_come_by_id_and_a_linked_queues_once_for_each_folder() -> None:
    rows = caller().get(ITEMS, "$top=100").rows
    keys = [(row["Id"], row["OrganizationUnitId"]) for row in rows]
    linked = [row for row in rows if row["QueueDefinitionId"] == 11]

    assert keys == sorted(keys)
    assert [row["OrganizationUnitId"] for row in linked[:4]] == [1, 2, 1, 2]
    assert {row["OrganizationUnitFullyQualifiedName"] for row in linked} == {"One", "Two"}


def test_pages_fit_together() -> None:
    asked = caller()
    whole = [row["Key"] for row in asked.get(ITEMS, "$top=100").rows]
    pages = [
        row["Key"]
        for skip in range(0, 100, 7)
        for row in asked.get(ITEMS, f"$top=7&$skip={skip}").rows
    ]

    assert pages[:100] == whole


def test_the_new_items_are_as_many_as_the_status_says() -> None:
    asked = caller()
    for status in asked.get(QUEUE_STATUS).rows:
        id_ = status["QueueDefinitionId"]
        for name, field in (("New", "ItemsToProcess"), ("InProgress", "ItemsInProgress")):
            text = f"QueueDefinitionId+eq+{id_}+and+Status+eq+'{name}'"
            answer = asked.get(
                ITEMS,
                f"$top=1&$count=true&$filter={text}",
                X_UIPATH_OrganizationUnitId="2" if id_ != 10 else "1",
            )
            assert answer.json["@odata.count"] == status[field]


def test_abandoned_items_were_taken_a_day_before_the_change() -> None:
    asked = caller(second=0)
    asked.clock.at(600)
    asked.simulator.set_queue("Idle", abandoned=2)
    asked.clock.at(1200)
    asked.simulator.set_queue("Idle", abandoned=3)
    text = "QueueDefinitionId eq 12 and Status eq 'Abandoned'"
    since = "2026-01-04T08:15:00Z"
    starts = [row["StartProcessing"] for row in asked.get(ITEMS, f"$filter={text}").rows]
    fresh = asked.get(ITEMS, f"$filter={text} and StartProcessing gt {since}").rows

    assert starts == ["2026-01-04T08:09:58Z", "2026-01-04T08:09:59Z", "2026-01-04T08:19:59Z"]
    assert [row["StartProcessing"] for row in fresh] == starts[2:]
    assert asked.simulator.queue("Idle").abandoned == 3


def test_fewer_abandoned_items_forget_the_oldest_and_keep_their_ids() -> None:
    asked = caller(second=0)
    text = "$filter=QueueDefinitionId eq 10 and Status eq 'Abandoned'"
    before = [row["Id"] for row in asked.get(ITEMS, text).rows]
    asked.simulator.set_queue("Plain", abandoned=2)
    after = [row["Id"] for row in asked.get(ITEMS, text).rows]

    assert len(before) == 3
    assert after == before[1:]


def test_a_clock_that_goes_back_knows_no_item_that_is_abandoned_later() -> None:
    asked = caller(second=600)
    asked.simulator.set_queue("Idle", abandoned=2)
    text = "$filter=QueueDefinitionId eq 12 and Status eq 'Abandoned'"
    found = []
    for second in (599, 601):
        asked.clock.at(second)
        found.append(len(asked.get(ITEMS, text).rows))

    assert found == [0, 2]


def test_the_oldest_item_waits_since_when_it_was_told() -> None:
    asked = caller(second=0)
    asked.clock.at(7200)
    asked.simulator.freeze_queue("Idle", new=5, waiting_since=3600)
    rows = asked.get(ITEMS, "$filter=QueueDefinitionId eq 12 and Status eq 'New'").rows
    created = [instant(row["CreationTime"]) for row in rows]

    assert created == [START + timedelta(seconds=3600 + 720 * n) for n in range(5)]
    asked.clock.forward(60)
    again = asked.get(ITEMS, "$filter=QueueDefinitionId eq 12 and Status eq 'New'").rows
    assert again[0]["CreationTime"] == rows[0]["CreationTime"]


def test_new_items_arrive_after_those_that_were_made_older() -> None:
    asked = caller(second=0)
    asked.clock.at(100)
    asked.simulator.set_queue("Idle", new=2, waiting_since=50, arrivals=60)
    asked.clock.at(103)
    rows = asked.get(ITEMS, "$filter=QueueDefinitionId eq 12 and Status eq 'New'").rows
    created = [instant(row["CreationTime"]) for row in rows]

    assert created[:2] == [START + timedelta(seconds=50), START + timedelta(seconds=75)]
    assert created[2:] == [START + timedelta(seconds=100 + n) for n in range(3)]


def test_an_order_that_is_not_the_keys_looks_at_the_matching_rows_alone() -> None:
    rows = caller().get(ITEMS, "$filter=Status eq 'New'&$orderby=DueDate desc&$top=100").rows
    due = [row["DueDate"] for row in rows]

    assert due == sorted((d for d in due if d), reverse=True) + [d for d in due if not d]


def test_an_item_is_not_rendered_unless_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    real = Block.row

    def counting(block: Block, number: int) -> dict[str, object]:
        made.append(number)
        return real(block, number)

    monkeypatch.setattr(Block, "row", counting)
    asked = caller(large_estate(sessions=8, queues=300, folders=20))
    for query in (
        "$top=10",
        "$top=10&$skip=3000",
        "$filter=Status eq 'New' and DueDate lt 2026-01-06T08:00:00Z&$top=10",
        "$filter=Status eq 'New'&$orderby=Id&$top=10",
    ):
        made.clear()
        asked.get(ITEMS, query)
        assert len(made) <= 10
