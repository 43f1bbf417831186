"""The replay of what a daemon recorded gives the alerts that it gave, to the microsecond.

Half a day each; as many days as REPLAY says in the environment (7: a week).
"""

import os
from collections.abc import Callable

from monitor.store import Store
from monitor.store.trace_tables import TURNS
from tests.integration.replay.lives import (
    LOOKS_BACK_ON_AGES,
    Life,
    by_time,
    of_life,
    recorded,
    replayed,
)

DAYS = float(os.environ.get("REPLAY", "0.5"))
EVENTS = 500 * DAYS

Reopen = Callable[[], Store]


def turns(store: Store) -> set[str]:
    with store.reading() as connection:
        return set(connection.execute(TURNS.select()).columns("what").scalars())


def test_restarts_reloads_outages_and_people(reopen: Reopen) -> None:
    life = Life(store=reopen(), reopen=reopen, seed=1, days=DAYS, configuration=LOOKS_BACK_ON_AGES)
    life.live()

    lived = by_time(recorded(life.store))
    again, _ = replayed(life.store, life.configuration)
    assert turns(life.store) == {"start", "reload"}
    assert len(lived) > EVENTS
    assert by_time(again) == lived


def test_a_clock_that_is_set_back_and_ahead(reopen: Reopen) -> None:
    life = Life(store=reopen(), reopen=reopen, seed=3, days=DAYS, has_people=False, has_steps=True)
    life.live()

    lived = by_time(recorded(life.store))
    again, _ = replayed(life.store)
    assert "rest" in turns(life.store)
    assert len(lived) > EVENTS
    assert by_time(again) == lived


def test_channels_that_fail_are_judged_as_they_were(reopen: Reopen) -> None:
    life = Life(store=reopen(), reopen=reopen, seed=4, days=DAYS, has_outages=True)
    life.live()

    lived = of_life(by_time(recorded(life.store)))
    again, _ = replayed(life.store)
    assert any(event[3] == "channel-failing" for event in lived)
    assert len(lived) > EVENTS / 2
    assert of_life(by_time(again)) == lived
