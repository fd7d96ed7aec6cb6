"""DynamoDB, SQS, SNS, Kinesis, Firehose, RDS, the RDS Data API, Glue, Athena, EFS and Backup.

Source: the page of each service that shows its CloudTrail records, named with the service below.
"""

from typing import Any, Final

from trails.rows import Row, Service, Shorthand

TABLE: Final = "arn:{p}:dynamodb:{r}:{a}:table/{table}"
DYNAMODB_ARNS: Final = {
    "table": TABLE,
    "index": f"{TABLE}/index/by-date",
    "backup": f"{TABLE}/backup/{{table_backup}}",
    "stream": f"{TABLE}/stream/2026-09-01T00:00:00.000",
    "other": "arn:{p}:dynamodb:{r}:{a}:table/{other_table}",
}
dynamodb: Final = Shorthand("dynamodb", DYNAMODB_ARNS)
TOUCHES_TABLE: Final = {"AWS::DynamoDB::Table": "table"}
ON_TABLE: Final = {"tableName": "{table}"}
ITEM: Final = ON_TABLE | {"key": {"id": {"s": "{fresh_hex8}"}}}


def items(name: str, *, asked: dict[str, Any] | None = None, reads: bool = False, abroad: bool = False) -> Row:
    """Return the row of a data event on items of a table; its values are masked."""
    return dynamodb(name, asked or ITEM, "table", touched=TOUCHES_TABLE, data=True, reads=reads, abroad=abroad)


DYNAMODB_ROWS: Final = (
    items("GetItem", reads=True, asked=ITEM | {"consistentRead": False}),
    items(
        "GetItem", reads=True, asked={"tableName": TABLE, "key": {"id": "HIDDEN_DUE_TO_SECURITY_REASONS"}}, abroad=True
    ),
    items("PutItem", asked=ITEM | {"conditionExpression": "attribute_not_exists(id)"}),
    items("UpdateItem"),
    items("DeleteItem"),
    items("Query", reads=True, asked=ON_TABLE | {"keyConditionExpression": "#i = :i"}),
    dynamodb(
        "Query",
        ON_TABLE | {"indexName": "by-date", "limit": 25},
        "index",
        touched=TOUCHES_TABLE,
        data=True,
    ),
    items("Scan", reads=True, asked=ON_TABLE | {"limit": 100}),
    dynamodb(
        "BatchGetItem",
        {"requestItems": {"{table}": {"keys": [{"id": {"s": "1"}}]}}},
        "table",
        touched=TOUCHES_TABLE,
        data=True,
    ),
    dynamodb(
        "BatchWriteItem",
        {"requestItems": {"{table}": [{"putRequest": {"items": ["id"]}}]}},
        "table",
        touched=TOUCHES_TABLE,
        data=True,
    ),
    dynamodb(
        "TransactWriteItems",
        {
            "requestItems": [
                {"operation": "Put", "tableName": "{table}", "items": {"keys": [{"id": "1"}]}},
                {"operation": "Update", "tableName": "{other_table}", "items": {"keys": [{"id": "2"}]}},
            ]
        },
        "PutItem table",
        "UpdateItem other",
        touched=TOUCHES_TABLE,
        data=True,
    ),
    dynamodb("ListTables", {"limit": 100}, "*"),
    *(
        dynamodb(name, ON_TABLE | more, "table", touched=TOUCHES_TABLE)
        for name, more in (
            ("DescribeTable", {}),
            ("UpdateTable", {"billingMode": "PAY_PER_REQUEST"}),
            ("DeleteTable", {}),
            ("DescribeTimeToLive", {}),
            ("UpdateTimeToLive", {"timeToLiveSpecification": {"attributeName": "ttl", "enabled": True}}),
            ("DescribeContinuousBackups", {}),
            ("UpdateContinuousBackups", {"pointInTimeRecoverySpecification": {"pointInTimeRecoveryEnabled": True}}),
        )
    ),
    dynamodb(
        "CreateTable",
        {
            "tableName": "{table}",
            "keySchema": [{"attributeName": "id", "keyType": "HASH"}],
            "billingMode": "PAY_PER_REQUEST",
        },
        "table",
        touched=TOUCHES_TABLE,
        response={"tableDescription": {"tableArn": TABLE, "tableStatus": "CREATING"}},
    ),
    dynamodb("CreateBackup", ON_TABLE | {"backupName": "nightly"}, "table", touched=TOUCHES_TABLE),
    dynamodb("DeleteBackup", {"backupArn": DYNAMODB_ARNS["backup"]}, "backup"),
    dynamodb("ListTagsOfResource", {"resourceArn": TABLE}, "table"),
    dynamodb("TagResource", {"resourceArn": TABLE, "tags": [{"key": "team", "value": "data"}]}, "table"),
    dynamodb("DescribeStream", {"streamArn": DYNAMODB_ARNS["stream"]}, "stream"),
    dynamodb("GetShardIterator", {"streamArn": DYNAMODB_ARNS["stream"], "shardId": "shardId-0001"}, "stream"),
    dynamodb("DescribeLimits", None, "*"),
)

