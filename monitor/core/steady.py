"""What rules said of samples at the last poll: of those that have not moved they say it again.

For a rule a sample has moved when one of the metrics that the rule speaks of has, or its subject.
Rules that look back on windows, or at an age, are asked anew at each poll: time moves for them.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress
from operator import attrgetter, is_not, itemgetter

from monitor.core.alert import Alert
from monitor.core.kinds import KINDS
from monitor.core.rule import Rule
from monitor.core.sample import Movement, Sample, Subject
from monitor.core.scopes import Scopes, Sorted
from monitor.core.window import Windows

Identity = tuple[str, str, str]
Found = dict[Identity, Sample]

_MOST = 0.25

_values = attrgetter("values")


@dataclass(slots=True)
class Sifted:
    """Those for which a rule's condition holds, and those for which it cannot be told.

    `moved` are the subjects that are not as they were; None where that is not known. `at_rest` is
    for whoever asked: alerts to which only a subject that moves can do anything.
    """

    breached: Found
    unclear: Found
    moved: Collection[Identity] | None = None
    at_rest: dict[Identity, Alert] = field(default_factory=dict)


class Memory:
    """Of a set of rules. Not for several threads; says what they would say without it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Remember nothing yet."""
        self._rules = rules
        self._metrics = {rule.name: _steady_metrics(rule) for rule in rules}
        self._views: dict[tuple[str, str, frozenset[str]], _View] = {}
        self._said: dict[tuple[str, str], tuple[int, Sifted]] = {}

    def forget(self) -> None:
        """Ask all rules anew at the next poll."""
        self._views.clear()
        self._said.clear()

    def sift(
        self,
        rule: Rule,
        tenant: str,
        samples: Sequence[Sample],
        by_scope: Sorted,
        windows: Windows,
        movement: Movement | None = None,
    ) -> Sifted:
        """Return what a rule says of a poll; `by_scope` are its `samples`, sorted.

        A `movement` names what time has moved too, so that for ages only these count.
        """
        key = (tenant, rule.name)
        metrics = self._metrics[rule.name]
        if metrics is None:
            if movement is None or rule.windows or not rule.metrics:
                self._said.pop(key, None)
                return sifted(rule, by_scope, windows)
            metrics = rule.metrics
        view = self._view(tenant, rule.kind, metrics)
        view.look_at(samples, movement)
        polls, before = self._said.get(key, (0, None))
        if before is None or view.moved is None or polls != view.polls - 1:
            said = sifted(rule, by_scope, windows)
        else:
            said = self._again(rule, before, view.moved, view.by_scope, windows)
        self._said[key] = (view.polls, said)
        if self._metrics[rule.name] is None:
            return replace(said, moved=None)
        return said

    def _view(self, tenant: str, kind: str, metrics: frozenset[str]) -> "_View":
        view = self._views.get((tenant, kind, metrics))
        if view is None:
            alike = [rule for rule in self._rules if self._metrics[rule.name] == metrics]
            view = self._views[tenant, kind, metrics] = _View(tenant, kind, metrics, Scopes(alike))
        return view

    @staticmethod
    def _again(
        rule: Rule,
        before: Sifted,
        moved: Mapping[Identity, Sample],
        by_scope: Sorted,
        windows: Windows,
    ) -> Sifted:
        now = sifted(rule, by_scope, windows)
        for old, new in ((before.breached, now.breached), (before.unclear, now.unclear)):
            for identity in old.keys() & moved.keys():
                del old[identity]
            old.update(new)
        return Sifted(before.breached, before.unclear, moved.keys(), before.at_rest)


def sifted(rule: Rule, by_scope: Sorted, windows: Windows) -> Sifted:
    """Ask a rule about all samples that it covers."""
    breached, unclear = rule.breaches(by_scope.for_rule(rule), windows)
    return Sifted(
        {sample.subject.identity: sample for sample in breached},
        {sample.subject.identity: sample for sample in unclear},
    )


def _steady_metrics(rule: Rule) -> frozenset[str] | None:
    """Return the metrics on which alone a rule's answer depends; None where time counts too."""
    if rule.windows or not rule.metrics or _speak_of_ages(rule.kind, rule.metrics):
        return None
    return rule.metrics


