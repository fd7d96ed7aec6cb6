"""Which roles a call passed, one case per kind of parameter and one per role that is not passed."""

import json
from importlib.resources import files
from typing import Any

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from sekisho.activity.call import Call
from sekisho.activity.passed_roles import READS, PassedRole, passed_roles, role_of_profile

ACCOUNT = "111122223333"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/"
PROFILE = f"arn:aws:iam::{ACCOUNT}:instance-profile/"
SAME_NAME = "the role has the name of the instance profile, and no path"
NO_PATH = "the role has no path"
TABLE = json.loads(files("sekisho.activity").joinpath("generated/passed_roles.json").read_text("utf-8"))


def called(
    operation: str, parameters: dict[str, Any] | None, *, partition: str = "aws", account: str = ACCOUNT
) -> Call:
    source, _, name = operation.partition(":")
    return Call(f"{source}.amazonaws.com", name, account, "eu-west-1", partition, parameters)


def row(identifier: str, operation: str, parameters: dict[str, Any], *passed: tuple[str, str]) -> Any:
    return pytest.param(operation, parameters, passed, id=identifier)


@pytest.mark.parametrize(
    ("operation", "parameters", "passed"),
    [
        row("Lambda", "lambda:CreateFunction", {"role": ROLE + "a"}, ("a", "lambda")),
        row("a version in the name", "lambda:CreateFunction20150331", {"role": ROLE + "a"}, ("a", "lambda")),
        row(
            "another version",
            "lambda:UpdateFunctionConfiguration20150331v2",
            {"role": ROLE + "service-role/a"},
            ("service-role/a", "lambda"),
        ),
        row(
            "both roles of a task definition",
            "ecs:RegisterTaskDefinition",
            {"taskRoleArn": ROLE + "t", "executionRoleArn": ROLE + "e"},
            ("e", "ecs-tasks"),
            ("t", "ecs-tasks"),
        ),
        row("overrides of a task", "ecs:RunTask", {"overrides": {"taskRoleArn": ROLE + "t"}}, ("t", "ecs-tasks")),
        row("the role of an ECS service", "ecs:CreateService", {"role": ROLE + "s"}, ("s", "ecs")),
        row(
            "the role of ECS for volumes",
            "ecs:RunTask",
            {"volumeConfigurations": [{"managedEBSVolume": {"roleArn": ROLE + "v"}}]},
            ("v", "ecs"),
        ),
        row("an EKS cluster", "eks:CreateCluster", {"roleArn": ROLE + "c"}, ("c", "eks")),
        row("an EKS node group", "eks:CreateNodegroup", {"nodeRole": ROLE + "n"}, ("n", "ec2")),
        row(
            "EKS on Fargate",
            "eks:CreateFargateProfile",
            {"podExecutionRoleArn": ROLE + "f"},
            ("f", "eks-fargate-pods"),
        ),
        row(
            "EKS pod identity, and not the role behind it",
            "eks:CreatePodIdentityAssociation",
            {"roleArn": ROLE + "p", "targetRoleArn": ROLE + "other"},
            ("p", "pods.eks"),
        ),
        row("EventBridge targets", "events:PutTargets", {"targets": [{"roleArn": ROLE + "a"}]}, ("a", "events")),
        row(
            "an EventBridge schedule",
            "scheduler:CreateSchedule",
            {"target": {"roleArn": ROLE + "a"}},
            ("a", "scheduler"),
        ),
        row("an EventBridge pipe", "pipes:CreatePipe", {"roleArn": ROLE + "a"}, ("a", "pipes")),
        row("a state machine", "states:CreateStateMachine", {"roleArn": ROLE + "a"}, ("a", "states")),
        row("a pipeline", "codepipeline:CreatePipeline", {"pipeline": {"roleArn": ROLE + "a"}}, ("a", "codepipeline")),
        row(
            "an action of a pipeline, lists in lists",
            "codepipeline:UpdatePipeline",
            {"pipeline": {"stages": [{"actions": [{}, {"roleArn": ROLE + "a"}]}]}},
            ("a", "codepipeline"),
        ),
        row("a build", "codebuild:CreateProject", {"serviceRole": ROLE + "a"}, ("a", "codebuild")),
        row("a deployment", "codedeploy:CreateDeploymentGroup", {"serviceRoleArn": ROLE + "a"}, ("a", "codedeploy")),
        row("a stack", "cloudformation:CreateStack", {"roleARN": ROLE + "a"}, ("a", "cloudformation")),
        row("the end of a stack", "cloudformation:DeleteStack", {"roleARN": ROLE + "a"}, ("a", "cloudformation")),
        row("RDS monitoring", "rds:CreateDBInstance", {"monitoringRoleArn": ROLE + "m"}, ("m", "monitoring.rds")),
        row("RDS export", "rds:StartExportTask", {"iamRoleArn": ROLE + "x"}, ("x", "export.rds")),
        row("an RDS cluster", "rds:AddRoleToDBCluster", {"roleArn": ROLE + "x"}, ("x", "rds")),
        row(
            "S3 replication",
            "s3:PutBucketReplication",
            {"ReplicationConfiguration": {"Role": ROLE + "r", "xmlns": "…"}},
            ("r", "s3"),
        ),
        row(
            "S3 replication on Outposts",
            "s3-outposts:PutBucketReplication",
            {"ReplicationConfiguration": {"Role": ROLE + "r"}},
            ("r", "s3-outposts"),
        ),
        row(
            "S3 batch operations",
            "s3:CreateJob",
            {"CreateJobRequest": {"RoleArn": ROLE + "b"}},
            ("b", "batchoperations.s3"),
        ),
        row(
            "flow logs, wrapped as EC2 does",
            "ec2:CreateFlowLogs",
            {"CreateFlowLogsRequest": {"DeliverLogsPermissionArn": ROLE + "f"}},
            ("f", "vpc-flow-logs"),
        ),
        row("a log subscription", "logs:PutSubscriptionFilter", {"roleArn": ROLE + "l"}, ("l", "logs")),
        row("a trail", "cloudtrail:CreateTrail", {"cloudWatchLogsRoleArn": ROLE + "l"}, ("l", "cloudtrail")),
        row(
            "Config, named in capitals",
            "config:PutConfigurationRecorder",
            {"configurationRecorder": {"roleARN": ROLE + "c"}},
            ("c", "config"),
        ),
        row(
            "a delivery stream",
            "firehose:CreateDeliveryStream",
            {"extendedS3DestinationConfiguration": {"RoleARN": ROLE + "d"}},
            ("d", "firehose"),
        ),
        row("an EMR cluster", "elasticmapreduce:RunJobFlow", {"serviceRole": ROLE + "s"}, ("s", "elasticmapreduce")),
        row(
            "Batch jobs",
            "batch:RegisterJobDefinition",
            {"containerProperties": {"jobRoleArn": ROLE + "j"}},
            ("j", "ecs-tasks"),
        ),
        row("a notebook", "sagemaker:CreateNotebookInstance", {"roleArn": ROLE + "n"}, ("n", "sagemaker")),
        row("an alias of IoT's", "iot:CreateRoleAlias", {"roleArn": ROLE + "i"}, ("i", "credentials.iot")),
        row(
            "a rule of IoT's",
            "iot:CreateTopicRule",
            {"topicRulePayload": {"actions": [{"s3": {"roleArn": ROLE + "i"}}]}},
            ("i", "iot"),
        ),
        row("API Gateway", "apigateway:PutIntegration", {"credentials": ROLE + "g"}, ("g", "apigateway")),
        row(
            "API Gateway's logs",
            "apigateway:UpdateAccount",
            {"patchOperations": [{"op": "replace", "path": "/cloudwatchRoleArn", "value": ROLE + "g"}]},
            ("g", "apigateway"),
        ),
        row("a topic", "sns:SetTopicAttributes", {"attributeName": "x", "attributeValue": ROLE + "s"}, ("s", "sns")),
        row(
            "an identity pool",
            "cognito-identity:SetIdentityPoolRoles",
            {"roles": {"authenticated": ROLE + "a", "unauthenticated": ROLE + "u"}},
            ("a", "cognito-identity"),
            ("u", "cognito-identity"),
        ),
        row(
            "an automation",
            "ssm:StartAutomationExecution",
            {"parameters": {"AutomationAssumeRole": [ROLE + "a"]}},
            ("a", "ssm"),
        ),
        row(
            "scaling, under the event source of EC2 Auto Scaling",
            "autoscaling:RegisterScalableTarget",
            {"roleARN": ROLE + "a"},
            ("a", "application-autoscaling"),
        ),
        row("a lifecycle hook", "autoscaling:PutLifecycleHook", {"roleARN": ROLE + "h"}, ("h", "autoscaling")),
        row(
            "a service-linked role under a suffix of the customer's",
            "autoscaling:CreateAutoScalingGroup",
            {
                "serviceLinkedRoleARN": ROLE
                + "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_x"
            },
            ("aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling_x", "autoscaling"),
        ),
        row("a one-element list", "lambda:CreateFunction", {"role": [ROLE + "a"]}, ("a", "lambda")),
        row("a small first letter or a capital", "lambda:CreateFunction", {"Role": ROLE + "a"}, ("a", "lambda")),
        row(
            "a fleet",
            "ec2:RequestSpotFleet",
            {"spotFleetRequestConfig": {"iamFleetRole": ROLE + "f"}},
            ("f", "spotfleet"),
        ),
        row("a retired service", "robomaker:CreateSimulationJob", {"iamRole": ROLE + "r"}, ("r", "robomaker")),
    ],
)
def test_passed(operation: str, parameters: dict[str, Any], passed: tuple[tuple[str, str], ...]) -> None:
    found = passed_roles(called(operation, parameters))

    assert [(one.role, one.service, one.assumed) for one in found] == [
        (ROLE + name, f"{service}.amazonaws.com", "") for name, service in passed
    ]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        pytest.param("sts:AssumeRole", {"roleArn": ROLE + "a"}, id="a role that is assumed"),
        pytest.param("sts:AssumeRoleWithWebIdentity", {"roleArn": ROLE + "a"}, id="a role assumed with a web identity"),
        pytest.param("eks:CreateAccessEntry", {"principalArn": ROLE + "a"}, id="whom EKS lets in"),
        pytest.param("eks:DescribeAccessEntry", {"principalArn": ROLE + "a"}, id="whom EKS is asked about"),
        pytest.param("eks:AssociateAccessPolicy", {"principalArn": ROLE + "a"}, id="whom EKS gives a policy"),
        pytest.param("kms:CreateGrant", {"granteePrincipal": ROLE + "a"}, id="whom KMS grants"),
        pytest.param("kms:CreateGrant", {"retiringPrincipal": ROLE + "a"}, id="who may retire a grant"),
        pytest.param("iam:GetRole", {"roleName": "a"}, id="a role that is read"),
        pytest.param("iam:AttachRolePolicy", {"roleName": "a"}, id="a role that gets a policy"),
        pytest.param("iam:PutRolePolicy", {"roleName": "a"}, id="a role that gets an inline policy"),
        pytest.param("iam:CreateRole", {"roleName": "a"}, id="a role that is made"),
        pytest.param("iam:RemoveRoleFromInstanceProfile", {"roleName": "a"}, id="a role that leaves a profile"),
        pytest.param(
            "autoscaling:CreateAutoScalingGroup",
            {"serviceLinkedRoleARN": ROLE + "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"},
            id="the service-linked role of EC2 Auto Scaling",
        ),
        pytest.param(
            "lambda:CreateFunction", {"role": ROLE + "aws-service-role/x.amazonaws.com/A"}, id="a service-linked role"
        ),
        pytest.param("batch:CreateComputeEnvironment", {"serviceRole": "AWSServiceRoleForBatch"}, id="its bare name"),
        pytest.param(
            "s3:PutBucketPolicy", {"policy": {"Principal": {"AWS": ROLE + "a"}}}, id="a principal of a policy"
        ),
        pytest.param("lambda:AddPermission20150331v2", {"principal": ROLE + "a"}, id="whom Lambda lets in"),
        pytest.param(
            "lakeformation:GrantPermissions",
            {"principal": {"dataLakePrincipalIdentifier": ROLE + "a"}},
            id="whom Lake Formation grants",
        ),
        pytest.param("glue:PutResourcePolicy", {"principal": ROLE + "a"}, id="whom Glue lets in"),
        pytest.param("organizations:CreateAccount", {"roleName": "a"}, id="a role that a new account gets"),
        pytest.param(
            "securityhub:BatchImportFindings", {"findings": [{"roleArn": ROLE + "a"}]}, id="a role in a finding"
        ),
        pytest.param(
            "budgets:CreateBudgetAction",
            {"definition": {"iamActionDefinition": {"roles": ["a"]}}},
            id="a role that a budget limits",
        ),
        pytest.param("mq:CreateBroker", {"ldapServerMetadata": {"roleBase": "dc=a"}}, id="a role of a directory"),
        pytest.param("cognito-idp:AdminCreateUser", {"roleArn": ROLE + "a"}, id="an operation that passes none"),
        pytest.param("lambda:CreateFunction", {"role": "arn:aws:iam::111122223333:user/a"}, id="a user"),
        pytest.param("lambda:CreateFunction", {"role": PROFILE + "a"}, id="an instance profile where a role stands"),
        pytest.param("lambda:CreateFunction", {"role": "arn:aws:sts::111122223333:assumed-role/a/b"}, id="a session"),
        pytest.param("lambda:CreateFunction", {"role": "*"}, id="a star"),
        pytest.param("lambda:CreateFunction", {"role": ROLE + "*"}, id="a star for a name"),
        pytest.param("lambda:CreateFunction", {"role": "HIDDEN_DUE_TO_SECURITY_REASONS"}, id="a masked role"),
        pytest.param("lambda:CreateFunction", {"role": "***OMITTED***"}, id="another masked role"),
        pytest.param(
            "lambda:CreateFunction", {"role": "arn:aws:iam::999999999999:role/a"}, id="another account's role"
        ),
        pytest.param("lambda:CreateFunction", {"environment": {"role": ROLE + "a"}}, id="a role elsewhere in a call"),
        pytest.param("apigateway:PutIntegration", {"credentials": "arn:aws:iam::*:user/*"}, id="the caller's own role"),
        pytest.param("sns:SetTopicAttributes", {"attributeValue": "100"}, id="another attribute of a topic"),
        pytest.param("events:PutTargets", {"targets": '[{"roleArn": "x"}]'}, id="JSON in a text"),
        pytest.param("ec2:RunInstances", {"launchTemplate": {"launchTemplateName": "a"}}, id="what a template has"),
    ],
)
def test_not_passed(operation: str, parameters: dict[str, Any]) -> None:
    assert passed_roles(called(operation, parameters)) == ()


