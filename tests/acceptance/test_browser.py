"""The status page in a real browser."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from monitor.config.load import load_text
from monitor.core.sample import Collected, Failed, Sample, Snapshot
from monitor.pipeline.evaluate import Evaluator, Instant
from monitor.store import Store, open_store
from monitor.web.server import StatusPage
from tests.builders import NOW, a_sample, a_subject

CONFIGURATION = """
[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
[tenants.staging-of-the-finance-department]
url = "https://cloud.uipath.com/acme/Staging/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
[channels.ops]
url = "json://localhost/hook"
[rules.invoice-backlog]
type = "queue-backlog"
above = 100
for = "0s"
severity = "critical"
[rules.some-items-wait]
type = "queue-backlog"
above = 10
for = "1h"
[rules.robot-offline]
type = "session-offline"
for = "0s"
summary = "{{ name }} on {{ host }} said goodbye: look at its service, its host and its network, and at whether somebody took it away for maintenance without saying so in the calendar of the department"
"""
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
KINDS_OF = {"queues": ("queue",), "sessions": ("session",), "licenses": ("license", "subscription")}
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@dataclass
class StoodClock:
    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return self.at.timestamp()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        reason = "there is no chromium on this machine: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Site:
    store: Store
    clock: StoodClock = field(default_factory=StoodClock)
    address: str = ""

    def __post_init__(self) -> None:
        self.configuration = load_text(CONFIGURATION, Path("config.toml"))
        self.evaluator = Evaluator(
            store=self.store,
            plan=self.configuration.plan,
            collector_kinds=KINDS_OF,
        )
        now = self.clock.now()
        self.evaluator.restore(Instant(now=now, elapsed_s=self.clock.monotonic()))

    def sees(
        self, collector: str, *samples: Sample, tenant: str = "production", error: str = ""
    ) -> None:
        self.clock.at += timedelta(seconds=1)
        now = self.clock.at
        good = Collected(kinds=KINDS_OF[collector], samples=samples, observed_at=now)
        snapshot = Snapshot(
            tenant=tenant,
            collector=collector,
            started_at=now,
            took_s=0.1,
            requests=1,
            outcome=Failed(kind="unreachable", message=error) if error else good,
        )
        self.evaluator.settle(snapshot, Instant(now=now, elapsed_s=self.clock.monotonic()))


@pytest.fixture
def site(migrated_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    shutil.copyfile(migrated_file, tmp_path / "history.db")
    store = open_store(f"sqlite:///{tmp_path / 'history.db'}")
    site = Site(store)
    page = StatusPage(site.configuration, store, site.clock)
    with page.serving("127.0.0.1", 0) as address:
        assert address is not None
        site.address = address
        yield site
    store.close()


@dataclass
class Visit:
    """A page, and whatever it complained of."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on(
            "console",
            lambda said: (
                self.complaints.append(said.text) if said.type in {"error", "warning"} else None
            ),
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("requestfailed", lambda asked: self.complaints.append(asked.url))


def visit(browser: Browser, site: Site, *, width: int = 1100, dark: bool = False) -> Visit:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    visit = Visit(context.new_page())
    visit.page.goto(site.address)
    return visit


def a_queue(new: float, name: str, folder: str = "Finance/Accounts payable") -> Sample:
    return a_sample(
        a_subject(name, labels={"queue": name, "folder": folder}),
        new_items=new,
    )


def a_busy_day(site: Site) -> None:
    robot = a_subject(
        "svc-invoice-011",
        kind="session",
        labels={"robot_type": "Unattended", "host": "RPA-HOST-011", "folder": "Finance"},
    )
    site.sees("sessions", a_sample(robot, is_disconnected=1, is_unresponsive=0, in_maintenance=0))
    site.sees("licenses")
    site.sees("queues", a_queue(9000, "Invoices"), a_queue(20, "Mail"), a_queue(3, "Quiet"))
    site.sees("sessions", tenant="staging-of-the-finance-department")
    site.sees(
        "queues",
        tenant="staging-of-the-finance-department",
        error="/odata/QueueProcessingRecords/UiPathODataSvc.RetrieveQueuesProcessingStatus: no complete "
        "answer within the time of this poll; Orchestrator or the network is slow, or `every` is too short",
    )
    site.clock.at += timedelta(seconds=40)


def test_a_quiet_estate_says_that_all_is_well(browser: Browser, site: Site) -> None:
    for tenant in site.configuration.tenants:
        for collector in KINDS_OF:
            site.sees(collector, tenant=tenant)

    seen = visit(browser, site)

    assert seen.page.get_by_text("all is well").is_visible()
    assert seen.page.title() == "orchestrator-monitor"
    assert seen.complaints == []


@pytest.mark.parametrize(("width", "dark"), [(1100, False), (375, True)], ids=["wide", "narrow"])
def test_what_is_wrong_is_seen_at_a_glance(
    browser: Browser, site: Site, tmp_path: Path, *, width: int, dark: bool
) -> None:
    a_busy_day(site)

    seen = visit(browser, site, width=width, dark=dark)

    picture = tmp_path / "page.png"
    seen.page.screenshot(path=picture, full_page=True)
    assert picture.stat().st_size > 10_000
    assert seen.page.title() == "(2) orchestrator-monitor"
    for text in ("2 alerts open", "items wait (limit 100)", "RPA-HOST-011", "unreachable"):
        assert seen.page.get_by_text(text).first.is_visible(), text
    first = seen.page.locator(".alerts li").first
    assert first.locator(".word").inner_text() == "critical"
    # Nothing has to be scrolled sideways, however narrow.
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.complaints == []


def test_hostile_names_are_text_and_run_nothing(browser: Browser, site: Site) -> None:
    site.sees("queues", a_queue(9000, HOSTILE, folder=HOSTILE))
    site.sees("sessions", error=HOSTILE)

    seen = visit(browser, site)

    assert seen.page.title() == "(1) orchestrator-monitor"
    assert seen.page.get_by_text("<script>document.title='owned'</script>").first.is_visible()
    assert seen.page.locator("script, img").count() == 0
    assert seen.complaints == []


def test_an_incident_leads_to_its_story(browser: Browser, site: Site) -> None:
    a_busy_day(site)
    seen = visit(browser, site)

    with seen.page.expect_navigation():
        seen.page.locator(".alerts a").first.click()

    assert '"rule":"robot-offline"' in seen.page.inner_text("body")
