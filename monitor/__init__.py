"""Watches UiPath Orchestrator and tells people, early and without noise, when work stops.

The map of the package, and the walk of one heartbeat through it, is docs/architecture.md.
"""

__version__ = "0.1.0"
