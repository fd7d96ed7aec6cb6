"""The certificates that SNS signs with: fetched from SNS, checked up to a root that is trusted, and kept.

What SNS hands out is the one certificate, without the one that issued it; that one is where the certificate says.

Source: Amazon SNS Developer Guide, "Verifying the signatures of Amazon SNS messages"; RFC 5280, section 4.2.2.1.
"""

import re
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from botocore.httpsession import DEFAULT_CA_BUNDLE
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from sekisho.collectors.errors import CollectError
from sekisho.collectors.fetching import fetch_url

Fetch: TypeAlias = Callable[[str], bytes]
"""Returns what is at a URL.

Raises:
    CollectError: nothing could be had from there, in one line.
"""

MOST_FETCHED: Final = 8
"""How many certificates are asked for in a minute at most: who is not known yet chooses the URL."""

_MINUTE: Final = timedelta(minutes=1)
_MOST_ISSUERS: Final = 3

_ISSUERS: Final = re.compile(
    r"http://(?:crt\.[a-z0-9]{1,20}\.amazontrust\.com|cacerts\.digicert\.com)/[A-Za-z0-9._-]{1,100}\.(?:cer|crt|p7c)"
)
"""Where the certificates of those are that issue AWS's. What comes from there counts only if a root vouches for it."""


_PEM: Final = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class CertificateError(CollectError):
    """What SNS is said to sign with is no certificate of SNS's."""


class Certificates:
    """Certificates by their URLs. Safe to share between threads; only one of them fetches at a time."""

    def __init__(self, fetch: Fetch | None = None, roots: Sequence[x509.Certificate] | None = None) -> None:
        """Begin with none.

        Args:
            fetch: how to get what is at a URL; without, over the network.
            roots: who is trusted; without, whom botocore trusts.
        """
        self._fetch = fetch or fetch_url
        self._roots = roots
        self._known: dict[str, x509.Certificate] = {}
        self._fetched: deque[datetime] = deque()
        self._fetching = threading.Lock()

    def public_key(self, url: str, names: Iterable[str], now: datetime) -> RSAPublicKey:
        """Return the key of a certificate.

        Args:
            url: where it is; that it is SNS's own is for the caller to know.
            names: those of which it must have one.
            now: UTC.

        Raises:
            CertificateError: it is not one, or of somebody else, or its time is over.
            CollectError: it could not be had now.
        """
        found = self._known.get(url)
        if found is None:
            found = self._new(url, names, now)
        if not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
            raise CertificateError("the time of the certificate is over, or has not come")
        key = found.public_key()
        if not isinstance(key, RSAPublicKey):
            raise CertificateError("the certificate has no RSA key")
        return key

    def _new(self, url: str, names: Iterable[str], now: datetime) -> x509.Certificate:
        if not self._fetching.acquire(blocking=False):
            raise CollectError("another certificate is being fetched at the moment")
        try:
            while self._fetched and now - self._fetched[0] > _MINUTE:
                self._fetched.popleft()
            if len(self._fetched) >= MOST_FETCHED:
                raise CollectError(f"{MOST_FETCHED} certificates were fetched within a minute; there should be one")
            self._fetched.append(now)
            given = _read(self._fetch(url))
            self._check(given, names, now)
            self._known[url] = given[0]
            return given[0]
        finally:
            self._fetching.release()

    def _check(self, given: Sequence[x509.Certificate], names: Iterable[str], now: datetime) -> None:
        """Check that a root vouches for the first certificate, under one of the names, at this time."""
        leaf, *issuers = given
        store = Store(_trusted_roots() if self._roots is None else list(self._roots))
        verifiers = [PolicyBuilder().store(store).time(now).build_server_verifier(x509.DNSName(name)) for name in names]
        further = self._issuers_of([leaf, *issuers][-1])
        while True:
            failures: list[str] = []
            for verifier in verifiers:
                try:
                    verifier.verify(leaf, issuers)
                except VerificationError as error:
                    failures.append(str(error))
                else:
                    return
            issuer = next(further, None)
            if issuer is None:
                raise CertificateError(f"the certificate is not SNS's: {'; '.join(dict.fromkeys(failures))}")
            issuers.append(issuer)

    def _issuers_of(self, certificate: x509.Certificate) -> Iterator[x509.Certificate]:
        """Yield who issued a certificate, who issued that one, and so on, from where they say that these are."""
        for _ in range(_MOST_ISSUERS):
            url = next(filter(_ISSUERS.fullmatch, _places_of_issuer(certificate)), None)
            if url is None:
                return
            (certificate, *_) = _read(self._fetch(url))
            yield certificate


def _places_of_issuer(certificate: x509.Certificate) -> Iterator[str]:
    try:
        told = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return
    for one in told:
        if one.access_method == AuthorityInformationAccessOID.CA_ISSUERS and isinstance(
            one.access_location, x509.UniformResourceIdentifier
        ):
            yield one.access_location.value


def _read(content: bytes) -> list[x509.Certificate]:
    """Return certificates in either of their forms, one or more."""
    try:
        if content.lstrip().startswith(b"-----BEGIN"):
            return x509.load_pem_x509_certificates(content)
        return [x509.load_der_x509_certificate(content)]
    except ValueError as error:
        raise CertificateError("what is there is no certificate") from error


@cache
def _trusted_roots() -> list[x509.Certificate]:
    """Return whom botocore trusts, without old ones that are not as they should be; SNS needs none of those."""
    roots: list[x509.Certificate] = []
    for pem in _PEM.findall(Path(DEFAULT_CA_BUNDLE).read_bytes()):
        with warnings.catch_warnings(), suppress(ValueError, CryptographyDeprecationWarning):
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            roots.append(x509.load_pem_x509_certificate(pem))
    return roots
