"""What a call was made on: the user, role, bucket or whatever else it changed.

Source: CloudTrail User Guide, "CloudTrail record contents"; that each service's records say it where they do was seen
in records.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from sekisho.alerts.messages.plain import Plain, list_at, one_line, text_at
from sekisho.alerts.messages.principals import Principal
from sekisho.policy.arns import parse_arn


class Whom(msgspec.Struct, frozen=True):
    """What a call was made on; empty where the record does not say, or where it was the account as a whole.

    Attributes:
        kind: such as `user`, `role`, `bucket`; what a link is made by.
        name: as the record has it: a name, an id or an ARN.
    """

    kind: str = ""
    name: str = ""


_USER: Final = ("user", "requestParameters.userName", "responseElements.*.userName")

IAM: Final = (
    _USER,
    ("role", "requestParameters.roleName", "responseElements.role.roleName"),
    ("group", "requestParameters.groupName", "responseElements.group.groupName"),
    ("device", "requestParameters.serialNumber", "responseElements.virtualMFADevice.serialNumber"),
    ("policy", "requestParameters.policyArn", "responseElements.policy.arn", "requestParameters.policyName"),
    ("provider", "requestParameters.sAMLProviderArn", "responseElements.sAMLProviderArn"),
    ("provider", "requestParameters.openIDConnectProviderArn", "responseElements.openIDConnectProviderArn"),
    ("profile", "requestParameters.instanceProfileName"),
    ("provider", "requestParameters.name", "requestParameters.url"),
)

SOURCES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    "iam.amazonaws.com": IAM,
    "sts.amazonaws.com": (("account", "requestParameters.targetPrincipal"), ("role", "requestParameters.roleArn")),
    "cloudtrail.amazonaws.com": (("trail", "requestParameters.name", "requestParameters.trailName"),),
    "events.amazonaws.com": (("rule", "requestParameters.name", "requestParameters.rule"),),
    "organizations.amazonaws.com": (("account", "requestParameters.accountId", "recipientAccountId"),),
    "rolesanywhere.amazonaws.com": (
        ("trust anchor", "responseElements.trustAnchor.trustAnchorArn", "requestParameters.trustAnchorId"),
        ("profile", "responseElements.profile.profileArn", "requestParameters.profileId", "requestParameters.name"),
    ),
    "s3.amazonaws.com": (
        ("bucket", "requestParameters.bucketName"),
        ("access point", "requestParameters.name"),
        ("account", "recipientAccountId"),
    ),
    "s3express.amazonaws.com": (("bucket", "requestParameters.bucketName"),),
    "kms.amazonaws.com": (("key", "resources.0.ARN", "responseElements.keyMetadata.arn", "requestParameters.keyId"),),
    "lambda.amazonaws.com": (
        ("function", "requestParameters.functionName", "responseElements.functionName"),
        ("layer", "requestParameters.layerName"),
    ),
    "sqs.amazonaws.com": (
        ("queue", "requestParameters.queueUrl", "responseElements.queueUrl", "requestParameters.queueName"),
    ),
    "sns.amazonaws.com": (
        ("topic", "requestParameters.topicArn", "responseElements.topicArn", "requestParameters.name"),
    ),
    "secretsmanager.amazonaws.com": (
        ("secret", "responseElements.arn", "responseElements.aRN", "requestParameters.secretId"),
        ("secret", "requestParameters.name"),
    ),
    "ec2.amazonaws.com": (("snapshot", "requestParameters.snapshotId", "responseElements.snapshotId"),),
    "rds.amazonaws.com": (
        ("database snapshot", "requestParameters.dBSnapshotIdentifier"),
        ("cluster snapshot", "requestParameters.dBClusterSnapshotIdentifier"),
        ("database snapshot", "requestParameters.targetDBSnapshotIdentifier"),
        ("cluster snapshot", "requestParameters.targetDBClusterSnapshotIdentifier"),
    ),
    "ecr.amazonaws.com": (("repository", "requestParameters.repositoryName"), ("account", "recipientAccountId")),
    "elasticfilesystem.amazonaws.com": (
        ("file system", "requestParameters.fileSystemId", "responseElements.fileSystemId"),
    ),
    "dynamodb.amazonaws.com": (("table", "requestParameters.resourceArn", "requestParameters.tableName"),),
}
"""Where the records of a service say what a call was made on, the first place that says anything first."""

OF_ONESELF: Final = frozenset(
    {
        "ChangePassword",
        "CreateAccessKey",
        "CreateLoginProfile",
        "CreateServiceSpecificCredential",
        "DeleteAccessKey",
        "DeleteLoginProfile",
        "DeleteServiceSpecificCredential",
        "DeleteSSHPublicKey",
        "DeleteSigningCertificate",
        "ResetServiceSpecificCredential",
        "UpdateAccessKey",
        "UpdateServiceSpecificCredential",
        "UpdateSigningCertificate",
        "UploadSigningCertificate",
    }
)
"""Calls of IAM that without a user name are made on whoever makes them. Source: IAM API reference, their `UserName`."""

_LONGEST: Final = 300


def whom_of(detail: Plain, principal: Principal) -> Whom:
    """Return what a CloudTrail record says that a call was made on."""
    source, name = text_at(detail, "eventSource"), text_at(detail, "eventName")
    for kind, *paths in SOURCES.get(source, ()):
        found = next((text for path in paths if (text := _text(detail, path))), "")
        if found:
            return _of_device(found) if kind == "device" else Whom(kind, one_line(found, _LONGEST))
    if source == "iam.amazonaws.com" and name in OF_ONESELF and principal.type in {"IAMUser", "Root"}:
        return Whom("root" if principal.type == "Root" else "user", principal.name)
    return Whom("resource", _first_resource(detail)) if _first_resource(detail) else Whom()


def is_on_another(detail: Plain, principal: Principal) -> bool:
    """Say whether a call was made on a user other than whoever made it; False where no user is told."""
    whom = whom_of(detail, principal)
    if whom.kind not in {"user", "root"} or not whom.name:
        return False
    if principal.type == "Root":
        return whom.kind == "user" and whom.name != "root"
    return principal.type != "IAMUser" or whom.name != principal.name


def _text(detail: Plain, path: str) -> str:
    """Return the text at a path, of which one `*` stands for any member."""
    head, star, tail = path.partition(".*.")
    if not star:
        return text_at(detail, path)
    found = value if isinstance(value := _member(detail, head), dict) else {}
    return next((text for one in found.values() if (text := text_at(one, tail))), "")


def _member(detail: Plain, name: str) -> Plain:
    return detail.get(name) if isinstance(detail, dict) else None


def _of_device(serial: str) -> Whom:
    """Return whose MFA device it is, as far as its serial number tells: root's has a name of its own."""
    if serial.endswith(":mfa/root-account-mfa-device"):
        return Whom("root", "root")
    arn = parse_arn(serial)
    return Whom("device", one_line(arn.resource.rpartition("/")[2] if arn else serial, _LONGEST))


def _first_resource(detail: Plain) -> str:
    arns = (text_at(one, "ARN", "arn") for one in list_at(detail, "resources"))
    return one_line(next((arn for arn in arns if arn), ""), _LONGEST)
