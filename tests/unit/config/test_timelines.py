from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.config.timelines import Trials, read_timelines
from monitor.config.trial import Trial
from monitor.core.expectation import ExpectedMessage, ExpectedOpen, Facts
from monitor.core.timeline import Outage, Pause
from monitor.errors import ConfigError

START = datetime(2026, 1, 5, 8, tzinfo=UTC)
RULE = """
[rules.backlog]
type = "expression"
subject = "queue"
when = "new_items > 100"
"""
SERIES = 'series = [{ subject = { kind = "queue", name = "Invoices" }, new_items = "0x3 900x3" }]'
TEST = f"""
[[tests]]
name = "one"
{SERIES}
"""
CONFIG = """
[tenants.prod]
url = "https://orchestrator.example"
auth = { type = "access-token", token_env = "NOT_SET_HERE" }
labels = { region = "emea" }
[channels.ops]
url_env = "NOT_SET_HERE"
rate = { messages = 3, per = "1m" }
"""


def after(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def _in_its_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(*parts: str, config: str | None = None) -> Trials:
    file = Path("trials.toml")
    file.write_text("\n".join(parts), encoding="utf-8")
    if config is not None:
        Path("config.toml").write_text(config, encoding="utf-8")
    return read_timelines(file)


def one(*parts: str) -> Trial:
    (trial,) = read(RULE, TEST, *parts).trials
    return trial


def mistakes(*parts: str, config: str | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(*parts, config=config)
    return str(caught.value).splitlines()


# What is tested


def test_a_file_has_its_own_rules_and_no_others() -> None:
    stage = read(RULE, TEST).stage

    assert list(stage.plan.rules) == ["backlog"]
    assert stage.collector_kinds["queues"] == ("queue",)


def test_without_rules_the_built_in_ones_are_tested() -> None:
    rules = read(TEST).stage.plan.rules

    assert {"queue-stalled", "robot-unresponsive", "collector-failing"} <= set(rules)


def test_a_rule_that_is_off_is_not_tested() -> None:
    rules = read(
        RULE, "enabled = false", "[rules.collector-failing]\npolls = 1", TEST
    ).stage.plan.rules

    assert list(rules) == ["collector-failing"]


def test_channels_that_are_named_anywhere_exist() -> None:
    stage = read(
        RULE,
        'channels = ["by-rule"]',
        '[channels.rated]\nrate = { messages = 2, per = "1m" }',
        '[[routes]]\nchannels = ["by-route"]\nescalate = [{ after = "1h", channels = ["boss"] }]',
        TEST,
        'channel_outages = [{ channel = "dead", from = "0s", to = "1m" }]',
        'messages = [{ channel = "ops", firing = ["Invoices"] }]',
    ).stage

    channels = stage.plan.channels
    assert sorted(channels) == ["boss", "by-route", "by-rule", "dead", "ops", "rated"]
    assert (channels["rated"].messages, channels["ops"].messages) == (2, 20)
    assert [route.channels for route in stage.plan.routes] == [("by-route",)]


def test_without_routes_everything_goes_to_every_channel() -> None:
    messages = """messages = [
        { channel = "mail", firing = ["Invoices"] },
        { channel = "ops", firing = ["Invoices"] },
    ]"""

    assert [r.channels for r in read(RULE, TEST, messages).stage.plan.routes] == [("mail", "ops")]
    assert [r.channels for r in read(RULE, TEST).stage.plan.routes] == [("ops",)]


def test_windows_and_inhibitions_are_those_of_the_file() -> None:
    plan = read(
        RULE,
        '[maintenance.night]\nfrom = "22:00"\nto = "04:00"',
        '[[inhibitions]]\nsource = { rule = "backlog" }\ntarget = { kind = "session" }',
        TEST,
    ).stage.plan

    assert [window.name for window in plan.muting] == ["night"]
    assert plan.inhibitions[0].name == "inhibitions[0]"


def test_a_configuration_can_be_tested_without_its_secrets() -> None:
    trials = read('config = "config.toml"', TEST, config=CONFIG + RULE)

    plan = trials.stage.plan
    assert list(plan.rules) == ["backlog"]
    assert plan.channels["ops"].messages == 3
    assert [route.channels for route in plan.routes] == [("ops",)]
    assert trials.stage.tenants == {"prod": {"region": "emea"}}


def test_a_configuration_without_rules_has_the_built_in_ones() -> None:
    assert "queue-stalled" in read('config = "config.toml"', TEST, config=CONFIG).stage.plan.rules


def test_the_configuration_may_be_named_from_outside(tmp_path: Path) -> None:
    config = tmp_path / "elsewhere.toml"
    config.write_text(CONFIG + RULE, encoding="utf-8")
    for name, text in (("bare.toml", TEST), ("own.toml", RULE.replace("backlog", "mine") + TEST)):
        Path(name).write_text(text, encoding="utf-8")

    assert list(read_timelines(Path("bare.toml"), config).stage.plan.rules) == ["backlog"]
    assert list(read_timelines(Path("own.toml"), config).stage.plan.rules) == ["mine"]


def test_labels_of_subjects_tenants_and_rules_are_known_to_matchers() -> None:
    series = SERIES.replace('name = "Invoices"', 'name = "Invoices", tem = "x"')
    silence = 'silences = [{ from = "0s", to = "1m", where = { tem = "x", regin = "emea" } }]'

    assert mistakes(
        'config = "config.toml"', '[[tests]]\nname = "one"', series, silence, config=CONFIG
    ) == [
        'trials.toml:5: tests[0].silences[0].where: no label is called "regin"; did you mean "region"?'
    ]


# What happens


def test_a_timeline_begins_on_a_monday_and_has_a_step_a_minute() -> None:
    timeline = one().timeline

    assert (timeline.start, timeline.every, timeline.steps) == (START, timedelta(minutes=1), 6)
    assert START.strftime("%A") == "Monday"


def test_the_step_and_the_start_may_be_others() -> None:
    (trial,) = read('every = "30s"', RULE, TEST, 'start = "2026-03-29T03:00:00+02:00"').trials

    assert trial.timeline.every == timedelta(seconds=30)
    assert trial.timeline.start == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_a_toml_instant_is_an_instant_too() -> None:
    assert one("start = 2026-03-29T01:00:00Z").timeline.start == datetime(
        2026, 3, 29, 1, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("expectation", "steps", "ends_at"),
    [
        ("", 6, after(0)),
        ('alerts = [{ at = "5m", open = [] }]', 6, after(5)),
        ('alerts = [{ at = "10m", open = [] }]', 11, after(10)),
        ('messages = [{ channel = "ops", before = "10m", firing = ["A"] }]', 10, after(10)),
        ('messages = [{ channel = "ops", before = "9m30s", firing = ["A"] }]', 10, after(9.5)),
        ('messages = [{ channel = "ops", after = "10m", firing = ["A"] }]', 11, after(10)),
        ('messages = [{ channel = "ops", arrives = "9m30s", firing = ["A"] }]', 10, after(9.5)),
    ],
)
def test_it_goes_on_until_all_is_judged(expectation: str, steps: int, ends_at: datetime) -> None:
    timeline = one(expectation).timeline

    assert timeline.steps == steps
    # What is judged at an instant must have happened: an end is never inside.
    assert timeline.ends_at - ends_at in {timedelta(), timedelta(microseconds=1)}


def test_people_channels_and_restarts_have_their_instants() -> None:
    timeline = one(
        'silences = [{ from = "1m", to = "2026-01-05T08:10:00Z", where = { name = "A" }, author = "Ann", comment = "why" }]',
        'acks = [{ at = "2m", where = ["name=A"], note = "on it", for = "2h" }, { at = "3m", where = {} }]',
        'channel_outages = [{ channel = "ops", from = "4m", to = "6m" }]',
        'restarts = ["1m30s", { from = "4m", to = "5m" }]',
    ).timeline

    (silence,) = timeline.silences
    assert (silence.id, silence.author, silence.comment) == ("S1", "Ann", "why")
    assert (silence.starts_at, silence.ends_at) == (after(1), after(10))
    first, second = timeline.acks
    assert (first.at, first.note, first.lasts) == (after(2), "on it", timedelta(hours=2))
    assert (second.note, second.lasts) == ("", timedelta(hours=24))
    assert timeline.outages == (Outage(channel="ops", starts_at=after(4), ends_at=after(6)),)
    assert timeline.pauses == (
        Pause(starts_at=after(1.5), ends_at=after(1.5)),
        Pause(starts_at=after(4), ends_at=after(5)),
    )


# What is expected


def test_only_what_is_said_of_an_alert_is_expected() -> None:
    expected = one(
        'alerts = [{ at = "1m", open = [{ rule = "backlog", suppressed = false, value = 5 }] }]'
    ).expected

    facts: Facts = {"rule": "backlog", "suppressed": False, "value": 5}
    assert expected.open == (ExpectedOpen(at=after(1), open=(facts,)),)
    assert expected.messages is None


def test_a_list_of_names_that_is_missing_is_empty() -> None:
    expected = one(
        """messages = [
            { channel = "ops", after = "1m", before = "2m", firing = ["A"] },
            { channel = "ops", arrives = "3m", resolved = ["A"], gone = ["B"], flapping = [] },
        ]"""
    ).expected

    assert expected.messages == (
        ExpectedMessage(channel="ops", after=after(1), before=after(2), firing=frozenset({"A"})),
        ExpectedMessage(
            channel="ops",
            arrives=after(3),
            resolved=frozenset({"A"}),
            gone=frozenset({"B"}),
            flapping=frozenset(),
        ),
    )


def test_no_message_at_all_can_be_expected() -> None:
    assert one("messages = []").expected.messages == ()


# Mistakes


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (
            ['evry = "1m"', RULE, TEST],
            ['trials.toml:1: evry: unknown key; did you mean "every"?'],
        ),
        ([RULE], ["trials.toml: tests: no timeline: add one as [[tests]]"]),
        (
            [RULE, "[[tests]]\nname = 'x'\nseries = [{}]", "[[tests]]\nname = 'x'"],
            [
                'trials.toml:9: tests[0].series[0].subject: is missing: it must be a table such as { kind = "queue", tenant = "prod", name = "Invoices" }',
                "trials.toml:11: tests[1].name: tests[0] has this name already",
            ],
        ),
        (
            ['[rules.backlog]\ntype = "queue-backlogg"', TEST],
            ['trials.toml:2: rules.backlog.type: no such rule type; did you mean "queue-backlog"?'],
        ),
        (
            [RULE, TEST, 'start = "2026-01-05T08:00:00"'],
            ['trials.toml:12: tests[0].start: must say its zone: end it with "Z" or "+02:00"'],
        ),
        (
            [RULE, TEST, 'start = "3m"'],
            ['trials.toml:12: tests[0].start: must be an instant such as "2026-01-05T08:00:00Z"'],
        ),
        (
            [RULE, TEST, 'alerts = [{ at = "3", open = [] }, { at = 3, open = [{}] }]'],
            [
                'trials.toml:12: tests[0].alerts[0].at: must be a time since the start such as "3m", or an instant such as "2026-01-05T08:03:00Z": "3" has no unit: write "3s", "3m", "3h" or "3d"',
                'trials.toml:12: tests[0].alerts[1].at: must be a time since the start such as "3m", or an instant such as "2026-01-05T08:03:00Z"',
                "trials.toml:12: tests[0].alerts[1].open[0]: must say something, such as { rule = …, name = …, phase = … }",
            ],
        ),
        (
            [RULE, TEST, 'alerts = [{ at = "2026-13-05", open = [] }]'],
            [
                'trials.toml:12: tests[0].alerts[0].at: must be a time since the start such as "3m", or an instant such as "2026-01-05T08:03:00Z"'
            ],
        ),
        (
            [RULE, TEST, 'alerts = [{ at = "90s", open = [{ rule = "backlogg" }] }]'],
            [
                "trials.toml:12: tests[0].alerts[0].at: is between two steps",
                'trials.toml:12: tests[0].alerts[0].open[0].rule: no such rule; did you mean "backlog"?',
            ],
        ),
        (
            [RULE, TEST, 'alerts = [{ at = "2026-01-05T07:00:00Z", open = [] }]'],
            ["trials.toml:12: tests[0].alerts[0].at: is before the start"],
        ),
        (
            [
                RULE,
                TEST,
                'silences = [{ from = "2m", to = "1m", where = {} }]',
                'channel_outages = [{ channel = "ops", from = "2m", to = "2m" }]',
                'restarts = [{ from = "2m", to = "1m" }]',
                'messages = [{ channel = "ops", after = "2m", before = "1m", firing = ["A"] }]',
            ],
            [
                "trials.toml:12: tests[0].silences[0].to: must be later than `from`",
                "trials.toml:13: tests[0].channel_outages[0].to: must be later than `from`",
                "trials.toml:14: tests[0].restarts[0].to: must not be earlier than `from`",
                "trials.toml:15: tests[0].messages[0].before: must be later than `after`",
            ],
        ),
        (
            [
                RULE,
                TEST,
                'restarts = [{ from = "1m", to = "5m" }, "3m"]',
                'acks = [{ at = "2m", where = {} }]',
            ],
            [
                "trials.toml:12: tests[0].restarts[1]: meets restarts[0]: make one of both",
                "trials.toml:13: tests[0].acks[0].at: the monitor is off then",
            ],
        ),
        (
            [RULE, TEST, 'messages = [{ channel = "ops" }]'],
            [
                "trials.toml:12: tests[0].messages[0]: needs `firing` or `resolved`: the names it speaks of"
            ],
        ),
        (
            [RULE, "[[tests]]\nname = 'x'\nseries = [", SERIES[10:-1], ",", SERIES[10:-1], "]"],
            [
                "trials.toml:12: tests[0].series[1].subject: is the subject of series[0] as well: give all its metrics in one, or another `key`"
            ],
        ),
        (
            [RULE, TEST, 'alerts = [{ at = "365d", open = [] }]'],
            ["trials.toml:8: tests[0]: lasts 525,601 steps; at most 100,000 are played"],
        ),
        (
            [
                '[maintenance.a]\ninclude = ["b"]\n[maintenance.b]\ninclude = ["a"]',
                TEST,
            ],
            ["trials.toml:1: maintenance: windows are made of each other in a circle: a, b, a"],
        ),
        (
            ["every = "],
            ["trials.toml:1: not TOML: the value is missing, or it is text without quotes"],
        ),
    ],
)
def test_all_mistakes_are_told_with_their_cure(parts: list[str], expected: list[str]) -> None:
    assert mistakes(*parts) == expected


def test_a_configuration_beside_own_rules_is_refused() -> None:
    assert mistakes('config = "config.toml"', RULE, TEST, config=CONFIG) == [
        "trials.toml:3: rules: is in the configuration already: leave out this or `config`"
    ]


def test_the_mistakes_of_the_configuration_are_told_as_its_own() -> None:
    (line,) = mistakes('config = "config.toml"', TEST, config=CONFIG + "[webb]\n")

    assert line.startswith("config.toml:9: webb: unknown key")


def test_channels_of_a_configuration_are_the_only_ones() -> None:
    told = 'messages = [{ channel = "opps", firing = ["Invoices"] }]'
    (line,) = mistakes('config = "config.toml"', TEST, told, config=CONFIG)

    assert line.endswith('channel: no such channel; did you mean "ops"?')


def test_a_file_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.toml: cannot be read: No such file"):
        read_timelines(Path("nowhere.toml"))
