"""Which actions a call needed: one case a rule, with what its parameters say."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from sekisho.activity.actions import (
    READS,
    NeededAction,
    NoneNeeded,
    Unmapped,
    actions_of,
    prefix_of,
    s3,
    sources,
    tagging,
)
from sekisho.activity.actions import names as tables
from sekisho.activity.actions.api_gateway import IN_PATHS, paths
from sekisho.activity.actions.known import find_action
from sekisho.activity.actions.via import ACTIONS
from sekisho.activity.call import Call, TouchedResource
from sekisho.activity.permission import Basis
from sekisho.policy.catalogue import service_condition_keys


def call(source: str, name: str, parameters: Mapping[str, Any] | None = None, **more: Any) -> Call:
    given = {"account": "111122223333", "region": "eu-west-1", "parameters": parameters, **more}
    return Call(f"{source}.amazonaws.com", name, **given)


def needed(one: Call) -> list[NeededAction]:
    answer = actions_of(one)
    assert isinstance(answer, tuple), answer
    return list(answer)


def names(one: Call) -> list[str]:
    return [action.action for action in needed(one)]


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        ("ec2.amazonaws.com", "ec2"),
        ("monitoring.amazonaws.com", "cloudwatch"),
        ("rdsdata.amazonaws.com", "rds-data"),
        ("rdsdataapi.amazonaws.com", "rds-data"),
        ("application-insights.amazonaws.com", "applicationinsights"),
        ("applicationinsights.amazonaws.com", "applicationinsights"),
        ("networksynthetics.amazonaws.com", "networkmonitor"),
        ("networkmonitor.amazonaws.com", "networkmonitor"),
        ("email.amazonaws.com", "ses"),
        ("ses.amazonaws.com", "ses"),
        ("models.lex.amazonaws.com", "lex"),
        ("runtime.lex.amazonaws.com", "lex"),
        ("agreement-marketplace.amazonaws.com", "aws-marketplace"),
        ("discovery-marketplace.amazonaws.com", "aws-marketplace"),
        ("metering.marketplace.amazonaws.com", "aws-marketplace"),
        ("catalog.marketplace.amazonaws.com", "aws-marketplace"),
        ("macie.amazonaws.com", "macie2"),
        ("ec2-instance-connect.amazonaws.com", "ec2-instance-connect"),
        ("cloudtrail-data.amazonaws.com", "cloudtrail-data"),
        ("tagging.amazonaws.com", "tag"),
        ("amazonmq.amazonaws.com", "mq"),
        ("applicationsignals.amazonaws.com", "application-signals"),
        ("appstream2.amazonaws.com", "appstream"),
        ("streams.dynamodb.amazonaws.com", "dynamodb"),
        ("mturk-requester.amazonaws.com", "mechanicalturk"),
        ("servicecatalog-appregistry.amazonaws.com", "servicecatalog"),
        ("s3express.amazonaws.com", "s3express"),
        ("cloudcontrolapi.amazonaws.com", "cloudformation"),
        ("bedrock-runtime.amazonaws.com", "bedrock"),
        ("memory-db.amazonaws.com", "memorydb"),
        ("data-ats.iot.amazonaws.com", "iot"),
        ("EC2.amazonaws.com ", "ec2"),
        ("ec2.amazonaws.com.cn", "ec2"),
        ("nothing.example", "nothing.example"),
        ("../../etc/passwd", "../../etc/passwd"),
        ("", ""),
        *((f"{name}.amazonaws.com", name) for name in ("states", "events", "logs", "elasticloadbalancing")),
        *((f"{name}.amazonaws.com", name) for name in ("elasticmapreduce", "elasticfilesystem", "es", "ssm")),
        *((f"{name}.amazonaws.com", name) for name in ("ssmmessages", "ec2messages")),
    ],
)
def test_prefix_of_an_event_source(source: str, prefix: str) -> None:
    assert prefix_of(source) == prefix


OF_S3 = {
    "ListBuckets": "s3:ListAllMyBuckets",
    "HeadBucket": "s3:ListBucket",
    "ListObjects": "s3:ListBucket",
    "ListObjectsV2": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "ListMultipartUploads": "s3:ListBucketMultipartUploads",
    "ListParts": "s3:ListMultipartUploadParts",
    "HeadObject": "s3:GetObject",
    "GetObject": "s3:GetObject",
    "SelectObjectContent": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "PostObject": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
    "DeleteObject": "s3:DeleteObject",
    "DeleteObjects": "s3:DeleteObject",
    "GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "DeleteBucketEncryption": "s3:PutEncryptionConfiguration",
    "GetBucketLifecycle": "s3:GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "PutBucketLifecycle": "s3:PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "GetBucketReplication": "s3:GetReplicationConfiguration",
    "PutBucketReplication": "s3:PutReplicationConfiguration",
    "DeleteBucketReplication": "s3:PutReplicationConfiguration",
    "GetBucketTagging": "s3:GetBucketTagging",
    "DeleteBucketTagging": "s3:PutBucketTagging",
    "GetBucketCors": "s3:GetBucketCORS",
    "PutBucketCors": "s3:PutBucketCORS",
    "DeleteBucketCors": "s3:PutBucketCORS",
    "GetBucketAccelerateConfiguration": "s3:GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "s3:GetAnalyticsConfiguration",
    "DeleteBucketAnalyticsConfiguration": "s3:PutAnalyticsConfiguration",
    "ListBucketAnalyticsConfigurations": "s3:GetAnalyticsConfiguration",
    "PutBucketInventoryConfiguration": "s3:PutInventoryConfiguration",
    "DeleteBucketMetricsConfiguration": "s3:PutMetricsConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "s3:PutIntelligentTieringConfiguration",
    "GetBucketNotification": "s3:GetBucketNotification",
    "GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "DeleteBucketWebsite": "s3:DeleteBucketWebsite",
    "PutBucketPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "DeleteBucketPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "GetAccountPublicAccessBlock": "s3:GetAccountPublicAccessBlock",
    "PutAccountPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "DeleteAccountPublicAccessBlock": "s3:PutAccountPublicAccessBlock",
    "DeleteBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "WriteGetObjectResponse": "s3-object-lambda:WriteGetObjectResponse",
    "ListDirectoryBuckets": "s3express:ListAllMyDirectoryBuckets",
    "GetBucketLocation": "s3:GetBucketLocation",
}


@pytest.mark.parametrize(("name", "action"), OF_S3.items(), ids=OF_S3)
def test_call_to_s3_without_further_parameters_needs_one_action(name: str, action: str) -> None:
    assert names(call("s3", name, {"bucketName": "photos", "key": "a"})) == [action]


SOURCE = "arn:aws:s3:::from/a b${*}"


@pytest.mark.parametrize(
    ("name", "parameters", "actions"),
    [
        pytest.param("GetObject", {"versionId": "3"}, ["GetObjectVersion"], id="a version is got with its own action"),
        pytest.param("HeadObject", {"VersionId": ["3"]}, ["GetObjectVersion"], id="so is its head, in a list of one"),
        pytest.param("GetObject", {"versionId": "***"}, ["GetObject"], id="a masked version is none"),
        pytest.param("GetObjectAcl", {"versionId": "3"}, ["GetObjectVersionAcl"], id="so is the ACL of a version"),
        pytest.param("PutObjectTagging", {"versionId": "3"}, ["PutObjectVersionTagging"], id="and its tags"),
        pytest.param(
            "DeleteObject", {"versionId": "3"}, ["DeleteObjectVersion"], id="a version is deleted with its own"
        ),
        pytest.param(
            "DeleteObjects",
            {"delete": {"object": [{"key": "a"}, {"key": "b", "versionId": "1"}]}},
            ["DeleteObject", "DeleteObjectVersion"],
            id="of several objects, some with a version",
        ),
        pytest.param(
            "GetObjectAttributes", {"key": "a"}, ["GetObject", "GetObjectAttributes"], id="attributes need both actions"
        ),
        pytest.param("PutObject", {"x-amz-acl": "private"}, ["PutObject", "PutObjectAcl"], id="an ACL is put"),
        pytest.param(
            "PutObject", {"X-Amz-Grant-Read": "id=1"}, ["PutObject", "PutObjectAcl"], id="so it is with a grant header"
        ),
        pytest.param("PutObject", {"x-amz-tagging": "a=b"}, ["PutObject", "PutObjectTagging"], id="tags are put"),
        pytest.param(
            "CreateMultipartUpload",
            {"x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-legal-hold": "ON"},
            ["PutObject", "PutObjectRetention", "PutObjectLegalHold"],
            id="an upload with object lock",
        ),
        pytest.param(
            "DeleteObject",
            {"x-amz-bypass-governance-retention": "true"},
            ["DeleteObject", "BypassGovernanceRetention"],
            id="governance mode is bypassed",
        ),
        pytest.param("CreateBucket", {"x-amz-acl": "private"}, ["CreateBucket"], id="a private bucket needs no ACL"),
        pytest.param(
            "CreateBucket",
            {"x-amz-acl": "public-read", "x-amz-object-ownership": "ObjectWriter"},
            ["CreateBucket", "PutBucketAcl", "PutBucketOwnershipControls"],
            id="a public bucket does",
        ),
        pytest.param(
            "CreateBucket",
            {"x-amz-bucket-object-lock-enabled": "true"},
            ["CreateBucket", "PutBucketObjectLockConfiguration", "PutBucketVersioning"],
            id="a bucket with object lock",
        ),
        pytest.param(
            "GetPublicAccessBlock", {"bucketName": "b"}, ["GetBucketPublicAccessBlock"], id="the block of a bucket"
        ),
        pytest.param("DeletePublicAccessBlock", {}, ["PutAccountPublicAccessBlock"], id="the block of the account"),
    ],
)
def test_call_to_s3_needs_what_its_parameters_say(name: str, parameters: dict[str, Any], actions: list[str]) -> None:
    assert names(call("s3", name, parameters)) == [f"s3:{action}" for action in actions]


@pytest.mark.parametrize(
    ("name", "parameters", "actions"),
    [
        pytest.param("CopyObject", {}, ["s3:GetObject"], id="a copy reads its source"),
        pytest.param("UploadPartCopy", {}, ["s3:GetObject"], id="so does a part of one"),
        pytest.param(
            "CopyObject", {"x-amz-tagging-directive": "REPLACE"}, ["s3:GetObject"], id="tags that are not copied"
        ),
        pytest.param(
            "CopyObject",
            {"x-amz-tagging-directive": "COPY"},
            ["s3:GetObject", "s3:GetObjectTagging"],
            id="tags that are copied on demand",
        ),
    ],
)
def test_copy_needs_actions_on_its_source(name: str, parameters: dict[str, Any], actions: list[str]) -> None:
    one = call("s3", name, {"x-amz-copy-source": "/from/a%20b%2A", "bucketName": "to", "key": "c", **parameters})
    on_source = [action for action in needed(one) if action.resources == (SOURCE,)]
    assert [action.action for action in on_source] == actions
    assert names(one)[0] == "s3:PutObject"


def test_copy_of_a_version_reads_the_version() -> None:
    one = call("s3", "CopyObject", {"x-amz-copy-source": ["from/a?versionId=3"]})
    assert needed(one)[1].action == "s3:GetObjectVersion"
    assert needed(one)[1].resources == ("arn:aws:s3:::from/a",)


def test_copy_from_an_access_point_reads_its_arn() -> None:
    source = "arn:aws:s3:eu-west-1:111122223333:accesspoint/mine/object/a"
    assert needed(call("s3", "CopyObject", {"x-amz-copy-source": source}))[1].resources == (source,)


def test_object_calls_to_a_directory_bucket_ride_on_its_session() -> None:
    assert isinstance(actions_of(call("s3express", "GetObject")), NoneNeeded)
    assert names(call("s3express", "CreateSession")) == ["s3express:CreateSession"]
    assert names(call("s3express", "PutBucketEncryption")) == ["s3express:PutEncryptionConfiguration"]


@pytest.mark.parametrize(
    ("source", "name", "action"),
    [
        ("lambda", "ListFunctions20150331", "lambda:ListFunctions"),
        ("lambda", "GetFunction20150331v2", "lambda:GetFunction"),
        ("lambda", "UpdateFunctionCode20150331v2", "lambda:UpdateFunctionCode"),
        ("lambda", "AddPermission20150331v2", "lambda:AddPermission"),
        ("lambda", "CreateEventSourceMapping20150331", "lambda:CreateEventSourceMapping"),
        ("lambda", "TagResource20170331v2", "lambda:TagResource"),
        ("lambda", "PutFunctionConcurrency20171031", "lambda:PutFunctionConcurrency"),
        ("lambda", "Invoke", "lambda:InvokeFunction"),
        ("lambda", "InvokeAsync", "lambda:InvokeFunction"),
        ("lambda", "InvokeWithResponseStream", "lambda:InvokeFunction"),
        ("lambda", "GetLayerVersionByArn20181031", "lambda:GetLayerVersion"),
        ("cloudfront", "CreateFunction2020_05_31", "cloudfront:CreateFunction"),
        ("cloudfront", "GetDistribution2016_11_25", "cloudfront:GetDistribution"),
        ("sqs", "SendMessageBatch", "sqs:SendMessage"),
        ("sqs", "DeleteMessageBatch", "sqs:DeleteMessage"),
        ("sqs", "ChangeMessageVisibilityBatch", "sqs:ChangeMessageVisibility"),
        ("sns", "PublishBatch", "sns:Publish"),
        ("bedrock", "Converse", "bedrock:InvokeModel"),
        ("bedrock", "ConverseStream", "bedrock:InvokeModelWithResponseStream"),
        ("logs", "StartLiveTail", "logs:StartLiveTail"),
        ("monitoring", "GenerateQuery", "cloudwatch:GenerateQuery"),
        ("budgets", "CreateBudget", "budgets:ModifyBudget"),
        ("budgets", "DescribeBudgets", "budgets:ViewBudget"),
        ("cassandra", "CreateTable", "cassandra:Create"),
        ("autoscaling", "RegisterScalableTarget", "application-autoscaling:RegisterScalableTarget"),
        ("autoscaling", "PutScalingPolicy", "autoscaling:PutScalingPolicy"),
        ("execute-api", "PostToConnection", "execute-api:ManageConnections"),
        ("ec2-instance-connect", "SendSSHPublicKey ", "ec2-instance-connect:SendSSHPublicKey"),
        ("tagging", "GetResources", "tag:GetResources"),
        ("s3-outposts", "DeleteBucketReplication", "s3-outposts:PutReplicationConfiguration"),
        ("elasticloadbalancing", "describeloadbalancers", "elasticloadbalancing:DescribeLoadBalancers"),
    ],
)
def test_call_of_another_name_needs_one_action(source: str, name: str, action: str) -> None:
    assert names(call(source, name)) == [action]


def test_scaling_policy_of_another_service_needs_the_action_of_application_auto_scaling() -> None:
    one = call("autoscaling", "PutScalingPolicy", {"serviceNamespace": "ecs", "policyName": "a"})
    assert names(one) == ["application-autoscaling:PutScalingPolicy"]


@pytest.mark.parametrize(
    ("name", "parameters", "action", "path"),
    [
        ("GetRestApis", {}, "GET", "/restapis"),
        ("GetRestApi", {"restApiId": "abc"}, "GET", "/restapis/abc"),
        ("CreateRestApi", {"createRestApiInput": {"name": "x"}}, "POST", "/restapis"),
        ("UpdateStage", {"restApiId": "abc", "stageName": "prod"}, "PATCH", "/restapis/abc/stages/prod"),
        ("UpdateStage", {"apiId": "xyz", "stageName": "prod"}, "PATCH", "/apis/xyz/stages/prod"),
        ("GetResource", {"restApiId": "abc"}, "GET", "/restapis/abc/resources/*"),
        (
            "PutMethod",
            {"restApiId": "a*", "resourceId": "r", "httpMethod": "GET"},
            "PUT",
            "/restapis/a${*}/resources/r/methods/GET",
        ),
        ("GetApi", {"apiId": "xyz"}, "GET", "/apis/xyz"),
        ("GetStages", None, "GET", "/*"),
        ("TagResource", {"resourceArn": "arn:aws:apigateway:eu-west-1::/restapis/abc"}, "PUT", "/tags/*"),
        ("UntagResource", {}, "DELETE", "/tags/*"),
        ("GetTags", {}, "GET", "/tags/*"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_call_to_api_gateway_needs_its_verb_on_its_path(
    name: str, parameters: dict[str, Any] | None, action: str, path: str
) -> None:
    [only] = needed(call("apigateway", name, parameters))
    assert only.action == f"apigateway:{action}"
    assert only.resources == (f"arn:aws:apigateway:eu-west-1::{path}",)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        pytest.param("CreateRestApi", {"createRestApiInput": {"policy": "{}"}}, id="when the API is made"),
        pytest.param(
            "UpdateRestApi",
            {"restApiId": "a", "updateRestApiInput": {"patchOperations": [{"op": "replace", "path": "/policy"}]}},
            id="when it is changed",
        ),
    ],
)
def test_setting_the_policy_of_an_api_needs_another_action(name: str, parameters: dict[str, Any]) -> None:
    verb, policy = needed(call("apigateway", name, parameters))
    assert policy.action == "apigateway:UpdateRestApiPolicy"
    assert policy.resources == verb.resources


def test_condition_keys_of_tagging_exist() -> None:
    for prefix, key in tagging.CREATE_ACTION.items():
        assert key.lower() in service_condition_keys(prefix)


def test_parameters_in_paths_of_api_gateway_are_all_read() -> None:
    of_verbs = (entries for name, entries in paths().items() if find_action("apigateway", name) is None)
    in_paths = {name for entries in of_verbs for _, path in entries for name in re.findall(r"{(\w+)}", path)}
    assert in_paths - {"resourcearn"} == IN_PATHS
    assert IN_PATHS <= READS


TABLE = "arn:aws:dynamodb:eu-west-1:111122223333:table/"


def test_transaction_needs_the_actions_of_its_items_on_their_tables() -> None:
    items = [
        {"operation": "Put", "tableName": "orders"},
        {"operation": "ConditionCheck", "tableName": "customers"},
        {"operation": "Put", "tableName": "lines"},
    ]
    found = {
        one.action: one.resources for one in needed(call("dynamodb", "TransactWriteItems", {"requestItems": items}))
    }
    assert found == {
        "dynamodb:ConditionCheckItem": (f"{TABLE}customers",),
        "dynamodb:PutItem": (f"{TABLE}lines", f"{TABLE}orders"),
    }


def test_transaction_as_the_api_takes_it_is_read_too() -> None:
    items = [{"Update": {"TableName": "arn:aws:dynamodb:eu-west-1:1:table/t"}}, {"Delete": {}}]
    found = {
        one.action: one.resources for one in needed(call("dynamodb", "TransactWriteItems", {"TransactItems": items}))
    }
    assert found == {"dynamodb:UpdateItem": ("arn:aws:dynamodb:eu-west-1:1:table/t",), "dynamodb:DeleteItem": None}


def test_transaction_without_its_items_is_a_read_or_unmapped() -> None:
    assert names(call("dynamodb", "TransactGetItems")) == ["dynamodb:GetItem"]
    assert isinstance(actions_of(call("dynamodb", "TransactWriteItems")), Unmapped)


@pytest.mark.parametrize(
    ("statement", "action", "on"),
    [
        ('SELECT * FROM "Music" WHERE Artist = ?', "PartiQLSelect", "Music"),
        ('select a from "Music"."ByYear"', "PartiQLSelect", "Music/index/ByYear"),
        ("INSERT INTO Music VALUE {'Artist': ?}", "PartiQLInsert", "Music"),
        ('UPDATE "Music" SET a=1', "PartiQLUpdate", "Music"),
        ('DELETE FROM "Music" WHERE a=1', "PartiQLDelete", "Music"),
    ],
)
def test_partiql_statement_needs_the_action_of_its_first_word(statement: str, action: str, on: str) -> None:
    [only] = needed(call("dynamodb", "ExecuteStatement", {"statement": statement}))
    assert (only.action, only.resources) == (f"dynamodb:{action}", (f"{TABLE}{on}",))


def test_batch_of_partiql_statements_needs_the_action_of_each() -> None:
    statements = [{"statement": "SELECT a FROM b"}, {"statement": "DELETE FROM c"}, {"statement": "***"}]
    for parameter in ("statements", "transactStatements"):
        one = call("dynamodb", "BatchExecuteStatement", {parameter: statements})
        assert names(one) == ["dynamodb:PartiQLDelete", "dynamodb:PartiQLSelect"]


def test_batch_of_secrets_needs_each_of_them() -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:b-AbCdEf"
    own, values = needed(call("secretsmanager", "BatchGetSecretValue", {"secretIdList": ["a", arn]}))
    assert own.action == "secretsmanager:BatchGetSecretValue"
    assert values.action == "secretsmanager:GetSecretValue"
    assert values.resources == ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:a-??????", arn)


def test_batch_of_secrets_by_filter_lists_them() -> None:
    one = call("secretsmanager", "BatchGetSecretValue", {"filters": [{"key": "name", "values": ["a"]}]})
    assert names(one) == ["secretsmanager:BatchGetSecretValue", "secretsmanager:ListSecrets"]


KEY = "arn:aws:kms:eu-west-1:111122223333:key/"


@pytest.mark.parametrize(
    ("parameters", "keys", "expected"),
    [
        pytest.param({"sourceKeyId": f"{KEY}1", "destinationKeyId": "2"}, [], ("1", "2"), id="both are named"),
        pytest.param({"destinationKeyId": "2"}, ["1", "2"], ("1", "2"), id="the source is the other resource"),
        pytest.param({"destinationKeyId": "alias/a"}, ["1"], ("1", "1"), id="one key for both"),
        pytest.param({"destinationKeyId": "alias/a"}, [], (None, None), id="an alias is no resource"),
        pytest.param({}, ["1", "2"], (None, None), id="which is which is not known"),
    ],
)
def test_reencryption_needs_each_key_for_its_part(
    parameters: dict[str, str], keys: list[str], expected: tuple[str | None, str | None]
) -> None:
    touched = tuple(TouchedResource(f"{KEY}{key}", "AWS::KMS::Key") for key in keys)
    source, target = needed(call("kms", "ReEncrypt", parameters, resources=touched))
    assert (source.action, target.action) == ("kms:ReEncryptFrom", "kms:ReEncryptTo")
    wanted = tuple((f"{KEY}{key}",) if key else None for key in expected)
    assert (source.resources, target.resources) == wanted


def test_instances_with_tags_need_tagging_on_creation() -> None:
    tags = {"items": [{"resourceType": "instance", "tags": [{"key": "a", "value": "b"}]}]}
    run, tag = needed(call("ec2", "RunInstances", {"tagSpecificationSet": tags}))
    assert (run.action, run.basis) == ("ec2:RunInstances", Basis.EXACT)
    assert (tag.action, tag.basis) == ("ec2:CreateTags", Basis.INFERRED)
    assert tag.resources == ("arn:aws:ec2:eu-west-1:111122223333:instance/*",)
    assert tag.context == {"ec2:CreateAction": ("RunInstances",)}


def test_tags_within_a_launch_template_need_nothing_yet() -> None:
    within = {"LaunchTemplateData": {"TagSpecification": [{"ResourceType": "instance", "Tag": [{"Key": "a"}]}]}}
    assert names(call("ec2", "CreateLaunchTemplate", {"CreateLaunchTemplateRequest": within})) == [
        "ec2:CreateLaunchTemplate"
    ]
    own = {"TagSpecification": {"ResourceType": "launch-template", "Tag": {"Key": "a", "Value": "b"}}}
    assert names(call("ec2", "CreateLaunchTemplate", {"CreateLaunchTemplateRequest": own})) == [
        "ec2:CreateLaunchTemplate",
        "ec2:CreateTags",
    ]


@pytest.mark.parametrize(
    ("source", "name", "tagging"),
    [
        ("sqs", "CreateQueue", "sqs:TagQueue"),
        ("sns", "CreateTopic", "sns:TagResource"),
        ("kms", "CreateKey", "kms:TagResource"),
        ("iam", "CreateRole", "iam:TagRole"),
        ("iam", "CreatePolicy", "iam:TagPolicy"),
        ("lambda", "CreateFunction20150331", "lambda:TagResource"),
        ("dynamodb", "CreateTable", "dynamodb:TagResource"),
        ("secretsmanager", "CreateSecret", "secretsmanager:TagResource"),
        ("rds", "CreateDBInstance", "rds:AddTagsToResource"),
        ("elasticloadbalancing", "CreateLoadBalancer", "elasticloadbalancing:AddTags"),
        ("logs", "CreateLogGroup", "logs:TagResource"),
        ("ssm", "PutParameter", "ssm:AddTagsToResource"),
        ("ecs", "RunTask", "ecs:TagResource"),
        ("firehose", "CreateDeliveryStream", "firehose:TagDeliveryStream"),
    ],
)
def test_creation_with_tags_needs_the_tagging_action_and_without_them_does_not(
    source: str, name: str, tagging: str
) -> None:
    assert names(call(source, name, {"tags": [{"key": "a", "value": "b"}]}))[1:] == [tagging]
    assert names(call(source, name, {"tags": {"items": []}}))[1:] == []
    assert names(call(source, name))[1:] == []


def test_code_in_s3_and_layers_are_read_with_the_rights_of_the_caller() -> None:
    layer = "arn:aws:lambda:eu-west-1:111122223333:layer:a:1"
    code = {"s3Bucket": "code", "s3Key": "a.zip", "s3ObjectVersion": "1"}
    found = {
        one.action: one.resources
        for one in needed(call("lambda", "CreateFunction20150331", {"code": code, "layers": [layer]}))
    }
    assert found == {
        "lambda:CreateFunction": None,
        "s3:GetObjectVersion": ("arn:aws:s3:::code/a.zip",),
        "lambda:GetLayerVersion": (layer,),
    }
    flat = call("lambda", "UpdateFunctionCode20150331v2", {"s3Bucket": "code", "s3Key": "a.zip"})
    assert names(flat) == ["lambda:UpdateFunctionCode", "s3:GetObject"]


def test_function_in_a_vpc_needs_nothing_of_ec2_of_its_caller() -> None:
    one = call("lambda", "CreateFunction20150331", {"vpcConfig": {"subnetIds": ["subnet-1"]}})
    assert names(one) == ["lambda:CreateFunction"]


def test_data_api_reads_the_secret() -> None:
    secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
    own, value = needed(call("rdsdata", "ExecuteStatement", {"secretArn": secret}))
    assert own.action == "rds-data:ExecuteStatement"
    assert (value.action, value.resources) == ("secretsmanager:GetSecretValue", (secret,))


def test_session_with_tags_and_source_identity_needs_them_allowed() -> None:
    assert names(call("sts", "AssumeRole", {"roleArn": "arn:aws:iam::1:role/a"})) == ["sts:AssumeRole"]
    tagged = call("sts", "AssumeRole", {"tags": [{"key": "a", "value": "b"}], "sourceIdentity": "alice"})
    assert names(tagged) == ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]


def test_service_linked_role_is_for_one_service() -> None:
    [only] = needed(call("iam", "CreateServiceLinkedRole", {"aWSServiceName": "elasticloadbalancing.amazonaws.com"}))
    assert only.context == {"iam:AWSServiceName": ("elasticloadbalancing.amazonaws.com",)}


def test_key_used_by_a_service_is_used_through_it() -> None:
    [only] = needed(call("kms", "Decrypt", invoked_by="secretsmanager.amazonaws.com"))
    assert only.context == {"kms:ViaService": ("secretsmanager.eu-west-1.amazonaws.com",)}
    [alone] = needed(call("kms", "Decrypt", invoked_by="AWS Internal"))
    assert alone.context == {}


def test_actions_that_services_use_keys_with_exist() -> None:
    assert "kms:viaservice" in service_condition_keys("kms")
    assert all(find_action(*action.split(":")) == action for action in ACTIONS)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("sts", "GetCallerIdentity"),
        ("sts", "GetSessionToken"),
        ("sts", "AssumeRoleWithSAML"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("signin", "ConsoleLogin"),
        ("signin", "SwitchRole"),
        ("signin", "CheckMfa"),
        ("sso", "CreateToken"),
        ("sso", "Federate"),
        ("sso-oauth", "RegisterClient"),
        ("cognito-idp", "InitiateAuth"),
        ("cognito-identity", "GetId"),
        ("dynamodb", "DescribeEndpoints"),
        ("codecatalyst", "CreateProject"),
    ],
)
def test_call_that_no_policy_decides_needs_nothing(source: str, name: str) -> None:
    assert isinstance(actions_of(call(source, name)), NoneNeeded)


def test_signing_in_for_local_development_has_actions() -> None:
    assert names(call("signin", "CreateOAuth2Token")) == ["signin:CreateOAuth2Token"]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("payments", "Instruments_Create"),
        ("billingconsole", "GetBillsForBillingPeriod"),
        ("s3", "GetStorageLensDashboardDataInternal"),
        ("ecr", "ListImageReferrers"),
        ("s3", ""),
        ("s3", "x" * 100_000),
        ("nothing", "At20200101all"),
        ("ec2", "20200101"),
        ("ec2", "../RunInstances"),
    ],
)
def test_what_is_no_call_of_the_api_is_unmapped(source: str, name: str) -> None:
    assert isinstance(actions_of(call(source, name)), Unmapped)


def test_no_table_names_an_action_that_does_not_exist() -> None:
    rows = [
        *((prefix, name) for prefix, row in tables.RENAMED.items() for name in row.values()),
        *((prefix, name) for prefix, row in tables.SEVERAL.items() for several in row.values() for name in several),
        *(("s3", name) for name in s3.RENAMED.values()),
        *(("s3", name) for pair in s3.VERSIONED.values() for name in pair),
        *((prefix, name) for prefix, row in tagging.ON_CREATION.items() for name in row.values()),
        *((prefix, name) for prefix, row in tagging.ON_CREATION.items() for name in row),
        *tuple(action.split(":") for action in s3.OTHER_PREFIXES.values()),
        *(tuple(one.split(":")) for row in sources.tables()["actions"].values() for one in row.values()),
        *(tuple(one.split(":")) for row in sources.tables()["tagging"].values() for one in row.values()),
    ]
    assert [row for row in rows if find_action(*row) is None] == []
