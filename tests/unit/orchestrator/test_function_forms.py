import httpx
import pytest

from monitor.errors import EndpointMissing
from monitor.orchestrator.wire import License
from tests.wires import FakeClock, Server, a_client

PLAIN = "/odata/Settings/UiPath.Server.Configuration.OData.GetLicense"
CALLED = f"{PLAIN}()"


def answer() -> httpx.Response:
    return httpx.Response(200, json={"IsExpired": False})


def test_the_form_that_a_version_knows_is_found_and_kept_until_it_knows_the_other() -> None:
    server = Server(FakeClock())
    with a_client(server, server.clock) as client:

        def ask() -> None:
            with client.poll(30) as poll:
                poll.get(PLAIN, type=License)

        server.routes = {CALLED: answer()}
        ask()
        ask()
        assert server.asked == [PLAIN, CALLED, CALLED]
        server.routes = {PLAIN: answer()}  # upgraded
        ask()
        ask()
        assert server.asked[3:] == [CALLED, PLAIN, PLAIN]
        server.routes = {}
        with pytest.raises(EndpointMissing):
            ask()
        assert server.asked[6:] == [PLAIN, CALLED]
