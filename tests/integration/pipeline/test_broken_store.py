"""A database that fails between an attempt and its record, or whose answer is lost."""

import pytest

from monitor.core.delivery import DeliveryState
from monitor.errors import StoreError
from monitor.store.queries import alerts
from tests.integration.pipeline.breakable import BreakableStore
from tests.integration.pipeline.life import TO_OPS, Life, a_queue, states, told


def test_an_attempt_that_could_not_be_recorded_is_made_again(breakable: BreakableStore) -> None:
    life = Life(breakable, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)

    def fill_the_disk() -> None:
        breakable.fails = True

    with pytest.raises(StoreError):
        life.delivers("ops", at=1, during=fill_the_disk)
    breakable.fails = False

    end = life.sees(a_queue(1), at=60)
    assert told(end) == ["ops: resolved Invoices"]
    assert life.delivers("ops", at=61) == ["opened Invoices", "resolved Invoices"]
    assert states(breakable) == [DeliveryState.SENT, DeliveryState.SENT]
    assert breakable.load_alerts() == ()


def test_an_attempt_whose_record_was_made_though_the_answer_was_lost_is_not_repeated(
    breakable: BreakableStore,
) -> None:
    life = Life(breakable, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), at=0)

    def break_the_connection() -> None:
        breakable.loses_the_answer = True

    with pytest.raises(StoreError):
        life.delivers("ops", at=1, during=break_the_connection)
    breakable.loses_the_answer = False

    assert life.delivers("ops", at=2) == []
    assert told(life.sees(a_queue(1), at=60)) == ["ops: resolved Invoices"]
    assert life.delivers("ops", at=61) == ["resolved Invoices"]
    assert breakable.load_alerts() == ()


def test_an_attempt_in_between_does_not_hide_that_an_evaluation_was_recorded_after_all(
    breakable: BreakableStore,
) -> None:
    life = Life(breakable, rules=TO_OPS, is_sending=False)
    life.sees(a_queue(900), a_queue(1, "Mail"), at=0)
    breakable.loses_the_answer = True
    with pytest.raises(StoreError):
        life.sees(a_queue(900), a_queue(900, "Mail"), at=60)
    breakable.loses_the_answer = False
    assert life.delivers("ops", at=61) == ["opened Invoices", "opened Mail"]

    assert told(life.sees(a_queue(900), a_queue(900, "Mail"), at=120)) == []
    assert sorted(one.subject.name for one in alerts(breakable)) == ["Invoices", "Mail"]
    assert told(life.sees(a_queue(900), a_queue(1, "Mail"), at=180)) == ["ops: resolved Mail"]
