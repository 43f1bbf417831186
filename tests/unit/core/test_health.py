from datetime import timedelta

import pytest

from monitor.core.health import Health, collector_subject, sight, tenant_subject
from monitor.core.kinds import KINDS
from monitor.core.sample import Collected, Failed, Snapshot
from tests.builders import NOW, after, collected

BEGINNING = Health(
    subject=collector_subject("production", "queues", {"region": "emea"}), known_since=NOW
)


def a_snapshot(outcome: Collected | Failed) -> Snapshot:
    return Snapshot(
        tenant="production",
        collector="queues",
        started_at=NOW,
        took_s=0.1,
        requests=1,
        outcome=outcome,
    )


GOOD = a_snapshot(collected())
BAD = a_snapshot(Failed(kind="unreachable", message="no answer"))


ELSEWHERE = Health(subject=collector_subject("production", "sessions", {}), known_since=NOW)
WHOLE = tenant_subject("production", {"region": "emea"})


def both(
    health: Health, at_s: float, *others: Health
) -> tuple[dict[str, float | None], dict[str, float | None]]:
    """Return how a collector and its tenant are seen."""
    own, whole = sight(health, [health, *others], WHOLE, after(at_s)).samples
    names = [metric.name for metric in KINDS["collector"].metrics]
    return (
        dict(zip(names, own.values, strict=True)),
        dict(zip(names, whole.values, strict=True)),
    )


def values(health: Health, at_s: float) -> dict[str, float | None]:
    """Return how the tenant is seen of which a collector is the only one."""
    return both(health, at_s)[1]


def reason(health: Health) -> str:
    return health.subject.labels["reason"]


def test_failures_in_a_row_are_counted_with_the_last_reason() -> None:
    other = a_snapshot(Failed(kind="throttled", message="slow down"))
    health = BEGINNING.after(GOOD, after(0)).after(BAD, after(60)).after(other, after(120))

    assert (health.failed_polls, reason(health), health.last_success_at) == (2, "slow down", NOW)
    assert values(health, 120) == {"failed_polls": 2, "seconds_since_success": 120}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("/odata/Sessions/UiPath.Server.OData.GetGlobalSessions: no", "GetGlobalSessions: no"),
        ("/odata/Sessions/UiPath.Server.OData.ByFolderId(folderId=7): no", "ByFolderId: no"),
        ("/odata/QueueDefinitions: not permitted (403)", "QueueDefinitions: not permitted (403)"),
        ("/api/Stats/GetLicenseStats: no", "GetLicenseStats: no"),
        ("sign-in at https://x/y: no", "sign-in at https://x/y: no"),
        ("no answer", "no answer"),
    ],
)
def test_the_reason_names_the_call_and_not_its_path(message: str, told: str) -> None:
    assert reason(BEGINNING.after(a_snapshot(Failed(kind="error", message=message)), NOW)) == told


def test_one_good_poll_ends_the_row() -> None:
    health = BEGINNING.after(BAD, after(60)).after(GOOD, after(120))

    assert (health.failed_polls, reason(health), health.last_success_at) == (0, "", after(120))
    assert values(health, 120) == {"failed_polls": 0, "seconds_since_success": 0}


def test_a_collector_that_never_succeeded_counts_from_when_it_was_known() -> None:
    health = BEGINNING.after(BAD, after(60))

    assert values(health, 90) == {"failed_polls": 1, "seconds_since_success": 90}


def test_a_clock_that_was_set_back_gives_no_negative_age() -> None:
    health = BEGINNING.after(GOOD, after(3600))

    assert values(health, 0)["seconds_since_success"] == 0


def test_what_fails_while_others_see_is_the_collectors_own_matter() -> None:
    health = BEGINNING.after(BAD, after(60)).after(BAD, after(120))
    seeing = ELSEWHERE.after(GOOD, after(90))

    own, whole = both(health, 120, seeing)

    assert own == {"failed_polls": 2, "seconds_since_success": 120}
    assert whole == {"failed_polls": 0, "seconds_since_success": 30}


def test_what_fails_with_all_others_is_the_tenants_matter() -> None:
    health = BEGINNING.after(BAD, after(60)).after(BAD, after(120))
    blind = ELSEWHERE.after(GOOD, after(30)).after(BAD, after(90))

    own, whole = both(health, 120, blind)

    assert own == {"failed_polls": 0, "seconds_since_success": 120}
    assert whole == {"failed_polls": 2, "seconds_since_success": 90}


@pytest.mark.parametrize("reason_first", [True, False])
def test_the_tenant_tells_who_is_blind_and_why(*, reason_first: bool) -> None:
    slow = a_snapshot(Failed(kind="throttled", message="slow down"))
    one = BEGINNING.after(BAD, after(60)).after(slow if reason_first else BAD, after(120))
    other = ELSEWHERE.after(BAD, after(90))

    _, whole = sight(one, [other, one], WHOLE, after(120)).samples

    assert whole.subject.name == "production"
    assert whole.subject.labels["collector"] == "queues, sessions"
    assert whole.subject.labels["reason"] == ("slow down" if reason_first else "no answer")


def test_a_stated_end_of_the_credentials_is_a_sample_of_the_tenant() -> None:
    ends_at = after(36 * 3600)
    found = sight(BEGINNING, [BEGINNING], WHOLE, NOW, ends_at)

    *_, tenant = found.samples
    assert found.kinds == ("collector", "tenant")
    assert tenant.subject.identity == ("production", "tenant", "production")
    assert (tenant.values, dict(tenant.subject.labels)) == ((1.5,), {"region": "emea"})


def test_the_samples_say_nothing_of_others() -> None:
    found = sight(BEGINNING.after(BAD, after(60)), [BEGINNING], WHOLE, after(60))

    own, whole = found.samples
    assert own.subject.identity == ("production", "collector", "queues")
    why = {"reason": "no answer", "sight": "unreachable"}
    labels = {"collector": "queues", "region": "emea", **why}
    assert dict(own.subject.labels) == labels
    assert whole.subject.identity == ("production", "collector", "everything")
    assert set(KINDS["collector"].labels) <= set(labels)
    assert (found.kinds, found.partial) == (("collector", "tenant"), True)
    assert found.observed_at - NOW == timedelta(seconds=60)


def test_the_subject_is_the_same_object_while_the_reason_is_the_same() -> None:
    failing = BEGINNING.after(BAD, after(60))

    assert BEGINNING.after(GOOD, after(60)).subject is BEGINNING.subject
    assert failing.after(BAD, after(120)).subject is failing.subject


def test_health_is_a_value_that_a_poll_does_not_change() -> None:
    BEGINNING.after(BAD, after(60))

    assert BEGINNING.failed_polls == 0
