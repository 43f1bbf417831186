"""What two sets of rules make of the same past: what both found, and what only one of them did."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.replay import Incident

Key = tuple[str, tuple[str, str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Incidents of the rules tried, that the rules before found as well (`both`) or not (`added`).

    `missed` are those of the rules before that the ones tried do not find.
    """

    both: Sequence[Incident]
    added: Sequence[Incident]
    missed: Sequence[Incident]


def difference(before: Iterable[Incident], tried: Iterable[Incident]) -> Difference:
    """Compare incidents: two are of one problem when rule, subject and some time are the same."""
    old, new = _by_subject(before), _by_subject(tried)
    both: list[Incident] = []
    added: list[Incident] = []
    for key, incidents in new.items():
        for incident in incidents:
            (both if _meets(incident, old.get(key, ())) else added).append(incident)
    missed = [
        incident
        for key, incidents in old.items()
        for incident in incidents
        if not _meets(incident, new.get(key, ()))
    ]
    return Difference(both=_ordered(both), added=_ordered(added), missed=_ordered(missed))


def _by_subject(incidents: Iterable[Incident]) -> dict[Key, list[Incident]]:
    found: dict[Key, list[Incident]] = defaultdict(list)
    for incident in incidents:
        found[incident.rule, incident.subject.identity].append(incident)
    return found


def _meets(one: Incident, others: Iterable[Incident]) -> bool:
    return any(_is_before(one, other) and _is_before(other, one) for other in others)


def _is_before(one: Incident, other: Incident) -> bool:
    """Tell whether one opened before the other was over, or in the instant of its end."""
    return other.resolved_at is None or one.opened_at <= other.resolved_at


def _ordered(incidents: Iterable[Incident]) -> list[Incident]:
    def place(one: Incident) -> tuple[datetime, str, tuple[str, str, str]]:
        return one.opened_at, one.rule, one.subject.identity

    return sorted(incidents, key=place)
