"""What a rule is to the engine: a judge of samples, and the policy of its alerts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from monitor.core.flapping import Flapping
from monitor.core.matching import Where
from monitor.core.sample import Sample
from monitor.core.severity import Severity
from monitor.core.window import Windows


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What every rule type boils down to: expressions over one kind's metrics.

    `when` opens an alert; `clear_when` (default: not `when`) lets it resolve. `value` is the
    expression shown to people beside `limit`. `summary` is the sentence, a template over labels,
    metrics, `name`, `value` and `limit`. `where` restricts to matching labels beside the user's
    own `where`; `hold` is the default of `for`.
    """

    kind: str
    when: str
    summary: str
    value: str
    limit: float | None = None
    clear_when: str | None = None
    where: Where = field(default_factory=Where)
    hold: timedelta = timedelta()


class Evidence(StrEnum):
    """What a sample says of a rule's condition."""

    BREACHED = "breached"
    FINE = "fine"
    UNCLEAR = "unclear"
    ABSENT = "absent"
    OUT_OF_SCOPE = "out of scope"


class NoData(StrEnum):
    """What a rule makes of a subject that is no longer in the answers.

    `KEEP` keeps the alert for some polls and then tells that the subject is gone, `ALERT` opens
    one and keeps it until the subject is back, `RESOLVE` takes absence for recovery.
    """

    KEEP = "keep"
    ALERT = "alert"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How long a condition must hold before an alert opens, and be fine before it resolves.

    The counts are evaluations; both the time and the count must be reached. `gone_after` is the
    number of good polls without the subject after which it counts as gone. `flapping` is None
    where every change is told.
    """

    hold: timedelta = timedelta()
    hold_count: int = 1
    keep_open: timedelta = timedelta()
    keep_open_count: int = 1
    gone_after: int = 3
    no_data: NoData = NoData.KEEP
    flapping: Flapping | None = field(default_factory=Flapping)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule, compiled.

    `breaches` returns of the given samples those whose condition holds, and those for which it
    cannot be told (a metric is missing, the history does not reach back far enough); all others
    are fine. `clears` judges one sample of an open alert: True clear, False still bad, None
    cannot be told. `value` is what is shown, `summary` says it. All pure; ages are those at the
    windows' end. `metrics` are those it cannot do without,
    `windows` how far it looks back on some of them.
    """

    name: str
    type: str
    kind: str
    severity: Severity
    policy: Policy
    where: Where
    limit: float | None
    breaches: Callable[[Sequence[Sample], Windows], tuple[list[Sample], list[Sample]]]
    clears: Callable[[Sample, Windows], bool | None]
    value: Callable[[Sample, Windows], float | None]
    summary: Callable[[Sample, Windows, float | None, float | None], str]
    windows: Mapping[str, timedelta] = field(default_factory=dict)
    metrics: frozenset[str] = frozenset()
    channels: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    runbook_url: str | None = None
    source: str = ""
