"""A finding in one sentence: who can do what, because of which statement, and why its conditions do not stop them.

The sentence says no more than the region and the statements that open it: callers are described by the region, and a
condition that the region does not show narrows them only where every statement that gives the same asks for it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from msgspec.structs import replace

from sekisho.analyzers.blockers import Blockers
from sekisho.analyzers.callers_in_words import BY_KIND, Callers, callers_in_words, claim_of, qualifies
from sekisho.analyzers.lax_conditions import EXTERNAL_ID, Laxity, is_claim, laxity_of
from sekisho.analyzers.observation import ExternalAccess, ResourceControlPolicyRestriction
from sekisho.analyzers.quoting import listed, quoted, shortened
from sekisho.analyzers.severity import limited_keys
from sekisho.evaluation import CallerKind
from sekisho.evaluation.decide import actions_match
from sekisho.policy import Condition, Effect, Principal, PrincipalForm, Statement
from sekisho.policy.arns import parse_arn
from sekisho.policy.catalogue import access_level
from sekisho.policy.operators import Family
from sekisho.reasoning import Gate, Opener, Region
from sekisho.resources.exposure import Way
from sekisho.resources.iam_role import CARRIED_ALONG
from sekisho.resources.shared_snapshots import SHARED_TYPES

MOST_CHARACTERS = 300
"""What a sentence should have at most: shorter forms are tried until one fits, and the shortest is taken as it is."""

_NAME_WIDTH = 64
_MANY = 4


@dataclass(frozen=True, slots=True)
class _Form:
    """How much is told.

    Attributes:
        width: how much of a name or a value is shown.
        narrowing: how many of the things that narrow the callers.
        reasons: how many reasons why conditions do not narrow.
        denies: whether the Denies are told that do not close it.
        sids: whether statements are told by their ids too.
    """

    width: int
    narrowing: int
    reasons: int
    denies: bool
    sids: bool


_FORMS = (
    _Form(width=60, narrowing=6, reasons=2, denies=True, sids=True),
    _Form(width=60, narrowing=6, reasons=2, denies=False, sids=True),
    _Form(width=48, narrowing=4, reasons=1, denies=False, sids=False),
    _Form(width=20, narrowing=1, reasons=0, denies=False, sids=False),
)


@dataclass(frozen=True, slots=True)
class Telling:
    """What a sentence is about.

    Attributes:
        resource: its ARN.
        action: the one to name.
        openers: every statement that lets the region in, once.
    """

    resource_type: str
    resource: str
    way: Way
    region: Region
    action: str
    openers: tuple[Opener, ...]
    blockers: Blockers
    restriction: ResourceControlPolicyRestriction
    approximations: int


def sentence_of(case: Telling) -> str:
    """Tell a region in one sentence, in the fullest form that is short enough."""
    plots = tuple(_plots(case))
    text = ""
    for form in _FORMS:
        text = _Teller(case, plots, form).sentence()
        if len(text) <= MOST_CHARACTERS:
            break
    return text


def joined_sentence(one: ExternalAccess, two: ExternalAccess) -> str:
    """Tell what two ways give the same callers: the first, and what the second adds.

    Args:
        one: the access that is told.
        two: the same callers by another way.
    """
    more = [action for action in two.action if action not in one.action]
    if not more or not one.sentence:
        return one.sentence
    added = quoted(more[0], _NAME_WIDTH) if len(more) == 1 else f"{len(more):,} actions"
    return f"{one.sentence.removesuffix('.')}; another way in adds {added}."


@lru_cache(maxsize=512)
def kind_of(resource_type: str) -> str:
    """Return the noun for a resource type: `layer version` for `AWS::Lambda::LayerVersion`."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+", resource_type.rpartition("::")[2])
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in words) or "resource"


def short_name(arn: str) -> str:
    """Return what people call a resource: the last part of its ARN, of a role without its path."""
    parsed = parse_arn(arn)
    if parsed is None:
        return arn
    if parsed.service == "iam":
        return parsed.resource.rpartition("/")[2] or parsed.resource
    kind, mark, name = parsed.resource.replace(":", "/", 1).partition("/")
    return parsed.resource[len(kind) + 1 :] if mark and name else parsed.resource


# What lets them in.


@dataclass(frozen=True, slots=True)
class _Plot:
    """How one gate lets the caller of the named action in.

    Attributes:
        opener: the statement that asks for least.
        asked: its conditions that only some callers can meet, and that no region shows.
        paths: the parts of the resource that it is about; empty for all of it.
        others: how many statements give the same action to the same principal and did not open: where some part of
            the callers or the resource is told, they may let in others.
    """

    opener: Opener
    asked: tuple[Condition, ...] = ()
    paths: tuple[str, ...] = ()
    others: int = 0


