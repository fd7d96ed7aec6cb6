"""Which accounts matter to patterns."""

import pytest

from sekisho.policy.patterns import parse_template, resolve
from sekisho.reasoning.accounts import written_accounts

ACCOUNT = "111122223333"


@pytest.mark.parametrize(
    ("glob", "written"),
    [
        (ACCOUNT, [ACCOUNT]),
        ("*", []),
        ("????????????", []),
        (f"arn:aws:iam::{ACCOUNT}:role/app-2*", [ACCOUNT]),
        (f"ARN:AWS:IAM::{ACCOUNT}:USER/A", [ACCOUNT]),
        (f"{ACCOUNT}:alice", [ACCOUNT]),
        ("arn:aws:iam::*:role/app-2", []),
        ("arn:aws:iam::123:role/app", []),
        ("arn:aws:s3:::example-2", []),
    ],
)
def test_account_ids_that_are_written_out(glob: str, written: list[str]) -> None:
    pattern = resolve(parse_template(glob, wildcards=True, variables=False), lambda _: None)

    assert pattern is not None
    assert list(written_accounts([pattern]) or ()) == written


@pytest.mark.parametrize("glob", ["1111*", "*3333", "arn:aws:iam::1111*", f"*:{ACCOUNT}:*", "arn:aws:iam::?1*:role/x"])
def test_some_digits_may_tell_any_two_accounts_apart(glob: str) -> None:
    pattern = resolve(parse_template(glob, wildcards=True, variables=False), lambda _: None)

    assert pattern is not None
    assert written_accounts([pattern]) is None