def _speak_of_ages(kind: str, metrics: frozenset[str]) -> bool:
    declared = KINDS[kind]
    return any(declared.metrics[place].name in metrics for place in declared.ages)


@dataclass(slots=True)
class _View:
    """A tenant's samples of a kind as rules that speak of the same metrics see them.

    `moved` are those that are not as they were at the last poll, by identity; None where other
    subjects are there, or others in their places.
    """

    tenant: str
    kind: str
    metrics: frozenset[str]
    scopes: Scopes
    polls: int = 0
    moved: Mapping[Identity, Sample] | None = None
    by_scope: Sorted = field(default_factory=lambda: Sorted((), {}, {}))
    _samples: Sequence[Sample] = ()
    _parts: list[object] = field(default_factory=list)
    _movement: Movement | None = None
    _known: dict[Identity, tuple[Subject, object]] | None = None
    _part: Callable[[tuple[float | None, ...]], object] = field(init=False)
    _time_counts: bool = field(init=False)

    def __post_init__(self) -> None:
        """Find where the metrics are."""
        kind = KINDS[self.kind]
        self._time_counts = _speak_of_ages(self.kind, self.metrics)
        self._part = itemgetter(*sorted(kind.index(name) for name in self.metrics))

    def look_at(self, samples: Sequence[Sample], movement: Movement | None = None) -> None:
        """Take in a poll; one that was taken in already is the same."""
        if movement is None:
            self._known = None
            self._look_at_all(samples)
        elif movement is not self._movement:
            self._movement = movement
            if self._known is None or movement.moved is None:
                self._learn(samples)
            else:
                self._follow(self._known, movement.moved, movement.left, len(samples))

    def _learn(self, samples: Sequence[Sample]) -> None:
        """Take in a poll of which it is not known what moved; remember it, to be followed."""
        self.polls += 1
        self.moved = None
        self._known = {
            sample.subject.identity: (sample.subject, self._part(sample.values))
            for sample in samples
        }
        # What is followed does not go by places, nor by objects: those that live on stay the same
        # while their values go on as the time does.
        self._samples, self._parts = (), []

    def _follow(
        self,
        known: dict[Identity, tuple[Subject, object]],
        candidates: Sequence[Sample],
        left: Sequence[Subject],
        count: int,
    ) -> None:
        """Take in a poll of which it is known what may have moved."""
        self.polls += 1
        before = len(known)
        for subject in left:
            known.pop(subject.identity, None)
        moved: dict[Identity, Sample] = {}
        for sample in candidates:
            subject = sample.subject
            if subject.kind != self.kind:
                continue
            identity, now = subject.identity, (subject, self._part(sample.values))
            was = known.get(identity)
            if was is None or self._time_counts or was[0] is not subject or was[1] != now[1]:
                known[identity] = now
                moved[identity] = sample
        are_others = before != len(known) or any(one.kind == self.kind for one in left)
        self.moved = None if are_others or len(moved) > count * _MOST else moved
        if self.moved:
            self.by_scope = self.scopes.sort(self.tenant, self.kind, list(moved.values()))
        else:
            self.by_scope = Sorted((), {}, {})

    def _look_at_all(self, samples: Sequence[Sample]) -> None:
        if self.polls and samples is self._samples:
            return
        before, parts = self._samples, self._parts
        self._samples = samples
        self.polls += 1
        self.moved = None
        if not before or len(before) != len(samples):
            self._parts = list(map(self._part, map(_values, samples)))
            return
        # Whole lists at a time: this is a poll's hot path.
        others = list(compress(range(len(samples)), map(is_not, samples, before)))
        others_parts = [self._part(samples[place].values) for place in others]
        changed = [
            (samples[place], before[place])
            for place, part in zip(others, others_parts, strict=True)
            if part != parts[place] or samples[place].subject is not before[place].subject
        ]
        for place, part in zip(others, others_parts, strict=True):
            parts[place] = part
        if len(changed) > len(samples) * _MOST:
            return  # to ask about all of them costs no more
        moved: dict[Identity, Sample] = {}
        for sample, old in changed:
            identity = sample.subject.identity
            if sample.subject is not old.subject and identity != old.subject.identity:
                return
            moved[identity] = sample
        self.moved = moved
        self.by_scope = self.scopes.sort(self.tenant, self.kind, list(moved.values()))
