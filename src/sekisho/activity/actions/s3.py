"""The actions of calls to Amazon S3, whose names are often not those of the actions."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from sekisho.activity.actions.needed import Answer, NeededAction, NoneNeeded, inferred, mapped, same_name
from sekisho.activity.actions.parameters import bucket_arn, fields, is_given, is_true, items, parameters_of, text, words
from sekisho.activity.call import Call
from sekisho.policy.patterns import literal

READS: Final = frozenset(
    words(
        """versionid x-amz-copy-source x-amz-copy-source-version-id x-amz-tagging x-amz-tagging-directive x-amz-acl
        x-amz-grant-read x-amz-grant-write x-amz-grant-read-acp x-amz-grant-write-acp x-amz-grant-full-control
        x-amz-object-lock-mode x-amz-object-lock-retain-until-date x-amz-object-lock-legal-hold
        x-amz-object-lock-legal-hold-status x-amz-bypass-governance-retention x-amz-bucket-object-lock-enabled
        x-amz-object-ownership createbucketconfiguration delete bucketname bucket"""
    )
)

_CONFIGURATIONS: Final = words(
    "Accelerate Analytics IntelligentTiering Inventory Lifecycle Metrics Replication Encryption"
)


def _configurations() -> dict[str, str]:
    """Return the calls on parts of a bucket's configuration: those that delete one need the action that puts it."""
    table: dict[str, str] = {}
    for part in _CONFIGURATIONS:
        for end in ("", "Configuration"):
            table[f"GetBucket{part}{end}"] = f"Get{part}Configuration"
            table[f"PutBucket{part}{end}"] = f"Put{part}Configuration"
            table[f"DeleteBucket{part}{end}"] = f"Put{part}Configuration"
        table[f"ListBucket{part}Configurations"] = f"Get{part}Configuration"
    return table


RENAMED: Final[Mapping[str, str]] = {
    **_configurations(),
    "ListBuckets": "ListAllMyBuckets",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "SelectObjectContent": "GetObject",
    "CreateMultipartUpload": "PutObject",
    "InitiateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "PostObject": "PutObject",
    "DeleteBucketTagging": "PutBucketTagging",
    "GetBucketCors": "GetBucketCORS",
    "PutBucketCors": "PutBucketCORS",
    "DeleteBucketCors": "PutBucketCORS",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "DeleteBucketPublicAccessBlock": "PutBucketPublicAccessBlock",
    "DeleteAccountPublicAccessBlock": "PutAccountPublicAccessBlock",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "CreateBucketMetadataConfiguration": "CreateBucketMetadataTableConfiguration",
    "GetBucketMetadataConfiguration": "GetBucketMetadataTableConfiguration",
    "DeleteBucketMetadataConfiguration": "DeleteBucketMetadataTableConfiguration",
}
"""Calls and their actions. Source: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"."""

VERSIONED: Final[Mapping[str, tuple[str, str]]] = {
    "GetObject": ("GetObject", "GetObjectVersion"),
    "HeadObject": ("GetObject", "GetObjectVersion"),
    "GetObjectAcl": ("GetObjectAcl", "GetObjectVersionAcl"),
    "PutObjectAcl": ("PutObjectAcl", "PutObjectVersionAcl"),
    "GetObjectTagging": ("GetObjectTagging", "GetObjectVersionTagging"),
    "PutObjectTagging": ("PutObjectTagging", "PutObjectVersionTagging"),
    "DeleteObjectTagging": ("DeleteObjectTagging", "DeleteObjectVersionTagging"),
    "GetObjectTorrent": ("GetObjectTorrent", "GetObjectVersionTorrent"),
    "DeleteObject": ("DeleteObject", "DeleteObjectVersion"),
}
"""Calls whose action is the second one where they name a version. Source: the same page."""

OTHER_PREFIXES: Final[Mapping[str, str]] = {
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
    "CreateSession": "s3express:CreateSession",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "GetAccessPointScope": "s3express:GetAccessPointScope",
    "PutAccessPointScope": "s3express:PutAccessPointScope",
    "DeleteAccessPointScope": "s3express:DeleteAccessPointScope",
    "ListAccessPointsForDirectoryBuckets": "s3express:ListAccessPointsForDirectoryBuckets",
    "GetBucket": "s3-outposts:GetBucket",
    "ListRegionalBuckets": "s3-outposts:ListRegionalBuckets",
}

