"""By which values two samples of a subject count as the same, so that one record serves both."""

from collections.abc import Callable, Sequence
from math import isfinite

from monitor.core.kinds import MINUTE_S, Kind, by_doubling, exactly
from monitor.core.sample import Values

Stepped = tuple[object, ...]
Stepper = Callable[[Sequence[Values], int], list[Stepped]]
"""Takes the values of samples, and when they were so (milliseconds since 1970)."""


def stepper(kind: Kind) -> Stepper:
    """Return the function that tells by which values two samples count as the same.

    An age of a minute or more is the same while it grows with the time alone (to the microsecond),
    up to the next doubling: so what it was at each poll can be told from what is recorded.
    """
    steps = tuple(
        (index, metric.step)
        for index, metric in enumerate(kind.metrics)
        if metric.step is not exactly
    )
    if not steps:
        return lambda samples, _at_ms: list(samples)

    if len(steps) == 1 and steps[0] == (0, by_doubling):
        # Sessions, whose heartbeats all age between two polls: no loop and no list for each.
        def step_first(samples: Sequence[Values], at_ms: int) -> list[Stepped]:
            return [
                (
                    0.0
                    if (age := values[0]) is not None and age < MINUTE_S
                    else _age_step(age, at_ms),
                    values[1:],
                )
                for values in samples
            ]

        return step_first

    def step(values: Values, at_ms: int) -> Stepped:
        stepped: list[object] = list(values)
        for index, function in steps:
            value = values[index]
            if value is not None:
                is_age = function is by_doubling
                stepped[index] = _age_step(value, at_ms) if is_age else function(value)
        return tuple(stepped)

    return lambda samples, at_ms: [step(values, at_ms) for values in samples]


def _age_step(age: float | None, at_ms: int) -> object:
    """Return how often an age has doubled, and when it began (microseconds since 1970)."""
    if age is None or not isfinite(age) or age < MINUTE_S:
        return None if age is None else by_doubling(age)
    return by_doubling(age), at_ms * 1000 - round(age * 1e6)
