"""A busy time, by a seeded random: what breaks comes back, and at the end all is well again."""

import heapq
import itertools
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from monitor.clock import SystemClock
from monitor.core.matching import parse_where
from monitor.core.mute import Silence
from monitor.simulator.simulator import Simulator
from monitor.store import Store
from tests.acceptance.letterbox import Letterbox

RULES = """
[rules.robot-silent]
type = "session-unresponsive"
after = "3s"
flapping = false
[rules.robot-away]
type = "session-offline"
after = "1s"
severity = "warning"
flapping = false
[rules.host-down]
type = "expression"
subject = "machine"
when = "sessions > 1 and unresponsive_sessions >= sessions"
severity = "critical"
flapping = false
[rules.backlog]
type = "queue-backlog"
above = 1000
clear_below = 500
for = "1s"
flapping = false
[rules.pulse]
type = "expression"
subject = "queue"
when = "new_items > 100 and new_items < 200"
severity = "warning"
flapping = { window = "8s", start = 4, stop = 1 }
[rules.seats]
type = "license-usage"
above = "100%"
keep_open = "1s"
flapping = false
[rules.collector-failing]
type = "collector-failing"
polls = 2
flapping = false
[rules.channel-failing]
type = "channel-failing"
attempts = 2
flapping = false
[[inhibitions]]
source = { rule = "host-down" }
target = { kind = "session" }
equal = ["tenant", "host"]
[channels.hook.rate]
messages = 100000
[channels.pager.rate]
messages = 100000
[[routes]]
where = { severity = "critical" }
channels = ["hook", "pager"]
group_wait = "0s"
group_interval = "2s"
repeat_every = "0s"
[[routes]]
channels = ["pager"]
group_wait = "1s"
group_interval = "2s"
repeat_every = "0s"
"""

SILENT = ("svc-claims-031", "svc-claims-032", "svc-claims-041", "svc-claims-042")
AWAY = ("svc-payroll-051", "svc-payroll-052", "svc-orders-061")
HOSTS = ("VM-RPA-01", "VM-RPA-02")
QUEUES = ("Invoices", "Payments", "ClaimIntake")
PULSE = "Shipments"
LICENSE = "Unattended"
SILENCED = (
    *({"name": f"*{name}"} for name in (*SILENT[:2], *AWAY[:1])),
    {"rule": "backlog"},
    {"rule": "pulse"},
    {"rule": "host-down", "name": HOSTS[0]},
)


@dataclass
class Unrest:
    """Something happens every third of a second, and ends by itself some seconds later."""

    simulator: Simulator
    store: Store
    pager: Letterbox
    chance: random.Random
    _next_s: float = 0.0
    _disturbed: set[str] = field(default_factory=set)
    _ends: list[tuple[float, int, str, Callable[[], object]]] = field(default_factory=list)
    _serial: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        # A host is known to be down before its robots' own patience ends.
        self.simulator.settings.missed_beats = 2
        self.simulator.freeze_queue(PULSE, new=0)
        self._troubles: list[tuple[Callable[[], object], int]] = [
            (self._silent_robot, 6),
            (self._robot_away, 3),
            (self._backlog, 4),
            (self._pulse, 5),
            (self._dead_host, 2),
            (self._license_overused, 2),
            (self._silence, 3),
            (self._pager_down, 2),
            (self._outage, 1),
        ]

    def live(self, seconds: float) -> None:
        """Let things happen for a while."""
        until_s = time.monotonic() + seconds
        while (left_s := until_s - time.monotonic()) > 0:
            self.go_on()
            time.sleep(min(left_s, 0.02))  # noqa: TID251 - real processes live in real time

    def go_on(self) -> None:
        """Let happen what is due."""
        now_s = time.monotonic()
        while self._ends and self._ends[0][0] <= now_s:
            self._end_first()
        if now_s >= self._next_s:
            self._next_s = now_s + self.chance.uniform(0.1, 0.5)
            troubles, weights = zip(*self._troubles, strict=True)
            self.chance.choices(troubles, weights)[0]()

    def repair(self) -> None:
        """End everything that is wrong, now."""
        while self._ends:
            self._end_first()

    def _end_first(self) -> None:
        _, _, what, end = heapq.heappop(self._ends)
        end()
        self._disturbed.discard(what)

    def _disturb(
        self,
        what: str,
        begin: Callable[[], object],
        end: Callable[[], object],
        *,
        most_s: float,
        least_s: float = 0.5,
    ) -> None:
        seconds = self.chance.uniform(least_s, most_s)
        if what in self._disturbed:
            return
        self._disturbed.add(what)
        begin()
        heapq.heappush(self._ends, (time.monotonic() + seconds, next(self._serial), what, end))

    def _silent_robot(self) -> None:
        robot = self.chance.choice(SILENT)
        self._disturb(
            robot,
            lambda: self.simulator.silence(robot),
            lambda: self.simulator.revive(robot),
            least_s=2.0,
            most_s=8.0,
        )

    def _robot_away(self) -> None:
        robot = self.chance.choice(AWAY)
        self._disturb(
            robot,
            lambda: self.simulator.set_state(robot, "Disconnected"),
            lambda: self.simulator.set_state(robot, "auto"),
            most_s=6.0,
        )

    def _backlog(self) -> None:
        queue = self.chance.choice(QUEUES)
        self._disturb(
            queue,
            lambda: self.simulator.freeze_queue(queue, new=self.chance.randint(1001, 9000)),
            lambda: self.simulator.freeze_queue(queue, new=self.chance.randint(0, 80)),
            most_s=6.0,
        )

    def _pulse(self) -> None:
        self._disturb(
            PULSE,
            lambda: self.simulator.freeze_queue(PULSE, new=150),
            lambda: self.simulator.freeze_queue(PULSE, new=0),
            most_s=1.5,
        )

    def _dead_host(self) -> None:
        host = self.chance.choice(HOSTS)
        self._disturb(
            host,
            lambda: self.simulator.silence_host(host),
            lambda: self.simulator.revive_host(host),
            least_s=3.0,
            most_s=9.0,
        )

    def _license_overused(self) -> None:
        self._disturb(
            LICENSE,
            lambda: self.simulator.set_license(LICENSE, used=99, allowed=50),
            lambda: self.simulator.set_license(LICENSE, used=1, allowed=50),
            most_s=5.0,
        )

    def _silence(self) -> None:
        where = self.chance.choice(SILENCED)
        name = f"q{next(self._serial):06}"
        seconds = self.chance.uniform(1.0, 6.0)

        def begin() -> None:
            now = SystemClock().now()
            silence = Silence(
                id=name,
                where=parse_where(
                    [f"{key}=~{value.replace('*', '.*')}" for key, value in where.items()]
                ),
                starts_at=now,
                ends_at=now + timedelta(seconds=seconds),
                author="a colleague",
                comment="looking at it",
            )
            self.store.add_silence(silence, now)

        # Some are ended by hand, some end by themselves before.
        self._disturb(
            f"silence {where}",
            begin,
            lambda: self.store.expire_silence(name, SystemClock().now()),
            most_s=8.0,
        )

    def _pager_down(self) -> None:
        def begin() -> None:
            self.pager.mood = self.chance.choice(("refuses", "hangs up"))

        def end() -> None:
            self.pager.mood = "takes"

        self._disturb("pager", begin, end, most_s=4.0)

    def _outage(self) -> None:
        self._disturb(
            "orchestrator",
            lambda: self.simulator.faults.start("server-error"),
            self.simulator.faults.clear,
            most_s=4.0,
        )
