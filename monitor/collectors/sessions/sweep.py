"""One poll of one tenant's sessions: the lists, each session judged, the hosts beside them.

A session that two lists show is one. Source: Orchestrator reference, sessions, session liveness.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from monitor.collectors.sessions.entries import Ages, Entry, Known, compared, samples_of
from monitor.collectors.sessions.hosts import Hosts
from monitor.collectors.sessions.last_shown import LastShown
from monitor.collectors.sessions.lists import Lists
from monitor.collectors.sessions.unread import Unread, without_nobody
from monitor.core.kinds import MACHINE, SESSION
from monitor.core.sample import Collected, Sample, Subject
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.identity import host_key, host_name, user_key, user_name
from monitor.orchestrator.liveness import SILENT, Flags, expects_heartbeat, flags
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.sessions import divided, host_sessions, robot_type_of
from monitor.orchestrator.text import label
from monitor.orchestrator.wire import MachineSession, Robot, Runtime, Session

_NO_ROBOT = Robot()


class Sweep:
    """Polls one tenant, and remembers of the last poll what spares work in the next."""

    def __init__(self, tenant: str, labels: Mapping[str, str], folders: Folders) -> None:
        """Know nothing yet; every subject carries `labels` below its own."""
        self._tenant = tenant
        self._labels = labels
        self._lists = Lists(folders)
        self._known_hosts: Known = {}
        self._known_users: Known = {}
        self._shown = LastShown()
        self._host_names: Sequence[str | None] = ()
        self._crowded: frozenset[str | None] = frozenset()
        self._shared: frozenset[object] = frozenset()
        self._hosts = Hosts(tenant, labels)
        self._last: Mapping[str, Sample] = {}
        self._unread = Unread()

    def __call__(self, poll: Poll) -> Collected:
        """Ask for all sessions. Raises OrchestratorError."""
        answer = self._lists.ask(poll)
        now = poll.server_time
        self._unread.begin(is_whole=not poll.skipped)
        hosts = host_sessions(answer.runtimes)
        if answer.outside:
            for place in divided(answer.outside, hosts)[1]:
                del hosts[place]
        alone, shared = divided(answer.sessions, hosts)
        self._known_hosts, host_ages, moved = self._judge_hosts(hosts, shared, now)
        self._known_users, user_ages = self._judge_users(_by_id(alone), now)
        self._shown.take_in(answer, self._known_hosts, alone, self._known_users.values())
        samples, entries = samples_of(
            [*self._known_hosts.values(), *self._known_users.values()], [*host_ages, *user_ages]
        )
        samples, skipped = without_nobody(samples, entries, poll.skipped)
        unseen = [
            *self._shown.hidden(samples.keys()),
            *self._unread.among(entries, samples, skipped),
        ]
        self._last = samples
        is_whole = answer.machines is None or answer.machines.is_whole
        machines = self._hosts.samples(
            entries, moved, samples, hidden={entry.place for entry in unseen}
        )
        return Collected(
            kinds=(SESSION.name, MACHINE.name),
            samples=(*samples.values(), *machines),
            counts=(len(samples), len(machines)),
            observed_at=now,
            skipped=skipped,
            partial=bool(unseen) or skipped > 0 or not is_whole,
            note="; ".join(answer.notes),
        )

    def _judge_hosts(
        self, hosts: Mapping[object, Runtime], shared: Mapping[object, Session], now: datetime
    ) -> tuple[Known, Ages, list[Entry]]:
        """Return what the hosts' sessions are, their ages, and those whose state alone moved."""
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

        judged, ages, fresh = compared(hosts, known, now)
        moved: list[Entry] = []
        for session_id, row, silent, entry in fresh:
            if entry is not None and self._has_only_moved(entry, row, silent=silent):
                moved.append(entry)
            else:
                judged[session_id] = self._host(
                    row,
                    silent=silent,
                    session=shared.get(session_id),
                    crowded=row.host_machine_name in self._crowded,
                )
        return judged, ages, moved

    def _judge_users(self, sessions: Mapping[object, Session], now: datetime) -> tuple[Known, Ages]:
        judged, ages, fresh = compared(sessions, self._known_users, now)
        for session_id, row, silent, _ in fresh:
            judged[session_id] = self._user(row, silent=silent)
        return judged, ages

    def _has_only_moved(self, entry: Entry, row: Runtime, *, silent: bool | None) -> bool:
        """Take over what moved, and return whether a state was all that is new about a session.

        Who it is then stays: of all changes this is the one that many sessions have in each poll.
        """
        kept = entry.row
        if not isinstance(kept, Runtime):
            return False
        kept.status, kept.is_unresponsive = row.status, row.is_unresponsive
        kept.used_runtimes = row.used_runtimes
        if kept != row:
            return False
        entry.silent = silent
        entry.flags = flags(
            row.status,
            silent=silent,
            is_unresponsive=row.is_unresponsive,
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
    ) -> Entry:
        """Judge a host's session anew."""
        robot = session.robot if session is not None else None
        key = host_key(row)
        robot_type = robot_type_of(row)
        is_guess = robot_type is None and not self._unread.is_whole and key in self._last
        if is_guess:
            # The row of the type that has slots may be the one that could not be read.
            robot_type = self._last[key].subject.labels["robot_type"] or None
        expected = expects_heartbeat(
            robot_type, row.machine_scope, session.robot_session_type if session else None
        )
        verdict = flags(
            row.status,
            silent=silent,
            is_unresponsive=row.is_unresponsive,
            is_maintained=row.maintenance_mode == "Enabled",
            is_expected=expected,
        )
        subject = self._subject(
            key,
            host_name(row, robot, crowded=crowded),
            {
                "robot": label(robot.name if robot is not None else None),
                "robot_type": label(robot_type),
                "machine": label(row.machine_name),
                "host": label(row.host_machine_name),
                "folder": label(row.folder or (session.folder_name if session else None)),
                "state": _state(row.status, verdict),
                "version": label(row.version),
            },
        )
        entry = Entry(
            row,
            silent=silent,
            session=session,
            subject=subject,
            verdict=verdict,
            expected=expected,
        )
        if is_guess:
            self._unread.guessed.append(entry)
        return entry

    def _user(self, row: Session, *, silent: bool | None) -> Entry:
        """Judge a person's session anew."""
        robot = row.robot or _NO_ROBOT
        robot_type = robot.type
        if robot_type is None and isinstance(row, MachineSession):
            robot_type = row.runtime_type
        expected = expects_heartbeat(robot_type, None, row.robot_session_type)
        verdict = flags(
            row.state,
            silent=silent,
            is_unresponsive=row.is_unresponsive,
            is_maintained=False,
            is_expected=expected,
        )
        subject = self._subject(
            user_key(row),
            user_name(row),
            {
                "robot": label(robot.name),
                "robot_type": label(robot_type),
                "machine": label(row.machine_name),
                "host": label(row.host_machine_name),
                "folder": label(row.folder_name),
                "state": _state(row.state, verdict),
                "version": label(row.version),
            },
        )
        return Entry(
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
