"""Certificates good and bad, made on the spot."""

import ssl
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from monitor.clock import SystemClock

HERE = "127.0.0.1"
DAY = timedelta(days=1)


def file_of(folder: Path, name: str, *blobs: trustme.Blob) -> Path:
    file = folder / name
    file.write_bytes(b"".join(blob.bytes() for blob in blobs))
    return file


def ca_file_of(authority: trustme.CA, folder: Path) -> Path:
    return file_of(folder, "ca.pem", authority.cert_pem)


def server_context(
    authority: trustme.CA,
    *names: str,
    not_before: datetime | None = None,
    not_after: datetime | None = None,
    clients_of: trustme.CA | None = None,
    most: ssl.TLSVersion | None = None,
) -> ssl.SSLContext:
    """What a server needs; with `clients_of` it wants a client certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = authority.issue_cert(*(names or (HERE,)), not_before=not_before, not_after=not_after)
    leaf.configure_cert(context)
    if clients_of is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        clients_of.configure_trust(context)
    if most is not None:
        context.maximum_version = most
    return context


def client_file(authority: trustme.CA, folder: Path, *, not_after: datetime | None = None) -> Path:
    leaf = authority.issue_cert("monitor@example.org", not_after=not_after)
    return file_of(folder, "client.pem", leaf.private_key_and_cert_chain_pem)


def self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's certificate that nobody but itself has signed, and the file with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "orchestrator")])
    now = SystemClock().now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(HERE))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    public = folder / "self-signed.pem"
    public.write_bytes(pem)
    private = folder / "self-signed-with-key.pem"
    private.write_bytes(
        pem
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(private)
    return context, public
