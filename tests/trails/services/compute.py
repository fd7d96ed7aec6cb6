"""Lambda, ECS, ECR, EKS, Step Functions, EventBridge, Scheduler, CodeBuild, Batch, API Gateway, SageMaker and Bedrock.

Source: the page of each service that shows its CloudTrail records, named with the service below.
"""

from typing import Any, Final

from trails.rows import Row, Service, Shorthand

FUNCTION: Final = "arn:{p}:lambda:{r}:{a}:function:{function}"
LAMBDA_ARNS: Final = {
    "function": FUNCTION,
    "layer": "arn:{p}:lambda:{r}:{a}:layer:{layer}",
    "layer-version": "arn:{p}:lambda:{r}:{a}:layer:{layer}:3",
    "mapping": "arn:{p}:lambda:{r}:{a}:event-source-mapping:{event_source_mapping}",
}
fn: Final = Shorthand("lambda", LAMBDA_ARNS)
TOUCHES_FUNCTION: Final = {"AWS::Lambda::Function": "function"}
BY_NAME: Final = {"functionName": "{function}"}
BY_ARN: Final = {"functionName": FUNCTION}
EXECUTION_ROLE: Final = {"role": "arn:{p}:iam::{me}:role/{lambda_role}"}
NEW_FUNCTION: Final[dict[str, Any]] = {
    **BY_NAME,
    **EXECUTION_ROLE,
    "runtime": "python3.12",
    "handler": "app.handler",
    "code": {},
    "memorySize": 256,
    "timeout": 30,
    "publish": False,
    "environment": {},
}
MADE: Final = {"functionName": "{function}", "functionArn": FUNCTION, "state": "Active", "codeSize": 2101}

