"""What S3 itself calls a public policy: the question that Block Public Access asks.

Source: Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage", the meaning of "public".
"""

from sekisho.policy import Condition, Effect, Policy, PrincipalForm, Statement
from sekisho.policy.arns import account_of
from sekisho.policy.fixed import has_fixed_account, has_fixed_id, is_fixed, is_narrow_range
from sekisho.policy.operators import Family, Quantifier

_LIMITING_KEYS = frozenset(
    {
        "aws:principalarn", "aws:principalaccount", "aws:principalorgid", "aws:principalorgpaths", "aws:sourcearn",
        "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "s3:dataaccesspointaccount",
        "s3express:dataaccesspointaccount",
        # Not in S3's list, or in some of its pages only. A policy that is public cuts all access, so in doubt it is
        # not: the result may include too much access.
        "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid",
        "aws:vpceorgpaths", "aws:ec2instancesourcevpc", "s3:x-amz-server-side-encryption-aws-kms-key-id",
        "s3express:x-amz-server-side-encryption-aws-kms-key-id",
    }
)  # fmt: skip


def is_public(policy: Policy, *, of_access_point: bool = False) -> bool:
    """Say whether S3 counts a policy as public: some Allow of it is limited by no fixed value.

    Denies don't count. Actions need not exist.

    Args:
        policy: of a bucket or an access point.
        of_access_point: whether it is the latter; there `s3:DataAccessPointArn` limits nothing, nor does
            `s3express:DataAccessPointArn`.
    """
    return any(
        statement.effect is Effect.ALLOW
        and _names_everyone(statement)
        and not any(_limits(one, of_access_point=of_access_point) for one in statement.conditions)
        for statement in policy.statements
    )


def _names_everyone(statement: Statement) -> bool:
    principals = statement.principals
    if principals is None or principals.negated:
        return True
    return any(entry.form is PrincipalForm.EVERYONE for entry in principals.entries)


def _limits(condition: Condition, *, of_access_point: bool) -> bool:
    """Say whether a condition limits an Allow to fixed values: no wildcard, no variable, no way around."""
    operator, key = condition.operator, condition.key.lower()
    if operator.base.negated or operator.if_exists or operator.quantifier is Quantifier.ALL:
        return False
    if key == "aws:sourceip":
        return operator.base.family is Family.ADDRESS and all(map(is_narrow_range, condition.values))
    if operator.base.family not in {Family.STRING, Family.ARN}:
        return False
    if key in {"s3:dataaccesspointarn", "s3express:dataaccesspointarn"}:
        return not of_access_point and all(map(_names_an_account, condition.values))
    if key == "aws:userid":
        return all(has_fixed_id(value) for value in condition.values)
    return key in _LIMITING_KEYS and all(map(is_fixed, condition.values))


def _names_an_account(arn: str) -> bool:
    """The account must be fixed, the name of the access point may be a wildcard."""
    return bool(account_of(arn)) and has_fixed_account(arn)
