"""Items wait in a queue and nobody finishes any.

Source: Orchestrator reference, queue counts: waiting items include postponed ones; totals fall when
old items are cleaned away, so only rises count as work.
"""

from datetime import timedelta

from pydantic import Field

from monitor.core.duration import format_duration
from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import Memory, RuleOptions, RuleType


class Options(RuleOptions):
    """How long a queue may stand still."""

    after: Memory = Field(
        default=timedelta(hours=1),
        description="items waited all this time, and none was finished, well or badly",
    )


def condition(options: Options) -> Condition:
    """Look at the least number of waiting items and at what was finished, over the same window."""
    window = format_duration(options.after)
    finished = f"increase(successful_items, '{window}') + increase(failed_items, '{window}')"
    return Condition(
        kind="queue",
        when=f"new_items > 0 and min(new_items, '{window}') > 0 and {finished} == 0",
        value="new_items",
        summary=(
            f"{{{{ name }}}}: nothing was finished for {window}, "
            "while {{ value | number }} items wait"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.WARNING,
    help="Items waited in a queue during the whole of `after`, and none was finished.",
    example="""\
[rules.queue-stalled]
type = "queue-stalled"
after = "1h"
""",
)
