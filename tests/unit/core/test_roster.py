from collections.abc import Sequence

from monitor.core.roster import Roster
from monitor.core.rule import NoData, Policy
from monitor.core.sample import Collected, Subject
from tests.builders import a_backlog_rule, a_sample, a_subject, collected

MISSES = a_backlog_rule("missing", policy=Policy(no_data=NoData.ALERT))
KEEPS = a_backlog_rule("keeping", policy=Policy(no_data=NoData.KEEP))
A, B = a_subject("A"), a_subject("B")


def answer(
    *subjects: Subject, kinds: Sequence[str] = ("queue",), partial: bool = False
) -> Collected:
    found = collected(*(a_sample(subject) for subject in subjects), kinds=kinds)
    return Collected(
        kinds=found.kinds, samples=found.samples, observed_at=found.observed_at, partial=partial
    )


def test_who_was_in_the_last_answer_and_is_not_in_this_one_is_missing() -> None:
    roster = Roster([MISSES])
    roster.seen("production", answer(A, B))
    assert roster.missing("production", answer(B)) == [A]
    assert roster.missing("production", answer(A, B)) == []


def test_who_was_missing_once_is_so_no_longer() -> None:
    roster = Roster([MISSES])
    roster.seen("production", answer(A, B))
    roster.seen("production", answer(B))
    assert roster.missing("production", answer(B)) == []


def test_looking_changes_nothing_until_the_answer_is_recorded() -> None:
    roster = Roster([MISSES])
    roster.seen("production", answer(A))
    assert roster.missing("production", answer()) == [A]
    assert roster.missing("production", answer()) == [A]


def test_a_partial_answer_proves_nobodys_absence() -> None:
    roster = Roster([MISSES])
    roster.seen("production", answer(A))
    assert roster.missing("production", answer(partial=True)) == ()
    roster.seen("production", answer(B, partial=True))
    assert roster.missing("production", answer()) == [A, B]


def test_a_partial_answer_may_be_the_first() -> None:
    roster = Roster([MISSES])
    roster.seen("production", answer(A, partial=True))
    assert roster.missing("production", answer()) == [A]


def test_tenants_and_kinds_are_apart() -> None:
    roster = Roster([MISSES])
    roster.seen("production", answer(A))
    assert roster.missing("staging", answer()) == []
    assert roster.missing("production", answer(kinds=["session"])) == []


def test_an_answer_about_several_kinds_is_sorted() -> None:
    robot = a_subject("BOT", kind="session")
    both = ("queue", "session")
    roster = Roster([MISSES])
    roster.seen("production", answer(A, robot, kinds=both))
    assert roster.missing("production", answer(kinds=both)) == [A]


def test_nobody_is_missed_by_rules_that_do_not_ask_for_it() -> None:
    roster = Roster([KEEPS])
    assert roster.kinds == frozenset()
    roster.seen("production", answer(A))
    roster.learn([A])
    assert roster.missing("production", answer()) == []


def test_who_was_there_before_the_start_is_missed_from_the_first_answer_on() -> None:
    robot = a_subject("BOT", kind="session")
    elsewhere = a_subject("A", tenant="staging")
    roster = Roster([KEEPS, MISSES])
    assert roster.kinds == {"queue"}
    roster.learn([A, robot, B, elsewhere])
    assert roster.missing("production", answer(B, kinds=["queue", "session"])) == [A]
    assert roster.missing("staging", answer()) == [elsewhere]


def test_the_newest_that_is_known_of_a_subject_counts() -> None:
    renamed = a_subject("New name", key="a")
    roster = Roster([MISSES])
    roster.learn([A])
    roster.seen("production", answer(renamed))
    assert roster.missing("production", answer()) == [renamed]
