"""Systems Manager, CloudWatch and its logs, CloudFormation, Config, CloudTrail, CloudFront, Route 53 and tagging.

Source: the page of each service that shows its CloudTrail records, named with the service below.
"""

from typing import Any, Final

from trails.rows import Service, Shorthand

SSM: Final = "arn:{p}:ssm:{r}:{a}"
SSM_ARNS: Final = {
    "parameter": f"{SSM}:parameter/{{parameter}}",
    "folder": f"{SSM}:parameter/{{parameter_folder}}",
    "own-document": f"{SSM}:document/{{document}}",
    "aws-document": "arn:{p}:ssm:{r}::document/AWS-RunShellScript",
    "instance": "arn:{p}:ec2:{r}:{a}:instance/{instance}",
}
ssm: Final = Shorthand("ssm", SSM_ARNS)
NAMED: Final = {"name": "/{parameter}"}
SSM_ROWS: Final = (
    ssm("GetParameter", NAMED | {"withDecryption": True}, "parameter"),
    ssm("GetParameter", {"name": "{parameter}"}, "parameter"),
    ssm("GetParameters", {"names": ["/{parameter}"], "withDecryption": True}, "parameter"),
    ssm("GetParametersByPath", {"path": "/{parameter_folder}", "recursive": True, "withDecryption": True}, "folder"),
    ssm("GetParameterHistory", NAMED, "parameter"),
    ssm("DescribeParameters", {"maxResults": 50}, "*"),
    ssm(
        "PutParameter",
        NAMED | {"value": "{secret}", "type": "SecureString", "overwrite": True},
        "parameter",
        response={"version": 3},
    ),
    ssm("PutParameter", NAMED | {"value": "HIDDEN_DUE_TO_SECURITY_REASONS", "type": "String"}, "parameter"),
    ssm("DeleteParameter", NAMED, "parameter"),
    ssm(
        "SendCommand",
        {
            "documentName": "AWS-RunShellScript",
            "instanceIds": ["{instance}"],
            "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS",
            "interactive": False,
        },
        "instance",
        "aws-document",
        response={"command": {"commandId": "{fresh_uuid}", "documentName": "AWS-RunShellScript"}},
    ),
    ssm("GetDocument", {"name": "{document}"}, "own-document"),
    ssm("DescribeDocument", {"name": "{document}"}, "own-document"),
    ssm("CreateDocument", {"name": "{document}", "documentType": "Command", "content": "{secret}"}, "own-document"),
    ssm("DeleteDocument", {"name": "{document}"}, "own-document"),
    ssm("ListDocuments", {"maxResults": 50}, "*"),
    ssm("DescribeInstanceInformation", {"maxResults": 50}, "*"),
)

GROUP: Final = "arn:{p}:logs:{r}:{a}:log-group:{log_group}"
LOG_ARNS: Final = {"group": GROUP, "stream": f"{GROUP}:log-stream:{{log_stream}}"}
logs: Final = Shorthand("logs", LOG_ARNS)
IN_GROUP: Final = {"logGroupName": "{log_group}"}
LOG_ROWS: Final = (
    logs("CreateLogGroup", IN_GROUP, "group"),
    logs("DeleteLogGroup", IN_GROUP, "group"),
    logs(
        "CreateLogStream",
        IN_GROUP | {"logStreamName": "{day_path}/[$LATEST]{fresh_hex32}"},
        f"{GROUP}:log-stream:{{day_path}}/[${{$}}LATEST]{{fresh_hex32}}",
    ),
    logs(
        "CreateLogStream",
        IN_GROUP | {"logStreamName": "ecs/app/{fresh_hex32}"},
        f"{GROUP}:log-stream:ecs/app/{{fresh_hex32}}",
    ),
    logs("DeleteLogStream", IN_GROUP | {"logStreamName": "{log_stream}"}, "stream"),
    logs("PutRetentionPolicy", IN_GROUP | {"retentionInDays": 30}, "group"),
    logs("DescribeLogStreams", IN_GROUP | {"limit": 50, "descending": True}, "group"),
    logs("FilterLogEvents", IN_GROUP | {"startTime": 1790000000000, "filterPattern": ""}, "group"),
    logs(
        "StartQuery",
        IN_GROUP | {"queryString": "fields @timestamp", "limit": 100},
        "group",
        response={"queryId": "{fresh_uuid}"},
        reads=True,
    ),
    logs("GetLogEvents", IN_GROUP | {"logStreamName": "{log_stream}"}, "stream"),
    logs("DescribeMetricFilters", IN_GROUP, "group"),
    logs("PutMetricFilter", IN_GROUP | {"filterName": "errors", "filterPattern": "ERROR"}, "group"),
    logs("DescribeSubscriptionFilters", IN_GROUP, "group"),
    logs(
        "PutSubscriptionFilter",
        IN_GROUP
        | {
            "filterName": "ship",
            "filterPattern": "",
            "destinationArn": "arn:{p}:kinesis:{r}:{a}:stream/{stream}",
            "roleArn": "arn:{p}:iam::{me}:role/{logs_role}",
        },
        "group",
        passes=["logs.amazonaws.com logs_role"],
    ),
    logs("DeleteSubscriptionFilter", IN_GROUP | {"filterName": "ship"}, "group"),
    logs("DescribeQueries", {"status": "Running"}, "*"),
)