QUEUE: Final = "arn:{p}:sqs:{r}:{a}:{queue}"
URL: Final = "https://sqs.{r}.{dns}/{a}/{queue}"
sqs: Final = Shorthand("sqs", {"queue": QUEUE})
ON_QUEUE: Final = {"queueUrl": URL}
TOUCHES_QUEUE: Final = {"AWS::SQS::Queue": "queue"}
MASKED_BODY: Final = {"messageBody": "HIDDEN_DUE_TO_SECURITY_REASONS"}

SQS_ROWS: Final = (
    sqs("SendMessage", ON_QUEUE | MASKED_BODY, "queue", touched=TOUCHES_QUEUE, data=True),
    sqs("SendMessage", ON_QUEUE | MASKED_BODY, "queue", touched=TOUCHES_QUEUE, data=True, abroad=True),
    sqs(
        "SendMessageBatch", ON_QUEUE | {"entries": [{"id": "1"}]}, "SendMessage queue", touched=TOUCHES_QUEUE, data=True
    ),
    sqs(
        "ReceiveMessage", ON_QUEUE | {"maxNumberOfMessages": 10}, "queue", touched=TOUCHES_QUEUE, data=True, reads=True
    ),
    sqs("DeleteMessage", ON_QUEUE | {"receiptHandle": "{fresh_hex40}"}, "queue", touched=TOUCHES_QUEUE, data=True),
    sqs(
        "DeleteMessageBatch",
        ON_QUEUE | {"entries": [{"id": "1"}]},
        "DeleteMessage queue",
        touched=TOUCHES_QUEUE,
        data=True,
    ),
    sqs("ChangeMessageVisibility", ON_QUEUE | {"visibilityTimeout": 60}, "queue", touched=TOUCHES_QUEUE, data=True),
    sqs("ListQueues", {"queueNamePrefix": "{queue}"}, "*"),
    sqs("GetQueueUrl", {"queueName": "{queue}"}, "queue"),
    sqs("GetQueueAttributes", ON_QUEUE | {"attributeNames": ["All"]}, "queue"),
    sqs("SetQueueAttributes", ON_QUEUE | {"attributes": {"VisibilityTimeout": "60"}}, "queue"),
    sqs("CreateQueue", {"queueName": "{queue}", "attributes": {}}, "queue", response={"queueUrl": URL}),
    sqs(
        "CreateQueue",
        {"queueName": "{queue}", "tags": {"team": "data"}},
        "queue",
        "TagQueue queue",
        response={"queueUrl": URL},
    ),
    sqs("PurgeQueue", ON_QUEUE, "queue"),
    sqs("DeleteQueue", ON_QUEUE, "queue"),
    sqs("ListQueueTags", ON_QUEUE, "queue"),
)

