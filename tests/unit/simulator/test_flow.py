import pytest

from monitor.simulator.estate import Queue
from monitor.simulator.flow import Flow


def a_queue(**changed: float) -> Queue:
    values: dict[str, float] = {"arrivals": 60, "capacity": 30, "failing": 0, "rejected": 0}
    return Queue(id=1, name="Q", folder_ids=(1,), process="P", **(values | changed))  # type: ignore[arg-type]  # numbers of either type


def at(second: float, **changed: float) -> Flow:
    flow = Flow.of(a_queue(**changed))
    flow.advance(second)
    return flow


def test_what_is_not_worked_off_waits() -> None:
    counters = at(60).counters()

    assert (counters.new, counters.successful) == (30, 30)


def test_a_backlog_drains_and_then_keeps_up_with_arrivals() -> None:
    flow = at(60, arrivals=30, capacity=60, new=20)

    assert flow.counters().new == 0
    assert flow.counters().successful == 50


def test_failures_are_shares_of_what_is_processed() -> None:
    counters = at(600, failing=0.1, rejected=0.2).counters()

    assert counters.application_exceptions == 30
    assert counters.business_exceptions == 60
    assert counters.successful == 210
    assert counters.failed == 90


@pytest.mark.parametrize("wave", [0, 0.5])
def test_the_same_second_gives_the_same_counters_however_it_is_reached(wave: float) -> None:
    straight = at(1000, wave=wave, wave_s=130, failing=0.03)
    stepwise = Flow.of(a_queue(wave=wave, wave_s=130, failing=0.03))
    for second in range(1001):
        stepwise.advance(second)

    one, other = straight.counters(), stepwise.counters()
    assert one.new == other.new
    assert one.successful == other.successful
    assert one.last_processed_s == pytest.approx(other.last_processed_s)


def test_a_wave_swells_and_ebbs_around_the_same_mean() -> None:
    flow = at(100, arrivals=60, capacity=0, wave=0.5, wave_s=200)
    assert flow.counters().new == 150

    flow.advance(200)
    assert flow.counters().new == 200


def test_the_waiting_items_are_set_and_move_on_from_there() -> None:
    flow = at(60)
    flow.set_waiting(500)
    assert flow.counters().new == 500

    flow.advance(120)
    assert flow.counters().new == 530

    flow.set_waiting(0)
    assert flow.counters().new == 0


def test_the_totals_do_not_move_when_the_waiting_items_are_set() -> None:
    flow = at(60)
    before = flow.counters().successful
    flow.set_waiting(500)

    assert flow.counters().successful == before


def test_items_remember_when_they_arrived() -> None:
    flow = at(100, capacity=0)
    assert [flow.arrived_at_s(number) for number in list(flow.waiting())[:3]] == [0, 1, 2]

    flow.set_waiting(200)
    flow.advance(150)
    arrivals = [flow.arrived_at_s(number) for number in flow.waiting()]

    assert len(arrivals) == 250
    assert arrivals[50] == 50
    assert arrivals[150] == 100
    assert arrivals[-1] == 149


def test_the_last_processed_item_ages_when_nobody_works() -> None:
    flow = at(61)
    flow.capacity = 0.0
    flow.advance(1000)

    assert flow.counters().last_processed_s == 60


def test_a_queue_that_never_processed_anything_has_no_last_item() -> None:
    assert at(600, capacity=0).counters().last_processed_s is None


def test_a_queue_that_was_emptied_remembers_when() -> None:
    flow = at(600, arrivals=0, capacity=60, new=30)

    assert flow.counters().last_processed_s == pytest.approx(30)


def test_items_in_progress_follow_the_throughput() -> None:
    assert at(60, capacity=30, mean_s=20).counters().in_progress == 10
    assert at(60, capacity=0, mean_s=20).counters().in_progress == 0


def test_deferred_and_overdue_items_count_as_new_and_stay() -> None:
    counters = at(600, arrivals=0, new=0, deferred=3, overdue=2).counters()

    assert counters.new == 5
