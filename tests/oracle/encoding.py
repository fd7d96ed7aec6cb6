"""The question as a formula: is there a request from outside, for this action, that every gate allows?

Written from `sekisho.evaluation`, statement by statement, with nothing of the reasoner: no classes of values, no
samples, no masks. A request that a solver finds is given back as a `Request`, for the evaluator to judge.
"""

from collections.abc import Iterable, Mapping

from oracle.callers import NOBODY
from oracle.formulas import FALSE, TRUE, Formula, conj, disj, neg
from oracle.globs import Reading
from oracle.mentions import actions_cover, policies_of
from oracle.texts import Pieces, Unknown, matching, member
from oracle.values import Assignment, Option, Text, is_so, resolved
from oracle.world import World
from properties.strategies import ACTIONS, BUCKET
from sekisho.evaluation import Caller, CallerKind, Request
from sekisho.policy import (
    EVERYONE,
    Condition,
    Effect,
    Patterns,
    Policy,
    Principal,
    PrincipalForm,
    Principals,
    Statement,
)
from sekisho.policy.operators import Family, Quantifier
from sekisho.policy.patterns import parse_resource_glob
from sekisho.reasoning import Question, Region

ON_BUCKET = frozenset({"s3:ListBucket"})
"""The actions on the bucket itself; all others are on one of its objects."""