LAMBDA_ROWS: Final = (
    fn(
        "Invoke",
        BY_ARN | {"invocationType": "RequestResponse"},
        "InvokeFunction function",
        touched=TOUCHES_FUNCTION,
        additional={"functionVersion": f"{FUNCTION}:$LATEST"},
        data=True,
    ),
    fn(
        "Invoke",
        BY_ARN | {"invocationType": "Event"},
        "InvokeFunction function",
        touched=TOUCHES_FUNCTION,
        data=True,
        abroad=True,
    ),
    fn(
        "CreateFunction20150331",
        NEW_FUNCTION,
        "CreateFunction function",
        passes=["lambda.amazonaws.com lambda_role"],
        response=MADE,
    ),
    fn(
        "CreateFunction20150331",
        NEW_FUNCTION | {"tags": {"team": "data"}, "environment": {"variables": {"TOKEN": "{secret}"}}},
        "CreateFunction function",
        "TagResource function",
        passes=["lambda.amazonaws.com lambda_role"],
        response=MADE,
    ),
    fn(
        "CreateFunction20150331",
        NEW_FUNCTION | {"code": {"s3Bucket": "{bucket}", "s3Key": "{key}"}},
        "CreateFunction function",
        "s3:GetObject arn:{p}:s3:::{bucket}/{key}",
        passes=["lambda.amazonaws.com lambda_role"],
        response=MADE,
    ),
    fn(
        "UpdateFunctionConfiguration20150331v2",
        BY_NAME | EXECUTION_ROLE | {"timeout": 60},
        "UpdateFunctionConfiguration function",
        passes=["lambda.amazonaws.com lambda_role"],
        response=MADE,
    ),
    fn("UpdateFunctionConfiguration20150331v2", BY_ARN | {"memorySize": 512}, "UpdateFunctionConfiguration function"),
    fn(
        "UpdateFunctionCode20150331v2",
        BY_NAME | {"s3Bucket": "{bucket}", "s3Key": "{key}", "publish": True, "dryRun": False},
        "UpdateFunctionCode function",
        "s3:GetObject arn:{p}:s3:::{bucket}/{key}",
        response=MADE,
    ),
    fn("UpdateFunctionCode20150331v2", BY_NAME | {"imageUri": "{repository}:latest"}, "UpdateFunctionCode function"),
    *(
        fn(name, BY_NAME | more, f"{action} function", reads=name.startswith(("Get", "List")))
        for name, action, more in (
            ("GetFunction20150331v2", "GetFunction", {}),
            ("GetFunctionConfiguration20150331v2", "GetFunctionConfiguration", {}),
            ("DeleteFunction20150331", "DeleteFunction", {}),
            ("GetPolicy20150331v2", "GetPolicy", {}),
            ("ListVersionsByFunction20150331", "ListVersionsByFunction", {}),
            ("ListAliases20150331", "ListAliases", {}),
            ("PublishVersion20150331", "PublishVersion", {}),
            ("PutFunctionConcurrency20171031", "PutFunctionConcurrency", {"reservedConcurrentExecutions": 5}),
            ("DeleteFunctionConcurrency20171031", "DeleteFunctionConcurrency", {}),
        )
    ),
    fn(
        "AddPermission20150331v2",
        BY_NAME | {"statementId": "s3", "action": "lambda:InvokeFunction", "principal": "s3.amazonaws.com"},
        "AddPermission function",
    ),
    fn("RemovePermission20150331v2", BY_NAME | {"statementId": "s3"}, "RemovePermission function"),
    fn("TagResource20170331v2", {"resource": FUNCTION, "tags": {"team": "data"}}, "TagResource function"),
    fn("ListTags20170331", {"resource": FUNCTION}, "ListTags function"),
    fn("ListFunctions20150331", {"maxItems": 50}, "ListFunctions *"),
    fn("ListEventSourceMappings20150331", BY_NAME, "ListEventSourceMappings *"),
    fn(
        "CreateEventSourceMapping20150331",
        BY_NAME | {"eventSourceArn": "arn:{p}:sqs:{r}:{a}:{queue}", "batchSize": 10, "enabled": True},
        "CreateEventSourceMapping *",
        response={"uUID": "{fresh_uuid}", "functionArn": FUNCTION},
    ),
    fn(
        "UpdateEventSourceMapping20150331",
        {"uUID": "{event_source_mapping}", "enabled": False},
        "UpdateEventSourceMapping mapping",
    ),
    fn("DeleteEventSourceMapping20150331", {"uUID": "{event_source_mapping}"}, "DeleteEventSourceMapping mapping"),
    fn("GetAccountSettings20160819", None, "GetAccountSettings *"),
    fn(
        "PublishLayerVersion20181031",
        {"layerName": "{layer}", "content": {}, "compatibleRuntimes": ["python3.12"]},
        "PublishLayerVersion layer",
    ),
    fn("GetLayerVersion20181031", {"layerName": "{layer}", "versionNumber": 3}, "GetLayerVersion layer-version"),
)

