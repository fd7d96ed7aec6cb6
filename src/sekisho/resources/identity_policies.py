"""The identity policies of users and roles, as `GetAccountAuthorizationDetails` tells of them.

Source: IAM API reference, `GetAccountAuthorizationDetails`; IAM User Guide, "Policies and permissions in AWS Identity
and Access Management", identity-based policies and permissions boundaries.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import msgspec

from sekisho.policy import Policy, PolicyError, parse_policy
from sekisho.resources.answers import ReadingError
from sekisho.resources.json_values import is_list, is_object
from sekisho.resources.snapshot import Json

MOST_CHARACTERS: Final = 1_000_000
"""How long a document may be: managed policies of AWS's own, such as ReadOnlyAccess, keep to none of IAM's limits."""


@dataclass(frozen=True, slots=True)
class IdentityPolicy:
    """A policy with its name for the reader: `role policy read`, an ARN, `group admins, policy read`."""

    name: str
    policy: Policy


@dataclass(frozen=True, slots=True)
class Permissions:
    """What is attached to a user or role.

    Attributes:
        principal: its ARN; empty for policies that were given alone.
        policies: its own, the attached managed ones in their default version, and those of its groups.
        boundary: its permissions boundary, where it has one.
        unknown: why not all of this is known, in words; empty when it is.
    """

    principal: str
    policies: tuple[IdentityPolicy, ...]
    boundary: IdentityPolicy | None = None
    unknown: str = ""


class DetailsError(ReadingError):
    """A text is no account authorization details and no policy; the message says how."""


class _Part(msgspec.Struct, frozen=True, rename="pascal"):
    """A part of the answer; its members are called as IAM calls them."""


class _Inline(_Part, frozen=True):
    policy_name: str
    policy_document: Json


class _Attached(_Part, frozen=True):
    policy_arn: str


class _Boundary(_Part, frozen=True):
    permissions_boundary_arn: str


class _Group(_Part, frozen=True):
    group_name: str
    group_policy_list: list[_Inline] = []
    attached_managed_policies: list[_Attached] = []


class _User(_Part, frozen=True):
    arn: str
    user_policy_list: list[_Inline] = []
    attached_managed_policies: list[_Attached] = []
    group_list: list[str] = []
    permissions_boundary: _Boundary | None = None


class _Role(_Part, frozen=True):
    arn: str
    role_policy_list: list[_Inline] = []
    attached_managed_policies: list[_Attached] = []
    permissions_boundary: _Boundary | None = None


class _Version(_Part, frozen=True):
    is_default_version: bool = False
    document: Json = None


class _Managed(_Part, frozen=True):
    arn: str
    policy_version_list: list[_Version] = []


class _Page(_Part, frozen=True):
    user_detail_list: list[_User] = []
    group_detail_list: list[_Group] = []
    role_detail_list: list[_Role] = []
    policies: list[_Managed] = []


def permissions_of_all(pages: Iterable[Mapping[str, Json]]) -> Mapping[str, Permissions]:
    """Return what is attached to each user and role, by its ARN.

    Args:
        pages: answers of `GetAccountAuthorizationDetails`, documents as JSON, as text, or as IAM encodes it in URLs.

    Raises:
        DetailsError: a page is of another shape.
    """
    try:
        read = [msgspec.convert(page, _Page) for page in pages]
    except msgspec.ValidationError as error:
        raise DetailsError(f"these are no account authorization details: {error}") from error
    known = _Known(
        {one.group_name: one for page in read for one in page.group_detail_list},
        {one.arn: one for page in read for one in page.policies},
    )
    users = {one.arn: known.permissions(one) for page in read for one in page.user_detail_list}
    return users | {one.arn: known.permissions(one) for page in read for one in page.role_detail_list}


@dataclass(frozen=True, slots=True)
class _Known:
    """What users and roles refer to."""

    groups: Mapping[str, _Group]
    managed: Mapping[str, _Managed]

    def permissions(self, entity: _User | _Role) -> Permissions:
        try:
            found = tuple(self._policies(entity))
            limit = entity.permissions_boundary
            boundary = self._default(limit.permissions_boundary_arn, "") if limit else None
        except (DetailsError, PolicyError) as error:
            return Permissions(entity.arn, (), None, str(error))
        return Permissions(entity.arn, found, boundary)

    def _policies(self, entity: _User | _Role) -> Iterator[IdentityPolicy]:
        inline = entity.user_policy_list if isinstance(entity, _User) else entity.role_policy_list
        yield from self._own(inline, entity.attached_managed_policies, "")
        for name in entity.group_list if isinstance(entity, _User) else ():
            group = self.groups.get(name)
            if group is None:
                raise DetailsError(f"group {name} is not among the details; leave --filter out")
            yield from self._own(group.group_policy_list, group.attached_managed_policies, f"group {name}, ")

    def _own(self, inline: Iterable[_Inline], attached: Iterable[_Attached], start: str) -> Iterator[IdentityPolicy]:
        for own in inline:
            yield IdentityPolicy(f"{start}inline policy {own.policy_name}", policy_of(own.policy_document))
        for managed in attached:
            yield self._default(managed.policy_arn, start)

    def _default(self, arn: str, start: str) -> IdentityPolicy:
        versions = self.managed[arn].policy_version_list if arn in self.managed else []
        default = next((one for one in versions if one.is_default_version), None)
        if default is None or default.document is None:
            raise DetailsError(f"the document of {arn} is not among the details; leave --filter out")
        return IdentityPolicy(f"{start}{arn}", policy_of(default.document))


def policy_of(document: Json) -> Policy:
    """Parse a document that is JSON, or its text, which IAM encodes as in URLs.

    Raises:
        PolicyError: it is no policy.
    """
    if isinstance(document, str):
        text = unquote(document) if document.lstrip().startswith("%") else document
    else:
        text = msgspec.json.encode(document).decode()
    return parse_policy(text, most_characters=MOST_CHARACTERS)


def policies_alone(value: Json) -> tuple[IdentityPolicy, ...] | None:
    """Return the policies of a document or a list of them; None for what has another shape.

    Raises:
        PolicyError: one is no policy.
    """
    documents = value if is_list(value) else [value]
    if not documents or not all(is_object(one) and "Statement" in one for one in documents):
        return None
    names = ["the policy"] if len(documents) == 1 else [f"policy {number}" for number in range(1, len(documents) + 1)]
    return tuple(IdentityPolicy(name, policy_of(one)) for name, one in zip(names, documents, strict=True))
