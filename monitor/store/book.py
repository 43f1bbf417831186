"""What the database knows of a kind of a tenant, in memory: against it each poll is compared.

`compare` changes the book as it goes, and the caller writes what it returns. When the transaction
does not commit, the caller forgets the book: it is read again from the database, which is then
right by definition, even when nobody can tell whether a lost commit was made.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import is_not

from monitor.core.kinds import Kind, Values
from monitor.core.sample import Sample, Subject
from monitor.store.steps import MINUTE_US, Stepped, Stepper, next_step_us
from monitor.store.text import storable

# A subject counts as gone after this many good polls in a row without it.
GONE_AFTER = 3

_US_PER_MS = 1000


@dataclass(slots=True)
class Entry:
    """A subject that is there.

    `recorded` are the values with which the open stretch began, as they were then; those seen since
    step the same.
    `moving` are the labels whose changes are history.
    """

    id: int
    subject: Subject
    recorded: Values
    stepped: Stepped
    moving: tuple[str, ...]
    since_ms: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A stretch that ended: what was recorded, from when to when."""

    subject_id: int
    since_ms: int
    until_ms: int
    moving: tuple[str, ...]
    recorded: Values


@dataclass(slots=True)
class Changes:
    """What a poll changed. `named` are subjects whose row is new, renamed, or back again.

    `missed` are those that began to be missing with this poll, `met` those whose absence is over
    and when it began: they are here again, or given up as gone.
    """

    opened: list[Entry] = field(default_factory=list)
    changed: list[Entry] = field(default_factory=list)
    closed: list[Closed] = field(default_factory=list)
    named: list[Entry] = field(default_factory=list)
    gone: list[tuple[Entry, int]] = field(default_factory=list)
    missed: list[Entry] = field(default_factory=list)
    met: list[tuple[Entry, int]] = field(default_factory=list)


