from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.core.message import Message, MessageItem, What
from monitor.core.severity import Severity
from monitor.core.wording import apprise_type, body, title
from tests.builders import NOW
from tests.message_builders import a_message, a_queue_item, a_storm, an_item

WARNING, INFO = Severity.WARNING, Severity.INFO


def paragraphs(text: str) -> list[str]:
    return [part.partition(":")[0] for part in text.split("\n\n")]


# The title


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([a_queue_item("A")], "[CRITICAL] queue-backlog: A (production)"),
        (
            [
                a_queue_item("A", severity=WARNING),
                a_queue_item("B", what=What.WORSE, severity=INFO),
            ],
            "[WARNING] queue-backlog: 1 opened, 1 worse (production)",
        ),
        (
            [a_queue_item("A"), a_queue_item("B", severity=WARNING)],
            "[CRITICAL] queue-backlog: A, B (production)",
        ),
        (
            [a_queue_item(name) for name in "ABCD"],
            "[CRITICAL] queue-backlog: 4 opened (production)",
        ),
        (
            [a_queue_item("A", what=What.WORSE), a_queue_item("B", what=What.WORSE)],
            "[CRITICAL] queue-backlog: A, B got worse (production)",
        ),
        (
            [a_queue_item("A", what=What.FLAPPING)],
            "[CRITICAL] queue-backlog: A flapping (production)",
        ),
        (
            [a_queue_item("A", severity=INFO), a_queue_item("B", what=What.OPEN)],
            "[INFO] queue-backlog: A (production), 1 still open",
        ),
        (
            [a_queue_item("A", severity=WARNING), a_queue_item("B", what=What.RESOLVED)],
            "[WARNING] queue-backlog: A (production), 1 resolved",
        ),
    ],
)
def test_the_title_speaks_of_the_worst_news_and_counts_the_rest(
    items: list[MessageItem], expected: str
) -> None:
    assert title(a_message(*items)) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (
            [a_queue_item("A", what=What.RESOLVED), a_queue_item("B", what=What.OPEN)],
            "[RESOLVED] queue-backlog: A (production), 1 still open",
        ),
        (
            [a_queue_item("A", what=What.GONE), a_queue_item("B", what=What.GONE)],
            "[GONE] queue-backlog: A, B (production)",
        ),
        ([a_queue_item("A", what=What.CLOSED)], "[CLOSED] queue-backlog: A (production)"),
        (
            [a_queue_item("A", what=What.RESOLVED), a_queue_item("B", what=What.GONE)],
            "[ENDED] queue-backlog: 1 gone, 1 resolved (production)",
        ),
    ],
)
def test_the_title_of_what_ended_says_how_and_what_is_still_open(
    items: list[MessageItem], expected: str
) -> None:
    assert title(a_message(*items)) == expected


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        (
            [a_queue_item("A", what=What.OPEN, hours=4)],
            "[STILL CRITICAL] queue-backlog: A (production), for 4 h",
        ),
        (
            [a_queue_item(name, what=What.OPEN, severity=WARNING) for name in "ABCD"],
            "[STILL WARNING] queue-backlog: 4 open (production)",
        ),
        (
            [an_item(what=What.OPEN, is_flapping=True)],
            "[STILL FLAPPING] robot-unresponsive: BOT-07 (production), for 3 min",
        ),
        (
            [an_item(what=What.OPEN, is_flapping=True), an_item("BOT-08", what=What.OPEN)],
            "[STILL CRITICAL] robot-unresponsive: BOT-07, BOT-08 (production)",
        ),
    ],
)
def test_the_title_of_a_reminder_is_no_news(items: list[MessageItem], expected: str) -> None:
    assert title(a_message(*items)) == expected


def test_a_title_names_rule_and_tenant_where_there_is_one() -> None:
    a, b = an_item("A", rule="a", tenant="north"), an_item("B", rule="b", tenant="south")
    nobody = an_item("C", tenant="")
    own = an_item("production", rule="license-expiry")
    resolved = an_item("D", rule="d", tenant="west", what=What.RESOLVED)
    assert title(a_message(a, b)) == "[CRITICAL] A, B (2 tenants)"
    assert title(a_message(a, resolved)) == "[CRITICAL] a: A (north), 1 resolved"
    assert title(a_message(nobody)) == "[CRITICAL] robot-unresponsive: C"
    assert title(a_message(own)) == "[CRITICAL] license-expiry: production"


def test_a_title_counts_whom_an_alert_affects() -> None:
    host = an_item("SRV-01", rule="host", affected=["R1", "R2"], affected_count=1200)
    opened = a_message(host, an_item(what=What.OPEN))
    assert title(opened) == "[CRITICAL] host: SRV-01 (production), affects 1,200, 1 still open"


