"""External access: who outside the zone of trust gets at a resource.

For each resource: its ways in (`sekisho.resources`), the question whether anyone outside gets through
(`sekisho.reasoning`), and the answer as a finding has it. What could not be read or decided is an observation too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sekisho.analyzers.aws_accounts import AWS_OPERATED_ACCOUNTS
from sekisho.analyzers.control_policies import CONTROL_POLICY_CALLS, restriction_on
from sekisho.analyzers.keys import ACCESS_POINT_KEYS, SHOWN_KEYS, narrows
from sekisho.analyzers.observation import (
    AnalysisError,
    Because,
    Blocker,
    ErrorCode,
    ExternalAccess,
    FindingType,
    Observation,
    ResourceAnalysis,
    ResourceControlPolicyRestriction,
    Source,
    WitnessRequest,
)
from sekisho.analyzers.remedies import remedy_for
from sekisho.analyzers.severity import Case, case_levels, rate
from sekisho.evaluation import Caller, CallerKind
from sekisho.policy import (
    Condition,
    Effect,
    Patterns,
    Policy,
    PrincipalForm,
    Principals,
    Statement,
    Version,
)
from sekisho.policy.operators import Operator
from sekisho.reasoning import (
    Document,
    Gate,
    Inside,
    Opener,
    Question,
    ReasoningError,
    Region,
    View,
    Witness,
    World,
    solve,
    variable_keys,
)
from sekisho.resources.answers import ReadingError, UnreadableError
from sekisho.resources.documents import MalformedDocumentError
from sekisho.resources.exposure import Exposure, FurtherGate, Way
from sekisho.resources.gaps import account_gaps, is_denial
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.iam_role import CARRIED_ALONG
from sekisho.resources.registry import read_exposure
from sekisho.resources.snapshot import RawResource, Snapshot
from sekisho.resources.zone import ZoneOfTrust, ZoneType


def analyze_external_access(snapshot: Snapshot) -> Iterator[ResourceAnalysis]:
    """Say of every resource of a snapshot, in its order, who outside its zone of trust gets in."""
    own = frozenset(one.arn for one in snapshot.resources if one.resource_type == "AWS::S3::Bucket")
    failed = {gap.call for account in snapshot.accounts for gap in account_gaps(account)}
    for resource in snapshot.resources:
        yield analyze_resource(
            resource,
            snapshot.zone_of_trust,
            own_resources=own,
            control_policies_known=not failed & CONTROL_POLICY_CALLS,
        )


def analyze_policy_document(
    text: str, *, resource_type: str, owner_account: str, resource: str | None = None
) -> ResourceAnalysis:
    """Say who would get in if a policy were attached to a resource that has nothing else.

    Raises:
        PolicyError: the text is no policy.
        KeyError: the resource type is none that can be asked about.
    """
    zone = ZoneOfTrust(ZoneType.ACCOUNT, owner_account, "us-east-1")
    raw = hypothetical_resource(text, resource_type=resource_type, owner_account=owner_account, resource=resource)
    try:
        read_exposure(raw)
    except MalformedDocumentError as error:
        raise error.error from None
    return analyze_resource(raw, zone)


def analyze_resource(
    resource: RawResource,
    zone: ZoneOfTrust,
    *,
    own_resources: frozenset[str] = frozenset(),
    control_policies_known: bool = True,
) -> ResourceAnalysis:
    """Say who outside the zone gets at one resource.

    Args:
        resource: with the answers that describe it.
        zone: who is inside.
        own_resources: ARNs without an account, such as buckets, that belong to the zone.
        control_policies_known: whether the zone's resource control policies could be read.
    """
    try:
        exposure = read_exposure(resource)
        subject = _Subject(resource, zone, exposure, own_resources, control_policies_known)
        accesses = _join(access for way in exposure.ways for access in _accesses(subject, way))
        notes = exposure.notes if accesses else (*exposure.notes, *_closed_by(subject))
    except UnreadableError as error:
        denied = all(is_denial(gap.code) for gap in error.gaps)
        code = ErrorCode.ACCESS_DENIED if denied else ErrorCode.INTERNAL_ERROR
        return _analysis(resource, [AnalysisError(code, str(error), error.gaps)])
    except ReadingError as error:
        return _analysis(resource, [AnalysisError(ErrorCode.INTERNAL_ERROR, str(error))])
    except ReasoningError as error:
        reason = f"it could not be decided who gets in, because {error}"
        return _analysis(resource, [AnalysisError(ErrorCode.INTERNAL_ERROR, reason)])
    return _analysis(resource, accesses, notes)


def _analysis(
    resource: RawResource, outcomes: Iterable[ExternalAccess | AnalysisError], notes: tuple[str, ...] = ()
) -> ResourceAnalysis:
    return ResourceAnalysis(
        resource=resource.arn,
        resource_type=resource.resource_type,
        resource_owner_account=resource.owner_account,
        region=resource.region,
        observations=tuple(
            Observation(
                resource=resource.arn,
                resource_type=resource.resource_type,
                resource_owner_account=resource.owner_account,
                region=resource.region,
                finding_type=FindingType.EXTERNAL_ACCESS,
                outcome=outcome,
            )
            for outcome in outcomes
        ),
        notes=notes,
    )


@dataclass(frozen=True, slots=True)
class _Subject:
    """A resource with everything its analysis needs to know."""

    resource: RawResource
    zone: ZoneOfTrust
    exposure: Exposure
    own_resources: frozenset[str]
    control_policies_known: bool


def _accesses(subject: _Subject, way: Way) -> Iterator[ExternalAccess]:
    question = Question(way.gates, way.targets, _world(subject, way))
    for region in solve(question):
        if not set(region.witnesses) <= CARRIED_ALONG:
            yield _access(subject, way, region, _blockers(question, region, subject.exposure.further))


def _world(subject: _Subject, way: Way) -> World:
    zone, resource = subject.zone, subject.resource
    organization = zone.organization_id or zone.member_of_organization_id
    given: dict[str, tuple[str, ...]] = {"aws:resourceaccount": (resource.owner_account,)}
    if organization is not None:
        given["aws:resourceorgid"] = (organization,)
    return World(
        partition=resource.arn.split(":")[1],
        inside=Inside(
            accounts=zone.trusted_accounts | AWS_OPERATED_ACCOUNTS,
            organization_id=zone.organization_id,
            canonical_ids=subject.exposure.canonical_ids,
            resources=subject.own_resources,
        ),
        callers=subject.exposure.callers,
        shown=SHOWN_KEYS,
        given=given | dict(way.given),
    )


def _access(subject: _Subject, way: Way, region: Region, blocked_by: tuple[Blocker, ...]) -> ExternalAccess:
    resource = subject.resource
    actions = tuple(sorted(region.witnesses))
    openers = _openers(region)
    spelled = _spelling(way)
    public = _is_public(region, way)
    severity, rule = rate(
        Case(
            principal=region.principal,
            is_public=public,
            levels=case_levels(actions),
            tested_keys=frozenset(one.key.lower() for opener in openers for one in opener.statement.conditions),
            blocked=bool(blocked_by),
        )
    )
    because = tuple(map(_because, openers))
    return ExternalAccess(
        principal=region.principal.as_map,
        action=actions,
        condition={spelled.get(key, key): label.text for key, label in sorted(region.condition.items())},
        is_public=public,
        witness=_shown_witness(region, region.witnesses[_most_telling(actions)], spelled),
        because=because,
        severity=severity,
        severity_rule=rule,
        remedy=remedy_for(resource.resource_type, region.principal, because),
        sources=_sources(resource, way, region, openers),
        blocked_by=blocked_by,
        resource_control_policy_restriction=(
            restriction_on(subject.zone, resource.owner_account, actions)
            if subject.control_policies_known
            else ResourceControlPolicyRestriction.FAILED_TO_EVALUATE_RCP
        ),
        approximations=subject.exposure.approximations,
    )


def _closed_by(subject: _Subject) -> Iterator[str]:
    """Yield what keeps everyone outside out of a resource, where it is not plain: the Denies that close it."""
    for way in subject.exposure.ways:
        denies = [
            (document, statement)
            for gate in way.gates
            for document in gate.documents
            for statement in document.policy.statements
            if statement.effect is Effect.DENY
        ]
        question = Question(tuple(map(_without_denies, way.gates)), way.targets, _world(subject, way))
        without = solve(question) if denies else ()
        if without:
            places = ", ".join(f"{statement.path} of the {document.name}" for document, statement in denies)
            who = " and ".join(dict.fromkeys(region.principal.value for region in without))
            yield f"without the Deny at {places}, {who} would get in"
        else:
            names = dict.fromkeys(document.name for gate in way.gates for document in gate.documents)
            yield f"its {' and '.join(names)} let only trusted principals, AWS services or nobody in"


def _without_denies(gate: Gate) -> Gate:
    return Gate(
        tuple(
            replace(
                document,
                policy=replace(
                    document.policy,
                    statements=tuple(one for one in document.policy.statements if one.effect is Effect.ALLOW),
                ),
            )
            for document in gate.documents
        )
    )


def _openers(region: Region) -> list[Opener]:
    """Every statement that lets one of the region's witnesses in, once, in document order."""
    found: dict[tuple[str, str, int], Opener] = {}
    for witness in region.witnesses.values():
        for opener in witness.openers:
            found.setdefault((opener.document.name, opener.document.resource, opener.statement.index), opener)
    return list(found.values())


