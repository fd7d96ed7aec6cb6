"""CloudTrail's digest files: what they say of log files and of one another, and whether CloudTrail said it.

Each hour and Region has a digest. It has the SHA-256 of each log file that was delivered in that hour, and the hash and
the signature of the digest before it; its own signature is metadata of the object.

Source: CloudTrail User Guide, "CloudTrail digest file structure" and "Custom implementations of CloudTrail log file
integrity validation".
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from sekisho.activity import NotARecordFileError
from sekisho.activity.record import inflate

SIGNATURE: Final = "signature"
WRITTEN_LATER: Final = "backfill-generation-timestamp"
"""The metadata of a digest: its signature, and for one of late log files when it was written."""

_TAIL: Final = re.compile(r"(?:^|/)(AWSLogs/(?:o-[a-z0-9]+/)?\d{12}/.+)")
_NAME: Final = re.compile(
    r"(?P<account>\d{12})_CloudTrail-Digest_(?P<region>[a-z0-9-]+)_(?P<trail>.+)_(?P<home>[a-z0-9-]+)"
    r"_(?P<end>\d{8}T\d{6}Z)(?P<late>_backfill)?\.json\.gz"
)
_HASHED: Final = "SHA-256"
_SIGNED: Final = "SHA256withRSA"


class NamedFile(msgspec.Struct, frozen=True, rename="camel"):
    """A log file as a digest names it; the hash is of its content before it was compressed."""

    s3_bucket: str
    s3_object: str
    hash_value: str
    hash_algorithm: str


class Digest(msgspec.Struct, frozen=True, rename="camel"):
    """A digest file. What names the digest before it is null in the first one of a trail."""

    digest_start_time: str
    digest_end_time: str
    digest_s3_bucket: str
    digest_s3_object: str
    digest_public_key_fingerprint: str
    digest_signature_algorithm: str
    log_files: tuple[NamedFile, ...]
    previous_digest_s3_object: str | None = None
    previous_digest_hash_value: str | None = None
    previous_digest_signature: str | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Whose digests follow one another: those of a trail, of an account, of a Region; those of late files apart."""

    account: str
    region: str
    trail: str
    home: str
    is_late: bool


@dataclass(slots=True)
class DigestFile:
    """A digest where it was found.

    Attributes:
        key: where it lies.
        chain: whose it is.
        end: when its hour ended, by its name.
        sha256: of its content before it was compressed.
        digest: what it says; None where it is no digest.
        signature: in hexadecimal digits; empty where nobody says it.
        written: when it was written, as far as it is said beside it.
        problem: why nothing that it says counts; empty for nothing.
        is_signed: whether its signature was checked and is CloudTrail's.
        is_copy: whether it lies where there are no metadata, so that its own signature may well be unknown.
    """

    key: str
    chain: Chain
    end: datetime
    sha256: str = ""
    digest: Digest | None = None
    signature: str = ""
    written: datetime | None = None
    problem: str = ""
    is_signed: bool = False
    is_copy: bool = False

    @property
    def tail(self) -> str:
        """The key without what the user has put before it."""
        return tail_of(self.key)


@dataclass(slots=True)
class Links:
    """How digests follow one another.

    Attributes:
        missing: keys of digests that others name as the ones before them.
        gaps: an hour or more of which no digest tells, a sentence each.
    """

    missing: list[str] = field(default_factory=list[str])
    gaps: list[str] = field(default_factory=list[str])


def tail_of(key: str) -> str:
    """Return a key from `AWSLogs/` on, which stays the same wherever files are copied; other keys as they are."""
    found = _TAIL.search(key)
    return found[1] if found else key


