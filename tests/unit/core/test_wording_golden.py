"""Golden messages: what people read most, whole, for review as prose."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from monitor.core.message import Message, What, trial_message
from monitor.core.severity import Severity
from monitor.core.wording import apprise_type, body, title
from tests.builders import NOW
from tests.message_builders import a_message, a_queue_item, a_storm, an_item

Golden = Callable[[str, str], None]
RUNBOOK = "https://wiki.example.com/robots"
WARNING, INFO = Severity.WARNING, Severity.INFO


def a_digest() -> Message:
    items = (
        an_item("BOT-01", lasted=timedelta(minutes=40)),
        an_item("BOT-02", what=What.RESOLVED, alert_id="BBBBBBBBBB", tenant="staging"),
        a_queue_item("Invoices", severity=WARNING),
        a_queue_item("Orders", 1900, what=What.WORSE, hours=2),
        a_queue_item("Claims", 700, what=What.OPEN, hours=26),
        an_item(
            "production",
            rule="license-expiry",
            severity=INFO,
            alert_id="LLLLLLLLLL",
            folder="",
            summary="The license of production expires in 29 days",
        ),
    )
    return a_message(*items, is_digest=True)


def rendered(message: Message, limit: int = 3000) -> str:
    text = body(message, limit=limit)
    return f"{title(message)}\n({apprise_type(message)})\n\n{text}\n"


@pytest.mark.parametrize("severity", Severity)
def test_one_alert_reads_as_reviewed(golden: Golden, severity: Severity) -> None:
    item = an_item(severity=severity, runbook_url=RUNBOOK)
    golden(f"opened-{severity}", rendered(a_message(item)))


@pytest.mark.parametrize("what", [What.RESOLVED, What.GONE, What.CLOSED])
def test_one_end_reads_as_reviewed(golden: Golden, what: What) -> None:
    item = a_queue_item("Invoices", what=what, reason="no longer matches the rule")
    golden(f"{what}", rendered(a_message(item)))


def test_an_alert_that_explains_others_reads_as_reviewed(golden: Golden) -> None:
    robots = [f"BOT-{number:02}" for number in range(1, 13)]
    host = an_item("SRV-01", rule="host-offline", summary="SRV-01 is offline", affected=robots)
    golden("host-down", rendered(a_message(host)))


def test_an_alert_that_got_worse_reads_as_reviewed(golden: Golden) -> None:
    golden("worse", rendered(a_message(a_queue_item("Invoices", 5000, what=What.WORSE))))


def test_an_alert_that_flaps_reads_as_reviewed(golden: Golden) -> None:
    item = an_item(what=What.FLAPPING, severity=WARNING, is_flapping=True)
    golden("flapping", rendered(a_message(item)))


def test_a_reminder_reads_as_reviewed(golden: Golden) -> None:
    item = a_queue_item("Invoices", what=What.OPEN, hours=4)
    golden("reminder", rendered(a_message(item)))


def test_a_reminder_of_several_reads_as_reviewed(golden: Golden) -> None:
    items = [
        an_item(what=What.OPEN, is_flapping=True, alert_id="FFFFFFFFFF", severity=WARNING),
        *(a_queue_item(f"Queue-{hours}", what=What.OPEN, hours=hours) for hours in range(4, 30, 4)),
    ]
    golden("reminder-of-several", rendered(a_message(*items)))


def test_a_recovery_beside_what_is_open_reads_as_reviewed(golden: Golden) -> None:
    message = a_message(
        a_queue_item("Invoices", what=What.RESOLVED),
        a_queue_item("Orders", 1200, what=What.OPEN, hours=4),
        a_queue_item("Claims", 700, what=What.OPEN, hours=14, severity=WARNING),
    )
    golden("resolved-beside-open", rendered(message))


def test_a_few_changes_read_as_reviewed(golden: Golden) -> None:
    message = a_message(
        an_item("BOT-01", what=What.RESOLVED, alert_id="RRRRRRRRRR", lasted=timedelta(hours=3.35)),
        an_item("BOT-02", severity=WARNING, alert_id="WWWWWWWWWW"),
        an_item("BOT-03", alert_id="CCCCCCCCCC"),
        an_item("BOT-04", what=What.GONE, alert_id="GGGGGGGGGG"),
        an_item("BOT-05", what=What.OPEN, alert_id="OOOOOOOOOO", lasted=timedelta(hours=5)),
    )
    golden("mixed", rendered(message))


def test_a_storm_reads_as_reviewed(golden: Golden) -> None:
    message = a_message(*a_storm(50), rest={What.OPENED: 9950})
    golden("storm", rendered(message))


def test_a_digest_reads_as_reviewed(golden: Golden) -> None:
    golden("digest", rendered(a_digest()))


def test_a_message_for_few_letters_reads_as_reviewed(golden: Golden) -> None:
    golden("short", rendered(a_message(*a_storm(9)), limit=100))


def test_a_trial_reads_as_reviewed(golden: Golden) -> None:
    golden("trial", rendered(trial_message("ops-slack", NOW)))