class Encoding:
    """The formulas of one question."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.world = World(question)
        self._conditions: dict[tuple[Condition, bool], Formula] = {}
        self._entries: dict[Principal, Formula] = {}

    def resource(self, action: str) -> Pieces:
        """Return the resource that an action is on."""
        return (BUCKET,) if action in ON_BUCKET else (f"{BUCKET}/", self.world.unknown("object", least=1))

    def kind(self, action: str) -> tuple[object, ...]:
        """Return what the formula of an action depends on: actions of one kind have the same."""
        covering = tuple(
            actions_cover(statement.actions, action)
            for policy in policies_of(self.question)
            for statement in policy.statements
        )
        return covering, action in ON_BUCKET

    def allowed(self, action: str) -> Formula:
        """Say that every gate allows a request for an action."""
        resource = self.resource(action)
        gates: list[Formula] = []
        for gate in self.question.gates:
            matched: dict[Effect, list[Formula]] = {Effect.ALLOW: [], Effect.DENY: []}
            for document in gate.documents:
                for statement in document.policy.statements:
                    if actions_cover(statement.actions, action):
                        applies = self._applies(statement, resource, document.policy)
                        matched[statement.effect].append(applies)
            gates.append(conj((disj(matched[Effect.ALLOW]), neg(disj(matched[Effect.DENY])))))
        return conj(gates)

    def lies_in(self, region: Region) -> Formula:
        """Say that a request lies in a region."""
        everyone = region.principal.form is PrincipalForm.EVERYONE
        checks = [TRUE if everyone else self._entry(region.principal)]
        for key, label in region.condition.items():
            if label.operator is None:
                raise TypeError(label)
            checks.append(
                disj(
                    conj((
                        slot.present,
                        slot.value.holds(label.operator, label.text, self.world if label.variables else None),
                    ))
                    for slot in self.world.slots(key)
                )
            )  # fmt: skip
        return conj(checks)

    def script(self, goal: Formula) -> str:
        """Return the question whether a request can be so, for a solver to read."""
        lines = [f"(declare-const {name} {sort})" for name, sort in self.world.declared.items()]
        lines += [f"(assert {one})" for one in dict.fromkeys(self.world.constraints) if one != TRUE]
        return "\n".join([*lines, f"(assert {goal})"])

    # Statements.

    def _applies(self, statement: Statement, resource: Pieces, policy: Policy) -> Formula:
        variables = policy.version.has_variables
        deny = statement.effect is Effect.DENY
        return conj((
            TRUE if statement.principals is None else self._covers(statement.principals, deny=deny),
            self._is_about(statement.resources, resource, variables=variables),
            *(self._holds(condition, variables=variables) for condition in statement.conditions),
        ))  # fmt: skip

    def _is_about(self, resources: Patterns | None, resource: Pieces, *, variables: bool) -> Formula:
        if resources is None:
            return TRUE
        covered = disj(
            conj((conj(sorted(guard)), matching(pattern, Reading.RESOURCE, resource)))
            for glob in resources.globs
            for guard, pattern in resolved(
                parse_resource_glob(glob, variables=variables), self.world if variables else None
            )
        )
        return neg(covered) if resources.negated else covered

    def _holds(self, condition: Condition, *, variables: bool) -> Formula:
        known = (condition, variables)
        if known not in self._conditions:
            self._conditions[known] = self._condition(condition, variables=variables)
        return self._conditions[known]

    def _condition(self, condition: Condition, *, variables: bool) -> Formula:
        operator, base = condition.operator, condition.operator.base
        key = condition.key.lower()
        present = self.world.present(key)
        if base.family is Family.NULL:
            return disj(neg(present) if value.lower() == "true" else present for value in condition.values)
        each: list[tuple[Formula, Formula]] = []
        for slot in self.world.slots(key):
            found = disj(slot.value.holds(base, value, self.world if variables else None) for value in condition.values)
            each.append((slot.present, neg(found) if base.negated else found))
        all_match = conj(disj((neg(there), found)) for there, found in each)
        some_match = disj(conj((there, found)) for there, found in each)
        match operator.quantifier:
            case Quantifier.ALL:
                return disj((neg(present), all_match))
            case Quantifier.ANY:
                return disj((neg(present), some_match)) if operator.if_exists else some_match
            case None if base.negated:
                return disj((neg(present), all_match))
            case None:
                return disj((neg(present), some_match)) if operator.if_exists else some_match

    # Principals.

    def _entry(self, entry: Principal) -> Formula:
        """Say when an entry names the caller, or a group that the caller belongs to."""
        if entry not in self._entries:
            self._entries[entry] = self._named(entry)
        return self._entries[entry]

    def _named(self, entry: Principal) -> Formula:
        match entry.form:
            case PrincipalForm.EVERYONE:
                return TRUE
            case PrincipalForm.ACCOUNT:
                return disj(fact for fact, account in self.world.callers.account_facts() if account == entry.value)
            case PrincipalForm.IDENTITY:
                return _is_text(self.world.callers.principal_arn, entry.value)
            case PrincipalForm.SESSION:
                return _is_text(self.world.callers.session_arn, entry.value)
            case PrincipalForm.CANONICAL_USER:
                return disj(
                    f"id{place}" for place, one in enumerate(self.world.callers.canonical_ids) if one == entry.value
                )
            case PrincipalForm.FEDERATED | PrincipalForm.SERVICE | PrincipalForm.UNIQUE_ID:
                return FALSE

    def _covers(self, principals: Principals, *, deny: bool) -> Formula:
        listed = disj(self._entry(entry) for entry in principals.entries)
        if not principals.negated:
            return listed
        if not deny:
            return neg(listed)
        if EVERYONE in principals.entries:
            return FALSE
        spared = [self._entry(entry) for entry in principals.entries if entry.form is PrincipalForm.CANONICAL_USER]
        spared += [
            conj((fact, self._spares(principals, account))) for fact, account in self.world.callers.account_facts()
        ]
        return disj((NOBODY, neg(disj(spared))))

    def _spares(self, principals: Principals, account: str) -> Formula:
        """Say when a Deny with `NotPrincipal` spares a caller of an account: it has to be listed, and so do they."""
        of_account = [entry for entry in principals.entries if entry.account == account]
        if not any(entry.form is PrincipalForm.ACCOUNT for entry in of_account):
            return FALSE
        named = [entry for entry in of_account if entry.form is not PrincipalForm.ACCOUNT]
        return disj(map(self._entry, named)) if named else TRUE

    # Requests.

    def request(self, chosen: Assignment, action: str) -> Request:
        """Return the request that a solver found."""
        context: dict[str, tuple[str, ...]] = {}
        for key in self.world.asked_keys:
            values = tuple(slot.value.text(chosen) for slot in self.world.slots(key) if is_so(slot.present, chosen))
            if values:
                context[key] = values
        pieces = self.resource(action)
        resource = "".join(str(chosen.get(one.name, "x")) if isinstance(one, Unknown) else one for one in pieces)
        return Request(self._caller(chosen), action, resource, context)

    def _caller(self, chosen: Assignment) -> Caller:
        if chosen.get(NOBODY) is True:
            return Caller(CallerKind.ANONYMOUS)
        callers = self.world.callers
        account = next(account for fact, account in callers.account_facts() if is_so(fact, chosen))
        has_session = any(_is_option(option, chosen) for option in callers.session_arn.options)
        canonical = [one for place, one in enumerate(callers.canonical_ids) if chosen.get(f"id{place}") is True]
        return Caller(
            CallerKind.AWS,
            account,
            _readable(callers.principal_arn.text(chosen)),
            _readable(callers.session_arn.text(chosen)) if has_session else None,
            canonical_id=canonical[0] if canonical else None,
        )


def _is_text(text: Text, wanted: str) -> Formula:
    return disj(conj((option.when, member(tuple(wanted), option.pieces))) for option in text.options)


def _is_option(option: Option, chosen: Assignment) -> bool:
    return all(is_so(fact, chosen) for fact in option.guard)


def _readable(arn: str) -> str:
    """Give a name to a caller whose name no formula is about."""
    return f"{arn}x" if arn.endswith("/") else arn


def kinds_of(encoding: Encoding) -> Mapping[tuple[object, ...], tuple[str, ...]]:
    """Return the actions, those together whose formulas are the same."""
    found: dict[tuple[object, ...], tuple[str, ...]] = {}
    for action in ACTIONS:
        kind = encoding.kind(action)
        found[kind] = (*found.get(kind, ()), action)
    return found


def in_no(encoding: Encoding, regions: Iterable[Region]) -> Formula:
    """Say that a request lies in none of several regions."""
    return neg(disj(encoding.lies_in(region) for region in regions))
