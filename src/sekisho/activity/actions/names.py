"""Calls that need an action of another name, or none, whatever their parameters are."""

from collections.abc import Mapping
from typing import Final

from sekisho.activity.actions.parameters import words


def _rows(action: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), action)


RENAMED: Final[Mapping[str, Mapping[str, str]]] = {
    "access-analyzer": {"GetFindingV2": "GetFinding", "ListFindingsV2": "ListFindings"},
    "batch": {
        "CancelJobs": "CancelJob",
        "TerminateJobs": "TerminateJob",
        "TerminateServiceJobs": "TerminateServiceJob",
    },
    "bcm-pricing-calculator": {
        f"Batch{verb}{what}": f"{verb}{what}"
        for verb in ("Create", "Update", "Delete")
        for what in ("BillScenarioCommitmentModification", "BillScenarioUsageModification", "WorkloadEstimateUsage")
    },
    "bedrock": {
        "Converse": "InvokeModel",
        "ConverseStream": "InvokeModelWithResponseStream",
        "InvokeModelWithBidirectionalStream": "InvokeModel",
        "StartAsyncInvoke": "InvokeModel",
        "RetrieveAndGenerateStream": "RetrieveAndGenerate",
    },
    "budgets": _rows("ViewBudget", "DescribeBudgetNotificationsForAccount"),
    "cases": {"BatchCreateRelatedItem": "CreateRelatedItem", "BatchUpdateCase": "UpdateCase"},
    "cassandra": {
        **_rows("Create", "CreateKeyspace CreateTable CreateType"),
        **_rows("Drop", "DeleteKeyspace DeleteTable DeleteType DropKeyspace DropTable DropType"),
        **_rows("Select", "GetKeyspace GetTable GetType ListKeyspaces ListTables ListTypes ListTagsForResource"),
        **_rows("Alter", "UpdateKeyspace UpdateTable AlterKeyspace AlterTable"),
        **_rows("Restore", "RestoreTable"),
    },
    "cloudsearch": {"UploadDocuments": "document"},
    "dms": {
        "DescribeDataProviders": "ListDataProviders",
        "DescribeExtensionPackAssociations": "ListExtensionPacks",
        "DescribeInstanceProfiles": "ListInstanceProfiles",
        "DescribeMetadataModelAssessments": "ListMetadataModelAssessments",
        "DescribeMetadataModelConversions": "ListMetadataModelConversions",
        "DescribeMetadataModelExportsAsScript": "ListMetadataModelExports",
        "DescribeMetadataModelExportsToTarget": "ListMetadataModelExports",
        "DescribeMigrationProjects": "ListMigrationProjects",
        "ModifyConversionConfiguration": "UpdateConversionConfiguration",
        "ModifyDataProvider": "UpdateDataProvider",
        "ModifyInstanceProfile": "UpdateInstanceProfile",
        "ModifyMigrationProject": "UpdateMigrationProject",
        "StartExtensionPackAssociation": "AssociateExtensionPack",
        "StartMetadataModelExportAsScript": "StartMetadataModelExportAsScripts",
    },
    "glue": {
        "GetUnfilteredPartitionMetadata": "GetPartition",
        "GetUnfilteredPartitionsMetadata": "GetPartitions",
        "GetUnfilteredTableMetadata": "GetTable",
    },
    "lambda": {
        **_rows("InvokeFunction", "Invoke InvokeAsync InvokeWithResponseStream"),
        "GetLayerVersionByArn": "GetLayerVersion",
    },
    "neptune-db": {
        **_rows("CancelQuery", "CancelGremlinQuery CancelOpenCypherQuery"),
        **_rows("DeleteStatistics", "DeletePropertygraphStatistics DeleteSparqlStatistics"),
        **_rows("GetQueryStatus", "GetGremlinQueryStatus GetOpenCypherQueryStatus"),
        **_rows("GetQueryStatus", "ListGremlinQueries ListOpenCypherQueries"),
        **_rows("GetStatisticsStatus", "GetPropertygraphStatistics GetSparqlStatistics"),
        **_rows("GetStreamRecords", "GetPropertygraphStream GetSparqlStream"),
        **_rows("GetGraphSummary", "GetPropertygraphSummary GetRDFGraphSummary"),
        **_rows("ManageStatistics", "ManagePropertygraphStatistics ManageSparqlStatistics"),
        **_rows("ReadDataViaQuery", "ExecuteGremlinProfileQuery ExecuteOpenCypherExplainQuery"),
        "ExecuteFastReset": "ResetDatabase",
        "GetMLDataProcessingJob": "GetMLDataProcessingJobStatus",
        "GetMLEndpoint": "GetMLEndpointStatus",
        "GetMLModelTrainingJob": "GetMLModelTrainingJobStatus",
        "GetMLModelTransformJob": "GetMLModelTransformJobStatus",
    },
    "neptune-graph": {"GetQuery": "GetQueryStatus"},
    "s3-outposts": {
        "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
        "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
        "DeleteBucketLifecycleConfiguration": "PutLifecycleConfiguration",
        "GetBucketReplication": "GetReplicationConfiguration",
        "PutBucketReplication": "PutReplicationConfiguration",
        "DeleteBucketReplication": "PutReplicationConfiguration",
        "DeleteBucketTagging": "PutBucketTagging",
    },
    "securityhub": {
        "BatchUpdateFindingsV2": "BatchUpdateFindings",
        "GetFindingStatisticsV2": "GetAdhocInsightResults",
        "GetFindingsV2": "GetFindings",
    },
    "sns": {"PublishBatch": "Publish"},
    "sqs": {
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    },
    "tax": {
        **_rows("GetExemptions", "BatchGetTaxExemptions GetTaxExemptionTypes ListTaxExemptions"),
        "PutTaxExemption": "UpdateExemptions",
    },
    "verifiedpermissions": {
        "BatchGetPolicy": "GetPolicy",
        "BatchIsAuthorized": "IsAuthorized",
        "BatchIsAuthorizedWithToken": "IsAuthorizedWithToken",
    },
    "vpc-lattice": {"BatchUpdateRule": "UpdateRule"},
}
"""Calls and their one action, by prefix.

Source: the API reference of each operation, on permissions; for Amazon Keyspaces its Developer Guide, "How Amazon
Keyspaces works with IAM".
"""

