"""What would close a way in: in words, and as a policy where the reasoner proves one.

Candidates come from `mending`, the least invasive first. One is offered when the reasoner has shown three things of
it: that nothing of the finding is left, that no trusted request and none of an AWS service is lost, and that nobody
gains. Otherwise there are words alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from sekisho.analyzers.aws_accounts import AWS_OPERATED_ACCOUNTS
from sekisho.analyzers.blockers import region_as_gate
from sekisho.analyzers.mending import WIDTH, Kept, Mended, narrowed, with_deny
from sekisho.analyzers.observation import Because, Remedy
from sekisho.analyzers.quoting import listed, quoted, shortened
from sekisho.analyzers.subject import Subject, question_of
from sekisho.evaluation import CallerKind
from sekisho.policy import EVERYONE, Patterns, Policy, Principal, PrincipalForm, Principals, Statement, format_policy
from sekisho.policy.actions import ActionTable
from sekisho.reasoning import (
    Document,
    Gate,
    Holds,
    Inside,
    Question,
    ReasoningError,
    Region,
    Wanted,
    gained,
    is_no_more_permissive,
    solve,
)
from sekisho.resources.exposure import Way

_MAX_STEPS = 20_000
"""How many steps each proof may take: a remedy is an extra, for which nobody should have to wait."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A region on a way to a resource, with the statements that open it.

    Attributes:
        spelled: how the documents spell condition keys.
    """

    subject: Subject
    way: Way
    region: Region
    because: tuple[Because, ...]
    spelled: Mapping[str, str]


def remedy_in_words(opening: Opening) -> Remedy:
    """Say what the owner can change so that the access is gone."""
    return Remedy(_advice(opening))


def remedy_for(opening: Opening) -> Remedy:
    """Say what the owner can change so that the access is gone, with the policy that does it where one is proven."""
    document = _policy_of(opening.way)
    if document is not None and not _may_be_own(opening):
        for mended in _candidates(opening, document):
            if _is_proven(opening, document, mended):
                return _told(opening, document, mended)
    return remedy_in_words(opening)


def _may_be_own(opening: Opening) -> bool:
    """Say whether the callers may be the owner's, who cannot be told from others: clients mount without a signature.

    Source: Amazon EFS User Guide, "Using IAM to control access to file systems".
    """
    unsigned = any(one.request.caller.kind is CallerKind.ANONYMOUS for one in opening.region.witnesses.distinct)
    return opening.subject.resource.resource_type == _FILE_SYSTEM and unsigned


_FILE_SYSTEM = "AWS::EFS::FileSystem"


def _policy_of(way: Way) -> Document | None:
    """Return the policy that is mended: that of the first gate, which is the resource's own."""
    return next((one for one in way.gates[0].documents if not one.labels and one.name not in _OF_MANY), None)


_OF_MANY = frozenset({"RegistryPolicy"})
"""Policies of many resources: none is rewritten for the sake of one."""


# The candidates.

_WITHOUT_DENY = frozenset({"AWS::Lambda::Function", "AWS::Lambda::LayerVersion"})
"""Their policies are made of calls to AddPermission, which can't deny. Source: AWS Lambda API reference."""


def _candidates(opening: Opening, document: Document) -> Iterator[Mended]:
    policy, region = document.policy, opening.region
    yield from narrowed(policy, region, opening.spelled)
    if opening.subject.resource.resource_type in _WITHOUT_DENY:
        return
    openers = [
        one.statement for witness in region.witnesses.distinct for one in witness.openers if one.document == document
    ]
    kept = _kept(opening.subject, policy)
    # The openers are those of single requests: where others of the region come by further statements, all is denied.
    for actions, resources in dict.fromkeys([_as_opened(opening, openers), (_every_action(opening), _whole(opening))]):
        yield with_deny(policy, region, kept, actions=actions, resources=resources, spelled=opening.spelled)


def _kept(subject: Subject, policy: Policy) -> Kept:
    """Return the trusted accounts, and of those that AWS operates the ones that a policy names."""
    zone, text = subject.zone, format_policy(policy)
    operated = {one for one in AWS_OPERATED_ACCOUNTS if one in text}
    arns = tuple(f"arn:{zone.partition}:*::{one}:*" for one in sorted(operated) if not one.isdigit())
    numbered = {one for one in operated if one.isdigit()}
    if zone.organization_id is not None:
        return Kept(tuple(sorted(zone.partners | numbered)), zone.organization_id, arns)
    return Kept(tuple(sorted(zone.trusted_accounts | numbered)), None, arns)


def _as_opened(opening: Opening, openers: Sequence[Statement]) -> tuple[Patterns, Patterns | None]:
    """Return the actions and the resources that some statements allow, as they write them where that can be denied."""
    actions, whole = _every_action(opening), _whole(opening)
    globs = dict.fromkeys(glob for one in openers for glob in one.actions.globs)
    if globs and "*" not in globs and not any(one.actions.negated for one in openers):
        actions = Patterns(tuple(globs))
    written = [one.resources for one in openers if one.resources is not None and not one.resources.negated]
    places = dict.fromkeys(glob for one in written for glob in one.globs)
    if whole is None or not places or len(written) < len(openers) or any("${" in glob for glob in places):
        return actions, whole
    return actions, Patterns(tuple(places))