_IN_SESSION: Final = frozenset(
    words(
        """AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteObject DeleteObjects
        GetObject GetObjectAttributes HeadBucket HeadObject ListMultipartUploads ListObjectsV2 ListParts PutObject
        RenameObject UploadPart UploadPartCopy"""
    )
)
"""Calls to a directory bucket. Source: Amazon S3 API reference, "CreateSession"."""

_WRITES_OBJECTS: Final = frozenset(
    {"PutObject", "PostObject", "CreateMultipartUpload", "InitiateMultipartUpload", "CopyObject"}
)
_GRANTS: Final = (
    "x-amz-grant-read",
    "x-amz-grant-write",
    "x-amz-grant-read-acp",
    "x-amz-grant-write-acp",
    "x-amz-grant-full-control",
)
_VERSION_NAMED: Final = "a version of the object is named"


def session_of(name: str) -> NoneNeeded | None:
    """Return why an object call to a directory bucket needs no action of its own; None for other calls."""
    return NoneNeeded("rides on the session of s3express:CreateSession") if name in _IN_SESSION else None


def versioned(call: Call) -> Answer:
    """Return the action of a call on an object, or on a version of it, and what its parameters ask for."""
    parameters = parameters_of(call)
    plain, of_version = VERSIONED[call.name]
    if text(parameters.get("versionid")):
        return (mapped(f"s3:{of_version}", _VERSION_NAMED), *_bypass(parameters))
    own = f"s3:{plain}"
    return (same_name(own) if plain == call.name else mapped(own, f"{call.name} needs it"), *_bypass(parameters))


def attributes(call: Call) -> Answer:
    """Return both actions that GetObjectAttributes needs. Source: Amazon S3 API reference, "GetObjectAttributes"."""
    if text(parameters_of(call).get("versionid")):
        names = ("s3:GetObjectVersion", "s3:GetObjectVersionAttributes")
    else:
        names = ("s3:GetObject", "s3:GetObjectAttributes")
    return tuple(mapped(name, "GetObjectAttributes needs both") for name in names)


def delete_objects(call: Call) -> Answer:
    """Return the actions of a deletion of several objects, some of which may name a version."""
    parameters = parameters_of(call)
    named = fields(parameters.get("delete"))
    listed = [fields(one) for key in ("object", "objects") for one in items(named.get(key))]
    kinds = {bool(text(one.get("versionid"))) for one in listed} or {False}
    rule = "DeleteObjects needs it of each object"
    found = tuple(mapped("s3:DeleteObjectVersion" if kind else "s3:DeleteObject", rule) for kind in sorted(kinds))
    return (*found, *_bypass(parameters))


def write_object(call: Call) -> Answer:
    """Return the actions of a call that writes an object: what its headers set needs actions of their own.

    Source: Amazon S3 API reference, "PutObject", "CreateMultipartUpload" and "CopyObject": permissions.
    """
    parameters = parameters_of(call)
    own = (
        same_name("s3:PutObject")
        if call.name == "PutObject"
        else mapped("s3:PutObject", f"{call.name} writes an object")
    )
    source = _source(call, parameters) if call.name == "CopyObject" else ()
    return (own, *source, *_headers(parameters))


def copy_part(call: Call) -> Answer:
    """Return the actions of UploadPartCopy."""
    return (mapped("s3:PutObject", "UploadPartCopy writes an object"), *_source(call, parameters_of(call)))


def create_bucket(call: Call) -> Answer:
    """Return the actions of CreateBucket. Source: Amazon S3 API reference, "CreateBucket": permissions."""
    parameters = parameters_of(call)
    extra: list[NeededAction] = []
    acl = text(parameters.get("x-amz-acl"))
    if (acl and acl != "private") or any(is_given(parameters.get(name)) for name in _GRANTS):
        extra.append(inferred("s3:PutBucketAcl", "the new bucket's ACL is set"))
    if is_true(parameters.get("x-amz-bucket-object-lock-enabled")):
        extra.append(inferred("s3:PutBucketObjectLockConfiguration", "object lock is enabled"))
        extra.append(inferred("s3:PutBucketVersioning", "object lock is enabled"))
    if is_given(parameters.get("x-amz-object-ownership")):
        extra.append(inferred("s3:PutBucketOwnershipControls", "object ownership is set"))
    if is_given(fields(parameters.get("createbucketconfiguration")).get("tags")):
        extra.append(inferred("s3:TagResource", "the new bucket is tagged"))
    return (same_name("s3:CreateBucket"), *extra)


