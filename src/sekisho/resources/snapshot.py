"""What was read of an account: raw API answers, grouped by the resource they describe.

A snapshot keeps answers in boto3's shape and interprets nothing. The modules beside this one say what the answers of
a resource type mean, so that a live scan, a recording and a conformance case take one and the same path.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from sekisho.policy.arns import partition_of
from sekisho.resources.zone import ZoneOfTrust

Json: TypeAlias = Any
"""A JSON value as boto3 returns it; dates are `datetime`, blobs are `bytes`."""


class ApiError(msgspec.Struct, frozen=True):
    """Why a call was not answered: the AWS error code, or one of ours for the failures that have none.

    Ours are `Timeout` (no answer in time), `ConnectionError` (no connection) and `InvalidResponse` (an answer that is
    not what the service promises).
    """

    code: str
    message: str = ""


class ApiCall(msgspec.Struct, frozen=True, gc=False):
    """One call with its answer: exactly one of `response` and `error` is set.

    Attributes:
        call: `<boto3 client>.<method>`, for instance `s3.get_bucket_policy`.
        params: the keyword arguments of the call.
        region: where the call was made, for calls that belong to an account rather than to a resource.
    """

    call: str
    params: Mapping[str, Json]
    response: Mapping[str, Json] | None = None
    error: ApiError | None = None
    region: str | None = None


class RawResource(msgspec.Struct, frozen=True, gc=False):
    """A resource with the calls that describe it.

    Attributes:
        resource_type: CloudFormation's name, for instance `AWS::S3::Bucket`.
        region: `global` for roles.
        api_calls: a call that is not listed had nothing to return.
    """

    resource_type: str
    arn: str
    owner_account: str
    region: str
    api_calls: tuple[ApiCall, ...] = ()

    @property
    def partition(self) -> str:
        """The partition of its ARN; empty when that is no ARN."""
        return partition_of(self.arn)

    def find(self, call: str, params: Mapping[str, str] = {}) -> ApiCall | None:
        """Return the first answer to `call` whose parameters include `params`, or None when it is not listed."""
        for made in self.api_calls:
            if made.call == call and (not params or params.items() <= made.params.items()):
                return made
        return None


class RawAccount(msgspec.Struct, frozen=True):
    """Calls that describe an account rather than one of its resources.

    Among them are the calls that list resources and failed: what they would have listed was not looked at.
    """

    account_id: str
    api_calls: tuple[ApiCall, ...] = ()


class Snapshot(msgspec.Struct, frozen=True):
    """All that one reading of an account or an organization returned.

    Attributes:
        taken_at: when the reading began, in UTC.
        regions: the Regions that were asked, or None when every enabled one was.
        only: the ARNs of the resources that were looked at, whether they exist or not; None when everything was.
    """

    taken_at: datetime
    zone_of_trust: ZoneOfTrust
    resources: tuple[RawResource, ...] = ()
    accounts: tuple[RawAccount, ...] = ()
    regions: tuple[str, ...] | None = None
    only: tuple[str, ...] | None = None
