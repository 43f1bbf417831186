"""What can happen to a tenant: changes with a second, an entity and new values.

A change is checked when it is made, against the estate, so that a scenario with a slip of the pen
is refused before it runs.
"""

import difflib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from monitor.simulator.entities import ENUMS
from monitor.simulator.estate import Estate
from monitor.simulator.faults import FAULT_KINDS, FAULT_OPTIONS

_NUMBER = (int, float)

# What may be set on an entity of each kind, with the accepted types.
ATTRIBUTES: Mapping[str, Mapping[str, tuple[type, ...]]] = MappingProxyType(
    {
        "robot": {
            "silent": (bool,),
            "state": (str,),
            "license_error": (str,),
            "gone": (bool,),
            "never_reported": (bool,),
            "recreate": (bool,),
        },
        "host": {
            "silent": (bool,),
            "maintenance": (bool,),
            "gone": (bool,),
            "state": (str,),
            "recreate": (bool,),
        },
        "queue": {
            "new": (int,),
            "arrivals": _NUMBER,
            "capacity": _NUMBER,
            "failing": _NUMBER,
            "rejected": _NUMBER,
            "deferred": (int,),
            "overdue": (int,),
            "abandoned": (int,),
            "waiting_since": _NUMBER,
            "successful": (int,),
            "application_exceptions": (int,),
            "business_exceptions": (int,),
            "gone": (bool,),
        },
        "license": {"used": (int, type(None)), "allowed": (int, type(None))},
        "folder": {"gone": (bool,), "refused": (bool,)},
        "tenant": {
            "expire_tokens": (bool,),
            "reject_credentials": (bool,),
            "days_to_expiry": _NUMBER,
        },
        "faults": FAULT_OPTIONS,
    }
)

STATES = ("auto", "Available", "Busy", "Disconnected", "Unknown")
_NAMELESS = ("tenant", "faults")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values for one entity from `second` on. `name` is empty for the tenant and faults."""

    second: float
    kind: str
    name: str
    values: Mapping[str, object]


class ChangeInvalid(ValueError):
    """A change names nothing that exists, or gives it a value it cannot have."""


def make_change(
    estate: Estate, entity: str, values: Mapping[str, object], *, second: float
) -> Change:
    """Check and build a change; `entity` is `robot:NAME`, `queue:NAME`, …, `tenant` or `faults`.

    Names are compared without regard to case.

    Raises:
        ChangeInvalid: with a text that names what would be right.
    """
    kind, _, name = entity.partition(":")
    if kind not in ATTRIBUTES:
        raise ChangeInvalid(_unknown("kind of entity", kind, ATTRIBUTES))
    if kind in _NAMELESS:
        if name:
            msg = f"{kind} takes no name, but was given {name!r}"
            raise ChangeInvalid(msg)
    else:
        name = find_name(estate, kind, name)
    for key, value in values.items():
        _check_value(kind, key, value)
    if kind == "faults" and "kind" not in values and "clear" not in values:
        raise ChangeInvalid("a change of faults needs `kind` (to start) or `clear` (to end)")
    return Change(second=second, kind=kind, name=name, values=MappingProxyType(dict(values)))


def find_name(estate: Estate, kind: str, name: str) -> str:
    """Return the name as the estate spells it.

    Raises:
        ChangeInvalid: there is no such entity.
    """
    names = estate.names[kind]
    found = names.get(name.casefold())
    if found is None:
        raise ChangeInvalid(_unknown(kind, name, names.values()))
    return found


def _check_value(kind: str, key: str, value: object) -> None:
    attributes = ATTRIBUTES[kind]
    if key not in attributes:
        raise ChangeInvalid(_unknown(f"attribute of a {kind}", key, attributes))
    types = attributes[key]
    # A bool is an int to Python, but `new = true` is a slip.
    fits = isinstance(value, types) and (bool in types or not isinstance(value, bool))
    if not fits:
        wanted = " or ".join("null" if t is type(None) else t.__name__ for t in types)
        msg = f"{key} must be {wanted}, not {value!r}"
        raise ChangeInvalid(msg)
    if key == "state" and value not in STATES:
        raise ChangeInvalid(_unknown("state", str(value), STATES))
    errors = ENUMS["LicenseErrorCode"].numbers
    if key == "license_error" and value and value not in errors:
        raise ChangeInvalid(_unknown("license error", str(value), errors))
    if kind == "faults" and key in ("kind", "clear"):
        known = FAULT_KINDS if key == "kind" else (*FAULT_KINDS, "all")
        if value not in known:
            raise ChangeInvalid(_unknown("fault", str(value), known))
    if kind == "queue" and isinstance(value, int | float) and value < 0:
        msg = f"{key} must not be negative, but is {value}"
        raise ChangeInvalid(msg)


def _unknown(what: str, name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known)[:12])}"
    return f"no {what} {name!r}; {hint}"