def put_retention(call: Call) -> Answer:
    """Return the actions of PutObjectRetention, which may go round the governance mode."""
    return (same_name("s3:PutObjectRetention"), *_bypass(parameters_of(call)))


def public_access_block(call: Call) -> Answer:
    """Return the action on the public access block of a bucket, or of the account where no bucket is named."""
    parameters = parameters_of(call)
    on = "Bucket" if text(parameters.get("bucketname")) or text(parameters.get("bucket")) else "Account"
    verb = "Get" if call.name.startswith("Get") else "Put"
    return (mapped(f"s3:{verb}{on}PublicAccessBlock", f"public access block of the {on.lower()}"),)


def _source(call: Call, parameters: Mapping[str, Any]) -> tuple[NeededAction, ...]:
    """Return the action on the source of a copy; nothing where the record does not name it."""
    path, _, query = text(parameters.get("x-amz-copy-source")).partition("?")
    path = unquote(path).removeprefix("/")
    bucket, _, key = path.partition("/")
    if not bucket or not key:
        return ()
    is_version = query.lower().startswith("versionid=") or is_given(parameters.get("x-amz-copy-source-version-id"))
    source = literal(path) if path.startswith("arn:") else bucket_arn(call, path)
    action = "s3:GetObjectVersion" if is_version else "s3:GetObject"
    copied = (mapped(action, "source of the copy", (source,)),)
    if text(parameters.get("x-amz-tagging-directive")).upper() != "COPY":
        return copied
    tagging = "s3:GetObjectVersionTagging" if is_version else "s3:GetObjectTagging"
    rule = "the copy was told to take the tags along"
    return (*copied, inferred(tagging, rule, (source,)), inferred("s3:PutObjectTagging", rule))


def _headers(parameters: Mapping[str, Any]) -> list[NeededAction]:
    """Return what the headers of a call that writes an object ask for beside it."""
    found: list[NeededAction] = []
    if any(is_given(parameters.get(name)) for name in ("x-amz-acl", *_GRANTS)):
        found.append(inferred("s3:PutObjectAcl", "the object's ACL is set"))
    if is_given(parameters.get("x-amz-tagging")):
        found.append(inferred("s3:PutObjectTagging", "the object is tagged"))
    if is_given(parameters.get("x-amz-object-lock-mode")) or is_given(
        parameters.get("x-amz-object-lock-retain-until-date")
    ):
        found.append(inferred("s3:PutObjectRetention", "a retention period is set"))
    if is_given(parameters.get("x-amz-object-lock-legal-hold")) or is_given(
        parameters.get("x-amz-object-lock-legal-hold-status")
    ):
        found.append(inferred("s3:PutObjectLegalHold", "a legal hold is set"))
    return found


def _bypass(parameters: Mapping[str, Any]) -> tuple[NeededAction, ...]:
    if not is_true(parameters.get("x-amz-bypass-governance-retention")):
        return ()
    return (inferred("s3:BypassGovernanceRetention", "governance mode is bypassed"),)


RULES: Final = {
    **dict.fromkeys(VERSIONED, versioned),
    **dict.fromkeys(_WRITES_OBJECTS, write_object),
    "GetObjectAttributes": attributes,
    "DeleteObjects": delete_objects,
    "DeleteMultipleObjects": delete_objects,
    "UploadPartCopy": copy_part,
    "CreateBucket": create_bucket,
    "PutObjectRetention": put_retention,
    "GetPublicAccessBlock": public_access_block,
    "PutPublicAccessBlock": public_access_block,
    "DeletePublicAccessBlock": public_access_block,
}
"""Calls whose actions depend on their parameters, by name."""
