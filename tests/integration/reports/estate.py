"""A small estate polled for some hours, and what reports must say of it, found second by second.

Nothing here uses the arithmetic under test: each second is looked at by itself.
"""

import random
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from monitor.core.sample import Collected, Failed, Sample, Snapshot, Subject
from monitor.store import Store
from tests.builders import a_sample, a_subject

TENANT = "production"
EVERY_S = 60
# The clocks in Bucharest jump from 03:00 to 04:00 at 01:00Z.
BEGIN = datetime(2026, 3, 28, 21, 30, tzinfo=UTC)
SINCE_S, LENGTH_S = 3 * 3600 + 17, 2 * 3600 + 1000
POLLS = 6 * 60
ZONE = ZoneInfo("Europe/Bucharest")
WINDOW = """\
[maintenance.patch-night]
from = "02:30"
to = "04:30"
timezone = "Europe/Bucharest"
where = { folder = "Finance" }
[maintenance.only-warnings]
where = ["severity!=critical"]
timezone = "UTC"
years = ["2026"]
"""

Values = Mapping[str, float]


@dataclass
class Estate:
    """What each good poll saw: by its second, the values of each subject by name."""

    kind: str
    collector: str
    subjects: Mapping[str, Subject]
    seen: dict[int, Mapping[str, Values]] = field(default_factory=dict)
    polls: list[Snapshot] = field(default_factory=list)
    _sorted: list[int] = field(default_factory=list)

    def poll(self, second: int, values: Mapping[str, Values] | None) -> None:
        at = BEGIN + timedelta(seconds=second)
        outcome: Collected | Failed = Failed(kind="unreachable", message="no answer")
        if values is not None:
            self.seen[second] = values
            samples = tuple(sample(self.subjects[name], **of) for name, of in values.items())
            outcome = Collected(kinds=(self.kind,), samples=samples, observed_at=at)
        self.polls.append(
            Snapshot(
                tenant=TENANT,
                collector=self.collector,
                started_at=at,
                took_s=0.1,
                requests=1,
                outcome=outcome,
            )
        )

    def record(self, store: Store) -> None:
        for place in range(0, len(self.polls), 60):
            with store.writing() as write:
                for snapshot in self.polls[place : place + 60]:
                    write.snapshot(snapshot)

    def last_poll(self, second: int) -> int | None:
        polls = self._good()
        place = bisect_right(polls, second)
        return polls[place - 1] if place else None

    def is_blind(self, second: int) -> bool:
        polls = self._good()
        place = bisect_right(polls, second)
        if place in {0, len(polls)}:
            return True
        return polls[place] - polls[place - 1] > 3 * EVERY_S

    def _good(self) -> list[int]:
        if len(self._sorted) != len(self.seen):
            self._sorted = sorted(self.seen)
        return self._sorted

    def values(self, name: str) -> Mapping[int, Values | None]:
        """By the second of each good poll what is held true of a subject, None where it is gone."""
        held: dict[int, Values | None] = {}
        polls = sorted(self.seen)
        for place, at in enumerate(polls):
            if name in self.seen[at]:
                held[at] = self.seen[at][name]
                continue
            run = [at]
            for other in reversed(polls[:place]):
                if name in self.seen[other]:
                    break
                run.insert(0, other)
            for other in polls[place + 1 :]:
                if name in self.seen[other]:
                    break
                run.append(other)
            before = [other for other in polls[:place] if name in self.seen[other]]
            held[at] = self.seen[before[-1]][name] if before and len(run) < 3 else None
        return held


def sample(subject: Subject, **values: float) -> Sample:
    return a_sample(subject, **values)


def good_polls(random_: random.Random) -> Iterator[tuple[int, bool | None]]:
    """Seconds of polls: True is a good one, False failed, None did not take place."""
    mood, left = True, 30
    is_good: bool | None = True
    for number in range(POLLS):
        if left == 0:
            mood = not mood
            left = random_.choice([20, 40, 70]) if mood else random_.choice([1, 2, 3, 4, 9, 25])
            is_good = True if mood else random_.choice([False, None])
        left -= 1
        yield number * EVERY_S, is_good


def robots(seed: int) -> Estate:
    random_ = random.Random(seed)
    names = ["BOT-1", "BOT-2", "BOT-3", "BOT-4", "Person"]
    subjects = {
        name: a_subject(
            name,
            kind="session",
            labels={
                "robot": name,
                "host": "VM-1" if name in {"BOT-1", "BOT-2"} else "VM-2",
                "folder": "Finance" if name in {"BOT-1", "BOT-3"} else "HR",
                "robot_type": "Attended" if name == "Person" else "Unattended",
                "state": "Available",
            },
        )
        for name in names
    }
    estate = Estate("session", "sessions", subjects)
    fine = {"is_unresponsive": 0.0, "is_disconnected": 0.0, "in_maintenance": 0.0, "is_busy": 0.0}
    states: list[Values] = [
        fine,
        fine,
        {**fine, "is_busy": 1.0},
        {**fine, "is_unresponsive": 1.0},
        {**fine, "is_disconnected": 1.0},
        {**fine, "in_maintenance": 1.0},
        {"is_disconnected": 0.0, "in_maintenance": 0.0},
    ]
    now: dict[str, Values] = dict.fromkeys(names, fine)
    away = dict.fromkeys(names, 0)
    for second, is_good in good_polls(random_):
        for name in names:
            away[name] = max(0, away[name] - 1)
            if random_.random() < 0.02:
                away[name] = random_.choice([1, 2, 3, 5, 40])
            if random_.random() < 0.1:
                now[name] = random_.choice(states)
        if is_good is not None:
            there = {name: now[name] for name in names if not away[name]}
            estate.poll(second, there if is_good else None)
    return estate


