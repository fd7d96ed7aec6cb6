"""Which module reads which resource type."""

from collections.abc import Callable, Mapping

from sekisho.resources.answers import UnexpectedAnswerError, UnsupportedResourceError
from sekisho.resources.ecr_repository import read_repository
from sekisho.resources.exposure import Exposure
from sekisho.resources.iam_role import read_role
from sekisho.resources.kms_key import read_key
from sekisho.resources.s3_bucket import read_bucket
from sekisho.resources.s3_directory_bucket import read_directory_bucket
from sekisho.resources.secret import read_secret
from sekisho.resources.shared_snapshots import DATABASE_SNAPSHOTS, read_database_snapshot, read_volume_snapshot
from sekisho.resources.single_policy import SINGLE_POLICIES, read_single_policy
from sekisho.resources.snapshot import RawResource

READERS: Mapping[str, Callable[[RawResource], Exposure]] = {
    "AWS::S3::Bucket": read_bucket,
    "AWS::IAM::Role": read_role,
    "AWS::KMS::Key": read_key,
    "AWS::SecretsManager::Secret": read_secret,
    "AWS::S3Express::DirectoryBucket": read_directory_bucket,
    "AWS::ECR::Repository": read_repository,
    "AWS::EC2::Snapshot": read_volume_snapshot,
    **dict.fromkeys(DATABASE_SNAPSHOTS, read_database_snapshot),
    **dict.fromkeys(SINGLE_POLICIES, read_single_policy),
}
"""To support another resource type, see CONTRIBUTING: beside the line here, the tables of calls, actions and examples
have to know it, which a test compares."""


def read_exposure(resource: RawResource) -> Exposure:
    """Say what decides who gets at a resource.

    Raises:
        ReadingError: it could not be read or understood, or its type is not supported.
    """
    if not resource.partition:
        raise UnexpectedAnswerError(f"`{resource.arn}` is no ARN")
    reader = READERS.get(resource.resource_type)
    if reader is None:
        raise UnsupportedResourceError(resource.resource_type)
    return reader(resource)