SEVERAL: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "cloudfront": {
        "CreateDistributionWithTags": ("CreateDistribution", "TagResource"),
        "CreateStreamingDistributionWithTags": ("CreateStreamingDistribution", "TagResource"),
    },
    "ssm": {
        "RegisterDefaultHostManagementConfiguration": ("UpdateServiceSetting",),
        "DeregisterDefaultHostManagementConfiguration": ("ResetServiceSetting",),
    },
}
"""Calls and their actions, by prefix. Source: as above."""

_PORTAL: Final = dict.fromkeys(
    words("Authenticate Federate Logout CreateToken RegisterClient StartDeviceAuthorization UserAuthentication"),
    "a call of the access portal, which a token allows",
)

NONE_NEEDED: Final[Mapping[str, Mapping[str, str]]] = {
    "dynamodb": {"DescribeEndpoints": "any caller may find the endpoints"},
    "sts": {
        "GetCallerIdentity": "needs no permission, even where a policy denies it",
        "GetSessionToken": "needs no permission",
        "AssumeRoleWithSAML": "the trust policy of the role decides",
        "AssumeRoleWithWebIdentity": "the trust policy of the role decides",
    },
    "sso": _PORTAL,
    "sso-oauth": _PORTAL,
}
"""Calls that no identity policy allows, by prefix, beside those that nobody signs.

Source: STS API reference, of each: "Permissions"; IAM Identity Center User Guide, "Logging API calls with CloudTrail".
"""

SIGN_IN: Final = "signin"
"""The prefix whose calls need no action, but for the few that have one."""

BEARER: Final = frozenset({"codecatalyst"})
"""Prefixes whose operations a token allows, and no identity policy, where there is no action of their name.

Source: Amazon CodeCatalyst API reference, "Setting up": calls have an access token of the user's.
"""
