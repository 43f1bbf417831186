from monitor.orchestrator.shown import Shown


def hidden(shown: Shown[str], *present: str) -> list[str]:
    return sorted(shown.hidden(set(present), key=lambda one: one))


def test_what_an_answer_no_longer_shows_is_gone() -> None:
    shown = Shown[str](rungs=2)
    shown.read(0, {None: ["a", "b"]})
    shown.read(0, {None: ["a"]})

    assert hidden(shown, "a") == []


def test_what_a_refused_folder_showed_is_hidden_until_it_is_read_again() -> None:
    shown = Shown[str](rungs=2)
    shown.read(1, {1: ["a"], 2: ["b", "c"]})
    for _ in range(2):
        shown.read(1, {1: ["a", "c"]}, refused=[2, 3])
        assert hidden(shown, "a", "c") == ["b"]
    shown.read(1, {1: ["a"], 2: []})

    assert hidden(shown, "a") == []


def test_a_folder_that_no_longer_counts_hides_nothing() -> None:
    shown = Shown[str](rungs=2)
    shown.read(1, {1: ["a"], 2: ["b"]})
    shown.read(1, {1: ["a"]})

    assert hidden(shown, "a") == []


def test_what_a_better_rung_showed_stays_hidden_and_what_a_worse_one_showed_does_not() -> None:
    shown = Shown[str](rungs=3)
    shown.read(0, {None: ["a", "b"]})
    shown.read(1, {1: ["a", "c"]})
    assert hidden(shown, "a", "c") == ["b"]
    shown.read(2, {1: ["d"]})
    assert hidden(shown, "d") == ["a", "b", "c"]
    shown.read(1, {1: ["a"]})
    assert hidden(shown, "a") == ["b"]
    shown.read(0, {None: ["a"]})

    assert hidden(shown, "a") == []


def test_where_nothing_could_be_read_everything_is_hidden() -> None:
    shown = Shown[str](rungs=2)
    shown.read(0, {None: ["a"]})
    shown.read(1, {1: ["b"]})
    shown.read_nothing()
    assert hidden(shown) == ["a", "b"]

    shown.clear()
    shown.read_nothing()
    assert hidden(shown) == []