def _every_action(opening: Opening) -> Patterns:
    actions = tuple(opening.region.witnesses)
    if opening.subject.resource.resource_type in _WITHOUT_STAR:
        return Patterns(actions)
    return Patterns((f"{actions[0].partition(':')[0]}:*",))


_WITHOUT_STAR = frozenset({"AWS::SNS::Topic"})
"""Their policies take no pattern for every action. Source: Amazon SNS Developer Guide, "Amazon SNS API permissions"."""


def _whole(opening: Opening) -> Patterns | None:
    resource = opening.subject.resource
    match resource.resource_type:
        case "AWS::IAM::Role" | "AWS::ECR::Repository":
            return None
        case "AWS::KMS::Key":
            return Patterns(("*",))
        case "AWS::S3::Bucket":
            return Patterns((resource.arn, f"{resource.arn}/*"))
        case "AWS::DynamoDB::Table":
            return Patterns((resource.arn, f"{resource.arn}/index/*"))
        case _:
            return Patterns((resource.arn,))


# The proofs.


def _is_proven(opening: Opening, document: Document, mended: Mended) -> bool:
    gates = _with(opening.way.gates, replace(document, policy=mended.policy))
    before = question_of(opening.subject, opening.way)
    try:
        return _closes(before, gates, opening.region) and _keeps(opening.subject, document, before, gates, mended)
    except ReasoningError:  # whatever goes wrong with a remedy, the finding stands
        return False


def _with(gates: Sequence[Gate], document: Document) -> tuple[Gate, ...]:
    """Return the gates with another policy in place of the one of its name in the first gate."""
    first, *others = gates
    documents = tuple([document if one.name == document.name else one for one in first.documents])
    return (replace(first, documents=documents), *others)


def _closes(before: Question, gates: Sequence[Gate], region: Region) -> bool:
    """Say whether the gates let none of a region's requests through."""
    actions = region.witnesses.actions
    targets = tuple(
        [
            replace(one, actions=one.actions & actions, views=(*one.views, one.views[0]))
            for one in before.targets
            if one.actions & actions
        ]
    )
    return not solve(replace(before, gates=(*gates, region_as_gate(region)), targets=targets), steps=_MAX_STEPS)


def _keeps(subject: Subject, document: Document, before: Question, gates: tuple[Gate, ...], mended: Mended) -> bool:
    """Say whether the gates let through what the former did of trusted callers and of services, and nothing more."""
    former, world = before.gates, before.world
    after = _with_further_actions(replace(before, gates=gates), former)
    inside = replace(world, wanted=Wanted.INSIDE, inside=_trusted(subject, document.policy, world.inside, mended))
    services = replace(world, wanted=Wanted.ANYONE, callers=frozenset({CallerKind.SERVICE}))
    for_services = tuple([replace(one, callers=frozenset()) for one in after.targets])
    return (
        not gained(replace(after, world=inside), former, steps=_MAX_STEPS)
        and not gained(replace(after, targets=for_services, world=services), former, steps=_MAX_STEPS)
        and is_no_more_permissive(before, gates, steps=_MAX_STEPS) == Holds()
    )


def _trusted(subject: Subject, policy: Policy, inside: Inside, mended: Mended) -> Inside:
    """Return the callers that a policy has to keep.

    A member of a trusted organization always calls with its id, which the reasoner does not know. So members are
    trusted by that id where a Deny spares them by it, and by their account's number elsewhere.
    """
    kept = _kept(subject, policy)
    operated = (*kept.accounts, *(one.split(":")[4] for one in kept.arns))
    if kept.organization_id is not None and mended.deny is not None and mended.deny.principals == _EVERYONE:
        return replace(inside, accounts=frozenset(operated))
    return replace(inside, accounts=subject.zone.trusted_accounts.union(operated), organization_id=None)


_EVERYONE = Principals((EVERYONE,))


def _with_further_actions(question: Question, gates: Iterable[Gate]) -> Question:
    """Ask for what does not work across accounts too, which insiders may need: for an action of each pattern."""
    known = question.actions
    service = known.names[0].partition(":")[0]
    globs = {
        glob
        for gate in gates
        for document in gate.documents
        for statement in document.policy.statements
        for glob in statement.actions.globs
        if glob.lower().startswith(f"{service}:")
    }
    further = {f"{service}:{_MADE_UP}", *(glob.replace("*", _MADE_UP).replace("?", "X") for glob in globs)}
    table = ActionTable({name.lower(): name for name in (*further, *known.names)}.values())
    new = table.set_of(further)
    targets = tuple([replace(one, actions=table.set_of(known.names_in(one.actions)) | new) for one in question.targets])
    return replace(question, actions=table, targets=targets)


_MADE_UP = "MadeUp"


