"""What a trail cannot show: calls that are data events, which it records only where it was told to, or no events.

Source: CloudTrail User Guide, "Logging data events", the table of resource types, and "Logging management events", on
excluding events of AWS KMS; which calls of a service are data events is said by the guide of the service, on logging
with CloudTrail. Where none says it, a call counts as a data event: what is listed here and is not in the logs is kept
when policies are narrowed, so that the table may have too much rather than too little.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from sekisho.activity.actions import prefix_of
from sekisho.activity.actions.known import every_action, find_action


@dataclass(frozen=True, slots=True)
class Hidden:
    """Some actions of a service of which trails say nothing unless they are told to, or never do.

    Attributes:
        prefix: of the actions.
        what: what messages call them; empty where the resource type says it.
        resource_type: the `resources.type` of the advanced event selector that records them; empty where none does.
        remedy: what to do where no resource type records them, in a few words; empty where nothing helps.
        actions: their names; `*` is every action of the prefix.
        events: the names of their events, where these are no names of the actions.
        signs: calls of the management plane after which the others are to be expected.
    """

    prefix: str
    what: str
    actions: frozenset[str]
    resource_type: str = ""
    remedy: str = ""
    events: frozenset[str] = frozenset()
    signs: frozenset[str] = frozenset()

    @property
    def names(self) -> frozenset[str]:
        """The actions in full, as the catalogue spells them."""
        return _names(self)

    @property
    def advice(self) -> str:
        """What to switch on, in a few words."""
        if self.resource_type:
            return f"record data events of {self.resource_type}"
        return self.remedy or "no event ever tells of it"


@cache
def _names(one: Hidden) -> frozenset[str]:
    if one.actions == _EVERY:
        return every_action(one.prefix)
    return frozenset(filter(None, (find_action(one.prefix, name) for name in one.actions)))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _data(  # noqa: PLR0917 - the columns of a table
    prefix: str, resource_type: str, actions: str, events: str = "", signs: str = "", what: str = ""
) -> Hidden:
    return Hidden(
        prefix, what, _words(actions), resource_type, "", _words(events),
        _words(signs),
    )  # fmt: skip


def _never(prefix: str, actions: str) -> Hidden:
    return Hidden(prefix, "", _words(actions))


HIDDEN: Final[tuple[Hidden, ...]] = (
    _data(
        "s3",
        "AWS::S3::Object",
        """AbortMultipartUpload DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging
        GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging
        GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes
        GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent ListBucket
        ListBucketMultipartUploads ListBucketVersions ListMultipartUploadParts PutObject PutObjectAcl
        PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging
        RestoreObject BypassGovernanceRetention ObjectOwnerOverrideToBucketOwner ReplicateDelete ReplicateObject
        ReplicateTags UpdateObjectEncryption""",
        events="""CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteObjects HeadBucket HeadObject
        ListObjects
        ListObjectsV2 ListObjectVersions ListMultipartUploads ListParts PutObjectLockLegalHold PutObjectLockRetention
        GetObjectLockLegalHold GetObjectLockRetention SelectObjectContent UploadPart UploadPartCopy""",
        signs="GetBucketLocation ListBuckets",
        what="S3 objects",
    ),
    _data("s3express", "AWS::S3Express::Object", "CreateSession", what="objects in directory buckets"),
    _data(
        "s3-object-lambda",
        "AWS::S3ObjectLambda::AccessPoint",
        """AbortMultipartUpload DeleteObject DeleteObjectTagging DeleteObjectVersion DeleteObjectVersionTagging
        GetObject GetObjectAcl GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectVersion
        GetObjectVersionAcl GetObjectVersionTagging ListBucket ListBucketMultipartUploads ListBucketVersions
        ListMultipartUploadParts PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention PutObjectTagging
        PutObjectVersionAcl PutObjectVersionTagging RestoreObject WriteGetObjectResponse""",
    ),
    _data(
        "s3-outposts",
        "AWS::S3Outposts::Object",
        """AbortMultipartUpload DeleteObject DeleteObjectTagging DeleteObjectVersion GetObject GetObjectTagging
        GetObjectVersion ListBucket ListBucketMultipartUploads ListMultipartUploadParts PutObject
        PutObjectTagging""",
    ),
    _data("s3tables", "AWS::S3Tables::Table", "GetTableData PutTableData GetTableMetadataLocation"),
    _data("s3vectors", "AWS::S3Vectors::Index", "DeleteVectors GetVectors ListVectors PutVectors QueryVectors"),
    _data(
        "lambda",
        "AWS::Lambda::Function",
        "InvokeFunction InvokeAsync InvokeFunctionUrl",
        events="Invoke InvokeWithResponseStream",
        signs="GetFunction GetFunctionConfiguration ListFunctions",
        what="invocations of Lambda functions",
    ),
    _data(
        "dynamodb",
        "AWS::DynamoDB::Table",
        """BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem GetRecords GetShardIterator
        PartiQLDelete PartiQLInsert PartiQLSelect PartiQLUpdate PutItem Query Scan UpdateItem""",
        events="BatchExecuteStatement ExecuteStatement ExecuteTransaction TransactGetItems TransactWriteItems",
        signs="DescribeTable ListTables",
        what="items of DynamoDB tables",
    ),
    _data(
        "sqs",
        "AWS::SQS::Queue",
        "ChangeMessageVisibility DeleteMessage ReceiveMessage SendMessage",
        events="ChangeMessageVisibilityBatch DeleteMessageBatch SendMessageBatch",
        signs="GetQueueUrl GetQueueAttributes",
        what="messages of SQS queues",
    ),
    _data(
        "sns",
        "AWS::SNS::Topic",
        "Publish",
        events="PublishBatch",
        signs="GetTopicAttributes",
        what="SNS messages",
    ),
    _data(
        "kinesis",
        "AWS::Kinesis::Stream",
        "GetRecords GetShardIterator PutRecord PutRecords SubscribeToShard",
        signs="DescribeStream DescribeStreamSummary ListShards",
        what="records of Kinesis streams",
    ),
    _data(
        "firehose",
        "AWS::KinesisFirehose::DeliveryStream",
        "PutRecord PutRecordBatch",
        signs="DescribeDeliveryStream",
        what="records of Firehose streams",
    ),
    _data(
        "kinesisvideo",
        "AWS::KinesisVideo::Stream",
        """ConnectAsMaster ConnectAsViewer GetClip GetDASHStreamingSessionURL GetDataEndpoint
        GetHLSStreamingSessionURL GetIceServerConfig GetImages GetMedia GetMediaForFragmentList
        JoinStorageSession ListFragments PutMedia SendAlexaOfferToMaster""",
    ),
    _data(
        "cloudwatch",
        "AWS::CloudWatch::Metric",
        "GetMetricData GetMetricStatistics GetMetricWidgetImage ListMetrics PutMetricData",
        what="CloudWatch metrics",
    ),
    Hidden(
        "logs",
        "lines of CloudWatch Logs",
        _words("FilterLogEvents GetLogEvents GetLogRecord GetQueryResults PutLogEvents Unmask"),
        remedy="whether events tell of it hangs on the action",
        signs=_words("CreateLogStream DescribeLogStreams"),
    ),
    _data("events", "AWS::Events::EventBus", "PutEvents PutPartnerEvents", what="events put on EventBridge buses"),
    _data(
        "xray",
        "AWS::XRay::Trace",
        """BatchGetTraces GetDistinctTraceGraphs GetRetrievedTracesGraph GetSamplingRules
        GetSamplingStatisticSummaries GetSamplingTargets GetServiceGraph GetTimeSeriesServiceStatistics
        GetTraceGraph GetTraceSummaries ListRetrievedTraces PutSpans PutSpansForIndexing PutTelemetryRecords
        PutTraceSegments StartTraceRetrieval CancelTraceRetrieval""",
    ),
    _data(
        "rds-data",
        "AWS::RDS::DBCluster",
        "BatchExecuteStatement BeginTransaction CommitTransaction ExecuteSql ExecuteStatement RollbackTransaction",
    ),
    _data(
        "cassandra",
        "AWS::Cassandra::Table",
        "Modify ModifyMultiRegionResource Select SelectMultiRegionResource GetRecords GetShardIterator",
        events="Insert Update Delete",
    ),
    _data(
        "ebs",
        "AWS::EC2::Snapshot",
        "CompleteSnapshot GetSnapshotBlock ListChangedBlocks ListSnapshotBlocks PutSnapshotBlock StartSnapshot",
    ),
    _data(
        "appconfig",
        "AWS::AppConfig::Configuration",
        "GetConfiguration GetLatestConfiguration StartConfigurationSession",
    ),
    _data("appsync", "AWS::AppSync::GraphQLApi", "GraphQL SourceGraphQL EventConnect EventPublish EventSubscribe"),
    _data("bedrock", "AWS::Bedrock::AgentAlias", "InvokeAgent"),
    _data("bedrock", "AWS::Bedrock::FlowAlias", "InvokeFlow"),
    _data("bedrock", "AWS::Bedrock::Guardrail", "ApplyGuardrail"),
    _data("bedrock", "AWS::Bedrock::InlineAgent", "InvokeInlineAgent"),
    _data("bedrock", "AWS::Bedrock::KnowledgeBase", "Retrieve RetrieveAndGenerate", "RetrieveAndGenerateStream"),
    _data("bedrock", "AWS::Bedrock::PromptVersion", "OptimizePrompt RenderPrompt"),
    _data(
        "sagemaker",
        "AWS::SageMaker::Endpoint",
        """InvokeEndpoint InvokeEndpointAsync InvokeEndpointWithResponseStream PutRecord GetRecord BatchGetRecord
        DeleteRecord BatchPutMetrics""",
    ),
    _data(
        "servicediscovery",
        "AWS::ServiceDiscovery::Service",
        "DiscoverInstances DiscoverInstancesRevision GetInstancesHealthStatus",
    ),
    _data("ssmmessages", "AWS::SSMMessages::ControlChannel", "*", events="CreateControlChannel OpenControlChannel"),
    _data("timestream", "AWS::Timestream::Table", "CancelQuery Select SelectValues WriteRecords", "Query"),
    _data(
        "verifiedpermissions",
        "AWS::VerifiedPermissions::PolicyStore",
        "IsAuthorized IsAuthorizedWithToken",
        events="BatchIsAuthorized BatchIsAuthorizedWithToken",
    ),
    _data(
        "swf",
        "AWS::SWF::Domain",
        """CountClosedWorkflowExecutions CountOpenWorkflowExecutions CountPendingActivityTasks
        CountPendingDecisionTasks GetWorkflowExecutionHistory PollForActivityTask PollForDecisionTask
        RecordActivityTaskHeartbeat RequestCancelWorkflowExecution RespondActivityTaskCanceled
        RespondActivityTaskCompleted RespondActivityTaskFailed RespondDecisionTaskCompleted
        SignalWorkflowExecution StartWorkflowExecution TerminateWorkflowExecution""",
    ),
    _data("cloudtrail-data", "AWS::CloudTrail::Channel", "PutAuditEvents"),
    _data(
        "ses",
        "AWS::SES::EmailIdentity",
        """SendBounce SendBulkEmail SendBulkTemplatedEmail SendCustomVerificationEmail SendEmail SendRawEmail
        SendTemplatedEmail""",
    ),
    _data(
        "mobiletargeting",
        "AWS::Pinpoint::App",
        "PutEvents SendMessages SendUsersMessages UpdateEndpoint GetEndpoint",
    ),
    _data(
        "neptune-graph",
        "AWS::NeptuneGraph::Graph",
        "ReadDataViaQuery WriteDataViaQuery DeleteDataViaQuery",
        "ExecuteQuery",
    ),
    _data(
        "payment-cryptography",
        "AWS::PaymentCryptography::Key",
        """DecryptData EncryptData GenerateCardValidationData GenerateMac GeneratePinData ReEncryptData
        TranslatePinData VerifyAuthRequestCryptogram VerifyCardValidationData VerifyMac VerifyPinData""",
    ),
    _data("codeguru-profiler", "AWS::CodeGuruProfiler::ProfilingGroup", "ConfigureAgent PostAgentProfile"),
    _data("rum", "AWS::RUM::AppMonitor", "PutRumEvents"),
    _data("cloudfront-keyvaluestore", "AWS::CloudFront::KeyValueStore", "*"),
    _data("dsql", "AWS::DSQL::Cluster", "DbConnect DbConnectAdmin"),
    _data("geo-maps", "AWS::GeoMaps::Provider", "*"),
    _data("geo-places", "AWS::GeoPlaces::Provider", "*"),
    _data("geo-routes", "AWS::GeoRoutes::Provider", "*"),
    _data(
        "states",
        "AWS::StepFunctions::StateMachine",
        """InvokeHTTPEndpoint SendTaskFailure SendTaskHeartbeat SendTaskSuccess GetActivityTask StartSyncExecution""",
    ),
    _data(
        "managedblockchain",
        "AWS::ManagedBlockchain::Node",
        "GET POST Invoke InvokeRpcPolygonMainnet InvokeRpcBitcoinMainnet InvokeRpcBitcoinTestnet",
    ),
    _data(
        "iotsitewise",
        "AWS::IoTSiteWise::TimeSeries",
        """BatchGetAssetPropertyAggregates BatchGetAssetPropertyValue BatchGetAssetPropertyValueHistory
        BatchPutAssetPropertyValue GetAssetPropertyAggregates GetAssetPropertyValue GetAssetPropertyValueHistory
        GetInterpolatedAssetPropertyValues""",
    ),
    Hidden(
        "kms",
        "use of KMS keys",
        _words(
            """Decrypt DeriveSharedSecret DescribeKey Encrypt GenerateDataKey GenerateDataKeyPair
            GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext GenerateMac GenerateRandom
            GetPublicKey ReEncryptFrom ReEncryptTo Sign Verify VerifyMac"""
        ),
        remedy="do not exclude AWS KMS events from the trail",
        events=_words("ReEncrypt"),
    ),
    _never("aoss", "APIAccessAll DashboardsAccessAll"),
    _never("cloudsearch", "document search suggest"),
    _never("dax", "BatchGetItem BatchWriteItem ConditionCheckItem DeleteItem GetItem PutItem Query Scan UpdateItem"),
    _never("ec2messages", "*"),
    _never("elasticache", "Connect"),
    _never("elasticfilesystem", "ClientMount ClientRootAccess ClientWrite"),
    _never("es", "ESCrossClusterGet ESHttpDelete ESHttpGet ESHttpHead ESHttpPatch ESHttpPost ESHttpPut"),
    _never("execute-api", "*"),
    _never(
        "iot",
        """Connect GetRetainedMessage GetThingShadow DeleteThingShadow ListNamedShadowsForThing Publish Receive
        RetainPublish Subscribe UpdateThingShadow""",
    ),
    _never("kafka-cluster", "*"),
    _never("memorydb", "connect"),
    _never(
        "neptune-db",
        """connect DeleteDataViaQuery ReadDataViaQuery WriteDataViaQuery GetEngineStatus GetGraphSummary
        GetQueryStatus GetStreamRecords CancelQuery""",
    ),
    _never("osis", "Ingest"),
    _never("rds-db", "connect"),
    _never("sdb", "BatchDeleteAttributes BatchPutAttributes DeleteAttributes GetAttributes PutAttributes Select"),
    _never("sqlworkbench", "*"),
    _never("vpc-lattice-svcs", "*"),
)
"""By service; the order is that of messages."""

WITHOUT_CALL: Final = Hidden("", "no call has their name", frozenset(), remedy="events may not tell of their use")
"""Actions that no operation of an API has the name of, or is known to need.

