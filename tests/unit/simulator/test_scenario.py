from pathlib import Path

import pytest

from monitor.simulator.scenario import (
    ScenarioInvalid,
    load_scenario,
    parse_scenario,
    scenario_names,
    shipped,
)
from tests.unit.simulator.callers import LICENSE, Caller

AT = """
[[at]]
second = {second}
entity = {entity}
change = {change}
"""


def at(
    second: str = "1", entity: str = '"tenant"', change: str = "{ expire_tokens = true }"
) -> str:
    return AT.format(second=second, entity=entity, change=change)


def test_these_scenarios_are_shipped() -> None:
    assert set(scenario_names()) == {
        "demo",
        "failing-api",
        "host-down",
        "licenses-short",
        "queue-backlog",
        "quiet",
        "throttled",
        "token-expires",
    }


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_scenario_plays_for_two_rounds(name: str) -> None:
    scenario = load_scenario(shipped(name))
    assert scenario.title
    caller = Caller(scenario=scenario)
    for second in range(0, round(2 * (scenario.loop_s or 900)), 60):
        caller.clock.at(second)
        assert caller.get(LICENSE).status in (200, 302, 401, 403, 429, 503)


LOOPING = [name for name in scenario_names() if load_scenario(name).loop_s is not None]


@pytest.mark.parametrize("name", LOOPING)
def test_every_looping_scenario_ends_as_it_began(name: str) -> None:
    scenario = load_scenario(shipped(name))
    assert scenario.loop_s is not None
    caller = Caller(scenario=scenario)
    last = max(change.second for change in scenario.changes)
    caller.clock.at(scenario.loop_s - 1)
    assert last < scenario.loop_s

    assert caller.simulator.faults.active() == ()
    with caller.simulator.lock:
        world = caller.simulator.world()
        fresh = Caller().simulator.world()
        for name_, presence in (world.sessions | world.hosts).items():
            begun = (fresh.sessions | fresh.hosts)[name_]
            assert (presence.silent_from_s, presence.state, presence.license_error) == (
                begun.silent_from_s, begun.state, begun.license_error,
            )  # fmt: skip
        assert world.seats == fresh.seats
        assert world.folders == fresh.folders
        assert not world.tenant.credentials_rejected
        for queue, flow in world.flows.items():
            other = fresh.flows[queue]
            assert (flow.arrivals, flow.capacity, flow.failing) == (
                other.arrivals, other.capacity, other.failing,
            )  # fmt: skip


def test_the_demo_shows_a_robot_falling_silent_and_coming_back() -> None:
    caller = Caller(scenario=load_scenario("demo"))
    seen = []
    for second in (10, 100, 180, 255, 265):
        caller.clock.at(second)
        seen.append(caller.simulator.session("svc-invoice-011").is_unresponsive)

    assert seen == [False, False, True, True, False]


def test_the_demo_shows_a_queue_backing_up_and_draining() -> None:
    caller = Caller(scenario=load_scenario("demo"))
    seen = []
    for second in (30, 320, 620):
        caller.clock.at(second)
        seen.append(caller.simulator.queue("Invoices").new)

    assert seen[0] < 50
    assert seen[1] > 500
    assert seen[2] < 50


def test_settings_and_the_size_of_the_estate_are_read() -> None:
    text = """
        title = "Big"
        loop_s = 60
        [settings]
        heartbeat_s = 1
        bare_queue_status = "refused"
        [estate]
        kind = "large"
        sessions = 20
        queues = 2
        folders = 1
    """
    scenario = parse_scenario(text, place="big.toml")

    assert scenario.settings.heartbeat_s == 1
    assert scenario.settings.bare_queue_status == "refused"
    assert len(scenario.estate.sessions) == 20


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title = 3", "x.toml: title: must be text"),
        ("titles = 'x'", "x.toml: titles: unknown key; known: at, estate"),
        ("title = ", "x.toml: Invalid value"),
        ("settings = 3", "x.toml: settings: must be a table"),
        ("[settings]\nheartbeats = 3", "x.toml: settings.heartbeats: unknown key"),
        ("[settings]\nheartbeat_s = 'x'", "x.toml: settings.heartbeat_s: 'x' is of the wrong type"),
        ("[settings]\nheartbeat_s = 0", "x.toml: settings: heartbeat_s: must be above 0"),
        ("[settings]\ncount = 'maybe'", "x.toml: settings: count: 'maybe' is not one of"),
        ("[estate]\nkind = 'tiny'", "x.toml: estate.kind: 'tiny' is none of"),
        ("[estate]\nsessions = 3", "x.toml: estate: sizes belong to"),
        ("[estate]\nkind = 'large'\nqueues = -1", "x.toml: estate.queues: must be a whole number"),
        ("[estate]\nkind = 'large'\nfolders = 0", "x.toml: estate: queues need at least one"),
        ("at = 3", "x.toml: at: must be written as [[at]] tables"),
        ("at = [3]", "x.toml: at[0]: must be a table"),
        (at(second="-1"), "x.toml: at[0].second: must be a number"),
        (at(entity="3"), "x.toml: at[0].entity: must be text"),
        (at(change="{}"), "x.toml: at[0].change: must be a table with"),
        (
            at(entity='"robott:x"'),
            "x.toml: at[0]: robott:x: no kind of entity 'robott'; did you mean 'robot'?",
        ),
        (at(entity='"queue:Invoice"'), "no queue 'Invoice'; did you mean 'Invoices'?"),
        (at(entity='"queue:Invoices"', change="{ new = true }"), "new must be int, not True"),
        (at(entity='"queue:Invoices"', change="{ new = -1 }"), "new must not be negative"),
        (at(entity='"host:VM-RPA-01"', change="{ state = 'Dead' }"), "no state 'Dead'"),
        (at(entity='"tenant:x"'), "tenant takes no name"),
        (at(entity='"faults"', change="{ on = '*' }"), "needs `kind`"),
        (at(entity='"faults"', change="{ kind = 'sloww' }"), "did you mean 'slow'?"),
        (
            "loop_s = 1\n" + at(second="5"),
            "x.toml: loop_s: must be a number above the last second, 5",
        ),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(ScenarioInvalid) as error:
        parse_scenario(text, place="x.toml")

    assert message in str(error.value)


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = "loops = 1\n" + at(second="-1") + at(entity='"queue:x"')
    with pytest.raises(ScenarioInvalid) as error:
        parse_scenario(text, place="x.toml")

    assert len(str(error.value).splitlines()) == 3


def test_a_scenario_is_found_by_path_or_by_name(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("title = 'Mine'", encoding="utf-8")

    assert load_scenario(file).title == "Mine"
    assert load_scenario("quiet").title == "A quiet day"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ScenarioInvalid, match=r"none\.toml: cannot be read"):
        load_scenario(tmp_path / "none.toml")
    with pytest.raises(ScenarioInvalid, match="no scenario 'none'"):
        shipped("none")
