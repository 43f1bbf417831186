"""The history: what it writes, how much room it takes, and how quickly it answers.

Each part runs beside its reference: the plainest code of the driver for a snapshot of 5,000 rows,
Prometheus' blocks of the same values for the room, a clock for the questions. First it is checked
that both sides have, or say, the same. `--robots 1000 --queues 250` asks of 86 million samples.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Column, Double, MetaData, SmallInteger, Table, Text, text

from monitor.clock import SystemClock
from monitor.config.load import load_text
from monitor.core.kinds import KINDS
from monitor.core.sample import Collected, Sample, Snapshot, Subject
from monitor.store import Store, bulk, open_store
from monitor.store.queries import current
from monitor.store.schema import upgrade
from monitor.store.space import checkpoint
from monitor.web.past import Past, Question, Row
from monitor.web.past_json import JsonRows
from monitor.web.server import StatusPage
from tests.benchmarks.estate_month import (
    MINUTES,
    QUEUE_METRICS,
    START,
    TENANT,
    Estate,
    by_minute,
    fill,
    instant_ms,
    keep_up,
)
from tests.benchmarks.processes import free_port, get

ROWS = 5000
CONFIGURATION = """
[tenants.production]
url = "https://orchestrator.example.com/acme/Production/orchestrator_"
auth = { type = "access-token", token = "benchmark" }
"""


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - what it is for


def median_ms(work: Callable[[], object], times: int) -> float:
    """Return the median of the wall times, in milliseconds."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


