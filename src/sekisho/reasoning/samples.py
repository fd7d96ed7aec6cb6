"""What real values look like: preferred wherever a kind of values has one of them, for the reader's sake."""

from collections.abc import Container, Mapping
from itertools import count

from sekisho.reasoning.question import Inside

DIGITS = "0123456789"
LOWER_CASE = "abcdefghijklmnopqrstuvwxyz0123456789-"
NAME_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-"
"""The letters of the names of IAM identities. Source: IAM User Guide, "IAM identifiers"."""

IN_NAMES = frozenset(NAME_LETTERS)

WITHOUT_COLON = "".join(chr(code) for code in range(ord("!"), ord("~") + 1) if chr(code) != ":")

SAMPLE_ACCOUNTS = ("999988887777", "888877776666", "777766665555", "666655554444")


def outside_accounts(inside: Inside) -> tuple[str, ...]:
    """Return sample accounts that are not trusted."""
    return tuple(one for one in SAMPLE_ACCOUNTS if one not in inside.accounts)


def fresh_account(taken: Container[str], inside: Container[str]) -> str:
    """Return an account id that is neither taken nor inside, one of the samples where possible."""
    for one in SAMPLE_ACCOUNTS:
        if one not in taken and one not in inside:
            return one
    numbered = (f"9{number:011d}" for number in count(1))
    return next(one for one in numbered if one not in taken and one not in inside)


FIXED_VALUES: Mapping[str, tuple[str, ...]] = {
    "aws:principalisawsservice": ("false",),  # services are not reported, and are no callers here
    "aws:securetransport": ("true", "false"),
    "aws:viaawsservice": ("false", "true"),
    "lambda:functionurlauthtype": ("NONE", "AWS_IAM"),
    "lambda:invokedviafunctionurl": ("true", "false"),
}
SAMPLES: Mapping[str, tuple[str, ...]] = {
    "aws:referer": ("https://example.com/",),
    "aws:requestedregion": ("us-east-1",),
    "aws:sourcevpc": ("vpc-0a1b2c3d",),
    "aws:sourcevpce": ("vpce-0a1b2c3d",),
    "aws:sourcevpcarn": ("arn:aws:ec2:us-east-1:999988887777:vpc/vpc-0a1b2c3d",),
    "aws:useragent": ("aws-cli/2.31",),
    "aws:userid": ("AIDAEXAMPLEUSERID1234",),
    "aws:vpceaccount": SAMPLE_ACCOUNTS,
    "aws:vpceorgid": ("o-exampleorg1",),
    "aws:vpceorgpaths": ("o-exampleorg1/r-ab12/",),
    "kms:viaservice": ("s3.us-east-1.amazonaws.com",),
    "sts:externalid": ("example-external-id",),
}
