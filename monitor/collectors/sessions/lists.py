"""The lists of a tenant's sessions: the best that this sign-in and this version get.

Unattended hosts: GetMachineSessionRuntimes, else its form by folder, else `Sessions` by folder.
People's robots, and all robots before API 15: GetGlobalSessions, else (before 2019.10) `Sessions`;
what these do not show before API 15: GetMachineSessions of each machine (since 2020.4).
Source: Orchestrator reference, fallback ladders.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from monitor.collectors.sessions.machines import Machines, OfMachines
from monitor.errors import EndpointMissing, OrchestratorError
from monitor.orchestrator.each_folder import EachFolder
from monitor.orchestrator.folders import Folders
from monitor.orchestrator.known_rows import KnownRows
from monitor.orchestrator.listing import Listing, Source
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.sessions import session_id_of, unshown, without_namesakes
from monitor.orchestrator.wire import Runtime, Session

TENANT, BY_FOLDER, PLAIN = range(3)
"""The rungs of the hosts' ladder; of the people's there are the first and, as 1, the last."""

_SESSIONS = "/odata/Sessions"
_PATH = f"{_SESSIONS}/UiPath.Server.Configuration.OData."


@dataclass(slots=True, kw_only=True)
class Answer:
    """What could be read.

    `host_rung` and `people_rung` say from where, None for nowhere. `hosts_in` are the sessions
    that each folder showed, `folder_of` the folder of each plain row by the row's identity (None
    for the tenant), `refused` the folders that did not show theirs. `outside` are sessions in
    folders that do not count. `machines` are None where a better list should show the hosts, and
    `machine_of` is the machine of each row that only the machine showed, by the row's identity.
    """

    runtimes: Sequence[Runtime] = ()
    sessions: Sequence[Session] = ()
    outside: Sequence[Session] = ()
    host_rung: int | None = None
    people_rung: int | None = None
    hosts_in: Mapping[int, Collection[object]] = field(default_factory=dict)
    folder_of: Mapping[int, int | None] = field(default_factory=dict)
    refused: Collection[int] = ()
    machines: OfMachines | None = None
    machine_of: Mapping[int, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class Lists:
    """Asks for them, and remembers which of them it gets."""

    def __init__(self, folders: Folders) -> None:
        """Suppose that all can be read."""
        self._folders = folders
        self._runtimes = Source(
            Listing(
                f"{_PATH}GetMachineSessionRuntimes",
                Runtime,
                order_by="SessionId",
                known=KnownRows(Runtime),
            )
        )
        self._runtimes_by_folder = EachFolder(
            Listing(
                f"{_PATH}GetMachineSessionRuntimesByFolderId(folderId={{}})",
                Runtime,
                order_by="SessionId",
            ),
            "Machines.View or Jobs.Create",
        )
        self._global = Source(Listing(f"{_PATH}GetGlobalSessions", Session, expand=("Robot",)))
        plain = Listing(_SESSIONS, Session, expand=("Robot",))
        self._plain = Source(plain)
        self._plain_by_folder = EachFolder(plain, "Robots.View")
        self._machines = Machines()

    def ask(self, poll: Poll) -> Answer:
        """Go down both ladders. Raises OrchestratorError."""
        answer = Answer()
        runtimes = self._runtimes.ask(poll)
        people = self._global.ask(poll)
        if runtimes is not None:
            answer.runtimes, answer.host_rung = runtimes, TENANT
        elif not self._runtimes.is_missing:
            self._ask_runtimes_by_folder(poll, answer)
        if people is not None:
            answer.people_rung = TENANT
            self._place(poll, people, answer)
        hosts_are_refused = answer.host_rung is None and not self._runtimes.is_missing
        if hosts_are_refused or (
            people is None and (self._global.is_missing or answer.host_rung is None)
        ):
            self._ask_plain(poll, answer)
        if self._runtimes.is_missing:
            self._ask_machines(poll, answer)
        if answer.host_rung is None and answer.people_rung is None and not answer.machine_of:
            self._forget()
            raise self._worse_refusal()
        answer.notes = [*self._refusals(answer), *answer.notes]
        return answer

    def _ask_runtimes_by_folder(self, poll: Poll, answer: Answer) -> None:
        folders = self._counted(poll)
        by_folder = self._runtimes_by_folder.ask(poll, folders)
        if not by_folder:
            return
        # A host shows in each folder that its machine serves: its folder is the first by path.
        rows: dict[object, Runtime] = {}
        first: dict[object, str] = {}
        for folder_id, found in by_folder.items():
            for row in found:
                session_id = session_id_of(row)
                row.folder = first.setdefault(session_id, folders[folder_id])
                rows.setdefault((session_id, row.runtime_type), row)
        answer.runtimes, answer.host_rung = list(rows.values()), BY_FOLDER
        answer.hosts_in = {
            folder_id: {session_id_of(row) for row in found}
            for folder_id, found in by_folder.items()
        }
        self._note(answer, self._runtimes_by_folder, folders, by_folder.keys())

    def _ask_plain(self, poll: Poll, answer: Answer) -> None:
        rows = self._plain_rows(poll, answer)
        if rows is None:
            return
        if answer.host_rung is None and not self._runtimes.is_missing:
            answer.host_rung = PLAIN
        if answer.people_rung is None:
            answer.people_rung = BY_FOLDER
        known: set[object] = {row.id for row in answer.sessions}
        fresh: list[Session] = []
        for row in rows:
            if row.id is None or row.id not in known:
                known.add(row.id)
                fresh.append(row)
        self._place(poll, fresh, answer)

    def _ask_machines(self, poll: Poll, answer: Answer) -> None:
        """Take in what no other list shows: robots of classic folders are in all of them."""
        tree = self._folders.known(poll)
        if tree is not None and tree.is_classic:
            return
        answer.machines = machines = self._machines.ask(poll)
        owner = {id(row): key for key, shown in machines.rows.items() for row in shown}
        rows = unshown(chain.from_iterable(machines.rows.values()), answer.sessions, answer.outside)
        answer.machine_of = machine_of = {id(row): owner[id(row)] for row in rows}
        if rows or machines.unread:
            answer.sessions = without_namesakes(answer.sessions, rows, machines.unread)
            self._place(poll, rows, answer)
        inside = map(id, answer.sessions)
        self._machines.settle({machine_of[one] for one in inside if one in machine_of})
        if machines.note:
            answer.notes.append(machines.note)

    def _plain_rows(self, poll: Poll, answer: Answer) -> Sequence[Session] | None:
        """Ask without a folder where there are none, or were none when this was all there was."""
        tree = self._folders.known(poll)
        if self._global.is_missing or (tree is not None and not tree.exists):
            rows = self._plain.ask(poll)
            if rows is not None:
                answer.folder_of = dict.fromkeys(map(id, rows))
                return rows
        folders = self._counted(poll)
        by_folder = self._plain_by_folder.ask(poll, folders)
        if not by_folder:
            return None
        found: dict[int, int | None] = {}
        for folder_id, in_folder in by_folder.items():
            for row in in_folder:
                row.organization_unit_id, row.folder_name = folder_id, folders[folder_id]
                found[id(row)] = folder_id
        answer.folder_of = found
        self._note(answer, self._plain_by_folder, folders, by_folder.keys())
        return [row for in_folder in by_folder.values() for row in in_folder]

    def _counted(self, poll: Poll) -> Mapping[int, str]:
        tree = self._folders.known(poll)
        return tree.counted if tree is not None else {}

    def _place(self, poll: Poll, rows: Sequence[Session], answer: Answer) -> None:
        """Take in sessions with the full paths of their folders, and those apart that do not count.

        A folder's name alone may be that of several: it is nobody's path unless it is listed so.
        """
        if not any(row.organization_unit_id or row.folder_name for row in rows):
            answer.sessions = [*answer.sessions, *rows] if answer.sessions else rows
            return
        tree = self._folders.known(poll)
        inside, outside = list(answer.sessions), list(answer.outside)
        for row in rows:
            counts = None
            if tree is not None:
                counts = tree.counts(row.organization_unit_id, row.folder_name)
                row.folder_name = tree.path(row.organization_unit_id) or row.folder_name
            (outside if counts is False else inside).append(row)
        answer.sessions, answer.outside = inside, outside

    def _note(
        self,
        answer: Answer,
        each: EachFolder[Runtime] | EachFolder[Session],
        folders: Mapping[int, str],
        answered: Collection[int],
    ) -> None:
        answer.refused = folders.keys() - answered
        note = each.note(folders, answered)
        if note:
            answer.notes.append(note)

    def _refusals(self, answer: Answer) -> list[str]:
        """Say which lists are refused and what is read in their place."""
        notes: list[str] = []
        if self._runtimes.refusal is not None and not self._runtimes.is_missing:
            how = _IN_PLACE[answer.host_rung]
            notes.append(f"hosts are {how}; grant Machines.View to see all of them")
        if self._global.refusal is not None and not self._global.is_missing:
            how = _IN_PLACE[answer.people_rung]
            notes.append(f"people's robots are {how}; grant Users.View and Robots.View")
        return notes

    def _forget(self) -> None:
        for source in (self._runtimes, self._global, self._plain):
            source.forget()
        self._runtimes_by_folder.forget()
        self._plain_by_folder.forget()
        self._machines.forget()

    def _worse_refusal(self) -> OrchestratorError:
        """Return the refusal that a person can do something about."""
        refusals = [
            source.refusal
            for source in (self._runtimes, self._global, self._plain)
            if source.refusal is not None
        ]
        refusals.sort(key=lambda refusal: isinstance(refusal, EndpointMissing))
        return refusals[0]


_IN_PLACE: Mapping[int | None, str] = {
    BY_FOLDER: "read folder by folder",
    PLAIN: "read as the robots of each folder",
    None: "not readable",
}
