"""The credentials of a tenant end soon, or have ended, by what the configuration says of them.

Orchestrator tells nobody when a token or a secret ends.
Source: Orchestrator reference, personal access tokens.
"""

from datetime import timedelta

from pydantic import Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import RuleOptions, RuleType, Span


class Options(RuleOptions):
    """How early to tell."""

    before: Span = Field(default=timedelta(days=30), description="fewer days than this are left")


def condition(options: Options) -> Condition:
    """Count ended credentials too: the alert of the last days stays open."""
    days = options.before / timedelta(days=1)
    return Condition(
        kind="tenant",
        when=f"days_to_credential_expiry < {days!r}",
        value="days_to_credential_expiry",
        limit=days,
        summary=(
            "{% if value is not none and value <= 0 %}"
            "The credentials of {{ tenant }} have expired"
            "{% elif value is not none and value < 1 %}"
            "The credentials of {{ tenant }} expire within a day"
            "{% else %}"
            "The credentials of {{ tenant }} expire in {{ value | int }}"
            " {{ 'day' if value | int == 1 else 'days' }}"
            "{% endif %}"
            "; renew them, and change `expires`"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.WARNING,
    help="The stated end of a tenant's credentials is nearer than `before`, or past.",
    example="""\
[rules.credential-expiry]
type = "credential-expiry"
before = "30d"
""",
)
