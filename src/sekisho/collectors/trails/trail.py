"""Where a trail delivers its files, out of CloudTrail's own words."""

import re
from dataclasses import replace
from typing import Any, Final

from sekisho.collectors.connection import RAISED, open_client
from sekisho.collectors.errors import CollectError, shown
from sekisho.collectors.options import LiveOptions
from sekisho.collectors.trails.s3 import S3Files
from sekisho.collectors.trails.s3_failures import failure

_ARN: Final = re.compile(
    r"arn:aws[\w-]*:cloudtrail:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):\d{12}:trail/[A-Za-z0-9][\w.-]{1,126}[A-Za-z0-9]",
    re.ASCII,
)
"""Source: CloudTrail User Guide, "Naming requirements for CloudTrail resources, S3 buckets, and KMS keys"."""


def is_trail(arn: str) -> bool:
    """Say whether a text is the ARN of a trail."""
    return _ARN.fullmatch(arn) is not None


def files_of_trail(arn: str, options: LiveOptions) -> S3Files:
    """Ask CloudTrail, in the trail's home Region, where a trail delivers its files.

    Raises:
        CollectError: the text is no ARN of a trail, or it could not be looked up.
    """
    found = _ARN.fullmatch(arn)
    if found is None:
        raise CollectError(f"`{shown(arn)}` is no ARN of a trail")
    client: Any = open_client("cloudtrail", replace(options, regions=(found["region"],)))
    what = f"the trail `{arn}` could not be looked up"
    try:
        trail: dict[str, str] = client.get_trail(Name=arn)["Trail"]
    except RAISED as error:
        raise failure(what, error, "cloudtrail:GetTrail on the trail", options) from error
    bucket, prefix = trail.get("S3BucketName"), trail.get("S3KeyPrefix")
    if not bucket:
        raise CollectError(f"{what}: CloudTrail names no bucket")
    return S3Files.at(f"s3://{bucket}/{f'{prefix}/' if prefix else ''}AWSLogs/", options)
