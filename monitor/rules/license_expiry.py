"""The tenant's license expires soon, or has expired.

Source: Orchestrator reference, licenses: a date of nothing means that it is not known.
"""

from datetime import timedelta

from pydantic import Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import RuleOptions, RuleType, Span


class Options(RuleOptions):
    """How early to tell."""

    before: Span = Field(
        default=timedelta(days=30), description="fewer days than this are left, or none"
    )


def condition(options: Options) -> Condition:
    """Count an expired license too: the alert of the last days stays open."""
    days = options.before / timedelta(days=1)
    return Condition(
        kind="subscription",
        when=f"days_to_expiry < {days!r} or is_expired",
        value="days_to_expiry",
        limit=days,
        summary=(
            "{% if is_expired or (value is not none and value < 0) %}"
            "The license of {{ tenant }} has expired"
            "{% elif value is not none and value < 1 %}"
            "The license of {{ tenant }} expires within a day"
            "{% else %}"
            "The license of {{ tenant }} expires in {{ value | int }}"
            " {{ 'day' if value | int == 1 else 'days' }}"
            "{% endif %}"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.WARNING,
    help="The tenant's license expires in less than `before`, or has expired.",
    example="""\
[rules.license-expiry]
type = "license-expiry"
before = "30d"
""",
)