TOPIC: Final = "arn:{p}:sns:{r}:{a}:{topic}"
SUBSCRIPTION: Final = f"{TOPIC}:{{subscription}}"
sns: Final = Shorthand("sns", {"topic": TOPIC})
ON_TOPIC: Final = {"topicArn": TOPIC}
TOUCHES_TOPIC: Final = {"AWS::SNS::Topic": "topic"}
SNS_ROWS: Final = (
    sns("Publish", ON_TOPIC | {"message": "HIDDEN_DUE_TO_SECURITY_REASONS"}, "topic", touched=TOUCHES_TOPIC, data=True),
    sns(
        "PublishBatch", ON_TOPIC | {"publishBatchRequestEntries": []}, "Publish topic", touched=TOUCHES_TOPIC, data=True
    ),
    sns("ListTopics", {}, "*"),
    sns("ListSubscriptions", {}, "*"),
    sns("GetTopicAttributes", ON_TOPIC, "topic"),
    sns("SetTopicAttributes", ON_TOPIC | {"attributeName": "DisplayName", "attributeValue": "Orders"}, "topic"),
    sns("ListSubscriptionsByTopic", ON_TOPIC, "topic"),
    sns("ListTagsForResource", {"resourceArn": TOPIC}, "topic"),
    sns("CreateTopic", {"name": "{topic}"}, "topic", response=ON_TOPIC),
    sns("DeleteTopic", ON_TOPIC, "topic"),
    sns(
        "Subscribe",
        ON_TOPIC | {"protocol": "sqs", "endpoint": QUEUE},
        "topic",
        response={"subscriptionArn": SUBSCRIPTION},
    ),
    sns("AddPermission", ON_TOPIC | {"label": "cross", "aWSAccountId": ["{other}"]}, "topic"),
)

STREAM: Final = "arn:{p}:kinesis:{r}:{a}:stream/{stream}"
kinesis: Final = Shorthand("kinesis", {"stream": STREAM})
ON_STREAM: Final = {"streamName": "{stream}"}
TOUCHES_STREAM: Final = {"AWS::Kinesis::Stream": "stream"}
KINESIS_ROWS: Final = (
    kinesis("ListStreams", {"limit": 100}, "*"),
    *(
        kinesis(name, ON_STREAM | more, "stream")
        for name, more in (
            ("DescribeStream", {}),
            ("DescribeStreamSummary", {}),
            ("DeleteStream", {}),
            ("CreateStream", {"shardCount": 1}),
        )
    ),
    kinesis("UpdateShardCount", ON_STREAM | {"targetShardCount": 4, "scalingType": "UNIFORM_SCALING"}, "*"),
    kinesis("ListShards", {"streamARN": STREAM}, "stream"),
    kinesis("PutRecord", {"streamName": "{stream}", "partitionKey": "1"}, "stream", touched=TOUCHES_STREAM, data=True),
    kinesis("PutRecords", ON_STREAM, "stream", touched=TOUCHES_STREAM, data=True),
    kinesis("GetRecords", {"streamARN": STREAM, "limit": 500}, "stream", touched=TOUCHES_STREAM, data=True),
)

DELIVERY: Final = "arn:{p}:firehose:{r}:{a}:deliverystream/{delivery}"
firehose: Final = Shorthand("firehose", {"delivery": DELIVERY})
FIREHOSE_ROWS: Final = (
    firehose("ListDeliveryStreams", {"limit": 100}, "*"),
    firehose("DescribeDeliveryStream", {"deliveryStreamName": "{delivery}"}, "delivery"),
    firehose("DeleteDeliveryStream", {"deliveryStreamName": "{delivery}"}, "delivery"),
    firehose(
        "CreateDeliveryStream",
        {
            "deliveryStreamName": "{delivery}",
            "deliveryStreamType": "DirectPut",
            "extendedS3DestinationConfiguration": {
                "bucketARN": "arn:{p}:s3:::{bucket}",
                "roleARN": "arn:{p}:iam::{me}:role/{firehose_role}",
            },
        },
        "delivery",
        passes=["firehose.amazonaws.com firehose_role"],
        response={"deliveryStreamARN": DELIVERY},
    ),
)

