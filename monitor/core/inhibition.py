"""One problem explains others: while it is open, those are not told.

An alert that is itself muted still inhibits. Alerts that would mute each other in a circle are not
muted by one another: somebody has to be told of one of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from monitor.core.alert import Alert, AlertKey, Phase
from monitor.core.matching import Where


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """While an alert that matches `source` is open, those matching `target` are not told.

    Both must have the same text in the labels `equal`. A label that one of them lacks is not
    equal: else a single alert without a folder would mute all others without one.
    """

    name: str
    source: Where
    target: Where
    equal: tuple[str, ...] = ()


Labelled = tuple[Alert, Mapping[str, str]]


def inhibitors(
    inhibitions: Sequence[Inhibition], alerts: Iterable[Labelled]
) -> dict[AlertKey, tuple[Alert, ...]]:
    """Return for each inhibited alert those that inhibit it, without circles."""
    alerts = list(alerts) if inhibitions else []
    muting: dict[AlertKey, dict[AlertKey, Alert]] = {}
    for inhibition in inhibitions:
        for target, source in _pairs(inhibition, alerts):
            muting.setdefault(target.key, {})[source.key] = source
    return {
        target: kept
        for target, sources in muting.items()
        if (kept := tuple(s for key, s in sources.items() if not _leads_to(target, key, muting)))
    }


def _pairs(inhibition: Inhibition, alerts: Sequence[Labelled]) -> Iterable[tuple[Alert, Alert]]:
    sources: dict[tuple[str, ...], list[tuple[Alert, bool]]] = {}
    for alert, labels in alerts:
        if alert.phase is Phase.FIRING and inhibition.source.matches(labels):
            key = tuple(labels.get(name, "") for name in inhibition.equal)
            if not all(key):
                continue
            sources.setdefault(key, []).append((alert, inhibition.target.matches(labels)))
    if not sources:
        return
    for alert, labels in alerts:
        key = tuple(labels.get(name, "") for name in inhibition.equal)
        found = sources.get(key)
        if not found or not inhibition.target.matches(labels):
            continue
        # Who matches both sides is not muted by another that does: one of them must be told.
        is_source = inhibition.source.matches(labels)
        for source, is_target in found:
            if not (is_source and is_target) and source.key != alert.key:
                yield alert, source


def _leads_to(
    start: AlertKey, wanted: AlertKey, muting: Mapping[AlertKey, Mapping[AlertKey, Alert]]
) -> bool:
    """Tell whether `start` inhibits `wanted`, be it through others."""
    waiting, seen = [wanted], {wanted}
    while waiting:
        for source in muting.get(waiting.pop(), ()):
            if source == start:
                return True
            if source not in seen:
                seen.add(source)
                waiting.append(source)
    return False