def named_digest(key: str) -> DigestFile | None:
    """Return what the name of a file says of a digest; None where it is not that of one.

    Args:
        key: its path or key.
    """
    name = _NAME.fullmatch(key.rpartition("/")[2])
    if name is None:
        return None
    account, region, trail, home = name.group("account", "region", "trail", "home")
    chain = Chain(account, region, trail, home, is_late=name["late"] is not None)
    end = datetime.strptime(name["end"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return DigestFile(key, chain, end)


def read_digest(file: DigestFile, content: bytes, metadata: Mapping[str, str]) -> None:
    """Add to a digest what is in it, or what is wrong with it.

    Args:
        file: the digest.
        content: as it lies there.
        metadata: of the object; nothing where it is not known.
    """
    try:
        text = inflate(content)
        file.digest = msgspec.json.decode(text, type=Digest)
    except (NotARecordFileError, msgspec.DecodeError, RecursionError) as error:
        file.problem = f"it is no digest: {error}"
        return
    file.sha256 = sha256(text).hexdigest()
    file.signature = metadata.get(SIGNATURE, "")
    file.written = _moment(metadata.get(WRITTEN_LATER, ""))
    if tail_of(file.digest.digest_s3_object) != file.tail:
        file.problem = f"it was moved; it belongs to `{file.digest.digest_s3_object}`"
    elif file.digest.digest_signature_algorithm != _SIGNED:
        file.problem = f"it is signed by `{file.digest.digest_signature_algorithm}`, which is not known here"


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def check_digests(files: Iterable[DigestFile], keys: Mapping[str, Mapping[str, RSAPublicKey] | None]) -> Links:
    """Find out which digests count; those that do not have a `problem` afterwards.

    A digest vouches for the one before it: it has its hash, and its signature, which is how the signature of a copy is
    known that has lost its metadata. One that does not count vouches for nothing.

    Args:
        files: all there are.
        keys: the public keys of each Region, by their fingerprints; None for a Region of which none are known.
    """
    links = Links()
    chains: dict[Chain, list[DigestFile]] = defaultdict(list)
    for file in files:
        chains[file.chain].append(file)
    for chain, some in chains.items():
        some.sort(key=lambda file: (file.end, file.key))
        known = {file.tail: file for file in some}
        for at in reversed(range(len(some))):
            file = some[at]
            if not file.problem:
                _check_signature(file, keys.get(chain.region))
            if file.digest is not None and not file.problem:
                _follow(file.digest, some[at - 1] if at else None, known, chain, links)
    return links


def _follow(
    digest: Digest, before: DigestFile | None, known: Mapping[str, DigestFile], chain: Chain, links: Links
) -> None:
    """Check the digest before one that counts."""
    if digest.previous_digest_s3_object is None:
        if before is not None and not chain.is_late:
            links.gaps.append(
                f"{chain.account} {chain.region} trail {chain.trail}: no digests from {before.end:%Y-%m-%dT%H:%M:%SZ}"
                f" to {digest.digest_start_time}"
            )
        return
    previous = known.get(tail_of(digest.previous_digest_s3_object))
    if previous is None:
        links.missing.append(digest.previous_digest_s3_object)
    elif not previous.problem and previous.sha256 != digest.previous_digest_hash_value:
        previous.problem = "it was changed: its SHA-256 is not the one in the digest after it"
    elif not previous.signature:
        previous.signature = digest.previous_digest_signature or ""
    elif previous.signature != digest.previous_digest_signature and not previous.problem:
        previous.problem = "its signature is not the one in the digest after it"


def _check_signature(file: DigestFile, keys: Mapping[str, RSAPublicKey] | None) -> None:
    """Check the signature of a digest if it and public keys are known."""
    if keys is None or file.digest is None:
        return
    if not file.signature:
        file.problem = "" if file.is_copy else "it has lost its signature, which is metadata of the object"
        return
    fingerprint = file.digest.digest_public_key_fingerprint
    key = keys.get(fingerprint)
    if key is None:
        file.problem = f"there is no public key `{fingerprint}` of {file.chain.region} to check its signature with"
        return
    try:
        key.verify(bytes.fromhex(file.signature), _signed_text(file.digest, file.sha256), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        file.problem = "its signature is not CloudTrail's: it was changed or forged"
    else:
        file.is_signed = True


def _signed_text(digest: Digest, content: str) -> bytes:
    """Return what CloudTrail signs.

    Args:
        digest: what the digest says.
        content: the SHA-256 of the digest before it was compressed, in hexadecimal digits.
    """
    where = f"{digest.digest_s3_bucket}/{digest.digest_s3_object}"
    previous = digest.previous_digest_signature or "null"
    return f"{digest.digest_end_time}\n{where}\n{content}\n{previous}".encode()


@dataclass(frozen=True, slots=True)
class Word:
    """What digests say of a log file.

    Attributes:
        key: of the log file, where the digest would have it.
        sha256: of its content before it was compressed; empty where nobody says it that counts.
        doubt: why it is not known; empty where it is.
    """

    key: str
    sha256: str
    doubt: str = ""


def words_on_files(files: Iterable[DigestFile]) -> Mapping[str, Word]:
    """Return what digests say of log files, by their tails; where several do, what one that counts says."""
    words: dict[str, Word] = {}
    for file in files:
        for tail, word in _words(file):
            if tail not in words or words[tail].doubt:
                words[tail] = word
    return words


def _words(file: DigestFile) -> Iterator[tuple[str, Word]]:
    root = file.key[: len(file.key) - len(file.tail)]
    for named in file.digest.log_files if file.digest else ():
        tail = tail_of(named.s3_object)
        if file.problem:
            yield tail, Word(root + tail, "", f"the digest that names it does not count: {file.problem}")
        elif named.hash_algorithm != _HASHED:
            yield tail, Word(root + tail, "", f"its digest hashes by `{named.hash_algorithm}`, which is not known here")
        else:
            yield tail, Word(root + tail, named.hash_value)
