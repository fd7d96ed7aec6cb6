"""What could not be read, and why: the difference between "clean" and "not looked at"."""

from dataclasses import dataclass

from sekisho.resources.snapshot import ApiCall, ApiError, RawAccount, RawResource


@dataclass(frozen=True, slots=True)
class Gap:
    """A call that failed for another reason than that there was nothing to return.

    Attributes:
        call: `<boto3 client>.<method>`.
        code: the AWS error code, or one of `ApiError`'s own.
        account: whose account it was.
        region: where, when the call belongs to a Region.
        resource: the ARN of the resource that is now only partly known, or None when a whole listing failed.
        resource_types: what the listing would have listed; empty when `resource` is set.
    """

    call: str
    code: str
    message: str
    account: str
    region: str | None = None
    resource: str | None = None
    resource_types: tuple[str, ...] = ()


LISTINGS: dict[str, tuple[str, ...]] = {
    "s3.list_buckets": ("AWS::S3::Bucket",),
    "iam.list_roles": ("AWS::IAM::Role",),
    "kms.list_keys": ("AWS::KMS::Key",),
    "lambda.list_functions": ("AWS::Lambda::Function",),
    "lambda.list_layers": ("AWS::Lambda::LayerVersion",),
    "lambda.list_layer_versions": ("AWS::Lambda::LayerVersion",),
    "sqs.list_queues": ("AWS::SQS::Queue",),
    "sns.list_topics": ("AWS::SNS::Topic",),
    "secretsmanager.list_secrets": ("AWS::SecretsManager::Secret",),
    "organizations.list_policies": (),
    "organizations.describe_policy": (),
    "organizations.list_targets_for_policy": (),
}
"""The calls about an account, with the resource types they list. A failure of any other call hides every type."""

_EVERY_TYPE = tuple(sorted({name for names in LISTINGS.values() for name in names}))

ABSENT: dict[str, frozenset[str]] = {
    "s3.get_bucket_policy": frozenset({"NoSuchBucketPolicy"}),
    "s3.get_public_access_block": frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    "s3.get_bucket_ownership_controls": frozenset({"OwnershipControlsNotFoundError"}),
    "s3control.get_public_access_block": frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    "s3control.get_access_point_policy": frozenset({"NoSuchAccessPointPolicy"}),
    "s3control.get_multi_region_access_point_policy": frozenset({"NoSuchMultiRegionAccessPoint"}),
    "lambda.get_policy": frozenset({"ResourceNotFoundException"}),
    "lambda.get_function_url_config": frozenset({"ResourceNotFoundException"}),
    "lambda.get_layer_version_policy": frozenset({"ResourceNotFoundException"}),
    "organizations.describe_organization": frozenset({"AWSOrganizationsNotInUseException"}),
}
"""The error codes that mean "there is no such document". Source: the API reference of each operation."""


def is_absence(call: str, error: ApiError) -> bool:
    """Say whether the error only means that there is nothing to return."""
    return error.code in ABSENT.get(call, frozenset())


DENIALS = frozenset(
    {
        "AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException",
        "UnauthorizedOperation", "Forbidden", "403", "AllAccessDisabled", "NotAuthorized",
    }
)  # fmt: skip
"""The error codes that mean "you may not". Source: the common errors of each service's API reference."""


def is_denial(code: str) -> bool:
    """Say whether an error code means that the caller may not make the call."""
    return code in DENIALS


def resource_gaps(resource: RawResource) -> tuple[Gap, ...]:
    """Return what could not be read of one resource, in the order of its calls."""
    return tuple(
        Gap(
            call=made.call,
            code=made.error.code,
            message=made.error.message,
            account=resource.owner_account,
            region=resource.region,
            resource=resource.arn,
        )
        for made in resource.api_calls
        if made.error is not None and not is_absence(made.call, made.error)
    )


def account_gaps(account: RawAccount) -> tuple[Gap, ...]:
    """Return the listings of an account that failed: everything they would have listed is unknown."""
    return tuple(_account_gap(account.account_id, made) for made in account.api_calls if _failed(made))


def _failed(made: ApiCall) -> bool:
    return made.error is not None and not is_absence(made.call, made.error)


def _account_gap(account_id: str, made: ApiCall) -> Gap:
    assert made.error is not None  # noqa: S101 - `_failed` has looked
    return Gap(
        call=made.call,
        code=made.error.code,
        message=made.error.message,
        account=account_id,
        region=made.region,
        resource_types=LISTINGS.get(made.call, _EVERY_TYPE),
    )
