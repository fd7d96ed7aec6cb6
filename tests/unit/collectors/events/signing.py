"""An SNS of the test's own: a root, who issues for it, the certificate that it signs with, and messages."""

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as new_curve_key
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from sekisho.collectors import CollectError
from unit.collectors.events.samples import NOW, envelope, text

TOPIC = "arn:aws:sns:eu-west-1:111122223333:sekisho-events"
HOST = "https://sns.eu-west-1.amazonaws.com"
PEM = f"{HOST}/SimpleNotificationService-0123456789abcdef.pem"
ISSUER = "http://crt.r2m01.amazontrust.com/r2m01.cer"
TOKEN = "2336412f37fb687f5d51e6e241d09c80"
CONFIRM = f"{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token={TOKEN}"

KEYS = [generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2)]
"""Two will do: that of SNS, and that of all others."""

CURVE_KEY = new_curve_key(SECP256R1())


def certificate(
    name: str,
    issuer: x509.Certificate | None = None,
    *,
    is_authority: bool = False,
    key: Any = KEYS[1],
    issuer_key: RSAPrivateKey = KEYS[1],
    names: tuple[str, ...] = ("sns.amazonaws.com",),
    issuer_at: str | None = ISSUER,
    not_before: datetime = NOW - timedelta(days=30),
    not_after: datetime = NOW + timedelta(days=30),
) -> x509.Certificate:
    """Return a certificate like those of the web."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not is_authority:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False
        ).add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    if issuer_at and issuer:
        place = x509.UniformResourceIdentifier(issuer_at)
        told = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([told]), critical=False)
    return builder.sign(issuer_key, SHA256())


ROOT = certificate("Root CA 1", is_authority=True)
BETWEEN = certificate("RSA 2048 M01", ROOT, is_authority=True, issuer_at=None)


def leaf(**changed: Any) -> x509.Certificate:
    """Return the certificate that SNS signs with, or one that is wrong in some way."""
    return certificate("sns.amazonaws.com", **{"issuer": BETWEEN, "key": KEYS[0], **changed})


@dataclass
class Web:
    """What is where, and who asked for it."""

    pages: dict[str, bytes | CollectError] = field(default_factory=dict[str, bytes | CollectError])
    asked: list[str] = field(default_factory=list[str])

    def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        page = self.pages.get(url, CollectError("nothing is there"))
        if isinstance(page, CollectError):
            raise page
        return page


LEAF = leaf()


def web(*given: x509.Certificate, issuer: x509.Certificate = BETWEEN) -> Web:
    """Return a web that has what SNS has there: the one certificate, and elsewhere who issued it."""
    pem = b"".join(one.public_bytes(Encoding.PEM) for one in given or (LEAF,))
    return Web({PEM: pem, ISSUER: issuer.public_bytes(Encoding.DER), CONFIRM: b"<ok/>"})


def notification(message: str | None = None, **changed: Any) -> dict[str, Any]:
    """Return a notification that is not signed yet."""
    return {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": "An event",
        "Message": text(envelope("1")) if message is None else message,
        "Timestamp": NOW.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": "2",
        "SigningCertURL": PEM,
        "UnsubscribeURL": f"{HOST}/?Action=Unsubscribe",
        **changed,
    }


def confirmation(**changed: Any) -> dict[str, Any]:
    """Return what SNS asks before it sends anything, not signed yet."""
    asked = {"Type": "SubscriptionConfirmation", "Token": TOKEN, "SubscribeURL": CONFIRM, **changed}
    told = notification("You have chosen to subscribe to the topic", MessageId="c0nf1rm")
    return {name: value for name, value in {**told, **asked}.items() if name not in {"Subject", "UnsubscribeURL"}}


def signed(message: dict[str, Any], key: RSAPrivateKey = KEYS[0]) -> dict[str, Any]:
    """Return a message with the signature that SNS would give it, written down here from its documentation alone."""
    if message["Type"] == "Notification":
        names = [
            "Message",
            "MessageId",
            *(["Subject"] if "Subject" in message else []),
            "Timestamp",
            "TopicArn",
            "Type",
        ]
    else:
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
    to_sign = "".join(f"{name}\n{message[name]}\n" for name in names).encode()
    algorithm = SHA1() if message["SignatureVersion"] == "1" else SHA256()  # noqa: S303 - what topics do by default
    return {**message, "Signature": b64encode(key.sign(to_sign, PKCS1v15(), algorithm)).decode()}
