"""What could not be read, and why: the difference between "clean" and "not looked at"."""

from collections.abc import Mapping

import msgspec

from sekisho.resources.snapshot import ApiError, RawAccount, RawResource


class Gap(msgspec.Struct, frozen=True):
    """A call that failed for another reason than that there was nothing to return.

    Attributes:
        call: `<boto3 client>.<method>`.
        code: the AWS error code, or one of `ApiError`'s own.
        account: whose account it was.
        region: where, when the call belongs to a Region.
        resource: the ARN of the resource that is now only partly known, or None when the call was about an account.
        resource_types: the types of which resources may be missing now. Empty when `resource` is set, and after calls
            that hide no resource: then it is not known whether control policies apply, which organization the account
            belongs to, whether it blocks public access, or what there is of its credentials.
    """

    call: str
    code: str
    message: str
    account: str
    region: str | None = None
    resource: str | None = None
    resource_types: tuple[str, ...] = ()

    @property
    def hides_account(self) -> bool:
        """Whether nothing of the account was read, because it could not be entered."""
        return self.call == "sts.assume_role"

    def hides(self, *, resource_type: str, account: str, region: str) -> bool:
        """Say whether a resource of this kind and place may exist without having been seen."""
        everywhere = self.region is None or self.call in _ANSWER_FOR_EVERY_REGION
        here = everywhere or self.region == region
        return self.account == account and here and resource_type in self.resource_types


ACCOUNT_CALLS: Mapping[str, tuple[str, ...]] = {
    "s3.list_buckets": ("AWS::S3::Bucket",),
    "iam.list_roles": ("AWS::IAM::Role",),
    "kms.list_keys": ("AWS::KMS::Key",),
    "lambda.list_functions": ("AWS::Lambda::Function",),
    "lambda.list_layers": ("AWS::Lambda::LayerVersion",),
    "lambda.list_layer_versions": ("AWS::Lambda::LayerVersion",),
    "sqs.list_queues": ("AWS::SQS::Queue",),
    "sns.list_topics": ("AWS::SNS::Topic",),
    "secretsmanager.list_secrets": ("AWS::SecretsManager::Secret",),
    "s3control.get_public_access_block": (),
    "organizations.describe_organization": (),
    "organizations.list_policies": (),
    "organizations.describe_policy": (),
    "organizations.list_targets_for_policy": (),
    "iam.generate_credential_report": ("AWS::IAM::User",),
    "iam.get_credential_report": ("AWS::IAM::User",),
    "iam.get_account_summary": (),
    "iam.get_account_password_policy": (),
    "iam.list_virtual_mfa_devices": (),
    "iam.list_service_specific_credentials": (),
    "iam.list_organizations_features": (),
    "iam.list_access_keys": (),
    "iam.get_access_key_last_used": (),
    "iam.list_mfa_devices": (),
    "iam.list_users": (),
    "iam.get_login_profile": (),
    "iam.get_account_authorization_details": ("AWS::IAM::Role",),
    "iam.generate_service_last_accessed_details": (),
    "iam.get_service_last_accessed_details": (),
}
"""The calls about an account, with the resource types they list. A failure of any other call hides every type."""

_EVERY_TYPE = tuple(sorted({name for names in ACCOUNT_CALLS.values() for name in names}))

LISTED_TYPES = frozenset(_EVERY_TYPE)
"""The resource types that an account is searched for. Others are analysed where a recording has them, and one that a
recording does not have may exist all the same."""

_ANSWER_FOR_EVERY_REGION = frozenset({"s3.list_buckets", "iam.list_roles", "iam.get_account_authorization_details"})
"""Listings that answer for every Region, wherever they were asked."""

ABSENT: Mapping[str, frozenset[str]] = {
    "s3.get_bucket_policy": frozenset({"NoSuchBucketPolicy"}),
    "s3.get_public_access_block": frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    "s3.get_bucket_ownership_controls": frozenset({"OwnershipControlsNotFoundError"}),
    "s3control.get_public_access_block": frozenset({"NoSuchPublicAccessBlockConfiguration"}),
    "s3control.get_access_point_policy": frozenset({"NoSuchAccessPointPolicy"}),
    "s3control.get_multi_region_access_point_policy": frozenset({"NoSuchMultiRegionAccessPoint"}),
    "lambda.get_policy": frozenset({"ResourceNotFoundException"}),
    "lambda.get_function_url_config": frozenset({"ResourceNotFoundException"}),
    "lambda.get_layer_version_policy": frozenset({"ResourceNotFoundException"}),
    "ecr.get_repository_policy": frozenset({"RepositoryPolicyNotFoundException"}),
    "ecr.get_registry_policy": frozenset({"RegistryPolicyNotFoundException"}),
    "efs.describe_file_system_policy": frozenset({"PolicyNotFound"}),
    "dynamodb.get_resource_policy": frozenset({"PolicyNotFoundException"}),
    "organizations.describe_organization": frozenset({"AWSOrganizationsNotInUseException"}),
    "iam.get_account_password_policy": frozenset({"NoSuchEntity"}),
    # The organization has no such features, or it is not for this account to say which.
    "iam.list_organizations_features": frozenset(
        {
            "AccountNotManagementOrDelegatedAdministratorException",
            "OrganizationNotFoundException",
            "OrganizationNotInAllFeaturesModeException",
            "ServiceAccessNotEnabledException",
        }
    ),
    # The user is gone, and may have been for as long as a credential report lives.
    "iam.list_access_keys": frozenset({"NoSuchEntity"}),
    "iam.list_mfa_devices": frozenset({"NoSuchEntity"}),
    # The user has no password, or is gone.
    "iam.get_login_profile": frozenset({"NoSuchEntity"}),
    # So is the user or the role, since it was listed a moment ago.
    "iam.generate_service_last_accessed_details": frozenset({"NoSuchEntity"}),
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
        [
            Gap(made.call, made.error.code, made.error.message, resource.owner_account, resource.region, resource.arn)
            for made in resource.api_calls
            if made.error is not None and not is_absence(made.call, made.error)
        ]
    )


def account_gaps(account: RawAccount) -> tuple[Gap, ...]:
    """Return the calls about an account that failed, in their order, with the resource types that each hides."""
    return tuple(
        Gap(
            made.call,
            made.error.code,
            made.error.message,
            account.account_id,
            made.region,
            resource_types=ACCOUNT_CALLS.get(made.call, _EVERY_TYPE),
        )
        for made in account.api_calls
        if made.error is not None and not is_absence(made.call, made.error)
    )