_WELL_KNOWN = (
    "s3:GetObject", "sts:AssumeRole", "kms:Decrypt", "lambda:InvokeFunctionUrl", "lambda:InvokeFunction",
    "sqs:ReceiveMessage", "sns:Publish", "secretsmanager:GetSecretValue",
)  # fmt: skip


def _most_telling(actions: tuple[str, ...]) -> str:
    """The action to show a request for: the one that everybody knows, where it is among them."""
    alone = [action for action in actions if action not in CARRIED_ALONG]
    return next((action for action in _WELL_KNOWN if action in alone), alone[0])


def _spelling(way: Way) -> Mapping[str, str]:
    """How the documents spell condition keys; those in variables only, in lower case."""
    spelled: dict[str, str] = {}
    for gate in way.gates:
        for document in gate.documents:
            for statement in document.policy.statements:
                for condition in statement.conditions:
                    spelled.setdefault(condition.key.lower(), condition.key)
    for key in variable_keys(way.gates):
        spelled.setdefault(key, key)
    return spelled


def _is_public(region: Region, way: Way) -> bool:
    """Say whether anyone at all is let in: nobody is named, and no shown condition keeps some outsiders out for good.

    A provider that has no ARN, such as `accounts.google.com`, has the whole world for its users.
    Source: IAM User Guide, "Findings for external access", and Amazon S3 User Guide for the values.
    """
    if way.narrow and (way.access_point or region.condition.keys() & ACCESS_POINT_KEYS):
        return False
    principal = region.principal
    anyone = principal.form is PrincipalForm.EVERYONE or (
        principal.form is PrincipalForm.FEDERATED and not principal.value.startswith("arn:")
    )
    return anyone and not any(narrows(key, label.text) for key, label in region.condition.items())


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
        spelled[key]: values[0] if len(values) == 1 else values
        for key, values in sorted(request.context.items())
        if key in spelled
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