CLUSTER: Final = "arn:{p}:ecs:{r}:{a}:cluster/{cluster}"
TASK: Final = "arn:{p}:ecs:{r}:{a}:task/{cluster}/{fresh_hex32}"
ECS_ARNS: Final = {
    "cluster": CLUSTER,
    "service": "arn:{p}:ecs:{r}:{a}:service/{cluster}/{ecs_service}",
    "definition": "arn:{p}:ecs:{r}:{a}:task-definition/{family}:7",
    "definitions": "arn:{p}:ecs:{r}:{a}:task-definition/{family}:*",
    "task": TASK,
}
ecs: Final = Shorthand("ecs", ECS_ARNS)
ON_SERVICE: Final = {"cluster": "{cluster}", "service": "{ecs_service}"}
TASK_ROLES: Final = {
    "taskRoleArn": "arn:{p}:iam::{me}:role/{task_role}",
    "executionRoleArn": "arn:{p}:iam::{me}:role/{execution_role}",
}
ECS_ROWS: Final = (
    ecs("ListClusters", {}, "*"),
    ecs("DescribeClusters", {"clusters": ["{cluster}"], "include": []}, "cluster"),
    ecs("CreateCluster", {"clusterName": "{cluster}"}, "cluster", response={"cluster": {"clusterArn": CLUSTER}}),
    ecs("DescribeServices", {"cluster": "{cluster}", "services": ["{ecs_service}"]}, "service"),
    ecs("UpdateService", ON_SERVICE | {"desiredCount": 2, "forceNewDeployment": True}, "service"),
    ecs("UpdateService", {"cluster": CLUSTER, "service": ECS_ARNS["service"], "desiredCount": 0}, "service"),
    ecs("DeleteService", ON_SERVICE | {"force": True}, "service"),
    ecs(
        "CreateService",
        {
            "cluster": "{cluster}",
            "serviceName": "{ecs_service}",
            "taskDefinition": "{family}:7",
            "desiredCount": 1,
            "launchType": "FARGATE",
        },
        "service",
    ),
    ecs(
        "RegisterTaskDefinition",
        {
            "family": "{family}",
            **TASK_ROLES,
            "networkMode": "awsvpc",
            "containerDefinitions": [
                {
                    "name": "app",
                    "image": "{a}.dkr.ecr.{r}.{dns}/{repository}:latest",
                    "environment": [{"name": "DATABASE_PASSWORD", "value": "{secret}"}],
                }
            ],
        },
        "definitions",
        passes=["ecs-tasks.amazonaws.com task_role", "ecs-tasks.amazonaws.com execution_role"],
        response={"taskDefinition": {"taskDefinitionArn": ECS_ARNS["definition"], "revision": 7}},
    ),
    ecs("DescribeTaskDefinition", {"taskDefinition": "{family}"}, "*"),
    ecs("ListTaskDefinitions", {"familyPrefix": "{family}"}, "*"),
    ecs("DeregisterTaskDefinition", {"taskDefinition": ECS_ARNS["definition"]}, "*"),
    ecs(
        "RunTask",
        {
            "cluster": "{cluster}",
            "taskDefinition": "{family}:7",
            "launchType": "FARGATE",
            "overrides": {
                "taskRoleArn": "arn:{p}:iam::{me}:role/{task_role}",
                "containerOverrides": [{"name": "app", "environment": [{"name": "T", "value": "{secret}"}]}],
            },
        },
        "definition",
        passes=["ecs-tasks.amazonaws.com task_role"],
        response={"tasks": [{"taskArn": TASK, "clusterArn": CLUSTER}], "failures": []},
    ),
    ecs("DescribeTasks", {"cluster": "{cluster}", "tasks": [TASK]}, "task"),
    ecs("StopTask", {"cluster": "{cluster}", "task": TASK, "reason": "scaling"}, "task"),
    ecs("TagResource", {"resourceArn": CLUSTER, "tags": [{"key": "team", "value": "data"}]}, "cluster"),
)

REPOSITORY: Final = "arn:{p}:ecr:{r}:{a}:repository/{repository}"
ecr: Final = Shorthand("ecr", {"repository": REPOSITORY})
TOUCHES_REPOSITORY: Final = {"AWS::ECR::Repository": "repository"}
IN_REPOSITORY: Final = {"repositoryName": "{repository}", "registryId": "{a}"}


def on_repository(name: str, **more: Any) -> Row:
    """Return the row of a call on a repository; most of those of Amazon ECR list it in `resources`."""
    return ecr(name, IN_REPOSITORY | more, "repository", touched=TOUCHES_REPOSITORY)


ECR_ROWS: Final = (
    ecr("GetAuthorizationToken", None, "*", reads=True),
    on_repository("BatchGetImage", imageIds=[{"imageTag": "latest"}], acceptedMediaTypes=["application/json"]),
    on_repository("GetDownloadUrlForLayer", layerDigest="sha256:{fresh_hex32}"),
    on_repository("BatchCheckLayerAvailability", layerDigests=["sha256:{fresh_hex32}"]),
    on_repository("InitiateLayerUpload"),
    on_repository("UploadLayerPart", uploadId="{fresh_uuid}", partFirstByte=0, partLastByte=20971519),
    on_repository("CompleteLayerUpload", uploadId="{fresh_uuid}", layerDigests=["sha256:{fresh_hex32}"]),
    on_repository("PutImage", imageTag="{fresh_hex8}"),
    on_repository("DescribeImages", maxResults=100),
    on_repository("ListImages"),
    on_repository("CreateRepository"),
    on_repository("PutLifecyclePolicy", lifecyclePolicyText="HIDDEN_DUE_TO_SECURITY_REASONS"),
    on_repository("BatchDeleteImage", imageIds=[{"imageTag": "{fresh_hex8}"}]),
    on_repository("GetRepositoryPolicy"),
)

