"""Rows 10 and 11: what zero and less mean, and the seats of named users."""

import msgspec
import pytest

from tests.integration.unconfirmed.story import Story
from tests.integration.unconfirmed.watch import LICENSE, Bend, Reply, a_watch, told

EVERY = """
[rules.license-overuse]
type = "license-usage"
[rules.scarce]
type = "license-usage"
above = "90%"
"""


# Row 10: -1 or 0 as "unlimited".


@pytest.mark.parametrize("allowed", [-1, 0])
def test_allowed_of_nothing_or_less_is_shown_and_not_judged(allowed: int) -> None:
    with a_watch() as watch:
        story = Story(watch, EVERY)
        for used in (0, 3, 5000):
            watch.simulator.set_license("Unattended", allowed=allowed, used=used)
            story.polls("licenses", after_s=300, times=3)
            collected = watch.poll("licenses")
            found = told(collected, "license")

            if (allowed, used) == (0, 0):
                assert "Unattended" not in found  # neither bought nor used
            else:
                values = {"allowed": allowed, "used": used, "free": allowed - used}
                assert found["Unattended"].values == values
            assert "used_ratio" in found["Attended"].values
            assert (collected.partial, collected.skipped) == (False, 0)

    assert (story.open, story.heard()) == (set(), [])


def test_a_type_that_gets_a_limit_is_judged_from_then_on_and_one_that_loses_it_is_not() -> None:
    with a_watch() as watch:
        watch.simulator.set_license("Unattended", allowed=-1, used=11)
        story = Story(watch, EVERY)
        story.polls("licenses", after_s=300)
        assert story.open == set()
        watch.simulator.set_license("Unattended", allowed=10, used=11)
        story.polls("licenses", after_s=300)
        opened = {("license-overuse", "Unattended"), ("scarce", "Unattended")}
        assert story.open == opened
        watch.simulator.set_license("Unattended", allowed=-1, used=11)
        story.polls("licenses", after_s=300)

    # Without a ratio nothing is known: what is open does not end by that.
    assert story.open == opened


# Row 11: whether `Used` counts named users where licensing is by user.


def licensing_by_user(*, is_on: bool) -> Bend:
    def bend(path: str, reply: Reply) -> None:
        if path.endswith(LICENSE):
            row = msgspec.json.decode(reply.body)
            row["UserLicensingEnabled"] = is_on
            reply.body = msgspec.json.encode(row)

    return bend


@pytest.mark.parametrize("is_on", [False, True], ids=["by tenant", "by user"])
def test_seats_of_named_users_are_shown_as_they_come(*, is_on: bool) -> None:
    with a_watch(bend=licensing_by_user(is_on=is_on)) as watch:
        story = Story(watch)
        for used in (None, 0, 2, 4):
            watch.simulator.set_license("Attended", used=used)
            story.polls("licenses", after_s=300, times=3)
            found = told(watch.poll("licenses"), "license")["Attended"].values

            shown = {} if used is None else {"used": used, "free": 4 - used, "used_ratio": used / 4}
            assert found == {"allowed": 4, **shown}

    # All seats are assigned on the organization's level: that is no shortage.
    assert story.heard() == []
