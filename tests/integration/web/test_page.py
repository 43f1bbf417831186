"""The listener on a real socket, over a database that the second stage filled."""

import http.client
import threading
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from monitor.core.matching import parse_where
from monitor.core.mute import Acknowledgement, Silence
from monitor.core.severity import Severity
from tests.builders import a_sample, a_subject
from tests.integration.web.site import KINDS_OF, Site, a_queue, all_well

HOSTILE = "<script>alert('x')</script>\"&\\"


def test_the_page_says_that_all_is_well(site: Site) -> None:
    all_well(site)

    answer = site.ask("/")

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "all is well" in answer.body
    assert "sessions" in answer.body
    assert "hook-secret" not in answer.body
    assert "secret-token" not in answer.body


def test_the_page_shows_open_alerts_and_what_is_not_seen(site: Site) -> None:
    all_well(site)
    site.sees("queues", a_queue(900))
    site.sees("sessions", error="Orchestrator did not answer")

    text = site.ask("/").body

    assert "<title>(1) orchestrator-monitor</title>" in text
    assert "Invoices: 900 items wait" in text
    assert "Orchestrator did not answer" in text
    assert "unreachable" in text
    assert "1 message waits" in text


def by_name(site: Site) -> dict[str, Any]:
    alerts = site.ask("/api/alerts").json
    return {one["subject"]["name"]: one for one in alerts if one["rule"] == "backlog"}


def test_what_is_muted_or_acknowledged_says_so_on_the_page_and_in_the_documents(
    site: Site,
) -> None:
    all_well(site)
    silence = Silence(
        id="SILENCE1",
        where=parse_where(["name=Mail"]),
        starts_at=site.clock.now(),
        ends_at=site.clock.now() + timedelta(hours=1),
        author="<ann>",
        comment="patching",
    )
    site.store.add_silence(silence, site.clock.now())
    site.sees("queues", a_queue(900), a_queue(900, "Mail"))
    alerts = by_name(site)
    given = Acknowledgement(
        alert_id=alerts["Invoices"]["id"],
        severity=Severity.CRITICAL,
        at=site.clock.now(),
        expires_at=site.clock.now() + timedelta(hours=1),
        author="bob",
        note="on it",
    )
    site.store.acknowledge(given)

    text = site.ask("/").body
    listed = by_name(site)
    story = site.ask(f"/api/alerts/{listed['Mail']['id']}").json
    status = site.ask("/api/status").json

    assert "silence: SILENCE1 by &lt;ann&gt;: patching" in text
    assert "acknowledged by bob: on it" in text
    assert listed["Mail"]["suppressed_by"] == "silence: SILENCE1 by <ann>: patching"
    assert listed["Invoices"]["acknowledged_at"].endswith("Z")
    assert [one["id"] for one in story["silences"]] == ["SILENCE1"]
    assert (status["muted"], status["alerts"]["critical"]) == (2, 2)


def test_before_the_first_poll_the_page_says_that_nothing_is_seen(site: Site) -> None:
    text = site.ask("/").body

    assert "not everything is seen" in text
    assert "never" in text


@pytest.mark.parametrize("field", ["name", "label", "error"])
def test_hostile_text_stays_text(site: Site, field: str) -> None:
    name = HOSTILE if field == "name" else "Invoices"
    folder = HOSTILE if field == "label" else "Finance"
    subject = a_subject(name, key="1", labels={"queue": name, "folder": folder})
    site.sees("queues", a_sample(subject, new_items=900))
    if field == "error":
        site.sees("sessions", error=HOSTILE)

    for path in ("/", "/api/status", "/api/alerts", "/metrics"):
        answer = site.ask(path)
        assert answer.status == 200
        if path == "/":
            assert "<script" not in answer.body
        else:
            assert not answer.headers["content-type"].startswith("text/html")
    if field != "error":
        assert site.ask("/api/alerts").json[0]["subject"]["folder"] == folder
        ((labels, value),) = site.metrics()["orchestrator_queue_new_items"]
        assert (labels["name"], labels["folder"], value) == (name, folder, 900)


def test_health_is_503_while_work_is_overdue(site: Site) -> None:
    assert (site.ask("/healthz").status, site.ask("/healthz").body) == (200, "ok\n")

    site.overdue = ("collect:production/queues",)

    answer = site.ask("/healthz")
    assert (answer.status, answer.body) == (503, "overdue: collect:production/queues\n")


