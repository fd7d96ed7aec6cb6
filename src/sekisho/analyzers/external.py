"""External access: who outside the zone of trust gets at a resource.

For each resource: its ways in (`sekisho.resources`), the question whether anyone outside gets through
(`sekisho.reasoning`), and the answer as a finding has it. What could not be read or decided is an observation too.
"""

from collections.abc import Iterable, Iterator

from sekisho.analyzers.access import access_of, passage_by, told
from sekisho.analyzers.blockers import UNBLOCKED, blockers_of, closed_by
from sekisho.analyzers.control_policies import CONTROL_POLICY_CALLS
from sekisho.analyzers.joining import join
from sekisho.analyzers.observation import (
    AnalysisError,
    AtMost,
    ErrorCode,
    ExternalAccess,
    FindingType,
    Observation,
    ResourceAnalysis,
)
from sekisho.analyzers.steps import steps_of_each
from sekisho.analyzers.subject import Subject, question_of
from sekisho.policy import Principal
from sekisho.reasoning import ReasoningError, Solution, UndecidedError, fewest, outline_of, solution_of
from sekisho.resources.answers import ReadingError, UnreadableError
from sekisho.resources.documents import MalformedDocumentError
from sekisho.resources.exposure import Way
from sekisho.resources.gaps import account_gaps, is_denial
from sekisho.resources.hypothetical import hypothetical_resource
from sekisho.resources.registry import read_exposure
from sekisho.resources.snapshot import RawResource, Snapshot
from sekisho.resources.zone import ZoneOfTrust, ZoneType


def analyze_external_access(
    snapshot: Snapshot, *, known_resources: frozenset[str] = frozenset()
) -> Iterator[ResourceAnalysis]:
    """Say of every resource of a snapshot, in its order, who outside its zone of trust gets in.

    Args:
        snapshot: what was read.
        known_resources: ARNs without an account, such as buckets, that belong to the zone as earlier snapshots say; a
            snapshot of one resource does not know the others.
    """
    own = known_resources.union(one.arn for one in snapshot.resources if one.resource_type == "AWS::S3::Bucket")
    failed = {gap.call for account in snapshot.accounts for gap in account_gaps(account)}
    for resource in snapshot.resources:
        yield analyze_resource(
            resource,
            snapshot.zone_of_trust,
            own_resources=own,
            control_policies_known=not failed & CONTROL_POLICY_CALLS,
        )


def analyze_policy_document(
    text: str,
    *,
    resource_type: str,
    owner_account: str,
    resource: str | None = None,
    in_words: bool = True,
    fewest_findings: bool = False,
) -> ResourceAnalysis:
    """Say who would get in if a policy were attached to a resource that has nothing else.

    Args:
        text: the policy.
        resource_type: what it would be attached to.
        owner_account: whose that is.
        resource: its ARN; an example's by default.
        in_words: whether to tell each access in a sentence and what would close it, which takes longer than to find it.
        fewest_findings: whether to leave out findings all of whose requests are among those of others.

    Raises:
        PolicyError: the text is no policy.
        ReadingError: the resource type is not analysed, or the ARN is none.
    """
    zone = ZoneOfTrust(_ACCOUNT, owner_account, "us-east-1")
    raw = hypothetical_resource(text, resource_type=resource_type, owner_account=owner_account, resource=resource)
    try:
        exposure = read_exposure(raw)
    except MalformedDocumentError as error:
        raise error.error from None
    return _analyzed(Subject(raw, zone, exposure), in_words=in_words, fewest_findings=fewest_findings)


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
    except UnreadableError as error:
        denied = all(is_denial(gap.code) for gap in error.gaps)
        code = ErrorCode.ACCESS_DENIED if denied else ErrorCode.INTERNAL_ERROR
        return _analysis(resource, [AnalysisError(code, str(error), error.gaps)])
    except ReadingError as error:
        return _analysis(resource, [AnalysisError(ErrorCode.INTERNAL_ERROR, str(error))])
    return _analyzed(Subject(resource, zone, exposure, own_resources, control_policies_known), in_words=True)


def _analyzed(subject: Subject, *, in_words: bool, fewest_findings: bool = False) -> ResourceAnalysis:
    exposure = subject.exposure
    try:
        accesses: list[ExternalAccess] = []
        for way in exposure.ways:
            accesses += _accesses(subject, way, in_words=in_words, fewest_findings=fewest_findings)
        accesses = join(accesses)
        notes = exposure.notes if accesses or not in_words else (*exposure.notes, *closed_by(subject))
    except ReasoningError as error:
        reason = f"it could not be decided who gets in, because {error}"
        at_most = tuple(_at_most(subject)) if isinstance(error, UndecidedError) else ()
        return _analysis(subject.resource, [AnalysisError(ErrorCode.INTERNAL_ERROR, reason, at_most=at_most)])
    return _analysis(subject.resource, accesses, notes)


def _at_most(subject: Subject) -> Iterator[AtMost]:
    """Yield who may get in at most, by any way."""
    found: dict[Principal, set[str]] = {}
    for way in subject.exposure.ways:
        for one in outline_of(question_of(subject, way)):
            found.setdefault(one.principal, set()).update(one.actions)
    for principal, actions in found.items():
        yield AtMost(principal.as_map, tuple(sorted(actions)))


def _analysis(
    resource: RawResource, outcomes: Iterable[ExternalAccess | AnalysisError], notes: tuple[str, ...] = ()
) -> ResourceAnalysis:
    arn, type_, owner, region = resource.arn, resource.resource_type, resource.owner_account, resource.region
    observations = tuple([Observation(arn, type_, owner, region, _EXTERNAL_ACCESS, outcome) for outcome in outcomes])
    return ResourceAnalysis(arn, type_, owner, region, observations, notes)


_EXTERNAL_ACCESS, _ACCOUNT = FindingType.EXTERNAL_ACCESS, ZoneType.ACCOUNT


def _accesses(subject: Subject, way: Way, *, in_words: bool, fewest_findings: bool) -> list[ExternalAccess]:
    question, further = question_of(subject, way), subject.exposure.further
    found = solution_of(question)
    if not found.regions:
        return []
    if fewest_findings:
        found = Solution(fewest(question, found.regions), found.inexact)
    passage = passage_by(subject, way, found)
    steps = steps_of_each(len(found.regions))
    accesses: list[ExternalAccess] = []
    for region in found.regions:
        if region.witnesses.actions & ~way.carried_along:
            blockers = blockers_of(question, region, further, steps) if further else UNBLOCKED
            access = access_of(passage, region, blockers)
            accesses.append(told(access, passage, region, blockers) if in_words else access)
    return accesses
