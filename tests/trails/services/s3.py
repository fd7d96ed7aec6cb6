"""Amazon S3. Source: Amazon S3 User Guide, "Amazon S3 CloudTrail events" and "Logging Amazon S3 API calls"."""

from collections.abc import Mapping
from typing import Any, Final

from trails.rows import Row, Service, Shorthand

ARNS: Final = {
    "bucket": "arn:{p}:s3:::{bucket}",
    "object": "arn:{p}:s3:::{bucket}/{key}",
    "source": "arn:{p}:s3:::{source_bucket}/{source_key}",
    "source-bucket": "arn:{p}:s3:::{source_bucket}",
}
call: Final = Shorthand("s3", ARNS)

HOST: Final = "{bucket}.s3.{r}.{dns}"
ON_BUCKET: Final = {"bucketName": "{bucket}", "Host": HOST}
ON_OBJECT: Final = {**ON_BUCKET, "key": "{key}"}
TOUCHES_BUCKET: Final = {"AWS::S3::Bucket": "bucket"}
TOUCHES_OBJECT: Final = {"AWS::S3::Object": "object", "AWS::S3::Bucket": "bucket"}
TRAFFIC: Final = {
    "SignatureVersion": "SigV4",
    "CipherSuite": "TLS_AES_128_GCM_SHA256",
    "bytesTransferredIn": 0,
    "AuthenticationMethod": "AuthHeader",
    "x-amz-id-2": "{fresh_hex40}={fresh_hex17}",
    "bytesTransferredOut": 2421,
}
ENCRYPTED: Final = {"x-amz-server-side-encryption": "AES256"}


def on_object(
    name: str,
    *needs: str,
    more: Mapping[str, Any] | None = None,
    response: Mapping[str, Any] | None = None,
    abroad: bool = False,
) -> Row:
    """Return the row of a data event on one object."""
    return call(
        name,
        ON_OBJECT | dict(more or {}),
        *needs,
        touched=TOUCHES_OBJECT,
        response=response,
        additional=TRAFFIC,
        data=True,
        abroad=abroad,
    )


def on_bucket(name: str, action: str = "", more: Mapping[str, Any] | None = None) -> Row:
    """Return the row of a management event on one bucket, whose subresource the parameters name."""
    return call(
        name,
        ON_BUCKET | dict(more or {}),
        f"{action} bucket" if action else "bucket",
        touched=TOUCHES_BUCKET,
        additional=TRAFFIC,
    )


def listing(name: str, *, abroad: bool = False) -> Row:
    """Return the row of a listing, which is a data event."""
    asked = ON_BUCKET | {"list-type": "2", "prefix": "{folder}/", "delimiter": "/", "encoding-type": "url"}
    touched = {"AWS::S3::Object": "arn:{p}:s3:::{bucket}/{folder}/*", "AWS::S3::Bucket": "bucket"}
    return call(
        name, asked, "ListBucket bucket", touched=touched, additional=TRAFFIC, data=True, reads=True, abroad=abroad
    )