@pytest.mark.parametrize(
    ("operation", "parameters", "role", "assumed"),
    [
        pytest.param("glue:CreateJob", {"role": "etl"}, "etl", NO_PATH, id="a bare name"),
        pytest.param(
            "glue:CreateCrawler", {"role": "service-role/etl"}, "service-role/etl", "", id="a name with its path"
        ),
        pytest.param(
            "glue:CreateCrawler", {"role": "/service-role/etl"}, "service-role/etl", "", id="a path with its slash"
        ),
        pytest.param("ecs:RegisterTaskDefinition", {"taskRoleArn": "task"}, "task", NO_PATH, id="a name called ARN"),
        pytest.param(
            "ec2:RunInstances", {"iamInstanceProfile": {"name": "web"}}, "web", SAME_NAME, id="the name of a profile"
        ),
        pytest.param(
            "ec2:RunInstances",
            {"iamInstanceProfile": {"arn": PROFILE + "app/web"}},
            "web",
            SAME_NAME,
            id="the ARN of a profile with a path",
        ),
        pytest.param(
            "ec2:AssociateIamInstanceProfile",
            {"AssociateIamInstanceProfileRequest": {"IamInstanceProfile": {"Name": "web"}, "InstanceId": "i-1"}},
            "web",
            SAME_NAME,
            id="a profile of an instance that runs",
        ),
        pytest.param(
            "ec2:RequestSpotInstances",
            {"launchSpecification": {"iamInstanceProfile": {"name": "web"}}},
            "web",
            SAME_NAME,
            id="a profile of a spot request",
        ),
        pytest.param(
            "ec2:RequestSpotFleet",
            {
                "spotFleetRequestConfig": {
                    "launchSpecificationsSet": {"items": [{"iamInstanceProfile": {"name": "web"}}]}
                }
            },
            "web",
            SAME_NAME,
            id="a profile in a set with items",
        ),
        pytest.param(
            "autoscaling:CreateLaunchConfiguration",
            {"iamInstanceProfile": "web"},
            "web",
            SAME_NAME,
            id="a profile of a launch configuration",
        ),
        pytest.param(
            "ec2:CreateLaunchTemplate",
            {"CreateLaunchTemplateRequest": {"LaunchTemplateData": {"IamInstanceProfile": {"Name": "web"}}}},
            "web",
            f"EC2 asks for it when instances are launched from the template; {SAME_NAME}",
            id="a profile of a launch template",
        ),
        pytest.param(
            "elasticmapreduce:RunJobFlow", {"jobFlowRole": "web"}, "web", SAME_NAME, id="a profile called role"
        ),
        pytest.param(
            "batch:CreateComputeEnvironment",
            {"computeResources": {"instanceRole": PROFILE + "web"}},
            "web",
            SAME_NAME,
            id="a profile called instance role",
        ),
        pytest.param(
            "iam:AddRoleToInstanceProfile", {"roleName": "web"}, "web", NO_PATH, id="a role put into a profile"
        ),
        pytest.param(
            "cloudformation:CreateStackSet",
            {"executionRoleName": "exec"},
            "exec",
            f"the role of this name is meant in the account of the stack set too; {NO_PATH}",
            id="the execution role of a stack set",
        ),
    ],
)
def test_what_is_assumed(operation: str, parameters: dict[str, Any], role: str, assumed: str) -> None:
    (found,) = passed_roles(called(operation, parameters))

    assert (found.role, found.assumed) == (ROLE + role, assumed)


