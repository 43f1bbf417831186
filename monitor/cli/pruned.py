"""What `db prune` says: what went by age, and how much space came back."""

from collections.abc import Iterator, Mapping

from monitor.store.pruning import Pruned
from monitor.store.retention import Cutoffs
from monitor.web.wording import count, iso

_HISTORY = {
    "stretches": ("closed stretch", "closed stretches"),
    "polls": ("poll", "polls"),
    "subjects": ("subject that is gone", "subjects that are gone"),
    "names": ("former name", "former names"),
    "absences": ("absence", "absences"),
    "turns": ("start or reload", "starts and reloads"),
}
_HOURS = {"hours": ("hourly rollup", "hourly rollups")}
_DAYS = {"days": ("daily rollup", "daily rollups")}
_ALERTS = {
    "alerts": ("resolved alert", "resolved alerts"),
    "events": ("event of them", "events of them"),
    "acknowledgements": ("acknowledgement", "acknowledgements"),
    "deliveries": ("message", "messages"),
    "attempts": ("attempt to deliver", "attempts to deliver"),
    "silences": ("silence", "silences"),
}
_THOUSAND = 1000


def as_data(done: Pruned) -> Mapping[str, object]:
    """Return what scripts read."""
    space = done.after
    return {
        "history_until": iso(done.cutoffs.history),
        "alerts_until": iso(done.cutoffs.alerts),
        "hours_until": iso(done.cutoffs.hours),
        "days_until": iso(done.cutoffs.days),
        "gone": {name: done.gone[name] for name in (*_HISTORY, *_HOURS, *_DAYS, *_ALERTS)},
        "bytes_given_back": done.bytes_given_back,
        "bytes": None if space is None else space.bytes,
        "bytes_free": None if space is None else space.free_bytes,
    }


def as_text(done: Pruned, *, dry_run: bool) -> Iterator[str]:
    """Yield what people read, line by line."""
    verb = "would go" if dry_run else "gone"
    listed = list(_listed(done.gone, done.cutoffs))
    if not listed:
        yield "nothing is too old"
    for line in listed:
        yield f"{verb}: {line}"
    if not dry_run:
        yield _space(done)


def size(amount: int) -> str:
    """Return a number of bytes as people read it: `812 kB`, `3.4 MB`."""
    value, unit = float(amount), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < _THOUSAND:
            break
        value, unit = value / _THOUSAND, larger
    return f"{value:.3g} {unit}" if value < _THOUSAND else f"{value:,.0f} {unit}"


def _listed(gone: Mapping[str, int], cutoffs: Cutoffs) -> Iterator[str]:
    for words, until in (
        (_HISTORY, cutoffs.history),
        (_HOURS, cutoffs.hours),
        (_DAYS, cutoffs.days),
        (_ALERTS, cutoffs.alerts),
    ):
        told = [
            count(gone[name], one, many).replace(str(gone[name]), f"{gone[name]:,}", 1)
            for name, (one, many) in words.items()
            if gone.get(name)
        ]
        if told:
            yield f"{', '.join(told)}, from before {iso(until)}"


def _space(done: Pruned) -> str:
    space = done.after
    if space is None:
        return "the room is used again for what comes: Postgres sees to it by itself (autovacuum)"
    given = done.bytes_given_back or 0
    if given > 0:
        return f"{size(given)} given back to the disk, {size(space.bytes)} left"
    if not space.gives_back and space.free_pages:
        return (
            f"{size(space.bytes)}, {size(space.free_bytes)} of it free for what comes; this file "
            "gives space back once most of that is free and `db prune` runs without the daemon"
        )
    return f"{size(space.bytes)}, {size(space.free_bytes)} of it free for what comes"
