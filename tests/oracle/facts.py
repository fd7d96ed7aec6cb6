"""What is known of single condition keys, and of the letters of names.

Source: IAM User Guide, "AWS global condition context keys", availability and value type; "IAM identifiers".
"""

import string
from collections.abc import Mapping

LOWER_CASE = string.ascii_lowercase + string.digits + "-"
NAME_LETTERS = string.ascii_letters + string.digits + "+=,.@_-"
ID_LETTERS = string.ascii_letters + string.digits + "_-"
PRINTABLE = "".join(chr(code) for code in range(ord("!"), ord("~") + 1))

IN_EVERY_REQUEST = frozenset(
    f"aws:{name}"
    for name in (
        "currenttime", "epochtime", "requestedregion", "securetransport", "useragent", "viaawsservice",
    )
)  # fmt: skip
OF_SIGNED_REQUESTS = frozenset(
    f"aws:{name}"
    for name in (
        "calledvia", "calledviafirst", "calledvialast", "ec2instancesourceprivateipv4", "ec2instancesourcevpc",
        "federatedprovider", "multifactorauthage", "multifactorauthpresent", "principalisawsservice",
        "sourceidentity", "tokenissuetime",
    )
)  # fmt: skip
IN_EVERY_SIGNED_REQUEST = frozenset({"aws:principalisawsservice"})
OF_SERVICES = frozenset({"aws:principalservicename", "aws:principalservicenameslist"})
CHOICES: Mapping[str, tuple[str, ...]] = {
    "aws:principalisawsservice": ("false",),
    "aws:securetransport": ("true", "false"),
    "aws:viaawsservice": ("true", "false"),
    "lambda:functionurlauthtype": ("AWS_IAM", "NONE"),
    "lambda:invokedviafunctionurl": ("true", "false"),
}
"""Keys whose values can be listed."""

OF_ANONYMOUS: Mapping[str, str] = {
    "aws:viaawsservice": "false",
    "lambda:functionurlauthtype": "NONE",
}
"""Keys whose value follows from there being no signature."""

ADDRESS_KEYS = frozenset({"aws:sourceip", "aws:vpcsourceip"})
ENDPOINT_KEYS = frozenset(
    f"aws:{name}"
    for name in ("sourcevpc", "sourcevpce", "sourcevpcarn", "vpcsourceip", "vpceaccount", "vpceorgid", "vpceorgpaths")
)
"""Present when a call comes through a VPC endpoint, and then `aws:SourceIp` is not."""


def is_of_tokens(key: str) -> bool:
    """Say whether a key is a claim of an identity provider, which AWS's own and anonymous callers have none of."""
    return key.startswith("saml:") or "." in key.partition(":")[0]
