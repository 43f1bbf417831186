"""The entry of the program: answers `--version` itself, leaves everything else to the commands.

Nothing but the interpreter is imported for `--version`; scripts ask for it often.
"""

import sys
from collections.abc import Sequence
from typing import NoReturn

from monitor import __version__


def run(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line (default: that of the process) and exit with its status.

    0 fine, 1 findings, 2 usage or configuration, 3 Orchestrator, 4 database; see docs/commands.md.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        sys.stdout.write(f"orchestrator-monitor {__version__}\n")
        sys.exit(0)
    from monitor.cli.program import execute  # noqa: PLC0415 - costs ten times the answer above

    sys.exit(execute(given))