@contextmanager
def a_store() -> Iterator[tuple[Store, Path]]:
    """An empty history in a file."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "history.db"
        store = open_store(f"sqlite:///{file}")
        upgrade(store)
        try:
            yield store, file
        finally:
            store.close()


# -- P7: a snapshot of 5,000 rows -----------------------------------------------------------------


def snapshot_rows(url: str, rounds: int) -> None:
    """Write 5,000 rows of eight columns in a transaction: ours, and the driver by itself."""
    table = Table(
        "samples",
        MetaData(),
        Column("at", BigInteger, primary_key=True, autoincrement=False),
        Column("robot", BigInteger, primary_key=True, autoincrement=False),
        Column("state", Text),
        *(Column(name, SmallInteger) for name in ("busy", "silent", "gone")),
        *(Column(name, Double) for name in ("age", "load")),
    )
    store = open_store(url)
    upgrade(store)
    with store.writing() as write:
        table.create(write.connection)
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(2 * rounds):
        rows = [(number, n, "Available", n % 2, 0, None, n / 7, 0.5) for n in range(ROWS)]
        side = ours if number % 2 else theirs
        with store.writing() as write:
            raw: Any = write.connection.connection.driver_connection
            began = time.perf_counter()
            if side is ours:
                bulk.insert(write.connection, table, rows)
            else:
                _plainly(raw, rows, is_sqlite=url.startswith("sqlite"))
            write.connection.commit()
            side.append((time.perf_counter() - began) * 1000)
    with store.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM samples")) == 2 * rounds * ROWS
    mine, reference = statistics.median(ours), statistics.median(theirs)
    name = "SQLite, executemany" if url.startswith("sqlite") else "Postgres, COPY binary"
    say(f"5,000 rows, {name}: {reference:.1f} ms, ours {mine:.1f}: {mine / reference:.2f}")
    with store.writing() as write:
        table.drop(write.connection)
    store.close()


def _plainly(connection: Any, rows: Sequence[tuple[object, ...]], *, is_sqlite: bool) -> None:  # noqa: ANN401 - of either driver
    if is_sqlite:
        connection.executemany("INSERT INTO samples VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        return
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY samples FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "int8", "text", "int2", "int2", "int2", "float8", "float8"])
        for row in rows:
            copy.write_row(row)


# -- P9: room on the disk -------------------------------------------------------------------------


def room(robots: int, queues: int, days: int) -> None:
    """Compare bytes for a sample: a value of a series in a minute."""
    with a_store() as (store, file):
        samples = fill(store, Estate.of(robots, queues), days)
        checkpoint(store)
        ours = file.stat().st_size / samples
    say(f"room of {samples:,} samples: ours {ours:.2f} bytes each")
    if shutil.which("promtool") is None:
        say("  (no promtool here to compare with)")
        return
    theirs = _blocks(robots, queues, days) / samples
    say(f"  Prometheus' blocks of the same values {theirs:.2f}: {ours / theirs:.2f}")


def _blocks(robots: int, queues: int, days: int) -> int:
    """Return how many bytes Prometheus needs for the same: a state as a number."""
    estate = Estate.of(robots, queues)
    with tempfile.TemporaryDirectory() as directory:
        values, blocks = Path(directory) / "values", Path(directory) / "blocks"
        with values.open("w") as out:
            out.write("# TYPE robot_state gauge\n")
            for robot in estate.robots:
                robot.live(days * MINUTES)
                states = (
                    2 * seen[1] + seen[4] for seen in by_minute(robot.changes, days * MINUTES)
                )
                _series(out.write, f'robot_state{{robot="{robot.number}"}}', states)
            for queue in estate.queues:
                queue.live(days * MINUTES)
            for place, name in enumerate(QUEUE_METRICS):
                out.write(f"# TYPE queue_{name} gauge\n")
                for queue in estate.queues:
                    seen = (one[place] for one in by_minute(queue.changes, days * MINUTES))
                    _series(out.write, f'queue_{name}{{queue="{queue.number}"}}', seen)
            out.write("# EOF\n")
        command = [
            "promtool",
            "tsdb",
            "create-blocks-from",
            "openmetrics",
            str(values),
            str(blocks),
        ]
        subprocess.run(command, check=True, capture_output=True)
        return sum(one.stat().st_size for one in blocks.rglob("*") if one.is_file())


def _series(write: Callable[[str], object], name: str, values: Iterator[float]) -> None:
    write(
        "".join(
            f"{name} {value:g} {instant_ms(minute) // 1000}\n"
            for minute, value in enumerate(values)
        )
    )


# -- P10: what is written -------------------------------------------------------------------------


def written(robots: int, queues: int) -> None:
    """Record a day poll by poll, seal it and roll it up; count what goes to the disk."""
    estate = Estate.of(robots, queues)
    for one in estate.robots:
        one.live(2 * MINUTES)
    for queue in estate.queues:
        queue.live(2 * MINUTES)
    sides = [
        ("sessions", "session", [_samples("session", r.number, r.changes) for r in estate.robots]),
        ("queues", "queue", [_samples("queue", q.number, q.changes) for q in estate.queues]),
    ]
    with a_store() as (store, _):
        before = 0
        for minute in range(2 * MINUTES):
            if minute == MINUTES:
                checkpoint(store)
                before = _bytes_written()
            for collector, kind, lives in sides:
                samples = tuple(next(life) for life in lives)
                with store.writing() as write:
                    write.snapshot(_poll(collector, kind, samples, minute))
        keep_up(store, 2)
        checkpoint(store)
        amount = _bytes_written() - before
    samples_seen = estate.series * MINUTES
    each = amount / samples_seen
    say(
        f"written in a day: {amount / 1e6:.1f} MB, {each:.1f} bytes a sample; "
        f"beside 16 bytes for the raw value {each / 16:.2f}"
    )


def _samples(
    kind: str, number: int, changes: list[tuple[int, tuple[float, ...]]]
) -> Iterator[Sample]:
    """Yield each minute's sample; while nothing changes it is the same object."""
    subject = Subject(tenant=TENANT, kind=kind, key=str(number), name=f"{kind} {number}")
    declared = KINDS[kind]
    rest = (None,) * (len(declared.metrics) - len(changes[0][1]))
    before: tuple[float, ...] = ()
    last = Sample(subject, ())
    for minute, seen in enumerate(by_minute(changes, 2 * MINUTES)):
        if seen != before:
            before = seen
            last = Sample(subject, declared.values_of((*seen, *rest), instant_ms(minute) * 1000))
        yield last


