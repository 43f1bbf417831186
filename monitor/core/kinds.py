"""The kinds of subject that exist, with their labels and metrics: one declaration serves all.

Collectors fill the values in this order, rules compile names to positions, the store makes its
columns from it, and docs/rules.md lists them.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from monitor.core.ages import age_s, since_us

Values = tuple[float | None, ...]
"""A subject's metrics in the order of its kind's declaration; None is "not known", never zero."""

MINUTE_S = 60.0
DAY_S = 86_400.0
# The step of what is no number to count with (infinite, NaN): one that no finite value has.
BEYOND_NUMBERS = math.inf


def exactly(value: float) -> float:
    """Record every change of the value."""
    return value


def by_doubling(value: float) -> float:
    """Record a value that time alone moves at 1, 2, 4, 8, … minutes, not at each poll."""
    if value < MINUTE_S:
        return 0.0
    return 1.0 + math.floor(math.log2(value / MINUTE_S)) if math.isfinite(value) else BEYOND_NUMBERS


def by_whole_numbers(value: float) -> float:
    """Record when the whole number changes (days to an expiry)."""
    return float(math.floor(value)) if math.isfinite(value) else BEYOND_NUMBERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One number of a subject. The name carries the unit.

    `_s` are seconds; `is_…` and `in_maintenance` are 0 or 1. `in_progress_items` is a count, its
    beginning notwithstanding.

    `step` decides what counts as a change worth a row of history: two values of one step are
    recorded as one. Rules and messages always see the exact value. `rises_every_s` are the
    seconds in which time alone raises it by one (negative: lowers), so that it can be told what it
    was between two records; 0 where time alone does nothing, 1 for an age.
    """

    name: str
    help: str
    step: Callable[[float], float] = exactly
    rises_every_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of subject: `labels` name it for people, `metrics` are its values, in this order.

    `history` names the stem of its tables and views (`v_sessions`, `v_session_history`), None for
    a kind that is only judged. `moving` are labels whose changes are history (a state), `ages` the
    positions of the metrics that are ages.
    """

    name: str
    labels: tuple[str, ...]
    metrics: tuple[Metric, ...]
    history: str | None = None
    plural: str | None = None
    name_label: str | None = None
    moving: tuple[str, ...] = ()
    ages: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Find the ages: where a sample holds the instant from which one counts."""
        places = enumerate(self.metrics)
        ages = tuple(place for place, metric in places if metric.rises_every_s == 1.0)
        object.__setattr__(self, "ages", ages)

    def values_at(self, values: Values, at_us: float) -> Values:
        """Return a sample's values as people, rules and the history see them at an instant."""
        return self._with_ages(values, age_s, at_us)

    def values_of(self, shown: Values, at_us: float) -> Values:
        """Return what a sample holds that shows these values at an instant."""
        return self._with_ages(shown, since_us, at_us)

    def _with_ages(
        self, values: Values, turned: Callable[[float, float], float], at_us: float
    ) -> Values:
        if not self.ages:
            return values
        others = list(values)
        for place in self.ages:
            value = values[place]
            others[place] = None if value is None else turned(value, at_us)
        return tuple(others)

    def index(self, metric: str) -> int:
        """Return the position of a metric in a sample's values. Raises KeyError."""
        for position, candidate in enumerate(self.metrics):
            if candidate.name == metric:
                return position
        raise KeyError(metric)


