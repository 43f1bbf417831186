from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.unseen import pieces, unseen_of

SEEN, MISSED = True, False
GAPS = ((10, 20), (30, 40))


@pytest.mark.parametrize(
    ("begin", "end", "cut"),
    [
        (0, 5, [(0, 5, SEEN)]),
        (20, 30, [(20, 30, SEEN)]),
        (
            0,
            50,
            [(0, 10, SEEN), (10, 20, MISSED), (20, 30, SEEN), (30, 40, MISSED), (40, 50, SEEN)],
        ),
        (5, 15, [(5, 10, SEEN), (10, 15, MISSED)]),
        (15, 25, [(15, 20, MISSED), (20, 25, SEEN)]),
        (12, 18, [(12, 18, MISSED)]),
        (5, 10, [(5, 10, SEEN)]),
    ],
)
def test_a_stretch_is_cut_where_nobody_looked(
    begin: int, end: int, cut: list[tuple[int, int, bool]]
) -> None:
    assert list(pieces(begin, end, GAPS)) == cut


def test_what_was_seen_just_before_nobody_looked_was_seen_for_a_moment() -> None:
    assert list(pieces(10, 20, GAPS)) == [(10, 10, SEEN), (10, 20, MISSED)]
    assert list(pieces(10, 10, GAPS)) == [(10, 10, SEEN)]


def test_so_was_a_poll_alone_between_two_such_times() -> None:
    cut = list(pieces(5, 40, ((10, 20), (20, 30))))

    assert cut == [
        (5, 10, SEEN),
        (10, 20, MISSED),
        (20, 20, SEEN),
        (20, 30, MISSED),
        (30, 40, SEEN),
    ]


def test_a_change_found_when_somebody_looked_again_ends_the_stretch_unseen() -> None:
    assert list(pieces(5, 20, GAPS))[-1] == (10, 20, MISSED)
    assert list(pieces(5, 20, GAPS, goes_on=True))[-2:] == [(10, 20, MISSED), (20, 20, SEEN)]
    assert list(pieces(5, 15, GAPS, goes_on=True))[-1] == (10, 15, MISSED)


def test_a_moment_of_which_nothing_was_seen_leaves_nothing() -> None:
    assert [piece for piece in pieces(15, 15, GAPS) if piece[2]] == []
    assert list(unseen_of(0, 50, GAPS)) == list(GAPS)


@given(
    ends=st.lists(st.integers(0, 60), unique=True, max_size=12).map(sorted),
    begin=st.integers(0, 60),
    length=st.integers(0, 60),
)
def test_the_pieces_are_the_whole_time_and_each_moment_is_in_the_right_one(
    ends: list[int], begin: int, length: int
) -> None:
    unseen = list(zip(ends[::2], ends[1::2], strict=False))
    cut = list(pieces(begin, begin + length, unseen))

    assert all(one[1] == other[0] for one, other in pairwise(cut))
    if length:
        assert (cut[0][0], cut[-1][1]) == (begin, begin + length)
    for start, stop, is_seen in cut:
        for moment in range(start, stop):
            assert is_seen != any(gap[0] <= moment < gap[1] for gap in unseen)
