from collections.abc import Iterator

import pytest

from tests.unit.daemon.log_capture import Capture


@pytest.fixture
def capture() -> Iterator[Capture]:
    capture = Capture()
    yield capture
    capture.close()