# The words.


def _told(opening: Opening, document: Document, mended: Mended) -> Remedy:
    resource_type = opening.subject.resource.resource_type
    if mended.deny is not None:
        text = f"add a Deny that refuses {_refused(opening, mended.deny)}; or {_advice(opening)}"
        return Remedy(text, format_policy(mended.policy))
    if mended.policy.statements:
        with_call = " (`lambda:RemovePermission`)" if resource_type in _WITHOUT_DENY else ""
        principal = opening.region.principal
        instead = "" if principal == EVERYONE else _instead(principal, resource_type)
        text = f"{'; '.join(mended.steps)} of the {document.name}{with_call}{f'; or {instead}' if instead else ''}"
        return Remedy(text, format_policy(mended.policy))
    if resource_type in _NEVER_WITHOUT:
        return remedy_in_words(opening)
    return Remedy(f"delete the {document.name}: nothing else is in it")


_NEVER_WITHOUT = frozenset({"AWS::IAM::Role", "AWS::KMS::Key", _FILE_SYSTEM})
"""What always has a policy, or is open to more without one."""


def _refused(opening: Opening, deny: Statement) -> str:
    """Say what a Deny does, in words."""
    region = opening.region
    actions = _named(deny.actions.globs)
    where = "".join(
        f", where {quoted(opening.spelled[key], WIDTH)} is {quoted(label.text, WIDTH)}"
        for key, label in sorted(region.condition.items())
    )
    if region.principal != EVERYONE:
        return f"{actions} to {quoted(region.principal.value, WIDTH)}{where}"
    kept = [
        f"{_WORDS[one.key]}{'s' if len(one.values) > 1 else ''} {_named(one.values)}"
        for one in deny.conditions
        if one.key in _WORDS and one.operator.base.negated
    ]
    return f"{actions} to everyone but {listed([*kept, 'AWS services'])}{where}"


def _named(texts: Sequence[str]) -> str:
    return shortened([quoted(one, WIDTH) for one in texts], _MOST_TOLD)


_MOST_TOLD = 4
"""How many actions, or accounts, are told by name."""

_WORDS = {"aws:PrincipalOrgID": "organization", "aws:PrincipalAccount": "account", "aws:PrincipalArn": "principal"}


def _advice(opening: Opening) -> str:
    principal, resource_type = opening.region.principal, opening.subject.resource.resource_type
    if resource_type in _SHARED_WITH:
        return _unshared(opening)
    instead = _for_clients(opening) if _may_be_own(opening) else _instead(principal, resource_type)
    match principal.form:
        case PrincipalForm.EVERYONE:
            told = instead
        case PrincipalForm.FEDERATED:
            told = f"{instead}, or remove the provider"
        case _:
            told = f"{instead}, or remove it" if instead else "remove the principal if it is not meant to get in"
    return f"{told}: {'; '.join(map(_place, opening.because))}"


_SHARED_WITH = {
    "AWS::EC2::Snapshot": "ec2:ModifySnapshotAttribute",
    "AWS::RDS::DBSnapshot": "rds:ModifyDBSnapshotAttribute",
    "AWS::RDS::DBClusterSnapshot": "rds:ModifyDBClusterSnapshotAttribute",
}
"""The types that an attribute shares, with the call that changes it."""


def _unshared(opening: Opening) -> str:
    """Say how a snapshot is shared no longer."""
    principal, resource_type = opening.region.principal, opening.subject.resource.resource_type
    places = "; ".join(quoted(one.path, WIDTH) for one in opening.because)
    with_call = f"(`{_SHARED_WITH[resource_type]}`): {places}"
    if principal != EVERYONE:
        return f"stop sharing it with account {quoted(principal.value, WIDTH)} {with_call}"
    switch = (
        "; or set block public access for snapshots to `block-all-sharing` in its Region"
        if resource_type == "AWS::EC2::Snapshot"
        else ""
    )
    return f"stop sharing it with `all`, and share it with the accounts that need it instead {with_call}{switch}"


def _for_clients(opening: Opening) -> str:
    mounted = "elasticfilesystem:AccessedViaMountTarget"
    or_so = "" if mounted.lower() in opening.region.condition else f", or add a condition on `{mounted}`"
    return f"name the principals that need it{or_so}"


def _instead(principal: Principal, resource_type: str) -> str:
    """Say how the access can be narrowed where some of it is wanted; empty where there is nothing to say."""
    if principal.form is PrincipalForm.EVERYONE:
        return "name the principals that need it, or add a condition on `aws:PrincipalOrgID` or `aws:PrincipalAccount`"
    if principal.form is PrincipalForm.FEDERATED:
        return "test the audience and the subject of the token"
    if resource_type == "AWS::IAM::Role" and principal.form is PrincipalForm.ACCOUNT:
        return "name the vendor's role instead of the whole account and test `sts:ExternalId`"
    return ""


def _place(one: Because) -> str:
    line = f", line {one.line}" if one.line is not None else ""
    return f"{one.path} of the {one.document}{line}"
