"""What a poll brings home: samples of subjects, or the reason why there are none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from monitor.core.kinds import Values

AFFECTED = "affected"
"""The label of a subject that others depend on: their names, with commas in between."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Subject:
    """A thing that is watched.

    `key` is its stable identity within (tenant, kind): ids, never a display name. `name` and
    `labels` are for people and for `where`; they may change while the identity stays. A collector
    hands out the same object while nothing about a subject changed, so identity (`is`) is a cheap
    first test for a change.
    """

    tenant: str
    kind: str
    key: str
    name: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str, str]:
        """Return (tenant, kind, key)."""
        return (self.tenant, self.kind, self.key)


def subject_labels(subject: Subject) -> dict[str, str]:
    """Return what a `where` may look at: the labels, and tenant, kind, name and key."""
    return {
        **subject.labels,
        "tenant": subject.tenant,
        "kind": subject.kind,
        "name": subject.name,
        "key": subject.key,
    }


@dataclass(slots=True, eq=False)
class Sample:
    """What a subject's values are, in the order of `KINDS[subject.kind].metrics`.

    Of an age it holds the instant from which it counts (see `ages.py`): so a collector hands out
    the same object while nothing but the time moves, and identity (`is`) is a cheap first test for
    a change. `Kind.values_at` tells what the values are at an instant.

    Nobody changes one but its collector, and that only to move an instant while the age is below a
    minute before and after, which is one step (see `by_doubling`). It is not declared frozen
    because that doubles the time to make one, and a poll may make ten thousand.
    """

    subject: Subject
    values: Values


@dataclass(frozen=True, slots=True)
class Movement:
    """What is not as it was at the last good poll of a collector, which was at `seen_at`.

    `moved` are the samples whose values or subjects are others (None: look for yourself), `left`
    the subjects that are no longer in the answer.
    """

    seen_at: datetime
    moved: Sequence[Sample] | None
    left: Sequence[Subject] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A good poll: everything the collector could see.

    `kinds` are the kinds this poll answers for: a known subject of them that is not among the
    samples was not in the answer. `skipped` counts rows that could not be read. `observed_at` is
    the server's time of the answer. `partial` says that some of it could not be read (a folder
    was refused): then a subject that is missing is unknown, not absent. `counts`, where given, is
    how many samples there are of each of `kinds`, and says that they stand in that order. `note`
    says in words what could not be read and what to grant; "" where all could be. `movement`,
    where given, says which of the samples are worth a look.
    """

    kinds: tuple[str, ...]
    samples: tuple[Sample, ...]
    observed_at: datetime
    skipped: int = 0
    partial: bool = False
    counts: tuple[int, ...] | None = None
    note: str = ""
    movement: Movement | None = None

    def by_kind(self) -> Mapping[str, Sequence[Sample]]:
        """Return the samples of each kind that this poll answers for, in their order."""
        if len(self.kinds) == 1:
            return {self.kinds[0]: self.samples}
        if self.counts is None:
            found: dict[str, list[Sample]] = {kind: [] for kind in self.kinds}
            for sample in self.samples:
                found[sample.subject.kind].append(sample)
            return found
        # A poll's hot path: tens of thousands are told apart without a look at any.
        ends = tuple(accumulate(self.counts))
        starts = (0, *ends)
        return {
            kind: self.samples[start:end]
            for kind, start, end in zip(self.kinds, starts, ends, strict=False)
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A poll that brought nothing: no evidence about any subject.

    `kind` is the stable word of the failure (`OrchestratorError.kind`, or "error"), `message` is
    safe to show.
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One poll of one collector of one tenant, by our clock."""

    tenant: str
    collector: str
    started_at: datetime
    took_s: float
    requests: int
    outcome: Collected | Failed
