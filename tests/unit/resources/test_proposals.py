"""Proposed configurations: every row of the specification's table, told by who would get in."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from msgspec.structs import replace

from conformance.cases import external_access_cases
from sekisho.analyzers.external import analyze_resource
from sekisho.analyzers.observation import ExternalAccess
from sekisho.api.model import operation_models
from sekisho.resources.answers import UnreadableError
from sekisho.resources.proposals import KINDS, propose
from sekisho.resources.proposed import ProposalError, UnreadPartError
from sekisho.resources.registry import READERS, read_exposure
from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount, RawResource, Snapshot
from unit.findings.builders import MONDAY
from unit.resources.builders import (
    ACCOUNT_ZONE,
    BUCKET,
    KEY,
    OWNER,
    QUEUE,
    ROLE,
    SECRET,
    VENDOR,
    allow,
    answered,
    bucket,
    failed,
    key,
    policy_text,
    role,
    secret,
    trusts,
)

TOPIC = f"arn:aws:sns:us-east-1:{OWNER}:orders"
REPOSITORY = f"arn:aws:ecr:us-east-1:{OWNER}:repository/team/app"
FILE_SYSTEM = f"arn:aws:elasticfilesystem:us-east-1:{OWNER}:file-system/fs-0123456789abcdef0"
TABLE = f"arn:aws:dynamodb:us-east-1:{OWNER}:table/Music"
STREAM = f"{TABLE}/stream/2026-01-01T00:00:00.000"
DIRECTORY_BUCKET = f"arn:aws:s3express:us-east-1:{OWNER}:bucket/data--use1-az4--x-s3"
VOLUME = "arn:aws:ec2:us-east-1::snapshot/snap-0123456789abcdef0"
DATABASE = f"arn:aws:rds:us-east-1:{OWNER}:snapshot:orders"
CLUSTER = f"arn:aws:rds:us-east-1:{OWNER}:cluster-snapshot:orders"
POINT = f"arn:aws:s3:us-east-1:{OWNER}:accesspoint/reports"
MULTI_REGION_POINT = f"arn:aws:s3::{OWNER}:accesspoint/mfzwi23gnjvgw.mrap"
DIRECTORY_POINT = f"arn:aws:s3express:us-east-1:{OWNER}:accesspoint/reports--use1-az4--xa-s3"
OWNER_ID, STRANGER_ID = "a" * 64, "b" * 64
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


def read(*resources: RawResource, account_calls: tuple[ApiCall, ...] = ()) -> Snapshot:
    accounts = (RawAccount(OWNER, account_calls),) if account_calls else ()
    return Snapshot(MONDAY, ACCOUNT_ZONE, resources, accounts)


NOTHING = read()


def who_gets_in(resource: RawResource) -> set[str]:
    """Return the principals of the findings; public ones say so."""
    found: set[str] = set()
    for observation in analyze_resource(resource, ACCOUNT_ZONE).observations:
        assert isinstance(observation.outcome, ExternalAccess), observation.outcome
        found.update(
            "public" if observation.outcome.is_public else who for who in observation.outcome.principal.values()
        )
    return found


def proposed(arn: str, member: str, parts: dict[str, Any], present: Snapshot = NOTHING) -> set[str]:
    return who_gets_in(propose(arn, {member: parts}, present))


def refused(arn: str, member: str, parts: Any, present: Snapshot = NOTHING) -> str:
    with pytest.raises(ProposalError) as caught:
        propose(arn, {member: parts}, present)
    message = str(caught.value)
    assert "\n" not in message
    return message


class Policy(NamedTuple):
    """A kind of configuration with a policy that lets the vendor in."""

    arn: str
    member: str
    part: str
    text: str


POLICIES = {
    "iamRole": Policy(ROLE, "iamRole", "trustPolicy", policy_text(trusts({"AWS": VENDOR}))),
    "sqsQueue": Policy(QUEUE, "sqsQueue", "queuePolicy", policy_text(allow({"AWS": VENDOR}, "sqs:*"))),
    "snsTopic": Policy(TOPIC, "snsTopic", "topicPolicy", policy_text(allow({"AWS": VENDOR}, "sns:Publish"))),
    "ecrRepository": Policy(
        REPOSITORY,
        "ecrRepository",
        "repositoryPolicy",
        policy_text(trusts({"AWS": VENDOR}, "ecr:BatchGetImage")),
    ),
    "efsFileSystem": Policy(
        FILE_SYSTEM,
        "efsFileSystem",
        "fileSystemPolicy",
        policy_text(allow({"AWS": VENDOR}, "elasticfilesystem:ClientMount")),
    ),
    "dynamodbTable": Policy(
        TABLE, "dynamodbTable", "tablePolicy", policy_text(allow({"AWS": VENDOR}, "dynamodb:GetItem"))
    ),
    "dynamodbStream": Policy(
        STREAM, "dynamodbStream", "streamPolicy", policy_text(allow({"AWS": VENDOR}, "dynamodb:GetRecords"))
    ),
    "s3Bucket": Policy(BUCKET, "s3Bucket", "bucketPolicy", policy_text(allow({"AWS": VENDOR}, "s3:*"))),
    "s3ExpressDirectoryBucket": Policy(
        DIRECTORY_BUCKET,
        "s3ExpressDirectoryBucket",
        "bucketPolicy",
        policy_text(allow({"AWS": VENDOR}, "s3express:CreateSession")),
    ),
}
REMOVABLE = [one for one in POLICIES if one != "iamRole"]


@pytest.fixture(params=POLICIES)
def policy(request: pytest.FixtureRequest) -> Policy:
    return POLICIES[request.param]


def test_a_proposed_policy_of_a_new_resource_counts(policy: Policy) -> None:
    assert proposed(policy.arn, policy.member, {policy.part: policy.text}) == {VENDOR}


def test_a_policy_that_is_left_out_stays(policy: Policy) -> None:
    present = propose(policy.arn, {policy.member: {policy.part: policy.text}}, NOTHING)

    assert propose(policy.arn, {policy.member: {}}, read(present)) == present


def test_a_proposed_policy_takes_the_place_of_the_present_one(policy: Policy) -> None:
    present = propose(policy.arn, {policy.member: {policy.part: policy.text}}, NOTHING)
    closed = policy.text.replace(VENDOR, OWNER)

    assert proposed(policy.arn, policy.member, {policy.part: closed}, read(present)) == set()


def test_a_policy_that_could_not_be_read_is_not_needed_where_another_is_proposed(policy: Policy) -> None:
    whole = propose(policy.arn, {policy.member: {policy.part: policy.text}}, NOTHING)
    (made,) = (one for one in whole.api_calls)
    unread = RawResource(whole.resource_type, whole.arn, OWNER, whole.region, (failed(made.call, "AccessDenied"),))

    assert proposed(policy.arn, policy.member, {policy.part: policy.text}, read(unread)) == {VENDOR}


@pytest.mark.parametrize("name", REMOVABLE)
def test_a_policy_can_be_removed(name: str) -> None:
    policy = POLICIES[name]
    present = propose(policy.arn, {policy.member: {policy.part: policy.text}}, NOTHING)

    assert proposed(policy.arn, policy.member, {policy.part: ""}, read(present)) == set()


@pytest.mark.parametrize("name", REMOVABLE)
def test_a_new_resource_without_a_policy_is_closed(name: str) -> None:
    policy = POLICIES[name]

    assert proposed(policy.arn, policy.member, {}) == set()


def test_a_malformed_policy_is_refused_with_its_place(policy: Policy) -> None:
    broken = policy.text.replace('"Allow"', '{"not": "valid"}')

    assert "Statement[0].Effect (line 1, column" in refused(policy.arn, policy.member, {policy.part: broken})
    assert f"at {policy.member}.{policy.part}" in refused(policy.arn, policy.member, {policy.part: "{"})


def test_a_policy_that_says_not_for_whom_is_refused(policy: Policy) -> None:
    text = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*"}]})

    assert "no `Principal` at Statement[0]" in refused(policy.arn, policy.member, {policy.part: text})


def test_a_resource_that_is_no_arn_is_refused() -> None:
    text = policy_text(allow({"AWS": OWNER}, Resource="arn:aws:s4:notvalid"))

    assert "`arn:aws:s4:notvalid` at Statement[0] is no ARN" in refused(BUCKET, "s3Bucket", {"bucketPolicy": text})


def test_an_unknown_member_is_refused(policy: Policy) -> None:
    assert "olicy`" in refused(policy.arn, policy.member, {"policy": policy.text})


def test_a_value_of_another_type_is_refused(policy: Policy) -> None:
    assert f"at {policy.member}" in refused(policy.arn, policy.member, {policy.part: 1})


def test_a_new_role_needs_a_trust_policy_and_no_role_can_be_without() -> None:
    assert "propose one" in refused(ROLE, "iamRole", {})
    assert "cannot be removed" in refused(ROLE, "iamRole", {"trustPolicy": ""}, read(role(policy_text())))


def test_what_a_policy_stands_beside_stays() -> None:
    made = answered("sqs.get_queue_attributes", {"Attributes": {"QueueArn": QUEUE, "Policy": "{}"}}, QueueUrl="q")
    present = RawResource("AWS::SQS::Queue", QUEUE, OWNER, "us-east-1", (made,))

    assert propose(QUEUE, {"sqsQueue": {"queuePolicy": ""}}, read(present)).api_calls == (
        answered("sqs.get_queue_attributes", {"Attributes": {"QueueArn": QUEUE}}, QueueUrl="q"),
    )


@pytest.mark.parametrize("policy", [POLICIES["dynamodbTable"]])
def test_an_index_is_a_resource_of_its_own(policy: Policy) -> None:
    index = f"{TABLE}/index/ByYear"
    text = policy_text(allow({"AWS": VENDOR}, "dynamodb:Query", Resource=index))

    assert proposed(index, policy.member, {policy.part: text}) == {VENDOR}


# keys


def test_a_new_key_without_a_policy_has_the_one_that_aws_gives_it() -> None:
    new = propose(KEY, {"kmsKey": {}}, NOTHING)

    made = new.find("kms.get_key_policy")
    assert made is not None
    assert made.response is not None
    assert who_gets_in(new) == set()
    assert json.loads(made.response["Policy"])["Statement"] == [
        {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OWNER}:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ]


OPEN_KEY = policy_text(allow({"AWS": VENDOR}, "kms:Decrypt"))
GRANT = {"operations": ["Decrypt"], "granteePrincipal": VENDOR, "issuingAccount": OWNER}


def test_a_key_policy_is_proposed_kept_and_cannot_be_removed() -> None:
    present = read(key(policy=OPEN_KEY))

    assert proposed(KEY, "kmsKey", {"keyPolicies": {"default": OPEN_KEY}}) == {VENDOR}
    assert proposed(KEY, "kmsKey", {}, present) == proposed(KEY, "kmsKey", {"keyPolicies": {}}, present) == {VENDOR}
    assert proposed(KEY, "kmsKey", {"keyPolicies": {"default": policy_text(allow({"AWS": OWNER}))}}, present) == set()
    assert "cannot be removed" in refused(KEY, "kmsKey", {"keyPolicies": {"default": ""}}, present)
    assert "called `default`" in refused(KEY, "kmsKey", {"keyPolicies": {"other": OPEN_KEY}}, present)


def test_proposed_grants_take_the_place_of_all_there_are() -> None:
    partner = {**GRANT, "granteePrincipal": "777788889999"}
    present = read(propose(KEY, {"kmsKey": {"grants": [GRANT]}}, NOTHING))

    assert proposed(KEY, "kmsKey", {}, present) == {VENDOR}
    assert proposed(KEY, "kmsKey", {"grants": [partner]}, present) == {"777788889999"}
    assert proposed(KEY, "kmsKey", {"grants": []}, present) == set()


def test_the_retiring_principal_of_a_grant_gets_in_too() -> None:
    grant = {**GRANT, "granteePrincipal": OWNER, "retiringPrincipal": f"arn:aws:iam::{VENDOR}:role/r"}

    assert proposed(KEY, "kmsKey", {"grants": [grant]}) == {f"arn:aws:iam::{VENDOR}:role/r"}


def test_an_empty_encryption_context_is_none() -> None:
    constraints = {"encryptionContextEquals": {}, "encryptionContextSubset": {"team": "a"}}

    new = propose(KEY, {"kmsKey": {"grants": [{**GRANT, "constraints": constraints}]}}, NOTHING)

    made = new.find("kms.list_grants")
    assert made is not None
    assert made.response is not None
    assert made.response["Grants"][0]["Constraints"] == {"EncryptionContextSubset": {"team": "a"}}


@pytest.mark.parametrize(
    ("grants", "message"),
    [
        pytest.param([GRANT] * 101, "101 grants are too many", id="more than a hundred"),
        pytest.param([{**GRANT, "operations": []}], "no operation at kmsKey.grants[0].operations", id="no operation"),
        pytest.param([{**GRANT, "operations": ["Delete"]}], "kmsKey.grants[0].operations[0]", id="no such operation"),
        pytest.param([{**GRANT, "granteePrincipal": "vendor"}], "`vendor` is no principal at kmsKey", id="a name"),
        pytest.param([{"operations": ["Decrypt"]}], "granteePrincipal", id="nobody"),
        pytest.param(
            [{**GRANT, "constraints": {"encryptionContextEquals": {"a": "b"}, "encryptionContextSubset": {"a": "b"}}}],
            "one kind of encryption context at kmsKey.grants[0].constraints",
            id="two encryption contexts",
        ),
    ],
)
def test_grants_that_kms_would_not_take_are_refused(grants: list[Any], message: str) -> None:
    assert message in refused(KEY, "kmsKey", {"grants": grants})


# secrets

OPEN_SECRET = policy_text(allow({"AWS": VENDOR}, "secretsmanager:GetSecretValue"))


def test_a_secret_is_open_only_under_a_key_of_its_own() -> None:
    assert proposed(SECRET, "secretsManagerSecret", {"secretPolicy": OPEN_SECRET, "kmsKeyId": KEY}) == {VENDOR}
    assert proposed(SECRET, "secretsManagerSecret", {"secretPolicy": OPEN_SECRET}) == set()
    assert proposed(SECRET, "secretsManagerSecret", {"secretPolicy": OPEN_SECRET, "kmsKeyId": ""}) == set()


def test_the_policy_and_the_key_of_a_secret_stay_where_they_are_left_out() -> None:
    present = read(secret(policy=OPEN_SECRET))

    assert proposed(SECRET, "secretsManagerSecret", {}, present) == {VENDOR}
    assert proposed(SECRET, "secretsManagerSecret", {"secretPolicy": ""}, present) == set()
    assert proposed(SECRET, "secretsManagerSecret", {"kmsKeyId": ""}, present) == set()


def test_what_is_known_of_a_secrets_key_counts_for_that_key_alone() -> None:
    own = (answered("kms.describe_key", {"KeyMetadata": {"Arn": KEY, "KeyId": KEY.rpartition("/")[2]}}),)
    present = read(secret(*own, policy=OPEN_SECRET, key_id="alias/database"))

    same = propose(SECRET, {"secretsManagerSecret": {"kmsKeyId": KEY}}, present)
    other = propose(SECRET, {"secretsManagerSecret": {"kmsKeyId": "alias/other"}}, present)

    assert same == present.resources[0]
    assert other.find("kms.describe_key") is None
    assert who_gets_in(other) == {VENDOR}


# snapshots

DATABASES = {"rdsDbSnapshot": DATABASE, "rdsDbClusterSnapshot": CLUSTER}


def restore(*accounts: str) -> dict[str, Any]:
    return {"attributes": {"restore": {"accountIds": list(accounts)}}}


@pytest.mark.parametrize("member", DATABASES)
def test_a_database_snapshot_is_shared_with_the_accounts_of_restore(member: str) -> None:
    arn = DATABASES[member]
    present = read(propose(arn, {member: restore(VENDOR)}, NOTHING))

    assert proposed(arn, member, {}) == set()
    assert proposed(arn, member, restore(VENDOR)) == {VENDOR}
    assert proposed(arn, member, restore("all")) == {"public"}
    assert proposed(arn, member, {}, present) == {VENDOR}
    assert proposed(arn, member, restore(), present) == set()


@pytest.mark.parametrize("member", DATABASES)
def test_an_encrypted_database_snapshot_cannot_be_public(member: str) -> None:
    arn = DATABASES[member]
    plain = read(propose(arn, {member: restore("all")}, NOTHING))
    encrypted = read(propose(arn, {member: restore("all") | {"kmsKeyId": KEY}}, NOTHING))

    assert who_gets_in(plain.resources[0]) == {"public"}
    assert who_gets_in(encrypted.resources[0]) == set()
    assert proposed(arn, member, {"kmsKeyId": KEY}, plain) == set()
    assert proposed(arn, member, {"kmsKeyId": ""}, encrypted) == set()
    assert proposed(arn, member, {"kmsKeyId": ""}, plain) == {"public"}


@pytest.mark.parametrize("member", DATABASES)
def test_only_restore_shares_a_database_snapshot(member: str) -> None:
    arn = DATABASES[member]

    assert "the one is `restore`" in refused(arn, member, {"attributes": {"copy": {"accountIds": []}}})
    assert "`everyone` is no account id" in refused(arn, member, restore("everyone"))


def test_an_automated_database_snapshot_is_refused() -> None:
    automated = f"arn:aws:rds:us-east-1:{OWNER}:snapshot:rds:orders"

    assert "is no AWS::RDS::DBSnapshot" in refused(automated, "rdsDbSnapshot", restore(VENDOR))


def test_a_volume_snapshot_is_shared_with_users_and_groups() -> None:
    shared = {"userIds": [VENDOR]}
    present = read(propose(VOLUME, {"ebsSnapshot": {**shared, "groups": ["all"]}}, NOTHING))

    assert proposed(VOLUME, "ebsSnapshot", {}) == set()
    assert proposed(VOLUME, "ebsSnapshot", shared) == {VENDOR}
    assert proposed(VOLUME, "ebsSnapshot", {"groups": ["all"]}) == {"public"}
    assert proposed(VOLUME, "ebsSnapshot", {}, present) == {"public"}
    assert proposed(VOLUME, "ebsSnapshot", {"groups": []}, present) == {VENDOR}
    assert proposed(VOLUME, "ebsSnapshot", {"userIds": [], "groups": []}, present) == set()


def test_an_encrypted_volume_snapshot_cannot_be_public() -> None:
    plain = read(propose(VOLUME, {"ebsSnapshot": {"groups": ["all"]}}, NOTHING))
    encrypted = read(propose(VOLUME, {"ebsSnapshot": {"groups": ["all"], "kmsKeyId": KEY}}, NOTHING))

    assert proposed(VOLUME, "ebsSnapshot", {"kmsKeyId": KEY}, plain) == set()
    assert proposed(VOLUME, "ebsSnapshot", {"kmsKeyId": ""}, encrypted) == set()
    assert proposed(VOLUME, "ebsSnapshot", {"userIds": [VENDOR]}, encrypted) == {VENDOR}


def test_a_new_volume_snapshot_is_under_the_block_of_its_region() -> None:
    block = ApiCall(
        "ec2.get_snapshot_block_public_access_state", {}, {"State": "block-all-sharing"}, region="us-east-1"
    )
    elsewhere = ApiCall(block.call, {}, block.response, region="eu-west-1")

    assert proposed(VOLUME, "ebsSnapshot", {"groups": ["all"]}, read(account_calls=(block,))) == set()
    assert proposed(VOLUME, "ebsSnapshot", {"groups": ["all"]}, read(account_calls=(elsewhere,))) == {"public"}


def test_a_volume_snapshot_may_be_named_with_its_account() -> None:
    present = read(propose(VOLUME, {"ebsSnapshot": {"userIds": [VENDOR]}}, NOTHING))
    named = VOLUME.replace("::", f":{OWNER}:")

    assert propose(named, {"ebsSnapshot": {}}, present) == present.resources[0]
    assert propose(named, {"ebsSnapshot": {}}, NOTHING).arn == VOLUME


def test_only_accounts_and_all_share_a_volume_snapshot() -> None:
    assert "the one is `all`" in refused(VOLUME, "ebsSnapshot", {"groups": ["some"]})
    assert "twelve digits" in refused(VOLUME, "ebsSnapshot", {"userIds": ["all"]})


# buckets

PUBLIC = policy_text(allow("*", "s3:GetObject"))
DELEGATING = policy_text(allow("*", "*", Condition={"StringEquals": {"s3:DataAccessPointAccount": OWNER}}))


def block(*, acls: bool = False, policies: bool = False) -> dict[str, Any]:
    return {"ignorePublicAcls": acls, "restrictPublicBuckets": policies}


def grant(permission: str = "FULL_CONTROL", **grantee: str) -> dict[str, Any]:
    return {"permission": permission, "grantee": grantee}


def test_a_new_bucket_has_no_block_unless_it_is_proposed() -> None:
    assert proposed(BUCKET, "s3Bucket", {"bucketPolicy": PUBLIC}) == {"public"}
    assert (
        proposed(BUCKET, "s3Bucket", {"bucketPolicy": PUBLIC, "bucketPublicAccessBlock": block(policies=True)}) == set()
    )


def test_the_block_of_a_bucket_stays_where_it_is_left_out() -> None:
    on = {"PublicAccessBlockConfiguration": {"BlockPublicPolicy": True, "RestrictPublicBuckets": True}}
    present = read(bucket(answered("s3.get_public_access_block", on), policy=PUBLIC))

    assert proposed(BUCKET, "s3Bucket", {}, present) == set()
    opened = propose(BUCKET, {"s3Bucket": {"bucketPublicAccessBlock": block()}}, present)
    assert who_gets_in(opened) == {"public"}
    made = opened.find("s3.get_public_access_block")
    assert made is not None
    assert made.response == {
        "PublicAccessBlockConfiguration": {
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": False,
            "IgnorePublicAcls": False,
        }
    }


def test_a_new_bucket_is_under_the_block_of_its_account() -> None:
    call = answered(
        "s3control.get_public_access_block", {"PublicAccessBlockConfiguration": {"RestrictPublicBuckets": True}}
    )
    neighbour = RawResource("AWS::S3::Bucket", f"{BUCKET}-2", OWNER, "us-east-1", (call,))

    assert proposed(BUCKET, "s3Bucket", {"bucketPolicy": PUBLIC}, read(account_calls=(call,))) == set()
    assert proposed(BUCKET, "s3Bucket", {"bucketPolicy": PUBLIC}, read(neighbour)) == set()


def test_the_acl_of_a_new_bucket_begins_with_its_owner() -> None:
    own, everyone = grant(id=OWNER_ID), grant("READ", uri=ALL_USERS)

    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [own]}) == set()
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [own, everyone]}) == {"public"}
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [own, grant("READ", id=STRANGER_ID)]}) == {STRANGER_ID}
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [grant("READ", id=STRANGER_ID)]}) == {STRANGER_ID}
    assert (
        proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [own, everyone], "bucketPublicAccessBlock": block(acls=True)})
        == set()
    )


@pytest.mark.parametrize(
    "grants",
    [
        pytest.param([grant("WRITE", uri="http://acs.amazonaws.com/groups/s3/LogDelivery")], id="log-delivery-write"),
        pytest.param(
            [grant(id=OWNER_ID), grant("READ", id="6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c")],
            id="aws-exec-read",
        ),
    ],
)
def test_canned_acls_for_aws_open_nothing(grants: list[Any]) -> None:
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": grants}) == set()


def acl(*grants: dict[str, Any]) -> ApiCall:
    return answered("s3.get_bucket_acl", {"Owner": {"ID": OWNER_ID}, "Grants": list(grants)})


def test_proposed_grants_take_the_place_of_the_acl_and_the_owner_stays() -> None:
    stranger = {"Grantee": {"Type": "CanonicalUser", "ID": STRANGER_ID}, "Permission": "READ"}
    present = read(bucket(acl(stranger)))

    assert proposed(BUCKET, "s3Bucket", {}, present) == {STRANGER_ID}
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [grant("READ", id=OWNER_ID)]}, present) == set()
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [grant(id=STRANGER_ID)]}, present) == {STRANGER_ID}
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": []}, present) == set()


def test_another_bucket_of_the_account_says_who_owns_a_new_one() -> None:
    neighbour = RawResource("AWS::S3::Bucket", f"{BUCKET}-2", OWNER, "us-east-1", (acl(),))
    grants = [grant(id=STRANGER_ID), grant("READ", id=OWNER_ID)]

    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": grants}, read(neighbour)) == {STRANGER_ID}


def test_proposed_grants_count_though_the_bucket_has_acls_switched_off_now() -> None:
    off = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}
    present = read(bucket(acl(), answered("s3.get_bucket_ownership_controls", off)))

    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [grant("READ", uri=ALL_USERS)]}, present) == {"public"}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        pytest.param({"bucketAclGrants": [grant()] * 101}, "101 grants are too many", id="more than a hundred grants"),
        pytest.param({"bucketAclGrants": [grant()]}, "one of `id` and `uri`", id="a grant to nobody"),
        pytest.param({"bucketAclGrants": [grant(id="a", uri="b")]}, "bucketAclGrants[0].grantee", id="a grant to two"),
        pytest.param({"bucketAclGrants": [grant("OWN", id="a")]}, "bucketAclGrants[0].permission", id="no permission"),
        pytest.param(
            {"bucketPublicAccessBlock": {"ignorePublicAcls": True}}, "restrictPublicBuckets", id="half a block"
        ),
        pytest.param({"accessPoints": {"reports": {}}}, "no ARN of an access point", id="an access point by name"),
        pytest.param({"accessPoints": {DIRECTORY_POINT: {}}}, "no ARN of an access point", id="of another service"),
        pytest.param(
            {"accessPoints": {POINT.replace(OWNER, VENDOR): {}}}, "belongs to another account", id="of another account"
        ),
        pytest.param(
            {"accessPoints": {f"{POINT}{number}": {} for number in range(11)}}, "11 of them new", id="eleven new ones"
        ),
        pytest.param({"accessPoints": {POINT: {"accessPointPolicy": "{"}}}, "accessPointPolicy", id="no policy"),
        pytest.param({"accessPoints": {POINT: {"networkOrigin": {}}}}, "networkOrigin", id="no network origin"),
        pytest.param(
            {"accessPoints": {MULTI_REGION_POINT: {"networkOrigin": {"vpcConfiguration": {"vpcId": "vpc-01234567"}}}}},
            "a multi-Region access point has no VPC",
            id="a multi-Region access point in a VPC",
        ),
    ],
)
def test_bucket_configurations_that_s3_would_not_take_are_refused(parts: dict[str, Any], message: str) -> None:
    assert message in refused(BUCKET, "s3Bucket", parts)


def test_who_owns_a_bucket_whose_acl_could_not_be_read_is_not_guessed() -> None:
    refusal = ApiCall("s3.get_bucket_acl", {}, error=ApiError("AccessDenied"))
    present = read(replace(bucket(), api_calls=(refusal,)))
    stranger = {"permission": "FULL_CONTROL", "grantee": {"id": STRANGER_ID}}
    everyone = {"permission": "READ", "grantee": {"uri": ALL_USERS}}

    with pytest.raises(UnreadableError, match=r"s3\.get_bucket_acl answered AccessDenied"):
        read_exposure(propose(BUCKET, {"s3Bucket": {"bucketAclGrants": [stranger]}}, present))
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": [everyone]}, present) == {"public"}
    assert proposed(BUCKET, "s3Bucket", {"bucketAclGrants": []}, present) == set()


# access points


def opened(point: str, principal: Any = None) -> str:
    return policy_text(allow(principal or {"AWS": VENDOR}, "*", Resource=[point, f"{point}/object/*"]))


@pytest.mark.parametrize("point", [POINT, MULTI_REGION_POINT])
def test_an_access_point_comes_inside_a_bucket_that_delegates_to_it(point: str) -> None:
    """As cfn-policy-validator sends it: a made-up bucket, whose policy makes no finding of its own."""
    name = str(UUID(int=7))
    arn = f"arn:aws:s3:::{name}"
    policy = policy_text(
        allow(
            {"AWS": "*"},
            "*",
            Resource=[arn, f"{arn}/*"],
            Condition={"StringEquals": {"s3:DataAccessPointAccount": OWNER}},
        )
    )
    parts = {"accessPoints": {point: {"accessPointPolicy": opened(point)}}, "bucketPolicy": policy}

    would_be = propose(arn, {"s3Bucket": parts}, NOTHING)

    assert who_gets_in(would_be) == {VENDOR}
    (seen,) = analyze_resource(would_be, ACCOUNT_ZONE).observations
    assert isinstance(seen.outcome, ExternalAccess)
    assert [(one.type, one.access_point_arn) for one in seen.outcome.sources] == [("S3_ACCESS_POINT", point)]
    assert proposed(arn, "s3Bucket", {"bucketPolicy": policy}) == set()


@pytest.mark.parametrize("point", [POINT, MULTI_REGION_POINT])
def test_a_new_access_point_blocks_public_access_unless_it_is_said_otherwise(point: str) -> None:
    public = {"accessPointPolicy": opened(point, "*")}
    free = {**public, "publicAccessBlock": block()}

    assert proposed(BUCKET, "s3Bucket", {"bucketPolicy": DELEGATING, "accessPoints": {point: public}}) == set()
    assert proposed(BUCKET, "s3Bucket", {"bucketPolicy": DELEGATING, "accessPoints": {point: free}}) == {"public"}


@pytest.mark.parametrize("point", [POINT, MULTI_REGION_POINT])
def test_proposed_access_points_take_the_place_of_all_there_are(point: str) -> None:
    free = {"accessPointPolicy": opened(point, "*"), "publicAccessBlock": block()}
    present = read(propose(BUCKET, {"s3Bucket": {"bucketPolicy": DELEGATING, "accessPoints": {point: free}}}, NOTHING))

    assert proposed(BUCKET, "s3Bucket", {}, present) == {"public"}
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {}}, present) == set()
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {point: {}}}, present) == {"public"}
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {point: {"accessPointPolicy": ""}}}, present) == set()
    closed = {"publicAccessBlock": block(policies=True)}
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {point: closed}}, present) == set()


@pytest.mark.parametrize(
    ("point", "listing"),
    [(POINT, "s3control.list_access_points"), (MULTI_REGION_POINT, "s3control.list_multi_region_access_points")],
)
def test_an_access_point_is_not_new_because_its_listing_failed(point: str, listing: str) -> None:
    """It may be there, with a policy that lets others in: what is left out of the proposal stays as it is."""
    delegates = propose(BUCKET, {"s3Bucket": {"bucketPolicy": DELEGATING}}, NOTHING)
    refusal = ApiCall(listing, {}, error=ApiError("AccessDenied"))
    present = read(replace(delegates, api_calls=(*delegates.api_calls, refusal)))
    whole: dict[str, Any] = {"accessPointPolicy": opened(point, "*"), "publicAccessBlock": block()}
    if point == POINT:
        whole["networkOrigin"] = {"internetConfiguration": {}}

    for part in whole:
        some = {name: value for name, value in whole.items() if name != part}
        would_be = propose(BUCKET, {"s3Bucket": {"accessPoints": {point: some}}}, present)
        with pytest.raises(UnreadableError, match=f"{listing} answered AccessDenied"):
            read_exposure(would_be)
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {point: whole}}, present) == {"public"}
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {point: {"accessPointPolicy": ""}}}, present) == set()
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {}}, present) == set()


def test_the_settings_of_an_access_point_that_could_not_be_read_are_unknown_until_all_are_proposed() -> None:
    policy = {"accessPointPolicy": opened(POINT, "*")}
    made = propose(BUCKET, {"s3Bucket": {"bucketPolicy": DELEGATING, "accessPoints": {POINT: policy}}}, NOTHING)
    call = "s3control.get_access_point"
    refusal = ApiCall(call, {"Name": "reports"}, error=ApiError("AccessDenied"))
    present = read(replace(made, api_calls=(*(one for one in made.api_calls if one.call != call), refusal)))
    blocked = {"publicAccessBlock": block(policies=True)}
    placed: dict[str, Any] = {"networkOrigin": {"internetConfiguration": {}}}

    for some in ({}, policy, blocked, placed):
        would_be = propose(BUCKET, {"s3Bucket": {"accessPoints": {POINT: some}}}, present)
        with pytest.raises(UnreadableError, match=f"{call} answered AccessDenied"):
            read_exposure(would_be)
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {POINT: {**blocked, **placed}}}, present) == set()
    open_ = {"publicAccessBlock": block(), **placed}
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {POINT: open_}}, present) == {"public"}


def test_the_network_origin_of_an_access_point_is_the_internet_unless_it_is_a_vpc() -> None:
    policy = {"accessPointPolicy": opened(POINT, "*"), "publicAccessBlock": block()}
    vpc = {"networkOrigin": {"vpcConfiguration": {"vpcId": "vpc-01234567"}}}
    inside = {"bucketPolicy": DELEGATING, "accessPoints": {POINT: {**policy, **vpc}}}
    present = read(propose(BUCKET, {"s3Bucket": inside}, NOTHING))
    internet: dict[str, Any] = {"networkOrigin": {"internetConfiguration": {}}}

    assert who_gets_in(present.resources[0]) == {"*"}
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {POINT: {}}}, present) == {"*"}
    assert proposed(BUCKET, "s3Bucket", {"accessPoints": {POINT: internet}}, present) == {"public"}


def test_an_access_point_of_a_directory_bucket_needs_the_bucket_too() -> None:
    kind = "s3ExpressDirectoryBucket"
    vendor = policy_text(allow({"AWS": VENDOR}, "s3express:CreateSession", Resource=DIRECTORY_POINT))
    own = policy_text(
        allow("*", "*", Condition={"StringEquals": {"s3express:DataAccessPointAccount": OWNER}}),
    )
    points = {DIRECTORY_POINT: {"accessPointPolicy": vendor, "networkOrigin": {"internetConfiguration": {}}}}
    present = read(propose(DIRECTORY_BUCKET, {kind: {"bucketPolicy": own, "accessPoints": points}}, NOTHING))

    assert who_gets_in(present.resources[0]) == {VENDOR}
    assert proposed(DIRECTORY_BUCKET, kind, {"accessPoints": points}) == set()
    assert proposed(DIRECTORY_BUCKET, kind, {}, present) == {VENDOR}
    assert proposed(DIRECTORY_BUCKET, kind, {"accessPoints": {}}, present) == set()
    assert proposed(DIRECTORY_BUCKET, kind, {"accessPoints": {DIRECTORY_POINT: {}}}, present) == {VENDOR}


# the resource


def test_what_could_not_be_looked_for_may_exist() -> None:
    refused_role = ApiCall("iam.get_role", {"RoleName": "deploy"}, error=ApiError("AccessDenied"), region="us-east-1")
    elsewhere = ApiCall("sqs.list_queues", {}, error=ApiError("AccessDenied"), region="eu-west-1")
    trust = {"iamRole": {"trustPolicy": POLICIES["iamRole"].text}}

    with pytest.raises(UnreadableError, match=r"iam\.get_role answered AccessDenied"):
        propose(ROLE, trust, read(account_calls=(refused_role,)))
    assert propose(ROLE, trust, read(account_calls=(elsewhere,)))
    assert propose(QUEUE, {"sqsQueue": {}}, read(account_calls=(elsewhere,)))


NOT_LOOKED_AT = replace(NOTHING, only=())
WHOLE: Mapping[str, tuple[str, dict[str, Any]]] = {
    "dynamodbStream": (STREAM, {"streamPolicy": ""}),
    "dynamodbTable": (TABLE, {"tablePolicy": ""}),
    "ebsSnapshot": (VOLUME, {"userIds": [VENDOR], "groups": []}),
    "ecrRepository": (REPOSITORY, {"repositoryPolicy": ""}),
    "efsFileSystem": (FILE_SYSTEM, {"fileSystemPolicy": ""}),
    "rdsDbClusterSnapshot": (CLUSTER, {"attributes": {"restore": {"accountIds": []}}}),
    "rdsDbSnapshot": (DATABASE, {"attributes": {"restore": {"accountIds": [VENDOR]}}}),
    "s3ExpressDirectoryBucket": (DIRECTORY_BUCKET, {"bucketPolicy": "", "accessPoints": {}}),
}
"""Configurations that leave nothing open but a key."""


@pytest.mark.parametrize("member", WHOLE)
def test_of_a_resource_that_was_not_looked_at_everything_has_to_be_proposed(member: str) -> None:
    arn, parts = WHOLE[member]
    shared = {VENDOR} if VENDOR in str(parts) else set[str]()

    assert proposed(arn, member, parts, NOT_LOOKED_AT) == shared
    for left_out in parts:
        some = {name: value for name, value in parts.items() if name != left_out}
        with pytest.raises(UnreadPartError, match=rf"{member}\.{left_out} is left out .* propose it too"):
            propose(arn, {member: some}, NOT_LOOKED_AT)


@pytest.mark.parametrize(
    ("member", "parts", "place"),
    [
        pytest.param("rdsDbSnapshot", {"attributes": {}}, "attributes.restore", id="no attribute"),
        pytest.param(
            "rdsDbClusterSnapshot",
            {"attributes": {"restore": {}}},
            "attributes.restore.accountIds",
            id="an attribute without accounts",
        ),
        pytest.param(
            "s3ExpressDirectoryBucket",
            {"bucketPolicy": "", "accessPoints": {DIRECTORY_POINT: {"networkOrigin": {"internetConfiguration": {}}}}},
            f"accessPoints.{DIRECTORY_POINT}.accessPointPolicy",
            id="the policy of an access point",
        ),
        pytest.param(
            "s3ExpressDirectoryBucket",
            {"bucketPolicy": "", "accessPoints": {DIRECTORY_POINT: {"accessPointPolicy": ""}}},
            f"accessPoints.{DIRECTORY_POINT}.networkOrigin",
            id="the origin of an access point",
        ),
    ],
)
def test_nor_is_anything_within_a_part_left_to_what_was_not_looked_at(
    member: str, parts: dict[str, Any], place: str
) -> None:
    with pytest.raises(UnreadPartError) as caught:
        propose(WHOLE[member][0], {member: parts}, NOT_LOOKED_AT)

    assert caught.value.at == f"{member}.{place}"


def test_what_is_no_object_is_no_configuration_of_what_was_not_looked_at_either() -> None:
    assert "rdsDbSnapshot.attributes" in refused(DATABASE, "rdsDbSnapshot", {"attributes": 5}, NOT_LOOKED_AT)


@pytest.mark.parametrize(
    ("member", "parts"),
    [
        ("ebsSnapshot", {"userIds": [], "groups": ["all"]}),
        ("rdsDbSnapshot", {"attributes": {"restore": {"accountIds": ["all"]}}}),
    ],
)
def test_whether_a_snapshot_that_was_not_looked_at_is_encrypted_is_said_to_be_unknown(
    member: str, parts: dict[str, Any]
) -> None:
    arn, _ = WHOLE[member]
    exposure = read_exposure(propose(arn, {member: parts}, NOT_LOOKED_AT))
    keyed = {member: {**parts, "kmsKeyId": KEY}}

    assert exposure.approximations[0] == "whether it is encrypted, and so cannot be public, is not known"
    assert who_gets_in(propose(arn, keyed, NOT_LOOKED_AT)) == set()


def test_the_kinds_are_those_of_the_api() -> None:
    created = operation_models()["CreateAccessPreview"].input_shape
    assert created is not None
    configurations: Any = created.members["configurations"]

    assert set(KINDS) == set(configurations.value.members)


def test_every_kind_is_of_a_type_that_is_read() -> None:
    assert {kind.resource_type for kind in KINDS.values()} <= set(READERS)


ARNS = {
    **{name: policy.arn for name, policy in POLICIES.items()},
    **DATABASES,
    "ebsSnapshot": VOLUME,
    "kmsKey": KEY,
    "secretsManagerSecret": SECRET,
}


@pytest.mark.parametrize("member", KINDS)
def test_an_arn_of_another_type_is_refused(member: str) -> None:
    other = ROLE if member != "iamRole" else KEY

    assert f"`{other}` is no {KINDS[member].resource_type}" in refused(other, member, {})
    assert "is no " in refused("reports", member, {})
    assert "is no " in refused(f"{ARNS[member]}*", member, {})


@pytest.mark.parametrize("member", [one for one in KINDS if one not in {"s3Bucket", "ebsSnapshot"}])
def test_a_resource_of_another_account_is_refused(member: str) -> None:
    assert f"the account {VENDOR} is not the analyzer's" in refused(ARNS[member].replace(OWNER, VENDOR), member, {})


def test_a_resource_that_is_there_and_of_another_account_is_refused() -> None:
    """In an organization the reader finds the resources of every account; a preview is of one account."""
    theirs = replace(bucket(), owner_account=VENDOR)

    assert f"the account {VENDOR} is not the analyzer's" in refused(BUCKET, "s3Bucket", {}, read(theirs))


def test_a_resource_of_another_partition_is_refused() -> None:
    assert "the analyzer's partition is `aws`" in refused(BUCKET.replace("aws", "aws-cn", 1), "s3Bucket", {})


@pytest.mark.parametrize("name", ["MyKey", "mrk-1234", "1a2b3c4d-5e6f-7a8b-9c0d-1a2b3c4d5e6f"])
def test_a_key_may_have_any_name(name: str) -> None:
    """The name of a resource in a template stands for the id that a new key has not got yet."""
    policy = {"keyPolicies": {"default": OPEN_KEY}}

    assert proposed(f"arn:aws:kms:us-east-1:{OWNER}:key/{name}", "kmsKey", policy) == {VENDOR}


@pytest.mark.parametrize("configuration", [{}, {"sqsQueue": {}, "snsTopic": {}}, {"lambdaFunction": {}}])
def test_a_configuration_has_one_member_that_is_known(configuration: dict[str, Any]) -> None:
    with pytest.raises(ProposalError, match="write one of dynamodbStream"):
        propose(QUEUE, configuration, NOTHING)


CASES = tuple(external_access_cases())


@pytest.mark.parametrize("member", KINDS)
def test_a_configuration_that_leaves_everything_out_changes_nothing(member: str) -> None:
    of_kind = [case.raw for case in CASES if case.resource_type == KINDS[member].resource_type]
    alike = [one for one in of_kind if one.owner_account == OWNER]
    assert alike

    for resource in alike:
        assert propose(resource.arn, {member: {}}, read(resource)) == resource