def _sources(resource: RawResource, way: Way, region: Region, openers: list[Opener]) -> tuple[Source, ...]:
    """What opens a bucket; other resources have no sources. Source: API reference, `FindingSource`."""
    if resource.resource_type != "AWS::S3::Bucket":
        return ()
    if way.access_point is not None:
        return (Source("S3_ACCESS_POINT", access_point_arn=way.access_point),)
    delegated = [label.text for key, label in region.condition.items() if key in ACCESS_POINT_KEYS]
    if delegated:
        account = next((text for text in delegated if text.isdigit()), None)
        arn = next((text for text in delegated if text.startswith("arn:")), None)
        return (Source("S3_ACCESS_POINT_ACCOUNT", arn, account or (arn.split(":")[4] if arn else None)),)
    names = {opener.document.name for opener in openers}
    types = {"BucketPolicy": "POLICY", "BucketAcl": "BUCKET_ACL"}
    return tuple(Source(type_) for name, type_ in types.items() if name in names)


def _blockers(question: Question, region: Region, further: tuple[FurtherGate, ...]) -> tuple[Blocker, ...]:
    """Return the further gates that let none of the region's requests through."""
    return tuple(
        Blocker(
            document=one.document,
            resource=one.resource,
            reason=f"the {one.document} of {one.resource} does not let these callers do {one.action}",
        )
        for one in further
        if not solve(_question_beyond(question, region, one))
    )