def _poll(collector: str, kind: str, samples: tuple[Sample, ...], minute: int) -> Snapshot:
    at = START + timedelta(minutes=minute)
    return Snapshot(
        tenant=TENANT,
        collector=collector,
        started_at=at,
        took_s=0.2,
        requests=1,
        outcome=Collected(kinds=(kind,), samples=samples, observed_at=at),
    )


def _bytes_written() -> int:
    os.sync()
    io = Path("/proc/self/io").read_text("ascii")
    return int(io.partition("\nwrite_bytes: ")[2].split()[0])


# -- P11: questions -------------------------------------------------------------------------------


def questions(robots: int, queues: int, days: int, rounds: int) -> None:
    """Ask what people ask, by the code of `history` and over HTTP."""
    with a_store() as (store, file):
        began = time.perf_counter()
        samples = fill(store, Estate.of(robots, queues), days)
        took_s = time.perf_counter() - began
        say(f"{samples:,} samples in {file.stat().st_size / 1e6:.0f} MB, made in {took_s:.0f} s")
        asked = _asked(days)
        configuration = load_text(CONFIGURATION, Path("config.toml"))
        page = StatusPage(configuration, store, SystemClock())
        port = free_port()
        with page.serving("127.0.0.1", port):
            for name, question, path in asked:
                past = Past(store, configuration.collectors, question)
                rows = list(past.rows())
                over_http = json.loads(get(port, path))
                written = JsonRows(question, json.dumps)
                mine = [json.loads(written.text(row)) for row in rows]
                assert over_http == mine, name
                here = median_ms(partial(_all_rows, store, question), rounds)
                there = median_ms(partial(get, port, path), rounds)
                say(f"  {name} ({len(rows):,} rows): {here:.1f} ms, over HTTP {there:.1f} ms")
        newest = median_ms(lambda: (current(store, "session"), current(store, "queue")), rounds)
        say(f"  the newest of all {robots + queues:,} subjects: {newest:.1f} ms")


def _all_rows(store: Store, question: Question) -> list[Row]:
    return list(Past(store, {}, question).rows())


def _asked(days: int) -> list[tuple[str, Question, str]]:
    until = START + timedelta(days=days)
    # An answer over HTTP has 20,000 changes at most.
    lately = max(START, until - timedelta(days=14))
    since = f"since={START:%Y-%m-%d}T00:00:00Z&until={until:%Y-%m-%d}T00:00:00Z"

    def question(
        kind: str, name: str | None, metric: str, every: timedelta | None, begin: datetime = START
    ) -> Question:
        return Question(
            kind=KINDS[kind],
            name=name,
            since=begin,
            until=until,
            now=SystemClock().now(),
            every=every,
            only=(metric,),
        )

    queue = f"/api/history/queues?name=Queue%207&metric=new_items&{since}"
    hour, whole = timedelta(hours=1), timedelta(days=days)
    return [
        (
            "one series of two weeks, each change",
            question("queue", "Queue 7", "new_items", None, lately),
            queue.replace(f"since={START:%Y-%m-%d}", f"since={lately:%Y-%m-%d}"),
        ),
        (
            "one series by the hour: least, mean, p95, greatest",
            question("queue", "Queue 7", "new_items", hour),
            f"{queue}&every=1h",
        ),
        (
            "how long each robot was silent",
            question("session", None, "is_unresponsive", whole),
            f"/api/history/sessions?metric=is_unresponsive&every={days}d&{since}",
        ),
    ]


def main() -> None:
    """Run all parts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--robots", type=int, default=250, help="for the questions")
    parser.add_argument("--queues", type=int, default=60)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--postgres", help="the URL of an empty database, for a snapshot there")
    parser.add_argument("--only", choices=("snapshot", "room", "written", "questions"))
    given = parser.parse_args()
    if given.only in (None, "snapshot"):
        with tempfile.TemporaryDirectory() as directory:
            snapshot_rows(f"sqlite:///{directory}/history.db", given.rounds)
        if given.postgres:
            snapshot_rows(given.postgres, given.rounds)
    if given.only in (None, "room"):
        room(800, 200, 1)
    if given.only in (None, "written"):
        written(800, 200)
    if given.only in (None, "questions"):
        questions(given.robots, given.queues, given.days, given.rounds)


if __name__ == "__main__":
    main()
