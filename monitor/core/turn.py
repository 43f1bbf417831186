"""What happens to the daemon that no poll tells, and that a replay must know of."""

from enum import StrEnum


class Turn(StrEnum):
    """It began, took over another configuration, or let all timers rest.

    They rest after a transaction that failed, and after a step of the clock.
    """

    START = "start"
    RELOAD = "reload"
    REST = "rest"
