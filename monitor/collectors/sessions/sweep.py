"""One poll of one tenant's sessions: the lists, each session judged, the hosts beside them.

A session that two lists show is one. Source: Orchestrator reference, sessions, session liveness.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from monitor.collectors.sessions.entries import Entry, Known, Sight, compared, samples_of
from monitor.collectors.sessions.hosts import Hosts
from monitor.collectors.sessions.last_shown import LastShown
from monitor.collectors.sessions.lists import Lists
from monitor.collectors.sessions.unread import Unread, without_nobody
from monitor.core.kinds import MACHINE, SESSION
from monitor.core.sample import Collected, Sample, Subject
from monitor.instants import posix_us
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.identity import host_key, host_name, user_key, user_name
from monitor.orchestrator.liveness import SILENT, Flags, expects_heartbeat, flags
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.sessions import divided, host_sessions, is_same_session, robot_type_of
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
        self._at_us = 0.0

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
        at_us = posix_us(now)
        self._known_hosts, moved = self._judge_hosts(hosts, shared, at_us)
        self._known_users = self._judge_users(_by_id(alone), at_us)
        self._at_us = at_us
        self._shown.take_in(answer, self._known_hosts, alone, self._known_users.values())
        samples, entries = samples_of([*self._known_hosts.values(), *self._known_users.values()])
        samples, skipped = without_nobody(samples, entries, poll.skipped)
        unseen = [
            *self._shown.hidden(samples.keys()),
            *self._unread.among(entries, samples, skipped),
        ]
        self._last = samples
        is_whole = answer.machines is None or answer.machines.is_whole
        machines = self._hosts.samples(
            entries, moved, at_us, hidden={entry.place for entry in unseen}
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
        self, hosts: Mapping[object, Runtime], shared: Mapping[object, Session], at_us: float
    ) -> tuple[Known, list[Entry]]:
        """Return what the hosts' sessions are, and those whose state alone moved."""
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

        judged, fresh = compared(hosts, known, at_us, self._at_us)
        moved: list[Entry] = []
        for session_id, row, sight, entry in fresh:
            if entry is not None and self._has_only_moved(entry, row, sight):
                moved.append(entry)
            else:
                judged[session_id] = self._host(
                    row,
                    sight,
                    session=shared.get(session_id),
                    crowded=row.host_machine_name in self._crowded,
                )
        return judged, moved

    def _judge_users(self, sessions: Mapping[object, Session], at_us: float) -> Known:
        judged, fresh = compared(sessions, self._known_users, at_us, self._at_us)
        for session_id, row, sight, _ in fresh:
            judged[session_id] = self._user(row, sight)
        return judged

    def _has_only_moved(self, entry: Entry, row: Runtime, sight: Sight) -> bool:
        """Take over what moved, and return whether a state was all that is new about a session.

        Who it is then stays: of all changes this is the one that many sessions have in each poll.
        """
        if not isinstance(entry.row, Runtime) or not is_same_session(entry.row, row):
            return False
        verdict = flags(
            row.status,
            silent=sight.silent,
            is_unresponsive=row.is_unresponsive,
            is_maintained=row.maintenance_mode == "Enabled",
            is_expected=entry.expected,
        )
        subject, state = entry.subject, _state(row.status, verdict)
        if subject.labels["state"] != state:
            subject = Subject(
                tenant=subject.tenant,
                kind=subject.kind,
                key=subject.key,
                name=subject.name,
                labels={**subject.labels, "state": state},
            )
        entry.take(sight, subject, verdict)
        return True

    def _host(
        self,
        row: Runtime,
        sight: Sight,
        *,
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
            silent=sight.silent,
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
            sight,
            session=session,
            subject=subject,
            verdict=verdict,
            expected=expected,
        )
        if is_guess:
            self._unread.guessed.append(entry)
        return entry

    def _user(self, row: Session, sight: Sight) -> Entry:
        """Judge a person's session anew."""
        robot = row.robot or _NO_ROBOT
        robot_type = robot.type
        if robot_type is None and isinstance(row, MachineSession):
            robot_type = row.runtime_type
        expected = expects_heartbeat(robot_type, None, row.robot_session_type)
        verdict = flags(
            row.state,
            silent=sight.silent,
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
            sight,
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
