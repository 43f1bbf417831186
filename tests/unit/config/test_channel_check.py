from pathlib import Path

from monitor.config.channel_check import check_channels
from monitor.config.load import load_text

TEXT = """[tenants.production]
url = "https://cloud.uipath.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "secret-token" }
[channels.good]
url = "json://localhost:9/hook"
[channels.odd]
url = "nosuchservice://canary-1/canary-2"
[channels.gone]
url_env = "MONITOR_TEST_NOT_SET"
"""


def test_an_address_of_no_known_service_is_told_with_its_line() -> None:
    configuration = load_text(TEXT, Path("config.toml"), read_secrets=False)

    problems = check_channels(configuration)

    assert [(problem.key, problem.line) for problem in problems] == [
        ("channels.odd.url", 7),
        ("channels.gone.url_env", 9),
    ]
    assert "canary" not in " ".join(str(problem) for problem in problems)
