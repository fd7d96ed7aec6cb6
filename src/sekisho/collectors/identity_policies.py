"""Where today's policies of users and roles come from: a file, or IAM itself.

Source: IAM API reference, `GetAccountAuthorizationDetails`.
"""

import gzip
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from sekisho.collectors.collector import Read, Reads, answer
from sekisho.collectors.connection import connect
from sekisho.collectors.errors import CollectError
from sekisho.collectors.options import LiveOptions
from sekisho.policy import PolicyError
from sekisho.resources.gaps import is_denial
from sekisho.resources.identity_policies import DetailsError, Permissions, permissions_of_all, policies_alone
from sekisho.resources.json_values import is_list, is_object

LIVE: Final = "aws"
"""The place that is no file: the account of the credentials."""

_CALL: Final = "iam.get_account_authorization_details"
_GZIP: Final = b"\x1f\x8b"
_LISTS: Final = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")

READS: Reads = {
    "sts.get_caller_identity": Read(None, keep=("Account",), needs=("Account",)),
    _CALL: Read(
        "iam:GetAccountAuthorizationDetails",
        keep=(
            "UserDetailList.Arn",
            "UserDetailList.UserPolicyList",
            "UserDetailList.GroupList",
            "UserDetailList.AttachedManagedPolicies",
            "UserDetailList.PermissionsBoundary",
            "GroupDetailList.GroupName",
            "GroupDetailList.GroupPolicyList",
            "GroupDetailList.AttachedManagedPolicies",
            "RoleDetailList.Arn",
            "RoleDetailList.RolePolicyList",
            "RoleDetailList.AttachedManagedPolicies",
            "RoleDetailList.PermissionsBoundary",
            "Policies.Arn",
            "Policies.PolicyVersionList",
        ),
        needs=("UserDetailList.Arn", "RoleDetailList.Arn", "GroupDetailList.GroupName", "Policies.Arn"),
    ),
}
"""The calls that tell which policies are attached. A scan makes the second one as well, and keeps less of it."""


@dataclass(frozen=True, slots=True)
class AttachedPolicies:
    """The policies that are attached now.

    Attributes:
        place: where they were read.
        by_principal: by the ARN of the user or role.
        alone: those that were given without saying whose they are; None where it was said.
    """

    place: str
    by_principal: Mapping[str, Permissions]
    alone: Permissions | None = None

    def of(self, principal: str) -> Permissions:
        """Return what is attached to a user or role; of one that is not there, why that is not known."""
        if self.alone is not None:
            return self.alone
        found = self.by_principal.get(principal)
        if found is not None:
            return found
        alike = [one for arn, one in self.by_principal.items() if _name(arn) == _name(principal)]
        if len(alike) == 1:  # older records tell no path
            return alike[0]
        return Permissions(principal, (), None, f"{self.place} does not have it: deleted since, or of another account")


def _name(arn: str) -> tuple[str, str, str]:
    """Return the account, whether it is a user or a role, and the name without its path."""
    *_, account, resource = arn.split(":", 5)
    kind, _, name = resource.partition("/")
    return account, kind, name.rpartition("/")[2]


def read_attached(place: str, profile: str | None) -> AttachedPolicies:
    """Read the policies that are attached now.

    Args:
        place: `aws`, or a file: the answer of `aws iam get-account-authorization-details`, its pages as JSON Lines, a
            policy, or a list of policies; each may be compressed with gzip.
        profile: of the AWS configuration, for `aws`.

    Raises:
        CollectError: it cannot be read, or is something else; the message says which permission is missing.
    """
    return _read_live(profile) if place == LIVE else _read_file(Path(place).expanduser())


def _read_live(profile: str | None) -> AttachedPolicies:
    aws = connect(LiveOptions(profile=profile), READS)
    pages = aws.list(_CALL, aws.home)
    for made in pages.failed:
        error = made.error
        if error is not None and is_denial(error.code):
            raise CollectError(
                "--against aws takes iam:GetAccountAuthorizationDetails, which is denied to these credentials;"
                " allow it, or name a file with what `aws iam get-account-authorization-details` answers"
            )
        reason = f"{error.code} {error.message}" if error else ""
        raise CollectError(f"--against aws: iam:GetAccountAuthorizationDetails failed: {' '.join(reason.split())}")
    place = f"account {aws.account_id}"
    try:
        return AttachedPolicies(place, permissions_of_all([answer(one) for one in pages.calls]))
    except DetailsError as error:
        raise CollectError(f"--against aws: {error}") from error


def _read_file(file: Path) -> AttachedPolicies:
    try:
        content = file.read_bytes()
        if content.startswith(_GZIP):
            content = gzip.decompress(content)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CollectError(f"{file}: the file is cut short or damaged; copy it again") from error
    except OSError as error:
        raise CollectError(f"{file}: {error.strerror or error}") from error
    values = list(_values(content, file))
    pages = [page for page in values if is_object(page) and any(name in page for name in _LISTS)]
    try:
        if pages and len(pages) == len(values):
            return AttachedPolicies(str(file), permissions_of_all(pages))
        alone = policies_alone(values[0] if len(values) == 1 else values)
    except (DetailsError, PolicyError) as error:
        raise CollectError(f"{file}: {error}") from error
    if alone is None:
        raise CollectError(
            f"{file}: neither what `aws iam get-account-authorization-details` answers, nor a policy or a list of them"
        )
    return AttachedPolicies(str(file), {}, Permissions("", alone))


def _values(content: bytes, file: Path) -> Iterator[Any]:
    """Yield the JSON of a file: one value, a list of pages, or one value a line."""
    try:
        value: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        lines = [line for line in content.splitlines() if line.strip()]
        try:
            yield from (
                [msgspec.json.decode(line) for line in lines] if len(lines) > 1 else [msgspec.json.decode(content)]
            )
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise CollectError(f"{file}: not JSON: {error}") from error
        return
    is_pages = is_list(value) and value and all(is_object(one) and "Statement" not in one for one in value)
    yield from value if is_pages else [value]
