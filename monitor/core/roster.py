"""Who was in the last good answer: what is not in the next one is missing.

Kept only for the kinds of rules with `no_data = "alert"`.
"""

from collections.abc import Iterable, Mapping, Sequence

from monitor.core.rule import NoData, Rule
from monitor.core.sample import Collected, Subject


class Roster:
    """The subjects of each tenant and kind that some rule misses. Not for several threads."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        """Begin knowing nobody."""
        self._kinds = {rule.kind for rule in rules if rule.policy.no_data is NoData.ALERT}
        self._known: dict[tuple[str, str], Mapping[str, Subject]] = {}

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds of which somebody would be missed."""
        return frozenset(self._kinds)

    def learn(self, subjects: Iterable[Subject]) -> None:
        """Take in who was there before the start."""
        for subject in subjects:
            if subject.kind in self._kinds:
                known = dict(self._known.get((subject.tenant, subject.kind), {}))
                self._known[subject.tenant, subject.kind] = known | {subject.key: subject}

    def missing(self, tenant: str, collected: Collected) -> Sequence[Subject]:
        """Return who was in the last good answer of this tenant and is not in this one.

        A partial answer proves nobody's absence.
        """
        if collected.partial:
            return ()
        missing: list[Subject] = []
        for kind in self._kinds.intersection(collected.kinds):
            here = {sample.subject.key for sample in collected.by_kind().get(kind, ())}
            known = self._known.get((tenant, kind), {})
            missing += [subject for key, subject in known.items() if key not in here]
        return missing

    def seen(self, tenant: str, collected: Collected) -> None:
        """Take in an answer that has been judged and recorded."""
        for kind in self._kinds.intersection(collected.kinds):
            here = {s.subject.key: s.subject for s in collected.by_kind().get(kind, ())}
            before = self._known.get((tenant, kind), {}) if collected.partial else {}
            self._known[tenant, kind] = {**before, **here}