RDS_ARNS: Final = {
    "db": "arn:{p}:rds:{r}:{a}:db:{database}",
    "cluster": "arn:{p}:rds:{r}:{a}:cluster:{db_cluster}",
    "snapshot": "arn:{p}:rds:{r}:{a}:snapshot:{db_snapshot}",
    "parameters": "arn:{p}:rds:{r}:{a}:pg:{parameter_group}",
}
rds: Final = Shorthand("rds", RDS_ARNS)
ON_DATABASE: Final = {"dBInstanceIdentifier": "{database}"}
RDS_ROWS: Final = (
    rds("DescribeDBInstances", ON_DATABASE, "db"),
    rds("DescribeDBClusters", {"dBClusterIdentifier": "{db_cluster}"}, "cluster"),
    rds("DescribeDBSnapshots", {"dBSnapshotIdentifier": "{db_snapshot}"}, "snapshot"),
    rds("DescribeDBEngineVersions", {"engine": "postgres"}, "*"),
    rds("DescribeDBParameters", {"dBParameterGroupName": "{parameter_group}"}, "parameters"),
    rds("ListTagsForResource", {"resourceName": RDS_ARNS["db"]}, "db"),
    *(
        rds(name, ON_DATABASE | more, "db", response={"dBInstanceArn": RDS_ARNS["db"]})
        for name, more in (
            ("RebootDBInstance", {}),
            ("StartDBInstance", {}),
            ("StopDBInstance", {}),
            ("DeleteDBInstance", {"skipFinalSnapshot": True}),
            ("ModifyDBInstance", {"masterUserPassword": "{secret}", "applyImmediately": True}),
        )
    ),
    rds(
        "ModifyDBInstance",
        ON_DATABASE | {"monitoringRoleArn": "arn:{p}:iam::{me}:role/{monitoring_role}", "monitoringInterval": 60},
        "db",
        passes=["monitoring.rds.amazonaws.com monitoring_role"],
    ),
    rds(
        "CreateDBInstance",
        ON_DATABASE
        | {
            "dBInstanceClass": "db.t3.medium",
            "engine": "postgres",
            "masterUsername": "postgres",
            "masterUserPassword": "****",
            "allocatedStorage": 100,
        },
        "db",
        response={"dBInstanceArn": RDS_ARNS["db"], "dBInstanceStatus": "creating"},
    ),
    rds("CreateDBSnapshot", ON_DATABASE | {"dBSnapshotIdentifier": "{db_snapshot}"}, "snapshot", "db"),
    rds("DeleteDBSnapshot", {"dBSnapshotIdentifier": "{db_snapshot}"}, "snapshot"),
)

query: Final = Shorthand("rds-data", {"cluster": RDS_ARNS["cluster"]})
OWN_SECRET: Final = "arn:{p}:secretsmanager:{r}:{a}:secret:{secret_name}-AbCdEf"
RDS_DATA_ROWS: Final = (
    *(
        query(
            name,
            {"secretArn": OWN_SECRET, "resourceArn": RDS_ARNS["cluster"], "database": "**********", **more},
            "cluster",
            f"secretsmanager:GetSecretValue {OWN_SECRET}",
            data=True,
        )
        for name, more in (
            ("ExecuteStatement", {"sql": "**********"}),
            ("BatchExecuteStatement", {"sql": "**********"}),
        )
    ),
)

