from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.alert import Alert, Phase
from monitor.core.calendar import Maintenance
from monitor.core.matching import parse_where
from monitor.core.mute import (
    Acknowledgement,
    Mute,
    MuteKind,
    Mutes,
    People,
    Silence,
    next_changes,
)
from monitor.core.routing import alert_labels
from monitor.core.severity import Severity
from tests.builders import NOW, after
from tests.unit.core.some_alerts import an_alert
from tests.unit.core.some_windows import a_calendar

ALERT = an_alert()


def a_silence(*matchers: str, name: str = "S1", start_s: float = -60, end_s: float = 60) -> Silence:
    return Silence(
        id=name,
        where=parse_where(list(matchers)),
        starts_at=after(start_s),
        ends_at=after(end_s),
        author="anna",
        comment="patch night",
    )


def given(
    *, alert: Alert = ALERT, severity: Severity = Severity.WARNING, note: str = "on it"
) -> Acknowledgement:
    return Acknowledgement(
        alert_id=alert.id,
        severity=severity,
        at=after(-60),
        expires_at=after(60),
        author="anna",
        note=note,
    )


def names(people: People, alert: Alert = ALERT, windows: Sequence[Maintenance] = ()) -> list[str]:
    return [str(mute) for mute in Mutes(people, windows, NOW).of(alert, alert_labels(alert))]


def test_nothing_mutes_by_itself() -> None:
    assert names(People()) == []


def test_a_mute_is_named_for_people_and_says_until_when() -> None:
    people = People(silences=[a_silence("queue!=x")], acknowledgements={ALERT.id: given()})
    mutes = Mutes(people, (), NOW).of(ALERT, alert_labels(ALERT))
    assert mutes == [
        Mute(kind=MuteKind.SILENCE, name="S1 by anna: patch night", until=after(60)),
        Mute(kind=MuteKind.ACKNOWLEDGED, name="by anna: on it", until=after(60)),
    ]
    assert [str(mute) for mute in mutes] == [
        "silence: S1 by anna: patch night",
        "acknowledged: by anna: on it",
    ]


def test_a_silence_mutes_what_it_matches() -> None:
    assert names(People(silences=[a_silence("name=Invoices", "rule=backlog")])) != []
    assert names(People(silences=[a_silence("name=Invoices", "rule=other")])) == []


@pytest.mark.parametrize(
    ("start_s", "end_s", "is_active"),
    [(-60, 60, True), (0, 60, True), (1, 60, False), (-60, 0, False), (-60, 1, True)],
)
def test_a_silence_mutes_from_its_start_until_before_its_end(
    *, start_s: float, end_s: float, is_active: bool
) -> None:
    one = a_silence("tenant=production", start_s=start_s, end_s=end_s)
    assert one.is_active(NOW) is is_active
    assert bool(names(People(silences=[one]))) is is_active


def test_an_acknowledgement_without_a_note_says_by_whom() -> None:
    people = People(acknowledgements={ALERT.id: given(note="")})
    assert names(people) == ["acknowledged: by anna"]


@pytest.mark.parametrize(
    ("alert", "covers"),
    [
        pytest.param(ALERT, True, id="as it was"),
        pytest.param(replace(ALERT, severity=Severity.INFO), True, id="less bad"),
        pytest.param(replace(ALERT, severity=Severity.CRITICAL), False, id="worse"),
        pytest.param(replace(ALERT, phase=Phase.RESOLVED), False, id="over: an end is told"),
        pytest.param(replace(ALERT, id="ANOTHER"), False, id="another incident"),
    ],
)
def test_an_acknowledgement_covers_the_incident_as_bad_as_it_was(
    *, alert: Alert, covers: bool
) -> None:
    assert given().covers(alert, NOW) is covers
    assert bool(names(People(acknowledgements={ALERT.id: given()}), alert)) is covers


def test_an_acknowledgement_expires() -> None:
    assert given().covers(ALERT, after(59))
    assert not given().covers(ALERT, after(60))


def maintenance(first: str, last: str, *matchers: str) -> Maintenance:
    """Return a window between two times of every day in UTC; it is nine o'clock."""
    return Maintenance(
        name="nights",
        window=a_calendar(f"{first}..{last}"),
        where=parse_where(list(matchers)),
        timezone="UTC",
    )


@pytest.mark.parametrize(
    ("first", "last", "is_muted"),
    [("08:00", "10:00", True), ("09:00", "10:00", True), ("08:00", "09:00", False)],
)
def test_a_window_mutes_what_it_covers_while_it_is_open(
    *, first: str, last: str, is_muted: bool
) -> None:
    expected = ["maintenance: nights"] if is_muted else []
    assert names(People(), windows=[maintenance(first, last)]) == expected
    assert names(People(), windows=[maintenance(first, last, "name=Invoices")]) == expected
    assert names(People(), windows=[maintenance(first, last, "name=Other")]) == []


def test_all_that_mutes_is_named() -> None:
    people = People(
        silences=[a_silence("name=Invoices"), a_silence("rule=backlog", name="S2")],
        acknowledgements={ALERT.id: given()},
    )
    assert [line.split()[0] for line in names(people, windows=[maintenance("08:00", "10:00")])] == [
        "silence:",
        "silence:",
        "maintenance:",
        "acknowledged:",
    ]


def test_what_changes_next_are_beginnings_and_ends_that_lie_ahead() -> None:
    people = People(
        silences=[
            a_silence("name=x", start_s=-60, end_s=60),
            a_silence("name=x", start_s=30, end_s=90),
            a_silence("name=x", start_s=-60, end_s=0),
        ],
        acknowledgements={ALERT.id: replace(given(), expires_at=after(45))},
    )
    windows = [maintenance("08:00", "10:00"), maintenance("09:30", "10:00")]
    assert sorted(next_changes(people, windows, NOW)) == [
        after(30),
        after(45),
        after(60),
        after(90),
        NOW + timedelta(minutes=30),
        NOW + timedelta(hours=1),
    ]


def test_a_window_that_never_changes_again_has_no_next_change() -> None:
    former = Maintenance(
        name="former",
        window=a_calendar(valid_until="2026-01-01T00:00:00"),
        where=parse_where([]),
        timezone="UTC",
    )
    assert next_changes(People(), [former], NOW) == []
