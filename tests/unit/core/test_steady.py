"""With a memory of the last poll nothing else comes out than without: only sooner."""

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from monitor.core import engine
from monitor.core.alert import Alert, AlertKey, Phase
from monitor.core.compile import compile_rule
from monitor.core.matching import parse_where
from monitor.core.rule import Condition, Policy, Rule
from monitor.core.sample import Collected, Movement, Sample, Subject
from monitor.core.scopes import Scopes
from monitor.core.severity import Severity
from monitor.core.steady import Memory, Sifted
from monitor.core.window import Windows
from tests.builders import a_sample, a_subject, after, collected

FOLDERS = ("A", "B", "C", "D", "E")


def a_rule(name: str, when: str, *, folder: str = "", **policy: object) -> Rule:
    return compile_rule(
        name,
        "expression",
        Condition(kind="queue", when=when, summary="", value="new_items"),
        severity=Severity.WARNING,
        policy=Policy(**policy),  # type: ignore[arg-type]  # options of a test
        where=parse_where({"folder": folder} if folder else {}),
        render=lambda facts: f"{facts['name']}: {facts['value']}",
        clear_below=5 if "clear" in name else None,
    )


RULES = (
    a_rule("plain", "new_items > 5"),
    a_rule("clear-late", "new_items > 7"),
    a_rule("two", "new_items > 3 and failed_items > 0"),
    a_rule("patient", "new_items > 6", hold_count=2, keep_open_count=2),
    a_rule("aged", "seconds_since_processed > 5"),
    a_rule("back", "increase(successful_items, '10m') > 3"),
    *(a_rule(f"of-{folder}", "new_items > 4", folder=folder) for folder in FOLDERS),
)


class Run:
    """Polls judged one after the other, with a memory or without."""

    def __init__(self, rules: Sequence[Rule] = RULES, *, remembers: bool) -> None:
        self.rules = rules
        self.scopes = Scopes(rules)
        self.memory = Memory(rules) if remembers else None
        self.alerts: dict[AlertKey, Alert] = {}

    def poll(self, at_s: float, answer: Collected) -> list[tuple[str, str, str]]:
        found = engine.evaluate(
            self.alerts,
            "production",
            answer,
            self.rules,
            Windows(),
            after(at_s),
            self.scopes,
            memory=self.memory,
        )
        for alert in found.alerts:
            self.alerts[alert.key] = alert
            if alert.phase is Phase.RESOLVED:
                del self.alerts[alert.key]
        return sorted((e.kind.value, e.alert.rule, e.alert.subject.name) for e in found.events)

    @property
    def state(self) -> dict[AlertKey, Alert]:
        """The alerts, but for when each was seen last."""
        return {key: replace(alert, updated_at=after(0)) for key, alert in self.alerts.items()}


