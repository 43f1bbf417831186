from datetime import timedelta

import pytest

from monitor.core.message import What
from monitor.core.phrases import in_words, line, paragraph, sentence, short_line, word
from monitor.core.severity import Severity
from tests.builders import NOW
from tests.message_builders import a_message, an_item


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        (What.OPENED, "WARNING"),
        (What.WORSE, "NOW WARNING"),
        (What.FLAPPING, "WARNING, FLAPPING"),
        (What.OPEN, "STILL WARNING"),
        (What.GONE, "GONE"),
        (What.CLOSED, "CLOSED"),
        (What.RESOLVED, "RESOLVED"),
    ],
)
def test_a_word_says_how_bad_it_is_and_whether_that_is_new(what: What, expected: str) -> None:
    assert word(an_item(what=what, severity=Severity.WARNING)) == expected


def test_the_word_for_what_still_flaps_claims_no_state() -> None:
    assert word(an_item(what=What.OPEN, is_flapping=True)) == "STILL FLAPPING"


@pytest.mark.parametrize("what", [What.OPENED, What.WORSE, What.OPEN])
def test_the_subject_is_named_even_where_the_sentence_does_not(what: What) -> None:
    assert sentence(an_item("B7", what=what, summary="B7 is mute")) == "B7 is mute"
    assert sentence(an_item("B7", what=what, summary="No answer")) == "B7: No answer"
    assert sentence(an_item("B7", what=what, summary="")) == "B7"


def test_a_gone_or_closed_subject_is_not_told_as_well() -> None:
    gone, closed = an_item(what=What.GONE), an_item(what=What.CLOSED, reason="rule removed")
    for text in (paragraph(gone, NOW), paragraph(closed, NOW)):
        assert "whether it recovered is not known" in text
        assert "resolved" not in text.lower()
    assert "no longer reports" in sentence(gone)
    assert sentence(closed).startswith("BOT-07: rule removed; ")
    assert sentence(an_item(what=What.CLOSED)).startswith("BOT-07: no longer watched; ")


@pytest.mark.parametrize("what", [What.FLAPPING, What.OPEN])
def test_of_what_flaps_no_present_state_is_claimed(what: What) -> None:
    text = paragraph(an_item(what=what, is_flapping=True), NOW)
    assert ": BOT-07 opens and resolves too often; " in text
    assert "not told until it settles\nLast seen: BOT-07 has not answered for 3 min\n" in text


def test_a_paragraph_leaves_out_what_is_not_known() -> None:
    item = an_item(what=What.RESOLVED, summary="", folder="", tenant="", rule="mute")
    assert paragraph(item, NOW) == (
        "RESOLVED: BOT-07\n"
        "When: from 2026-01-05 08:57:00 UTC to 2026-01-05 09:00:00 UTC, 3 min\n"
        "Incident: ABCDEFGHIJ (rule mute)"
    )


@pytest.mark.parametrize(
    ("affected", "count", "expected"),
    [
        (["R1", "R2"], 2, "Affects 2: R1, R2"),
        (["R1", "R2"], 6, "Affects 6: R1, R2 and 4 more"),
        ([""], 1000, "Affects 1,000"),
        (
            ["x" * 49, *("y" * 300,) * 29],
            30,
            f"Affects 30: {'x' * 49}, {', '.join(['y' * 49 + '…'] * 2)}",
        ),
        (
            [f"BOT-07 (svc-{number})" for number in range(12)],
            12,
            f"Affects 12: {', '.join(f'svc-{number}' for number in range(12))}",
        ),
    ],
)
def test_some_of_those_affected_are_named_and_all_counted(
    affected: list[str], count: int, expected: str
) -> None:
    item = an_item(affected=affected, affected_count=count)
    (text,) = [part for part in paragraph(item, NOW).splitlines() if part.startswith("Affects")]
    assert text.startswith(expected)
    assert len(text) < 750
    assert f"affects {count:,} ·" in line(item, a_message(item))


def test_how_long_it_has_lasted_is_told_of_all_but_new_alerts() -> None:
    hours = timedelta(hours=4)
    assert "When: since 2026-01-05 05:00:00 UTC\n" in paragraph(an_item(lasted=hours), NOW)
    for what in (What.WORSE, What.FLAPPING, What.OPEN):
        text = paragraph(an_item(what=what, lasted=hours), NOW)
        assert "When: since 2026-01-05 05:00:00 UTC, 4 h\n" in text


def test_a_line_leaves_out_the_date_of_today() -> None:
    today, before = an_item(), an_item(lasted=timedelta(hours=10))
    ended = an_item(what=What.RESOLVED, lasted=timedelta(hours=10))
    assert "· since 08:57 UTC ·" in line(today, a_message(today))
    assert "· since 2026-01-04 23:00 UTC ·" in line(before, a_message(before))
    text = line(ended, a_message(ended))
    assert "· from 2026-01-04 23:00 UTC to 09:00 UTC, 10 h ·" in text


def test_a_line_without_a_place_has_no_gap() -> None:
    item = an_item(folder="", tenant="")
    expected = "CRITICAL: BOT-07 has not answered for 3 min · since 08:57 UTC · incident ABCDEFGHIJ"
    assert line(item, a_message(item)) == expected


def test_a_short_line_keeps_the_incident() -> None:
    text = short_line(an_item(what=What.OPEN), 40)
    assert text == "STILL CRITICAL: BOT-07 has… (ABCDEFGHIJ)"
    assert len(short_line(an_item(), 10)) <= 10


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "0 s"),
        (0, "0 s"),
        (45, "45 s"),
        (60, "1 min"),
        (61, "1 min 1 s"),
        (3600, "1 h"),
        (3659, "1 h"),
        (12_000, "3 h 20 min"),
        (86_400, "1 d"),
        (90_000, "1 d 1 h"),
        (172_860, "2 d"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert in_words(timedelta(seconds=seconds)) == words
