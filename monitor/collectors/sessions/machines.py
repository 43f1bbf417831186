"""The sessions below each machine: hosts of modern folders, where no list of hosts shows them all.

Source: Orchestrator reference, sessions, machines, fallback ladders (2020.4 up to API 15).
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from monitor.errors import AuthenticationFailed, EndpointMissing, OrchestratorError
from monitor.orchestrator.listing import Listing, Source
from monitor.orchestrator.poll import Poll
from monitor.orchestrator.sessions import slots_of
from monitor.orchestrator.wire import Machine, MachineSession

MOST_ASKED = 64
"""So many machines are asked in one poll, the others in turns."""

SWEPT_EVERY = timedelta(minutes=15)
_AFTER_A_FAILURE = timedelta(minutes=1)
# What is left for those that showed nothing of late, however many there are that do.
_LEAST_SWEPT = 16
_AT_ONCE = 16
# A machine may be gone since they were listed: so many are asked whether the version has the list.
_MOST_PROBED = 3

_PATH = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessions(key={})"
_REFUSED = "hosts of modern folders are not readable; grant Machines.View"
_LIST_REFUSED = f"{_REFUSED}, and to an application the scope OR.Machines.Read"


_Probed = tuple[int, list[MachineSession]]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfMachines:
    """What the machines that were asked show, by machine.

    `unread` are machines that showed hosts before and could not be read now. `is_whole` is False
    as long as there are machines that were never asked.
    """

    rows: Mapping[int, Sequence[MachineSession]] = field(default_factory=dict)
    unread: Collection[int] = ()
    is_whole: bool = True
    note: str = ""


class _Turn:
    """A machine, and when it is to be asked: one that is needed in every poll."""

    def __init__(self, source: Source[list[MachineSession]]) -> None:
        self.source = source
        self.name: str | None = None
        self.runtime_type: str | None = None
        self.is_needed = False
        self.asked = 0
        self.swept_at: datetime | None = None

    def is_due(self, now: datetime) -> bool:
        # The server's time may be set back.
        return self.swept_at is None or abs(now - self.swept_at) >= SWEPT_EVERY


class Machines:
    """Asks all machines that may have unattended hosts once in a while, and the needed ones always.

    Needed is a machine that showed a session which no other list shows, until all were asked anew.
    """

    def __init__(self) -> None:
        """Suppose that they can be read."""
        self._list = Source(Listing("/odata/Machines", Machine))
        self._listing = Listing(_PATH, MachineSession, expand=("Robot",))
        self._door = Source(self._probe)
        self._is_open = False
        self._candidates: Sequence[int] = ()
        self._turns: dict[int, _Turn] = {}
        self._listed_at: datetime | None = None
        self._kept_for = SWEPT_EVERY
        self._polls = 0
        self._swept: Collection[int] = ()

    def ask(self, poll: Poll) -> OfMachines:
        """Ask those whose turn it is; what is refused is left alone for a while.

        Raises:
            OrchestratorError: any of its other conditions.
        """
        self._swept = ()
        if self._door.rests(poll):
            return self._unread(self._door)
        if not self._are_listed(poll):
            why = _REFUSED if poll.is_own_session else _LIST_REFUSED
            return self._unread(self._list, why)
        now = poll.server_time
        chosen = self._chosen(poll)
        answers: dict[int, list[MachineSession] | None] = {}
        if chosen and not self._is_open:
            self._candidates = chosen[:_MOST_PROBED]
            found = self._door.ask(poll)
            if found is None:
                return self._unread(self._door)
            machine_id, answers[machine_id] = found
            chosen.remove(machine_id)
            self._is_open, self._turns[machine_id].source = True, self._source(machine_id)
        answers |= self._read(poll, chosen)
        self._polls += 1
        swept: list[int] = []
        for machine_id, rows in answers.items():
            turn = self._turns[machine_id]
            turn.asked = self._polls
            if rows is not None and turn.is_due(now):
                turn.swept_at = now
                swept.append(machine_id)
        self._swept = swept
        return self._answer(answers)

    def settle(self, needed: Collection[int]) -> None:
        """Learn which of the machines of the last answer showed what no other list shows."""
        for machine_id in self._swept:
            self._turns[machine_id].is_needed = False
        for machine_id in needed:
            self._turns[machine_id].is_needed = True

    def forget(self) -> None:
        """Ask again for what was refused."""
        self._door.forget()
        self._list.forget()
        for turn in self._turns.values():
            turn.source.forget()

    def _are_listed(self, poll: Poll) -> bool:
        """List the machines once in a while; tell whether that can be done."""
        now = poll.server_time
        if self._listed_at is not None and abs(now - self._listed_at) < self._kept_for:
            return True
        before = poll.skipped
        try:
            rows = self._list.ask(poll)
        except AuthenticationFailed:
            raise
        except OrchestratorError:
            if not self._turns:
                raise
            # The last ones are better than none.
            self._listed_at, self._kept_for = now, _AFTER_A_FAILURE
            return True
        if rows is None:
            return False
        is_whole = poll.skipped == before and all(row.id is not None for row in rows)
        self._listed_at, self._kept_for = now, SWEPT_EVERY if is_whole else _AFTER_A_FAILURE
        known, self._turns = self._turns, {}
        if not is_whole:
            # They may be among the rows that cannot be read.
            self._turns.update(known)
        for row in rows:
            if row.id is not None:
                self._take_in(row.id, row, known.get(row.id))
        return True

    def _take_in(self, machine_id: int, row: Machine, turn: _Turn | None) -> None:
        slots = slots_of(row)
        offered = [kind for kind, count in slots.items() if count]
        if turn is None:
            if slots and not offered:
                return  # no host of it can work without a person
            turn = _Turn(self._source(machine_id))
        turn.name, turn.runtime_type = row.name, next(iter(offered), None)
        if turn.source.is_missing:
            turn.source.forget()  # it is there, after all
        self._turns[machine_id] = turn

    def _source(self, machine_id: int) -> Source[list[MachineSession]]:
        return Source(partial(self._listing, folder_id=machine_id))

    def _chosen(self, poll: Poll) -> list[int]:
        """Return whom to ask now: who waits longest comes first, and everybody in the end."""
        now = poll.server_time
        turns = {key: turn for key, turn in self._turns.items() if not turn.source.rests(poll)}
        waiting = sorted(turns, key=lambda key: turns[key].asked)
        due = [key for key in waiting if turns[key].is_due(now)]
        due.sort(key=lambda key: not turns[key].is_needed)
        needed = [key for key in waiting if turns[key].is_needed and not turns[key].is_due(now)]
        due = due[: max(_LEAST_SWEPT, MOST_ASKED - len(needed))]
        return [*needed[: MOST_ASKED - len(due)], *due]

    def _probe(self, poll: Poll) -> _Probed:
        """Ask one machine, to learn whether this version has the list and this sign-in gets it."""
        *others, last = self._candidates
        for machine_id in others:
            try:
                return machine_id, self._listing(poll, machine_id)
            except EndpointMissing:
                continue
        return last, self._listing(poll, last)

    def _read(self, poll: Poll, chosen: Sequence[int]) -> Mapping[int, list[MachineSession] | None]:
        """Ask as many as half of the time that is left allows."""
        half_s = poll.deadline.remaining_s() / 2
        answers: dict[int, list[MachineSession] | None] = {}
        for begin in range(0, len(chosen), _AT_ONCE):
            if begin and poll.deadline.remaining_s() < half_s:
                break
            batch = chosen[begin : begin + _AT_ONCE]
            calls = [partial(self._turns[key].source.ask, poll) for key in batch]
            answers.update(zip(batch, poll.together(calls), strict=True))
        return answers

    def _answer(self, answers: Mapping[int, list[MachineSession] | None]) -> OfMachines:
        turns = self._turns
        rows = {key: found for key in turns if (found := answers.get(key)) is not None}
        for key, found in rows.items():
            _complete(found, key, turns[key])
        late = [
            key
            for key, turn in turns.items()
            if key not in answers
            and (turn.is_needed or turn.swept_at is None)
            and turn.source.refusal is None
        ]
        refused = [
            key
            for key, turn in turns.items()
            if turn.source.refusal is not None and not turn.source.is_missing
        ]
        notes: list[str] = []
        if refused and len(refused) == len(turns):
            # One of them is asked again, before all the others are.
            self._is_open = False
            notes.append(_REFUSED)
        elif refused:
            readable = len(turns) - len(refused)
            notes.append(f"{readable} of {len(turns)} machines readable; grant Machines.View")
        if late:
            notes.append(
                f"{len(rows)} of {len(turns)} machines read in this poll, the others in turns"
            )
        return OfMachines(
            rows=rows,
            unread=[key for key in self._needed() if key not in rows],
            is_whole=not any(turns[key].swept_at is None for key in late),
            note="; ".join(notes),
        )

    def _unread(
        self, source: Source[list[Machine]] | Source[_Probed], why: str = _REFUSED
    ) -> OfMachines:
        return OfMachines(unread=self._needed(), note="" if source.is_missing else why)

    def _needed(self) -> list[int]:
        return [key for key, turn in self._turns.items() if turn.is_needed]


def _complete(rows: Sequence[MachineSession], machine_id: int, turn: _Turn) -> None:
    """Add to the rows what their machine knows."""
    hosts = Counter(row.host_machine_name for row in rows)
    for row in rows:
        row.machine_id = row.machine_id or machine_id
        row.machine_name = row.machine_name or turn.name
        row.runtime_type = turn.runtime_type
        row.is_crowded = hosts[row.host_machine_name] > 1
