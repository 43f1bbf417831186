"""A robot said goodbye, or its service stopped, and it does not come back.

Source: Orchestrator reference, session liveness: an unattended robot that is disconnected is worth
an alert after some grace; people with attended robots just go home.
"""

from datetime import timedelta

from pydantic import Field

from monitor.core.duration import format_duration
from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import UNATTENDED, Duration, RuleOptions, RuleType


class Options(RuleOptions):
    """How long a robot may be away."""

    after: Duration = Field(
        default=timedelta(minutes=5),
        description="disconnected this long, a restart takes a while; the key `for` has priority",
    )


def condition(options: Options) -> Condition:
    """Hold for `after`. A robot that is silent instead has not come back."""
    grace = f" for {format_duration(options.after)}" if options.after else ""
    return Condition(
        kind="session",
        when="is_disconnected and not in_maintenance",
        clear_when="in_maintenance or (not is_disconnected and not is_unresponsive)",
        value="",
        where=UNATTENDED,
        hold=options.after,
        summary=(
            f"{{{{ name }}}} has been disconnected{grace}"
            "{% if host and host not in name %} (host {{ host }}){% endif %}"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.CRITICAL,
    help=(
        "An unattended robot has been disconnected for `after` (its host or service is stopped), "
        "and is not in maintenance."
    ),
    example="""\
[rules.robot-offline]
type = "session-offline"
after = "5m"
""",
)