ALARM: Final = "arn:{p}:cloudwatch:{r}:{a}:alarm:{alarm}"
DASHBOARD: Final = "arn:{p}:cloudwatch::{a}:dashboard/{dashboard}"
watch: Final = Shorthand("cloudwatch", {"alarm": ALARM, "dashboard": DASHBOARD})
WATCH_ROWS: Final = (
    watch("GetMetricData", {"startTime": "Nov 22, 2026, 9:00:00 AM", "endTime": "Nov 22, 2026, 10:00:00 AM"}, "*"),
    watch("GetMetricStatistics", {"namespace": "AWS/EC2", "metricName": "CPUUtilization", "period": 300}, "*"),
    watch("ListMetrics", {"namespace": "AWS/Lambda"}, "*"),
    watch("PutMetricData", {"namespace": "app"}, "*", data=True),
    watch("PutMetricAlarm", {"alarmName": "{alarm}", "metricName": "Errors", "threshold": 1.0}, "alarm"),
    watch("DeleteAlarms", {"alarmNames": ["{alarm}"]}, "alarm"),
    watch("EnableAlarmActions", {"alarmNames": ["{alarm}"]}, "alarm"),
    watch("DisableAlarmActions", {"alarmNames": ["{alarm}"]}, "alarm"),
    watch("SetAlarmState", {"alarmName": "{alarm}", "stateValue": "OK", "stateReason": "test"}, "alarm"),
    watch("DescribeAlarms", {"alarmNames": ["{alarm}"]}, "alarm"),
    watch("GetDashboard", {"dashboardName": "{dashboard}"}, "dashboard"),
    watch("PutDashboard", {"dashboardName": "{dashboard}", "dashboardBody": "{}"}, "dashboard"),
    watch("ListDashboards", None, "*"),
)

