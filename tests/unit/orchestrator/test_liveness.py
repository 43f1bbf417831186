import pytest

from monitor.orchestrator.liveness import expects_heartbeat, is_attended


@pytest.mark.parametrize(
    ("robot_type", "scope", "session_type", "expected"),
    [
        ("Unattended", "Default", "LongLived", True),
        ("Attended", None, None, True),
        (None, None, None, True),
        ("SomethingNew", "SomethingNewToo", None, True),
        ("Unattended", "Default", "Ephemeral", False),
        ("Serverless", None, None, False),
        ("ServerlessTestAutomation", None, None, False),
        ("AutomationCloud", None, None, False),
        ("AutomationCloudTestAutomation", None, None, False),
        ("ProcessOrchestration", None, None, False),
        ("AttendedStudioWeb", None, None, False),
        ("Unattended", "ElasticRobot", None, False),
        ("Unattended", "PersonalWorkspace", None, True),
    ],
)
def test_only_what_sends_heartbeats_can_miss_them(
    robot_type: str | None, scope: str | None, session_type: str | None, *, expected: bool
) -> None:
    assert expects_heartbeat(robot_type, scope, session_type) is expected


@pytest.mark.parametrize(
    ("robot_type", "attended"),
    [
        ("Attended", True),
        ("StudioPro", True),
        ("Unattended", False),
        ("Headless", False),
        (None, False),
    ],
)
def test_a_persons_robot_is_told_from_a_hosts(robot_type: str | None, *, attended: bool) -> None:
    assert is_attended(robot_type) is attended