@pytest.mark.parametrize("recorded", [{"name": "web"}, {"arn": PROFILE + "web"}, {"arn": PROFILE + "app/web"}])
def test_the_role_of_a_profile_is_that_of_the_call_that_put_it_there(recorded: dict[str, str]) -> None:
    put = called("iam:AddRoleToInstanceProfile", {"instanceProfileName": "web", "roleName": "backend"})
    learnt = role_of_profile(put)
    assert learnt == (PROFILE + "web", ROLE + "backend")

    found = passed_roles(called("ec2:RunInstances", {"iamInstanceProfile": recorded}), dict([learnt]))

    assert found == (PassedRole(ROLE + "backend", "ec2.amazonaws.com", "iamInstanceProfile"),)


@pytest.mark.parametrize(
    "call",
    [
        called("iam:AddRoleToInstanceProfile", {"instanceProfileName": "web"}),
        called("iam:AddRoleToInstanceProfile", {"instanceProfileName": "*", "roleName": "backend"}),
        called("iam:AddRoleToInstanceProfile", {"instanceProfileName": 1, "roleName": None}),
        called("iam:AddRoleToInstanceProfile", None),
        called("ec2:AddRoleToInstanceProfile", {"instanceProfileName": "web", "roleName": "backend"}),
    ],
)
def test_no_role_of_a_profile_is_learnt_from_other_calls(call: Call) -> None:
    assert role_of_profile(call) is None


