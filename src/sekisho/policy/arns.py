"""Amazon Resource Names.

Source: IAM User Guide, "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from typing import NamedTuple

COMPONENTS = 6


class Arn(NamedTuple):
    """An ARN, or a pattern that has all its parts; Region and account are empty where a resource has none.

    Attributes:
        resource: all after the fifth colon, further colons included.
    """

    partition: str
    service: str
    region: str
    account: str
    resource: str


def parse_arn(text: str) -> Arn | None:
    """Split an ARN into its parts; None when the text is not one."""
    parts = text.split(":", COMPONENTS - 1)
    if len(parts) != COMPONENTS or parts[0] != "arn" or not parts[5]:
        return None
    return Arn(*parts[1:])


def partition_of(text: str) -> str:
    """Return the partition that an ARN is in; empty when the text is no ARN."""
    parts = text.split(":", COMPONENTS - 1)
    return parts[1] if len(parts) == COMPONENTS and parts[0] == "arn" and parts[5] else ""


def account_of(text: str) -> str:
    """Return the account that an ARN names; empty when it names none or is no ARN."""
    parts = text.split(":", COMPONENTS - 1)
    return parts[4] if len(parts) == COMPONENTS and parts[0] == "arn" and parts[5] else ""
