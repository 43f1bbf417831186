from monitor.cli.findings import State, _of_collector
from monitor.orchestrator.folders import Folders
from tests.wires import FakeClock, Server, a_client, page, refusal

SESSIONS = "/odata/Sessions/UiPath.Server.Configuration.OData.GetGlobalSessions"
RUNTIMES = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes"


def test_what_could_not_be_read_is_said_in_words_and_is_a_warning() -> None:
    server = Server(FakeClock())
    server.routes = {RUNTIMES: refusal(403, 0), SESSIONS: page([])}
    with a_client(server, server.clock) as client:
        finding = _of_collector("production", "sessions", Folders(), client, server.clock)

    assert finding.state is State.WARNING
    assert finding.detail.endswith(
        "; hosts are not readable; grant Machines.View to see all of them"
    )
    assert finding.status == 0


def test_a_version_that_has_no_better_list_is_fine() -> None:
    server = Server(FakeClock())
    server.routes = {SESSIONS: page([])}
    with a_client(server, server.clock) as client:
        finding = _of_collector("production", "sessions", Folders(), client, server.clock)

    assert finding.state is State.OK
    assert finding.detail == "no sessions and no machines in 0.0 s"
