"""From a region to the access that a finding shows."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from sekisho.analyzers.blockers import Blockers
from sekisho.analyzers.control_policies import restriction_on
from sekisho.analyzers.keys import ACCESS_POINT_KEYS, USUAL_SPELLING, narrows
from sekisho.analyzers.observation import (
    Because,
    ExternalAccess,
    ResourceControlPolicyRestriction,
    Source,
    WitnessRequest,
)
from sekisho.analyzers.remedies import Opening, remedy_for, remedy_in_words
from sekisho.analyzers.sentence import Telling, sentence_of
from sekisho.analyzers.severity import Case, limited_keys, rate
from sekisho.analyzers.subject import Subject
from sekisho.evaluation import Caller, CallerKind
from sekisho.policy import PrincipalForm
from sekisho.policy.arns import account_of
from sekisho.reasoning import Opener, Region, Solution, Witness, variable_keys
from sekisho.resources.exposure import Way
from sekisho.resources.iam_role import CARRIED_ALONG
from sekisho.resources.snapshot import RawResource


class Passage(msgspec.Struct, frozen=True):
    """A way to a resource, with what is the same for everyone who comes by it.

    Attributes:
        spelled: how the documents spell condition keys, and how those are spelled that they do not name; in order.
        carried_along: the actions that are nothing alone.
        approximations: what had to be assumed.
        is_mended: whether those who come by it are told of a policy that closes it to them.
    """

    subject: Subject
    way: Way
    spelled: Mapping[str, str]
    carried_along: int
    approximations: tuple[str, ...] = ()
    is_mended: bool = True
    _deeds: dict[int, "_Deeds"] = {}
    _openings: "dict[tuple[_Place, ...], _Opening]" = {}

    def deeds(self, actions: int) -> "_Deeds":
        """Return what a finding shows of a set of actions."""
        known = self._deeds.get(actions)
        if known is None:
            table = self.way.actions
            names = tuple(sorted(table.names_in(actions)))
            known = self._deeds[actions] = _Deeds(
                names,
                most_telling(names),
                table.levels_of(actions),
                restriction_on(self.subject.zone, self.subject.resource.owner_account, names)
                if self.subject.control_policies_known
                else ResourceControlPolicyRestriction.FAILED_TO_EVALUATE_RCP,
            )
        return known

    def opening(self, openers: Mapping["_Place", Opener]) -> "_Opening":
        """Return what a finding shows of the statements that let it in."""
        places = tuple(openers)
        known = self._openings.get(places)
        if known is None:
            known = self._openings[places] = _Opening(
                tuple(map(_because, openers.values())),
                frozenset([opener.document.name for opener in openers.values()]),
                limited_keys([opener.statement for opener in openers.values()]),
            )
        return known


class _Deeds(msgspec.Struct, frozen=True):
    """Some actions, as a finding shows them.

    Attributes:
        levels: their access levels.
    """

    names: tuple[str, ...]
    most_telling: str
    levels: frozenset[str]
    restriction: ResourceControlPolicyRestriction


class _Opening(msgspec.Struct, frozen=True):
    """Some statements, as a finding shows them.

    Attributes:
        documents: the names of those that they stand in.
        limited_keys: the condition keys that each of them limits.
    """

    because: tuple[Because, ...]
    documents: frozenset[str]
    limited_keys: frozenset[str]


_Place: TypeAlias = tuple[str, str, int]
"""Where a statement stands: its document's name, what carries the document, and its index there."""


_MOST_MENDED = 20
"""How many groups of callers of one way are told of a policy each: proving them takes longer than finding them."""


def passage_by(subject: Subject, way: Way, found: Solution) -> Passage:
    """Return a way with what is the same for everyone who comes by it.

    Args:
        subject: the resource.
        way: the way.
        found: who comes by it.
    """
    assumed = subject.exposure.approximations
    if found.inexact:
        names = ", ".join(f"`${{{key}}}`" for key in found.inexact)
        assumed = (*assumed, f"not every value of {names} could be tried, and others may let more in")
    carried_along = way.actions.known(CARRIED_ALONG)
    is_mended = len(found.regions) <= _MOST_MENDED
    return Passage(subject, way, _spelling(way, variable_keys(way.gates)), carried_along, assumed, is_mended)