def _plots(case: Telling) -> Iterator[_Plot]:
    witness = case.region.witnesses[case.action]
    for gate in case.way.gates:
        names = {(document.name, document.resource) for document in gate.documents}
        openers = [one for one in witness.openers if (one.document.name, one.document.resource) in names]
        if openers:
            yield _plot(case, gate, min(openers, key=_demands))


def _demands(opener: Opener) -> tuple[int, int]:
    conditions = opener.statement.conditions
    return sum(map(_may_ask, conditions)), len(conditions)


def _may_ask(condition: Condition) -> bool:
    key = condition.key.lower()
    return key == EXTERNAL_ID or is_claim(key)


def _plot(case: Telling, gate: Gate, opener: Opener) -> _Plot:
    asked = tuple(one for one in opener.statement.conditions if _may_ask(one) and limited_keys([_only(opener, one)]))
    paths = tuple(_paths(opener))
    return _Plot(opener, asked, paths, _others(case, gate) if asked or paths else 0)


def _only(opener: Opener, condition: Condition) -> Statement:
    return replace(opener.statement, conditions=(condition,))


def _others(case: Telling, gate: Gate) -> int:
    """Count the statements that give the named action to the same principal and opened nothing of the region."""
    opened = {id(opener.statement) for opener in case.openers}
    return sum(
        statement.effect is Effect.ALLOW
        and id(statement) not in opened
        and _is_for(statement, case.region.principal)
        and actions_match(statement.actions, case.action)
        for document in gate.documents
        for statement in document.policy.statements
    )


def _is_for(statement: Statement, principal: Principal) -> bool:
    principals = statement.principals
    if principals is None or principals.negated:
        return True
    return any(one == principal or one.form is PrincipalForm.EVERYONE for one in principals.entries)


def _paths(opener: Opener) -> Iterator[str]:
    """Yield the patterns of objects that a statement of a bucket or an access point is about; none for all."""
    resources, own = opener.statement.resources, opener.document.resource
    if resources is None or resources.negated or not own.startswith("arn:") or ":s3:" not in own:
        return
    prefix = f"{own}/object/" if opener.document.name == "AccessPointPolicy" else f"{own}/"
    found: list[str] = []
    for glob in resources.globs:
        if glob == own:
            continue
        if not glob.startswith(prefix) or glob.removeprefix(prefix).strip("*") == "":
            return
        found.append(glob.removeprefix(prefix))
    yield from found


# How it is told.