def test_a_title_counts_alerts_that_are_not_listed() -> None:
    message = a_message(an_item(), rest={What.OPENED: 9, What.OPEN: 1000})
    expected = "[CRITICAL] robot-unresponsive: 10 opened (production), 1,000 still open"
    assert title(message) == expected
    resolved = a_message(an_item(what=What.RESOLVED), rest={What.RESOLVED: 1, What.GONE: 0})
    assert title(resolved) == "[RESOLVED] robot-unresponsive: 2 resolved (production)"


def test_a_digest_says_so_and_claims_no_rule_of_alerts_it_does_not_list() -> None:
    item, is_open = an_item(), an_item(what=What.OPEN)
    listed = a_message(item, is_open, rest={What.OPEN: 8}, is_digest=True)
    counted = a_message(item, rest={What.OPENED: 8}, is_digest=True)
    expected = "[DIGEST] [CRITICAL] robot-unresponsive: BOT-07 (production), 9 still open"
    assert title(listed) == expected
    assert title(counted) == "[DIGEST] [CRITICAL] 9 opened"


def test_long_names_do_not_hide_what_is_still_open() -> None:
    items = [an_item("x" * 90 + str(n), what=What.RESOLVED, alert_id=str(n)) for n in range(3)]
    is_open = an_item(what=What.OPEN)
    one = title(a_message(items[0], is_open), limit=100)
    assert len(one) == 100
    assert one.endswith("x… (production), 1 still open")
    several = title(a_message(*items, is_open))
    assert several == "[RESOLVED] robot-unresponsive: 3 resolved (production), 1 still open"


def test_long_rules_and_tenants_leave_room_for_the_name() -> None:
    text = title(a_message(an_item(rule="r" * 200, tenant="t" * 200)))
    assert len(text) <= 150
    assert "BOT-07" in text


def test_a_hostile_name_stays_on_the_line_of_the_title() -> None:
    text = title(a_message(an_item("BOT\r\nBcc: everybody@example.com")))
    assert "\n" not in text
    assert "\r" not in text


@settings(max_examples=30, deadline=None)
@given(
    st.text(max_size=120),
    st.integers(min_value=1, max_value=300),
    st.sampled_from(What),
    st.integers(min_value=1, max_value=4),
)
def test_a_title_is_bounded(name: str, limit: int, what: What, count: int) -> None:
    message = a_message(*[an_item(name, what=what)] * count)
    assert len(title(message, limit=limit)) <= limit


# The type


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([an_item()], "failure"),
        ([an_item(severity=WARNING)], "warning"),
        ([an_item(severity=INFO)], "info"),
        ([an_item(what=What.WORSE)], "failure"),
        ([an_item(what=What.FLAPPING, severity=WARNING)], "warning"),
        ([an_item(severity=INFO), an_item(what=What.OPEN)], "info"),
        ([an_item(what=What.RESOLVED), an_item(severity=WARNING)], "warning"),
        ([an_item(what=What.OPEN, severity=WARNING), an_item(what=What.OPEN)], "failure"),
        ([an_item(what=What.GONE)], "info"),
        ([an_item(what=What.CLOSED), an_item(what=What.OPEN)], "info"),
        ([an_item(what=What.RESOLVED), an_item(what=What.GONE)], "info"),
    ],
)
def test_the_type_is_that_of_the_worst_news(items: list[MessageItem], expected: str) -> None:
    assert apprise_type(a_message(*items)) == expected


def test_news_that_is_all_good_is_a_success_also_beside_what_is_open() -> None:
    resolved, is_open = an_item(what=What.RESOLVED), an_item(what=What.OPEN)
    assert apprise_type(a_message(resolved)) == "success"
    assert apprise_type(a_message(resolved, is_open)) == "success"
    assert apprise_type(a_message(resolved, rest={What.OPEN: 3})) == "success"
    assert apprise_type(a_message(resolved, rest={What.GONE: 1})) == "info"


# The body


def test_news_stands_before_what_ended_and_that_before_what_is_open() -> None:
    text = body(
        a_message(
            an_item("OPEN-1", what=What.OPEN),
            an_item("RESOLVED-1", what=What.RESOLVED),
            an_item("GONE-1", what=What.GONE),
            an_item("WARNING-1", severity=WARNING),
            an_item("FLAPPING-1", what=What.FLAPPING, severity=WARNING),
            an_item("WORSE-1", what=What.WORSE),
            an_item("NEW-1"),
            an_item("OLD-1", lasted=timedelta(hours=1)),
        )
    )
    names = ("OLD-1", "NEW-1", "WORSE-1", "WARNING-1", "FLAPPING-1", "GONE-1", "RESOLVED-1", "OPEN")
    order = [text.index(f": {name}") for name in names]
    assert order == sorted(order)
    assert paragraphs(text) == [
        "3 opened, 1 worse, 1 flapping, 1 gone, 1 resolved, 1 still open.\nCRITICAL",
        "GONE",
        "STILL CRITICAL",
    ]