@pytest.mark.parametrize(
    ("operation", "parameters", "service"),
    [
        ("ec2:RunInstances", {"iamInstanceProfile": {"name": "web"}}, "ec2.amazonaws.com.cn"),
        ("lambda:CreateFunction", {"role": "arn:aws-cn:iam::111122223333:role/web"}, "lambda.amazonaws.com"),
    ],
)
def test_in_china_some_services_have_principals_of_their_own(
    operation: str, parameters: dict[str, Any], service: str
) -> None:
    (found,) = passed_roles(called(operation, parameters, partition="aws-cn"))

    assert (found.role, found.service) == ("arn:aws-cn:iam::111122223333:role/web", service)


def test_a_role_of_an_unknown_service_has_no_condition() -> None:
    (found,) = passed_roles(called("synthetics:CreateCanary", {"executionRoleArn": ROLE + "a"}))

    assert found == PassedRole(ROLE + "a", "", "executionRoleArn")


def test_an_unknown_account_is_a_pattern_and_said() -> None:
    (found,) = passed_roles(called("glue:CreateJob", {"role": "etl"}, account=""))

    assert (found.role, found.assumed) == ("arn:aws:iam::*:role/etl", f"{NO_PATH}; the account is not known")


def test_a_star_in_a_path_is_no_wildcard() -> None:
    (found,) = passed_roles(called("lambda:CreateFunction", {"role": ROLE + "a*b?$/c"}))

    assert found.role == ROLE + "a${*}b${?}${$}/c"


