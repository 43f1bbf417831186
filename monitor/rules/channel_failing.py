"""A channel does not take messages: whoever relies on it hears nothing, so others are told."""

from pydantic import Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import RuleOptions, RuleType


class Options(RuleOptions):
    """How often a channel may fail."""

    attempts: int = Field(
        default=3, ge=1, le=1000, description="as many attempts in a row have failed"
    )


def condition(options: Options) -> Condition:
    """Count failures in a row; a message given up is enough. One accepted message ends it."""
    return Condition(
        kind="channel",
        when=f"failed_attempts >= {options.attempts} or given_up > 0",
        value="failed_attempts",
        limit=float(options.attempts),
        summary=(
            "The channel {{ channel }} has not taken a message for "
            "{{ seconds_failing | duration }} (attempts that failed: {{ value | number }})"
            "{% if reason %}: {{ reason }}{% endif %}"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.CRITICAL,
    help="A channel failed `attempts` times in a row; told on the other channels.",
    example="""\
[rules.channel-failing]
type = "channel-failing"
attempts = 3
""",
)
