from collections.abc import Iterator

import pytest

from tests.integration.unconfirmed.watch import STOPPING


@pytest.fixture(scope="module", autouse=True)
def _servers_have_stopped() -> Iterator[None]:
    yield
    while STOPPING:
        STOPPING.pop().result(timeout=10)
