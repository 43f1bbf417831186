"""A process that counts the sessions of a server of pages, keeps none, and says what it needed.

It counts twice, as the second time more is known beforehand, and prints the number and the most
memory that it held, in KiB. It loads nothing but the client.
"""

import sys
from pathlib import Path

from tests.benchmarks.fetchers import Ours, count


def main() -> None:
    ours = Ours(int(sys.argv[1]))
    count(ours)
    number = count(ours)
    ours.close()
    peak = Path("/proc/self/status").read_text("ascii").partition("VmHWM:")[2].split()[0]
    print(number, peak)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main()