def queues(seed: int) -> Estate:
    random_ = random.Random(seed)
    names = ["Invoices", "Orders"]
    estate = Estate("queue", "queues", {name: a_subject(name) for name in names})
    now = {
        name: {
            "new_items": 4.0,
            "deferred_items": 1.0,
            "successful_items": 100.0,
            "failed_items": 9.0,
            "application_exceptions": 5.0,
            "business_exceptions": 4.0,
            "mean_processing_s": 12.0,
        }
        for name in names
    }
    away = dict.fromkeys(names, 0)
    for second, is_good in good_polls(random_):
        for name in names:
            away[name] = max(0, away[name] - 1)
            if random_.random() < 0.01:
                away[name] = random_.choice([1, 2, 4, 30])
            if random_.random() < 0.3:
                values = dict(now[name])
                values["new_items"] = float(random_.choice([0, 1, 1, 5, 60]))
                values["successful_items"] += random_.choice([0, 0, 0, 1, 7])
                values["application_exceptions"] += random_.choice([0, 0, 0, 0, 2])
                values["business_exceptions"] += random_.choice([0, 0, 0, 0, 1])
                values["mean_processing_s"] = float(random_.choice([12, 12, 15]))
                if random_.random() < 0.05:  # the nightly removal of what is old
                    values["successful_items"] = max(0.0, values["successful_items"] - 30)
                parts = ("application_exceptions", "business_exceptions")
                values["failed_items"] = sum(values[part] for part in parts)
                now[name] = values
        if is_good is not None:
            there = {name: now[name] for name in names if not away[name]}
            estate.poll(second, there if is_good else None)
    return estate


def licenses(seed: int) -> Estate:
    random_ = random.Random(seed)
    estate = Estate("license", "licenses", {"Unattended": a_subject("Unattended", kind="license")})
    used = 5.0
    for second, is_good in good_polls(random_):
        if random_.random() < 0.3:
            used = float(random_.randrange(13))
        values = {"allowed": 10.0, "used": used, "free": 10 - used, "used_ratio": used / 10}
        if is_good is not None:
            estate.poll(second, {"Unattended": values} if is_good else None)
    return estate


def is_planned(subject: Subject, second: int) -> bool:
    local = (BEGIN + timedelta(seconds=second)).astimezone(ZONE)
    minutes = local.hour * 60 + local.minute
    return subject.labels["folder"] == "Finance" and 150 <= minutes < 270


def spent(estate: Estate, name: str, seconds: Sequence[int]) -> Mapping[str, int]:
    """How many seconds a robot was up, down, in maintenance, unseen."""
    subject, held = estate.subjects[name], estate.values(name)
    found = dict.fromkeys(("up", "down", "maintenance", "unseen"), 0)
    for second in seconds:
        at = estate.last_poll(second)
        values = None if at is None else held[at]
        if values is None:
            continue
        if is_planned(subject, second):
            state = "maintenance"
        elif estate.is_blind(second):
            state = "unseen"
        elif values.get("in_maintenance"):
            state = "maintenance"
        elif values.get("is_unresponsive") is None and not values.get("is_disconnected"):
            state = "unseen"
        else:
            is_down = values["is_unresponsive"] or values["is_disconnected"]
            state = "down" if is_down else "up"
        found[state] += 1
    return found


def worked(estate: Estate, name: str, seconds: Sequence[int]) -> Mapping[str, float]:
    """What a queue achieved in so many seconds."""
    held = estate.values(name)
    found = dict.fromkeys(("successful", "failed", "application", "business"), 0.0)
    keys = ("successful_items", "failed_items", "application_exceptions", "business_exceptions")
    handling, seen, backlog, idle, longest, peak = 0.0, 0, 0.0, 0, 0, 0.0
    polls = sorted(held)
    for second in seconds:
        at = estate.last_poll(second)
        values = None if at is None else held[at]
        if values is None:
            idle = 0
            continue
        if at == second:
            earlier = [other for other in polls if other < at]
            before = held[earlier[-1]] if earlier else None
            grown = [
                max(0.0, values[key] - before[key]) if before is not None else 0.0 for key in keys
            ]
            for part, more in zip(found, grown, strict=True):
                found[part] += more
            if grown[0] or grown[1]:
                handling += (grown[0] + grown[1]) * values["mean_processing_s"]
                idle = 0
        if values["new_items"] <= values["deferred_items"]:
            idle = 0
        if at == second:
            peak = max(peak, values["new_items"])
        if not estate.is_blind(second):
            seen += 1
            backlog += values["new_items"]
            peak = max(peak, values["new_items"])
            idle += values["new_items"] > values["deferred_items"]
            longest = max(longest, idle)
    finished = found["successful"] + found["failed"]
    return {
        **found,
        "finished": finished,
        "handling": handling / finished,
        "backlog": backlog / seen,
        "peak": peak,
        "longest": longest,
    }


def used(estate: Estate, seconds: Sequence[int]) -> Mapping[str, float]:
    """How a license was used in so many seconds."""
    total, seen, scarce, full, peak = 0.0, 0, 0, 0, 0.0
    for second in seconds:
        at = estate.last_poll(second)
        if at is None:
            continue
        now = estate.seen[at]["Unattended"]["used"]
        if at == second or not estate.is_blind(second):
            peak = max(peak, now)
        if not estate.is_blind(second):
            seen += 1
            total += now
            scarce += now >= 9
            full += now >= 10
    return {"mean": total / seen, "scarce": scarce, "full": full, "peak": peak}
