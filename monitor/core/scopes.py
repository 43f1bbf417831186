"""Sorts samples by the rules that are for them, so that no rule looks at what it does not cover.

A hundred rules for a hundred machines then cost as much as one rule for all of them.
"""

from collections.abc import Iterable, Mapping, Sequence

from monitor.core.matching import Where
from monitor.core.rule import Rule
from monitor.core.sample import Sample, Subject, subject_labels

FEWEST = 4
"""With fewer different scopes a rule's own test, made on what breaches, is cheaper."""

_SPARE = 1000


class Scopes:
    """The scopes of all rules. Not for several threads at once.

    What a subject falls under is kept by object: a collector hands out the same one while nothing
    changed.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Sort nothing yet."""
        self._wheres: dict[str, set[Where]] = {}
        for rule in rules:
            if rule.where:
                self._wheres.setdefault(rule.kind, set()).add(rule.where)
        self._indexes: dict[tuple[str, str], _Index] = {}
        self._places: dict[tuple[str, str], dict[str, int]] = {}

    def sort(self, tenant: str, kind: str, samples: Sequence[Sample]) -> "Sorted":
        """Sort a tenant's samples of one kind."""
        wheres = self._wheres.get(kind, ())
        places = self._places.setdefault((tenant, kind), {})
        if len(wheres) < FEWEST:
            return Sorted(samples, {}, places)
        index = self._indexes.get((tenant, kind))
        if index is None:
            index = self._indexes[tenant, kind] = _Index(wheres)
        return Sorted(samples, index.sort(samples), places)


class Sorted:
    """Samples of one kind, by `where` and by their subject's key."""

    def __init__(
        self,
        samples: Sequence[Sample],
        buckets: Mapping[Where, list[list[Sample]]],
        places: dict[str, int],
    ) -> None:
        """Hold what was sorted; a `where` without buckets is not sorted by.

        `places` are those where subjects were found the last time, by key: they are kept up here.
        """
        self._samples = samples
        self._buckets = buckets
        self._places = places
        self._are_known = False

    def for_rule(self, rule: Rule) -> Sequence[Sample]:
        """Return at least the samples that a rule covers; it tests the rest itself."""
        buckets = self._buckets.get(rule.where)
        if buckets is None:
            return self._samples
        return [sample for bucket in buckets for sample in bucket]

    def find(self, key: str) -> Sample | None:
        """Return the sample of a subject; None where there is none."""
        samples, place = self._samples, self._places.get(key, len(self._samples))
        if place < len(samples) and samples[place].subject.key == key:
            return samples[place]
        if self._are_known:
            return None
        self._are_known = True
        self._places.clear()
        self._places.update((sample.subject.key, at) for at, sample in enumerate(samples))
        return self.find(key)


class _Index:
    """Buckets of samples by the labels that any `where` looks at."""

    def __init__(self, wheres: Iterable[Where]) -> None:
        self._names = sorted({name for where in wheres for name in where.names})
        self._buckets: dict[tuple[str, ...], list[Sample]] = {}
        self._bucket_of: dict[Subject, list[Sample]] = {}
        self._covered: dict[Where, list[list[Sample]]] = {where: [] for where in wheres}

    def sort(self, samples: Sequence[Sample]) -> dict[Where, list[list[Sample]]]:
        if len(self._bucket_of) > 2 * len(samples) + _SPARE:
            self._forget()
        for bucket in self._buckets.values():
            bucket.clear()
        bucket_of = self._bucket_of
        for sample in samples:
            found = bucket_of.get(sample.subject)
            if found is None:
                found = bucket_of[sample.subject] = self._bucket(sample.subject)
            found.append(sample)
        return self._covered

    def _bucket(self, subject: Subject) -> list[Sample]:
        labels = subject_labels(subject)
        key = tuple([labels.get(name, "") for name in self._names])
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = []
            for where, buckets in self._covered.items():
                if where.matches(labels):
                    buckets.append(bucket)
        return bucket

    def _forget(self) -> None:
        """Begin anew, rid of the subjects and labels that are gone."""
        self._bucket_of.clear()
        self._buckets.clear()
        for buckets in self._covered.values():
            buckets.clear()
