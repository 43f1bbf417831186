"""By which values two samples of a subject count as the same, so that one record serves both."""

from collections.abc import Callable, Sequence
from math import isfinite

from monitor.core.ages import S_IN_US, age_s
from monitor.core.kinds import MINUTE_S, Kind, Values, by_doubling, exactly

Stepped = tuple[object, ...]
Stepper = Callable[[Sequence[Values], float, float], list[Stepped]]
"""Takes what samples hold, the instant at which they were seen, and how much later they count as
recorded (both in microseconds)."""

MINUTE_US = MINUTE_S * S_IN_US


def stepper(kind: Kind) -> Stepper:
    """Return the function that tells by which values two samples count as the same.

    An age of a minute or more is the same while it grows with the time alone (to the microsecond),
    up to the next doubling: so what it was at each poll can be told from what is recorded.
    """
    steps = tuple(
        (index, metric.step)
        for index, metric in enumerate(kind.metrics)
        if metric.step is not exactly and index not in kind.ages
    )
    if not steps and not kind.ages:
        return lambda samples, _at_us, _late_us: list(samples)

    if not steps and kind.ages == (0,):
        # Sessions, whose heartbeats all move in each poll: no loop and no list for each.
        def step_first(samples: Sequence[Values], at_us: float, late_us: float) -> list[Stepped]:
            fresh_us = at_us - MINUTE_US
            return [
                (
                    0.0
                    if (since := values[0]) is not None and since > fresh_us
                    else _age_step(since, at_us, late_us),
                    values[1:],
                )
                for values in samples
            ]

        return step_first

    def step(values: Values, at_us: float, late_us: float) -> Stepped:
        stepped: list[object] = list(values)
        for index in kind.ages:
            stepped[index] = _age_step(values[index], at_us, late_us)
        for index, function in steps:
            value = values[index]
            stepped[index] = None if value is None else function(value)
        return tuple(stepped)

    return lambda samples, at_us, late_us: [step(values, at_us, late_us) for values in samples]


def next_step_us(since: float | None, at_us: float) -> float:
    """Return the age (microseconds) at which time alone makes the next step."""
    if since is None or at_us - since < MINUTE_US:
        return MINUTE_US
    doublings: float = 2.0 ** by_doubling(age_s(since, at_us))
    return MINUTE_US * doublings


def _age_step(since: float | None, at_us: float, late_us: float) -> object:
    """Return how often an age has doubled, and when it began (microseconds since 1970)."""
    if since is None:
        return None
    age = age_s(since, at_us)
    if age < MINUTE_S or not isfinite(age):
        return by_doubling(age)
    return by_doubling(age), since + late_us
