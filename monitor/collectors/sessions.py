"""Sessions: every robot's and every unattended host's connection, and whether it lives.

Unattended hosts are listed by GetMachineSessionRuntimes, people's robots by GetGlobalSessions; a
session that both show is one. Source: Orchestrator reference, sessions and session liveness.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import eq
from typing import TypeVar, cast

from monitor.collectors import Collect, Collector, Listing, Source
from monitor.core.kinds import SESSION
from monitor.core.sample import Collected, Sample, Subject
from monitor.errors import EndpointMissing, OrchestratorError
from monitor.orchestrator.identity import host_key, host_name, user_key
from monitor.orchestrator.liveness import (
    SILENT,
    SILENT_AFTER_S,
    Flags,
    expects_heartbeat,
    flags,
)
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.sessions import divided, host_sessions, robot_type_of
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import Robot, Runtime, Session, ages_s

_PATH = "/odata/Sessions/UiPath.Server.Configuration.OData."
_NO_ROBOT = Robot()


class _Entry:
    """What was made of a session, good as long as the next poll brings the same.

    `row` and `session` (the same session in the other list) are kept without their times, so that
    one comparison tells whether anything but the time moved; a `row` of None equals none.
    """

    __slots__ = ("expected", "flags", "key", "row", "session", "silent", "subject")

    def __init__(
        self,
        row: Runtime | Session,
        *,
        silent: bool | None,
        session: Session | None,
        subject: Subject,
        verdict: Flags,
        expected: bool,
    ) -> None:
        self.row: Runtime | Session | None = row
        self.silent = silent
        self.session = session
        self.subject = subject
        self.key = subject.key
        self.flags = verdict
        self.expected = expected


_Row = TypeVar("_Row", Runtime, Session)
_Known = Mapping[object, _Entry]
_Ages = Sequence[float | None]


class _Sessions:
    """Polls one tenant."""

    def __init__(self, tenant: str, labels: Mapping[str, str]) -> None:
        self._tenant = tenant
        self._labels = labels
        self._runtimes = Source(
            Listing(
                f"{_PATH}GetMachineSessionRuntimes",
                Runtime,
                order_by="SessionId",
            )
        )
        self._sessions = Source(
            Listing(
                f"{_PATH}GetGlobalSessions",
                Session,
                expand=("Robot",),
            )
        )
        self._known_hosts: _Known = {}
        self._known_users: _Known = {}
        self._host_names: Sequence[str | None] = ()
        self._crowded: frozenset[str | None] = frozenset()
        self._shared: frozenset[object] = frozenset()
        self._last: Mapping[str, Sample] = {}

    def __call__(self, poll: Poll) -> Collected:
        runtimes = self._runtimes.ask(poll)
        sessions = self._sessions.ask(poll)
        if runtimes is None and sessions is None:
            self._runtimes.forget()
            self._sessions.forget()
            raise self._worse_refusal()
        now = poll.server_time
        hosts = host_sessions(runtimes or ())
        alone, shared = divided(sessions or (), hosts)
        known_hosts, host_ages = self._judge_hosts(hosts, shared, now)
        known_users, user_ages = self._judge_users(_by_id(alone), now)
        samples = _samples([*known_hosts.values(), *known_users.values()], [*host_ages, *user_ages])
        unseen = False
        if runtimes is None:
            unseen = _is_missing(self._known_hosts, samples)
        else:
            self._known_hosts = known_hosts
        if sessions is None:
            unseen = unseen or _is_missing(self._known_users, samples)
        else:
            self._known_users = known_users
        self._last = samples
        return Collected(
            kinds=(SESSION.name,),
            samples=tuple(samples.values()),
            observed_at=now,
            skipped=poll.skipped,
            partial=unseen or poll.skipped > 0,
        )

    def _worse_refusal(self) -> OrchestratorError:
        """Return the refusal that a person can do something about."""
        refusals = [
            source.refusal
            for source in (self._runtimes, self._sessions)
            if source.refusal is not None
        ]
        refusals.sort(key=lambda refusal: isinstance(refusal, EndpointMissing))
        return refusals[0]

    def _judge_hosts(
        self, hosts: Mapping[object, Runtime], shared: Mapping[object, Session], now: datetime
    ) -> tuple[_Known, _Ages]:
        known = self._known_hosts
        names = [row.host_machine_name for row in hosts.values()]
        if names != self._host_names:
            before, self._host_names, self._crowded = self._crowded, names, _crowded(names)
            if self._crowded != before:
                known = {}
        for session in shared.values():
            session.reporting_time = None
        if shared or self._shared:
            for session_id in self._shared | shared.keys():
                entry = known.get(session_id)
                if entry is not None and entry.session != shared.get(session_id):
                    entry.row = None
            self._shared = frozenset(shared)

        judged, ages, fresh = _compared(hosts, known, now)
        for session_id, row, silent, entry in fresh:
            if entry is None or not self._has_only_moved(entry, row, silent=silent):
                judged[session_id] = self._host(
                    row,
                    silent=silent,
                    session=shared.get(session_id),
                    crowded=row.host_machine_name in self._crowded,
                )
        return judged, ages

    def _judge_users(
        self, sessions: Mapping[object, Session], now: datetime
    ) -> tuple[_Known, _Ages]:
        judged, ages, fresh = _compared(sessions, self._known_users, now)
        for session_id, row, silent, _ in fresh:
            judged[session_id] = self._user(row, silent=silent)
        return judged, ages

    def _has_only_moved(self, entry: _Entry, row: Runtime, *, silent: bool | None) -> bool:
        """Take over a state that moved, and return whether that was all that is new about a host.

        Who it is then stays: of all changes this is the one that many sessions have in each poll.
        """
        kept = entry.row
        if not isinstance(kept, Runtime):
            return False
        kept.status, kept.is_unresponsive = row.status, row.is_unresponsive
        if kept != row:
            return False
        entry.silent = silent
        entry.flags = flags(
            row.status,
            silent=silent,
            is_maintained=row.maintenance_mode == "Enabled",
            is_expected=entry.expected,
        )
        known, state = entry.subject, _state(row.status, entry.flags)
        if known.labels["state"] != state:
            labels = {**known.labels, "state": state}
            entry.subject = Subject(
                tenant=known.tenant, kind=known.kind, key=known.key, name=known.name, labels=labels
            )
        return True

    def _host(
        self,
        row: Runtime,
        *,
        silent: bool | None,
        session: Session | None,
        crowded: bool,
    ) -> _Entry:
        """Judge a host's session anew."""
        robot = session.robot if session is not None else None
        robot_type = robot_type_of(row)
        expected = expects_heartbeat(
            robot_type, row.machine_scope, session.robot_session_type if session else None
        )
        verdict = flags(
            row.status,
            silent=silent,
            is_maintained=row.maintenance_mode == "Enabled",
            is_expected=expected,
        )
        subject = self._subject(
            host_key(row),
            host_name(row, robot, crowded=crowded),
            {
                "robot": label(robot.name if robot is not None else None),
                "robot_type": label(robot_type),
                "machine": label(row.machine_name),
                "host": label(row.host_machine_name),
                "folder": label(session.folder_name if session is not None else None),
                "state": _state(row.status, verdict),
                "version": label(row.version),
            },
        )
        return _Entry(
            row,
            silent=silent,
            session=session,
            subject=subject,
            verdict=verdict,
            expected=expected,
        )

    def _user(self, row: Session, *, silent: bool | None) -> _Entry:
        """Judge a person's session anew."""
        robot = row.robot or _NO_ROBOT
        expected = expects_heartbeat(robot.type, None, row.robot_session_type)
        verdict = flags(row.state, silent=silent, is_maintained=False, is_expected=expected)
        subject = self._subject(
            user_key(row),
            label(robot.name or robot.username or row.host_machine_name),
            {
                "robot": label(robot.name),
                "robot_type": label(robot.type),
                "machine": label(row.machine_name),
                "host": label(row.host_machine_name),
                "folder": label(row.folder_name),
                "state": _state(row.state, verdict),
                "version": label(row.version),
            },
        )
        return _Entry(
            row,
            silent=silent,
            session=None,
            subject=subject,
            verdict=verdict,
            expected=expected,
        )

    def _subject(self, key: str, name: str, labels: dict[str, str]) -> Subject:
        """Return a subject, the known one where nothing about it changed."""
        labels = {**self._labels, **labels}
        known = self._last.get(key)
        if known is not None and known.subject.name == name and known.subject.labels == labels:
            return known.subject
        return Subject(
            tenant=self._tenant, kind=SESSION.name, key=key, name=name or key, labels=labels
        )