DATA: Final = (
    on_object("GetObject", "object"),
    on_object("GetObject", "object", abroad=True),
    on_object("GetObject", "GetObjectVersion object", more={"versionId": "{fresh_hex32}"}),
    on_object("HeadObject", "GetObject object"),
    on_object("PutObject", "object", response=ENCRYPTED),
    on_object(
        "PutObject",
        "object",
        "PutObjectAcl object",
        more={"x-amz-acl": "bucket-owner-full-control"},
        response=ENCRYPTED,
        abroad=True,
    ),
    on_object("PutObject", "object", "PutObjectTagging object", more={"x-amz-tagging": "team=data"}),
    on_object("DeleteObject", "object"),
    on_object("DeleteObject", "DeleteObjectVersion object", more={"versionId": "{fresh_hex32}"}),
    on_object("CreateMultipartUpload", "PutObject object", more={"uploads": ""}, response=ENCRYPTED),
    on_object("UploadPart", "PutObject object", more={"partNumber": "1", "uploadId": "{fresh_hex32}"}),
    on_object("CompleteMultipartUpload", "PutObject object", more={"uploadId": "{fresh_hex32}"}),
    on_object("AbortMultipartUpload", "object", more={"uploadId": "{fresh_hex32}"}),
    on_object("ListParts", "ListMultipartUploadParts object", more={"uploadId": "{fresh_hex32}"}),
    on_object("GetObjectAcl", "object", more={"acl": ""}),
    on_object("PutObjectAcl", "object", more={"acl": "", "x-amz-acl": "private"}),
    on_object("GetObjectTagging", "object", more={"tagging": ""}),
    on_object("PutObjectTagging", "object", more={"tagging": ""}),
    on_object("DeleteObjectTagging", "object", more={"tagging": ""}),
    on_object("GetObjectRetention", "object", more={"retention": ""}),
    on_object("PutObjectRetention", "object", more={"retention": ""}),
    on_object("PutObjectLegalHold", "object", more={"legal-hold": ""}),
    on_object("RestoreObject", "object", more={"restore": ""}),
    on_object("SelectObjectContent", "GetObject object", more={"select": "", "select-type": "2"}),
    call(
        "CopyObject",
        ON_OBJECT | {"x-amz-copy-source": "{source_bucket}/{source_key}"},
        "PutObject object",
        "GetObject source",
        touched={"AWS::S3::Object": "object source", "AWS::S3::Bucket": "bucket source-bucket"},
        response=ENCRYPTED,
        additional=TRAFFIC,
        data=True,
    ),
    call(
        "UploadPartCopy",
        ON_OBJECT
        | {"x-amz-copy-source": "/{source_bucket}/{source_key}", "partNumber": "2", "uploadId": "{fresh_hex32}"},
        "PutObject object",
        "GetObject source",
        touched=TOUCHES_OBJECT,
        additional=TRAFFIC,
        data=True,
    ),
    call(
        "DeleteObjects",
        ON_BUCKET | {"delete": ""},
        "DeleteObject arn:{p}:s3:::{bucket}/*",
        touched={"AWS::S3::Object": "arn:{p}:s3:::{bucket}/*", "AWS::S3::Bucket": "bucket"},
        additional=TRAFFIC,
        data=True,
    ),
    listing("ListObjects"),
    listing("ListObjectsV2"),
    listing("ListObjects", abroad=True),
    call(
        "ListObjectVersions",
        ON_BUCKET | {"versions": "", "max-keys": "1"},
        "ListBucketVersions bucket",
        touched=TOUCHES_BUCKET,
        additional=TRAFFIC,
        data=True,
    ),
    call(
        "HeadBucket", ON_BUCKET, "ListBucket bucket", touched=TOUCHES_BUCKET, additional=TRAFFIC, data=True, reads=True
    ),
    # Records of older clients have every value in a list of one.
    call(
        "GetObject",
        {"bucketName": ["{bucket}"], "key": ["{key}"], "Host": [HOST]},
        "object",
        touched=TOUCHES_OBJECT,
        additional=TRAFFIC,
        data=True,
    ),
)