def test_the_parameter_is_told_with_its_path() -> None:
    (found,) = passed_roles(called("ecs:RunTask", {"overrides": {"taskRoleArn": ROLE + "t"}}))

    assert found.parameter == "overrides.taskRoleArn"


def test_reads_has_every_parameter_that_may_hold_a_name() -> None:
    named = {
        path.lower().split(".")[-1]
        for listed in TABLE["operations"].values()
        for path, _, kind, _, _ in listed
        if kind == "role" or (kind == "profile" and not path.lower().endswith(("arn", "iaminstanceprofile.name")))
    }

    assert named | {"iaminstanceprofile", "instanceprofilename"} == READS


def test_every_row_has_a_reason_and_a_principal_or_none() -> None:
    for listed in TABLE["operations"].values():
        for _, principal, kind, reason, _ in listed:
            assert TABLE["reasons"][reason]
            assert kind in {"arn", "profile", "role", "service-linked"}
            assert not principal or principal.endswith(".amazonaws.com")


def test_every_operation_is_one_of_its_service() -> None:
    loader = Loader()
    known = set(loader.list_available_services("service-2"))
    operations: dict[str, set[str]] = {}
    for name in TABLE["operations"]:
        service, _, operation = name.partition(":")
        operations.setdefault(service, set()).add(operation)

    for service in operations.keys() & known:
        assert operations[service] <= loader.load_service_model(service, "service-2")["operations"].keys()
    assert operations.keys() - known == {
        *("codestar", "elastictranscoder", "iotanalytics", "iotevents", "nimble", "opsworks", "opsworks-cm", "qldb"),
        *("robomaker", "s3-outposts", "sms"),
    }