def _compared(
    rows: Mapping[object, _Row], known: _Known, now: datetime
) -> tuple[dict[object, _Entry], _Ages, list[tuple[object, _Row, bool | None, _Entry | None]]]:
    """Return what each row was, their ages, and those that are not as they were, to be judged.

    Those are by id, row, whether it is silent now, and what it was. This is a poll's hot path:
    whole lists at a time, without Python's own steps for each row.
    """
    ages = ages_s([row.reporting_time for row in rows.values()], now)
    for row in rows.values():
        row.reporting_time = None
    entries = [known.get(session_id) for session_id in rows]
    are_as_before = map(eq, [entry and entry.row for entry in entries], rows.values())
    silences = [
        # The server says so, or it is too old; None for a session that never reported.
        row.is_unresponsive or (None if age_s is None else age_s > SILENT_AFTER_S)
        for row, age_s in zip(rows.values(), ages, strict=True)
    ]
    fresh = [
        (session_id, row, silent, entry)
        for session_id, row, silent, entry, is_as_before in zip(
            rows, rows.values(), silences, entries, are_as_before, strict=True
        )
        if not is_as_before or entry is None or entry.silent is not silent
    ]
    # Where there is no entry yet, the caller puts one: the place in the order is kept for it.
    return cast("dict[object, _Entry]", dict(zip(rows, entries, strict=True))), ages, fresh


