"""Whether an entry of a `Principal` element means a caller."""

from collections.abc import Collection, Iterable, Sequence
from typing import TypeAlias

from sekisho.evaluation.request import Caller
from sekisho.policy import EVERYONE, Principal, PrincipalForm, Principals


def principal_matches(entry: Principal, caller: Caller) -> bool:
    """Say whether one entry names the caller, or a group that the caller belongs to.

    `*` means everyone, the anonymous and AWS services included: an example of the guide denies everyone and spares
    services by `aws:PrincipalIsAWSService`. An account means all its principals; a role all its sessions. Unique
    ids name deleted principals, which call no more.

    Source: IAM User Guide, "AWS JSON policy elements: Principal"; for services "AWS global condition context keys".
    """
    form = entry.form
    if form is _EVERYONE:
        return True
    fact = form.fact
    return fact is not None and getattr(caller, fact) == entry.value


_EVERYONE = EVERYONE.form


def _some_entry_matches(entries: Iterable[Principal], caller: Caller) -> bool:
    for entry in entries:  # noqa: SIM110 - a loop, not `any`: this is asked of every statement, for every request
        if principal_matches(entry, caller):
            return True
    return False


def principals_match(principals: Principals, caller: Caller, *, deny: bool) -> bool:
    """Say whether a `Principal` or `NotPrincipal` element covers the caller.

    `NotPrincipal` in an Allow covers everyone who is not listed. In a Deny it spares a caller only when the caller's
    account is listed, and, when users or roles of that account are listed too, the caller as well.

    Source: IAM User Guide, "AWS JSON policy elements: NotPrincipal".
    """
    if not principals.negated:
        return _some_entry_matches(principals.entries, caller)
    if not deny or caller.account is None:
        return not _some_entry_matches(principals.entries, caller)
    return not _is_spared(principals, caller)


def _is_spared(principals: Principals, caller: Caller) -> bool:
    if any(entry.form is PrincipalForm.EVERYONE for entry in principals.entries):
        return True
    of_account = [entry for entry in principals.entries if entry.account == caller.account]
    named = [entry for entry in of_account if entry.form is not PrincipalForm.ACCOUNT]
    others = [entry for entry in principals.entries if entry.form is PrincipalForm.CANONICAL_USER]
    if _some_entry_matches(others, caller):
        return True
    if len(named) == len(of_account):  # the account itself is not listed
        return False
    return not named or _some_entry_matches(named, caller)


Names: TypeAlias = Sequence[tuple[str, Collection[str]]]
"""Facts of a caller, each with values."""


def names_of(entries: Sequence[Principal]) -> Names | None:
    """Return by what a caller is named whom some entry matches: one such fact will do. None where every caller is."""
    if len(entries) == 1:
        form = entries[0].form
        if form is _EVERYONE:
            return None
        return () if form.fact is None else ((form.fact, (entries[0].value,)),)
    names: dict[str, set[str]] = {}
    for entry in entries:
        form = entry.form
        if form is _EVERYONE:
            return None
        if form.fact is not None:
            names.setdefault(form.fact, set()).add(entry.value)
    return tuple(names.items())
