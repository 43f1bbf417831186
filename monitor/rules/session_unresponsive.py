"""A robot is due to send heartbeats, and sends none.

Source: Orchestrator reference, session liveness: the server's own verdict is an age above 120 s; a
session that said goodbye (disconnected) or is in maintenance owes no heartbeat.
"""

from datetime import timedelta

from pydantic import Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import UNATTENDED, RuleOptions, RuleType, Span

SERVER_VERDICT_AFTER = timedelta(minutes=2)


class Options(RuleOptions):
    """When a robot counts as unresponsive."""

    after: Span = Field(
        default=SERVER_VERDICT_AFTER,
        description="a heartbeat older than this, by the server's clock",
    )


def condition(options: Options) -> Condition:
    """Judge by age; the server's own verdict counts too where it means the same two minutes.

    A robot that is disconnected after it fell silent has not recovered, so the alert stays.
    """
    limit_s = options.after.total_seconds()
    silent = f"heartbeat_age_s > {limit_s:.0f}"
    if options.after == SERVER_VERDICT_AFTER:
        silent = f"({silent} or is_unresponsive)"
    return Condition(
        kind="session",
        when=f"not is_disconnected and not in_maintenance and {silent}",
        clear_when=f"in_maintenance or (not is_disconnected and not {silent})",
        value="heartbeat_age_s",
        limit=limit_s,
        where=UNATTENDED,
        summary=(
            "{{ name }} has sent no heartbeat"
            "{% if value is not none %} for {{ value | duration }}{% endif %}"
            " (limit {{ limit | duration }}"
            "{% if host and host not in name %}, host {{ host }}{% endif %})"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.CRITICAL,
    help=(
        "An unattended robot has sent no heartbeat for longer than `after`, although it is "
        "connected and not in maintenance."
    ),
    example="""\
[rules.robot-unresponsive]
type = "session-unresponsive"
after = "2m"
""",
)