EKS: Final = "arn:{p}:eks:{r}:{a}"
EKS_ARNS: Final = {
    "cluster": f"{EKS}:cluster/{{cluster}}",
    "nodegroup": f"{EKS}:nodegroup/{{cluster}}/{{nodegroup}}/*",
    "addon": f"{EKS}:addon/{{cluster}}/vpc-cni/*",
}
eks: Final = Shorthand("eks", EKS_ARNS)
IN_CLUSTER: Final = {"name": "{cluster}"}
EKS_ROWS: Final = (
    eks("ListClusters", {"maxResults": 100}, "*"),
    eks("DescribeCluster", IN_CLUSTER, "cluster"),
    eks("ListNodegroups", IN_CLUSTER, "cluster"),
    eks("DescribeNodegroup", IN_CLUSTER | {"nodegroupName": "{nodegroup}"}, "nodegroup"),
    eks(
        "CreateCluster",
        {
            **IN_CLUSTER,
            "roleArn": "arn:{p}:iam::{me}:role/{eks_role}",
            "resourcesVpcConfig": {"subnetIds": ["{subnet}"], "securityGroupIds": ["{security_group}"]},
            "clientRequestToken": "{fresh_uuid}",
        },
        "*",
        passes=["eks.amazonaws.com eks_role"],
        response={"cluster": {"arn": EKS_ARNS["cluster"], "status": "CREATING"}},
    ),
    eks("DeleteCluster", IN_CLUSTER, "cluster"),
    # An access entry lets a role in; it hands the role to nobody.
    eks(
        "CreateAccessEntry",
        IN_CLUSTER | {"principalArn": "arn:{p}:iam::{a}:role/{grantee_role}", "type": "STANDARD"},
        "cluster",
    ),
    eks("UpdateClusterVersion", IN_CLUSTER | {"version": "1.31"}, "cluster"),
    eks("ListAddons", IN_CLUSTER, "cluster"),
    eks("DescribeAddon", IN_CLUSTER | {"addonName": "vpc-cni"}, "addon"),
)

