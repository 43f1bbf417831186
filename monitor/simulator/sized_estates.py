"""Tenants of a chosen size, from one team's to the largest."""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from monitor.simulator.estate import (
    Estate,
    Folder,
    Host,
    License,
    Machine,
    Queue,
    Robot,
    Session,
    SessionKind,
)

_FIRST_FOLDER, _FIRST_QUEUE, _FIRST_SESSION, _FIRST_ROBOT = 1000, 50_000, 1_000_000, 100_000
_POOL = Machine(id=9001, name="Pool", slots={"Unattended": 1, "NonProduction": 0})
_DESKS = Machine(id=9002, name="Desks", slots={"Attended": 1})
_FIRST_MACHINE = 9100

# Of so many folders one is a personal workspace; the others come in tens: two that stand alone, and
# a root with three folders below it and four below those.
_WORKSPACE_EVERY = 25
_TEN = 10
_ALONE, _BRANCHES = 2, 3
# Every so many-th host serves several users at once, or is a machine of its own without template.
_CROWDED_EVERY, _CROWD = 10, 4
_STANDARD_EVERY = 50
# Every so many-th queue is linked, has a promise to keep, or a name that others have too.
_LINKED_EVERY, _PROMISED_EVERY, _COMMON_EVERY = 20, 25, 10
_CYCLE_S = 600.0
_COMMON_NAMES = ("Intake", "Retries", "Exceptions", "Archive")


def small_estate() -> Estate:
    """Return a tenant of 10 robots on 5 hosts, 20 queues and 6 folders."""
    return _estate("Small", attended=(2, 1), unattended=(8, 4), queues=20, folders=6)


def middle_estate() -> Estate:
    """Return a tenant of 150 robots on 60 hosts, 200 queues and 100 folders."""
    return _estate("Middle", attended=(30, 12), unattended=(120, 48), queues=200, folders=100)


def large_estate(*, sessions: int = 10_000, queues: int = 5000, folders: int = 500) -> Estate:
    """Return a tenant of this size: a tenth of the sessions attended, four sessions a host.

    Raises:
        ValueError: there are queues but no folder to hold them.
    """
    if queues and not folders:
        msg = "queues need at least one folder"
        raise ValueError(msg)
    attended = sessions // 10
    unattended = sessions - attended
    return _estate(
        "Large",
        attended=(attended, _hosts_for(attended)),
        unattended=(unattended, _hosts_for(unattended)),
        queues=queues,
        folders=folders,
    )


