"""The laws of an alert's life, under whatever may happen in any order."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import Phase as Phase_
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from monitor.core import engine
from monitor.core.alert import AlertKey, EventKind, Phase
from monitor.core.flapping import Flapping
from monitor.core.matching import parse_where
from monitor.core.message import PROBLEMS
from monitor.core.mute import Acknowledgement, People, Silence
from monitor.core.pace import Pace
from monitor.core.plan import Plan
from monitor.core.routing import Escalation
from monitor.core.rule import NoData, Policy
from monitor.core.severity import Severity
from monitor.core.window import Windows
from tests.builders import a_backlog_rule, a_sample, a_subject, collected
from tests.unit.core.telling_rig import World, a_plan, with_route

QUEUES = ("A", "B", "C")
BAD, GOOD = 900.0, 1.0

backlogs = st.fixed_dictionaries({name: st.sampled_from((BAD, GOOD, None)) for name in QUEUES})
steps = st.sampled_from((0, 1, 10, 30, 60, 61, 300, 900, 3600))


def a_big_plan(*, severity: Severity = Severity.WARNING, slow: bool = False) -> Plan:
    rules = (
        a_backlog_rule(
            "quick", severity=severity, policy=Policy(flapping=Flapping(start=4, stop=1))
        ),
        a_backlog_rule(
            "slow",
            severity=Severity.CRITICAL,
            policy=Policy(
                hold=timedelta(seconds=60),
                hold_count=2,
                keep_open=timedelta(seconds=30),
                no_data=NoData.RESOLVE,
            ),
        ),
        a_backlog_rule("missing", above=800, policy=Policy(no_data=NoData.ALERT)),
    )
    routes = (
        with_route(
            channels=("ops",),
            continue_=True,
            group_by=("rule",),
            group_wait=timedelta(seconds=60 if slow else 10),
            group_interval=timedelta(minutes=2),
            repeat_every=timedelta(hours=1),
            repeat_growth=1.5,
            escalate=(Escalation(after=timedelta(minutes=5), channels=("boss",)),),
        ),
        with_route(name="routes[1]", channels=("mail",), group_by=("tenant",)),
    )
    pace = Pace(messages=4, per=timedelta(minutes=2))
    return a_plan(*rules, routes=routes, channels=("ops", "mail", "boss"), pace=pace)


class Life(RuleBasedStateMachine):
    """Polls, failures, people, outages, restarts, reloads and clock steps."""

    @initialize()
    def begin(self) -> None:
        self.world = World(plan=a_big_plan())
        self.seen = 0
        self.beliefs: dict[str, set[str]] = {"ops": set(), "mail": set(), "boss": set()}
        self.open: dict[AlertKey, bool] = {}
        self.heard = 0
        self.truth: dict[str, float | None] = dict.fromkeys(QUEUES, GOOD)
        self.people = People()
        self.known: set[str] = set()

    def _poll(self, seconds: float, backlog: dict[str, float | None]) -> None:
        world = self.world
        world.at_s += seconds
        samples = [
            a_sample(a_subject(name), new_items=items)
            for name, items in backlog.items()
            if items is not None
        ]
        answer = collected(*samples, at=world.now)
        here = {name for name, items in backlog.items() if items is not None}
        missing = [a_subject(name) for name in sorted(self.known - here)]
        self.known = here
        rules = tuple(world.plan.rules.values())
        part = engine.evaluate(
            world.desk.alerts, "production", answer, rules, Windows(), world.now, missing=missing
        )
        self._decide(part)
        again = engine.evaluate(
            world.desk.alerts, "production", answer, rules, Windows(), world.now
        )
        assert again.events == ()
        self.truth = dict(backlog)

    def _decide(self, part: engine.Evaluation | None = None) -> None:
        world = self.world
        changes = world.desk.decide([] if part is None else [part], world.now)
        for event in changes.events:
            if event.kind in (EventKind.OPENED, EventKind.RESOLVED):
                is_open = event.kind is EventKind.OPENED
                assert self.open.get(event.alert.key, False) is not is_open
                self.open[event.alert.key] = is_open
        world.apply(changes)
        world.desk.is_look_due = True
        again = world.desk.decide([], world.now)
        assert [d.message for d in again.deliveries] == []
        assert again.withdrawn == ()
        assert again.events == ()
        assert again.alerts == ()
        world.apply(again)
        world.deliver()
        self._listen()

    def _listen(self) -> None:
        for _, channel, delivery in self.world.received[self.heard :]:
            for item in delivery.message.items:
                if item.what in PROBLEMS:
                    self.beliefs[channel].add(item.alert_id)
                else:
                    assert item.alert_id in self.beliefs[channel], "an end without a beginning"
                    self.beliefs[channel].discard(item.alert_id)
        self.heard = len(self.world.received)

    @rule(seconds=steps, backlog=backlogs)
    def poll(self, seconds: float, backlog: dict[str, float | None]) -> None:
        self._poll(seconds, backlog)

    @rule(seconds=steps)
    def fail(self, seconds: float) -> None:
        """A failed poll opens and resolves nothing."""
        self.world.at_s += seconds
        part = engine.pause(self.world.desk.alerts.values())
        assert part.events == ()
        self._decide(part)

    @rule(seconds=steps)
    def wait(self, seconds: float) -> None:
        self.world.at_s += seconds
        self._decide()

    @rule(seconds=st.sampled_from((-7200, -60, 5, 7200)))
    def step_the_clock(self, seconds: float) -> None:
        self.world.at_s = max(0, self.world.at_s + seconds)
        part = engine.pause(self.world.desk.alerts.values())
        self.world.desk.alerts.update((alert.key, alert) for alert in part.alerts)
        self.world.desk.is_look_due = True
        self._decide(part)

    @rule(channel=st.sampled_from(("ops", "mail", "boss")), is_doubtful=st.booleans())
    def break_channel(self, *, channel: str, is_doubtful: bool) -> None:
        self.world.outages.add(channel)
        if is_doubtful:
            self.world.doubtful.add(channel)

    @rule(channel=st.sampled_from(("ops", "mail", "boss")))
    def mend_channel(self, channel: str) -> None:
        self.world.outages.discard(channel)
        self.world.doubtful.discard(channel)

    @rule(name=st.sampled_from(QUEUES), seconds=st.sampled_from((30, 600, 7200)))
    def silence(self, name: str, seconds: float) -> None:
        silence = Silence(
            id=f"S{len(self.people.silences)}",
            where=parse_where([f"name={name}"]),
            starts_at=self.world.now,
            ends_at=self.world.now + timedelta(seconds=seconds),
            author="anna",
            comment="x",
        )
        self.people = replace(self.people, silences=(*self.people.silences, silence))
        self.world.hear(self.people)
        self._decide()

    @rule()
    def acknowledge(self) -> None:
        given = {
            alert.id: Acknowledgement(
                alert_id=alert.id,
                severity=alert.severity,
                at=self.world.now,
                expires_at=self.world.now + timedelta(hours=2),
                author="anna",
            )
            for alert in self.world.desk.alerts.values()
            if alert.phase is Phase.FIRING
        }
        self.people = replace(self.people, acknowledgements=given)
        self.world.hear(self.people)
        self._decide()

    @rule()
    def restart(self) -> None:
        self.world.restart()
        part = engine.pause(self.world.desk.alerts.values())
        self.known = set()
        self._decide(part)

    @rule(severity=st.sampled_from(Severity), slow=st.booleans())
    def reload(self, *, severity: Severity, slow: bool) -> None:
        self.world.plan = self.world.desk.plan = a_big_plan(severity=severity, slow=slow)
        self.world.desk.is_look_due = True
        self._decide()

    @invariant()
    def nobody_is_forgotten(self) -> None:
        """Who believes in a problem is remembered until told its end."""
        world = getattr(self, "world", None)
        if world is None:
            return
        known = {alert.id for alert in world.desk.alerts.values()}
        for channel, ids in self.beliefs.items():
            assert ids <= known, channel

    def teardown(self) -> None:
        """When all mutes and outages are over, every channel believes what is so."""
        if not hasattr(self, "world"):
            return
        self.world.outages.clear()
        self.world.doubtful.clear()
        # Beyond every wait: silences, acknowledgements, escalation, backed-off deliveries.
        for _ in range(60):
            self._poll(600, dict(self.truth))
        bad = {alert.id for alert in self.world.desk.alerts.values() if alert.phase is Phase.FIRING}
        for channel in ("ops", "mail"):
            assert self.beliefs[channel] == bad, channel
        assert self.beliefs["boss"] <= bad
        assert not self.world.desk.undelivered
        assert all(a.phase is not Phase.RESOLVED for a in self.world.desk.alerts.values())


TestLaws = Life.TestCase
TestLaws.settings = settings(
    max_examples=80,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    report_multiple_bugs=False,
    phases=(Phase_.explicit, Phase_.generate),
    suppress_health_check=list(HealthCheck),
)
