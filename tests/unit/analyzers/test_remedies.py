"""Remedies: which policy is offered for which access, in which words, and what is left open where none is."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from sekisho.analyzers import access as access_module
from sekisho.analyzers import analyze_resource, remedies
from sekisho.analyzers.observation import ExternalAccess
from sekisho.policy import format_policy, parse_policy
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.snapshot import ApiCall, RawResource
from sekisho.resources.zone import MemberAccount, ZoneOfTrust, ZoneType
from unit.resources.builders import (
    ACCOUNT_ZONE,
    BUCKET,
    OWNER,
    QUEUE,
    SECRET,
    VENDOR,
    allow,
    answered,
    bucket,
    deny,
    key,
    policy_text,
    queue,
    role,
    secret,
    trusts,
)

PARTNER = "777788889999"
MEMBER = "222233334444"
ELB = "127311923021"
ORGANIZATION = "o-a1b2c3d4e5"
ORGANIZATION_ZONE = ZoneOfTrust(
    ZoneType.ORGANIZATION,
    OWNER,
    "us-east-1",
    organization_id=ORGANIZATION,
    accounts=(MemberAccount(OWNER, f"{ORGANIZATION}/r-1/"), MemberAccount(MEMBER, f"{ORGANIZATION}/r-1/")),
)
TOPIC = f"arn:aws:sns:us-east-1:{OWNER}:alarms"
FUNCTION = f"arn:aws:lambda:us-east-1:{OWNER}:function:resize"
GROUPS = "http://acs.amazonaws.com/groups/global"
READ = {"Action": "s3:GetObject", "Resource": f"{BUCKET}/*"}


def topic(*statements: dict[str, Any]) -> RawResource:
    text = policy_text(*statements)
    return hypothetical_resource(text, resource_type="AWS::SNS::Topic", owner_account=OWNER, resource=TOPIC)


def function(*statements: dict[str, Any]) -> RawResource:
    text = policy_text(*statements)
    return hypothetical_resource(text, resource_type="AWS::Lambda::Function", owner_account=OWNER, resource=FUNCTION)


def open_by(resource_type: str, *statements: dict[str, Any]) -> RawResource:
    return hypothetical_resource(policy_text(*statements), resource_type=resource_type, owner_account=OWNER)


def volume_snapshot(entry: dict[str, str]) -> RawResource:
    shared = answered("ec2.describe_snapshot_attribute", {"CreateVolumePermissions": [entry]})
    arn = "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0"
    return RawResource("AWS::EC2::Snapshot", arn, OWNER, "us-east-1", (shared,))


def database_snapshot(value: str) -> RawResource:
    attributes = [{"AttributeName": "restore", "AttributeValues": [value]}]
    result = {"DBSnapshotAttributesResult": {"DBSnapshotAttributes": attributes}}
    calls = (answered("rds.describe_db_snapshot_attributes", result),)
    return RawResource("AWS::RDS::DBSnapshot", f"arn:aws:rds:us-east-1:{OWNER}:snapshot:db", OWNER, "us-east-1", calls)


def repository(*calls: ApiCall, policy: str | None = None) -> RawResource:
    own = () if policy is None else (answered("ecr.get_repository_policy", {"policyText": policy}),)
    arn = f"arn:aws:ecr:us-east-1:{OWNER}:repository/app"
    return RawResource("AWS::ECR::Repository", arn, OWNER, "us-east-1", (*own, *calls))


SCOPE = answered("ecr.get_account_setting", {"name": "REGISTRY_POLICY_SCOPE", "value": "V2"})


def accesses(resource: RawResource, zone: ZoneOfTrust = ACCOUNT_ZONE) -> list[ExternalAccess]:
    outcomes = [one.outcome for one in analyze_resource(resource, zone).observations]
    assert all(isinstance(one, ExternalAccess) for one in outcomes)
    return [one for one in outcomes if isinstance(one, ExternalAccess)]


def read(principal: Any = "*", **members: Any) -> dict[str, Any]:
    return allow(principal, **{"action": "s3:GetObject", "Resource": f"{BUCKET}/*", **members})


def all_but(principal: Any) -> dict[str, Any]:
    return {name if name != "Principal" else "NotPrincipal": value for name, value in read(principal).items()}


OWN = {"StringNotEquals": {"aws:PrincipalAccount": OWNER}, "BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
SERVICE = {"Service": "sns.amazonaws.com"}
BOTH = {"AWS": [VENDOR, PARTNER]}

TAKEN_OUT = [
    pytest.param(
        bucket(policy=policy_text(read({"AWS": [VENDOR, OWNER]}))),
        f"remove `{VENDOR}` from Statement[0].Principal of the BucketPolicy",
        [read({"AWS": OWNER})],
        id="s3: an account beside the own",
    ),
    pytest.param(
        bucket(policy=policy_text(read({"AWS": VENDOR}), read(SERVICE))),
        "remove Statement[0] of the BucketPolicy",
        [read(SERVICE)],
        id="s3: an account alone in its statement",
    ),
    pytest.param(
        bucket(policy=policy_text(read({"AWS": [VENDOR, OWNER]}), read({"AWS": VENDOR}), deny(SERVICE))),
        f"remove `{VENDOR}` from Statement[0].Principal; remove Statement[1] of the BucketPolicy",
        [read({"AWS": OWNER}), deny(SERVICE)],
        id="s3: an account in two statements",
    ),
    pytest.param(
        bucket(policy=policy_text(read({"AWS": [VENDOR, f"arn:aws:iam::{VENDOR}:role/app", OWNER]}))),
        f"remove `{VENDOR}` and `arn:aws:iam::{VENDOR}:role/app` from Statement[0].Principal of the BucketPolicy",
        [read({"AWS": OWNER})],
        id="s3: an account with a role of its own beside it",
    ),
    pytest.param(
        bucket(policy=policy_text(read({"CanonicalUser": "c" * 64}), read({"AWS": OWNER}))),
        "remove Statement[0] of the BucketPolicy",
        [read({"AWS": OWNER})],
        id="s3: a canonical user",
    ),
    pytest.param(
        queue(policy_text(allow({"AWS": [VENDOR, OWNER]}, "sqs:SendMessage", Resource=QUEUE))),
        f"remove `{VENDOR}` from Statement[0].Principal of the QueuePolicy",
        [allow({"AWS": OWNER}, "sqs:SendMessage", Resource=QUEUE)],
        id="sqs: an account beside the own",
    ),
    pytest.param(
        topic(allow({"AWS": [f"arn:aws:iam::{VENDOR}:user/a", OWNER]}, "sns:Publish", Resource=TOPIC)),
        f"remove `arn:aws:iam::{VENDOR}:user/a` from Statement[0].Principal of the TopicPolicy",
        [allow({"AWS": OWNER}, "sns:Publish", Resource=TOPIC)],
        id="sns: a user",
    ),
    pytest.param(
        key(policy=policy_text(allow({"AWS": OWNER}, "kms:*"), allow({"AWS": VENDOR}, "kms:Decrypt"))),
        "remove Statement[1] of the KeyPolicy",
        [allow({"AWS": OWNER}, "kms:*")],
        id="kms: an account",
    ),
    pytest.param(
        role(policy_text(trusts({"AWS": [VENDOR, OWNER]}))),
        f"remove `{VENDOR}` from Statement[0].Principal of the TrustPolicy;"
        " or name the vendor's role instead of the whole account and test `sts:ExternalId`",
        [trusts({"AWS": OWNER})],
        id="role: an account",
    ),
    pytest.param(
        role(
            policy_text(trusts({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity"), trusts(SERVICE))
        ),
        "remove Statement[0] of the TrustPolicy; or test the audience and the subject of the token",
        [trusts(SERVICE)],
        id="role: a provider",
    ),
    pytest.param(
        secret(policy=policy_text(allow({"AWS": [VENDOR, OWNER]}, "secretsmanager:GetSecretValue", Resource=SECRET))),
        f"remove `{VENDOR}` from Statement[0].Principal of the SecretPolicy",
        [allow({"AWS": OWNER}, "secretsmanager:GetSecretValue", Resource=SECRET)],
        id="secret: an account",
    ),
    pytest.param(
        function(
            allow({"AWS": VENDOR}, "lambda:InvokeFunction", Resource=FUNCTION, Sid="vendor"),
            allow(SERVICE, "lambda:InvokeFunction", Resource=FUNCTION),
        ),
        "remove Statement[0] of the FunctionPolicy (`lambda:RemovePermission`)",
        [allow(SERVICE, "lambda:InvokeFunction", Resource=FUNCTION)],
        id="lambda: an account",
    ),
    pytest.param(
        repository(policy=policy_text(trusts({"AWS": [VENDOR, OWNER]}, "ecr:BatchGetImage"))),
        f"remove `{VENDOR}` from Statement[0].Principal of the RepositoryPolicy",
        [trusts({"AWS": OWNER}, "ecr:BatchGetImage")],
        id="ecr: an account",
    ),
    pytest.param(
        open_by("AWS::EFS::FileSystem", allow({"AWS": [VENDOR, OWNER]}, "elasticfilesystem:ClientMount")),
        f"remove `{VENDOR}` from Statement[0].Principal of the FileSystemPolicy",
        [allow({"AWS": OWNER}, "elasticfilesystem:ClientMount")],
        id="efs: an account",
    ),
]

DYNAMODB_TABLE = f"arn:aws:dynamodb:us-east-1:{OWNER}:table/example"

DENIED = [
    pytest.param(
        repository(policy=policy_text(trusts("*", "ecr:BatchGetImage"))),
        f"`ecr:BatchGetImage` to everyone but account `{OWNER}` and AWS services",
        {"Action": "ecr:BatchGetImage", "Principal": "*", "Condition": OWN},
        id="ecr: everyone, by a statement without a resource",
    ),
    pytest.param(
        repository(
            SCOPE,
            answered("ecr.get_registry_policy", {"policyText": policy_text(allow({"AWS": VENDOR}, "ecr:PutImage"))}),
            policy=policy_text(trusts({"AWS": OWNER}, "ecr:*")),
        ),
        f"`ecr:*` to `{VENDOR}`",
        {"Action": "ecr:*", "Principal": {"AWS": VENDOR}},
        id="ecr: the registry's policy, through the repository's own",
    ),
    pytest.param(
        open_by(
            "AWS::DynamoDB::Table", allow("*", "dynamodb:Query", Resource=f"{DYNAMODB_TABLE}/index/${{aws:username}}")
        ),
        f"`dynamodb:Query` to everyone but account `{OWNER}` and AWS services",
        {
            "Action": "dynamodb:Query",
            "Resource": [DYNAMODB_TABLE, f"{DYNAMODB_TABLE}/index/*"],
            "Principal": "*",
            "Condition": OWN,
        },
        id="dynamodb: an index",
    ),
    pytest.param(
        open_by(
            "AWS::EFS::FileSystem",
            allow("*", "elasticfilesystem:ClientMount", Condition={"Null": {"aws:PrincipalArn": "false"}}),
        ),
        f"`elasticfilesystem:ClientMount` to everyone but account `{OWNER}` and AWS services",
        {"Action": "elasticfilesystem:ClientMount", "Resource": "*", "Principal": "*", "Condition": OWN},
        id="efs: everyone who signs",
    ),
    pytest.param(
        bucket(policy=policy_text(read())),
        f"`s3:GetObject` to everyone but account `{OWNER}` and AWS services",
        {**READ, "Principal": "*", "Condition": OWN},
        id="s3: everyone",
    ),
    pytest.param(
        bucket(policy=policy_text(read(), read({"AWS": VENDOR}))),
        f"`s3:GetObject` to everyone but account `{OWNER}` and AWS services",
        {**READ, "Principal": "*", "Condition": OWN},
        id="s3: everyone, and an account that everyone has in it",
    ),
    pytest.param(
        bucket(policy=policy_text(read(action=["s3:Get*", "s3:List*"], Resource=[BUCKET, f"{BUCKET}/*"]))),
        f"`s3:Get*` and `s3:List*` to everyone but account `{OWNER}` and AWS services",
        {"Action": ["s3:Get*", "s3:List*"], "Resource": [BUCKET, f"{BUCKET}/*"], "Principal": "*", "Condition": OWN},
        id="s3: patterns of actions as the policy has them",
    ),
    pytest.param(
        bucket(policy=policy_text(read(action="*", Resource="*"))),
        f"`s3:*` to everyone but account `{OWNER}` and AWS services",
        {"Action": "s3:*", "Resource": "*", "Principal": "*", "Condition": OWN},
        id="s3: everything, in one service",
    ),
    pytest.param(
        bucket(policy=policy_text(all_but({"AWS": OWNER}))),
        f"`s3:GetObject` to everyone but account `{OWNER}` and AWS services",
        {**READ, "Principal": "*", "Condition": OWN},
        id="s3: everyone but the own account",
    ),
    pytest.param(
        bucket(policy=policy_text(read(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}))),
        f"`s3:GetObject` to everyone but account `{OWNER}` and AWS services, where `aws:SourceIp` is `203.0.113.0/24`",
        {**READ, "Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}, **OWN}},
        id="s3: a network that trusted callers use too",
    ),
    pytest.param(
        bucket(policy=policy_text(read(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-z9y8x7w6v5"}}))),
        f"`s3:GetObject` to everyone but account `{OWNER}` and AWS services,"
        " where `aws:PrincipalOrgID` is `o-z9y8x7w6v5`",
        {**READ, "Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-z9y8x7w6v5"}, **OWN}},
        id="s3: an organization, which the own account may be in",
    ),
    pytest.param(
        bucket(policy=policy_text(read(Resource=f"{BUCKET}/${{aws:username}}/*"))),
        f"`s3:GetObject` to everyone but account `{OWNER}` and AWS services",
        {"Action": "s3:GetObject", "Resource": [BUCKET, f"{BUCKET}/*"], "Principal": "*", "Condition": OWN},
        id="s3: a variable in the resource",
    ),
    pytest.param(
        bucket(
            answered(
                "s3.get_bucket_acl",
                {
                    "Owner": {"ID": "0" * 64},
                    "Grants": [{"Grantee": {"URI": f"{GROUPS}/AllUsers"}, "Permission": "READ"}],
                },
            ),
            policy=policy_text(read(SERVICE)),
        ),
        f"`s3:*` to everyone but account `{OWNER}` and AWS services",
        {"Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"], "Principal": "*", "Condition": OWN},
        id="s3: an ACL, through the policy beside it",
    ),
    pytest.param(
        queue(policy_text(allow("*", "sqs:*", Resource=QUEUE))),
        f"`sqs:*` to everyone but account `{OWNER}` and AWS services",
        {"Action": "sqs:*", "Resource": QUEUE, "Principal": "*", "Condition": OWN},
        id="sqs: everyone",
    ),
    pytest.param(
        topic(
            allow("*", "sns:Publish", Resource=TOPIC, Condition={"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}})
        ),
        f"`sns:Publish` to everyone but account `{OWNER}` and AWS services,"
        " where `aws:SourceArn` is `arn:aws:s3:::other`",
        {
            "Action": "sns:Publish",
            "Resource": TOPIC,
            "Principal": "*",
            "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}, **OWN},
        },
        id="sns: for a resource of somebody else",
    ),
    pytest.param(
        key(policy=policy_text(allow({"AWS": OWNER}, "kms:*"), allow("*", "kms:*"))),
        f"`kms:*` to everyone but account `{OWNER}` and AWS services",
        {"Action": "kms:*", "Resource": "*", "Principal": "*", "Condition": OWN},
        id="kms: everyone",
    ),
    pytest.param(
        key(
            answered("kms.list_grants", {"Grants": [{"GranteePrincipal": VENDOR, "Operations": ["Decrypt"]}]}),
            policy=policy_text(allow({"AWS": OWNER}, "kms:*")),
        ),
        f"`kms:*` to `{VENDOR}`",
        {"Action": "kms:*", "Resource": "*", "Principal": {"AWS": VENDOR}},
        id="kms: a grant, through the key policy",
    ),
    pytest.param(
        role(policy_text(trusts("*"))),
        f"`sts:AssumeRole` to everyone but account `{OWNER}` and AWS services",
        {"Action": "sts:AssumeRole", "Principal": "*", "Condition": OWN},
        id="role: everyone",
    ),
    pytest.param(
        secret(policy=policy_text(allow("*", "secretsmanager:*", Resource="*"))),
        f"`secretsmanager:*` to everyone but account `{OWNER}` and AWS services",
        {"Action": "secretsmanager:*", "Resource": "*", "Principal": "*", "Condition": OWN},
        id="secret: everyone",
    ),
    pytest.param(
        bucket(policy=policy_text(read(), read({"AWS": f"arn:aws:iam::{ELB}:root"}, action="s3:PutObject"))),
        f"`s3:GetObject` to everyone but accounts `{OWNER}` and `{ELB}` and AWS services",
        {
            **READ,
            "Principal": "*",
            "Condition": {**OWN, "StringNotEquals": {"aws:PrincipalAccount": [OWNER, ELB]}},
        },
        id="s3: an account of AWS that the policy names is kept",
    ),
    pytest.param(
        bucket(policy=policy_text(read(), read({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin X"}))),
        f"`s3:GetObject` to everyone but account `{OWNER}`, principal `arn:aws:*::cloudfront:*` and AWS services",
        {
            **READ,
            "Principal": "*",
            "Condition": {
                "StringNotEquals": {"aws:PrincipalAccount": OWNER},
                "ArnNotLike": {"aws:PrincipalArn": "arn:aws:*::cloudfront:*"},
                "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
            },
        },
        id="s3: an origin access identity is kept",
    ),
]


def statements_of(text: str) -> list[dict[str, Any]]:
    """Return the statements as they are formatted."""
    found: list[dict[str, Any]] = json.loads(format_policy(parse_policy(text)))["Statement"]
    return found


def closed(resource: RawResource, policy: str) -> RawResource:
    """Return the resource with another policy."""

    def mended(response: Any) -> Any:
        if not isinstance(response, dict):
            return response
        names = ("Policy", "policyText", "ResourcePolicy", "AssumeRolePolicyDocument")
        return {name: policy if name in names else mended(value) for name, value in response.items()}

    calls = tuple(replace(call, response=mended(call.response)) for call in resource.api_calls)
    return replace(resource, api_calls=calls)


@pytest.mark.parametrize(("resource", "text", "left"), TAKEN_OUT)
def test_what_names_the_principal_is_taken_out(resource: RawResource, text: str, left: list[dict[str, Any]]) -> None:
    (access,) = accesses(resource)

    assert access.remedy.text == text
    assert access.remedy.policy is not None
    assert statements_of(access.remedy.policy) == statements_of(policy_text(*left))
    assert accesses(closed(resource, access.remedy.policy)) == []


@pytest.mark.parametrize(("resource", "text", "added"), DENIED)
def test_where_trusted_callers_come_by_the_same_statement_a_deny_spares_them(
    resource: RawResource, text: str, added: dict[str, Any]
) -> None:
    (access,) = accesses(resource)

    assert access.remedy.text.startswith(f"add a Deny that refuses {text}; or ")
    assert access.remedy.policy is not None
    *_, last = json.loads(access.remedy.policy)["Statement"]
    assert last == {"Sid": "DenyOutsideAccess", "Effect": "Deny", **added}
    assert accesses(closed(resource, access.remedy.policy)) == []


IN_WORDS = [
    pytest.param(
        bucket(policy=policy_text(read({"AWS": VENDOR}))),
        "delete the BucketPolicy: nothing else is in it",
        id="s3: nothing would be left of the policy",
    ),
    pytest.param(
        function(allow({"AWS": VENDOR}, "lambda:InvokeFunction", Resource=FUNCTION)),
        "delete the FunctionPolicy: nothing else is in it",
        id="lambda: nothing would be left of the policy",
    ),
    pytest.param(
        role(policy_text(trusts({"AWS": VENDOR}))),
        "name the vendor's role instead of the whole account and test `sts:ExternalId`, or remove it:"
        " Statement[0].Principal of the TrustPolicy, line 1",
        id="role: a role always has a trust policy",
    ),
    pytest.param(
        function(allow("*", "lambda:InvokeFunction", Resource=FUNCTION)),
        "name the principals that need it, or add a condition on `aws:PrincipalOrgID` or `aws:PrincipalAccount`:"
        " Statement[0].Principal of the FunctionPolicy, line 1",
        id="lambda: a policy of a function cannot deny",
    ),
    pytest.param(
        bucket(
            answered(
                "s3.get_bucket_acl",
                {"Owner": {"ID": "0" * 64}, "Grants": [{"Grantee": {"ID": "c" * 64}, "Permission": "READ"}]},
            )
        ),
        "remove the principal if it is not meant to get in: Grants[0] of the BucketAcl",
        id="s3: an ACL without a policy",
    ),
    pytest.param(
        volume_snapshot({"Group": "all"}),
        "stop sharing it with `all`, and share it with the accounts that need it instead"
        " (`ec2:ModifySnapshotAttribute`): `CreateVolumePermissions[0]`; or set block public access for snapshots to"
        " `block-all-sharing` in its Region",
        id="ebs: everyone",
    ),
    pytest.param(
        volume_snapshot({"UserId": VENDOR}),
        f"stop sharing it with account `{VENDOR}` (`ec2:ModifySnapshotAttribute`): `CreateVolumePermissions[0]`",
        id="ebs: an account",
    ),
    pytest.param(
        database_snapshot("all"),
        "stop sharing it with `all`, and share it with the accounts that need it instead"
        " (`rds:ModifyDBSnapshotAttribute`): `restore[0]`",
        id="rds: everyone",
    ),
    pytest.param(
        database_snapshot(VENDOR),
        f"stop sharing it with account `{VENDOR}` (`rds:ModifyDBSnapshotAttribute`): `restore[0]`",
        id="rds: an account",
    ),
    pytest.param(
        repository(
            SCOPE,
            answered("ecr.get_registry_policy", {"policyText": policy_text(allow({"AWS": VENDOR}, "ecr:PutImage"))}),
        ),
        "remove the principal if it is not meant to get in: Statement[0].Principal of the RegistryPolicy, line 1",
        id="ecr: a policy of all repositories is not rewritten for one",
    ),
    pytest.param(
        open_by("AWS::EFS::FileSystem", allow("*", "elasticfilesystem:ClientMount")),
        "name the principals that need it, or add a condition on `elasticfilesystem:AccessedViaMountTarget`:"
        " Statement[0].Principal of the FileSystemPolicy, line 1",
        id="efs: the owner's clients mount without a signature too",
    ),
    pytest.param(
        open_by(
            "AWS::EFS::FileSystem",
            allow(
                "*",
                "elasticfilesystem:ClientMount",
                Condition={"Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"}},
            ),
        ),
        "name the principals that need it: Statement[0].Principal of the FileSystemPolicy, line 1",
        id="efs: what comes through a mount target",
    ),
    pytest.param(
        open_by("AWS::EFS::FileSystem", allow({"AWS": VENDOR}, "elasticfilesystem:ClientMount")),
        "remove the principal if it is not meant to get in: Statement[0].Principal of the FileSystemPolicy, line 1",
        id="efs: without a policy every client may mount it",
    ),
]


@pytest.mark.parametrize(("resource", "text"), IN_WORDS)
def test_where_no_policy_does_it_there_are_words(resource: RawResource, text: str) -> None:
    (access,) = accesses(resource)

    assert access.remedy.text == text
    assert access.remedy.policy is None


def test_of_two_accounts_each_has_its_own_remedy() -> None:
    remedy = {one.principal["AWS"]: one.remedy for one in accesses(bucket(policy=policy_text(read(BOTH))))}

    assert statements_of(remedy[VENDOR].policy or "") == statements_of(policy_text(read({"AWS": PARTNER})))
    assert statements_of(remedy[PARTNER].policy or "") == statements_of(policy_text(read({"AWS": VENDOR})))


def test_a_value_of_a_condition_is_taken_out_where_no_trusted_caller_has_it() -> None:
    arns = [f"arn:aws:iam::{VENDOR}:role/app", f"arn:aws:iam::{OWNER}:role/app"]

    def policy(*values: str) -> str:
        listed = list(values) if len(values) > 1 else values[0]
        return policy_text(read(Condition={"ArnEquals": {"aws:PrincipalArn": listed}}))

    (access,) = accesses(bucket(policy=policy(*arns)))

    assert access.remedy.text == (
        f"remove `{arns[0]}` from the values of `aws:PrincipalArn` in Statement[0] of the BucketPolicy"
    )
    assert statements_of(access.remedy.policy or "") == statements_of(policy(arns[1]))


def test_a_statement_whose_only_value_names_an_outsider_goes() -> None:
    of_vendor = read(Condition={"StringEquals": {"aws:PrincipalAccount": VENDOR}})

    (access,) = accesses(bucket(policy=policy_text(of_vendor, read(SERVICE))))

    assert access.remedy.text == "remove Statement[0] of the BucketPolicy"
    assert statements_of(access.remedy.policy or "") == statements_of(policy_text(read(SERVICE)))


def test_an_organization_is_spared_by_its_id_and_partners_by_their_number() -> None:
    zone = replace(ORGANIZATION_ZONE, partners=frozenset({PARTNER}))
    (access,) = accesses(bucket(policy=policy_text(read())), zone)

    assert access.remedy.text.startswith(
        f"add a Deny that refuses `s3:GetObject` to everyone but organization `{ORGANIZATION}`, account `{PARTNER}`"
        " and AWS services; or "
    )
    *_, last = json.loads(access.remedy.policy or "")["Statement"]
    assert last["Condition"] == {
        "StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION, "aws:PrincipalAccount": PARTNER},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }


def test_in_an_organization_a_stranger_is_taken_out_beside_a_member() -> None:
    (access,) = accesses(bucket(policy=policy_text(read({"AWS": [VENDOR, MEMBER]}))), ORGANIZATION_ZONE)

    assert access.remedy.text == f"remove `{VENDOR}` from Statement[0].Principal of the BucketPolicy"


def test_everyone_is_not_taken_out_where_a_member_of_the_organization_comes_by_it() -> None:
    (access,) = accesses(bucket(policy=policy_text(read(), read({"AWS": OWNER}))), ORGANIZATION_ZONE)

    assert access.remedy.text.startswith("add a Deny")


def test_an_action_that_only_insiders_can_have_counts_too() -> None:
    condition = {"StringEquals": {"aws:PrincipalOrgID": "o-z9y8x7w6v5"}}
    own = read({"AWS": OWNER}, Resource="*")

    def remedy(*actions: str) -> str:
        vendor = read(action=list(actions), Resource="*", Condition=condition)
        (access,) = accesses(bucket(policy=policy_text(vendor, own)))
        return access.remedy.text

    assert remedy("s3:GetObject").startswith("remove Statement[0]")
    for further in ("s3:PutBucketPolicy", "S3:Put*Policy"):
        assert remedy("s3:GetObject", further).startswith(f"add a Deny that refuses `s3:GetObject` and `{further}` to")


def test_the_new_sid_is_of_its_own() -> None:
    taken = [deny(SERVICE, Sid=sid) for sid in ("DenyOutsideAccess", "DenyOutsideAccess2")]

    (access,) = accesses(bucket(policy=policy_text(read(), *taken)))

    *_, last = json.loads(access.remedy.policy or "")["Statement"]
    assert last["Sid"] == "DenyOutsideAccess3"


def test_ids_sids_and_the_version_stay() -> None:
    text = json.dumps({"Version": "2008-10-17", "Id": "mine", "Statement": read({"AWS": [VENDOR, OWNER]}, Sid="both")})

    (access,) = accesses(bucket(policy=text))

    policy = json.loads(access.remedy.policy or "")
    assert (policy["Version"], policy["Id"], policy["Statement"][0]["Sid"]) == ("2008-10-17", "mine", "both")


def test_through_an_access_point_the_policy_of_the_bucket_is_mended() -> None:
    arn = f"arn:aws:s3:us-east-1:{OWNER}:accesspoint/reports"
    through = policy_text(allow({"AWS": VENDOR}, "s3:GetObject", Resource=f"{arn}/object/*"))
    own = {"StringEquals": {"s3:DataAccessPointAccount": OWNER}}
    resource = bucket(
        answered("s3control.get_access_point", {"AccessPointArn": arn}, Name="reports"),
        answered("s3control.get_access_point_policy", {"Policy": through}, Name="reports"),
        policy=policy_text(allow("*", "s3:*", Resource=[BUCKET, f"{BUCKET}/*"], Condition=own)),
    )

    (access,) = accesses(resource)

    assert access.remedy.text.startswith(f"add a Deny that refuses `s3:*` to `{VENDOR}`; or ")
    *_, last = json.loads(access.remedy.policy or "")["Statement"]
    assert last["Principal"] == {"AWS": VENDOR}
    assert last["Resource"] == [BUCKET, f"{BUCKET}/*"]


def test_a_long_list_of_actions_is_told_in_part() -> None:
    actions = [f"s3:Get{name}" for name in ("Object", "ObjectAcl", "ObjectTagging", "ObjectVersion", "ObjectRetention")]

    (access,) = accesses(bucket(policy=policy_text(read(action=actions))))

    assert (
        "`s3:GetObject`, `s3:GetObjectAcl`, `s3:GetObjectTagging`, `s3:GetObjectVersion` and 1 other to everyone"
        in (access.remedy.text)
    )


def test_beyond_the_budget_of_a_proof_there_are_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remedies, "_MAX_STEPS", 1)
    like = {"StringLike": {"aws:PrincipalArn": "*alice"}}

    (access,) = accesses(bucket(policy=policy_text(read(Condition=like))))

    assert access.remedy.policy is None
    assert access.remedy.text.startswith("name the principals that need it")


def test_many_groups_of_callers_are_told_in_words_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = bucket(policy=policy_text(read(BOTH)))
    assert all(one.remedy.policy for one in accesses(resource))

    monkeypatch.setattr(access_module, "_MOST_MENDED", 1)

    assert not any(one.remedy.policy for one in accesses(resource))
