import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from monitor.cli.path import obstacles, reason, tried_routes
from monitor.config.load import load_text
from monitor.core.plan import Plan

NOON = datetime(2027, 1, 4, 12, tzinfo=UTC)
NIGHT = datetime(2027, 1, 4, 23, tzinfo=UTC)
CONFIGURATION = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
[channels.ops]
url = "json://localhost/1"
[channels.mail]
url = "json://localhost/2"
[rules.own]
type = "queue-backlog"
above = 10
channels = ["mail"]
[rules.backlog]
type = "queue-backlog"
above = 10
[[routes]]
where = { severity = "critical", folder = "Finance/**" }
channels = ["ops"]
mute_in = ["night"]
[[routes]]
where = ["team=~web|db"]
channels = ["mail"]
continue = true
active_in = ["night", "noon"]
[[routes]]
where = { kind = "queue" }
channels = ["ops"]
[[routes]]
channels = ["mail"]
[[inhibitions]]
source = { rule = "host-offline" }
target = { kind = "queue", folder = "Finance" }
equal = ["tenant", "host"]
[maintenance.night]
times = ["22:00..06:00"]
[maintenance.noon]
times = ["12:00..13:00"]
[maintenance.patching]
times = ["11:00..13:00"]
where = { folder = "Finance" }
[maintenance.once]
every = "once"
start = "2020-01-02T22:00"
duration = "1h"
where = { folder = "Finance" }
"""


INHIBITED = (
    "inhibition: inhibitions[0]: while an alert with rule=host-offline is open with the same "
    "tenant, host"
)
UNSEEN = (
    "inhibition: who does not see a tenant knows nothing of it: while an alert with "
    "kind=collector and key=everything is open with the same tenant"
)
BLIND = (
    "inhibition: who does not see {0} knows nothing of them: while an alert with kind=collector "
    "and name={0} is open with the same tenant"
)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine's clock show UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def plan() -> Plan:
    return load_text(CONFIGURATION, Path("config.toml")).plan


def taken(labels: dict[str, str], plan: Plan) -> list[str]:
    return [one.route.name for one in tried_routes(labels, plan) if one.is_taken]


def whys(labels: dict[str, str], plan: Plan) -> list[str]:
    return [one.why for one in tried_routes(labels, plan)]


def test_the_first_route_that_matches_ends_the_search(plan: Plan) -> None:
    labels = {"severity": "critical", "folder": "Finance/AP"}

    assert taken(labels, plan) == ["routes[0]"]
    assert whys(labels, plan) == [
        "matches severity=critical and folder like Finance/**",
        *["not asked: routes[0] is the last that is"] * 3,
    ]


def test_a_route_that_says_continue_lets_the_next_be_asked(plan: Plan) -> None:
    labels = {"severity": "critical", "folder": "HR", "team": "web", "kind": "queue"}

    tried = tried_routes(labels, plan)

    assert taken(labels, plan) == ["routes[1]", "routes[2]"]
    assert tried[0].why == 'folder like Finance/**: it is "HR"'
    assert tried[1].why == "matches team=~web|db; continue: the routes after it are asked too"
    assert reason(tried, 2) == (
        'matches kind=queue; routes[0] is not (folder like Finance/**: it is "HR")'
    )


def test_an_alert_that_no_route_matches_takes_the_last(plan: Plan) -> None:
    text = CONFIGURATION.replace('[[routes]]\nchannels = ["mail"]\n', "")
    without_default = load_text(text, Path("config.toml")).plan

    (*_, last) = tried_routes({"kind": "session"}, without_default)

    assert (last.route.name, last.is_taken) == ("routes[2]", True)
    assert last.why == "no route matches, and the last is the default"
    assert taken({"kind": "session"}, plan) == ["routes[3]"]


def test_the_channels_of_a_rule_stand_in_for_all_routes(plan: Plan) -> None:
    (tried,) = tried_routes({"rule": "own", "kind": "queue"}, plan)

    assert (tried.route.name, tried.route.channels) == ("rules.own", ("mail",))
    assert tried.why == "the rule own has its own channels: no route is asked"


def test_a_channel_does_not_hear_of_its_own_failure(plan: Plan) -> None:
    labels = {"kind": "channel", "key": "mail"}

    (*_, last) = tried_routes(labels, plan)

    assert last.route.channels == ("ops",)
    assert tried_routes({"kind": "channel"}, plan)[-1].route.channels == ("mail",)


def test_without_a_channel_there_is_no_route() -> None:
    assert tried_routes({"kind": "queue"}, Plan()) == []


def told(labels: dict[str, str], plan: Plan, at: datetime) -> list[tuple[bool, str]]:
    return [(one.is_now, one.text) for one in obstacles(labels, plan, at)]


def test_windows_and_inhibitions_that_are_about_the_alert_are_named(plan: Plan) -> None:
    found = told({"kind": "queue", "folder": "Finance"}, plan, NOON)

    assert found == [
        (True, "maintenance: patching (until Mon 2027-01-04 13:00 UTC)"),
        (False, "maintenance: once (not within ten years)"),
        (False, INHIBITED),
        (False, UNSEEN),
        (False, BLIND.format("queues")),
    ]
    assert told({"kind": "license", "folder": "HR"}, plan, NOON) == [
        (False, UNSEEN),
        (False, BLIND.format("licenses")),
    ]


def test_a_route_may_be_muted_or_active_in_windows(plan: Plan) -> None:
    critical = {"severity": "critical", "folder": "Finance/AP"}
    web = {"team": "web"}
    active = "route: routes[1] is active in night ({}), noon ({}) only"

    assert told(critical, plan, NIGHT) == [
        (True, "route: routes[0] is muted in night (until Tue 2027-01-05 06:00 UTC)")
    ]
    assert told(critical, plan, NOON) == [
        (False, "route: routes[0] is muted in night (next from Mon 2027-01-04 22:00 UTC)")
    ]
    assert told(web, plan, NIGHT) == [
        (
            False,
            active.format("until Tue 2027-01-05 06:00 UTC", "next from Tue 2027-01-05 12:00 UTC"),
        )
    ]
    assert told(web, plan, NOON.replace(hour=14)) == [
        (
            True,
            active.format(
                "next from Mon 2027-01-04 22:00 UTC", "next from Tue 2027-01-05 12:00 UTC"
            ),
        )
    ]