class _Teller:
    """The parts of a sentence, in one form."""

    def __init__(self, case: Telling, plots: tuple[_Plot, ...], form: _Form) -> None:
        self.case, self.plots, self.form, self.width = case, plots, form, form.width
        self.shortest = form is _FORMS[-1]
        self.region = case.region
        self.kind = case.region.witnesses[case.action].request.caller.kind
        self.narrowing = {key: label.text for key, label in case.region.condition.items()}
        if vpc := case.way.given.get("aws:sourcevpc"):
            self.narrowing["aws:sourcevpc"] = vpc[0]
        self.documents = sum(len(gate.documents) for gate in case.way.gates)

    def sentence(self) -> str:
        asked = tuple(condition for plot in self.plots for condition in plot.asked)
        unsigned = _UNSIGNED.get(self.case.resource_type, BY_KIND[CallerKind.ANONYMOUS])
        callers = Callers(self.region.principal, self.kind, self.narrowing, asked, unsigned)
        who = callers_in_words(callers, self.width, self.form.narrowing)
        parts = [f"{who} can {self.what()} {self.where()}"]
        if self.plots:
            parts[0] += f", because {self.because()}"
        parts += self.further()
        text = "; ".join(parts)
        return f"{text[0].upper()}{text[1:]}."

    def what(self) -> str:
        """Name the action and count those that go with it; actions that ask more of the caller stand apart."""
        with_it: list[str] = []
        apart: dict[CallerKind, list[str]] = {}
        witnesses = self.region.witnesses
        mixed = any(self.asks_more(one.request.caller.kind) for one in witnesses.distinct)
        for action in witnesses:
            kind = witnesses[action].request.caller.kind if mixed else self.kind
            if action in CARRIED_ALONG or not self.asks_more(kind):
                with_it.append(action)
            else:
                apart.setdefault(kind, []).append(action)
        with_it.remove(self.case.action)
        told = quoted(self.case.action, _NAME_WIDTH) + self.others(with_it)
        also = [f"{_SHOWING[kind]} {self.counted(actions)}" for kind, actions in sorted(apart.items(), key=_by_kind)]
        return f"{told}, and {listed(also)}," if also else told

    def asks_more(self, kind: CallerKind) -> bool:
        """Say whether callers of a kind have to show something else than those of the named action."""
        return kind is not self.kind and kind is not CallerKind.ANONYMOUS

    def others(self, actions: Sequence[str]) -> str:
        if not actions:
            return ""
        if len(actions) < _MANY or self.shortest:
            return f" and {self.counted(actions, 'other')}"
        levels = set(map(access_level, actions))
        can = ", ".join(word for level, word in _LEVELS.items() if level in levels)
        return f" and {len(actions):,} others ({can})"

    def counted(self, actions: Sequence[str], noun: str = "action") -> str:
        return quoted(actions[0], _NAME_WIDTH) if len(actions) == 1 else f"{len(actions):,} {noun}s"

    def where(self) -> str:
        one = len(self.region.witnesses) == 1
        place = _PREPOSITIONS.get(self.case.action, "on") if one else "on"
        paths = next((plot.paths for plot in self.plots if plot.paths), ())
        within = f"{shortened([quoted(path, self.width) for path in paths], 2)} in " if paths else ""
        if paths and self.shortest:
            within = "part of "
        name = f"the {kind_of(self.case.resource_type)} {quoted(short_name(self.case.resource), _NAME_WIDTH)}"
        point = self.case.way.access_point
        through = f" through the access point {quoted(short_name(point), self.width)}" if point else ""
        return f"{place} {within}{name}{through}"

    def because(self) -> str:
        """Say which statement lets them in: with several gates the last in full, for it stands next to the caller."""
        *before, last = self.plots
        told = f"{self.place(last.opener)} {self.names(last.opener)}{self.conditions(last)}"
        if before and not self.shortest:
            verb = "lets" if len(before) == 1 else "let"
            told += f", and {listed([self.place(plot.opener) for plot in before])} {verb} that through"
        if self.form.denies and (denies := [*self.denies()]):
            does = "does" if len(denies) == 1 else "do"
            told += f", and the Deny at {shortened(denies, 1)} {does} not close it"
        return told

    def place(self, opener: Opener) -> str:
        document, statement = opener.document, opener.statement
        label = document.labels[statement.index] if document.labels else statement.path
        text = quoted(label, _NAME_WIDTH)
        if statement.sid and self.form.sids:
            text += f" ({quoted(statement.sid, self.width)})"
        told = label.startswith(document.name) if document.labels else self.documents == 1
        return text if told else f"{text} of the {document.name}"

    def names(self, opener: Opener) -> str:
        principals, caller = opener.statement.principals, self.region.principal
        if principals is None:
            return "names nobody in particular"
        if principals.negated:
            if not principals.entries:
                return "names everyone by its empty `NotPrincipal`"
            spared = [_entry(one, self.width) for one in principals.entries]
            return f"names everyone but {shortened(spared, 1)}"
        if caller in principals.entries and caller.form is not PrincipalForm.EVERYONE:
            return f"names that {_noun(caller)}"
        if any(one.form is PrincipalForm.EVERYONE for one in principals.entries):
            if opener.document.labels:
                return "names everyone" if opener.statement.conditions == _conditions(opener) else "names all AWS users"
            return "names `*`"
        return f"names {shortened([_entry(one, self.width) for one in principals.entries], 1)}"

    def conditions(self, plot: _Plot) -> str:
        """Say why the conditions of a statement do not keep the callers out, each key once."""
        conditions = _conditions(plot.opener)
        if not conditions:
            return "" if self.case.resource_type in SHARED_TYPES else " and has no condition"
        reasons: dict[Laxity, dict[str, None]] = {}
        narrow = 0
        for condition in conditions:
            if self.is_told(condition, plot):
                narrow += 1
            else:
                laxity = laxity_of(condition, given=self.case.way.given)
                key = quoted(claim_of(condition.key, self.region.principal), self.width)
                reasons.setdefault(laxity, {})[key] = None
        if not reasons:
            return " and has no other condition"
        other = "other" if narrow else "only"
        (laxity, keys), *more = [(one, tuple(keys)) for one, keys in reasons.items()]
        single = not more and len(keys) == 1
        its = f"its {other} condition" if single else "its other conditions" if narrow else "its conditions"
        if not self.form.reasons:
            return f" and {its} {'narrows' if single else 'narrow'} nothing"
        if not more:
            return f" and {its}, {shortened(keys, 2)}, {laxity.one if single else laxity.several}"
        told = [_holding(laxity, keys), *(_holding(*one) for one in more)]
        instance = "" if len(told) <= self.form.reasons else "for instance, "
        return f" and {its} narrow nothing: {instance}{' and '.join(told[: self.form.reasons])}"

    def is_told(self, condition: Condition, plot: _Plot) -> bool:
        """Say whether the callers' description has a condition in it."""
        if condition in plot.asked:
            return True
        key, base = condition.key.lower(), condition.operator.base
        value = self.narrowing.get(key)
        return value is not None and not base.negated and qualifies(self.region.principal, key, value)

    def denies(self) -> Iterator[str]:
        for gate in self.case.way.gates:
            for document in gate.documents:
                for statement in document.policy.statements:
                    if statement.effect is Effect.DENY and actions_match(statement.actions, self.case.action):
                        yield self.place(Opener(document, statement))

    def further(self) -> Iterator[str]:
        more = len(self.case.openers) - len(self.plots)
        if more > 0:
            yield "1 other statement lets them in too" if more == 1 else f"{more:,} other statements let them in too"
        if others := sum(plot.others for plot in self.plots):
            yield f"{'another statement' if others == 1 else f'{others:,} other statements'} may let in more"
        if standing := self.case.blockers.standing:
            of = f" of {quoted(short_name(standing[0].resource), self.width)}" if standing[0].resource else ""
            first = f"the {standing[0].document}{of}"
            verb = "stands" if len(standing) == 1 else "stand"
            part = "" if self.case.blockers.whole else " of some of that"
            yield f"today {shortened([first, *('' for _ in standing[1:])], 1)} {verb} in the way{part}"
        if self.case.restriction is ResourceControlPolicyRestriction.APPLICABLE:
            yield "a resource control policy may keep some out"
        if self.case.approximations:
            yield "something had to be assumed" if self.case.approximations == 1 else "some things had to be assumed"


