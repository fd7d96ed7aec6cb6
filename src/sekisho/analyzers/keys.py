"""Condition keys as an external access analyzer sees them: which are shown, and which say who the caller is.

Source: IAM User Guide, "Filter keys for access analyzers"; Amazon S3 User Guide, the meaning of "public"; what is not
settled there follows what AWS IAM Access Analyzer has been seen to report.
"""

from collections.abc import Callable, Mapping

from sekisho.policy.fixed import (
    has_fixed_account,
    has_fixed_id,
    has_fixed_organization,
    is_fixed,
    is_narrow_range,
)

NARROWING: Mapping[str, Callable[[str], bool]] = {
    "aws:principalarn": has_fixed_account,
    "aws:principalaccount": is_fixed,
    "aws:principalorgid": is_fixed,
    "aws:principalorgpaths": has_fixed_organization,
    "aws:userid": has_fixed_id,
    "aws:sourceip": is_narrow_range,
    "aws:sourcevpc": is_fixed,
    "aws:sourcevpce": is_fixed,
    "aws:sourcevpcarn": has_fixed_account,
    "aws:vpceaccount": is_fixed,
    "aws:vpceorgid": is_fixed,
    "aws:vpceorgpaths": has_fixed_organization,
    "aws:sourcearn": has_fixed_account,
    "aws:sourceaccount": is_fixed,
    "aws:sourceowner": is_fixed,
    "aws:sourceorgid": is_fixed,
    "aws:sourceorgpaths": has_fixed_organization,
    "aws:ec2instancesourcevpc": is_fixed,
    "kms:calleraccount": is_fixed,
    "cognito-identity.amazonaws.com:aud": is_fixed,
    "accounts.google.com:aud": is_fixed,
    "graph.facebook.com:app_id": is_fixed,
    "www.amazon.com:app_id": is_fixed,
    # Amazon EFS User Guide, "Blocking public access", the meaning of "public"
    "elasticfilesystem:accessedviamounttarget": lambda value: value.lower() == "true",
}
"""Keys that outsiders can't satisfy at will, with the values for which that is so."""

ACCESS_POINT_KEYS = frozenset(
    {
        "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
        "s3express:dataaccesspointaccount", "s3express:dataaccesspointarn",
    }
)  # fmt: skip
"""Delegation to another account's access points, whose policies can't be seen: shown, and public all the same."""

SHOWN_KEYS = frozenset(NARROWING) | ACCESS_POINT_KEYS | {"s3express:sessionmode"}
"""The keys that a finding's condition can have. Every other key counts in the analysis, but says not who gets in."""


USUAL_SPELLING = {
    key.lower(): key
    for key in (
        "aws:SourceVpc", "aws:SourceIp", "aws:ResourceAccount", "aws:ResourceOrgID", "lambda:FunctionUrlAuthType",
        "s3:DataAccessPointArn", "s3:DataAccessPointAccount", "s3:AccessPointNetworkOrigin",
        "s3express:DataAccessPointArn", "s3express:DataAccessPointAccount", "s3express:AccessPointNetworkOrigin",
    )
}  # fmt: skip
"""How keys are spelled that are known without any document naming them."""


def narrows(key: str, value: str) -> bool:
    """Say whether a condition on the key with this value keeps some outsiders out for good.

    Args:
        key: in lower case.
        value: as the policy spells it.
    """
    test = NARROWING.get(key)
    return test is not None and value != "anonymous" and test(value)
