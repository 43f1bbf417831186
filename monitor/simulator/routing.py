"""From a path to what it names: an endpoint of the profile, a sign-in, or nothing.

Source: Orchestrator reference, base URLs. A standalone server has the bare root alone; the cloud's
profile serves it beside the root with organization and tenant.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.simulator.endpoints import Endpoint
from monitor.simulator.estate import Estate
from monitor.simulator.problems import Refused, path_unknown, tenant_unknown
from monitor.simulator.profiles import Profile, SignIn

_CLOUD_ROOT = re.compile(r"/(?P<org>[^/]+)/(?P<tenant>[^/]+)/orchestrator_(?P<rest>/.*|)\Z")
_ORG_IDENTITY = re.compile(r"/(?P<org>[^/]+)(?P<rest>/identity_/connect/token)\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a path names; `root` is the part before `/odata`, `refusal` says that it is nothing."""

    name: str
    root: str = ""
    endpoint: Endpoint | None = None
    sign_in: SignIn | None = None
    arguments: Mapping[str, int] = field(default_factory=dict)
    refusal: Refused | None = None


_NOWHERE = Target(name="Unknown", refusal=path_unknown())


class Router:
    """Finds targets for one tenant and one profile."""

    def __init__(self, estate: Estate, profile: Profile) -> None:
        """Compile the profile's paths."""
        self._estate = estate
        self._profile = profile
        self._patterns = [
            (re.compile(_pattern(endpoint.path)), endpoint) for endpoint in profile.endpoints
        ]

    def find(self, path: str) -> Target:
        """Return what the path names."""
        if not self._profile.in_organization:
            return self._below("", path)
        known = self._estate
        root, rest = "", path
        if cloud := _CLOUD_ROOT.match(path):
            given = (cloud["org"].casefold(), cloud["tenant"].casefold())
            if given != (known.organization.casefold(), known.tenant.casefold()):
                return Target(name="Unknown", refusal=tenant_unknown())
            rest = cloud["rest"]
            root = path.removesuffix(rest)
        elif identity := _ORG_IDENTITY.match(path):
            if identity["org"].casefold() != known.organization.casefold():
                return _NOWHERE
            rest = identity["rest"]
        return self._below(root, rest)

    def _below(self, root: str, rest: str) -> Target:
        sign_ins = self._profile.sign_ins
        if not root and rest in sign_ins:
            return Target(name="Token", sign_in=sign_ins[rest])
        for pattern, endpoint in self._patterns:
            if match := pattern.fullmatch(rest):
                arguments = {name: int(text) for name, text in match.groupdict().items()}
                return Target(name=endpoint.name, root=root, endpoint=endpoint, arguments=arguments)
        return _NOWHERE


def _pattern(path: str) -> str:
    r"""Turn `…(folderId={folderId})` into a pattern with a group for the number."""
    pieces = re.split(r"\{(\w+)\}", path)
    return "".join(
        rf"(?P<{piece}>\d{{1,18}})" if index % 2 else re.escape(piece)
        for index, piece in enumerate(pieces)
    )
