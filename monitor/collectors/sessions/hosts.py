"""The hosts of one tenant: how many of each one's sessions live, and what room for jobs there is.

A host is a computer under its machine; a session that names neither belongs to none. Made of the
sessions that a poll kept, so a host and its sessions always tell the same story.
Source: Orchestrator reference, sessions: liveness counts by session, capacity by runtime type.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import compress
from operator import is_not

from monitor.collectors.sessions.entries import Entry
from monitor.core.ages import age_s
from monitor.core.kinds import MACHINE, Values
from monitor.core.sample import AFFECTED, Sample, Subject
from monitor.orchestrator.sessions import UNATTENDED_TYPES, offered_types
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import Runtime, counted

LATE_AFTER_S = 75.0
"""A session is late after this: two and a half of the heartbeats that come every 30 seconds.

The sessions of a host send theirs at different moments, so when its first counts as unresponsive
the others of a dead host are late. Source: Orchestrator reference, session liveness.
"""

_UNRESPONSIVE = MACHINE.index("unresponsive_sessions")


class Hosts:
    """What was made of each host, good as long as its sessions go on as they were."""

    def __init__(self, tenant: str, labels: Mapping[str, str]) -> None:
        """Begin without any; every host carries `labels` below its own."""
        self._tenant = tenant
        self._labels = labels
        self._entries: Sequence[Entry] = ()
        self._members: dict[str, list[Entry]] = {}
        self._samples: dict[str, Sample] = {}
        self._troubled: set[str] = set()

    def samples(
        self,
        entries: Sequence[Entry],
        moved: Iterable[Entry],
        at_us: float,
        hidden: Collection[str] = (),
    ) -> Collection[Sample]:
        """Return a sample of each host, the last one again where nothing about it changed.

        `moved` are entries that changed and yet are the same objects, `at_us` is when they were
        seen. `hidden` are hosts of which a session known before could not be seen: what the others
        say is not the host's state.
        """
        renewed = self._take_over(entries)
        for place in renewed:
            self._renew(place, self._subject(place, self._members[place]), at_us)
        # Where a session is silent, the ages of the others count, and they move in each poll.
        touched = {entry.place for entry in moved} | self._troubled
        for place in touched.difference(renewed) & self._members.keys():
            self._renew(place, self._samples[place].subject, at_us)
        if not hidden:
            return self._samples.values()
        return [sample for place, sample in self._samples.items() if place not in hidden]

    def _take_over(self, entries: Sequence[Entry]) -> Iterable[str]:
        """Sort the entries by host, and return the hosts of which one is another object now.

        A poll lists its sessions in the order of the last one, but for the few that come and go.
        """
        before, self._entries = self._entries, entries
        if len(entries) == len(before):
            changed = list(
                compress(zip(before, entries, strict=True), map(is_not, before, entries))
            )
            if all(old.place == new.place for old, new in changed):
                for old, new in changed:
                    if new.place:
                        members = self._members[new.place]
                        members[members.index(old)] = new
                return dict.fromkeys(new.place for _, new in changed if new.place)
        last, self._members = self._members, {}
        for entry in entries:
            if entry.place:
                self._members.setdefault(entry.place, []).append(entry)
        known = self._samples
        self._samples = {place: known[place] for place in self._members if place in known}
        return [place for place, members in self._members.items() if members != last.get(place)]

    def _renew(self, place: str, subject: Subject, at_us: float) -> None:
        values = _values(self._members[place], at_us)
        (self._troubled.add if values[_UNRESPONSIVE] else self._troubled.discard)(place)
        known = self._samples.get(place)
        if known is None or known.subject is not subject or known.values != values:
            self._samples[place] = Sample(subject, values)

    def _subject(self, place: str, members: Sequence[Entry]) -> Subject:
        """Return who a host is, the known subject where nothing about it changed."""
        host = _first(members, "host")
        machine = _first(members, "machine")
        labels = {
            **self._labels,
            "machine": machine,
            "host": host,
            "robot_type": _robot_type(members),
            "license_type": _license_type(members),
            AFFECTED: ", ".join(sorted(entry.subject.name for entry in members if entry.expected)),
        }
        name = host or machine or place
        known = self._samples.get(place)
        if known is not None and known.subject.name == name and known.subject.labels == labels:
            return known.subject
        return Subject(tenant=self._tenant, kind=MACHINE.name, key=place, name=name, labels=labels)


def _values(members: Sequence[Entry], at_us: float) -> Values:
    runtimes: float | None = None
    used: float | None = None
    sessions = unresponsive = disconnected = 0.0
    for entry in members:
        row = entry.row
        if isinstance(row, Runtime):
            offered, busy = counted(row.runtimes), counted(row.used_runtimes)
            if offered is not None:
                runtimes = (runtimes or 0.0) + offered
            if busy is not None:
                used = (used or 0.0) + busy
        if entry.expected:
            is_unresponsive, is_disconnected, *_ = entry.flags
            sessions += 1.0
            unresponsive += is_unresponsive or 0.0
            disconnected += is_disconnected or 0.0
    late = sum(_is_late(entry, at_us) for entry in members) if unresponsive else 0
    return (runtimes, used, sessions, unresponsive, disconnected, float(late))


def _is_late(entry: Entry, at_us: float) -> bool:
    """Tell whether a session that owes heartbeats has missed two of them at least."""
    is_unresponsive, is_disconnected, *_, in_maintenance = entry.flags
    if not entry.expected or is_disconnected or in_maintenance:
        return False
    since_us = entry.since_us
    return bool(is_unresponsive) or (since_us is not None and age_s(since_us, at_us) > LATE_AFTER_S)


def _first(members: Sequence[Entry], name: str) -> str:
    texts = (entry.subject.labels[name] for entry in members)
    return next(filter(None, texts), "")


def _robot_type(members: Sequence[Entry]) -> str:
    """Return the kind of robots at work: unattended where any is, else what most of them are."""
    types = Counter(filter(None, (entry.subject.labels["robot_type"] for entry in members)))
    if any(kind in types for kind in UNATTENDED_TYPES):
        return UNATTENDED_TYPES[0]
    return min(types, key=lambda kind: (-types[kind], kind), default="")


def _license_type(members: Sequence[Entry]) -> str:
    """Return the runtime type whose slots are offered; "" where there are none, or several."""
    rows = (entry.row for entry in members)
    offered = {kind for row in rows if isinstance(row, Runtime) for kind in offered_types(row)}
    return label(offered.pop()) if len(offered) == 1 else ""
