from dataclasses import replace

from monitor.core.sample import Collected, Sample
from tests.builders import NOW, a_sample, a_subject


def an_answer(*samples: Sample) -> Collected:
    return Collected(kinds=("session", "machine", "license"), samples=samples, observed_at=NOW)


def test_samples_are_told_apart_by_kind_whether_or_not_they_are_counted() -> None:
    robots = [a_sample(a_subject(name, kind="session")) for name in "abc"]
    hosts = [a_sample(a_subject(name, kind="machine")) for name in "de"]
    expected = {"session": robots, "machine": hosts, "license": []}

    unsorted = an_answer(hosts[0], *robots, hosts[1]).by_kind()
    counted = replace(an_answer(*robots, *hosts), counts=(3, 2, 0)).by_kind()

    assert {kind: list(samples) for kind, samples in unsorted.items()} == expected
    assert {kind: list(samples) for kind, samples in counted.items()} == expected


def test_a_poll_of_one_kind_is_all_of_that_kind() -> None:
    robot = a_sample(a_subject("a", kind="session"))
    answer = Collected(kinds=("session",), samples=(robot,), observed_at=NOW)

    assert answer.by_kind() == {"session": (robot,)}
