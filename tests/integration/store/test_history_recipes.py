import re
from pathlib import Path

import pytest

from monitor.store import Store, views
from tests.builders import a_sample
from tests.integration.store.polls import a_poll, a_queue_of, a_session, ask, record

PAGE = Path(__file__).parents[3] / "docs" / "history.md"
RECIPES = re.findall(r"```sql\n(.*?)```", PAGE.read_text(), re.DOTALL)


@pytest.mark.parametrize("number", range(len(RECIPES)))
def test_a_recipe_of_the_manual_runs(store: Store, number: int) -> None:
    ask(store, RECIPES[number].rstrip().rstrip(";"))


def test_the_recipes_find_what_they_say(store: Store) -> None:
    silent = a_sample(a_session("Silent"), is_unresponsive=1)
    record(
        store, a_poll(silent, a_sample(a_session("Fine"), is_unresponsive=0), kinds=("session",))
    )
    record(store, a_poll(a_queue_of(5)), a_poll(a_queue_of(9), at=60))
    unresponsive, past, longest, instant, *_ = (recipe.rstrip().rstrip(";") for recipe in RECIPES)
    assert [row["robot"] for row in ask(store, unresponsive)] == ["Silent"]
    assert [row["new_items"] for row in ask(store, past)] == [5.0, 9.0]
    assert [row["most"] for row in ask(store, longest)] == [9.0]
    assert [row["new_items"] for row in ask(store, instant)] == [5.0]


def test_the_manual_names_every_view() -> None:
    named = set(re.findall(r"`(v_\w+)`", PAGE.read_text()))
    assert named == set(views.definitions("sqlite"))
