"""From a path to what it names: an endpoint of the profile, a sign-in, or nothing.

Source: Orchestrator reference, base URLs; the simulator serves the cloud's root and a bare one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from monitor.simulator.estate import Estate
from monitor.simulator.problems import Refused, path_unknown, tenant_unknown
from monitor.simulator.profiles import Endpoint, Profile

_CLOUD_ROOT = re.compile(r"/(?P<org>[^/]+)/(?P<tenant>[^/]+)/orchestrator_(?P<rest>/.*|)\Z")
_ORG_IDENTITY = re.compile(r"/(?P<org>[^/]+)(?P<rest>/identity_/connect/token)\Z")


class SignIn(Enum):
    """The ways to ask for a token."""

    CLIENT_CREDENTIALS = "client-credentials"
    USER_KEY = "user-key"
    PASSWORD = "password"  # noqa: S105  the name of a way to sign in


_SIGN_INS: Mapping[str, SignIn] = {
    "/identity_/connect/token": SignIn.CLIENT_CREDENTIALS,
    "/identity/connect/token": SignIn.CLIENT_CREDENTIALS,
    "/oauth/token": SignIn.USER_KEY,
    "/api/Account/Authenticate": SignIn.PASSWORD,
}


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
        self._patterns = [
            (re.compile(_pattern(endpoint.path)), endpoint) for endpoint in profile.endpoints
        ]

    def find(self, path: str) -> Target:
        """Return what the path names."""
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
        if not root and rest in _SIGN_INS:
            return Target(name="Token", sign_in=_SIGN_INS[rest])
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
