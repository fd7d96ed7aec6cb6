"""Whether an entry of a `Principal` element means a caller."""

from sekisho.evaluation.request import Caller, CallerKind
from sekisho.policy import Principal, PrincipalForm, Principals


def principal_matches(entry: Principal, caller: Caller) -> bool:
    """Say whether one entry names the caller, or a group that the caller belongs to.

    `*` means everyone, the anonymous included. An account means all its principals; a role all its sessions. Unique
    ids name deleted principals, which call no more.

    Source: IAM User Guide, "AWS JSON policy elements: Principal".
    """
    match entry.form:
        case PrincipalForm.EVERYONE:
            return caller.kind is not CallerKind.SERVICE
        case PrincipalForm.ACCOUNT:
            return caller.account == entry.value
        case PrincipalForm.IDENTITY:
            return caller.principal_arn == entry.value
        case PrincipalForm.SESSION:
            return caller.session_arn == entry.value
        case PrincipalForm.FEDERATED:
            return caller.provider == entry.value
        case PrincipalForm.SERVICE:
            return caller.service == entry.value
        case PrincipalForm.CANONICAL_USER:
            return caller.canonical_id == entry.value
        case PrincipalForm.UNIQUE_ID:
            return False


def principals_match(principals: Principals, caller: Caller, *, deny: bool) -> bool:
    """Say whether a `Principal` or `NotPrincipal` element covers the caller.

    `NotPrincipal` in an Allow covers everyone who is not listed. In a Deny it spares a caller only when the caller's
    account is listed, and, when users or roles of that account are listed too, the caller as well.

    Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
    """
    if not principals.negated:
        return any(principal_matches(entry, caller) for entry in principals.entries)
    if not deny or caller.account is None:
        return not any(principal_matches(entry, caller) for entry in principals.entries)
    return not _is_spared(principals, caller)


def _is_spared(principals: Principals, caller: Caller) -> bool:
    if any(entry.form is PrincipalForm.EVERYONE for entry in principals.entries):
        return True
    of_account = [entry for entry in principals.entries if entry.account == caller.account]
    named = [entry for entry in of_account if entry.form is not PrincipalForm.ACCOUNT]
    others = [entry for entry in principals.entries if entry.form is PrincipalForm.CANONICAL_USER]
    if any(principal_matches(entry, caller) for entry in others):
        return True
    if len(named) == len(of_account):  # the account itself is not listed
        return False
    return not named or any(principal_matches(entry, caller) for entry in named)