MANAGEMENT: Final = (
    call("ListBuckets", {"Host": "s3.{r}.{dns}"}, "ListAllMyBuckets *", additional=TRAFFIC),
    call(
        "CreateBucket",
        ON_BUCKET | {"CreateBucketConfiguration": {"LocationConstraint": "{r}"}},
        "bucket",
        touched=TOUCHES_BUCKET,
        additional=TRAFFIC,
    ),
    on_bucket("DeleteBucket"),
    on_bucket("GetBucketLocation", more={"location": ""}),
    # `host` in a list of one, as older records have it.
    on_bucket("GetBucketLocation", more={"location": [""], "host": [HOST]}),
    on_bucket("ListMultipartUploads", "ListBucketMultipartUploads", {"uploads": ""}),
    on_bucket("GetBucketAcl", more={"acl": ""}),
    on_bucket("PutBucketAcl", more={"acl": "", "x-amz-acl": "private"}),
    on_bucket("GetBucketPolicy", more={"policy": ""}),
    on_bucket(
        "PutBucketPolicy",
        more={
            "policy": "",
            "bucketPolicy": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"AWS": "arn:{p}:iam::{a}:role/{named_role}"},
                        "Action": "s3:GetObject",
                        "Resource": "arn:{p}:s3:::{bucket}/*",
                    }
                ],
            },
        },
    ),
    on_bucket("DeleteBucketPolicy", more={"policy": ""}),
    on_bucket("GetBucketPolicyStatus", more={"policyStatus": ""}),
    on_bucket("GetBucketVersioning", more={"versioning": ""}),
    on_bucket(
        "PutBucketVersioning", more={"versioning": "", "VersioningConfiguration": {"Status": "Enabled", "xmlns": "s3"}}
    ),
    on_bucket("GetBucketEncryption", "GetEncryptionConfiguration", {"encryption": ""}),
    on_bucket(
        "PutBucketEncryption",
        "PutEncryptionConfiguration",
        {
            "encryption": "",
            "ServerSideEncryptionConfiguration": {
                "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
            },
        },
    ),
    on_bucket("DeleteBucketEncryption", "PutEncryptionConfiguration", {"encryption": ""}),
    on_bucket("GetBucketTagging", more={"tagging": ""}),
    on_bucket(
        "PutBucketTagging",
        more={"tagging": "", "Tagging": {"TagSet": {"Tag": [{"Key": "team", "Value": "data"}]}}},
    ),
    on_bucket("DeleteBucketTagging", "PutBucketTagging", {"tagging": ""}),
    on_bucket("GetBucketLifecycle", "GetLifecycleConfiguration", {"lifecycle": ""}),
    on_bucket("PutBucketLifecycle", "PutLifecycleConfiguration", {"lifecycle": ""}),
    on_bucket("DeleteBucketLifecycle", "PutLifecycleConfiguration", {"lifecycle": ""}),
    on_bucket("GetBucketReplication", "GetReplicationConfiguration", {"replication": ""}),
    on_bucket("DeleteBucketReplication", "PutReplicationConfiguration", {"replication": ""}),
    call(
        "PutBucketReplication",
        ON_BUCKET
        | {
            "replication": "",
            "ReplicationConfiguration": {
                "Role": "arn:{p}:iam::{me}:role/{s3_role}",
                "Rule": {
                    "Status": "Enabled",
                    "Priority": 1,
                    "Destination": {"Bucket": "arn:{p}:s3:::{source_bucket}"},
                },
            },
        },
        "PutReplicationConfiguration bucket",
        passes=["s3.amazonaws.com s3_role"],
        touched=TOUCHES_BUCKET,
        additional=TRAFFIC,
    ),
    on_bucket("GetBucketCors", "GetBucketCORS", {"cors": ""}),
    on_bucket("PutBucketCors", "PutBucketCORS", {"cors": ""}),
    on_bucket("DeleteBucketCors", "PutBucketCORS", {"cors": ""}),
    on_bucket("GetBucketLogging", more={"logging": ""}),
    on_bucket("PutBucketLogging", more={"logging": ""}),
    on_bucket("GetBucketNotification", more={"notification": ""}),
    on_bucket("PutBucketNotification", more={"notification": ""}),
    on_bucket("GetBucketWebsite", more={"website": ""}),
    on_bucket("PutBucketWebsite", more={"website": ""}),
    on_bucket("DeleteBucketWebsite", more={"website": ""}),
    on_bucket("GetBucketRequestPayment", more={"requestPayment": ""}),
    on_bucket("GetAccelerateConfiguration", more={"accelerate": ""}),
    on_bucket("GetBucketInventoryConfiguration", "GetInventoryConfiguration", {"inventory": "", "id": "all"}),
    on_bucket("PutBucketInventoryConfiguration", "PutInventoryConfiguration", {"inventory": "", "id": "all"}),
    on_bucket("DeleteBucketInventoryConfiguration", "PutInventoryConfiguration", {"inventory": "", "id": "all"}),
    on_bucket("GetBucketMetricsConfiguration", "GetMetricsConfiguration", {"metrics": "", "id": "all"}),
    on_bucket("PutBucketAnalyticsConfiguration", "PutAnalyticsConfiguration", {"analytics": "", "id": "all"}),
    on_bucket("GetBucketOwnershipControls", more={"ownershipControls": ""}),
    on_bucket("PutBucketOwnershipControls", more={"ownershipControls": ""}),
    on_bucket("GetBucketPublicAccessBlock", more={"publicAccessBlock": ""}),
    on_bucket(
        "PutBucketPublicAccessBlock",
        more={"publicAccessBlock": "", "PublicAccessBlockConfiguration": {"BlockPublicAcls": True}},
    ),
    on_bucket("DeleteBucketPublicAccessBlock", "PutBucketPublicAccessBlock", {"publicAccessBlock": ""}),
    call("GetAccountPublicAccessBlock", {"Host": "{a}.s3-control.{r}.{dns}", "publicAccessBlock": ""}, "*"),
    call(
        "PutAccountPublicAccessBlock",
        {
            "Host": "{a}.s3-control.{r}.{dns}",
            "publicAccessBlock": "",
            "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "IgnorePublicAcls": True},
        },
        "*",
    ),
)

SERVICES: Final = (
    Service(
        "s3",
        "s3.amazonaws.com",
        'Amazon S3 User Guide, "Amazon S3 CloudTrail events"',
        DATA + MANAGEMENT,
        denied="AccessDenied",
        missing="NoSuchBucket",
        throttled="SlowDown",
    ),
)
