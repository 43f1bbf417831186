import pytest

from monitor.store import Store
from tests.integration.pipeline.breakable import BreakableStore


@pytest.fixture
def breakable(store: Store) -> BreakableStore:
    """The test's database, behind a store that can be made to fail."""
    return BreakableStore(store.database)
