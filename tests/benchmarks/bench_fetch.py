"""Fetching lists: processor time, memory, number of requests and time of waiting.

Everything is fetched from a loopback server of pages in another process, and first it is checked
that all ways see the same rows. Printed are medians, and ratios, which are what counts:

- processor time for 100,000 sessions in 100 pages, beside urllib3 (the goal is about the better of
  its two ways) and plain sockets, in turns; the ratio is the median of those of all turns;
- the highest memory of a fresh process that counts 100,000 sessions and keeps none, beside one
  that counts 10,000, with a quick server and with one that takes 50 ms an answer;
- how many requests a poll by the collector of sessions makes when nothing is new, as the server
  counts them, beside the least that there can be;
- how long 20 pages of 50 ms take, beside 150 ms: three rounds, as eight may be asked for at once.
"""

import argparse
import contextlib
import gc
import gzip
import json
import math
import operator
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator

from monitor.collectors.sessions import COLLECTOR
from monitor.core.sample import Collected
from tests.benchmarks import counting
from tests.benchmarks.bench_cycle import server
from tests.benchmarks.fetchers import DEADLINE_S, PAGE, Fetcher, Ours, Urllib3, all_of, count
from tests.benchmarks.processes import get

MANY, SOME = 100_000, 10_000
SLOW_MS = 50.0
SLOW_PAGES = 20
AT_ONCE = 8
# One page less a row, exactly one, one more, several, many.
SIZES = (999, 1000, 1001, 2500, SOME, MANY)
CYCLES = 5


def cpu_ms(work: Callable[[], object]) -> float:
    gc.collect()
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1000


def wall_ms(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return (time.perf_counter() - before) * 1000


@contextlib.contextmanager
def sessions(number: int, *, delay_ms: float = 0.0) -> Iterator[int]:
    """Run a server of so many sessions; yield its port."""
    with server("--sweeps", "1", "--sessions", str(number), "--delay-ms", str(delay_ms)) as port:
        yield port


def check(ways: dict[str, Fetcher]) -> None:
    """Stop unless all see the same rows, and ours does so from the second time on too."""
    expected = [row for page in ways["plain sockets"].pages() for row in page]
    for name, way in (*ways.items(), ("ours", ways["ours"])):
        seen = [row for page in way.pages() for row in page]
        assert seen == expected, name


def processor(rounds: int) -> None:
    took: defaultdict[str, list[float]] = defaultdict(list)
    with sessions(MANY) as port, all_of(port, MANY) as ways:
        check(ways)
        for turn in range(rounds):
            for name in sorted(ways, reverse=turn % 2 == 0):
                took[name].append(cpu_ms(lambda name=name: count(ways[name])))  # type: ignore[misc] # a default binds it
    best = min(
        (name for name in took if name.startswith("urllib3")),
        key=lambda name: statistics.median(took[name]),
    )
    print(f"CPU to fetch and decode {MANY:,} sessions, ms; median of {rounds}")  # noqa: T201
    for name, times in took.items():
        ratio = statistics.median(map(operator.truediv, took["ours"], times))
        goal = "  (goal 1.5)" if name == best else ""
        print(f"  {name:32}{statistics.median(times):9.1f}{ratio:7.2f}{goal}", flush=True)  # noqa: T201


def memory(rounds: int) -> None:
    print(f"Highest memory while counting, MiB; median of {rounds} processes")  # noqa: T201
    print(f"{'':34}{SOME:>9,}{MANY:>9,}  ratio (goal 1.15)")  # noqa: T201
    for title, delay_ms in (("quick answers", 0.0), (f"{SLOW_MS:g} ms an answer", SLOW_MS)):
        with sessions(SOME, delay_ms=delay_ms) as some, sessions(MANY, delay_ms=delay_ms) as many:
            peaks: dict[int, list[float]] = {some: [], many: []}
            for _ in range(rounds):
                for port, number in ((some, SOME), (many, MANY)):
                    peaks[port].append(peak_mib(port, number))
            low, high = (statistics.median(peaks[port]) for port in (some, many))
        print(f"  {title:32}{low:9.1f}{high:9.1f}{high / low:7.2f}", flush=True)  # noqa: T201


def peak_mib(port: int, number: int) -> float:
    """Let a process count the sessions; return the most memory that it ever held."""
    command = [sys.executable, counting.__file__, str(port)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    counted, peak_kib = map(int, said.split())
    assert counted == number, said
    return peak_kib / 1024


def requests() -> None:
    print(f"Requests of {CYCLES} polls after the first, beside the least that there can be")  # noqa: T201
    for number in SIZES:
        with sessions(number) as port:
            ours = Ours(port)
            ask = COLLECTOR.make("bench", {})
            poll_once(ours, ask, number)
            before = asked(port)
            for _ in range(CYCLES):
                poll_once(ours, ask, number)
            after = asked(port)
            ours.close()
        lists = after["lists"] - before["lists"]
        # The hosts' sessions, and one page of people's, of which there are none.
        least = CYCLES * (math.ceil(number / PAGE) + 1)
        sign_ins = after["sign_ins"]
        ratio = (lists + sign_ins) / (least + 1)
        print(  # noqa: T201
            f"  {number:8,} sessions{lists:8} of {least}, {sign_ins} sign-in{ratio:7.3f} (goal 1)",
            flush=True,
        )


def poll_once(ours: Ours, ask: Callable[..., Collected], number: int) -> None:
    with ours.client.poll(DEADLINE_S) as poll:
        samples = ask(poll).samples
    assert sum(sample.subject.kind == "session" for sample in samples) == number


def asked(port: int) -> dict[str, int]:
    told: dict[str, int] = json.loads(gzip.decompress(get(port, "/asked")))
    return told


def waiting(rounds: int) -> None:
    number = SLOW_PAGES * PAGE
    ideal_ms = math.ceil(SLOW_PAGES / AT_ONCE) * SLOW_MS
    with sessions(number, delay_ms=SLOW_MS) as port:
        ways: dict[str, Fetcher] = {
            "ours": Ours(port),
            "urllib3, eight threads": Urllib3(port, number, threads=AT_ONCE),
        }
        took: defaultdict[str, list[float]] = defaultdict(list)
        for turn in range(rounds + 1):
            for name, way in ways.items():
                assert count(way) == number
                if turn:  # the first time nothing is connected and no length known
                    took[name].append(wall_ms(lambda way=way: count(way)))  # type: ignore[misc] # a default binds it
        for way in ways.values():
            way.close()
    print(f"{SLOW_PAGES} pages of {SLOW_MS:g} ms, ms beside {ideal_ms:g}; median of {rounds}")  # noqa: T201
    for name, times in took.items():
        ms = statistics.median(times)
        print(f"  {name:32}{ms:9.1f}{ms / ideal_ms:7.2f} (goal 1.3)", flush=True)  # noqa: T201


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    rounds = options.parse_args().rounds
    processor(rounds)
    memory(rounds)
    requests()
    waiting(rounds)


if __name__ == "__main__":
    main()
