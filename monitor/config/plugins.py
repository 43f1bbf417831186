"""The collectors and rule types that exist, by name."""

from collections.abc import Mapping
from functools import lru_cache

from monitor import collectors as collectors_package
from monitor import rules as rules_package
from monitor.collectors import Collector
from monitor.plugins import discover
from monitor.rules import RuleType


@lru_cache(maxsize=1)
def collectors() -> Mapping[str, Collector]:
    """Return the collectors by name."""
    return discover(collectors_package, "COLLECTOR", Collector)


@lru_cache(maxsize=1)
def rule_types() -> Mapping[str, RuleType]:
    """Return the rule types by name."""
    return discover(rules_package, "RULE", RuleType)
