"""Rows 17, 19 and 20: the Date header, tokens of any form, names of any form; and tokens that end.

What has no answer that could matter here: row 12 (the user key is off by default and told as ended
where it is refused), row 13 (no webhook is received), row 21 (what the browser asks is never asked).
"""

from dataclasses import replace

import pytest
from pydantic import SecretStr

from monitor.core.sample import Collected
from monitor.orchestrator.credentials import AccessToken
from monitor.simulator.auth import Accounts
from tests.integration.unconfirmed.house import a_house
from tests.integration.unconfirmed.story import Story
from tests.integration.unconfirmed.watch import (
    ALL,
    PEOPLE,
    RUNTIMES,
    STATUS,
    Reply,
    Watch,
    a_watch,
    assert_true_queues,
    assert_true_sessions,
    told,
)


def assert_all_true(watch: Watch, *, after_s: float = 60) -> None:
    for name in ALL:
        collected = watch.poll(name, after_s=after_s)
        assert (collected.partial, collected.note) == (False, "")
        if name == "queues":
            assert_true_queues(watch, collected)
        if name == "sessions":
            assert_true_sessions(watch, collected)


# Row 17: whether Date is always there through proxies.


@pytest.mark.parametrize("fault", [None, "no-date"])
def test_ages_are_the_same_with_a_date_and_without_one(fault: str | None) -> None:
    with a_watch() as watch:
        if fault:
            watch.simulator.faults.start(fault)
        watch.simulator.silence("svc-3")
        for _ in range(4):
            assert_all_true(watch)


@pytest.mark.parametrize("ahead_s", [-900.0, -45.0, 45.0, 900.0])
def test_a_date_tells_the_time_of_a_server_whose_clock_is_wrong(ahead_s: float) -> None:
    with a_watch(server_is_ahead_s=ahead_s) as watch:
        watch.simulator.silence("svc-3")
        for _ in range(4):
            assert_all_true(watch)


@pytest.mark.parametrize("ahead_s", [-900.0, 900.0])
def test_what_a_date_once_told_holds_when_a_proxy_drops_it(ahead_s: float) -> None:
    with a_watch(server_is_ahead_s=ahead_s) as watch:
        assert_all_true(watch)
        watch.simulator.faults.start("no-date")
        for _ in range(3):
            assert_all_true(watch)


def test_a_date_that_some_answers_lack_is_taken_from_the_others() -> None:
    with a_watch(server_is_ahead_s=900) as watch:
        watch.simulator.faults.start("no-date", on=RUNTIMES)
        watch.simulator.faults.start("no-date", on=STATUS)
        for _ in range(3):
            assert_all_true(watch)


def test_a_cache_that_answers_with_an_old_date_sets_no_clock() -> None:
    def old(path: str, reply: Reply) -> None:
        if path.endswith(PEOPLE):
            reply.headers |= {"date": "Mon, 05 Jan 2026 07:00:00 GMT", "age": "3600"}

    with a_watch(bend=old) as watch:
        for _ in range(3):
            assert_all_true(watch)


# Row 19: the form of a personal access token.


@pytest.mark.parametrize(
    "token", ["rt_5e1f0a7c9b3d-1", "eyJhbGciOi.JSUzI1NiIsI.mtpZCI6I", "A" * 2048, "~+/-._9=="]
)
def test_an_access_token_of_any_form_is_sent_as_it_is(token: str) -> None:
    credentials = AccessToken(token=lambda: SecretStr(token))
    with a_watch(accounts=Accounts(access_token=token), credentials=credentials) as watch:
        assert_all_true(watch)
        terms = watch.client.terms
        asked = watch.simulator.journal.counts()

    assert (terms.lifetime_s, terms.scopes) == (None, ())
    assert "Token" not in asked


# Row 20: GUIDs for organization and tenant.


@pytest.mark.parametrize(
    ("organization", "tenant"),
    [
        ("acme", "House"),
        ("ACME", "house"),
        ("8b2f6c1e-0d5a-4f0e-9d2c-1b7c3a5e9f10", "House"),
        ("8b2f6c1e-0d5a-4f0e-9d2c-1b7c3a5e9f10", "0C5E7A9B-3D1F-4B2A-8C6D-5E4F3A2B1C0D"),
    ],
    ids=["names", "names in other case", "organization by GUID", "both by GUID"],
)
def test_a_tenant_is_watched_by_name_and_by_guid(organization: str, tenant: str) -> None:
    estate = replace(a_house(), organization=organization, tenant=tenant)
    with a_watch(estate=estate) as watch:
        assert f"/{organization}/{tenant}/" in watch.server.url
        assert_all_true(watch)


# A token that ends amid a cycle (§8, switches).


@pytest.mark.parametrize(
    ("bare", "uses"),
    # Folders are asked all six together: each may have to ask once more with the new token.
    [("allowed", 1), ("allowed", 2), ("allowed", 3), ("refused", 7), ("refused", 10)],
)
def test_a_token_that_ends_amid_a_cycle_costs_a_sign_in_and_nothing_else(
    bare: str, uses: int
) -> None:
    with a_watch(bare_queue_status=bare) as watch:
        assert_all_true(watch)
        watch.simulator.settings.token_uses = uses
        watch.simulator.expire_tokens()
        story = Story(watch)
        asked = watch.askings(lambda: [story.polls(name) for _ in range(3) for name in ALL])
        assert_all_true(watch)

    sign_ins = sum(one.endpoint == "Token" for one in asked)
    refused = sum(one.status == 401 for one in asked)
    answered = len(asked) - sign_ins - refused
    assert answered == 3 * (4 if bare == "allowed" else 9)
    assert sign_ins <= -(-answered // uses) + 1
    assert refused <= 6 * sign_ins
    assert story.heard() == []


def test_a_token_that_is_worth_nothing_from_the_outset_is_asked_for_once_more_and_no_oftener() -> (
    None
):
    with a_watch() as watch:
        story = Story(watch)
        story.polls("sessions")
        watch.simulator.faults.start("unauthorized", on="Get*")
        outcomes = [story.polls("sessions", after_s=10) for _ in range(5)]
        asked = watch.simulator.journal.counts()
        watch.simulator.faults.clear()
        after = story.polls("sessions", after_s=600)

    assert {getattr(one, "kind", "") for one in outcomes} == {"unauthorized"}
    assert asked["Token"] <= 3
    assert isinstance(after, Collected)
    assert len(told(after, "session")) == 8