def test_health_is_503_with_the_cure_while_nothing_can_be_recorded(site: Site) -> None:
    site.troubles = ("history.db: the disk is full: free some space",)

    answer = site.ask("/healthz")
    assert (answer.status, answer.body) == (503, "history.db: the disk is full: free some space\n")


def test_the_status_document_is_the_one_of_the_command(site: Site) -> None:
    all_well(site)
    site.sees("queues", a_queue(900), a_queue(20, "Mail"))

    found = site.ask("/api/status").json

    assert found["healthy"] is False
    assert found["alerts"] == {"critical": 1, "warning": 0, "info": 0}
    assert found["pending"] == 2
    assert found["outbox"] == {"due": 1, "dead": 0, "oldest_s": 0.0}
    (tenant,) = found["tenants"]
    assert (tenant["name"], tenant["sight"]) == ("production", "ok")
    assert {collector["name"] for collector in tenant["collectors"]} == set(KINDS_OF)


def test_alerts_are_listed_and_told_one_by_one(site: Site) -> None:
    site.sees("queues", a_queue(900))
    (alert,) = [one for one in site.ask("/api/alerts").json if one["rule"] == "backlog"]
    assert alert["subject"]["name"] == "Invoices"
    story = site.ask(f"/api/alerts/{alert['id']}").json
    assert [event["event"] for event in story["events"]] == ["opened"]
    assert [delivery["channel"] for delivery in story["deliveries"]] == ["ops"]

    site.sees("queues", a_queue(5))
    assert site.ask("/api/alerts").json == []
    (past,) = site.ask("/api/alerts?all=1").json
    assert (past["id"], past["phase"]) == (alert["id"], "resolved")


def test_an_alert_that_is_not_there_is_a_404(site: Site) -> None:
    answer = site.ask("/api/alerts/NOSUCHONE%25")

    assert (answer.status, answer.json) == (404, {"error": "no alert with this id"})


def test_every_answer_has_the_headers_that_protect_it(site: Site) -> None:
    for method, path, status in (
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/api/alerts/NOSUCHONE", 404),
        ("GET", "/nothing-here", 404),
        ("GET", "/../etc/passwd", 404),
        ("POST", "/", 405),
        ("DELETE", "/api/alerts", 405),
    ):
        answer = site.ask(path, method)

        assert (path, method, answer.status) == (path, method, status)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")
        assert "server" not in answer.headers


def test_a_failing_store_is_a_503_that_says_why_and_health_goes_on(site: Site) -> None:
    site.store.is_broken = True

    for path in ("/", "/api/status", "/metrics"):
        answer = site.ask(path)
        assert (answer.status, answer.body) == (503, "history.db: the disk is gone\n")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert site.ask("/healthz").status == 200

    site.store.is_broken = False
    assert site.ask("/").status == 200


def test_a_port_that_is_taken_is_said_and_the_watch_goes_on_without_a_page(site: Site) -> None:
    with capture_logs() as logs, site.page.serving("127.0.0.1", site.port) as address:
        assert address is None

    assert [(line["event"], line["port"]) for line in logs] == [("page.unavailable", site.port)]
    assert site.ask("/healthz").status == 200


def test_an_answer_on_a_kept_connection_does_not_wait_for_an_acknowledgement(site: Site) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    took = []
    for _ in range(10):
        began = time.monotonic()
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        took.append(time.monotonic() - began)
    connection.close()

    # A delayed acknowledgement costs 40 ms; half of the answers may be late for other reasons.
    assert sorted(took)[4] < 0.03


def test_closing_the_page_waits_for_no_idle_connection(site: Site) -> None:
    with site.page.serving("127.0.0.1", 0) as address:
        port = urlsplit(address or "").port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        began = time.monotonic()

    assert time.monotonic() - began < 2
    connection.close()


def test_pages_are_answered_while_a_poll_is_being_recorded(site: Site) -> None:
    all_well(site)
    release, begun = threading.Event(), threading.Event()

    def write() -> None:
        with site.store.writing():
            begun.set()
            release.wait(10)

    writer = threading.Thread(target=write)
    writer.start()
    assert begun.wait(10)
    try:
        assert site.ask("/").status == 200
    finally:
        release.set()
        writer.join()
