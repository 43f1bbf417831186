"""Every table, those generated for the kinds included: what the migrations must lead to."""

from monitor.store.kind_tables import KIND_TABLES
from monitor.store.rollup_tables import ROLLED
from monitor.store.tables import METADATA
from monitor.store.trace_tables import TURNS

# Importing these tables is what adds them to METADATA.
__all__ = ["KIND_TABLES", "METADATA", "ROLLED", "TURNS"]
