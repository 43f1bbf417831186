from collections.abc import Iterable

from monitor.core.sightings import Sightings

EVERY = 30


def polled(*polls: tuple[int, bool], every: int = EVERY) -> Sightings:
    sightings = Sightings(every)
    for at, is_good in polls:
        sightings.polled(at, at if is_good else None)
    return sightings


def good(seconds: Iterable[int]) -> list[tuple[int, bool]]:
    return [(at, True) for at in seconds]


def test_polls_at_their_intervals_see_everything_between_the_first_and_the_last() -> None:
    sightings = polled(*good(range(0, 300, 30)))

    assert sightings.blind(0, 270) == []
    assert sightings.blind(-50, 300) == [(-50, 0), (270, 300)]
    assert (sightings.first_seen, sightings.last_seen) == (0, 270)


def test_three_intervals_are_seen_and_more_are_not() -> None:
    assert polled(*good([0, 30, 60, 150, 180])).blind(0, 180) == []
    assert polled(*good([0, 30, 60, 151, 180])).blind(0, 180) == [(60, 151)]


def test_failed_polls_see_nothing() -> None:
    failed = [(at, False) for at in range(90, 240, 30)]
    sightings = polled(*good([0, 30, 60]), *failed, *good([240, 270]))

    assert sightings.blind(0, 270) == [(60, 240)]
    assert sightings.blind(100, 200) == [(100, 200)]
    assert sightings.blind(240, 270) == []


def test_polls_that_came_in_time_need_not_be_told_one_by_one() -> None:
    sightings = polled(*good([0]))
    sightings.watched(300, 300)
    sightings.polled(330, 330)

    assert sightings.blind(0, 330) == []
    assert sightings.unseen(500) == [(330, 500)]


def test_one_failed_poll_is_no_blindness() -> None:
    assert polled((0, True), (30, False), (60, True)).blind(0, 60) == []


def test_without_any_good_poll_nothing_was_seen() -> None:
    assert polled((0, False), (30, False)).blind(0, 60) == [(0, 60)]
    assert polled().blind(5, 60) == [(5, 60)]


def test_unseen_times_that_adjoin_are_one() -> None:
    assert polled(*good([0, 300, 600, 630])).blind(0, 700) == [(0, 600), (630, 700)]


def test_what_was_asked_less_often_was_not_unseen() -> None:
    # Every five minutes until 6,000, then every half minute, as is configured now. What the usual
    # time is shows after the sixth poll.
    sightings = polled(*good(range(0, 6000, 300)), *good(range(6000, 7000, 30)))

    assert sightings.blind(0, 6990) == [(0, 1500)]


def test_failed_polls_tell_how_often_was_asked() -> None:
    # A good poll every five minutes among failed ones every half minute is no rhythm.
    polls = [(at, at % 300 == 0) for at in range(0, 3001, 30)]

    assert polled(*polls).blind(0, 3000) == [(0, 3000)]


def test_a_clock_that_went_back_adds_nothing() -> None:
    assert polled(*good([0, 30, 60, 50, 80, 110])).blind(0, 110) == []


def test_unseen_are_the_times_between_polls_that_are_too_far_apart_given_whole() -> None:
    sightings = polled(*good([100, 130, 300, 330]))

    assert sightings.unseen(340) == [(130, 300)]
    assert sightings.unseen(200) == [(130, 300)]


def test_the_time_since_the_last_good_poll_is_unseen_when_one_is_overdue() -> None:
    sightings = polled(*good([100, 130]), (160, False))

    assert sightings.unseen(220) == []
    assert sightings.unseen(221) == [(130, 221)]
    assert polled((0, False)).unseen(1000) == []


def test_whether_a_poll_is_overdue_is_told_by_our_clock() -> None:
    # The server's is ten minutes behind, or ahead.
    behind, ahead = Sightings(EVERY), Sightings(EVERY)
    behind.polled(1000, 400)
    ahead.polled(1000, 1600)

    assert behind.unseen(1030) == []
    assert behind.unseen(1100) == [(400, 1100)]
    assert ahead.unseen(1100) == []
