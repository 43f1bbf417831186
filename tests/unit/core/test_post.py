from dataclasses import replace

import pytest

from monitor.core.alert import Alert, Phase
from monitor.core.delivery import Delivery, DeliveryState
from monitor.core.post import (
    Post,
    given_up,
    heard_after_all,
    is_failing,
    is_settled,
    taken_back,
)
from monitor.core.severity import Severity
from monitor.core.told import Saying, Told
from tests.builders import NOW, after
from tests.message_builders import a_delivery
from tests.unit.core.some_alerts import a_told, an_alert

UNTOLD = an_alert()
EARLIER = a_told(delivery="delivery-0", reminders=3)


def about(*, before: Told | None = None, id: str = "delivery-1") -> Delivery:  # noqa: A002 - the field
    return replace(
        a_delivery(id=id),
        about=(UNTOLD.id,),
        before={} if before is None else {UNTOLD.id: before},
    )


# What can be taken back


@pytest.mark.parametrize(
    ("in_flight", "in_doubt", "can_be"),
    [
        ((), False, True),
        (("other",), False, True),
        (("delivery-1",), False, False),
        ((), True, False),
    ],
)
def test_a_message_is_taken_back_only_if_it_cannot_arrive(
    *, in_flight: tuple[str, ...], in_doubt: bool, can_be: bool
) -> None:
    delivery = replace(a_delivery(), may_have_arrived=in_doubt)
    assert Post(in_flight=in_flight).can_be_withdrawn(delivery) is can_be


def test_what_a_message_taken_back_told_was_never_told() -> None:
    told = replace(UNTOLD, told={"ops": a_told(), "mail": a_told()})
    assert taken_back(told, about()).told == {"mail": a_told()}


def test_what_was_told_before_it_counts_again() -> None:
    told = replace(UNTOLD, told={"ops": a_told(Saying.FLAPPING)})
    assert taken_back(told, about(before=EARLIER)).told == {"ops": EARLIER}


@pytest.mark.parametrize(
    "alert",
    [
        pytest.param(UNTOLD, id="untold"),
        pytest.param(an_alert(told={"mail": a_told()}), id="told elsewhere"),
        pytest.param(an_alert(told={"ops": a_told(delivery="newer")}), id="told by a newer one"),
    ],
)
def test_a_message_that_told_nothing_of_an_alert_changes_nothing(alert: Alert) -> None:
    for change in (taken_back, lambda a, d: given_up(a, d, NOW)):
        assert change(alert, about()) is alert


# What was given up


def test_a_channel_that_never_got_the_message_has_heard_nothing() -> None:
    told = replace(UNTOLD, told={"ops": a_told(), "mail": a_told()})
    after_it = given_up(told, about(), after(60))
    assert after_it.told == {"ops": a_told(Saying.UNHEARD, at=after(60)), "mail": a_told()}


@pytest.mark.parametrize("saying", [Saying.OPEN, Saying.FLAPPING])
def test_a_channel_that_had_heard_before_knows_that_still(saying: Saying) -> None:
    before = a_told(saying, delivery="delivery-0", reminders=3)
    told = replace(UNTOLD, told={"ops": a_told(severity=Severity.CRITICAL)})
    after_it = given_up(told, about(before=before), after(60))
    # From now on: it is tried again at the next reminder, not at once.
    assert after_it.told == {"ops": replace(before, at=after(60))}


@pytest.mark.parametrize("saying", [Saying.ENDED, Saying.UNHEARD])
def test_what_had_not_been_heard_before_is_not_heard_now(saying: Saying) -> None:
    told = replace(UNTOLD, told={"ops": a_told()})
    after_it = given_up(told, about(before=a_told(saying, delivery="delivery-0")), after(60))
    assert after_it.told["ops"].saying is Saying.UNHEARD


def test_an_end_that_was_given_up_stays_told() -> None:
    told = replace(UNTOLD, told={"ops": a_told(Saying.ENDED)})
    assert given_up(told, about(), NOW) is told


def test_a_message_that_arrives_after_it_was_given_up_was_heard_after_all() -> None:
    unheard = replace(UNTOLD, told={"ops": a_told(Saying.UNHEARD)})
    heard = heard_after_all(unheard, about(), after(60))
    assert heard.told == {"ops": a_told(Saying.OPEN, at=after(60))}


@pytest.mark.parametrize(
    "told",
    [
        pytest.param({}, id="untold"),
        pytest.param({"ops": a_told()}, id="heard already"),
        pytest.param({"ops": a_told(Saying.UNHEARD, delivery="newer")}, id="a newer one"),
        pytest.param({"mail": a_told(Saying.UNHEARD)}, id="another channel"),
    ],
)
def test_an_arrival_that_is_no_news_changes_nothing(told: dict[str, Told]) -> None:
    alert = replace(UNTOLD, told=told)
    assert heard_after_all(alert, about(), NOW) is alert


# What is over for everybody


@pytest.mark.parametrize(
    ("phase", "told", "on_the_way", "is_over"),
    [
        pytest.param(Phase.RESOLVED, {}, (), True, id="over, and nobody heard"),
        pytest.param(Phase.FIRING, {}, (), False, id="open"),
        pytest.param(Phase.PENDING, {}, (), False, id="pending"),
        pytest.param(Phase.RESOLVED, {}, (UNTOLD.id,), False, id="its end is on the way"),
        pytest.param(Phase.RESOLVED, {}, ("other",), True, id="something else is on the way"),
        pytest.param(Phase.RESOLVED, {"ops": a_told()}, (), False, id="ops is owed the end"),
        pytest.param(Phase.RESOLVED, {"ops": a_told(Saying.ENDED)}, (), True, id="ops knows"),
        pytest.param(Phase.RESOLVED, {"ops": a_told(Saying.UNHEARD)}, (), True, id="never heard"),
        pytest.param(Phase.RESOLVED, {"former": a_told()}, (), True, id="a channel that is gone"),
    ],
)
def test_an_alert_is_over_when_all_who_heard_of_it_know(
    *, phase: Phase, told: dict[str, Told], on_the_way: tuple[str, ...], is_over: bool
) -> None:
    alert = an_alert(phase=phase, told=told)
    assert is_settled(alert, on_the_way, {"ops", "mail"}) is is_over


def test_what_flaps_may_come_back_and_is_not_over() -> None:
    flapping = an_alert(phase=Phase.RESOLVED, flapping_since=NOW)
    assert not is_settled(flapping, (), {"ops"})


@pytest.mark.parametrize(
    ("attempts", "state", "failing"),
    [
        (0, DeliveryState.DUE, False),
        (1, DeliveryState.DUE, True),
        (1, DeliveryState.SENT, False),
        (9, DeliveryState.DEAD, False),
    ],
)
def test_a_message_fails_while_it_was_tried_in_vain(
    *, attempts: int, state: DeliveryState, failing: bool
) -> None:
    assert is_failing(replace(a_delivery(attempts=attempts), state=state)) is failing
