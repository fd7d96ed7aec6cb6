"""Which resources calls touched, service by service."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sekisho.activity.call import AWS_INTERNAL, Call, TouchedResource
from sekisho.activity.permission import Reach
from sekisho.activity.touched import READS, Resources, resources_of
from sekisho.policy.resource_types import arn_fits, resources_of_action
from unit.activity.synthetic_calls import calls

HERE = "eu-west-1:111122223333"


def touched(action: str, name: str, parameters: dict[str, Any] | None, *resources: str) -> Resources:
    """Return what a call in eu-west-1 of account 111122223333 touched."""
    return resources_of(
        action,
        Call(
            source=f"{action.partition(':')[0]}.amazonaws.com",
            name=name,
            account="111122223333",
            region="eu-west-1",
            parameters=parameters,
            resources=tuple(TouchedResource(arn) for arn in resources),
        ),
    )


RECORDED = [
    pytest.param(
        "s3:GetObject",
        "GetObject",
        {"bucketName": "b", "key": "a/b"},
        ["s3:::b/a/b"],
        id="an S3 object of bucket and key",
    ),
    pytest.param(
        "s3:GetObject",
        "HeadObject",
        {"bucketName": ["b"], "key": ["k"]},
        ["s3:::b/k"],
        id="old S3 records have lists of one",
    ),
    pytest.param("s3:ListBucket", "ListObjects", {"bucketName": "b"}, ["s3:::b"], id="a bucket"),
    pytest.param(
        "s3:GetObject",
        "CopyObject",
        {"bucketName": "to", "key": "k", "x-amz-copy-source": "/from/a%20b?versionId=1"},
        ["s3:::from/a b"],
        id="the source of a copy is read",
    ),
    pytest.param(
        "s3:PutObject",
        "CopyObject",
        {"bucketName": "to", "key": "k", "x-amz-copy-source": "from/a"},
        ["s3:::to/k"],
        id="the target of a copy is written",
    ),
    pytest.param(
        "s3:GetObject",
        "GetObject",
        {"bucketName": "b", "key": "what?*$"},
        ["s3:::b/what${?}${*}${$}"],
        id="what is in a name is no wildcard",
    ),
    pytest.param(
        "lambda:InvokeFunction", "Invoke", {"functionName": "f"}, [f"lambda:{HERE}:function:f"], id="a function by name"
    ),
    pytest.param(
        "lambda:InvokeFunction",
        "Invoke",
        {"functionName": "f", "qualifier": "PROD"},
        [f"lambda:{HERE}:function:f:PROD"],
        id="a function with a qualifier",
    ),
    pytest.param(
        "lambda:InvokeFunction",
        "Invoke",
        {"functionName": "444455556666:function:f:1"},
        ["lambda:eu-west-1:444455556666:function:f:1"],
        id="a function by partial ARN has the account in it",
    ),
    pytest.param(
        "lambda:CreateFunction",
        "CreateFunction20150331",
        {"functionName": "f"},
        [f"lambda:{HERE}:function:f"],
        id="a version behind the name of a call says nothing",
    ),
    pytest.param(
        "lambda:GetLayerVersion",
        "GetLayerVersion20181031",
        {"layerName": "l", "versionNumber": 3},
        [f"lambda:{HERE}:layer:l:3"],
        id="a number in an ARN",
    ),
    pytest.param(
        "dynamodb:Query",
        "Query",
        {"tableName": "t", "indexName": "i"},
        [f"dynamodb:{HERE}:table/t", f"dynamodb:{HERE}:table/t/index/i"],
        id="a table and its index",
    ),
    pytest.param(
        "dynamodb:GetItem",
        "GetItem",
        {"tableName": "arn:aws:dynamodb:us-east-1:444455556666:table/t"},
        ["dynamodb:us-east-1:444455556666:table/t"],
        id="a table by ARN",
    ),
    pytest.param(
        "sqs:SendMessage",
        "SendMessage",
        {"queueUrl": "https://sqs.us-east-1.amazonaws.com/444455556666/q"},
        ["sqs:us-east-1:444455556666:q"],
        id="the URL of a queue has region and account",
    ),
    pytest.param("sqs:CreateQueue", "CreateQueue", {"queueName": "q"}, [f"sqs:{HERE}:q"], id="a queue by name"),
    pytest.param("sns:CreateTopic", "CreateTopic", {"name": "t"}, [f"sns:{HERE}:t"], id="a topic by name"),
    pytest.param(
        "sns:Publish", "Publish", {"topicArn": "arn:aws:sns:eu-west-1:5:t"}, ["sns:eu-west-1:5:t"], id="a topic by ARN"
    ),
    pytest.param(
        "logs:CreateLogStream",
        "CreateLogStream",
        {"logGroupName": "/aws/x", "logStreamName": "2024/[1]a"},
        [f"logs:{HERE}:log-group:/aws/x:log-stream:2024/[1]a"],
        id="a log stream as it is",
    ),
    pytest.param(
        "logs:TagResource",
        "TagResource",
        {"resourceArn": f"arn:aws:logs:{HERE}:log-group:/x:*"},
        [f"logs:{HERE}:log-group:/x"],
        id="a log group that is tagged has nothing behind it",
    ),
    pytest.param(
        "logs:CreateLogGroup",
        "CreateLogGroup",
        {"logGroupName": "/x"},
        [f"logs:{HERE}:log-group:/x", f"logs:{HERE}:log-group:/x:*"],
        id="a log group in both forms",
    ),
    pytest.param(
        "secretsmanager:GetSecretValue",
        "GetSecretValue",
        {"secretId": f"arn:aws:secretsmanager:{HERE}:secret:a/b-AbCdEf"},
        [f"secretsmanager:{HERE}:secret:a/b-AbCdEf"],
        id="a secret by ARN",
    ),
    pytest.param(
        "ssm:GetParameters",
        "GetParameters",
        {"names": ["/a/b", "c:3"]},
        [f"ssm:{HERE}:parameter/a/b", f"ssm:{HERE}:parameter/c"],
        id="parameters without first slash and version",
    ),
    pytest.param(
        "ssm:SendCommand",
        "SendCommand",
        {"documentName": "AWS-RunShellScript", "instanceIds": ["i-01234567", "mi-01234567"]},
        [
            f"ec2:{HERE}:instance/i-01234567",
            f"ssm:{HERE}:managed-instance/mi-01234567",
            "ssm:eu-west-1::document/AWS-RunShellScript",
        ],
        id="a command on instances of both kinds",
    ),
    pytest.param(
        "ssm:AddTagsToResource",
        "AddTagsToResource",
        {"resourceType": "Parameter", "resourceId": "/p"},
        [f"ssm:{HERE}:parameter/p"],
        id="a call that tags says what",
    ),
    pytest.param(
        "ecr:BatchGetImage",
        "BatchGetImage",
        {"repositoryName": "team/app", "registryId": "444455556666"},
        ["ecr:eu-west-1:444455556666:repository/team/app"],
        id="a repository of another registry",
    ),
    pytest.param(
        "ecs:RunTask",
        "RunTask",
        {"cluster": "c", "taskDefinition": "web:3"},
        [f"ecs:{HERE}:task-definition/web:3"],
        id="a revision of a task definition",
    ),
    pytest.param(
        "ecs:UpdateService",
        "UpdateService",
        {"cluster": "arn:aws:ecs:eu-west-1:5:cluster/c", "service": "s"},
        ["ecs:eu-west-1:5:service/c/s"],
        id="a service of a cluster by ARN",
    ),
    pytest.param(
        "ecs:UpdateService",
        "UpdateService",
        {"service": "s"},
        [f"ecs:{HERE}:service/default/s"],
        id="the default cluster",
    ),
    pytest.param(
        "eks:DescribeCluster", "DescribeCluster", {"name": "c"}, [f"eks:{HERE}:cluster/c"], id="a cluster of EKS"
    ),
    pytest.param(
        "rds:ModifyDBInstance",
        "ModifyDBInstance",
        {"dBInstanceIdentifier": "d", "newDBInstanceIdentifier": "e"},
        [f"rds:{HERE}:db:d"],
        id="a database",
    ),
    pytest.param(
        "rds:CopyDBSnapshot",
        "CopyDBSnapshot",
        {"sourceDBSnapshotIdentifier": "a", "targetDBSnapshotIdentifier": "b"},
        [f"rds:{HERE}:snapshot:a", f"rds:{HERE}:snapshot:b"],
        id="both snapshots of a copy",
    ),
    pytest.param(
        "elasticache:DeleteCacheCluster",
        "DeleteCacheCluster",
        {"cacheClusterId": "c"},
        [f"elasticache:{HERE}:cluster:c"],
        id="a cache",
    ),
    pytest.param("kinesis:PutRecord", "PutRecord", {"streamName": "s"}, [f"kinesis:{HERE}:stream/s"], id="a stream"),
    pytest.param(
        "firehose:PutRecord",
        "PutRecord",
        {"deliveryStreamName": "s"},
        [f"firehose:{HERE}:deliverystream/s"],
        id="a delivery stream",
    ),
    pytest.param(
        "states:StartExecution",
        "StartExecution",
        {"stateMachineArn": f"arn:aws:states:{HERE}:stateMachine:m", "name": "n"},
        [f"states:{HERE}:stateMachine:m"],
        id="a state machine",
    ),
    pytest.param("events:PutRule", "PutRule", {"name": "r"}, [f"events:{HERE}:rule/r"], id="a rule of the default bus"),
    pytest.param(
        "events:PutRule",
        "PutRule",
        {"name": "r", "eventBusName": "b"},
        [f"events:{HERE}:rule/b/r"],
        id="a rule of a bus",
    ),
    pytest.param(
        "cloudwatch:PutMetricAlarm",
        "PutMetricAlarm",
        {"alarmName": "a:b/c"},
        [f"cloudwatch:{HERE}:alarm:a:b/c"],
        id="the name of an alarm has colons",
    ),
    pytest.param(
        "glue:GetTable",
        "GetTable",
        {"databaseName": "d", "name": "t", "catalogId": "444455556666"},
        [
            "glue:eu-west-1:444455556666:catalog",
            "glue:eu-west-1:444455556666:database/d",
            "glue:eu-west-1:444455556666:table/d/t",
        ],
        id="catalogue, database and table",
    ),
    pytest.param(
        "athena:StartQueryExecution",
        "StartQueryExecution",
        {},
        [f"athena:{HERE}:workgroup/primary"],
        id="the default workgroup",
    ),
    pytest.param(
        "cognito-idp:AdminGetUser",
        "AdminGetUser",
        {"userPoolId": "eu-west-1_x", "username": "u"},
        [f"cognito-idp:{HERE}:userpool/eu-west-1_x"],
        id="a user pool",
    ),
    pytest.param(
        "codebuild:StartBuild", "StartBuild", {"projectName": "p"}, [f"codebuild:{HERE}:project/p"], id="a project"
    ),
    pytest.param(
        "codebuild:BatchGetBuilds",
        "BatchGetBuilds",
        {"ids": ["p:0123-4567"]},
        [f"codebuild:{HERE}:project/p"],
        id="the project of a build",
    ),
    pytest.param(
        "codedeploy:CreateDeployment",
        "CreateDeployment",
        {"applicationName": "a", "deploymentGroupName": "g"},
        [f"codedeploy:{HERE}:deploymentgroup:a/g"],
        id="a deployment group",
    ),
    pytest.param(
        "route53:ChangeResourceRecordSets",
        "ChangeResourceRecordSets",
        {"hostedZoneId": "/hostedzone/Z1"},
        ["route53:::hostedzone/Z1"],
        id="a hosted zone has no region",
    ),
    pytest.param(
        "cloudfront:CreateInvalidation",
        "CreateInvalidation2020_05_31",
        {"distributionId": "E1"},
        ["cloudfront::111122223333:distribution/E1"],
        id="a distribution has no region",
    ),
    pytest.param(
        "wafv2:GetWebACL",
        "GetWebACL",
        {"name": "n", "id": "i", "scope": "CLOUDFRONT"},
        ["wafv2:us-east-1:111122223333:global/webacl/n/i"],
        id="a web ACL of CloudFront",
    ),
    pytest.param(
        "backup:StartBackupJob",
        "StartBackupJob",
        {"backupVaultName": "v", "resourceArn": f"arn:aws:rds:{HERE}:db:d"},
        [f"backup:{HERE}:backup-vault:v"],
        id="a vault, and not what is backed up",
    ),
    pytest.param(
        "ses:SendEmail",
        "SendEmail",
        {"source": "Name <a@b.example>"},
        [f"ses:{HERE}:identity/a@b.example", f"ses:{HERE}:identity/b.example"],
        id="a sender is an address or its domain",
    ),
    pytest.param(
        "ses:SendEmail", "SendEmail", {"source": "a@"}, [f"ses:{HERE}:identity/a@"], id="a sender without a domain"
    ),
    pytest.param(
        "acm:DescribeCertificate",
        "DescribeCertificate",
        {"certificateArn": f"arn:aws:acm:{HERE}:certificate/c"},
        [f"acm:{HERE}:certificate/c"],
        id="a certificate",
    ),
    pytest.param(
        "sts:AssumeRole",
        "AssumeRole",
        {"roleArn": "arn:aws:iam::444455556666:role/x/y", "policyArns": [{"arn": "arn:aws:iam::aws:policy/P"}]},
        ["iam::444455556666:role/x/y"],
        id="the role that is assumed",
    ),
    pytest.param(
        "iam:AttachRolePolicy",
        "AttachRolePolicy",
        {"roleName": "r", "policyArn": "arn:aws:iam::aws:policy/P"},
        ["iam::111122223333:role/r"],
        id="a role whose path nobody knows",
    ),
    pytest.param(
        "iam:CreateRole",
        "CreateRole",
        {"roleName": "r", "path": "/team/"},
        ["iam::111122223333:role/team/r"],
        id="a role that is made with a path",
    ),
    pytest.param("kms:Decrypt", "Decrypt", {"keyId": "k-1"}, [f"kms:{HERE}:key/k-1"], id="a key by id"),
    pytest.param(
        "kms:CreateAlias",
        "CreateAlias",
        {"aliasName": "alias/a", "targetKeyId": "k"},
        [f"kms:{HERE}:alias/a", f"kms:{HERE}:key/k"],
        id="an alias and its key",
    ),
    pytest.param(
        "kms:ReEncryptFrom",
        "ReEncrypt",
        {"sourceKeyId": "a", "destinationKeyId": "b"},
        [f"kms:{HERE}:key/a"],
        id="the key that decrypts",
    ),
    pytest.param(
        "kms:ReEncryptTo",
        "ReEncrypt",
        {"sourceKeyId": "a", "destinationKeyId": "b"},
        [f"kms:{HERE}:key/b"],
        id="the key that encrypts",
    ),
    pytest.param(
        "apigateway:GET",
        "GetResources",
        {"restApiId": "abc"},
        ["apigateway:eu-west-1::/restapis/abc/resources"],
        id="the path of an API",
    ),
    pytest.param(
        "elasticloadbalancing:DeleteLoadBalancer",
        "DeleteLoadBalancer",
        {"loadBalancerArn": f"arn:aws:elasticloadbalancing:{HERE}:loadbalancer/app/a/1"},
        [f"elasticloadbalancing:{HERE}:loadbalancer/app/a/1"],
        id="a load balancer by ARN",
    ),
    pytest.param(
        "ec2:TerminateInstances",
        "TerminateInstances",
        {"instancesSet": {"items": [{"instanceId": "i-01234567"}, {"instanceId": "i-0123456789abcdef0"}]}},
        [f"ec2:{HERE}:instance/i-01234567", f"ec2:{HERE}:instance/i-0123456789abcdef0"],
        id="instances in a set",
    ),
    pytest.param(
        "athena:CreateNamedQuery",
        "CreateNamedQuery",
        {"name": "daily", "queryString": "select 10", "database": "default"},
        [f"athena:{HERE}:workgroup/primary"],
        id="the name of a query is not that of its workgroup",
    ),
    pytest.param(
        "wafv2:UpdateWebACL",
        "UpdateWebACL",
        {
            "name": "foo",
            "id": "1-2",
            "scope": "REGIONAL",
            "rules": [
                {
                    "statement": {
                        "iPSetReferenceStatement": {"aRN": f"arn:aws:wafv2:{HERE}:regional/ipset/bad/3"},
                    }
                }
            ],
        },
        [f"wafv2:{HERE}:regional/ipset/bad/3", f"wafv2:{HERE}:regional/webacl/foo/1-2"],
        id="a web ACL by name, and what its rules name by ARN",
    ),
    pytest.param(
        "wafv2:UpdateRuleGroup",
        "UpdateRuleGroup",
        {"name": "foo", "id": "1-2", "scope": "REGIONAL", "rules": []},
        [f"wafv2:{HERE}:regional/rulegroup/foo/1-2"],
        id="a rule group, and no set of the same name",
    ),
    pytest.param(
        "ec2:DeregisterImage",
        "DeregisterImage",
        {"imageId": "ami-01234567"},
        ["ec2:eu-west-1::image/ami-01234567"],
        id="an image has no account",
    ),
]


@pytest.mark.parametrize(("action", "name", "parameters", "expected"), RECORDED)
def test_resources_are_recorded(action: str, name: str, parameters: dict[str, Any], expected: list[str]) -> None:
    assert touched(action, name, parameters) == Resources(tuple(f"arn:aws:{arn}" for arn in expected), Reach.RECORDED)


PATTERNS = [
    pytest.param(
        "elasticache:CreateCacheCluster",
        "CreateCacheCluster",
        {"cacheClusterId": "c", "engine": "memcached"},
        [f"elasticache:{HERE}:cluster:c", f"elasticache:{HERE}:parametergroup:default.*"],
        id="a cluster with the default parameters of its engine",
    ),
    pytest.param(
        "cloudformation:CreateStack",
        "CreateStack",
        {"stackName": "s"},
        [f"cloudformation:{HERE}:stack/s/*"],
        id="a stack by name",
    ),
    pytest.param(
        "secretsmanager:GetSecretValue",
        "GetSecretValue",
        {"secretId": "db"},
        [f"secretsmanager:{HERE}:secret:db-??????"],
        id="a secret by name",
    ),
    pytest.param(
        "ecs:RunTask",
        "RunTask",
        {"taskDefinition": "web"},
        [f"ecs:{HERE}:task-definition/web:*"],
        id="the latest revision",
    ),
    pytest.param(
        "eks:DescribeNodegroup",
        "DescribeNodegroup",
        {"clusterName": "c", "nodegroupName": "n"},
        [f"eks:{HERE}:nodegroup/c/n/*"],
        id="a group of nodes has an id behind its name",
    ),
    pytest.param(
        "autoscaling:UpdateAutoScalingGroup",
        "UpdateAutoScalingGroup",
        {"autoScalingGroupName": "g"},
        [f"autoscaling:{HERE}:autoScalingGroup:*:autoScalingGroupName/g"],
        id="a group has an id before its name",
    ),
    pytest.param(
        "elasticloadbalancing:CreateLoadBalancer",
        "CreateLoadBalancer",
        {"name": "n", "type": "network"},
        [f"elasticloadbalancing:{HERE}:loadbalancer/net/n/*"],
        id="a load balancer that is made",
    ),
    pytest.param(
        "organizations:AttachPolicy",
        "AttachPolicy",
        {"policyId": "p-1", "targetId": "444455556666"},
        ["organizations::111122223333:account/o-*/444455556666", "organizations::111122223333:policy/o-*/*/p-1"],
        id="a policy of an organization that nobody named",
    ),
    pytest.param(
        "ec2:CreateSnapshot",
        "CreateSnapshot",
        {"volumeId": "vol-01234567"},
        [f"ec2:{HERE}:volume/vol-01234567", "ec2:eu-west-1::snapshot/*"],
        id="a snapshot that is made, of a volume",
    ),
    pytest.param(
        "ec2:RunInstances",
        "RunInstances",
        {"instancesSet": {"items": [{"imageId": "ami-01234567", "keyName": "k"}]}, "subnetId": "subnet-01234567"},
        [
            f"ec2:{HERE}:instance/*",
            f"ec2:{HERE}:key-pair/k",
            f"ec2:{HERE}:network-interface/*",
            f"ec2:{HERE}:security-group/*",
            f"ec2:{HERE}:subnet/subnet-01234567",
            f"ec2:{HERE}:volume/*",
            "ec2:eu-west-1::image/ami-01234567",
        ],
        id="a launch touches all that it needs",
    ),
    pytest.param(
        "ec2:CreateTags",
        "RunInstances",
        {"imageId": "ami-01234567", "tagSpecificationSet": {"items": [{"resourceType": "instance", "tags": []}]}},
        [f"ec2:{HERE}:instance/*"],
        id="only what is made gets the tags of a launch",
    ),
    pytest.param(
        "ec2:CreateVpcEndpoint",
        "CreateVpcEndpoint",
        {"CreateVpcEndpointRequest": {"VpcId": "vpc-01234567", "SubnetId": {"tag": 1, "content": "subnet-01234567"}}},
        [f"ec2:{HERE}:subnet/subnet-01234567", f"ec2:{HERE}:vpc-endpoint/*", f"ec2:{HERE}:vpc/vpc-01234567"],
        id="parameters in a wrapper",
    ),
]


@pytest.mark.parametrize(("action", "name", "parameters", "expected"), PATTERNS)
def test_what_no_record_has_is_a_wildcard(
    action: str, name: str, parameters: dict[str, Any], expected: list[str]
) -> None:
    assert touched(action, name, parameters) == Resources(tuple(f"arn:aws:{arn}" for arn in expected), Reach.PATTERN)


def test_resources_of_the_right_type_come_first() -> None:
    bucket, key = "arn:aws:s3:::b", "arn:aws:s3:::b/k"

    assert touched("s3:ListBucket", "ListObjects", None, bucket, key).arns == (bucket,)
    assert touched("s3:GetObject", "GetObject", None, bucket, key).arns == (key,)


def test_an_alias_is_resolved_by_the_resources() -> None:
    key = f"arn:aws:kms:{HERE}:key/k"

    assert touched("kms:Decrypt", "Decrypt", {"keyId": "alias/a"}, key).arns == (key,)
    assert touched("kms:Decrypt", "Decrypt", {"keyId": "alias/a"}) == Resources(
        (f"arn:aws:kms:{HERE}:key/*",), Reach.UNKNOWN
    )


def test_a_prefix_of_an_arn_is_a_pattern_of_it() -> None:
    found = touched("s3:DeleteObject", "DeleteObjects", {"bucketName": "b"}, "arn:aws:s3:::b/x*y*")

    assert found == Resources(("arn:aws:s3:::b/x${*}y*",), Reach.PATTERN)


def test_what_belongs_to_aws_is_left_out() -> None:
    resource = TouchedResource(f"arn:aws:kms:{HERE}:key/k", account_id=AWS_INTERNAL)
    call = Call("kms.amazonaws.com", "Decrypt", "111122223333", "eu-west-1", resources=(resource,))

    assert resources_of("kms:Decrypt", call).reach is Reach.UNKNOWN


def test_an_action_without_resource_level_needs_a_star() -> None:
    assert touched("ec2:DescribeInstances", "DescribeInstances", {}) == Resources(("*",), Reach.NO_RESOURCE)


@pytest.mark.parametrize("masked", ["HIDDEN_DUE_TO_SECURITY_REASONS", "***", "", "a\nb", "x" * 5000])
def test_what_is_masked_or_absurd_is_no_name(masked: str) -> None:
    assert touched("lambda:InvokeFunction", "Invoke", {"functionName": masked}).reach is Reach.UNKNOWN


def test_partitions_are_those_of_the_call() -> None:
    call = Call("sqs", "CreateQueue", "111122223333", "cn-north-1", "aws-cn", {"queueName": "q"})

    assert resources_of("sqs:CreateQueue", call).arns == ("arn:aws-cn:sqs:cn-north-1:111122223333:q",)


def test_arns_in_tags_and_policies_are_not_touched() -> None:
    other = f"arn:aws:sqs:{HERE}:other"
    parameters = {"queueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "tags": {"of": other}}

    assert touched("sqs:TagQueue", "TagQueue", parameters).arns == (f"arn:aws:sqs:{HERE}:q",)


CALLS = list(calls())


def test_an_arn_fits_a_template_of_the_action_for_every_operation() -> None:
    for action, call in CALLS:
        resources = resources_of_action(action)
        assert resources is not None
        found = resources_of(action, call)
        templates = [template for kind in resources.resource_types for template in kind.templates]
        is_star = found.reach in (Reach.NO_RESOURCE, Reach.UNKNOWN) and found.arns == ("*",)
        assert is_star or all(any(arn_fits(one, arn) for one in templates) for arn in found.arns), (action, found)
        if found.arns == ("*",):
            assert (found.reach is Reach.NO_RESOURCE) == (not templates)


def test_most_operations_with_a_required_resource_tell_it() -> None:
    required = [
        resources_of(action, call).reach
        for action, call in CALLS
        if (resources := resources_of_action(action)) and any(kind.is_required for kind in resources.resource_types)
    ]

    assert len(required) > 10_000
    assert sum(1 for reach in required if reach is not Reach.UNKNOWN) / len(required) > 0.93


def kept(value: Any) -> Any:
    """Return parameters as they come: those that are read with all below them, ARNs, and what leads to them."""
    if isinstance(value, dict):
        found = {name: inner if name.lower() in READS else kept(inner) for name, inner in value.items()}
        return {name: inner for name, inner in found.items() if inner not in (None, {}, [])}
    if isinstance(value, list):
        return [inner for inner in map(kept, value) if inner not in (None, {}, [])]
    return value if isinstance(value, str) and value.startswith("arn:") else None


def test_no_parameter_is_read_that_is_not_told() -> None:
    for action, call in CALLS:
        without = Call(call.source, call.name, call.account, call.region, call.partition, kept(call.parameters))
        assert resources_of(action, without) == resources_of(action, call), (action, call.parameters)


hostile = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["arn:", "arn:aws:s3:::*", "${x}"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.just("items"), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(index=st.integers(0, len(CALLS) - 1), values=st.lists(hostile, min_size=1, max_size=4), arn=st.text())
def test_hostile_parameters_never_raise_and_never_leave_the_templates(index: int, values: list[Any], arn: str) -> None:
    action, call = CALLS[index]
    names = list(call.parameters or {}) or ["x"]
    parameters = {name: values[number % len(values)] for number, name in enumerate(names)}
    resources = (TouchedResource(arn), TouchedResource(f"arn:aws:{action.partition(':')[0]}:{arn}*"))

    found = resources_of(action, Call(call.source, call.name, call.account, call.region, "aws", parameters, resources))

    known = resources_of_action(action)
    assert known is not None
    templates = [template for kind in known.resource_types for template in kind.templates]
    assert found.arns == ("*",) or all(any(arn_fits(one, arn) for one in templates) for arn in found.arns)


@pytest.mark.parametrize("name", ["bucketName", "items"])
def test_deep_nesting_is_not_followed(name: str) -> None:
    deep: Any = "arn:aws:s3:::b"
    for _ in range(900):
        deep = {name: [deep]}

    assert touched("s3:ListBucket", "ListObjects", {"bucketName": [deep]}).reach is Reach.UNKNOWN