OPERATIONS = sorted(
    (source, name.partition(":")[2])
    for name in TABLE["operations"]
    for source in TABLE["sources"][name.partition(":")[0]]
)
LEAVES = sorted({part for listed in TABLE["operations"].values() for row in listed for part in row[0].split(".")})
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.integers(),
        st.booleans(),
        st.text(max_size=20),
        st.sampled_from([ROLE + "a", ROLE + "*", PROFILE + "a/b", "***", "a", "/a/b", ROLE, "arn:aws:iam::"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*LEAVES, "items"]), inner, max_size=4),
    max_leaves=12,
)


@given(st.sampled_from(OPERATIONS), st.dictionaries(st.sampled_from(LEAVES), VALUES, max_size=5))
def test_whatever_a_call_says_a_role_is_one_role_of_its_account(
    operation: tuple[str, str], parameters: dict[str, Any]
) -> None:
    for one in passed_roles(called(":".join(operation), parameters)):
        assert one.role.startswith(ROLE)
        assert one.role != ROLE
        assert "*" not in one.role
        assert one.parameter


def test_deep_and_wide_parameters_end() -> None:
    deep: Any = ROLE + "a"
    for _ in range(50_000):
        deep = {"items": [deep]}

    assert passed_roles(called("lambda:CreateFunction", {"role": deep})) == ()
    assert passed_roles(called("lambda:CreateFunction", {"role": ["a" * 5000] * 50_000})) == ()
