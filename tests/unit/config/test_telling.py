"""What the tables of channels, routes, inhibitions and windows become."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config.load import load_text
from monitor.core.pace import Pace
from monitor.core.plan import Plan
from monitor.core.routing import Escalation, Route

TENANT = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
"""
CHANNELS = """
[channels.ops]
url = "json://localhost/ops"
[channels.boss]
url = "json://localhost/boss"
rate = { messages = 3, per = "1h" }
"""
NIGHTS = '[maintenance.nights]\ntimes = ["22:00..06:00"]\n'


def plan(text: str) -> Plan:
    return load_text(TENANT + CHANNELS + text, Path("config.toml")).plan


def route(text: str) -> Route:
    (only,) = plan(f"[[routes]]\n{text}\n{NIGHTS}").routes
    return only


def test_without_routes_one_leads_everything_to_every_channel() -> None:
    (only,) = plan("").routes

    assert only == Route(name="default", channels=("ops", "boss"))


def test_without_channels_there_is_no_route() -> None:
    assert load_text(TENANT, Path("config.toml")).plan.routes == ()


def test_a_route_that_says_no_more_has_the_defaults_of_the_core() -> None:
    assert route('channels = ["ops"]') == Route(name="routes[0]", channels=("ops",))


def test_a_route_keeps_all_that_its_table_says() -> None:
    given = route(
        """
where = { severity = "critical" }
channels = ["ops"]
continue = true
send_resolved = false
group_by = ["folder"]
group_wait = "0s"
group_interval = "1m"
repeat_every = "2h"
repeat_growth = 2
mute_in = ["nights"]
active_in = ["nights"]
escalate = [{ after = "30m", channels = ["boss"] }, { after = "2h", channels = ["ops"] }]
digest = "0 8 * * mon-fri"
"""
    )

    assert given.where.matches({"severity": "critical"})
    assert not given.where.matches({"severity": "info"})
    assert (given.continue_, given.send_resolved) == (True, False)
    assert given.group_by == ("folder",)
    assert (given.group_wait, given.group_interval) == (timedelta(), timedelta(minutes=1))
    assert (given.repeat_every, given.repeat_growth) == (timedelta(hours=2), 2.0)
    assert (given.mute_in, given.active_in) == (("nights",), ("nights",))
    assert given.escalate == (
        Escalation(after=timedelta(minutes=30), channels=("boss",)),
        Escalation(after=timedelta(hours=2), channels=("ops",)),
    )
    assert given.digest is not None


def test_to_repeat_every_zero_seconds_is_never_to_repeat() -> None:
    assert route('channels = ["ops"]\nrepeat_every = "0s"').repeat_every == timedelta()


@pytest.mark.parametrize(
    ("digest", "next_at"),
    [
        ('"0 8 * * *"', datetime(2026, 1, 5, 8, tzinfo=UTC)),
        ('{ cron = "0 8 * * *" }', datetime(2026, 1, 5, 8, tzinfo=UTC)),
        (
            '{ cron = "0 8 * * *", timezone = "Europe/Bucharest" }',
            datetime(2026, 1, 5, 6, tzinfo=UTC),
        ),
    ],
)
def test_a_digest_is_a_cron_text_in_utc_or_in_the_zone_it_names(
    digest: str, next_at: datetime
) -> None:
    schedule = route(f'channels = ["ops"]\ndigest = {digest}').digest

    assert schedule is not None
    assert schedule.next_after(datetime(2026, 1, 5, 0, 30, tzinfo=UTC)) == next_at


def test_every_channel_has_a_pace() -> None:
    assert plan("").channels == {
        "ops": Pace(messages=20, per=timedelta(minutes=5)),
        "boss": Pace(messages=3, per=timedelta(hours=1)),
    }


def test_inhibitions_are_named_after_their_place_and_come_before_the_built_in_ones() -> None:
    text = (
        '[[inhibitions]]\nsource = { rule = "a" }\ntarget = { rule = "b" }\nequal = ["tenant"]\n'
        '[[inhibitions]]\nsource = { rule = "c" }\ntarget = { rule = "d" }\n'
    )

    first, second, *built_in = plan(text).inhibitions

    assert (first.name, first.equal) == ("inhibitions[0]", ("tenant",))
    assert first.source.matches({"rule": "a"})
    assert first.target.matches({"rule": "b"})
    assert (second.name, second.equal) == ("inhibitions[1]", ())
    assert built_in == list(plan("").inhibitions)


def test_a_collector_that_fails_explains_only_what_it_would_have_asked_for() -> None:
    def blind(collector: str, text: str = "") -> list[bool]:
        source = {"kind": "collector", "name": collector}
        return [
            one.target.matches({"kind": "queue"})
            for one in plan(text).inhibitions
            if one.source.matches(source)
        ]

    assert blind("queues") == [True]
    assert blind("sessions") == [False]
    assert blind("queues", "[collectors.queues]\nenabled = false\n") == []


def test_rules_are_found_by_their_name_unless_they_are_off() -> None:
    text = (
        "[rules.queue-backlog]\nabove = 5\n"
        '[rules.off]\ntype = "queue-backlog"\nabove = 9\nenabled = false\n'
    )

    assert list(plan(text).rules) == ["queue-backlog", "collector-failing", "channel-failing"]


@pytest.mark.parametrize(
    "user",
    [
        '[maintenance.both]\ninclude = ["nights"]\n',
        (
            '[maintenance.both]\ntimes = ["01:00..02:00"]\n[maintenance.but]\n'
            'include = ["both"]\nexclude = ["nights"]\n'
        ),
        '[[routes]]\nchannels = ["ops"]\nmute_in = ["nights"]\n',
        '[[routes]]\nchannels = ["ops"]\nactive_in = ["nights"]\n',
    ],
    ids=["include", "exclude", "mute_in", "active_in"],
)
def test_a_window_that_others_name_mutes_by_itself_only_if_it_says_what(user: str) -> None:
    bare = plan(NIGHTS + user)
    restricted = plan(NIGHTS + 'where = { folder = "Finance" }\n' + user)

    assert "nights" in bare.windows
    assert "nights" not in {window.name for window in bare.muting}
    assert "nights" in {window.name for window in restricted.muting}


def test_a_window_that_nobody_names_mutes_everything() -> None:
    nights = plan(NIGHTS)

    (only,) = nights.muting

    assert only is nights.windows["nights"]
    assert only.where.matches({"kind": "anything"})


def test_the_routes_of_a_configuration_are_those_of_its_plan() -> None:
    configuration = load_text(TENANT + CHANNELS, Path("config.toml"))

    assert configuration.routes is configuration.plan.routes
