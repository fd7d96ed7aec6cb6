"""What would close a way in, in words."""

from sekisho.analyzers.observation import Because, Remedy
from sekisho.policy import Principal, PrincipalForm


def remedy_for(resource_type: str, principal: Principal, because: tuple[Because, ...]) -> Remedy:
    """Say what the owner can change so that the access is gone."""
    places = "; ".join(_place(one) for one in because)
    if principal.form is PrincipalForm.EVERYONE:
        ways = "name the principals that need it, or add a condition on `aws:PrincipalOrgID` or `aws:PrincipalAccount`"
        text = f"{ways}: {places}"
    elif principal.form is PrincipalForm.FEDERATED:
        text = f"test the audience and the subject of the token, or remove the provider: {places}"
    elif resource_type == "AWS::IAM::Role" and principal.form is PrincipalForm.ACCOUNT:
        text = f"name the vendor's role instead of the whole account and test `sts:ExternalId`, or remove it: {places}"
    else:
        text = f"remove the principal if it is not meant to get in: {places}"
    return Remedy(text)


def _place(one: Because) -> str:
    line = f", line {one.line}" if one.line is not None else ""
    return f"{one.path} of the {one.document}{line}"
