"""TLS settings: one context for each set of files, since making one costs 20 ms."""

import ssl
from functools import lru_cache
from pathlib import Path

import httpx


def tls_context(
    *,
    ca_file: Path | None = None,
    client_certificate_file: Path | None = None,
    verify: bool = True,
) -> ssl.SSLContext:
    """Return the context for these files, the same one while they stay as they are.

    `ca_file` replaces the built-in authorities, and may hold the server's own certificate; without
    it the machine's own store counts beside them. `client_certificate_file` is PEM with certificate
    and key. `verify=False` accepts any certificate: for a laboratory.

    Raises:
        ValueError: a file cannot be read, or is not PEM.
    """
    return _context(
        (ca_file, _state(ca_file)),
        (client_certificate_file, _state(client_certificate_file)),
        verify=verify,
    )


@lru_cache(maxsize=32)
def _context(
    authorities: tuple[Path | None, object], own: tuple[Path | None, object], *, verify: bool
) -> ssl.SSLContext:
    ca_file, client_certificate_file = authorities[0], own[0]
    try:
        if ca_file is not None:
            context = ssl.create_default_context(cafile=str(ca_file))
        else:
            context = httpx.create_ssl_context()
            context.load_default_certs()
    except OSError as error:  # ssl.SSLError is one
        msg = f"ca_file {ca_file} cannot be used: {error.strerror or 'it is not PEM'}"
        raise ValueError(msg) from error
    # The same on every Python: 3.13 began to refuse authorities of companies that were made before
    # a stricter reading of the standard, and to be content with a certificate that stands itself
    # in `ca_file`.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if client_certificate_file is not None:
        try:
            context.load_cert_chain(str(client_certificate_file), password=_no_passphrase)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it needs certificate and key as PEM"
            msg = f"client_certificate_file {client_certificate_file} cannot be used: {reason}"
            raise ValueError(msg) from error
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


@lru_cache(maxsize=1)
def no_tls() -> ssl.SSLContext:
    """Return a context that trusts nobody: cheap, for plain http where none is used."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _state(file: Path | None) -> object:
    """Return what changes when a certificate is renewed in its place."""
    try:
        found = None if file is None else file.stat()
    except OSError:
        return None  # loading it will say why
    return None if found is None else (found.st_mtime_ns, found.st_size, found.st_ino)


def _no_passphrase() -> str:
    # Otherwise OpenSSL would ask on the terminal of a daemon.
    msg = "a client certificate's key must not be encrypted"
    raise ValueError(msg)
