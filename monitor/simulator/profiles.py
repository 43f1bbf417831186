"""The versions of Orchestrator that can be simulated, as data.

Source: Orchestrator reference, base URLs, API versions, headers, authentication.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from monitor.simulator.endpoints import Endpoint, endpoints_of
from monitor.simulator.versions import Version

FOLDER_ID = "X-UIPATH-OrganizationUnitId"
FOLDER_KEY = "X-UIPATH-FolderKey"
FOLDER_PATH = "X-UIPATH-FolderPath"
FOLDER_PATH_ENCODED = "X-UIPATH-FolderPath-Encoded"
FOLDER_HEADERS = (FOLDER_ID, FOLDER_KEY, FOLDER_PATH, FOLDER_PATH_ENCODED)


class SignIn(Enum):
    """The ways to ask for a token."""

    CLIENT_CREDENTIALS = "client-credentials"
    USER_KEY = "user-key"
    PASSWORD = "password"  # noqa: S105  the name of a way to sign in


class Folders(Enum):
    """The kind of folders a version has."""

    NONE = "none"
    CLASSIC = "classic"  # robots live in them
    MODERN = "modern"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A version of the product.

    `api_versions` is the header of every answer, None where there was none yet. `sign_ins` are
    addresses below the bare root. `in_organization` tells whether the tenant's address holds
    organization and tenant, as on the cloud, `counts_unasked` whether lists carry `@odata.count`
    even if nobody asks, `personal_tokens` whether personal access tokens are known.
    """

    name: str
    version: Version
    api_versions: str | None
    build: str
    robot_version: str
    endpoints: tuple[Endpoint, ...]
    folders: Folders
    folder_headers: tuple[str, ...]
    sign_ins: Mapping[str, SignIn]
    in_organization: bool = False
    counts_unasked: bool = False
    personal_tokens: bool = False


_PASSWORD = MappingProxyType({"/api/Account/Authenticate": SignIn.PASSWORD})
_IDENTITY = MappingProxyType(
    {**_PASSWORD, "/identity/connect/token": SignIn.CLIENT_CREDENTIALS},
)

V2018_4 = Profile(
    name="2018.4",
    version=Version.V2018_4,
    api_versions=None,
    build="18.4.3",
    robot_version="18.4.3",
    endpoints=endpoints_of(Version.V2018_4),
    folders=Folders.NONE,
    folder_headers=(),
    sign_ins=_PASSWORD,
    counts_unasked=True,
)

V2019_10 = Profile(
    name="2019.10",
    version=Version.V2019_10,
    api_versions=None,
    build="19.10.18",
    robot_version="19.10.4",
    endpoints=endpoints_of(Version.V2019_10),
    folders=Folders.CLASSIC,
    folder_headers=(FOLDER_ID,),
    sign_ins=_PASSWORD,
    counts_unasked=True,
)

V2020_10 = Profile(
    name="2020.10",
    version=Version.V2020_10,
    api_versions="11.1",
    build="20.10.6",
    robot_version="20.10.6",
    endpoints=endpoints_of(Version.V2020_10),
    folders=Folders.CLASSIC,
    folder_headers=(FOLDER_ID, FOLDER_PATH),
    sign_ins=_IDENTITY,
)

V2022_4 = Profile(
    name="2022.4",
    version=Version.V2022_4,
    api_versions="15.0",
    build="22.4.4",
    robot_version="22.4.4",
    endpoints=endpoints_of(Version.V2022_4),
    folders=Folders.MODERN,
    folder_headers=FOLDER_HEADERS,
    sign_ins=_IDENTITY,
)

V2023_10 = Profile(
    name="2023.10",
    version=Version.V2023_10,
    api_versions="16.0, 17.0",  # real servers send a list too: the highest counts
    build="23.10.4",
    robot_version="23.10.4",
    endpoints=endpoints_of(Version.V2023_10),
    folders=Folders.MODERN,
    folder_headers=FOLDER_HEADERS,
    sign_ins=_IDENTITY,
)

CLOUD = Profile(
    name="cloud",
    version=Version.CLOUD,
    api_versions="20.0",
    build="26.3.0-s192.2662",
    robot_version="25.10.3",
    endpoints=endpoints_of(Version.CLOUD),
    folders=Folders.MODERN,
    folder_headers=FOLDER_HEADERS,
    # The server stands for the account server too, and has the bare root of a standalone one.
    sign_ins=MappingProxyType(
        {
            **_IDENTITY,
            "/identity_/connect/token": SignIn.CLIENT_CREDENTIALS,
            "/oauth/token": SignIn.USER_KEY,
        }
    ),
    in_organization=True,
    personal_tokens=True,
)

PROFILES: Mapping[str, Profile] = MappingProxyType(
    {profile.name: profile for profile in (V2018_4, V2019_10, V2020_10, V2022_4, V2023_10, CLOUD)}
)
