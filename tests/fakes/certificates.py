"""A certificate authority of one's own, and a server's certificate by it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Certificates:
    """Files: what clients trust, and what a server shows."""

    ca_file: Path
    certificate_file: Path
    key_file: Path


def make_certificates(folder: Path, *, names: tuple[str, ...] = ("localhost",), days: int = 1) -> Certificates:
    """Make a CA and a certificate for names and 127.0.0.1; one that has run out where `days` is negative."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a CA for tests")])
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    others: list[x509.GeneralName] = [x509.DNSName(one) for one in names]
    ca = (
        _builder(ca_name, ca_name, ca_key.public_key(), abs(days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    certificate = (
        _builder(name, ca_name, key.public_key(), days)
        .add_extension(x509.SubjectAlternativeName([*others, x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    files = Certificates(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    files.ca_file.write_bytes(ca.public_bytes(Encoding.PEM))
    files.certificate_file.write_bytes(certificate.public_bytes(Encoding.PEM))
    files.key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=max(1, -2 * days)))
        .not_valid_after(now + timedelta(days=days))
    )
