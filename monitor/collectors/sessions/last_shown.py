"""What each list showed last: while it cannot be read, that is unknown and not gone."""

from collections.abc import Collection, Sequence

from monitor.collectors.sessions import lists
from monitor.collectors.sessions.entries import Entry, Known
from monitor.collectors.sessions.lists import Answer
from monitor.orchestrator.shown import Shown
from monitor.orchestrator.wire import Session


class LastShown:
    """Remembers it of the hosts' lists, of the people's, and of each machine."""

    def __init__(self) -> None:
        """Begin without any."""
        self._hosts = Shown[Entry](rungs=3)
        self._users = Shown[Entry](rungs=2)
        self._machines = Shown[Entry](rungs=1)

    def take_in(
        self, answer: Answer, hosts: Known, alone: Sequence[Session], users: Collection[Entry]
    ) -> None:
        """Keep what was made of a poll; `users` are what the rows `alone` became, in order."""
        plain: dict[int | None, list[Entry]] = {}
        if answer.folder_of:
            for row, entry in zip(alone, users, strict=True):
                if id(row) in answer.folder_of:
                    plain.setdefault(answer.folder_of[id(row)], []).append(entry)
        match answer.host_rung:
            case None:
                self._hosts.read_nothing()
            case lists.TENANT:
                self._hosts.read(lists.TENANT, {None: hosts.values()})
            case lists.BY_FOLDER:
                parts: dict[int | None, list[Entry]] = {
                    folder_id: [hosts[one] for one in ids if one in hosts]
                    for folder_id, ids in answer.hosts_in.items()
                }
                self._hosts.read(lists.BY_FOLDER, parts, answer.refused)
            case _:
                self._hosts.read(lists.PLAIN, plain, answer.refused)
        users = self._without_machines(answer, alone, users)
        match answer.people_rung:
            case None:
                self._users.read_nothing()
            case lists.TENANT:
                self._users.read(lists.TENANT, {None: users})
            case rung:
                self._users.read(rung, plain, answer.refused)

    def hidden(self, samples: Collection[str]) -> list[Entry]:
        """Return what was shown before, could not be read now, and is not among `samples`."""
        return [
            entry
            for shown in (self._hosts, self._users, self._machines)
            for entry in shown.hidden(samples, key=_key_of)
        ]

    def _without_machines(
        self, answer: Answer, alone: Sequence[Session], users: Collection[Entry]
    ) -> Collection[Entry]:
        """Take in what the machines showed, and return the rest."""
        if answer.machines is None:
            if answer.host_rung == lists.TENANT:
                self._machines.clear()  # they have nothing to add
            self._machines.read_nothing()
            return users
        parts: dict[int | None, list[Entry]] = {key: [] for key in answer.machines.rows}
        rest: list[Entry] = []
        for row, entry in zip(alone, users, strict=True):
            machine_id = answer.machine_of.get(id(row))
            (rest if machine_id is None else parts[machine_id]).append(entry)
        self._machines.read(0, parts, answer.machines.unread)
        return rest


def _key_of(entry: Entry) -> str:
    return entry.key
