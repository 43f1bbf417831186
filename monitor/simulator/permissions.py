"""What the role of every simulated sign-in may do, and what the endpoints ask of it.

Source: Orchestrator reference, endpoints: the permission columns.
"""

from collections.abc import Collection

MACHINES = "Machines.View"
QUEUES = "Queues.View"
ROBOTS = "Robots.View"
USERS = "Users.View"

# What the role has as long as the settings deny nothing.
HELD: tuple[str, ...] = (
    ROBOTS,
    MACHINES,
    USERS,
    QUEUES,
    "Transactions.View",
    "License.View",
    "Units.View",
    "Jobs.Create",
)


def held(denied: Collection[str]) -> frozenset[str]:
    """Return what is left of the role."""
    return frozenset(HELD) - frozenset(denied)


def suffices(needs: Collection[str], denied: Collection[str]) -> bool:
    """Tell whether the role is enough: all of `needs`, each of them `A` or alternatives `A|B`."""
    left = held(denied)
    return all(not left.isdisjoint(need.split("|")) for need in needs)
