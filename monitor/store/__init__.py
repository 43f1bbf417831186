"""The history database: the only importer of sqlalchemy and alembic.

`open_store` returns the store, `upgrade` brings its schema up to date, `hold` keeps a second
daemon away. What commands ask is in `queries.py` and `history.py`. Rows never leave this package:
it hands out the dataclasses of `core/` and its own.
"""

from monitor.store.store import Store, Write, open_store

__all__ = ["Store", "Write", "open_store"]