def _question_beyond(question: Question, region: Region, further: FurtherGate) -> Question:
    """Ask the same of the region alone, with one more gate."""
    only_region = _region_as_gate(region)
    targets = tuple(
        replace(
            target,
            views=(*target.views, View(further.action, further.resource), target.views[0]),
        )
        for target in question.targets
        if target.action in region.witnesses
    )
    world = replace(question.world, given={**question.world.given, **further.given})
    return Question((*question.gates, further.gate, only_region), targets, world)


def _region_as_gate(region: Region) -> Gate:
    conditions = tuple(
        Condition(Operator(label.operator), key, (label.text,))
        for key, label in region.condition.items()
        if label.operator is not None
    )
    statement = Statement(0, Effect.ALLOW, Patterns(("*",)), Principals((region.principal,)), None, conditions)
    return Gate((Document("Region", Policy((statement,), Version.V2012), ""),))


@dataclass(frozen=True, slots=True)
class _Identity:
    """What makes two accesses one finding."""

    principal: tuple[tuple[str, str], ...]
    condition: tuple[tuple[str, str], ...]


def _join(accesses: Iterable[ExternalAccess]) -> list[ExternalAccess]:
    """Join what several ways give the same callers, and drop what lies within another access."""
    joined: dict[_Identity, ExternalAccess] = {}
    for access in accesses:
        identity = _Identity(tuple(access.principal.items()), tuple(sorted(access.condition.items())))
        known = joined.get(identity)
        joined[identity] = access if known is None else _merged(known, access)
    found = list(joined.values())
    return [one for one in found if not any(two is not one and _covers(two, one) for two in found)]


def _merged(one: ExternalAccess, two: ExternalAccess) -> ExternalAccess:
    worse = max(one, two, key=lambda access: (access.is_public, access.severity.value))
    return replace(
        worse,
        action=tuple(sorted({*one.action, *two.action})),
        because=tuple(dict.fromkeys((*one.because, *two.because))),
        sources=tuple(dict.fromkeys((*one.sources, *two.sources))),
        is_public=one.is_public or two.is_public,
    )


def _covers(wide: ExternalAccess, narrow: ExternalAccess) -> bool:
    """Say whether one access, by another way, already says all that a narrower one does."""
    everyone = wide.principal == {"AWS": "*"}
    account = wide.principal.get("AWS", "")
    same_account = account.isdigit() and f"::{account}:" in narrow.principal.get("AWS", "")
    return (
        (everyone or same_account or wide.principal == narrow.principal)
        and wide.condition.items() <= narrow.condition.items()
        and set(wide.action) >= set(narrow.action)
        and wide.sources != narrow.sources
    )
