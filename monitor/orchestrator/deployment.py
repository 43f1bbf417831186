"""Which Orchestrator is meant: its base addresses, from the address that people copy.

Source: Orchestrator reference, base URLs. Cloud, Public Sector, Dedicated and Automation Suite
have organization and tenant in the path; a standalone Orchestrator has the host alone.
"""

import ipaddress
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn
from urllib.parse import SplitResult, urlsplit

SERVICE = "orchestrator_"
_CLOUD = "cloud.uipath.com"
_LEGACY_CLOUD = "platform.uipath.com"
_SHAPE = "https://cloud.uipath.com/{organization}/{tenant}/orchestrator_"
_SEGMENT = re.compile(r"(?:[\w.~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")


class DeploymentKind(StrEnum):
    """What runs at the address."""

    CLOUD = "cloud"
    PUBLIC_SECTOR = "public-sector"
    DEDICATED = "dedicated"
    SUITE = "automation-suite"
    STANDALONE = "standalone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Where to send what. `base` takes `/odata/…` and `/api/…`, `identity` `/connect/token`.

    Neither ends in a slash. `warnings` are sentences for the operator about an address that was
    understood but should be written differently.
    """

    kind: DeploymentKind
    base: str
    identity: str
    organization: str | None = None
    tenant: str | None = None
    identity_given: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def origin(self) -> str:
        """Return scheme, host and port."""
        parts = urlsplit(self.base)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        """Return the host's name."""
        return urlsplit(self.base).hostname or ""

    @property
    def is_loopback(self) -> bool:
        """Return whether the address never leaves this machine."""
        return _is_loopback(self.host)

    @classmethod
    def parse(cls, url: str, *, identity_url: str | None = None) -> "Deployment":
        """Understand a configured address.

        Raises:
            ValueError: it cannot be an Orchestrator's address; the text says what would be.
        """
        warnings: list[str] = []
        parts = _split(url, "url", warnings)
        segments = [segment for segment in parts.path.split("/") if segment]
        if segments and segments[-1].lower() in {"odata", "api"}:
            warnings.append(f"url: leave out the trailing /{segments.pop()}")
        host = parts.hostname or ""
        if host == _LEGACY_CLOUD:
            parts = parts._replace(netloc=_CLOUD)
            host = _CLOUD
            warnings.append(f"url: {_LEGACY_CLOUD} is the old name of {_CLOUD}, which is used")
        origin = f"{parts.scheme}://{parts.netloc}"
        identity = None if identity_url is None else _identity(identity_url, warnings)
        if not segments:
            if _kind(host) is not DeploymentKind.SUITE:
                _refuse(f"organization and tenant are missing: it looks like {_shape(origin)}")
            return cls(
                kind=DeploymentKind.STANDALONE,
                base=origin,
                identity=identity or f"{origin}/identity",
                identity_given=identity is not None,
                warnings=tuple(warnings),
            )
        organization, tenant = _organization_and_tenant(segments, origin, warnings)
        return cls(
            kind=_kind(host),
            base=f"{origin}/{organization}/{tenant}/{SERVICE}",
            identity=identity or f"{origin}/identity_",
            organization=organization,
            tenant=tenant,
            identity_given=identity is not None,
            warnings=tuple(warnings),
        )


def _split(url: str, key: str, warnings: list[str]) -> SplitResult:
    """Take an address apart and refuse what no base address has. Never quotes the address."""
    if not url.isascii() or any(char.isspace() or not char.isprintable() for char in url):
        _refuse("it contains a space, a control character or a letter beyond ASCII", key)
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse(f"it cannot be read as an address like {_SHAPE}", key)
    if parts.scheme not in {"http", "https"}:
        _refuse(f"it must start with https://, like {_SHAPE}", key)
    if not parts.hostname:
        _refuse(f"the host is missing: it looks like {_SHAPE}", key)
    if "@" in parts.netloc:
        _refuse("it must not contain a user name or password: use auth for the sign-in", key)
    if parts.query or parts.fragment or "?" in url or "#" in url:
        _refuse(f"leave out everything from '?' or '#' on: it looks like {_SHAPE}", key)
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        warnings.append(f"{key}: plain http sends the token readable over the network, use https")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    netloc = host if port is None else f"{host}:{port}"
    return parts._replace(netloc=netloc)


def _organization_and_tenant(
    segments: list[str], origin: str, warnings: list[str]
) -> tuple[str, str]:
    names = [segment for segment in segments if segment.lower() != SERVICE]
    position = next((i for i, text in enumerate(segments) if text.lower() == SERVICE), None)
    if position not in {None, 2} or len(segments) - len(names) > 1:
        _refuse(f"it looks like {_shape(origin)}, with nothing before, between or after")
    if len(names) != 2:  # noqa: PLR2004 - organization and tenant
        _refuse(f"organization and tenant are expected in the path: it looks like {_shape(origin)}")
    for name in names:
        if not _SEGMENT.fullmatch(name) or name in {".", ".."} or name.endswith("_"):
            _refuse(f"the path must hold two names: it looks like {_shape(origin)}")
    if position is None:
        warnings.append(f"url: /{SERVICE} is missing at the end and was added")
    return names[0], names[1]


def _identity(url: str, warnings: list[str]) -> str:
    parts = _split(url, "identity_url", warnings)
    path = parts.path.rstrip("/")
    for ending in ("/connect/token", "/oauth/token"):
        if path.endswith(ending):
            path = path.removesuffix(ending)
            warnings.append(f"identity_url: leave out the trailing {ending}")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _kind(host: str) -> DeploymentKind:
    if host.endswith(".dedicated.uipath.com"):
        return DeploymentKind.DEDICATED
    if host == "uipath.us" or host.endswith(".uipath.us"):
        return DeploymentKind.PUBLIC_SECTOR
    if host == "uipath.com" or host.endswith(".uipath.com"):
        return DeploymentKind.CLOUD
    return DeploymentKind.SUITE


def _shape(origin: str) -> str:
    return f"{origin}/{{organization}}/{{tenant}}/{SERVICE}"


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse(reason: str, key: str = "url") -> NoReturn:
    msg = f"{key}: {reason}"
    raise ValueError(msg)
