"""Too many of a queue's items fail.

Source: Orchestrator reference, queue counts: totals cover what is retained, so only their rises
mean work; an application exception may be retried, a business exception is for the business.
"""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from monitor.core.duration import format_duration
from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import Memory, RuleOptions, RuleType, Share


def _of_all(value: float) -> float:
    if not 0 < value <= 1:
        raise ValueError('must be more than nothing and at most all: "1%" to "100%"')
    return value


class Options(RuleOptions):
    """How many failures are too many."""

    share: Annotated[Share, AfterValidator(_of_all)] = Field(
        default=0.2, description="failed items among the finished ones: this share or more"
    )
    at_least: int = Field(
        default=5, ge=1, le=10**12, description="fewer failures than this never alert"
    )
    within: Memory = Field(
        default=timedelta(hours=1), description="the time that is looked back on"
    )
    exceptions: Literal["any", "application", "business"] = Field(
        default="any", description="which failures count: any, application or business"
    )


def condition(options: Options) -> Condition:
    """Compare what failed with what was finished within the window."""
    metric = "failed_items" if options.exceptions == "any" else f"{options.exceptions}_exceptions"
    window = format_duration(options.within)
    failed = f"increase({metric}, '{window}')"
    finished = f"(increase(failed_items, '{window}') + increase(successful_items, '{window}'))"
    kind = "" if options.exceptions == "any" else f" with {options.exceptions} exceptions"
    return Condition(
        kind="queue",
        when=f"{failed} >= {options.at_least} and {failed} / {finished} >= {options.share!r}",
        value=f"{failed} / {finished}",
        limit=options.share,
        summary=(
            "{{ name }}: "
            "{% if value is not none %}{{ value | percent }} of{% else %}too many of{% endif %}"
            f" the items finished within {window} failed{kind} (limit {{{{ limit | percent }}}})"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.WARNING,
    help=(
        "Within `within`, at least `at_least` items of a queue failed, and these are `share` or "
        "more of the items finished."
    ),
    example="""\
[rules.queue-failures]
type = "queue-failures"
share = "20%"
at_least = 5
within = "1h"
""",
)
