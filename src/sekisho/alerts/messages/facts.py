"""What is worth knowing of an event beside its title: facts with their labels, and where to go on."""

from collections.abc import Iterator
from typing import Final

from sekisho.alerts.message import Fact, Link, Moment, Text
from sekisho.alerts.messages import links
from sekisho.alerts.messages.findings import FindingView
from sekisho.alerts.messages.plain import one_line, text_at
from sekisho.alerts.messages.scene import Scene
from sekisho.alerts.moments import parse_time

MOST_FACT: Final = 500
"""How many characters a fact may have."""


def facts_of(scene: Scene) -> Iterator[Fact]:
    """Yield what an event tells, who and whom first."""
    for label, value in _of_finding(scene, scene.finding) if scene.finding else _of_call(scene):
        if value:
            yield Fact(label, value if isinstance(value, tuple) else (one_line(value, MOST_FACT),))


def links_of(scene: Scene) -> Iterator[Link]:
    """Yield where to go on: our own console first."""
    labels, finding = scene.words.links, scene.finding
    if finding:
        yield from _link(labels.finding, links.finding_url(finding.id, scene.wording.console_url))
        yield from _link(labels.resource, links.resource_url(finding.resource, scene.region))
        region = links.region_of_iam(scene.region) if finding.cause_source == _IAM else scene.region
        yield from _link(labels.cloudtrail, links.event_url(finding.cause_id, region))
        return
    partition = links.partition_of(scene.region)
    match scene.target.kind:
        case "user":
            yield from _link(labels.user, links.user_url(scene.target.name, partition))
        case "role" if not scene.target.name.startswith("arn:"):
            yield from _link(labels.role, links.role_url(scene.target.name, partition))
        case "bucket":
            arn = f"arn:{partition}:s3:::{scene.target.name}"
            yield from _link(labels.resource, links.resource_url(arn, scene.region))
        case _:
            yield from _link(labels.resource, links.resource_url(scene.target.name, scene.region))
    if "CloudTrail" in text_at(scene.event, "detail-type"):
        yield from _link(labels.cloudtrail, links.event_url(scene.id, scene.region))


_IAM: Final = "iam.amazonaws.com"


def _link(label: str, url: str) -> Iterator[Link]:
    if url:
        yield Link(label, url)


def _of_call(scene: Scene) -> Iterator[tuple[str, str | Text]]:
    labels, phrases, detail = scene.words.labels, scene.words.phrases, scene.event.get("detail")
    yield labels.who, scene.who
    yield labels.whom, scene.whom
    for label, paths in _PARTICULARS.items():
        value = text_at(detail, *paths)
        yield getattr(labels, label), "" if value in {scene.whom, scene.target.name} else value
    yield labels.source, phrases.separator.join(part for part in (scene.source_ip, scene.via) if part)
    yield labels.mfa, _yes_or_no(scene, scene.mfa)
    yield labels.when, (Moment(scene.at),) if scene.is_dated else ""
    yield labels.account, _account(scene)
    yield labels.region, scene.region
    yield labels.event, f"{scene.event_name} ({scene.event_source})" if scene.event_source else scene.event_name
    yield labels.error, ": ".join(part for part in (scene.error_code, scene.error_message) if part)
    yield labels.user_agent, scene.user_agent


_PARTICULARS: Final = {
    "access_key": ("requestParameters.accessKeyId", "responseElements.accessKey.accessKeyId"),
    "status": ("requestParameters.status",),
    "policy": ("requestParameters.policyArn", "requestParameters.policyName"),
    "group": ("requestParameters.groupName",),
    "role": ("requestParameters.roleName",),
    "device": ("requestParameters.serialNumber",),
}
"""What else of a call's parameters is a fact, by the name of its label."""


def _of_finding(scene: Scene, finding: FindingView) -> Iterator[tuple[str, str | Text]]:
    labels = scene.words.labels
    yield labels.who, scene.who
    yield labels.cause, _cause(finding)
    yield labels.resource, finding.resource
    yield labels.principal, finding.principal
    yield labels.action, finding.actions
    yield labels.condition, finding.condition
    yield labels.public, _yes_or_no(scene, finding.public)
    yield labels.because, finding.because
    yield labels.witness, finding.witness
    yield labels.error, finding.error
    yield labels.when, (Moment(scene.at),) if scene.is_dated else ""
    yield labels.account, _account(scene)
    yield labels.region, scene.region
    yield labels.finding, " ".join(part for part in (finding.check, finding.id) if part)


def _account(scene: Scene) -> str:
    """Return the account as its label needs it: without saying again that it is one."""
    return scene.account if scene.account_id in scene.wording.accounts else scene.account_id


def _yes_or_no(scene: Scene, value: bool | None) -> str:  # noqa: FBT001 - it is what is said
    phrases = scene.words.phrases
    return {True: phrases.yes, False: phrases.no, None: ""}[value]


def _cause(finding: FindingView) -> str | Text:
    """Name the call that led to a finding, and when it was made."""
    at = parse_time(finding.cause_at)
    name = one_line(finding.cause, MOST_FACT)
    return (f"{name}, ", Moment(at)) if name and at else name