Some calls that are not published have events, so that these are hidden only where a policy names them in full.
"""


@cache
def actions_without_calls() -> frozenset[str]:
    """Return the actions that no operation has the name of, as `tools/actions_without_calls.py` has found."""
    found = files("sekisho.activity").joinpath("generated", "actions_without_calls.json")
    loaded: Mapping[str, list[str]] = json.loads(found.read_text("utf-8"))["actions"]
    return frozenset(f"{prefix}:{name}" for prefix, some in loaded.items() for name in some)


_VERSION: Final = re.compile(r"20\d\d[_-]?\d\d[_-]?\d\d(v\d+)?$")


def recorded(seen: Iterable[tuple[str, str]]) -> frozenset[Hidden]:
    """Return those of which a trail has events, whoever caused them.

    Args:
        seen: event sources and names.
    """
    by_prefix: dict[str, set[str]] = {}
    for source, name in seen:
        by_prefix.setdefault(prefix_of(source), set()).add(_VERSION.sub("", name.strip()))
    return frozenset(one for one in HIDDEN if _has_events(one, by_prefix.get(one.prefix, set())))


def _has_events(one: Hidden, names: set[str]) -> bool:
    return bool(names) if one.actions == _EVERY else not names.isdisjoint(one.actions | one.events)


_EVERY: Final = frozenset({"*"})


def invisible(seen: Iterable[tuple[str, str]]) -> Mapping[str, Hidden]:
    """Return the actions whose use a trail could not have shown, each with what would."""
    there = recorded(seen)
    return {name: one for one in HIDDEN if one not in there for name in one.names}


def expected(
    done: Iterable[tuple[str, str]], seen: Iterable[tuple[str, str]], through: Iterable[str] = ()
) -> tuple[Hidden, ...]:
    """Return what a principal evidently does and the trail does not record.

    Args:
        done: event sources and names of what the principal did.
        seen: those of everybody.
        through: event sources of services that used keys on its behalf.
    """
    there = recorded(seen)
    own = {(prefix_of(source), _VERSION.sub("", name.strip())) for source, name in done}
    services = set(map(prefix_of, through))
    return tuple(
        one
        for one in HIDDEN
        if one not in there and (one.prefix in services or any((one.prefix, sign) in own for sign in one.signs))
    )
