"""A queue has more waiting items than it should.

Source: Orchestrator reference, queue counts: items to process include the postponed ones.
"""

from datetime import timedelta

from pydantic import Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import RuleOptions, RuleType


class Options(RuleOptions):
    """How long a queue may grow."""

    above: int = Field(
        ge=0, le=10**12, description="more waiting items than this, postponed ones too"
    )


def condition(options: Options) -> Condition:
    """Hold for five minutes unless `for` says otherwise: a batch that arrives is no backlog."""
    return Condition(
        kind="queue",
        when=f"new_items > {options.above}",
        value="new_items",
        limit=float(options.above),
        hold=timedelta(minutes=5),
        summary="{{ name }}: {{ value | number }} items wait (limit {{ limit | number }})",
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.WARNING,
    help="More than `above` items wait in a queue, for five minutes unless `for` says otherwise.",
    example="""\
[rules.backlog]
type = "queue-backlog"
above = 500
clear_below = 300
for = "10m"
""",
)
