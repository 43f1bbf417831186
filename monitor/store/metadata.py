"""Every table, those generated for the kinds included: what the migrations must lead to."""

from monitor.store.kind_tables import KIND_TABLES
from monitor.store.tables import METADATA

# Importing the generated tables is what adds them to METADATA.
__all__ = ["KIND_TABLES", "METADATA"]
