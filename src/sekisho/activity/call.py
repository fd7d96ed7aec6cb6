"""A call as CloudTrail tells of it, without what no rule reads: what decides which permissions it needed."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

AWS_INTERNAL: Final = "AWS Internal"
"""What CloudTrail writes for a service or an account of AWS's own that it does not name."""


class TouchedResource(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry of `resources` of a record.

    Attributes:
        arn: of the resource; a prefix with `*` behind it where the record has only `ARNPrefix`.
        type: `AWS::S3::Object`; empty where the record names none.
        account_id: of its owner; empty where the record names none.
    """

    arn: str
    type: str = ""
    account_id: str = ""


class Call(msgspec.Struct, frozen=True, gc=False):
    """One call of an API, or all of those that differ in nothing that is told here.

    Attributes:
        source: the `eventSource`, for instance `s3.amazonaws.com`.
        name: the `eventName` as recorded, without blanks around it.
        account: the account whose trail has it, which is the resource's where nothing says otherwise.
        region: the `awsRegion`.
        partition: `aws`, `aws-cn`, `aws-us-gov`, …
        parameters: the `requestParameters`, without what no rule reads; nothing where CloudTrail left them out.
        resources: the `resources`.
        invoked_by: the service that made the call with the principal's credentials; empty for the principal itself.
    """

    source: str
    name: str
    account: str
    region: str
    partition: str = "aws"
    parameters: Mapping[str, Any] | None = None
    resources: tuple[TouchedResource, ...] = ()
    invoked_by: str = ""