STACK: Final = "arn:{p}:cloudformation:{r}:{a}:stack/{stack}"
STACK_ID: Final = f"{STACK}/{{stack_id}}"
stacks: Final = Shorthand("cloudformation", {"stack": f"{STACK}/*", "exact": STACK_ID})
BY_NAME: Final = {"stackName": "{stack}"}
DEPLOYED: Final[dict[str, Any]] = {
    **BY_NAME,
    "capabilities": ["CAPABILITY_NAMED_IAM"],
    "parameters": [{"parameterKey": "DatabasePassword", "parameterValue": "{secret}"}],
    "templateURL": "https://s3.{dns}/{bucket}/template.yaml",
}
BY_ROLE: Final = {"roleARN": "arn:{p}:iam::{me}:role/{cloudformation_role}"}
STACK_ROWS: Final = (
    stacks("DescribeStacks", BY_NAME, "stack"),
    stacks("DescribeStacks", {"stackName": STACK_ID}, "exact"),
    stacks("DescribeStackEvents", BY_NAME, "stack"),
    stacks("DescribeStackResources", {"stackName": STACK_ID}, "exact"),
    stacks("ListStackResources", BY_NAME, "stack"),
    stacks("GetTemplate", BY_NAME | {"templateStage": "Original"}, "stack"),
    stacks("CreateStack", DEPLOYED, "stack", response={"stackId": STACK_ID}),
    *(
        stacks(
            name,
            DEPLOYED | BY_ROLE,
            "stack",
            passes=["cloudformation.amazonaws.com cloudformation_role"],
            response={"stackId": STACK_ID},
        )
        for name in ("CreateStack", "UpdateStack")
    ),
    stacks("DeleteStack", {"stackName": STACK_ID}, "exact"),
    stacks("CreateChangeSet", BY_NAME | {"changeSetName": "deploy-{fresh_hex8}", "changeSetType": "UPDATE"}, "stack"),
    stacks("DescribeChangeSet", BY_NAME | {"changeSetName": "deploy-{fresh_hex8}"}, "stack"),
    stacks("ExecuteChangeSet", BY_NAME | {"changeSetName": "deploy-{fresh_hex8}"}, "stack"),
    stacks("ListStacks", {"stackStatusFilter": ["CREATE_COMPLETE"]}, "*"),
    stacks("ValidateTemplate", {"templateBody": "HIDDEN_DUE_TO_SECURITY_REASONS"}, "*", reads=True),
)

config: Final = Shorthand("config", {})
CONFIG_ROWS: Final = (
    config("DescribeConfigRules", {}, "*"),
    config("GetResourceConfigHistory", {"resourceType": "AWS::S3::Bucket", "resourceId": "{bucket}"}, "*"),
    config("ListDiscoveredResources", {"resourceType": "AWS::S3::Bucket"}, "*"),
    config("SelectResourceConfig", {"expression": "SELECT resourceId"}, "*"),
)

TRAIL: Final = "arn:{p}:cloudtrail:{r}:{a}:trail/{trail}"
trails: Final = Shorthand("cloudtrail", {"trail": TRAIL})
TRAIL_ROWS: Final = (
    trails("DescribeTrails", {"includeShadowTrails": True, "trailNameList": []}, "*"),
    trails("LookupEvents", {"maxResults": 50, "startTime": "Nov 22, 2026, 9:00:00 AM"}, "*", reads=True),
    trails("GetTrailStatus", {"name": "{trail}"}, "trail"),
    trails("GetTrailStatus", {"name": TRAIL}, "trail"),
    trails("GetEventSelectors", {"trailName": "{trail}"}, "trail"),
    trails("StopLogging", {"name": TRAIL}, "trail"),
    trails(
        "UpdateTrail",
        {
            "name": "{trail}",
            "cloudWatchLogsLogGroupArn": f"{GROUP}:*",
            "cloudWatchLogsRoleArn": "arn:{p}:iam::{me}:role/{trail_role}",
        },
        "trail",
        passes=["cloudtrail.amazonaws.com trail_role"],
        response={"trailARN": TRAIL},
    ),
)

DISTRIBUTION: Final = "arn:{p}:cloudfront::{a}:distribution/{distribution}"
front: Final = Shorthand("cloudfront", {"distribution": DISTRIBUTION})
FRONT_ROWS: Final = (
    front("ListDistributions", None, "*"),
    front("GetDistribution", {"id": "{distribution}"}, "distribution"),
    front("GetDistribution2020_05_31", {"id": "{distribution}"}, "GetDistribution distribution"),
    front(
        "CreateInvalidation",
        {"distributionId": "{distribution}", "invalidationBatch": {"callerReference": "{fresh_uuid}"}},
        "distribution",
    ),
    front("GetDistributionConfig", {"id": "{distribution}"}, "distribution"),
    front("UpdateDistribution", {"id": "{distribution}", "ifMatch": "E{fresh_upper12}"}, "distribution"),
    front(
        "CreateFunction2020_05_31",
        {"name": "{edge_function}", "functionCode": "HIDDEN_DUE_TO_SECURITY_REASONS"},
        "CreateFunction *",
    ),
)

