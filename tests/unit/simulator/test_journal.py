"""What was asked of the simulator can be counted by endpoint and by what it costs."""

from monitor.simulator.profiles import PROFILES
from tests.unit.simulator.callers import LICENSE, RUNTIMES, Caller


def test_requests_are_counted_by_endpoint() -> None:
    caller = Caller()
    caller.sign_in()
    for path in (RUNTIMES, RUNTIMES, LICENSE, "/odata/Nothing"):
        caller.get(path)
    counts = caller.simulator.journal.counts()

    assert counts == {"Token": 1, "GetMachineSessionRuntimes": 2, "GetLicense": 1, "Unknown": 1}
    assert counts["QueueItems"] == 0


def test_what_counts_against_the_published_limit_is_told_apart() -> None:
    caller = Caller()
    caller.get("/odata/QueueItems", "$top=3")
    caller.get(RUNTIMES)

    (asking,) = caller.simulator.journal.metered()
    assert (asking.endpoint, asking.query) == ("QueueItems", "$top=3")


def test_a_server_of_ones_own_meters_nothing() -> None:
    caller = Caller(profile=PROFILES["2022.4"])
    caller.get("/odata/QueueItems")

    assert caller.simulator.journal.metered() == ()


def test_what_is_forgotten_is_not_counted() -> None:
    caller = Caller()
    caller.get(RUNTIMES)
    caller.simulator.journal.clear()

    assert caller.simulator.journal.counts().total() == 0
