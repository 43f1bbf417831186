"""The monitor cannot see: a collector fails again and again, or all of a tenant.

While it does, nothing is known of its subjects, so their alerts neither open nor resolve; this one
says why. What fails with everything else of a tenant is one alert about the tenant.
"""

from pydantic import Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import RuleOptions, RuleType


class Options(RuleOptions):
    """How long the monitor may be blind."""

    polls: int = Field(default=3, ge=1, le=1000, description="as many polls in a row have failed")


def condition(options: Options) -> Condition:
    """Count failed polls in a row; one good poll ends it."""
    return Condition(
        kind="collector",
        when=f"failed_polls >= {options.polls}",
        value="failed_polls",
        limit=float(options.polls),
        summary=(
            "{% if sight == 'throttled' %}Slowed by Orchestrator: cannot{% else %}Cannot{% endif %}"
            " see {% if name != tenant %}{{ collector }} of {% endif %}{{ tenant }} for "
            "{{ seconds_since_success | duration }} ({{ value | number }} polls failed)"
            "{% if reason %}: {{ reason }}{% endif %}"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.CRITICAL,
    help="A collector failed `polls` times in a row: the monitor is blind there.",
    example="""\
[rules.collector-failing]
type = "collector-failing"
polls = 3
""",
)
