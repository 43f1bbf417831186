import pytest

from monitor.orchestrator.budget import Budget
from tests.wires import FakeClock


@pytest.mark.parametrize("share", [1, 2, 3, 4, 7, 20, 100])
def test_no_minute_has_more_than_the_share_and_the_share_is_of_use(share: int) -> None:
    clock = FakeClock()
    budget = Budget(share, clock.monotonic)
    taken: list[float] = []
    for _ in range(10 * 60 * 4):
        if budget.take():
            taken.append(clock.elapsed)
        clock.advance(0.25)

    for first in taken:
        assert sum(first <= at < first + 60 for at in taken) <= share
    assert len(taken) >= 10 * share * 0.5


def test_a_quarter_of_the_share_may_go_at_once_and_the_rest_by_and_by() -> None:
    clock = FakeClock()
    budget = Budget(20, clock.monotonic)

    assert [budget.take() for _ in range(6)] == [True] * 5 + [False]
    clock.advance(3.9)
    assert not budget.take()
    clock.advance(0.2)
    assert [budget.take() for _ in range(2)] == [True, False]


def test_what_is_not_used_is_not_saved_up() -> None:
    clock = FakeClock()
    budget = Budget(8, clock.monotonic)
    clock.advance(3600)

    assert [budget.take() for _ in range(3)] == [True, True, False]