ZONE: Final = "arn:{p}:route53:::hostedzone/{zone}"
names: Final = Shorthand("route53", {"zone": ZONE})
IN_ZONE: Final = {"hostedZoneId": "{zone}"}
ROUTE_ROWS: Final = (
    names("ListHostedZones", {"maxItems": "100"}, "*"),
    names("ListHostedZonesByName", {"dNSName": "example.com"}, "*"),
    names("GetHostedZone", {"id": "{zone}"}, "zone"),
    names("ListResourceRecordSets", IN_ZONE, "zone"),
    names(
        "ChangeResourceRecordSets",
        IN_ZONE
        | {
            "changeBatch": {
                "changes": [{"action": "UPSERT", "resourceRecordSet": {"name": "a.example.com", "type": "A"}}]
            }
        },
        "zone",
        response={"changeInfo": {"id": "/change/C{fresh_upper12}", "status": "PENDING"}},
    ),
    names("GetChange", {"id": "/change/{change}"}, "arn:{p}:route53:::change/{change}"),
)

tagging: Final = Shorthand("tag", {})
TAGGING_ROWS: Final = (
    tagging("GetResources", {"resourcesPerPage": 100}, "*"),
    tagging("GetTagKeys", None, "*"),
)

SERVICES: Final = (
    Service(
        "ssm",
        "ssm.amazonaws.com",
        'AWS Systems Manager User Guide, "Logging AWS Systems Manager API calls with AWS CloudTrail"',
        SSM_ROWS,
        missing="ParameterNotFound",
        version="1.08",
    ),
    Service(
        "logs",
        "logs.amazonaws.com",
        'Amazon CloudWatch Logs User Guide, "Logging CloudWatch Logs API and console operations in AWS CloudTrail"',
        LOG_ROWS,
        version="1.09",
    ),
    Service(
        "cloudwatch",
        "monitoring.amazonaws.com",
        'Amazon CloudWatch User Guide, "Logging CloudWatch API and console operations with AWS CloudTrail"',
        WATCH_ROWS,
        denied="AccessDenied",
        missing="ResourceNotFound",
        throttled="Throttling",
    ),
    Service(
        "cloudformation",
        "cloudformation.amazonaws.com",
        'AWS CloudFormation User Guide, "Logging AWS CloudFormation API calls with AWS CloudTrail"',
        STACK_ROWS,
        denied="AccessDenied",
        missing="AlreadyExistsException",
        throttled="Throttling",
        version="1.08",
    ),
    Service(
        "config",
        "config.amazonaws.com",
        'AWS Config Developer Guide, "Logging AWS Config API calls with AWS CloudTrail"',
        CONFIG_ROWS,
        missing="ResourceNotDiscoveredException",
        version="1.08",
    ),
    Service(
        "cloudtrail",
        "cloudtrail.amazonaws.com",
        'AWS CloudTrail User Guide, "Logging AWS CloudTrail API calls using AWS CloudTrail"',
        TRAIL_ROWS,
        missing="TrailNotFoundException",
    ),
    Service(
        "cloudfront",
        "cloudfront.amazonaws.com",
        'Amazon CloudFront Developer Guide, "Logging Amazon CloudFront API calls using AWS CloudTrail"',
        FRONT_ROWS,
        denied="AccessDenied",
        missing="NoSuchDistribution",
        throttled="Throttling",
        version="1.08",
        globally=True,
    ),
    Service(
        "route53",
        "route53.amazonaws.com",
        'Amazon Route 53 Developer Guide, "Logging Amazon Route 53 API calls with AWS CloudTrail"',
        ROUTE_ROWS,
        denied="AccessDenied",
        missing="NoSuchHostedZone",
        throttled="Throttling",
        version="1.08",
        globally=True,
    ),
    Service(
        "tag",
        "tagging.amazonaws.com",
        'Resource Groups Tagging API Reference, "Logging Resource Groups Tagging API calls"',
        TAGGING_ROWS,
        missing="PaginationTokenExpiredException",
        version="1.08",
    ),
)