@dataclass(slots=True)
class Book:
    """The subjects of one kind of one tenant. `ids` knows the gone ones as well.

    `missing` are counted by complete polls, and are gone in the end; `absent` are all that were not
    in the last answer, by when that began. `last_samples` and `last_stepped` are the last poll's,
    in its order, `limits_us` how old each age may become until one that lives on is looked at.
    `last_seen_us` is when it saw, `last_late_us` how much later it is recorded. `has_mended` tells
    whether a key had to be changed to be stored.
    """

    kind: Kind
    step: Stepper
    entries: dict[str, Entry] = field(default_factory=dict)
    ids: dict[str, int] = field(default_factory=dict)
    missing: dict[str, tuple[int, int]] = field(default_factory=dict)
    absent: dict[str, int] = field(default_factory=dict)
    last_at_ms: int = 0
    has_mended: bool = False
    last_samples: Sequence[Sample] = ()
    last_stepped: list[Stepped] = field(default_factory=list)
    limits_us: dict[int, list[float]] = field(default_factory=dict)
    last_seen_us: float = 0.0
    last_late_us: float = 0.0

    def compare(
        self,
        samples: Sequence[Sample],
        at_ms: int,
        seen_us: float,
        *,
        next_id: Callable[[], int],
        complete: bool,
    ) -> Changes:
        """Take over a poll's samples and return what they change; a subject's last one counts.

        They were seen at `seen_us` (microseconds since 1970) and are recorded under `at_ms`.
        `complete`: a subject that is not among them was not in the answer.
        """
        changes = Changes()
        late_us = at_ms * _US_PER_MS - seen_us
        moved = self._moved(samples, seen_us, late_us)
        if moved is None:
            if len({sample.subject.key for sample in samples}) != len(samples):
                samples = list({sample.subject.key: sample for sample in samples}.values())
            moved = self._all(samples, seen_us, late_us)
        self.last_samples, self.last_seen_us, self.last_late_us = samples, seen_us, late_us
        for sample, stepped in moved:
            subject, key = sample.subject, sample.subject.key
            entry = self.entries.get(key)
            if entry is None:
                stored = storable(key)
                if stored != key:
                    self.has_mended = True
                    entry = self.entries.get(stored)
                if entry is None:
                    recorded = self.kind.values_at(sample.values, seen_us)
                    entry = self._new(stored, subject, recorded, stepped, at_ms, next_id)
                    changes.opened.append(entry)
                    changes.named.append(entry)
                    continue
            same_subject = subject is entry.subject
            moving = entry.moving if same_subject else self._renamed(entry, subject, changes)
            if stepped != entry.stepped or moving != entry.moving:
                changes.closed.append(
                    Closed(entry.id, entry.since_ms, at_ms, entry.moving, entry.recorded)
                )
                entry.stepped, entry.moving = stepped, moving
                entry.recorded = self.kind.values_at(sample.values, seen_us)
                entry.since_ms = at_ms
                changes.changed.append(entry)
        self._look_for_absent(samples, at_ms, changes, complete=complete)
        return changes

    def _moved(
        self, samples: Sequence[Sample], at_us: float, late_us: float
    ) -> Iterable[tuple[Sample, Stepped]] | None:
        """Return the samples that may change something; None where that is no short cut.

        A poll lists its subjects in the order of the last one, but for the few that come and go:
        then only other objects in their places count, and those that time alone moves by now.
        Whole lists at a time, since this is a poll's hot path.
        """
        before = self.last_samples
        if len(samples) != len(before) or late_us != self.last_late_us or at_us < self.last_seen_us:
            return None
        replaced = compress(range(len(samples)), map(is_not, samples, before))
        places = sorted({*replaced, *self._aged(samples, at_us)})
        found = [samples[place] for place in places]
        were = [before[place] for place in places]
        if any(
            new.subject is not old.subject and new.subject.key != old.subject.key
            for new, old in zip(found, were, strict=True)
        ):
            return None
        steps = self.step([sample.values for sample in found], at_us, late_us)
        moved = []
        for place, sample, known, stepped in zip(places, found, were, steps, strict=True):
            if sample.subject is not known.subject or stepped != self.last_stepped[place]:
                self.last_stepped[place] = stepped
                moved.append((sample, stepped))
            for age, limits in self.limits_us.items():
                # It is worth finding out of what lives on only.
                lives_on = sample is known
                limits[place] = next_step_us(sample.values[age], at_us) if lives_on else MINUTE_US
        return moved

    def _aged(self, samples: Sequence[Sample], at_us: float) -> Iterator[int]:
        """Yield the places of the samples of which an age has come to its next step."""
        for age, limits in self.limits_us.items():
            pairs = enumerate(zip(samples, limits, strict=True))
            yield from [
                place
                for place, (sample, limit) in pairs
                if (since := sample.values[age]) is not None and at_us - since >= limit
            ]

    def _all(
        self, samples: Sequence[Sample], at_us: float, late_us: float
    ) -> Iterable[tuple[Sample, Stepped]]:
        """Return all samples: other subjects are there, or others in their places."""
        self.last_stepped = self.step([sample.values for sample in samples], at_us, late_us)
        self.limits_us = {age: [MINUTE_US] * len(samples) for age in self.kind.ages}
        return zip(samples, self.last_stepped, strict=True)

    def _new(
        self,
        key: str,
        subject: Subject,
        recorded: Values,
        stepped: Stepped,
        at_ms: int,
        next_id: Callable[[], int],
    ) -> Entry:
        subject_id = self.ids.get(key)
        if subject_id is None:
            subject_id = self.ids[key] = next_id()
        entry = self.entries[key] = Entry(
            id=subject_id,
            subject=subject,
            recorded=recorded,
            stepped=stepped,
            moving=moving_labels(self.kind, subject),
            since_ms=at_ms,
        )
        return entry

    def _renamed(self, entry: Entry, subject: Subject, changes: Changes) -> tuple[str, ...]:
        """Take over a new subject object, and return its moving labels."""
        before, entry.subject = entry.subject, subject
        if (before.name, before.labels) == (subject.name, subject.labels):
            return entry.moving
        kind = self.kind
        moved = {label: subject.labels[label] for label in kind.moving if label in subject.labels}
        if before.name != subject.name or {**before.labels, **moved} != subject.labels:
            changes.named.append(entry)
        return moving_labels(kind, subject)

    def _look_for_absent(
        self, samples: Sequence[Sample], at_ms: int, changes: Changes, *, complete: bool
    ) -> None:
        if (
            not self.missing
            and not self.absent
            and not self.has_mended
            and len(samples) == len(self.entries)
        ):
            return  # every key has an entry by now, so equal numbers mean that none is missing
        keys = {sample.subject.key for sample in samples}
        absent = self.entries.keys() - (
            {storable(key) for key in keys} if self.has_mended else keys
        )
        before = self.absent
        self.absent = {key: before.get(key, at_ms) for key in absent}
        changes.missed += [self.entries[key] for key in absent if key not in before]
        changes.met += [
            (self.entries[key], since) for key, since in before.items() if key not in absent
        ]
        if complete:
            self._look_for_gone(absent, at_ms, changes)

    def _look_for_gone(self, absent: Collection[str], at_ms: int, changes: Changes) -> None:
        missing: dict[str, tuple[int, int]] = {}
        for key in absent:
            count, first_ms = self.missing.get(key, (0, at_ms))
            if count + 1 < GONE_AFTER:
                missing[key] = (count + 1, first_ms)
                continue
            entry = self.entries.pop(key)
            changes.gone.append((entry, first_ms))
            changes.met.append((entry, self.absent.pop(key)))
            changes.closed.append(
                Closed(entry.id, entry.since_ms, first_ms, entry.moving, entry.recorded)
            )
        self.missing = missing


def moving_labels(kind: Kind, subject: Subject) -> tuple[str, ...]:
    """Return the values of the labels whose changes are history."""
    return tuple([storable(subject.labels.get(label, "")) for label in kind.moving])


def fixed_labels(kind: Kind, subject: Subject) -> dict[str, str]:
    """Return the labels without the moving ones."""
    return {name: value for name, value in subject.labels.items() if name not in kind.moving}
