"""Which metrics rules speak of and look back on, and what a poll adds to the memory of them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from monitor.core.kinds import KINDS
from monitor.core.rule import Rule
from monitor.core.sample import Collected, Sample
from monitor.core.window import Spans, Windows
from monitor.instants import posix_us


def spoken_of(rules: Sequence[Rule], kinds: Collection[str]) -> frozenset[str]:
    """Return the names of the metrics that rules for these kinds cannot do without."""
    return frozenset().union(*(rule.metrics for rule in rules if rule.kind in kinds))


def looked_back_on(rules: Sequence[Rule]) -> Mapping[str, Mapping[int, timedelta]]:
    """Return, by kind, the positions of the metrics that rules look back on, and how far."""
    spans: dict[str, dict[int, timedelta]] = {}
    for rule in rules:
        for metric, window in rule.windows.items():
            index = KINDS[rule.kind].index(metric)
            of_kind = spans.setdefault(rule.kind, {})
            of_kind[index] = max(window, of_kind.get(index, timedelta()))
    return spans


def observe(windows: Windows, spans: Spans, collected: Collected) -> None:
    """Take in a poll, as far as rules look back on it."""
    if not any(kind in spans for kind in collected.kinds):
        return
    samples: Sequence[Sample] = collected.samples
    movement = collected.movement
    if movement is not None:
        if movement.moved is None:
            unobserved = [*movement.left, *(sample.subject for sample in samples)]
        else:
            unobserved, samples = [*movement.left], movement.moved
        for subject in unobserved:
            for index in spans.get(subject.kind, ()):
                windows.touch(subject.identity, index, movement.seen_at)
    at_s, at_us = collected.observed_at.timestamp(), posix_us(collected.observed_at)
    for sample in samples:
        indexes = spans.get(sample.subject.kind)
        if indexes:
            identity = sample.subject.identity
            values = KINDS[sample.subject.kind].values_at(sample.values, at_us)
            for index in indexes:
                windows.observe_at(identity, index, at_s, values[index])
