"""From a region to the access that a finding shows."""

from collections.abc import Iterable, Mapping, Sequence

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
from sekisho.analyzers.severity import limited_keys, rate
from sekisho.analyzers.subject import Subject
from sekisho.evaluation import Caller, CallerKind, Request
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
        approximations: what had to be assumed.
        is_mended: whether those who come by it are told of a policy that closes it to them.
    """

    subject: Subject
    way: Way
    spelled: Mapping[str, str]
    approximations: tuple[str, ...] = ()
    is_mended: bool = True
    _deeds: dict[int, "_Deeds"] = {}
    _openings: "dict[int | tuple[int, ...], _Opening]" = {}

    def deeds(self, actions: int) -> "_Deeds":
        """Return what a finding shows of a set of actions."""
        known = self._deeds.get(actions)
        if known is None:
            table = self.way.actions
            names = tuple(sorted(table.names_in(actions)))
            telling = most_telling(names)
            known = self._deeds[actions] = _Deeds(
                names,
                telling,
                table.set_of((telling,)),
                table.levels_of(actions),
                restriction_on(self.subject.zone, self.subject.resource.owner_account, names)
                if self.subject.control_policies_known
                else ResourceControlPolicyRestriction.FAILED_TO_EVALUATE_RCP,
            )
        return known

    def opening(self, found: Sequence[tuple[int, Witness]]) -> "_Opening":
        """Return what a finding shows of the statements that let witnesses in.

        Regions that the same statements open have the same tuples of them; the regions are there as long as this is.
        """
        together = id(found[0][1].openers) if len(found) == 1 else tuple([id(witness.openers) for _, witness in found])
        known = self._openings.get(together)
        if known is None:
            by_identity: dict[int, Opener] = {}
            for _, witness in found:
                for opener in witness.openers:
                    by_identity[id(opener.statement)] = opener
            openers = tuple(by_identity.values())
            known = self._openings[together] = _Opening(
                openers,
                tuple(map(_because, openers)),
                _sources(self.subject.resource, self.way, openers),
                limited_keys([opener.statement for opener in openers]),
            )
        return known


class _Deeds(msgspec.Struct, frozen=True, gc=False):
    """Some actions, as a finding shows them.

    Attributes:
        most_telling: the one to show a request for.
        shown: the same, as a set.
        levels: their access levels.
    """

    names: tuple[str, ...]
    most_telling: str
    shown: int
    levels: frozenset[str]
    restriction: ResourceControlPolicyRestriction


class _Opening(msgspec.Struct, frozen=True, gc=False):
    """Some statements, as a finding shows them.

    Attributes:
        openers: the statements, each once, in document order.
        sources: what they are, of a bucket.
        limited_keys: the condition keys that each of them limits.
    """

    openers: tuple[Opener, ...]
    because: tuple[Because, ...]
    sources: tuple[Source, ...]
    limited_keys: frozenset[str]


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
    is_mended = len(found.regions) <= _MOST_MENDED
    return Passage(subject, way, _spelling(way, variable_keys(way.gates)), assumed, is_mended)


def access_of(passage: Passage, region: Region, blockers: Blockers) -> ExternalAccess:
    """Return the access that a finding shows for a region, without the words that tell it."""
    way, principal, found = passage.way, region.principal, region.witnesses.found
    deeds = passage.deeds(region.witnesses.actions)
    opening = passage.opening(found)
    limited = opening.limited_keys
    if way.carried_along and len(found) > 1:  # one alone opens by itself
        limited = passage.opening(_that_open_by_themselves(found, way.carried_along)).limited_keys
    public = _is_public(region, way, limited)
    provider = principal.value if principal.form is _FEDERATED else None
    rule, severity = rate(deeds.levels, limited, provider=provider, is_public=public, blocked=blockers.whole)
    return ExternalAccess(
        principal=principal.as_map,
        action=deeds.names,
        condition=_condition(way, region, passage.spelled) if region.condition or way.given else {},
        is_public=public,
        witness=_shown_witness(region, deeds, passage.spelled),
        because=opening.because,
        severity=severity,
        severity_rule=rule,
        sources=_sources_of(region, way, opening.sources) if opening.sources else (),
        blocked_by=blockers.standing,
        resource_control_policy_restriction=deeds.restriction,
        approximations=passage.approximations + blockers.undecided,
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
                openers=passage.opening(region.witnesses.found).openers,
                blockers=blockers,
                restriction=access.resource_control_policy_restriction,
                approximations=len(access.approximations),
            )
        ),
    )


def _condition(way: Way, region: Region, spelled: Mapping[str, str]) -> dict[str, str]:
    """What narrows the region, by its labels and by the way itself: an access point in a VPC is open to that VPC."""
    shown = {spelled.get(key, key): region.condition[key].text for key in sorted(region.condition)}
    vpc = way.given.get("aws:sourcevpc")
    return {**shown, "aws:SourceVpc": vpc[0]} if vpc else shown


def _that_open_by_themselves(found: Iterable[tuple[int, Witness]], carried_along: int) -> list[tuple[int, Witness]]:
    """The witnesses for something which is a way in by itself."""
    return [one for one in found if one[0] & ~carried_along or one[1].request.action not in CARRIED_ALONG]


_WELL_KNOWN: Mapping[str, tuple[str, ...]] = {
    "s3": ("s3:GetObject",),
    "sts": ("sts:AssumeRole",),
    "kms": ("kms:Decrypt",),
    "lambda": ("lambda:InvokeFunctionUrl", "lambda:InvokeFunction"),
    "sqs": ("sqs:ReceiveMessage",),
    "sns": ("sns:Publish",),
    "secretsmanager": ("secretsmanager:GetSecretValue",),
    "s3express": ("s3express:CreateSession",),
    "ecr": ("ecr:BatchGetImage",),
    "elasticfilesystem": ("elasticfilesystem:ClientMount",),
    "dynamodb": ("dynamodb:GetItem", "dynamodb:GetRecords"),
    "ec2": ("ec2:CreateVolume",),
    "rds": ("rds:CopyDBSnapshot", "rds:CopyDBClusterSnapshot"),
}
"""Of each service the actions that everybody knows."""


def most_telling(actions: tuple[str, ...]) -> str:
    """The action of a service to show a request for: the one that everybody knows, where it is among them."""
    for action in _WELL_KNOWN.get(actions[0].partition(":")[0], ()):
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
    if principal.form is not _EVERYONE:
        if principal.form is not _FEDERATED or principal.value.startswith("arn:"):
            return False
        if not limited.isdisjoint([f"{principal.value}:{claim}" for claim in ("sub", "id", "user_id")]):
            return False
    for key, label in region.condition.items():  # noqa: SIM110 - a loop, not `any`: asked of every region
        if narrows(key, label.text):
            return False
    return True


def _because(opener: Opener) -> Because:
    document, statement = opener.document, opener.statement
    if document.labels:
        return Because(document.name, statement.index, document.labels[statement.index])
    element = ""
    if statement.principals is not None:
        element = ".NotPrincipal" if statement.principals.negated else ".Principal"
    line = document.policy.line_of(statement)
    return Because(document.name, statement.index, f"{statement.path}{element}", statement.sid, line)


def _shown_witness(region: Region, deeds: _Deeds, spelled: Mapping[str, str]) -> WitnessRequest:
    request = _request_for(region, deeds.shown)
    sent = request.context
    context: dict[str, str | tuple[str, ...]] = {}
    for key, name in spelled.items():
        if key in sent:
            values = sent[key]
            context[name] = values[0] if len(values) == 1 else values
    return WitnessRequest(_shown_caller(region, request.caller), deeds.most_telling, request.resource, context)


def _request_for(region: Region, action: int) -> Request:
    """The request for an action, but for its name: that of all actions which the same statements cover."""
    for actions, witness in region.witnesses.found:
        if actions & action:
            return witness.request
    raise KeyError(action)


def _shown_caller(region: Region, caller: Caller) -> dict[str, str]:
    if caller.kind is _ANONYMOUS:
        return {"AWS": "anonymous"}
    if caller.provider is not None:
        return {"Federated": caller.provider}
    form = region.principal.form
    if form is _CANONICAL_USER and caller.canonical_id is not None:
        return {"CanonicalUser": caller.canonical_id}
    return {"AWS": (caller.session_arn if form is _SESSION else caller.principal_arn) or ""}


_SOURCES = {"BucketPolicy": Source("POLICY"), "BucketAcl": Source("BUCKET_ACL")}


def _sources(resource: RawResource, way: Way, openers: Iterable[Opener]) -> tuple[Source, ...]:
    """What opens a bucket of either kind; other resources have no sources. Source: API reference, `FindingSource`."""
    if resource.resource_type not in {"AWS::S3::Bucket", "AWS::S3Express::DirectoryBucket"}:
        return ()
    if way.access_point is not None:
        return (Source("S3_ACCESS_POINT", access_point_arn=way.access_point),)
    documents = [opener.document.name for opener in openers]
    return tuple([source for name, source in _SOURCES.items() if name in documents])


def _sources_of(region: Region, way: Way, sources: tuple[Source, ...]) -> tuple[Source, ...]:
    """What opens a bucket to a region: another account's access points, where the bucket delegates to them."""
    if way.access_point is not None or region.condition.keys().isdisjoint(ACCESS_POINT_KEYS):
        return sources
    delegated = [label.text for key, label in region.condition.items() if key in ACCESS_POINT_KEYS]
    account = next((text for text in delegated if text.isdigit()), None)
    arn = next((text for text in delegated if text.startswith("arn:")), None)
    return (Source("S3_ACCESS_POINT_ACCOUNT", arn, account or account_of(arn or "") or None),)


_ANONYMOUS = CallerKind.ANONYMOUS
_EVERYONE, _FEDERATED = PrincipalForm.EVERYONE, PrincipalForm.FEDERATED
_CANONICAL_USER, _SESSION = PrincipalForm.CANONICAL_USER, PrincipalForm.SESSION