GLUE: Final = "arn:{p}:glue:{r}:{a}"
GLUE_ARNS: Final = {
    "catalog": f"{GLUE}:catalog",
    "database": f"{GLUE}:database/{{glue_database}}",
    "table": f"{GLUE}:table/{{glue_database}}/{{glue_table}}",
    "tables": f"{GLUE}:table/{{glue_database}}/*",
    "job": f"{GLUE}:job/{{glue_job}}",
    "crawler": f"{GLUE}:crawler/{{crawler}}",
}
glue: Final = Shorthand("glue", GLUE_ARNS)
IN_TABLE: Final = {"databaseName": "{glue_database}", "tableName": "{glue_table}"}
GLUE_ROWS: Final = (
    glue("GetDatabase", {"name": "{glue_database}"}, "catalog", "database"),
    glue("GetTable", {"databaseName": "{glue_database}", "name": "{glue_table}"}, "catalog", "database", "table"),
    glue("GetTables", {"databaseName": "{glue_database}"}, "catalog", "database", "tables"),
    glue("GetPartitions", IN_TABLE | {"maxResults": 1000}, "catalog", "database", "table"),
    glue("BatchCreatePartition", IN_TABLE, "catalog", "database", "table"),
    glue(
        "UpdateTable",
        {"databaseName": "{glue_database}", "tableInput": {"name": "{glue_table}"}},
        "catalog",
        "database",
        "table",
    ),
    glue(
        "CreateTable",
        {"databaseName": "{glue_database}", "tableInput": {"name": "{glue_table}"}},
        "catalog",
        "database",
        "table",
    ),
    glue(
        "CreateJob",
        {"name": "{glue_job}", "role": "{bare_glue_role}", "command": {"name": "glueetl"}},
        "job",
        passes=["glue.amazonaws.com bare_glue_role"],
        response={"name": "{glue_job}"},
    ),
    glue(
        "StartJobRun",
        {"jobName": "{glue_job}", "arguments": {"--token": "{secret}"}},
        "job",
        response={"jobRunId": "jr_{fresh_hex32}"},
    ),
    glue("GetJobRun", {"jobName": "{glue_job}", "runId": "jr_{fresh_hex32}"}, "job"),
    glue("GetJob", {"jobName": "{glue_job}"}, "job"),
    glue(
        "CreateCrawler",
        {
            "name": "{crawler}",
            "role": "arn:{p}:iam::{me}:role/{glue_role}",
            "databaseName": "{glue_database}",
            "targets": {"s3Targets": [{"path": "s3://{bucket}/"}]},
        },
        "*",
        passes=["glue.amazonaws.com glue_role"],
    ),
    glue("StartCrawler", {"name": "{crawler}"}, "crawler"),
    glue("GetCrawler", {"name": "{crawler}"}, "crawler"),
)

WORKGROUP: Final = "arn:{p}:athena:{r}:{a}:workgroup/{workgroup}"
athena: Final = Shorthand("athena", {"workgroup": WORKGROUP})
ATHENA_ROWS: Final = (
    athena(
        "StartQueryExecution",
        {"queryString": "***OMITTED***", "clientRequestToken": "{fresh_uuid}", "workGroup": "{workgroup}"},
        "workgroup",
        response={"queryExecutionId": "{fresh_uuid}"},
    ),
    athena("GetWorkGroup", {"workGroup": "{workgroup}"}, "workgroup"),
    athena("ListQueryExecutions", {"workGroup": "{workgroup}"}, "workgroup"),
    athena("ListWorkGroups", None, "*"),
)

EFS: Final = "arn:{p}:elasticfilesystem:{r}:{a}:file-system/{file_system}"
efs: Final = Shorthand("elasticfilesystem", {"files": EFS})
EFS_ROWS: Final = (
    efs("DescribeMountTargets", {"fileSystemId": "{file_system}"}, "files"),
    efs("DescribeFileSystems", {"fileSystemId": "{file_system}"}, "files"),
    efs("DeleteFileSystem", {"fileSystemId": "{file_system}"}, "files"),
)

