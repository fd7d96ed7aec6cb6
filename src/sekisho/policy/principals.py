"""Principals: every form in which a policy names who may or may not.

Source: IAM User Guide, "AWS JSON policy elements: Principal".
"""

import re
from dataclasses import dataclass
from enum import Enum

from sekisho.policy.arns import account_of


class PrincipalForm(Enum):
    """The forms of one entry of a `Principal` element; the value is the key it stands under."""

    EVERYONE = ("AWS", "everyone")
    ACCOUNT = ("AWS", "account")
    IDENTITY = ("AWS", "identity")  # a user, a role or another IAM identity, by ARN
    SESSION = ("AWS", "session")  # an assumed-role or federated-user session, by ARN
    UNIQUE_ID = ("AWS", "unique id")  # what IAM shows once the principal is deleted
    FEDERATED = ("Federated", "identity provider")
    SERVICE = ("Service", "service")
    CANONICAL_USER = ("CanonicalUser", "canonical user")

    @property
    def key(self) -> str:
        """The key of the principal map that such an entry stands under."""
        return self.value[0]


@dataclass(frozen=True, slots=True)
class Principal:
    """One entry of a `Principal` element, normalised.

    Attributes:
        value: `*` for everyone, an account id, an ARN, a unique id, a provider, a service or a canonical user id.
    """

    form: PrincipalForm
    value: str

    @property
    def account(self) -> str | None:
        """The account that the entry belongs to, where its text says so."""
        match self.form:
            case PrincipalForm.ACCOUNT:
                return self.value
            case PrincipalForm.IDENTITY | PrincipalForm.SESSION:
                return account_of(self.value)
            case _:
                return None

    @property
    def as_map(self) -> dict[str, str]:
        """The entry as a finding shows it: one key, one value."""
        return {self.form.key: self.value}


EVERYONE = Principal(PrincipalForm.EVERYONE, "*")


def parse_principal(key: str, value: str) -> Principal | str:
    """Read one entry of a principal map; return what is wrong with it, in words, when it is not one.

    Args:
        key: `AWS`, `Federated`, `Service` or `CanonicalUser`.
        value: the entry, as it is spelled.
    """
    match key:
        case "AWS":
            return _parse_aws(value)
        case "Federated":
            return Principal(PrincipalForm.FEDERATED, value) if value and "*" not in value else "name one provider"
        case "Service":
            return Principal(PrincipalForm.SERVICE, value) if value else "name a service, such as `sns.amazonaws.com`"
        case "CanonicalUser":
            if not value or "*" in value:
                return "a canonical user id has 64 hexadecimal digits"
            return Principal(PrincipalForm.CANONICAL_USER, value)
        case _:
            return "a principal stands under `AWS`, `Federated`, `Service` or `CanonicalUser`"


_AWS_FORMS = (
    (re.compile(r"[0-9]{12}"), PrincipalForm.ACCOUNT),
    (re.compile(r"arn:[a-z-]+:iam::(?P<value>[^:*?]+):root"), PrincipalForm.ACCOUNT),
    (re.compile(r"arn:[a-z-]+:iam::[^:*?]+:(?:user|role)/[^*?]+"), PrincipalForm.IDENTITY),
    (re.compile(r"arn:[a-z-]+:sts::[^:*?]+:(?:assumed-role|federated-user)/[^*?]+"), PrincipalForm.SESSION),
    (re.compile(r"A[A-Z]{2}A[A-Z0-9]{12,124}"), PrincipalForm.UNIQUE_ID),
    (re.compile(r"[0-9a-fA-F]{64}"), PrincipalForm.CANONICAL_USER),
)
"""The forms under the key `AWS`, the first that matches the whole text; a group `value` is what counts of it."""


def _parse_aws(value: str) -> Principal | str:
    if value == "*":
        return EVERYONE
    for form, result in _AWS_FORMS:
        if found := form.fullmatch(value):
            return Principal(result, found.groupdict().get("value", value))
    if "*" in value or "?" in value:
        return "wildcards are not matched here; use `*` alone, narrowed by a condition on `aws:PrincipalArn`"
    return "name an account, or a user, role or session by its whole ARN"
