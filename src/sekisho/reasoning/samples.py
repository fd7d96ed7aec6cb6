"""What real values look like: preferred wherever a kind of values has one of them, for the reader's sake."""

from collections.abc import Callable, Mapping, Sequence

from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.question import Inside
from sekisho.reasoning.words import Word

DIGITS = "0123456789"
LOWER_CASE = "abcdefghijklmnopqrstuvwxyz0123456789-"
NAME_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-"
"""The letters of the names of IAM identities. Source: IAM User Guide, "IAM identifiers"."""

WITHOUT_COLON = "".join(chr(code) for code in range(ord("!"), ord("~") + 1) if chr(code) != ":")

SAMPLE_ACCOUNTS = ("999988887777", "888877776666", "777766665555", "666655554444")


def outside_accounts(inside: Inside) -> tuple[str, ...]:
    """Return sample accounts that are not trusted."""
    return tuple(one for one in SAMPLE_ACCOUNTS if one not in inside.accounts)


MOST_WORDS = 32
"""How many words of one kind are kept to find one from outside among them."""


def enough_words(inside: Inside) -> int:
    """Return how many words of a kind to keep: one more than there are trusted accounts, up to `MOST_WORDS`."""
    return min(len(inside.accounts) + 1, MOST_WORDS)


def outside_word(words: Sequence[Word], is_inside: Callable[[Word], bool]) -> Word:
    """Return a word of a kind that is from outside, or one from inside where the kind has no other.

    Raises:
        UndecidedError: all that were kept are from inside, and there may be more.
    """
    found = next((one for one in words if not is_inside(one)), None)
    if found is None and len(words) == MOST_WORDS:
        raise UndecidedError(f"a pattern matches {MOST_WORDS} trusted accounts, and perhaps others")
    return found or words[0]


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
