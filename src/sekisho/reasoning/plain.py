"""Questions without a condition: each name in the statements is one kind of caller, and there is no more to tell apart.

This is the short way for what most policies are. It says what the search of `sekisho.reasoning.solve` says; a property
test holds the two equal.
"""

from collections.abc import Mapping, Sequence

from sekisho.evaluation import Caller, CallerKind
from sekisho.policy import EVERYONE, Principal, PrincipalForm
from sekisho.policy.arns import account_of
from sekisho.reasoning.budget import Budget
from sekisho.reasoning.callers import ANONYMOUS, caller_with, federated_kind, user_of
from sekisho.reasoning.clauses import Clause
from sekisho.reasoning.errors import UndecidedError
from sekisho.reasoning.facets import Example
from sekisho.reasoning.gates import Gates
from sekisho.reasoning.proofs import Case, Prover, asked_gates
from sekisho.reasoning.question import Question, Wanted, World
from sekisho.reasoning.regions import MAX_REGIONS
from sekisho.reasoning.samples import fresh_account
from sekisho.reasoning.wishes import wishes_of
from sekisho.reasoning.witnesses import Region

_ACCOUNT, _IDENTITY, _FEDERATED = PrincipalForm.ACCOUNT, PrincipalForm.IDENTITY, PrincipalForm.FEDERATED
_FORMS = (PrincipalForm.EVERYONE, _ACCOUNT, _IDENTITY, _FEDERATED, PrincipalForm.SERVICE, PrincipalForm.UNIQUE_ID)
_ANONYMOUS, _AWS, _SERVICE = CallerKind.ANONYMOUS, CallerKind.AWS, CallerKind.SERVICE
_SAML, _WEB_IDENTITY, _OUTSIDE = CallerKind.SAML, CallerKind.WEB_IDENTITY, Wanted.OUTSIDE


def plain_regions(question: Question, clauses: Sequence[Clause], budget: Budget) -> list[Region] | None:
    """Return who gets in, or None where the question is not that plain.

    Args:
        question: what is asked.
        clauses: its statements, none with policy variables.
        budget: what telling resources apart may cost.

    Raises:
        UndecidedError: the question is beyond the budget, or too many get in.
        UnconfirmedWitnessError: the evaluator contradicts the answer.
    """
    if question.world.wanted is not _OUTSIDE or question.has_shut_gate:
        return None
    named = _named(clauses)
    if named is None or not _has_plain_callers(question.world, named):
        return None
    context = question.world.context
    callers = _callers(question.world, named)
    gates = Gates(question.gates, clauses)
    known: dict[int, int] = {}
    cases: dict[Principal, list[Case]] = {}
    actions: dict[Principal, int] = {}
    wishes = wishes_of(question, clauses, context, budget)
    budget.spend(len(wishes) * (1 + len(callers) // 4))
    for wish in wishes:
        able, wanted, covering = wish.target.callers, wish.target.actions, wish.mask
        for principal, mask, example in callers:
            if able and (example.caller is None or example.caller.kind not in able):
                continue
            holding = mask & covering
            passed = known.get(holding)
            if passed is None:
                passed = known[holding] = gates.passed(holding)
            if through := passed & wanted:
                case = Case(through, holding, (example,), wish)
                if principal in cases:
                    cases[principal].append(case)
                    actions[principal] |= through
                else:
                    cases[principal] = [case]
                    actions[principal] = through
    left = _not_said_wider(actions)
    if len(left) > MAX_REGIONS:
        raise UndecidedError(f"more than {MAX_REGIONS:,} groups of requests get in")
    prover = Prover(question.actions, clauses, context, asked_gates(question))
    return [Region(one, {}, prover.prove(some, cases[one])) for one, some in left.items()]


def _named(clauses: Sequence[Clause]) -> dict[Principal, int] | None:
    """Return whom statements name, each with the bits of those that do; None where one says more than names."""
    named: dict[Principal, int] = {}
    for clause in clauses:
        principals = clause.statement.principals
        if clause.conditions or principals is None or principals.negated:
            return None
        for entry in principals.entries:
            if entry.form not in _FORMS:
                return None
            named[entry] = named.get(entry, 0) | clause.bit
    return named


def _has_plain_callers(world: World, named: Mapping[Principal, int]) -> bool:
    """Say whether callers matter by their names alone: not where anyone may come from any identity provider."""
    if _SERVICE in world.callers:
        return False
    federated = _SAML in world.callers or _WEB_IDENTITY in world.callers
    return not (federated and EVERYONE in named)


def _callers(world: World, named: Mapping[Principal, int]) -> list[tuple[Principal, int, Example]]:
    """Return, for each name, the statements about a caller who goes by it and by no narrower one, and that caller."""
    inside = world.inside.accounts
    about_all = named.get(EVERYONE, 0)
    names = {entry.value for entry in named}
    found: list[tuple[Principal, int, Example]] = []
    if about_all:
        if _ANONYMOUS in world.callers:
            found.append((EVERYONE, about_all, ANONYMOUS))
        if _AWS in world.callers:
            accounts = {entry.account or "" for entry in named}
            found.append((EVERYONE, about_all, user_of(world.partition, fresh_account(accounts, inside), names)))
    for entry, mask in named.items():
        form, value = entry.form, entry.value
        if form is _ACCOUNT:
            if value not in inside:
                found.append((entry, about_all | mask, user_of(world.partition, value, names)))
        elif form is _IDENTITY:
            if (account := account_of(value)) not in inside:
                of_account = named.get(Principal(_ACCOUNT, account), 0)
                found.append((entry, about_all | mask | of_account, caller_with(value, account)))
        elif form is _FEDERATED and (kind := federated_kind(value)) in world.callers:
            found.append((entry, about_all | mask, Example({}, caller=Caller(kind, provider=value))))
    return found


def _not_said_wider(actions: dict[Principal, int]) -> dict[Principal, int]:
    """Leave out the actions that everyone has too, or the whole account."""
    if len(actions) == 1:
        return actions
    of_all = actions.get(EVERYONE, 0)
    left: dict[Principal, int] = {}
    for principal, some in actions.items():
        wider = 0 if principal == EVERYONE else of_all
        if principal.form is _IDENTITY:
            wider |= actions.get(Principal(_ACCOUNT, account_of(principal.value)), 0)
        if some & ~wider:
            left[principal] = some & ~wider
    return left
