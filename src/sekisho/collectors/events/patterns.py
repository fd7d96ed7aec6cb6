"""What has to come in: the patterns of the rules that `sekisho deploy` prints, and no more than that.

Each is under the 2,048 characters that EventBridge takes, and has no wildcard, of which a bus may have few. Some match
too much, as a pattern cannot say it more closely: what an event means is decided here.

Source: EventBridge User Guide, "Event patterns", "Amazon EventBridge quotas"; Service Authorization Reference, for the
names of calls.
"""

from collections.abc import Mapping
from typing import Any, Final

from sekisho.collectors.events.envelopes import API_CALL, CONSOLE_ACTION, SIGN_IN, SIGN_IN_TOO


def _prefixes(*texts: str) -> list[Any]:
    return [{"prefix": text} for text in texts]


def _suffixes(*texts: str) -> list[Any]:
    return [{"suffix": text} for text in texts]


_IDENTITY: Final[Mapping[str, Any]] = {
    "detail-type": [API_CALL],
    "detail": {
        "eventSource": ["iam.amazonaws.com"],
        "eventName": [
            *_suffixes("AccessKey", "LoginProfile", "MFADevice", "ServiceSpecificCredential", "SigningCertificate"),
            *_suffixes("SSHPublicKey", "AccountPasswordPolicy", "UserPolicy", "GroupPolicy", "RolePolicy"),
            *_suffixes("PermissionsBoundary", "PolicyVersion", "SAMLProvider"),
            *_prefixes("CreateOpenID", "UpdateOpenID", "AddClientID"),
            *("CreateUser", "DeleteUser", "UpdateUser", "CreateRole", "DeleteRole", "UpdateRole"),
            *("UpdateAssumeRolePolicy", "AddUserToGroup", "RemoveUserFromGroup", "ChangePassword"),
            "CreateAccountAlias",
        ],
    },
}

_GUARD: Final[Mapping[str, Any]] = {
    "detail-type": [API_CALL, SIGN_IN, SIGN_IN_TOO, CONSOLE_ACTION],
    "detail": {
        "$or": [
            {"eventSource": ["signin.amazonaws.com"]},
            {
                "eventSource": ["cloudtrail.amazonaws.com"],
                "eventName": ["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors"],
            },
            {
                "eventSource": ["events.amazonaws.com"],
                "eventName": ["DisableRule", "DeleteRule", "RemoveTargets", "PutRule"],
            },
            {"eventSource": ["sqs.amazonaws.com"], "eventName": ["DeleteQueue", "PurgeQueue"]},
            {"eventSource": ["organizations.amazonaws.com"], "eventName": ["LeaveOrganization"]},
            {"eventSource": ["sts.amazonaws.com"], "eventName": ["AssumeRoot"]},
            {
                "eventSource": ["rolesanywhere.amazonaws.com"],
                "eventName": ["CreateTrustAnchor", "CreateProfile", "UpdateTrustAnchor", "UpdateProfile"],
            },
            {
                "userIdentity": {"type": ["Root"], "invokedBy": [{"exists": False}]},
                "eventType": [{"anything-but": "AwsServiceEvent"}],
            },
        ]
    },
}

_SUCCEEDED: Final = [{"exists": False}]
"""What a call has as its `errorCode` that did what it was to do."""

_RESOURCES_A: Final[Mapping[str, Any]] = {
    "detail-type": [API_CALL],
    "detail": {
        "errorCode": _SUCCEEDED,
        "$or": [
            {
                "eventSource": ["s3.amazonaws.com", "s3express.amazonaws.com"],
                "eventName": [
                    *("CreateBucket", "DeleteBucket"),
                    *_suffixes("BucketPolicy", "BucketAcl", "PublicAccessBlock", "OwnershipControls"),
                    *_suffixes("AccessPoint", "AccessPointPolicy"),
                ],
            },
            {
                "eventSource": ["kms.amazonaws.com"],
                "eventName": [
                    *("CreateKey", "ReplicateKey", "PutKeyPolicy", "CreateGrant", "RetireGrant", "RevokeGrant"),
                    *("ScheduleKeyDeletion", "CancelKeyDeletion"),
                ],
            },
            {
                "eventSource": ["lambda.amazonaws.com"],
                "eventName": [
                    *_prefixes("AddPermission", "RemovePermission"),
                    *_prefixes("AddLayerVersionPermission", "RemoveLayerVersionPermission"),
                    *_prefixes("CreateFunction", "DeleteFunction", "UpdateFunctionUrlConfig"),
                ],
            },
            {
                "eventSource": ["sqs.amazonaws.com", "sns.amazonaws.com"],
                "eventName": [
                    *("CreateQueue", "DeleteQueue", "SetQueueAttributes"),
                    *("CreateTopic", "DeleteTopic", "SetTopicAttributes", "AddPermission", "RemovePermission"),
                ],
            },
        ],
    },
}

_RESOURCES_B: Final[Mapping[str, Any]] = {
    "detail-type": [API_CALL],
    "detail": {
        "errorCode": _SUCCEEDED,
        "$or": [
            {
                "eventSource": ["secretsmanager.amazonaws.com", "dynamodb.amazonaws.com"],
                "eventName": [
                    *("PutResourcePolicy", "DeleteResourcePolicy", "CreateSecret", "DeleteSecret", "RestoreSecret"),
                    *("ReplicateSecretToRegions", "CreateTable", "DeleteTable"),
                ],
            },
            {
                "eventSource": ["ec2.amazonaws.com"],
                "eventName": [
                    *("CreateSnapshot", "CreateSnapshots", "CopySnapshot", "DeleteSnapshot"),
                    *("ModifySnapshotAttribute", "ResetSnapshotAttribute"),
                ],
            },
            {
                "eventSource": ["rds.amazonaws.com"],
                "eventName": [
                    *_suffixes("DBSnapshot", "DBClusterSnapshot"),
                    *("ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute"),
                ],
            },
            {
                "eventSource": ["ecr.amazonaws.com"],
                "eventName": [
                    *("CreateRepository", "DeleteRepository"),
                    *_suffixes("RepositoryPolicy", "RegistryPolicy"),
                ],
            },
            {
                "eventSource": ["elasticfilesystem.amazonaws.com"],
                "eventName": ["CreateFileSystem", "DeleteFileSystem", *_suffixes("FileSystemPolicy")],
            },
        ],
    },
}

IDENTITY: Final = "identity"
"""The pattern for IAM, whose calls are recorded in one Region of a partition alone."""

PATTERNS: Final[Mapping[str, Mapping[str, Any]]] = {
    IDENTITY: _IDENTITY,
    "guard": _GUARD,
    "resources-a": _RESOURCES_A,
    "resources-b": _RESOURCES_B,
}
"""By their names: who may do what, who signs in or would blind us, and whose resources may be open to others."""

FORWARDED: Final[Mapping[str, Any]] = {
    "source": [{"prefix": "aws."}],
    "detail-type": [API_CALL, SIGN_IN, SIGN_IN_TOO, CONSOLE_ACTION],
}
"""What a home bus passes on of what it is sent; only AWS itself can send events of such a source.

Source: EventBridge API Reference, "PutEvents", on `Source`.
"""