MACHINE: Final = "arn:{p}:states:{r}:{a}:stateMachine:{state_machine}"
EXECUTION: Final = "arn:{p}:states:{r}:{a}:execution:{state_machine}:{fresh_uuid}"
STATES_ARNS: Final = {"machine": MACHINE, "execution": EXECUTION}
states: Final = Shorthand("states", STATES_ARNS)
STATES_ROWS: Final = (
    states("ListStateMachines", None, "*"),
    states("DescribeStateMachine", {"stateMachineArn": MACHINE}, "machine"),
    states(
        "CreateStateMachine",
        {
            "name": "{state_machine}",
            "definition": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "roleArn": "arn:{p}:iam::{me}:role/{states_role}",
        },
        "machine",
        passes=["states.amazonaws.com states_role"],
        response={"stateMachineArn": MACHINE},
    ),
    states(
        "UpdateStateMachine",
        {"stateMachineArn": MACHINE, "roleArn": "arn:{p}:iam::{me}:role/{states_role}"},
        "machine",
        passes=["states.amazonaws.com states_role"],
    ),
    states(
        "StartExecution",
        {"stateMachineArn": MACHINE, "name": "{fresh_uuid}", "input": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "machine",
        response={"executionArn": EXECUTION},
    ),
    states("DescribeExecution", {"executionArn": EXECUTION}, "execution"),
    states("StopExecution", {"executionArn": EXECUTION, "cause": "{secret}"}, "execution"),
    states("GetExecutionHistory", {"executionArn": EXECUTION, "maxResults": 1000}, "execution"),
    states("ListExecutions", {"stateMachineArn": MACHINE, "statusFilter": "RUNNING"}, "machine"),
    states("DeleteStateMachine", {"stateMachineArn": MACHINE}, "machine"),
)

EVENT_ARNS: Final = {
    "rule": "arn:{p}:events:{r}:{a}:rule/{rule}",
}
events: Final = Shorthand("events", EVENT_ARNS)
EVENT_ROWS: Final = (
    events("ListRules", {"namePrefix": "{rule}"}, "*"),
    events("DescribeRule", {"name": "{rule}"}, "rule"),
    events("PutRule", {"name": "{rule}", "scheduleExpression": "rate(1 hour)"}, "rule"),
    events(
        "PutRule",
        {"name": "{rule}", "eventPattern": "{}", "roleArn": "arn:{p}:iam::{me}:role/{events_role}"},
        "rule",
        passes=["events.amazonaws.com events_role"],
        response={"ruleArn": EVENT_ARNS["rule"]},
    ),
    events(
        "PutTargets",
        {
            "rule": "{rule}",
            "targets": [
                {"id": "1", "arn": MACHINE, "roleArn": "arn:{p}:iam::{me}:role/{events_role}", "input": "{secret}"}
            ],
        },
        "rule",
        passes=["events.amazonaws.com events_role"],
        response={"failedEntryCount": 0, "failedEntries": []},
    ),
    events("PutTargets", {"rule": "{rule}", "targets": [{"id": "1", "arn": FUNCTION}]}, "rule"),
    *(
        events(name, {"rule": "{rule}"} | more, "rule")
        for name, more in (("ListTargetsByRule", {}), ("RemoveTargets", {"ids": ["1"]}))
    ),
    *(events(name, {"name": "{rule}"}, "rule") for name in ("EnableRule", "DisableRule", "DeleteRule")),
)

SCHEDULE: Final = "arn:{p}:scheduler:{r}:{a}:schedule/default/{schedule}"
schedules: Final = Shorthand("scheduler", {"schedule": SCHEDULE})
SCHEDULER_ROWS: Final = (
    *(
        schedules(
            name,
            {
                "name": "{schedule}",
                "groupName": "default",
                "scheduleExpression": "rate(5 minutes)",
                "target": {"arn": FUNCTION, "roleArn": "arn:{p}:iam::{me}:role/{scheduler_role}"},
            },
            "schedule",
            passes=["scheduler.amazonaws.com scheduler_role"],
            response={"scheduleArn": SCHEDULE},
        )
        for name in ("CreateSchedule", "UpdateSchedule")
    ),
    schedules("GetSchedule", {"name": "{schedule}", "groupName": "default"}, "schedule"),
    schedules("DeleteSchedule", {"name": "{schedule}", "groupName": "default"}, "schedule"),
    schedules("ListScheduleGroups", {"maxResults": 100}, "*"),
)

PROJECT: Final = "arn:{p}:codebuild:{r}:{a}:project/{project}"
builds: Final = Shorthand("codebuild", {"project": PROJECT})
CODEBUILD_ROWS: Final = (
    builds("ListProjects", None, "*"),
    builds("BatchGetProjects", {"names": ["{project}"]}, "project"),
    builds("BatchGetBuilds", {"ids": ["{project}:{fresh_uuid}"]}, "project"),
    builds("ListBuildsForProject", {"projectName": "{project}"}, "project"),
    builds(
        "StartBuild",
        {
            "projectName": "{project}",
            "environmentVariablesOverride": [{"name": "NPM_TOKEN", "value": "{secret}", "type": "PLAINTEXT"}],
        },
        "project",
        response={"build": {"id": "{project}:{fresh_uuid}", "projectName": "{project}"}},
    ),
    builds("StopBuild", {"id": "{project}:{fresh_uuid}"}, "project"),
    *(
        builds(
            name,
            {"name": "{project}", "serviceRole": "arn:{p}:iam::{me}:role/{codebuild_role}", "source": {"type": "S3"}},
            "project",
            passes=["codebuild.amazonaws.com codebuild_role"],
        )
        for name in ("CreateProject", "UpdateProject")
    ),
    builds("DeleteProject", {"name": "{project}"}, "project"),
)

BATCH_ARNS: Final = {
    "queue": "arn:{p}:batch:{r}:{a}:job-queue/{job_queue}",
    "definition": "arn:{p}:batch:{r}:{a}:job-definition/{job_definition}",
    "revision": "arn:{p}:batch:{r}:{a}:job-definition/{job_definition}:4",
}
batch: Final = Shorthand("batch", BATCH_ARNS)
BATCH_ROWS: Final = (
    batch("DescribeJobs", {"jobs": ["{fresh_uuid}"]}, "*"),
    batch("DescribeJobQueues", {}, "*"),
    batch("DescribeJobDefinitions", {"status": "ACTIVE"}, "*"),
    batch(
        "SubmitJob",
        {"jobName": "run-{fresh_hex8}", "jobQueue": BATCH_ARNS["queue"], "jobDefinition": BATCH_ARNS["revision"]},
        "queue",
        "revision",
        response={"jobId": "{fresh_uuid}", "jobName": "run"},
    ),
    batch(
        "RegisterJobDefinition",
        {
            "jobDefinitionName": "{job_definition}",
            "type": "container",
            "containerProperties": {"image": "busybox", "jobRoleArn": "arn:{p}:iam::{me}:role/{batch_role}"},
        },
        "definition",
        passes=["ecs-tasks.amazonaws.com batch_role"],
    ),
)

API: Final = "arn:{p}:apigateway:{r}::"
gateway: Final = Shorthand("apigateway", {})
OF_API: Final = {"restApiId": "{rest_api}", "template": False}
API_GATEWAY_ROWS: Final = (
    gateway("GetRestApis", {"limit": 500, "template": False}, f"GET {API}/restapis"),
    gateway("GetRestApi", OF_API, f"GET {API}/restapis/{{rest_api}}"),
    gateway(
        "CreateRestApi",
        {"createRestApiInput": {"name": "orders"}},
        f"POST {API}/restapis",
        response={"id": "{rest_api}", "name": "orders"},
    ),
    gateway("GetResources", OF_API | {"limit": 500}, f"GET {API}/restapis/{{rest_api}}/resources"),
    gateway("GetStages", OF_API, f"GET {API}/restapis/{{rest_api}}/stages"),
    gateway("GetStage", OF_API | {"stageName": "live"}, f"GET {API}/restapis/{{rest_api}}/stages/live"),
    gateway(
        "UpdateStage",
        OF_API | {"stageName": "live", "updateStageInput": {"patchOperations": [{"op": "replace"}]}},
        f"PATCH {API}/restapis/{{rest_api}}/stages/live",
    ),
    gateway(
        "CreateDeployment",
        OF_API | {"createDeploymentInput": {"stageName": "live"}},
        f"POST {API}/restapis/{{rest_api}}/deployments",
    ),
    gateway(
        "PutMethod",
        OF_API | {"resourceId": "{api_resource}", "httpMethod": "GET", "putMethodInput": {"authorizationType": "NONE"}},
        f"PUT {API}/restapis/{{rest_api}}/resources/{{api_resource}}/methods/GET",
    ),
    gateway("DeleteRestApi", OF_API, f"DELETE {API}/restapis/{{rest_api}}"),
)

ENDPOINT: Final = "arn:{p}:sagemaker:{r}:{a}:endpoint/{ml_endpoint}"
learn: Final = Shorthand(
    "sagemaker",
    {
        "endpoint": ENDPOINT,
        "model": "arn:{p}:sagemaker:{r}:{a}:model/{ml_model}",
        "training": "arn:{p}:sagemaker:{r}:{a}:training-job/{training_job}",
    },
)
SAGEMAKER_ROWS: Final = (
    learn("ListEndpoints", None, "*"),
    learn("DescribeEndpoint", {"endpointName": "{ml_endpoint}"}, "endpoint"),
    learn("DeleteEndpoint", {"endpointName": "{ml_endpoint}"}, "endpoint"),
    learn(
        "CreateModel",
        {"modelName": "{ml_model}", "executionRoleArn": "arn:{p}:iam::{me}:role/{sagemaker_role}"},
        "model",
        passes=["sagemaker.amazonaws.com sagemaker_role"],
    ),
    learn(
        "CreateTrainingJob",
        {"trainingJobName": "{training_job}", "roleArn": "arn:{p}:iam::{me}:role/{sagemaker_role}"},
        "training",
        passes=["sagemaker.amazonaws.com sagemaker_role"],
    ),
    learn("DescribeTrainingJob", {"trainingJobName": "{training_job}"}, "training"),
)

MODEL: Final = "arn:{p}:bedrock:{r}::foundation-model/amazon.titan-text-express-v1"
models: Final = Shorthand("bedrock", {"model": MODEL})
BEDROCK_ROWS: Final = (
    models("InvokeModel", {"modelId": "amazon.titan-text-express-v1"}, "model", reads=True),
    models("Converse", {"modelId": MODEL}, "InvokeModel model", reads=True),
    models("ListFoundationModels", {}, "*"),
)

SERVICES: Final = (
    Service(
        "lambda",
        "lambda.amazonaws.com",
        'AWS Lambda Developer Guide, "Logging AWS Lambda API calls using AWS CloudTrail"',
        LAMBDA_ROWS,
        throttled="TooManyRequestsException",
        version="1.09",
    ),
    Service(
        "ecs",
        "ecs.amazonaws.com",
        'Amazon ECS Developer Guide, "Log Amazon ECS API calls using AWS CloudTrail"',
        ECS_ROWS,
        missing="ClusterNotFoundException",
    ),
    Service(
        "ecr",
        "ecr.amazonaws.com",
        'Amazon ECR User Guide, "Logging Amazon ECR actions with AWS CloudTrail"',
        ECR_ROWS,
        missing="ImageNotFoundException",
        version="1.08",
    ),
    Service("eks", "eks.amazonaws.com", 'Amazon EKS User Guide, "Log API calls as AWS CloudTrail events"', EKS_ROWS),
    Service(
        "states",
        "states.amazonaws.com",
        'AWS Step Functions Developer Guide, "Logging AWS Step Functions API calls using AWS CloudTrail"',
        STATES_ROWS,
        missing="StateMachineDoesNotExist",
        version="1.08",
    ),
    Service(
        "events",
        "events.amazonaws.com",
        'Amazon EventBridge User Guide, "Logging Amazon EventBridge API calls using AWS CloudTrail"',
        EVENT_ROWS,
        version="1.08",
    ),
    Service(
        "scheduler",
        "scheduler.amazonaws.com",
        'EventBridge Scheduler User Guide, "Logging Amazon EventBridge Scheduler API calls using AWS CloudTrail"',
        SCHEDULER_ROWS,
        version="1.08",
    ),
    Service(
        "codebuild",
        "codebuild.amazonaws.com",
        'AWS CodeBuild User Guide, "Log AWS CodeBuild API calls with AWS CloudTrail"',
        CODEBUILD_ROWS,
        version="1.08",
    ),
    Service(
        "batch",
        "batch.amazonaws.com",
        'AWS Batch User Guide, "Log AWS Batch API calls with AWS CloudTrail"',
        BATCH_ROWS,
        denied="AccessDenied",
        missing="ClientException",
        version="1.08",
    ),
    Service(
        "apigateway",
        "apigateway.amazonaws.com",
        'Amazon API Gateway Developer Guide, "Log Amazon API Gateway API calls using AWS CloudTrail"',
        API_GATEWAY_ROWS,
        missing="NotFoundException",
        throttled="TooManyRequestsException",
        version="1.08",
    ),
    Service(
        "sagemaker",
        "sagemaker.amazonaws.com",
        'Amazon SageMaker AI Developer Guide, "Logging Amazon SageMaker AI API calls using AWS CloudTrail"',
        SAGEMAKER_ROWS,
        missing="ResourceNotFound",
        version="1.08",
    ),
    Service(
        "bedrock",
        "bedrock.amazonaws.com",
        'Amazon Bedrock User Guide, "Monitor Amazon Bedrock API calls using CloudTrail"',
        BEDROCK_ROWS,
    ),
)
