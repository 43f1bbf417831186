"""What explains what, without anybody having to say so: built-in inhibitions.

Who does not see a tenant knows nothing of its robots; a host that is down takes its sessions
along; an exhausted license pool leaves runtimes without work; of the warnings of one end the
nearest will do.
"""

from collections.abc import Mapping

from monitor.core.health import WHOLE
from monitor.core.inhibition import Inhibition
from monitor.core.kinds import COLLECTOR
from monitor.core.matching import parse_where

_HOST = Inhibition(
    name="a host that is down explains its sessions",
    source=parse_where({"rule_type": "host-offline"}),
    target=parse_where({"kind": "session", "host": "!"}),
    equal=("tenant", "host"),
)
_LICENSES = Inhibition(
    name="an exhausted license pool explains its runtimes",
    source=parse_where({"rule_type": "license-usage"}),
    target=parse_where({"kind": "machine", "rule_type": "!host-offline", "license_type": "!"}),
    equal=("tenant", "license_type"),
)
_ENDINGS = ("credential-expiry-1d", "credential-expiry-7d", "credential-expiry-14d")
_NEARER = tuple(
    Inhibition(
        name="the nearest warning of an end speaks for the earlier ones",
        source=parse_where({"rule": rule}),
        target=parse_where({"rule": ["credential-expiry", *_ENDINGS[place + 1 :]]}),
        equal=("tenant",),
    )
    for place, rule in enumerate(_ENDINGS)
)


def topology(collector_kinds: Mapping[str, tuple[str, ...]]) -> tuple[Inhibition, ...]:
    """Return the built-in inhibitions for collectors that answer for these kinds of subject."""
    blind = (
        Inhibition(
            name=f"who does not see {collector} knows nothing of them",
            source=parse_where({"kind": COLLECTOR.name, "name": collector}),
            target=parse_where({"kind": list(kinds)}),
            equal=("tenant",),
        )
        for collector, kinds in collector_kinds.items()
        if kinds
    )
    return (*_unseen(collector_kinds), *blind, _HOST, _LICENSES, *_NEARER)


def _unseen(collector_kinds: Mapping[str, tuple[str, ...]]) -> tuple[Inhibition, ...]:
    kinds = sorted({kind for kinds in collector_kinds.values() for kind in kinds})
    if not kinds:
        return ()
    unseen = Inhibition(
        name="who does not see a tenant knows nothing of it",
        source=parse_where({"kind": COLLECTOR.name, "key": WHOLE}),
        target=parse_where({"kind": kinds}),
        equal=("tenant",),
    )
    return (unseen,)