def _hosts_for(sessions: int) -> int:
    return max(1, sessions // 4) if sessions else 0


def _estate(
    tenant: str,
    *,
    attended: tuple[int, int],
    unattended: tuple[int, int],
    queues: int,
    folders: int,
) -> Estate:
    """Build a tenant; `attended` and `unattended` are numbers of sessions and of hosts."""
    made = list(_folders(folders))
    shared = [folder for folder in made if not folder.personal]
    sessions = [*_attended(*attended), *_unattended(*unattended, first=attended[0])]
    hosts = {session.host.name: session.host for session in sessions}
    machines = {host.machine.id: host.machine for host in hosts.values()}
    return Estate(
        organization="acme",
        tenant=tenant,
        folders=tuple(made),
        machines=tuple(machines.values()),
        hosts=tuple(hosts.values()),
        sessions=tuple(sessions),
        queues=tuple(_queues(queues, shared)),
        licenses=(
            License(type="Attended", allowed=_seats(attended[0]), used=attended[0]),
            License(type="Unattended", allowed=_seats(unattended[0]), used=unattended[0]),
            License(type="NonProduction", allowed=10, used=1),
            License(type="StudioPro", allowed=5, used=2),
            License(type="Headless", allowed=0, used=0),
            License(type="Local", allowed=None, used=0),
        ),
    )


def _seats(used: int) -> int:
    return used + used // 5 + 5


def _folders(count: int) -> Iterator[Folder]:
    """Yield folders alone and in trees, and personal workspaces."""
    personal = count // _WORKSPACE_EVERY
    tree: list[Folder] = []
    for n in range(count - personal):
        ten, place = divmod(n, _TEN)
        branch = place - _ALONE
        if place < _ALONE:
            yield Folder(id=_FIRST_FOLDER + n, path=f"Office {_ALONE * ten + place:03}")
            continue
        if branch == 0:
            tree = [Folder(id=_FIRST_FOLDER + n, path=f"Department {ten:03}")]
        else:
            above = tree[0] if branch <= _BRANCHES else tree[1 + (branch - 1) % _BRANCHES]
            path = f"{above.path}/{'Team' if above is tree[0] else 'Process'} {branch}"
            tree.append(Folder(id=_FIRST_FOLDER + n, path=path, parent_id=above.id))
        yield tree[-1]
    for n in range(count - personal, count):
        path = f"user-{n:06}@acme.example's workspace"
        yield Folder(id=_FIRST_FOLDER + n, path=path, personal=True)


def _queues(count: int, folders: Sequence[Folder]) -> Iterator[Queue]:
    """Yield queues: some are linked, some share their name with queues of other folders."""
    for n in range(count):
        places = [folders[n % len(folders)]]
        name, alias = f"Queue {n:05}", ""
        if n % _LINKED_EVERY == 7:  # noqa: PLR2004  a place that no other rule takes
            places = [folders[(n + more) % len(folders)] for more in range(min(3, len(folders)))]
        elif n % _COMMON_EVERY == 3 and n // len(folders) < len(_COMMON_NAMES):  # noqa: PLR2004  the same
            # Names are unique in a folder: each further round over the folders takes another.
            name = _COMMON_NAMES[n // len(folders)]
            alias = f"{places[0].path}/{name}"
        yield Queue(
            id=_FIRST_QUEUE + n,
            name=name,
            alias=alias,
            folder_ids=tuple(folder.id for folder in places),
            process=f"Process {n:05}",
            arrivals=1.0 + n % 5,
            capacity=2.0 + n % 5,
            new=n % 4,
            successful=100 * n,
            sla_minutes=60 if n % _PROMISED_EVERY == 0 else None,
        )


def _attended(count: int, hosts: int) -> Iterator[Session]:
    for n, place in enumerate(_places(count, [1] * hosts)):
        login = f"user-{n:06}"
        user = f"ACME\\{login}"
        yield Session(
            id=_FIRST_SESSION + n,
            kind=SessionKind.ATTENDED,
            host=Host(name=f"TS-{place:06}", machine=_DESKS),
            user=user,
            robot=Robot(id=_FIRST_ROBOT + n, name=login, username=user),
            cycle_s=_CYCLE_S,
            offset_s=_offset_s(n),
            phase=_phase(n),
            slots=_DESKS.slots,
        )


def _unattended(count: int, hosts: int, *, first: int) -> Iterator[Session]:
    weights = [_CROWD if n % _CROWDED_EVERY == 0 else 1 for n in range(hosts)]
    built = [_host(n) for n in range(hosts)]
    for index, place in enumerate(_places(count, weights)):
        n = first + index
        yield Session(
            id=_FIRST_SESSION + n,
            kind=SessionKind.UNATTENDED,
            host=built[place],
            user=f"ACME\\svc-{n:06}",
            cycle_s=_CYCLE_S,
            offset_s=_offset_s(n),
            phase=_phase(n),
            slots=built[place].machine.slots,
        )


def _host(n: int) -> Host:
    """Return a host of the template that nearly all of them have, or a machine of its own."""
    name = f"VM-{n:06}"
    if n % _STANDARD_EVERY != _STANDARD_EVERY - 1:
        return Host(name=name, machine=_POOL)
    return Host(
        name=name,
        machine=Machine(id=_FIRST_MACHINE + n, name=name, slots=_POOL.slots, template=False),
    )


def _offset_s(n: int) -> float:
    return (n * 7.3) % _CYCLE_S


def _phase(n: int) -> float:
    return (n * 0.618) % 1.0


def _places(count: int, weights: Sequence[int]) -> Iterator[int]:
    """Yield the place of each of `count` things, spread by weight; no place stays empty."""
    left = count - len(weights)
    whole = sum(weights)
    begun = 0
    for place, up_to in enumerate(accumulate(weights)):
        end = place + 1 + max(0, left) * up_to // whole
        yield from [place] * (min(end, count) - begun)
        begun = end
