"""A queue's counters over time: a fluid that arrives and is worked off at piecewise constant rates.

Between two instants at which a rate changes everything is linear, so the counters at any second
follow from the last such instant alone. Seconds count from the start of the simulation.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass, field

from monitor.simulator.estate import Queue

# The memory of past rates, kept to tell when the items that still wait arrived.
_MAX_STRETCHES = 4096
# An item in progress for longer is given up.
_ABANDONED_AFTER_S = 86_400.0
_EPSILON = 1e-6  # sums of fractions fall a hair short of the whole items they mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """What a queue counts at one instant; `new` includes deferred and overdue items."""

    new: int
    in_progress: int
    successful: int
    application_exceptions: int
    business_exceptions: int
    deferred: int
    overdue: int
    last_processed_s: float | None
    abandoned: int = 0

    @property
    def failed(self) -> int:
        """Both kinds of exceptions."""
        return self.application_exceptions + self.business_exceptions


@dataclass(slots=True)
class _Stretch:
    """From `start_s` on, items arrive at `rate` a second, after `arrived` of them."""

    start_s: float
    arrived: float
    rate: float


@dataclass(slots=True)
class Flow:
    """A queue that moves; `advance` must not go backwards."""

    queue: Queue
    now_s: float = 0.0
    arrivals: float = 0.0
    capacity: float = 0.0
    failing: float = 0.0
    rejected: float = 0.0
    deferred: int = 0
    overdue: int = 0
    arrived: float = 0.0
    taken: float = 0.0
    successful: float = 0.0
    application_exceptions: float = 0.0
    business_exceptions: float = 0.0
    last_processed_s: float | None = None
    # When the items that were abandoned had been taken, oldest first, and how many are forgotten.
    abandoned_starts_s: list[float] = field(default_factory=list)
    abandoned_forgotten: int = 0
    _stretches: list[_Stretch] = field(default_factory=list)

    @classmethod
    def of(cls, queue: Queue) -> "Flow":
        """Begin with the queue as the estate has it; what waits arrived over the last minutes."""
        flow = cls(
            queue=queue,
            arrivals=queue.arrivals,
            capacity=queue.capacity,
            failing=queue.failing,
            rejected=queue.rejected,
            deferred=queue.deferred,
            overdue=queue.overdue,
            arrived=float(queue.new),
            successful=float(queue.successful),
            application_exceptions=float(queue.application_exceptions),
            business_exceptions=float(queue.business_exceptions),
        )
        flow.last_processed_s = -60.0 if queue.successful else None
        flow._stretches.append(_Stretch(start_s=-10.0 * queue.new, arrived=0.0, rate=0.1))
        flow.abandoned_starts_s = [
            -_ABANDONED_AFTER_S - 3600.0 * back for back in range(queue.abandoned, 0, -1)
        ]
        return flow

    def advance(self, to_s: float) -> None:
        """Move to `to_s`, past every turn of the wave in between."""
        while self.now_s < to_s:
            self._move(min(to_s, self._next_turn()))

    def set_waiting(self, new: int) -> None:
        """Have this many items wait (beside deferred and overdue ones), from now on."""
        arrived, taken = math.floor(self.arrived + _EPSILON), math.floor(self.taken + _EPSILON)
        # Either count only grows, so that an item's number stays its own.
        self.arrived = float(max(arrived, taken + new))
        self.taken = self.arrived - new
        for count in (float(arrived), self.arrived):
            self._stretches.append(_Stretch(start_s=self.now_s, arrived=count, rate=0.0))

    def set_waiting_since(self, age_s: float) -> None:
        """Have the oldest item that waits have this age, and the others arrive evenly since."""
        taken = math.floor(self.taken + _EPSILON)
        rate = (self.arrived - taken) / age_s if age_s > 0 else 0.0
        self._stretches = [
            _Stretch(start_s=self.now_s - age_s, arrived=float(taken), rate=rate),
            _Stretch(start_s=self.now_s, arrived=self.arrived, rate=0.0),
        ]

    def set_abandoned(self, count: int) -> None:
        """Have so many abandoned items: new ones are a day old by now, the oldest are forgotten."""
        known = self.abandoned_starts_s
        new, surplus = count - len(known), len(known) - count
        if surplus > 0:
            del known[:surplus]
            self.abandoned_forgotten += surplus
        last_s = known[-1] if known else -math.inf
        for back in range(new, 0, -1):
            known.append(max(last_s, self.now_s - _ABANDONED_AFTER_S - back))

    def counters(self) -> Counters:
        """Return the counters at the instant last advanced to."""
        waiting = math.floor(self.arrived + _EPSILON) - math.floor(self.taken + _EPSILON)
        return Counters(
            new=max(0, waiting) + self.deferred + self.overdue,
            in_progress=self._in_progress(),
            successful=math.floor(self.successful + _EPSILON),
            application_exceptions=math.floor(self.application_exceptions + _EPSILON),
            business_exceptions=math.floor(self.business_exceptions + _EPSILON),
            deferred=self.deferred,
            overdue=self.overdue,
            last_processed_s=self.last_processed_s,
            abandoned=len(self.abandoned_starts_s),
        )

    def waiting(self) -> range:
        """Return the numbers of the items that wait; numbers grow and are never used twice."""
        taken = math.floor(self.taken + _EPSILON)
        return range(taken, max(taken, math.floor(self.arrived + _EPSILON)))

    def arrived_at_s(self, number: int) -> float:
        """Return when an item arrived."""
        index = bisect_right(self._stretches, float(number), key=lambda past: past.arrived) - 1
        stretch = self._stretches[max(0, index)]
        if stretch.rate <= 0:
            return stretch.start_s
        return min(self.now_s, stretch.start_s + (number - stretch.arrived) / stretch.rate)

    def _arrival_rate(self) -> float:
        swell = self.queue.wave if (self.now_s // self._half_wave()) % 2 == 0 else -self.queue.wave
        return self.arrivals * (1.0 + swell) / 60.0

    def _half_wave(self) -> float:
        return max(1.0, self.queue.wave_s / 2.0)

    def _next_turn(self) -> float:
        if self.queue.wave == 0:
            return math.inf
        half = self._half_wave()
        turn = (self.now_s // half + 1) * half
        # Rounding may leave the turn where we stand.
        return turn if turn > self.now_s else turn + half

    def _throughput(self) -> float:
        """Items a second that are worked off right now."""
        capacity = self.capacity / 60.0
        return capacity if self.arrived - self.taken >= 1.0 else min(capacity, self._arrival_rate())

    def _in_progress(self) -> int:
        """Follow Little's law: throughput times the time an item takes."""
        return math.ceil(self._throughput() * self.queue.mean_s - _EPSILON)

    def _move(self, to_s: float) -> None:
        span, rate, capacity = to_s - self.now_s, self._arrival_rate(), self.capacity / 60.0
        if self._stretches[-1].rate != rate or self._stretches[-1].start_s > self.now_s:
            self._stretches.append(_Stretch(start_s=self.now_s, arrived=self.arrived, rate=rate))
            del self._stretches[:-_MAX_STRETCHES]
        self.arrived += rate * span
        done = min(capacity * span, self.arrived - self.taken)
        self.taken += done
        started_s, self.now_s = self.now_s, to_s
        if done > 0:
            self._settle(done, started_s)

    def _settle(self, done: float, started_s: float) -> None:
        """Count what was done since `started_s` and note when the last whole item ended."""
        self.application_exceptions += done * self.failing
        self.business_exceptions += done * self.rejected
        self.successful += done * (1.0 - self.failing - self.rejected)
        throughput = self._throughput()
        if throughput > 0:
            unfinished = max(0.0, self.taken - math.floor(self.taken + _EPSILON))
            ended_s = self.now_s - unfinished / throughput
        else:  # nothing arrives and everything is done: it was worked off at full capacity
            ended_s = started_s + done / (self.capacity / 60.0)
        before = -math.inf if self.last_processed_s is None else self.last_processed_s
        self.last_processed_s = max(before, ended_s)
