"""What a start or a reload reads from the database, so that rules go on where they were."""

from datetime import datetime

from monitor.core.health import Health, because
from monitor.core.kinds import KINDS
from monitor.core.remit import Remit
from monitor.core.sample import Failed
from monitor.core.situation import Transitions
from monitor.core.vitals import Vitals
from monitor.store.store import Store


def recall(remit: Remit, store: Store, now: datetime, before: Remit | None = None) -> Transitions:
    """Remember what the rules look back on: from the remit `before`, else from the history.

    Return when alerts opened and recovered, as far back as a rule counts it.

    Raises:
        StoreError: the history cannot be read.
    """
    remit.roster.learn(store.known_subjects(remit.roster.kinds))
    kept = frozenset() if before is None else remit.take_over(before)
    for kind, spans in remit.spans.items():
        for index, window in spans.items():
            if (kind, index) in kept or KINDS[kind].history is None:
                continue
            metric = KINDS[kind].metrics[index].name
            for identity, at, value in store.load_series(kind, metric, now - window):
                remit.windows.observe(identity, index, at, value)
    return store.load_transitions(now - remit.flapping_window)


def recall_vitals(vitals: Vitals, remit: Remit, store: Store, now: datetime) -> None:
    """Take over how collectors and channels fared before the start.

    Raises:
        StoreError: that cannot be read.
    """
    vitals.learn(
        store.channel_failures(),
        [
            Health(
                subject=because(
                    remit.collector(state.tenant, state.collector),
                    Failed(kind=state.outcome, message=state.last_error or "")
                    if state.failures
                    else None,
                ),
                known_since=now,
                last_success_at=state.last_success_at,
                failed_polls=state.failures,
                failing_since=state.outcome_since if state.failures else None,
                samples=state.samples,
                blind_since=state.outcome_since if state.failures else None,
            )
            for state in store.collector_states()
        ],
    )
