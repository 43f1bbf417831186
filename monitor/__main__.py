"""`python -m monitor`: the same program as `orchestrator-monitor`."""

from monitor.cli.main import run

run()