VAULT: Final = "arn:{p}:backup:{r}:{a}:backup-vault:{vault}"
PLAN: Final = "arn:{p}:backup:{r}:{a}:backup-plan:{plan}"
backup: Final = Shorthand("backup", {"vault": VAULT, "plan": PLAN})
BACKUP_ROWS: Final = (
    backup("ListBackupVaults", None, "*"),
    backup("DescribeBackupVault", {"backupVaultName": "{vault}"}, "vault"),
    backup("GetBackupPlan", {"backupPlanId": "{plan}"}, "plan"),
    backup(
        "StartBackupJob",
        {
            "backupVaultName": "{vault}",
            "resourceArn": TABLE,
            "iamRoleArn": "arn:{p}:iam::{me}:role/{backup_role}",
            "idempotencyToken": "{fresh_uuid}",
        },
        "vault",
        passes=["backup.amazonaws.com backup_role"],
    ),
    backup(
        "CreateBackupSelection",
        {
            "backupPlanId": "{plan}",
            "backupSelection": {"selectionName": "all", "iamRoleArn": "arn:{p}:iam::{me}:role/{backup_role}"},
        },
        "plan",
        passes=["backup.amazonaws.com backup_role"],
    ),
)

SERVICES: Final = (
    Service(
        "dynamodb",
        "dynamodb.amazonaws.com",
        'Amazon DynamoDB Developer Guide, "Logging DynamoDB operations by using AWS CloudTrail"',
        DYNAMODB_ROWS,
        version="1.08",
    ),
    Service(
        "sqs",
        "sqs.amazonaws.com",
        'Amazon SQS Developer Guide, "Logging Amazon Simple Queue Service API calls using AWS CloudTrail"',
        SQS_ROWS,
        denied="AccessDenied",
        missing="AWS.SimpleQueueService.NonExistentQueue",
        throttled="RequestThrottled",
        version="1.08",
    ),
    Service(
        "sns",
        "sns.amazonaws.com",
        'Amazon SNS Developer Guide, "Logging Amazon SNS API calls using AWS CloudTrail"',
        SNS_ROWS,
        denied="AuthorizationErrorException",
        missing="NotFoundException",
        throttled="Throttled",
        version="1.08",
    ),
    Service(
        "kinesis",
        "kinesis.amazonaws.com",
        'Amazon Kinesis Data Streams Developer Guide, "Log Amazon Kinesis Data Streams API calls with AWS CloudTrail"',
        KINESIS_ROWS,
        version="1.09",
    ),
    Service(
        "firehose",
        "firehose.amazonaws.com",
        'Amazon Data Firehose Developer Guide, "Logging Amazon Data Firehose API calls with AWS CloudTrail"',
        FIREHOSE_ROWS,
        version="1.08",
    ),
    Service(
        "rds",
        "rds.amazonaws.com",
        'Amazon RDS User Guide, "Monitoring Amazon RDS API calls in AWS CloudTrail"',
        RDS_ROWS,
        denied="AccessDenied",
        missing="DBInstanceNotFoundFault",
        throttled="Throttling",
        version="1.08",
    ),
    Service(
        "rds-data",
        "rdsdata.amazonaws.com",
        'Amazon Aurora User Guide, "Logging RDS Data API calls with AWS CloudTrail"',
        RDS_DATA_ROWS,
        missing="DatabaseNotFoundException",
        version="1.08",
    ),
    Service(
        "glue",
        "glue.amazonaws.com",
        'AWS Glue Developer Guide, "Logging AWS Glue API calls with AWS CloudTrail"',
        GLUE_ROWS,
        missing="EntityNotFoundException",
        version="1.08",
    ),
    Service(
        "athena",
        "athena.amazonaws.com",
        'Amazon Athena User Guide, "Log Amazon Athena API calls with AWS CloudTrail"',
        ATHENA_ROWS,
        version="1.08",
    ),
    Service(
        "elasticfilesystem",
        "elasticfilesystem.amazonaws.com",
        'Amazon EFS User Guide, "Logging Amazon EFS API calls with AWS CloudTrail"',
        EFS_ROWS,
        missing="FileSystemNotFound",
        version="1.08",
    ),
    Service(
        "backup",
        "backup.amazonaws.com",
        'AWS Backup Developer Guide, "Logging AWS Backup API calls with CloudTrail"',
        BACKUP_ROWS,
        version="1.08",
    ),
)
