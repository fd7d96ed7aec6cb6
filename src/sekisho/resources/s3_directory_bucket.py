"""S3 directory buckets: the policy and the access points. There are no ACLs, and Block Public Access is always on.

Source: Amazon S3 User Guide, "Directory buckets overview", "Authenticating and authorizing requests", "Configuring IAM
policies for using access points for directory buckets".
"""

from functools import partial

from sekisho.policy.actions import ActionTable
from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Gate, Target, View
from sekisho.resources.answers import answer, require_read
from sekisho.resources.documents import policy_document
from sekisho.resources.exposure import SIGNED, Exposure, Way, targets
from sekisho.resources.s3_access_points import Blocks, Bucket, access_point_ways
from sekisho.resources.s3_public import is_public
from sekisho.resources.snapshot import RawResource

_TYPE = "AWS::S3Express::DirectoryBucket"
_BLOCKS = Blocks(ignore_public_acls=True, restrict_public_buckets=True)
"""All settings are on and cannot be changed. Source: Amazon S3 User Guide, "Security best practices for S3 Express One
Zone"."""

_OPTIONAL_CALLS = frozenset({"s3control.get_access_point_scope"})
_THROUGH_ACCESS_POINTS = frozenset({"s3express:CreateSession"})
"""All that an access point serves is objects, and a session is the permission for them."""


def read_directory_bucket(resource: RawResource) -> Exposure:
    """Read everything that decides who gets at a directory bucket.

    The scope of an access point, which limits prefixes and operations, is not looked at: the result may include too
    much access.

    Raises:
        ReadingError: some of it could not be read or understood.
    """
    require_read(resource, optional=_OPTIONAL_CALLS)
    policy = policy_document("BucketPolicy", answer(resource, "s3.get_bucket_policy").get("Policy"), resource.arn)
    if policy is None:
        return Exposure((), notes=("it has no BucketPolicy: only its own account gets in",))
    if is_public(policy.policy):
        note = "Block Public Access, always on here, leaves its public BucketPolicy to its own account alone"
        return Exposure((), notes=(note,))
    notes: list[str] = []
    gate, actions = Gate((policy,)), cross_account_table(_TYPE)
    through = partial(_through, actions, resource.arn)
    ways = [
        Way((gate,), targets(_TYPE, resource.arn), actions, narrow=True),
        *access_point_ways(Bucket(resource, "s3express", gate, _BLOCKS, through), notes),
    ]
    return Exposure(tuple(ways), SIGNED, notes=tuple(notes))


def _through(actions: ActionTable, bucket: str, access_point: str) -> tuple[Target, ...]:
    return (Target(actions.set_of(_THROUGH_ACCESS_POINTS), (View(bucket), View(access_point))),)
