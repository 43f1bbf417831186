"""Finds the plugin modules of a package: a new collector, rule or channel is one new file."""

import importlib
import pkgutil
from collections.abc import Mapping
from types import MappingProxyType, ModuleType
from typing import TypeVar

T = TypeVar("T")


def discover(package: ModuleType, constant: str, kind: type[T]) -> Mapping[str, T]:
    """Return each module's plugin by name: `queue_backlog.py` is `queue-backlog`.

    Raises:
        TypeError: a module of the package does not define `constant` as a `kind`.
    """
    found: dict[str, T] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        plugin = getattr(module, constant, None)
        if not isinstance(plugin, kind):
            msg = f"{module.__name__} must define {constant} as a {kind.__name__}"
            raise TypeError(msg)
        found[module_info.name.replace("_", "-")] = plugin
    return MappingProxyType(found)