class Estate:
    """Queues that move a little from poll to poll, and now and then a lot."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.subjects = [self._subject(number) for number in range(12)]
        self.values = [self._values() for _ in self.subjects]

    def _subject(self, number: int) -> Subject:
        folder = self.chance.choice(FOLDERS)
        return a_subject(f"Q{number}", labels={"folder": folder, "queue": f"Q{number}"})

    def _values(self) -> dict[str, float]:
        moving = {
            name: float(self.chance.randrange(10))
            for name in ("new_items", "failed_items", "seconds_since_processed")
        }
        return {name: value for name, value in moving.items() if self.chance.random() < 0.9}

    def poll(self) -> Collected:
        chance = self.chance
        for place in range(len(self.subjects)):
            if chance.random() < 0.15:
                self.values[place] = self._values()
            if chance.random() < 0.03:
                self.subjects[place] = self._subject(place)
        pairs = list(zip(self.subjects, self.values, strict=True))
        if chance.random() < 0.1:
            chance.shuffle(pairs)
        if chance.random() < 0.15:
            pairs = pairs[: chance.randrange(len(pairs))]
        samples = [a_sample(subject, **values) for subject, values in pairs]
        return replace(collected(*samples), partial=chance.random() < 0.1)


@pytest.mark.parametrize("seed", range(150))
def test_it_changes_nothing_about_what_happens(seed: int) -> None:
    estate = Estate(seed)
    plain, remembering = Run(remembers=False), Run(remembers=True)
    for step in range(15):
        answer = estate.poll()
        if estate.chance.random() < 0.05 and remembering.memory is not None:
            remembering.memory.forget()

        assert remembering.poll(60 * step, answer) == plain.poll(60 * step, answer)
        assert remembering.state == plain.state


class Counting:
    """How many samples a rule is asked about in each poll."""

    def __init__(self, rule: Rule) -> None:
        self.asked: list[int] = []

        def breaches(
            samples: Sequence[Sample], windows: Windows
        ) -> tuple[list[Sample], list[Sample]]:
            self.asked.append(len(samples))
            return rule.breaches(samples, windows)

        self.rule = replace(rule, breaches=breaches)


def queues(*new_items: float, idle_s: float = 0.0) -> list[Sample]:
    return [
        a_sample(subject, new_items=items, seconds_since_processed=idle_s)
        for subject, items in zip(SUBJECTS, new_items, strict=False)
    ]


SUBJECTS = [a_subject(f"Q{number}") for number in range(20)]


def test_a_rule_is_asked_again_only_about_what_has_moved() -> None:
    counting = Counting(a_rule("plain", "new_items > 5"))
    run = Run([counting.rule], remembers=True)
    calm, one, all_of_them = [0.0] * 20, [9.0, *[0.0] * 19], [7.0] * 20
    events = [
        run.poll(60 * step, collected(*queues(*values, idle_s=step)))
        for step, values in enumerate([calm, calm, one, one, all_of_them])
    ]

    assert counting.asked == [20, 0, 1, 0, 20]
    assert [len(found) for found in events] == [0, 0, 1, 0, 19]


@pytest.mark.parametrize("name", ["aged", "back"])
def test_a_rule_for_which_time_moves_is_asked_about_all(name: str) -> None:
    counting = Counting(next(rule for rule in RULES if rule.name == name))
    run = Run([counting.rule], remembers=True)
    for step in range(3):
        run.poll(60 * step, collected(*queues(*[0.0] * 20)))

    assert counting.asked == [20, 20, 20]


def test_a_rule_that_does_not_tell_of_what_it_speaks_is_asked_about_all() -> None:
    counting = Counting(replace(a_rule("plain", "new_items > 5"), metrics=frozenset()))
    run = Run([counting.rule], remembers=True)
    for step in range(2):
        run.poll(60 * step, collected(*queues(*[0.0] * 20)))

    assert counting.asked == [20, 20]


def test_an_alert_at_rest_is_left_alone_until_its_subject_moves() -> None:
    run = Run([a_rule("plain", "new_items > 5")], remembers=True)
    run.poll(0, collected(*queues(9.0, *[0.0] * 19)))
    (opened,) = run.alerts.values()
    for step in (1, 2):
        run.poll(60 * step, collected(*queues(9.0, *[0.0] * 19)))
        assert next(iter(run.alerts.values())) is opened

    run.poll(180, collected(*queues(8.0, *[0.0] * 19)))
    (moved,) = run.alerts.values()
    assert (moved.value, moved.updated_at) == (8, after(180))


def test_what_is_over_is_no_longer_known_to_be_at_rest() -> None:
    run = Run([a_rule("plain", "new_items > 5")], remembers=True)
    for step, items in enumerate([9.0, 9.0, 0.0, 0.0, 9.0]):
        run.poll(60 * step, collected(*queues(items, *[0.0] * 19)))

    assert [alert.started_at for alert in run.alerts.values()] == [after(240)]


def test_subjects_in_other_places_are_asked_about_anew() -> None:
    counting = Counting(a_rule("plain", "new_items > 5"))
    run = Run([counting.rule], remembers=True)
    samples = queues(9.0, *[0.0] * 19)
    run.poll(0, collected(*samples))
    samples[0], samples[1] = samples[1], samples[0]

    assert run.poll(60, collected(*samples)) == []
    assert counting.asked == [20, 20]


def test_what_was_found_without_a_memory_says_of_nobody_that_he_has_not_moved() -> None:
    assert Sifted({}, {}).moved is None


def sifted_by(
    memory: Memory, rule: Rule, samples: list[Sample], movement: Movement | None
) -> Sifted:
    by_scope = Scopes(RULES).sort("production", "queue", samples)
    return memory.sift(rule, "production", samples, by_scope, Windows(), movement)


@pytest.mark.parametrize("named", [None, []])
def test_samples_that_live_on_are_not_taken_for_their_values(named: list[Sample] | None) -> None:
    plain, samples = RULES[0], queues(9.0, 9.0, 0.0)
    memory = Memory(RULES)
    sifted_by(memory, plain, samples, None)
    samples[0].values = queues(0.0)[0].values

    said = sifted_by(memory, plain, list(samples), Movement(after(0), named))

    assert [sample.subject.name for sample in said.breached.values()] == ["Q1"]
    assert said.moved is None


@pytest.mark.parametrize("movement", [None, Movement(after(60), None)])
def test_where_nobody_is_left_nobody_breaches(movement: Movement | None) -> None:
    plain, memory = RULES[0], Memory(RULES)
    sifted_by(memory, plain, queues(9.0), Movement(after(0), None))

    assert sifted_by(memory, plain, [], movement).breached == {}