def test_what_is_open_beside_a_change_takes_a_line_each() -> None:
    items = [an_item(f"BOT-{n}", what=What.OPEN, alert_id=f"I{n}") for n in range(30)]
    text = body(a_message(an_item(what=What.RESOLVED), *items, rest={What.OPEN: 70}))
    assert text.startswith("1 resolved, 100 still open.\n\nRESOLVED: BOT-07\nIt was: ")
    assert text.count("\nSTILL CRITICAL: ") == 19
    assert text.endswith("\n… and 81 more: 81 still open")


def test_a_storm_counts_what_it_does_not_tell() -> None:
    text = body(a_message(*a_storm(200)))
    told = sum(line.startswith(("CRITICAL", "WARNING")) for line in text.splitlines())
    assert told == 20
    assert text.startswith("200 opened.\n")
    assert text.endswith("… and 180 more: 47 critical, 133 warning")


def test_what_is_not_listed_is_counted_by_what_happened() -> None:
    rest = {What.OPEN: 1, What.RESOLVED: 4, What.GONE: 0}
    text = body(a_message(*a_storm(22), rest=rest))
    assert text.startswith("22 opened, 4 resolved, 1 still open.\n")
    assert text.endswith("… and 7 more: 2 opened, 4 resolved, 1 still open")


def test_a_count_for_few_letters_keeps_its_kinds_while_they_fit() -> None:
    text = body(a_message(*a_storm(2)), limit=80)
    assert text == (
        "CRITICAL: BOT-000 has not answered for 3… (INCIDENT000)\n… and 1 more: 1 warning"
    )


def test_nothing_left_to_count_is_not_mentioned() -> None:
    assert "more" not in body(a_message(*a_storm(20)))


def test_paragraphs_that_do_not_fit_become_lines() -> None:
    items = [an_item(f"BOT-{n}", summary=f"BOT-{n} " + "x" * 390) for n in range(5)]
    text = body(a_message(*items), limit=2000)
    assert len(text) <= 2000
    assert text.count("incident ABCDEFGHIJ") == 5


def test_a_line_names_rule_and_tenant_where_they_differ() -> None:
    same = [a_queue_item(f"Q{n}", tenant="north") for n in range(6)]
    line = "CRITICAL: Q5: 900 items wait (limit 500) · folder Finance · since 08:00 UTC"
    assert body(a_message(*same)).endswith(f"\n{line} · incident Q5QQQQQQQQ")
    others = [an_item(rule="other", tenant="south")]
    mixed = body(a_message(*same, *others))
    assert "· rule queue-backlog · tenant north, folder Finance ·" in mixed
    assert "· rule queue-backlog · tenant north, folder Finance ·" in body(
        a_message(*same, is_digest=True)
    )


def test_a_message_of_nothing_is_harmless() -> None:
    nothing = Message(at=NOW, items=())
    assert (title(nothing), body(nothing), apprise_type(nothing)) == ("[INFO]", "", "info")
    counted = Message(at=NOW, items=(), rest={What.OPEN: 5})
    assert title(counted) == "[STILL INFO] 5 open"
    assert body(counted) == "5 still open.\n… and 5 more: 5 still open"


def test_hostile_text_forges_no_line_and_no_mention() -> None:
    hostile = "x\nIncident: FORGED\r\n<!channel> @everyone"
    item = an_item(hostile, summary=hostile, folder=hostile, tenant=hostile, affected=[hostile])
    text = body(a_message(item))
    assert [line.partition(":")[0] for line in text.splitlines()] == [
        "CRITICAL",
        "Affects 1",
        "Where",
        "When",
        "Incident",
    ]
    assert "<!channel>" not in text
    assert "@everyone" not in text


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=40), st.sampled_from(What), st.integers(1, 12)),
        min_size=1,
        max_size=12,
    ),
    st.dictionaries(st.sampled_from(What), st.integers(0, 10_000), max_size=2),
    st.integers(min_value=40, max_value=3000),
)
def test_a_body_is_bounded_and_accounts_for_every_alert(
    subjects: list[tuple[str, What, int]], rest: dict[What, int], limit: int
) -> None:
    items = [
        an_item(name * length, what=what, summary=name * length, alert_id=f"I{number:09}")
        for number, (name, what, length) in enumerate(subjects * 2)
    ]
    text = body(a_message(*items, rest=rest), limit=limit)
    assert len(text) <= limit
    told = sum(item.alert_id in text for item in items)
    more = text.rpartition("… and ")[2].partition(" more")[0] if "… and " in text else "0"
    # At the lowest limits a cut may take the only incident's number, never the count.
    assert told >= (limit >= 60)
    assert max(told, 1) + int(more.replace(",", "")) == len(items) + sum(rest.values())
