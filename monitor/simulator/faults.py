"""Faults: ways in which the simulated server misbehaves while they are on.

Source: Orchestrator reference, error bodies, values on the wire, and its list of switches.
"""

import fnmatch
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

# Each kind with what it does. Faults of one request are looked up by kind, so several may be on.
_KINDS: Mapping[str, str] = MappingProxyType(
    {
        "unauthorized": "401 with the body of a missing sign-in",
        "forbidden": "403: the role lacks the permission",
        "scope-missing": "403: the application's token lacks the scope",
        "throttled": "429; `retry_after` in seconds (-1: no header), `as_date` for an HTTP date",
        "server-error": "`status` (default 503) with an HTML page of the gateway",
        "html": "200 with an HTML page",
        "redirect": "302 to `location`",
        "slow": "`delay_s` real seconds before the answer",
        "drip": "the answer in pieces of `chunk` bytes, `delay_s` apart",
        "truncated": "the connection closes after half the body",
        "reset": "the connection is reset without an answer",
        "gzip-bomb": "a body that unpacks to `megabytes`",
        "clock-skew": "the Date header is off by `skew_s`",
        "no-date": "no Date header",
        "missing-enums": "enumerations are left out of the rows",
        "unknown-enums": "enumerations have values from the future",
        "seven-digits": "instants have seven fractional digits",
        "null-fields": "every field but keys is null",
        "extra-fields": "rows have fields nobody asked for",
        "pascal-errors": "error bodies are in PascalCase",
        "garbage": "200 with JSON of the wrong shape",
        "empty": "200 without any rows, as if there were nothing",
        "empty-body": "200 without a body",
        "other-shape": "200 with rows of another kind of entity",
        "duplicates": "every row twice",
        "wrong-types": "numbers as text, texts as numbers, lists for values in some rows",
        "hostile-text": "names with escapes, markup, line breaks, 5,000 characters",
        "huge-numbers": "numbers near the end of 64 bits",
    }
)

FAULT_KINDS: tuple[str, ...] = tuple(_KINDS)

FAULT_OPTIONS: Mapping[str, tuple[type, ...]] = MappingProxyType(
    {
        "kind": (str,),
        "clear": (str,),
        "on": (str,),
        "times": (int,),
        "skip": (int,),
        "status": (int,),
        "retry_after": (int, float),
        "as_date": (bool,),
        "location": (str,),
        "delay_s": (int, float),
        "chunk": (int,),
        "megabytes": (int,),
        "skew_s": (int, float),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault. `on` is a pattern (`*`, `?`) of endpoint names (`QueueItems`, `Token`, …).

    After `skip` requests it hits `times` requests (None: all of them). `delay_s` are real seconds,
    whatever the injected clock does.
    """

    kind: str
    on: str = "*"
    times: int | None = None
    skip: int = 0
    status: int = 503
    retry_after: float = 30.0
    as_date: bool = False
    location: str = "https://login.example.invalid/"
    delay_s: float = 1.0
    chunk: int = 64
    megabytes: int = 256
    skew_s: float = 300.0


@dataclass(slots=True)
class _Counted:
    fault: Fault
    seen: int = 0


class Faults:
    """The faults that are on; safe to switch from any thread while requests are served."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lock = threading.Lock()
        self._counted: list[_Counted] = []

    def start(self, kind: str, on: str = "*", **options: object) -> None:
        """Turn a fault on: `start("throttled", on="QueueItems", retry_after=5, times=2)`.

        Raises:
            ValueError: unknown kind.
            TypeError: unknown option, or a value of the wrong type.
        """
        if kind not in _KINDS:
            msg = f"no fault {kind!r}; known: {', '.join(FAULT_KINDS)}"
            raise ValueError(msg)
        self.add(_made(kind, on, options))

    def add(self, fault: Fault) -> None:
        """Turn a ready-made fault on."""
        with self._lock:
            self._counted.append(_Counted(fault))

    def clear(self, kind: str | None = None) -> None:
        """Turn the faults of a kind off, or all of them."""
        with self._lock:
            kept = [] if kind is None else [c for c in self._counted if c.fault.kind != kind]
            self._counted = kept

    def active(self) -> tuple[Fault, ...]:
        """Return the faults that are on, in the order they were started."""
        with self._lock:
            return tuple(counted.fault for counted in self._counted)

    def hitting(self, endpoint: str) -> Mapping[str, Fault]:
        """Return what hits this request, by kind, and count the request."""
        hits: dict[str, Fault] = {}
        with self._lock:
            for counted in self._counted:
                fault = counted.fault
                if not fnmatch.fnmatchcase(endpoint, fault.on):
                    continue
                counted.seen += 1
                hit = counted.seen - fault.skip
                if hit >= 1 and (fault.times is None or hit <= fault.times):
                    hits[fault.kind] = fault
        return hits


def _made(kind: str, on: str, options: Mapping[str, object]) -> Fault:
    for name, value in options.items():
        types = FAULT_OPTIONS.get(name)
        if types is None or name in ("kind", "clear", "on"):
            msg = f"a fault has no option {name!r}"
            raise TypeError(msg)
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            msg = f"{name} of a fault cannot be {value!r}"
            raise TypeError(msg)
    return Fault(kind=kind, on=on, **options)  # type: ignore[arg-type]  # checked above, by name