_SHOWING: Mapping[CallerKind, str] = {
    CallerKind.ANONYMOUS: "without a signature",
    CallerKind.AWS: "with an AWS account",
    CallerKind.SAML: "with a SAML provider's sign-in",
    CallerKind.WEB_IDENTITY: "with an identity provider's token",
    CallerKind.SERVICE: "as an AWS service",
}
_UNSIGNED = {"AWS::EFS::FileSystem": "any client that reaches a mount target"}
"""Who calls without a signature, where that is not anyone on the internet."""

_LEVELS = {
    "List": "list",
    "Read": "read",
    "Write": "write",
    "Tagging": "tag",
    "Permissions management": "change permissions",
}
_PREPOSITIONS = {
    "s3:GetObject": "from", "s3:PutObject": "to", "s3:DeleteObject": "from", "sqs:ReceiveMessage": "from",
    "sqs:SendMessage": "to", "sns:Publish": "to", "sns:Subscribe": "to", "kms:Decrypt": "with", "kms:Encrypt": "with",
    "kms:Sign": "with", "kms:GenerateDataKey": "with", "dynamodb:GetItem": "from", "dynamodb:PutItem": "to",
    "dynamodb:GetRecords": "from", "ecr:BatchGetImage": "from", "ecr:PutImage": "to",
}  # fmt: skip


def _noun(entry: Principal) -> str:
    match entry.form:
        case PrincipalForm.ACCOUNT:
            return "account"
        case PrincipalForm.FEDERATED:
            return "provider"
        case PrincipalForm.IDENTITY:
            return "user" if ":user/" in entry.value else "role"
        case PrincipalForm.SESSION:
            return "session" if ":assumed-role/" in entry.value else "federated user"
        case _:
            return "id"


def _by_kind(one: tuple[CallerKind, list[str]]) -> str:
    return one[0].value


def _entry(entry: Principal, width: int) -> str:
    if entry.form is PrincipalForm.ACCOUNT:
        return f"account {entry.value}" if entry.value.isdigit() else f"account {quoted(entry.value, width)}"
    return quoted(entry.value, width)


def _conditions(opener: Opener) -> tuple[Condition, ...]:
    """The conditions as their author knows them: a grant to all AWS users is no condition in an ACL."""
    conditions = opener.statement.conditions
    if not opener.document.labels:
        return conditions
    return tuple(one for one in conditions if one.operator.base.family is not Family.NULL)


def _holding(laxity: Laxity, keys: Sequence[str]) -> str:
    return f"{shortened(keys, 2)} {laxity.one if len(keys) == 1 else laxity.several}"
