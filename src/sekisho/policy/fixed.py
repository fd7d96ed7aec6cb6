"""Whether a value in a policy is fixed: not a pattern, nor chosen by the caller.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", the meaning of "public".
"""

import re

from sekisho.policy.arns import parse_arn
from sekisho.policy.values import parse_network

_OF_RESOURCE = re.compile(r"\$\{aws:Resource(?:Account|OrgID|OrgPaths)\}", re.IGNORECASE)
"""Variables that the resource decides, not the caller."""

_WIDEST_PREFIX = {4: 8, 6: 32}


def is_fixed(value: str) -> bool:
    """Say whether a value has no wildcard, and no variable but those that the resource decides."""
    rest = _OF_RESOURCE.sub("fixed", value) if "$" in value else value
    return bool(rest) and "*" not in rest and "?" not in rest and "${" not in rest


def has_fixed_account(value: str) -> bool:
    """Say whether an ARN says whose it is; one without an account has to be fixed as a whole."""
    arn = parse_arn(_OF_RESOURCE.sub("fixed", value))
    if arn is None:
        return False
    return is_fixed(arn.account) if arn.account else is_fixed(arn.resource)


def has_fixed_organization(value: str) -> bool:
    """Say whether an organization path begins with a fixed organization."""
    return is_fixed(value.partition("/")[0])


def has_fixed_id(value: str) -> bool:
    """Say whether a user id says who; what follows its colon is a session name that the caller chooses."""
    return is_fixed(value.partition(":")[0])


def is_narrow_range(value: str) -> bool:
    """Say whether a range is no wider than S3's limits, /8 and /32 of IPv6; the private ranges are not."""
    network = parse_network(value)
    return network is not None and network.prefix >= _WIDEST_PREFIX[network.version]