SESSION = Kind(
    name="session",
    history="session",
    plural="sessions",
    labels=("robot", "robot_type", "machine", "host", "folder", "state", "version"),
    moving=("state",),
    metrics=(
        Metric(
            name="heartbeat_age_s",
            help="seconds since the last heartbeat, by the server's clock; absent if none is due",
            step=by_doubling,
            rises_every_s=1.0,
        ),
        Metric(name="is_unresponsive", help="1 when a heartbeat is due and does not come"),
        Metric(
            name="is_disconnected", help="1 when the robot said goodbye or its service is stopped"
        ),
        Metric(name="is_available", help="1 when it could take a job now"),
        Metric(name="is_busy", help="1 when it runs a job"),
        Metric(name="in_maintenance", help="1 when its host is in maintenance mode"),
    ),
)
MACHINE = Kind(
    name="machine",
    history="machine",
    plural="machines",
    labels=("machine", "host", "robot_type", "license_type"),
    metrics=(
        Metric(name="runtimes", help="slots in which the host may run jobs at once"),
        Metric(name="used_runtimes", help="slots in which a job runs"),
        Metric(name="sessions", help="sessions of the host that owe heartbeats"),
        Metric(name="unresponsive_sessions", help="those of them that are unresponsive"),
        Metric(name="disconnected_sessions", help="those of them that are disconnected"),
        Metric(
            name="late_sessions",
            help="where one is unresponsive: those without a heartbeat for 75 seconds",
        ),
    ),
)
QUEUE = Kind(
    name="queue",
    history="queue",
    plural="queues",
    name_label="queue",
    labels=("queue", "folder", "process"),
    metrics=(
        Metric(name="new_items", help="items that wait, deferred ones included"),
        Metric(name="in_progress_items", help="items being processed"),
        Metric(name="successful_items", help="items finished well, of those still retained"),
        Metric(name="failed_items", help="application and business exceptions, of those retained"),
        Metric(name="application_exceptions", help="items failed by the automation (retried)"),
        Metric(name="business_exceptions", help="items refused by a business rule (not retried)"),
        Metric(name="mean_processing_s", help="mean processing time of a transaction, seconds"),
        Metric(
            name="seconds_since_processed",
            help="seconds since the last transaction ended, by the server's clock",
            step=by_doubling,
            rises_every_s=1.0,
        ),
        Metric(name="overdue_items", help="items that wait though their due date has passed"),
        Metric(name="deferred_items", help="items that wait because they are postponed"),
        Metric(
            name="oldest_new_s",
            help="age of the oldest item that waits and is not postponed, seconds; 0 without one",
            step=by_doubling,
            rises_every_s=1.0,
        ),
        Metric(name="abandoned_items", help="items given up during about the last day"),
    ),
)
LICENSE = Kind(
    name="license",
    history="license",
    plural="licenses",
    name_label="license_type",
    labels=("license_type",),
    metrics=(
        Metric(name="allowed", help="licenses of this type that the tenant may use"),
        Metric(name="used", help="licenses of this type in use"),
        Metric(name="free", help="allowed less used"),
        Metric(name="used_ratio", help="used / allowed; absent where allowed <= 0"),
    ),
)
SUBSCRIPTION = Kind(
    name="subscription",
    history="subscription",
    plural="subscriptions",
    labels=(),
    metrics=(
        Metric(
            name="days_to_expiry",
            help="days until the license expires",
            step=by_whole_numbers,
            rises_every_s=-DAY_S,
        ),
        Metric(name="is_expired", help="1 when the license has expired"),
    ),
)
COLLECTOR = Kind(
    name="collector",
    labels=("collector", "reason", "sight"),
    name_label="collector",
    metrics=(
        Metric(name="failed_polls", help="polls that failed in a row"),
        Metric(name="seconds_since_success", help="seconds since the last good poll, or the start"),
    ),
)
TENANT = Kind(
    name="tenant",
    labels=(),
    metrics=(
        Metric(
            name="days_to_credential_expiry",
            help="days until the stated end of the credentials; absent where none is stated",
        ),
    ),
)
CHANNEL = Kind(
    name="channel",
    labels=("channel", "reason"),
    name_label="channel",
    metrics=(
        Metric(name="failed_attempts", help="attempts that failed in a row"),
        Metric(name="given_up", help="messages given up since the last that was accepted"),
        Metric(name="seconds_failing", help="seconds since the first failure; 0 without one"),
    ),
)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (SESSION, MACHINE, QUEUE, LICENSE, SUBSCRIPTION, COLLECTOR, TENANT, CHANNEL)
    }
)


def kinds_with_past() -> Mapping[str, Kind]:
    """Return the kinds that have a past, by the word for many of them."""
    return {kind.plural: kind for kind in KINDS.values() if kind.history and kind.plural}


def kind_with_past(word: str) -> Kind:
    """Return a kind by the word for one or for many of them.

    Raises:
        ValueError: there is no past of such a thing; says of what there is one.
    """
    known = kinds_with_past()
    for plural, kind in known.items():
        if word.lower() in {plural, kind.name}:
            return kind
    message = f"no history of {word!r}; there is one of {', '.join(known)}"
    raise ValueError(message)