def _samples(entries: Sequence[_Entry], ages: _Ages) -> dict[str, Sample]:
    """Return the samples by key, of several with one identity the one that reported last."""
    values = [
        (age_s if entry.expected else None, *entry.flags)
        for entry, age_s in zip(entries, ages, strict=True)
    ]
    made = list(map(Sample, [entry.subject for entry in entries], values))
    samples = dict(zip([entry.key for entry in entries], made, strict=True))
    if len(samples) == len(made):
        return samples
    samples = {}
    for sample in made:
        age_s = sample.values[0]
        other = samples.setdefault(sample.subject.key, sample)
        other_age_s = other.values[0]
        if age_s is not None and (other_age_s is None or age_s < other_age_s):
            samples[sample.subject.key] = sample
    return samples


def _by_id(sessions: Sequence[Session]) -> dict[object, Session]:
    """Return sessions by id, by their place where that does not tell them apart."""
    by_id: dict[object, Session] = {session.id: session for session in sessions}
    if len(by_id) == len(sessions) and None not in by_id:
        return by_id
    return {("place", place): session for place, session in enumerate(sessions)}


def _state(state: str | None, verdict: Flags) -> str:
    """Return the word people know from Orchestrator's pages, where Unresponsive is a state too."""
    return "Unresponsive" if verdict is SILENT else label(state) or "Unknown"


def _crowded(names: Sequence[str | None]) -> frozenset[str | None]:
    """Return the hosts that have more than one session."""
    if len(set(names)) == len(names):
        return frozenset()
    return frozenset(name for name, count in Counter(names).items() if count > 1)


def _is_missing(known: _Known, samples: Mapping[str, Sample]) -> bool:
    """Return whether a session that a list showed before is in no list now."""
    return any(entry.subject.key not in samples for entry in known.values())


def _make(tenant: str, labels: Mapping[str, str]) -> Collect:
    return _Sessions(tenant, labels)


COLLECTOR = Collector(
    kinds=(SESSION.name,),
    every=timedelta(seconds=30),
    help="robots and unattended hosts, and whether they live; two requests for each 1,000 sessions",
    scopes=("OR.Robots.Read",),
    permissions=("Machines.View", "Users.View", "Robots.View"),
    make=_make,
)
