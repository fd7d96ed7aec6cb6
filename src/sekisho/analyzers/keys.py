"""Condition keys as an external access analyzer sees them: which are shown, and which say who the caller is.

Source: IAM User Guide, "Filter keys for access analyzers"; Amazon S3 User Guide, the meaning of "public"; what is not
settled there follows what AWS IAM Access Analyzer has been seen to report.
"""

import re
from collections.abc import Callable, Mapping

from sekisho.policy.values import parse_network

_OF_RESOURCE = re.compile(r"\$\{aws:Resource(?:Account|OrgID|OrgPaths)\}", re.IGNORECASE)
"""Variables that the resource decides, not the caller."""


def _is_fixed(value: str) -> bool:
    value = _OF_RESOURCE.sub("fixed", value)
    return bool(value) and not any(mark in value for mark in ("*", "?", "${"))


def _has_fixed_account(value: str) -> bool:
    """Wildcards behind a fixed account still say whose it is; an ARN without an account has to be fixed as a whole."""
    parts = _OF_RESOURCE.sub("fixed", value).split(":", 5)
    if len(parts) < 6:  # noqa: PLR2004 - parts of an ARN
        return False
    return _is_fixed(parts[4]) if parts[4] else _is_fixed(parts[5])


def _has_fixed_organization(value: str) -> bool:
    return _is_fixed(value.partition("/")[0])


def _has_fixed_id(value: str) -> bool:
    """A unique id says who; what follows its colon is a session name that the caller chooses."""
    return _is_fixed(value.partition(":")[0])


def _is_narrow_range(value: str) -> bool:
    """S3's limits: wider than /8, or /32 of IPv6, is public; private ranges are not."""
    network = parse_network(value)
    if network is None:
        return False
    return network.prefixlen >= (8 if network.version == 4 else 32) or network.is_private  # noqa: PLR2004


NARROWING: Mapping[str, Callable[[str], bool]] = {
    "aws:principalarn": _has_fixed_account,
    "aws:principalaccount": _is_fixed,
    "aws:principalorgid": _is_fixed,
    "aws:principalorgpaths": _has_fixed_organization,
    "aws:userid": _has_fixed_id,
    "aws:sourceip": _is_narrow_range,
    "aws:sourcevpc": _is_fixed,
    "aws:sourcevpce": _is_fixed,
    "aws:sourcevpcarn": _has_fixed_account,
    "aws:vpceaccount": _is_fixed,
    "aws:vpceorgid": _is_fixed,
    "aws:vpceorgpaths": _has_fixed_organization,
    "aws:sourcearn": _has_fixed_account,
    "aws:sourceaccount": _is_fixed,
    "aws:sourceowner": _is_fixed,
    "aws:sourceorgid": _is_fixed,
    "aws:sourceorgpaths": _has_fixed_organization,
    "aws:ec2instancesourcevpc": _is_fixed,
    "kms:calleraccount": _is_fixed,
    "cognito-identity.amazonaws.com:aud": _is_fixed,
    "accounts.google.com:aud": _is_fixed,
    "graph.facebook.com:app_id": _is_fixed,
    "www.amazon.com:app_id": _is_fixed,
}
"""Keys that outsiders can't satisfy at will, with the values for which that is so."""

ACCESS_POINT_KEYS = frozenset({"s3:dataaccesspointaccount", "s3:dataaccesspointarn"})
"""Delegation to another account's access points, whose policies can't be seen: shown, and public all the same."""

SHOWN_KEYS = frozenset(NARROWING) | ACCESS_POINT_KEYS
"""The keys that a finding's condition can have. Every other key counts in the analysis, but says not who gets in."""


def narrows(key: str, value: str) -> bool:
    """Say whether a condition on the key with this value keeps some outsiders out for good.

    Args:
        key: in lower case.
        value: as the policy spells it.
    """
    test = NARROWING.get(key)
    return test is not None and test(value)