def access_of(passage: Passage, region: Region, blockers: Blockers) -> ExternalAccess:
    """Return the access that a finding shows for a region, without the words that tell it."""
    way, principal = passage.way, region.principal
    deeds = passage.deeds(region.witnesses.actions)
    opening = passage.opening(openers_of(region))
    by_itself = _that_open_by_itself(region, passage.carried_along)
    limited = opening.limited_keys if by_itself is None else passage.opening(by_itself).limited_keys
    public = _is_public(region, way, limited)
    provider = principal.value if principal.form is PrincipalForm.FEDERATED else None
    severity, rule = rate(Case(provider, public, deeds.levels, limited, blockers.whole))
    return ExternalAccess(
        principal=principal.as_map,
        action=deeds.names,
        condition=_condition(way, region, passage.spelled),
        is_public=public,
        witness=_shown_witness(region, region.witnesses[deeds.most_telling], passage.spelled),
        because=opening.because,
        severity=severity,
        severity_rule=rule,
        sources=_sources(passage.subject.resource, way, region, opening.documents),
        blocked_by=blockers.standing,
        resource_control_policy_restriction=deeds.restriction,
        approximations=(*passage.approximations, *blockers.undecided),
    )


def told(access: ExternalAccess, passage: Passage, region: Region, blockers: Blockers) -> ExternalAccess:
    """Return an access with the words that tell it: the sentence, and what would close it."""
    resource = passage.subject.resource
    opening = Opening(passage.subject, passage.way, region, access.because, passage.spelled)
    return replace(
        access,
        remedy=remedy_for(opening) if passage.is_mended else remedy_in_words(opening),
        sentence=sentence_of(
            Telling(
                resource_type=resource.resource_type,
                resource=resource.arn,
                way=passage.way,
                region=region,
                action=most_telling(access.action),
                openers=tuple(openers_of(region).values()),
                blockers=blockers,
                restriction=access.resource_control_policy_restriction,
                approximations=len(access.approximations),
            )
        ),
    )


def _condition(way: Way, region: Region, spelled: Mapping[str, str]) -> dict[str, str]:
    """What narrows the region, by its labels and by the way itself: an access point in a VPC is open to that VPC."""
    shown: dict[str, str] = {}
    if region.condition:
        shown = {spelled.get(key, key): region.condition[key].text for key in sorted(region.condition)}
    vpc = way.given.get("aws:sourcevpc")
    return {**shown, "aws:SourceVpc": vpc[0]} if vpc else shown


def openers_of(region: Region) -> dict[_Place, Opener]:
    """Every statement that lets one of the region's witnesses in, by its place, in document order."""
    return _openers([witness for _, witness in region.witnesses.found])


def _that_open_by_itself(region: Region, carried_along: int) -> dict[_Place, Opener] | None:
    """Every statement that opens something which is a way in by itself; None where all of them do."""
    if not carried_along:
        return None
    found = region.witnesses.found
    chosen = [
        witness for actions, witness in found if actions & ~carried_along or witness.request.action not in CARRIED_ALONG
    ]
    return None if len(chosen) == len(found) else _openers(chosen)


def _openers(witnesses: Iterable[Witness]) -> dict[_Place, Opener]:
    found: dict[_Place, Opener] = {}
    for witness in witnesses:
        for opener in witness.openers:
            document = opener.document
            found.setdefault((document.name, document.resource, opener.statement.index), opener)
    return found


_WELL_KNOWN = (
    "s3:GetObject", "sts:AssumeRole", "kms:Decrypt", "lambda:InvokeFunctionUrl", "lambda:InvokeFunction",
    "sqs:ReceiveMessage", "sns:Publish", "secretsmanager:GetSecretValue", "s3express:CreateSession",
    "ecr:BatchGetImage", "elasticfilesystem:ClientMount", "dynamodb:GetItem", "dynamodb:GetRecords", "ec2:CreateVolume",
    "rds:CopyDBSnapshot", "rds:CopyDBClusterSnapshot",
)  # fmt: skip


