"""Principals: every form in which a policy names who may or may not.

Source: IAM User Guide, "AWS JSON policy elements: Principal".
"""

import re
from enum import Enum

import msgspec

from sekisho.policy.arns import account_of


class PrincipalForm(Enum):
    """The forms of one entry of a `Principal` element.

    Attributes:
        key: the key of the principal map that such an entry stands under.
        words: what it is, for messages.
        fact: the fact of a caller that such an entry is compared with; None where it is not compared.
    """

    EVERYONE = ("AWS", "everyone", None)
    ACCOUNT = ("AWS", "account", "account")
    IDENTITY = ("AWS", "identity", "principal_arn")  # a user, a role or another IAM identity, by ARN
    SESSION = ("AWS", "session", "session_arn")  # an assumed-role or federated-user session, by ARN
    UNIQUE_ID = ("AWS", "unique id", None)  # what IAM shows once the principal is deleted: it calls no more
    FEDERATED = ("Federated", "identity provider", "provider")
    SERVICE = ("Service", "service", "service")
    CANONICAL_USER = ("CanonicalUser", "canonical user", "canonical_id")

    __hash__ = object.__hash__  # an enum's own hash is that of its name, and slow

    def __init__(self, key: str, words: str, fact: str | None) -> None:
        self.key = key
        self.words = words
        self.fact = fact


class Principal(msgspec.Struct, frozen=True, gc=False):
    """One entry of a `Principal` element, normalised.

    Attributes:
        value: `*` for everyone, an account id, an ARN, a unique id, a provider, a service or a canonical user id.
    """

    form: PrincipalForm
    value: str

    @property
    def account(self) -> str | None:
        """The account that the entry belongs to, where its text says so."""
        if self.form is _ACCOUNT:
            return self.value
        return account_of(self.value) if self.form in _BY_ARN else None

    @property
    def as_map(self) -> dict[str, str]:
        """The entry as a finding shows it: one key, one value."""
        return {self.form.key: self.value}


_ACCOUNT, _FEDERATED, _SERVICE = PrincipalForm.ACCOUNT, PrincipalForm.FEDERATED, PrincipalForm.SERVICE
_BY_ARN = (PrincipalForm.IDENTITY, PrincipalForm.SESSION)
EVERYONE = Principal(PrincipalForm.EVERYONE, "*")


_AWS_FORMS = (
    (r"([0-9]{12})", PrincipalForm.ACCOUNT),
    (r"arn:[a-z-]+:iam::([^:*?]+):root", PrincipalForm.ACCOUNT),
    (r"(arn:[a-z-]+:iam::[^:*?]+:(?:user|role)/[^*?]+)", PrincipalForm.IDENTITY),
    (r"(arn:[a-z-]+:sts::[^:*?]+:(?:assumed-role|federated-user)/[^*?]+)", PrincipalForm.SESSION),
    (r"(A[A-Z]{2}A[A-Z0-9]{12,124})", PrincipalForm.UNIQUE_ID),
    (r"([0-9a-fA-F]{64})", PrincipalForm.CANONICAL_USER),
)
"""The forms under the key `AWS`, the first that matches the whole text; what counts of it is in its one group."""

_AWS_FORM = re.compile("|".join(form for form, _ in _AWS_FORMS))


def parse_principal(key: str, value: str) -> Principal | str:
    """Read one entry of a principal map; return what is wrong with it, in words, when it is not one.

    Args:
        key: `AWS`, `Federated`, `Service` or `CanonicalUser`.
        value: the entry, as it is spelled.
    """
    match key:
        case "AWS":
            if value == "*":
                return EVERYONE
            if found := _AWS_FORM.fullmatch(value):
                group = found.lastindex or 0
                return Principal(_AWS_FORMS[group - 1][1], found[group])
            if "*" in value or "?" in value:
                return "wildcards are not matched here; use `*` alone, narrowed by a condition on `aws:PrincipalArn`"
            return "name an account, or a user, role or session by its whole ARN"
        case "Federated":
            return Principal(_FEDERATED, value) if value and "*" not in value else "name one provider"
        case "Service":
            return Principal(_SERVICE, value) if value else "name a service, such as `sns.amazonaws.com`"
        case "CanonicalUser":
            if not value or "*" in value:
                return "a canonical user id has 64 hexadecimal digits"
            return Principal(PrincipalForm.CANONICAL_USER, value)
        case _:
            return "a principal stands under `AWS`, `Federated`, `Service` or `CanonicalUser`"
