from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alert import Severity
from monitor.core.message import Message, MessageItem, What, trial_message
from monitor.core.wording import apprise_type, body, in_words, title
from tests.builders import NOW
from tests.message_builders import a_message, an_item

Golden = Callable[[str, str], None]
RUNBOOK = "https://wiki.example.com/robots"


def a_storm(count: int) -> tuple[MessageItem, ...]:
    severities = (Severity.CRITICAL, Severity.WARNING, Severity.WARNING)
    return tuple(
        an_item(
            f"BOT-{number:03}",
            alert_id=f"INCIDENT{number:03}",
            severity=severities[number % 3],
            lasted=timedelta(minutes=number),
        )
        for number in range(count)
    )


def rendered(message: Message, limit: int = 3000) -> str:
    text = body(message, limit=limit)
    return f"{title(message)}\n({apprise_type(message)})\n\n{text}\n"


# Golden messages


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("what", What)
def test_each_kind_of_event_reads_as_reviewed(
    golden: Golden, what: What, severity: Severity
) -> None:
    item = an_item(
        what=what, severity=severity, runbook_url=RUNBOOK, reason="no longer matches the rule"
    )
    golden(f"{what}-{severity}", rendered(a_message(item)))


def test_a_few_changes_read_as_reviewed(golden: Golden) -> None:
    message = a_message(
        an_item("BOT-01", what=What.RESOLVED, alert_id="RRRRRRRRRR", lasted=timedelta(hours=3.35)),
        an_item("BOT-02", severity=Severity.WARNING, alert_id="WWWWWWWWWW"),
        an_item("BOT-03", alert_id="CCCCCCCCCC"),
        an_item("BOT-04", what=What.GONE, alert_id="GGGGGGGGGG"),
    )
    golden("mixed", rendered(message))


def test_a_storm_reads_as_reviewed(golden: Golden) -> None:
    golden("storm", rendered(a_message(*a_storm(200))))


def test_a_message_for_few_letters_reads_as_reviewed(golden: Golden) -> None:
    golden("short", rendered(a_message(*a_storm(9)), limit=160))


def test_a_trial_reads_as_reviewed(golden: Golden) -> None:
    golden("trial", rendered(trial_message("ops-slack", NOW)))


# The title


def test_a_title_of_several_rules_and_tenants_counts() -> None:
    message = a_message(
        an_item(rule="a", tenant="north"), an_item(rule="b", tenant="south", what=What.RESOLVED)
    )
    assert title(message) == "[CRITICAL] 1 opened, 1 resolved (2 tenants)"


def test_a_title_without_problems_says_what_ended() -> None:
    resolved, gone = an_item(what=What.RESOLVED), an_item(what=What.GONE)
    assert title(a_message(resolved, resolved)).startswith("[RESOLVED] ")
    assert title(a_message(gone)).startswith("[GONE] ")
    assert title(a_message(resolved, gone)).startswith("[ENDED] ")


def test_a_hostile_name_stays_on_the_line_of_the_title() -> None:
    text = title(a_message(an_item("BOT\r\nBcc: everybody@example.com")))
    assert "\n" not in text
    assert "\r" not in text


@given(st.text(), st.integers(min_value=1, max_value=300))
def test_a_title_is_bounded(name: str, limit: int) -> None:
    assert len(title(a_message(an_item(name)), limit=limit)) <= limit


# The type


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([an_item()], "failure"),
        ([an_item(severity=Severity.WARNING)], "warning"),
        ([an_item(severity=Severity.INFO)], "info"),
        ([an_item(what=What.RESOLVED)], "success"),
        ([an_item(what=What.GONE)], "info"),
        ([an_item(what=What.CLOSED)], "info"),
        ([an_item(what=What.RESOLVED), an_item(what=What.GONE)], "info"),
        ([an_item(what=What.RESOLVED), an_item(severity=Severity.WARNING)], "warning"),
    ],
)
def test_only_a_pure_recovery_is_a_success(items: list[MessageItem], expected: str) -> None:
    assert apprise_type(a_message(*items)) == expected


# The body


def test_the_worst_stands_first_then_the_longest_standing() -> None:
    text = body(
        a_message(
            an_item("RESOLVED-1", what=What.RESOLVED),
            an_item("WARNING-1", severity=Severity.WARNING),
            an_item("NEW-1"),
            an_item("OLD-1", lasted=timedelta(hours=1)),
        )
    )
    order = [text.index(name) for name in ("OLD-1", "NEW-1", "WARNING-1", "RESOLVED: ")]
    assert order == sorted(order)


def test_a_gone_subject_is_not_told_as_well() -> None:
    text = body(a_message(an_item(what=What.GONE)))
    assert "no longer reports" in text
    assert "not known" in text
    assert "resolved" not in text.lower()


def test_the_subject_is_named_even_where_the_sentence_does_not() -> None:
    text = body(a_message(an_item("BOT-07", summary="No answer")))
    assert text.startswith("CRITICAL: BOT-07: No answer\n")


def test_a_subject_without_folder_and_tenant_has_no_place() -> None:
    assert "Where" not in body(a_message(an_item(folder="", tenant="")))


def test_a_storm_counts_what_it_does_not_tell() -> None:
    text = body(a_message(*a_storm(200)))
    told = sum(line.startswith(("CRITICAL", "WARNING")) for line in text.splitlines())
    assert told == 20
    assert text.startswith("200 opened.\n")
    assert text.endswith("… and 180 more: 47 critical, 133 warning")


def test_paragraphs_that_do_not_fit_become_lines() -> None:
    items = [an_item(f"BOT-{n}", summary=f"BOT-{n} " + "x" * 390) for n in range(5)]
    text = body(a_message(*items), limit=2000)
    assert len(text) <= 2000
    assert text.count("incident ABCDEFGHIJ") == 5


def test_hostile_text_forges_no_line_and_no_mention() -> None:
    hostile = "x\nIncident: FORGED\r\n<!channel> @everyone"
    text = body(a_message(an_item(hostile, summary=hostile, folder=hostile, tenant=hostile)))
    assert [line.partition(":")[0] for line in text.splitlines()] == [
        "CRITICAL",
        "Where",
        "When",
        "Incident",
    ]
    assert "<!channel>" not in text
    assert "@everyone" not in text


@given(
    st.lists(st.tuples(st.text(max_size=600), st.sampled_from(What)), min_size=1, max_size=30),
    st.integers(min_value=120, max_value=3000),
)
def test_a_body_is_bounded_and_accounts_for_every_alert(
    subjects: list[tuple[str, What]], limit: int
) -> None:
    items = [
        an_item(name, what=what, summary=name, alert_id=f"I{number:09}")
        for number, (name, what) in enumerate(subjects)
    ]
    text = body(a_message(*items), limit=limit)
    assert len(text) <= limit
    told = sum(item.alert_id in text for item in items)
    more = text.rpartition("… and ")[2].partition(" more")[0] if "… and " in text else "0"
    assert told >= 1
    assert told + int(more) == len(items)


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
