"""Every service that is read. A further resource type is a module beside this one and a line here."""

from sekisho.collectors import credentials, iam, kms, lambda_, s3, secretsmanager, sns, sqs, zone
from sekisho.collectors.collector import Collector, Reads

COLLECTORS: tuple[Collector, ...] = (
    s3.BUCKETS,
    iam.ROLES,
    kms.KEYS,
    lambda_.FUNCTIONS,
    lambda_.LAYER_VERSIONS,
    sqs.QUEUES,
    sns.TOPICS,
    secretsmanager.SECRETS,
)

ACCOUNT_READS: Reads = {**zone.ACCOUNT_READS, **{name: read for one in COLLECTORS for name, read in one.reads.items()}}
"""Every call that reading the resources of one account takes. The live reader can make no other."""

CREDENTIAL_READS: Reads = {
    **{name: zone.ACCOUNT_READS[name] for name in ("sts.get_caller_identity", "organizations.describe_organization")},
    **credentials.READS,
}
"""Every call that reading the credentials of one account takes; `iam_policy` allows these beside the others."""

ORGANIZATION_READS: Reads = {**ACCOUNT_READS, **zone.ORGANIZATION_READS}
"""Every call that reading an organization takes from the account that reads it."""
