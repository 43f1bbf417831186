"""The plainest code that could do a steady cycle's work: what the benchmark measures against.

One kept urllib3 pool without sign-in, msgspec structs, a dict of the last rows by id, rules only on
the rows that changed, and changes and latest rows into SQLite by `executemany` in one transaction
(WAL, synchronous NORMAL). No retries, no alerts, no logs, no names, no second list.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import urllib3

LIST = "/odata/Sessions/UiPath.Server.Configuration.OData.GetMachineSessionRuntimes"
PAGE = 1000


class Row(msgspec.Struct, gc=False, rename="pascal"):
    """Eight fields of a session."""

    session_id: int
    machine_name: str
    host_machine_name: str
    runtime_type: str
    status: str
    is_unresponsive: bool
    reporting_time: str
    maintenance_mode: str


class Page(msgspec.Struct, gc=False):
    value: list[Row]


Test = Callable[[Row], bool]
RULES: Sequence[Test] = (
    lambda row: row.is_unresponsive and row.maintenance_mode != "Enabled",
    lambda row: row.status == "Disconnected" and row.maintenance_mode != "Enabled",
)

_TABLES = """
CREATE TABLE latest (id INTEGER PRIMARY KEY, status TEXT, silent INTEGER, time TEXT);
CREATE TABLE changes (at INTEGER, id INTEGER, status TEXT, silent INTEGER, time TEXT,
  PRIMARY KEY (at, id)) WITHOUT ROWID;
"""
_CHANGE = "INSERT INTO changes VALUES (?, ?, ?, ?, ?)"
_LATEST = (
    "INSERT INTO latest VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
    "status = excluded.status, silent = excluded.silent, time = excluded.time"
)


class Floor:
    """One client with its memory and its file.

    `rules` are for all sessions, `rules_of` for those of one machine. `ignore_beats` leaves the
    heartbeat out of the comparison, where every one of them moves.
    """

    def __init__(
        self,
        url: str,
        file: Path,
        *,
        sessions: int,
        rules: Sequence[Test] = RULES,
        rules_of: Mapping[str, Sequence[Test]] | None = None,
        ignore_beats: bool = False,
    ) -> None:
        self._pool = urllib3.PoolManager(headers={"Accept-Encoding": "gzip"})
        self._urls = [
            f"{url}{LIST}?%24top={PAGE}&%24skip={skip}" for skip in range(0, sessions, PAGE)
        ]
        self._decode = msgspec.json.Decoder(Page).decode
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_TABLES)
        self._rules = rules
        self._rules_of = rules_of or {}
        self._ignore_beats = ignore_beats
        self._cycle = 0
        self.rows: dict[int, Row] = {}
        self.changed: list[Row] = []
        self.breached: set[tuple[int, int]] = set()

    def cycle(self) -> None:
        rows = self._fetch()
        if self._ignore_beats:
            for row in rows.values():
                row.reporting_time = ""
        before = self.rows
        self.changed = [row for key, row in rows.items() if before.get(key) != row]
        self.rows = rows
        self._judge()
        self._store()

    def _fetch(self) -> dict[int, Row]:
        rows: dict[int, Row] = {}
        for url in self._urls:
            page = self._decode(self._pool.request("GET", url).data)
            rows.update((row.session_id, row) for row in page.value)
        return rows

    def _judge(self) -> None:
        """Keep which rule is breached by which session: (position of the rule, id)."""
        nothing: Sequence[Test] = ()
        for row in self.changed:
            special = self._rules_of.get(row.machine_name, nothing)
            for number, rule in enumerate((*self._rules, *special)):
                if rule(row):
                    self.breached.add((number, row.session_id))
                else:
                    self.breached.discard((number, row.session_id))

    def _store(self) -> None:
        self._cycle += 1
        rows = [
            (row.session_id, row.status, row.is_unresponsive, row.reporting_time)
            for row in self.changed
        ]
        database = self._database
        database.execute("BEGIN")
        database.executemany(_CHANGE, [(self._cycle, *row) for row in rows])
        database.executemany(_LATEST, rows)
        database.execute("COMMIT")

    def close(self) -> None:
        self._pool.clear()
        self._database.close()
