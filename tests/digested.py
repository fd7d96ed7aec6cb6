"""A made-up trail that validates its log files: hour after hour log files and a digest of them, signed for real."""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ACCOUNT = "111122223333"
REGION = "eu-west-1"
BUCKET = "trail-logs"
BEGIN = datetime(2026, 10, 1, 0, 30, tzinfo=UTC)


@cache
def key_pair(number: int) -> RSAPrivateKey:
    """Return a key pair; CloudTrail's have 2,048 bits too."""
    del number
    return generate_private_key(public_exponent=65537, key_size=2048)


def public_key(number: int) -> dict[str, Any]:
    """Return a public key as `ListPublicKeys` answers it."""
    der = key_pair(number).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return {
        "Value": base64.b64encode(der).decode(),
        "ValidityStartTime": "2026-09-01T00:00:00+00:00",
        "ValidityEndTime": "2026-12-01T00:00:00+00:00",
        "Fingerprint": fingerprint(number),
    }


def fingerprint(number: int) -> str:
    der = key_pair(number).public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    return hashlib.md5(der, usedforsecurity=False).hexdigest()


def public_keys(*numbers: int) -> dict[str, Any]:
    return {"PublicKeyList": [public_key(number) for number in numbers]}


def record(hour: int, name: str = "ListQueues") -> dict[str, Any]:
    """Return a record of a role that does something."""
    role = f"arn:aws:iam::{ACCOUNT}:role/app"
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s",
            "accountId": ACCOUNT,
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": role, "principalId": "AROAEXAMPLE"}},
        },
        "eventTime": f"{BEGIN + timedelta(hours=hour):%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": "sqs.amazonaws.com",
        "eventName": name,
        "awsRegion": REGION,
        "eventID": f"00000000-0000-4000-8000-{hour:012d}",
        "eventType": "AwsApiCall",
        "recipientAccountId": ACCOUNT,
    }


@dataclass
class DigestedTrail:
    """A trail with an object for each file, by its key, and the metadata of digests.

    Attributes:
        prefix: of the trail in its bucket.
        organization: the id with a slash behind it, for the trail of an organization.
        region: whose events.
        signs: the number of the key pair that signs.
    """

    prefix: str = ""
    organization: str = ""
    region: str = REGION
    signs: int = 0
    trail: str = "audit"
    objects: dict[str, bytes] = field(default_factory=dict[str, bytes])
    metadata: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    digests: list[str] = field(default_factory=list[str])
    logs: list[str] = field(default_factory=list[str])

    def hour(self, number: int, *, files: int = 1, starts: bool = False, late: bool = False) -> str:
        """Add the log files of an hour and their digest, and return the key of the digest."""
        end = BEGIN + timedelta(hours=number + 1)
        logs = [self.log(number, file) for file in range(files)]
        return self.digest(end, logs, starts=starts, late=late)

    def log(self, hour: int, file: int = 0, content: bytes | None = None) -> str:
        """Add a log file, and return its key."""
        at = BEGIN + timedelta(hours=hour, minutes=10 + file)
        name = f"{ACCOUNT}_CloudTrail_{self.region}_{at:%Y%m%dT%H%M}Z_{hour:08d}{file:08d}.json.gz"
        key = f"{self.prefix}AWSLogs/{self.organization}{ACCOUNT}/CloudTrail/{self.region}/{at:%Y/%m/%d}/{name}"
        text = json.dumps({"Records": [record(hour)]}).encode() if content is None else content
        self.objects[key] = gzip.compress(text)
        self.logs.append(key)
        return key

    def digest(self, end: datetime, logs: Sequence[str], *, starts: bool = False, late: bool = False) -> str:
        """Add a digest of log files that follows the last one, and return its key."""
        kind = [one for one in self.digests if one.endswith("_backfill.json.gz") is late]
        previous = None if starts or not kind else kind[-1]
        suffix = "_backfill" if late else ""
        name = f"{ACCOUNT}_CloudTrail-Digest_{self.region}_{self.trail}_{REGION}_{end:%Y%m%dT%H%M%S}Z{suffix}.json.gz"
        key = f"{self.prefix}AWSLogs/{self.organization}{ACCOUNT}/CloudTrail-Digest/{self.region}/{end:%Y/%m/%d}/{name}"
        told = {
            "awsAccountId": ACCOUNT,
            "digestStartTime": f"{end - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            "digestEndTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "digestS3Bucket": BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": fingerprint(self.signs),
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            "previousDigestS3Bucket": BUCKET if previous else None,
            "previousDigestS3Object": previous,
            "previousDigestHashValue": digest_of(self.objects[previous]) if previous else None,
            "previousDigestHashAlgorithm": "SHA-256" if previous else None,
            "previousDigestSignature": self.metadata[previous]["signature"] if previous else None,
            "logFiles": [
                {
                    "s3Bucket": BUCKET,
                    "s3Object": log,
                    "hashValue": digest_of(self.objects[log]),
                    "hashAlgorithm": "SHA-256",
                    "newestEventTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                    "oldestEventTime": f"{end:%Y-%m-%dT%H:%M:%SZ}",
                }
                for log in logs
            ],
        }
        self.digests.append(key)
        self.put_digest(key, told)
        if late:
            self.metadata[key]["backfill-generation-timestamp"] = f"{end + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
        return key

    def put_digest(self, key: str, told: Mapping[str, Any], *, signed: bool = True) -> None:
        """Put a digest, and sign it as CloudTrail does."""
        text = json.dumps(told).encode()
        self.objects[key] = gzip.compress(text)
        if signed:
            signature = key_pair(self.signs).sign(
                "\n".join(
                    (
                        told["digestEndTime"],
                        f"{told['digestS3Bucket']}/{told['digestS3Object']}",
                        hashlib.sha256(text).hexdigest(),
                        told["previousDigestSignature"] or "null",
                    )
                ).encode(),
                PKCS1v15(),
                SHA256(),
            )
            self.metadata[key] = {"signature": signature.hex(), "signature-algorithm": "SHA256withRSA"}

    def told(self, key: str) -> dict[str, Any]:
        """Return what a digest says."""
        found: dict[str, Any] = json.loads(gzip.decompress(self.objects[key]))
        return found

    def write(self, folder: Path, *, metadata: bool = False) -> Path:
        """Write all into a folder, if asked for with what `aws s3api head-object` says of digests beside them."""
        for key, content in self.objects.items():
            file = folder / key
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            if metadata and key in self.metadata:
                answer = {"ContentLength": len(content), "Metadata": self.metadata[key]}
                file.with_name(f"{file.name}.head-object.json").write_text(json.dumps(answer))
        return folder

    def upload(self, s3: Any) -> None:
        """Put all into the bucket."""
        for key, content in self.objects.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=content, Metadata=self.metadata.get(key, {}))


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of the inflated content."""
    return hashlib.sha256(gzip.decompress(content)).hexdigest()


def trail_of(hours: int = 5, **options: Any) -> DigestedTrail:
    """Return a trail of some hours with a log file each."""
    trail = DigestedTrail(**options)
    for number in range(hours):
        trail.hour(number)
    return trail
