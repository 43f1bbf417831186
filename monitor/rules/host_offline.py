"""A whole host is down: its sessions are silent, all of them.

Source: Orchestrator reference, session liveness. One silent robot is told of by its own alert, a
host whose robots all said goodbye by theirs: this rule wants several sessions, one of them silent.
"""

from pydantic import Field

from monitor.core.rule import Condition
from monitor.core.severity import Severity
from monitor.rules import UNATTENDED, RuleOptions, RuleType


class Options(RuleOptions):
    """Which hosts are large enough."""

    sessions: int = Field(
        default=2, ge=1, le=10_000, description="hosts of fewer sessions are left to their robots"
    )


def condition(options: Options) -> Condition:
    """Count sessions: one is unresponsive, and no other has sent a heartbeat for a while.

    So the host is told of before its robots are, one after the other. In maintenance none is late.

    A host of which all is disconnected after it fell silent has not come back, so the alert stays.
    """
    return Condition(
        kind="machine",
        when=(
            f"sessions >= {options.sessions} and unresponsive_sessions > 0 "
            "and late_sessions + disconnected_sessions >= sessions"
        ),
        clear_when="sessions == 0 or late_sessions + disconnected_sessions < sessions",
        value="late_sessions",
        where=UNATTENDED,
        summary=(
            "Host {{ name }} is down: all {{ sessions | number }} sessions are silent"
            "{% if disconnected_sessions %} or disconnected{% endif %}"
        ),
    )


RULE = RuleType(
    options=Options,
    condition=condition,
    severity=Severity.CRITICAL,
    help=(
        "A host with unattended robots is down: of its `sessions` or more sessions all are "
        "unresponsive or disconnected, and at least one is unresponsive."
    ),
    example="""\
[rules.host-offline]
type = "host-offline"
sessions = 2
""",
)