def most_telling(actions: tuple[str, ...]) -> str:
    """The action to show a request for: the one that everybody knows, where it is among them."""
    for action in _WELL_KNOWN:
        if action in actions:
            return action
    return next(action for action in actions if action not in CARRIED_ALONG)


def _spelling(way: Way, varying: Iterable[str]) -> Mapping[str, str]:
    """How the documents spell condition keys, and how those are spelled that they do not name but that are known."""
    spelled = {key: USUAL_SPELLING.get(key, key) for key in way.given if way.given[key]}
    for gate in way.gates:
        for document in gate.documents:
            for statement in document.policy.statements:
                for condition in statement.conditions:
                    spelled.setdefault(condition.key.lower(), condition.key)
    for key in varying:
        spelled.setdefault(key, USUAL_SPELLING.get(key, key))
    return dict(sorted(spelled.items()))


def _is_public(region: Region, way: Way, limited: frozenset[str]) -> bool:
    """Say whether anyone at all is let in: nobody is named, and no shown condition keeps some outsiders out for good.

    A provider that has no ARN, such as `accounts.google.com`, has the whole world for its users.
    Source: IAM User Guide, "Findings for external access", and Amazon S3 User Guide for the values.
    """
    if way.narrow and (way.access_point or region.condition.keys() & ACCESS_POINT_KEYS):
        return False
    principal = region.principal
    if principal.form is not PrincipalForm.EVERYONE:
        if principal.form is not PrincipalForm.FEDERATED or principal.value.startswith("arn:"):
            return False
        if not limited.isdisjoint([f"{principal.value}:{claim}" for claim in ("sub", "id", "user_id")]):
            return False
    return not any(narrows(key, label.text) for key, label in region.condition.items())


def _because(opener: Opener) -> Because:
    document, statement = opener.document, opener.statement
    if document.labels:
        return Because(document.name, statement.index, document.labels[statement.index])
    element = ""
    if statement.principals is not None:
        element = ".NotPrincipal" if statement.principals.negated else ".Principal"
    line = document.policy.line_of(statement)
    return Because(document.name, statement.index, f"{statement.path}{element}", statement.sid, line)


def _shown_witness(region: Region, witness: Witness, spelled: Mapping[str, str]) -> WitnessRequest:
    request = witness.request
    context = {
        name: values[0] if len(values) == 1 else values
        for key, name in spelled.items()
        if (values := request.context.get(key)) is not None
    }
    return WitnessRequest(_shown_caller(region, request.caller), request.action, request.resource, context)


def _shown_caller(region: Region, caller: Caller) -> dict[str, str]:
    if caller.kind is CallerKind.ANONYMOUS:
        return {"AWS": "anonymous"}
    if caller.provider is not None:
        return {"Federated": caller.provider}
    if region.principal.form is PrincipalForm.CANONICAL_USER and caller.canonical_id is not None:
        return {"CanonicalUser": caller.canonical_id}
    session = region.principal.form is PrincipalForm.SESSION
    return {"AWS": (caller.session_arn if session else caller.principal_arn) or ""}


def _sources(resource: RawResource, way: Way, region: Region, documents: frozenset[str]) -> tuple[Source, ...]:
    """What opens a bucket of either kind; other resources have no sources. Source: API reference, `FindingSource`."""
    if resource.resource_type not in {"AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket"}:
        return ()
    if way.access_point is not None:
        return (Source("S3_ACCESS_POINT", access_point_arn=way.access_point),)
    delegated = [label.text for key, label in region.condition.items() if key in ACCESS_POINT_KEYS]
    if delegated:
        account = next((text for text in delegated if text.isdigit()), None)
        arn = next((text for text in delegated if text.startswith("arn:")), None)
        return (Source("S3_ACCESS_POINT_ACCOUNT", arn, account or account_of(arn or "") or None),)
    types = {"BucketPolicy": "POLICY", "BucketAcl": "BUCKET_ACL"}
    return tuple(Source(type_) for name, type_ in types.items() if name in documents)
