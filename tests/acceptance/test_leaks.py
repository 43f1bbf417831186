"""Through every failure there is: no secret leaves its place, no customer's data is asked for."""

import io
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from monitor.daemon.logs import configure
from monitor.daemon.wiring import secrets_of
from monitor.simulator.faults import FAULT_KINDS
from monitor.store import Store
from tests.acceptance.blind_rig import APPLICATION, Life, a_life

SIGN_INS = {
    "application": APPLICATION,
    "token": '{{ type = "access-token", token = "{accounts.access_token}" }}',
    "password": (
        '{{ type = "password", tenancy_name = "{accounts.tenancy_name}", '
        'username = "{accounts.username}", password = "{accounts.password}", '
        'identity_url = "{server.base_url}" }}'
    ),
    "user key": (
        '{{ type = "user-key", client_id = "{accounts.user_client_id}", '
        'user_key = "{accounts.user_key}", identity_url = "{server.base_url}" }}'
    ),
}
ITEMS = """
[collectors.queues]
metrics = ["overdue_items", "deferred_items", "oldest_new_s", "abandoned_items"]
"""
# What the simulated items hold: names of customers, their accounts, what was booked.
CONTENT = re.compile(r"SpecificContent|SpecificData|DE02120300000000202051|OutputData|Customer")
SLOW = {"slow", "drip", "gzip-bomb"}
pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture(params=SIGN_INS)
def life(store: Store, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Life]:
    auth = SIGN_INS[request.param]
    with a_life(store, tmp_path, sessions=20, auth=auth, more=ITEMS) as started:
        yield started


def test_nothing_leaks_whatever_goes_wrong(life: Life, tmp_path: Path) -> None:
    log = io.StringIO()
    with closing(configure("debug", "json", secrets_of(life.configuration), log)):
        life.live(3)
        for kind in FAULT_KINDS:
            if kind not in SLOW:
                life.simulator.faults.start(kind)
                life.live(2)
                life.simulator.faults.clear()
                life.live(1)
        life.simulator.expire_tokens()
        life.live(2)
        life.simulator.reject_credentials()
        life.live(3)

    accounts = life.simulator.accounts
    secrets = {
        accounts.client_secret,
        accounts.access_token,
        accounts.password,
        accounts.user_key,
        *life.simulator.office.issued(),
    }
    assert len(secrets) >= 4
    written = {
        "log": log.getvalue(),
        "database": "".join(
            file.read_bytes().decode("latin-1") for file in tmp_path.glob("history.db*")
        ),
        "messages": "\n".join([*life.titles(), *life.texts()]),
    }
    assert "collect.failed" in written["log"]
    for place, text in written.items():
        assert text, place
        assert not [secret for secret in secrets if secret in text], place
        assert not CONTENT.search(text), place
    asked = life.simulator.requests
    assert life.simulator.writes == ()
    assert {one.method for one in asked} <= {"GET", "POST"}
    assert [one for one in asked if one.endpoint == "QueueItems" and one.status == 200]
    assert not [one for one in asked if CONTENT.search(one.query)]
    assert not [one for one in asked if any(secret in one.path + one.query for secret in secrets)]
