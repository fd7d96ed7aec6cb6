"""From CloudTrail events to scans: which resources does a call concern, and which analyzers look at them?

Source: EventBridge User Guide, "AWS service events delivered via AWS CloudTrail"; CloudTrail User Guide, "CloudTrail
record contents"; the API reference of each service for the names of parameters.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol, TypeAlias

from sekisho.collectors import UnsupportedArnError
from sekisho.findings import Analyzer, AnalyzerType, FindingStore
from sekisho.resources.json_values import is_list, is_object
from sekisho.resources.zone import partition_of
from sekisho.server.rescans import known_resources
from sekisho.server.waiting import When

DETAIL_TYPE: Final = "AWS API Call via CloudTrail"

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Named:
    """A resource as an event names it.

    Attributes:
        account: whose it is.
        arn: None when more than one resource is concerned, or the event does not say which; everything is then.
        like: the ARNs that it may have in full, as a regular expression, where the event has a part of it only.
        resource_type: of which these are.
        soon: whether it is looked at at once, and once more a little later; else within the hour.
    """

    account: str
    arn: str | None = None
    like: str | None = None
    resource_type: str | None = None
    soon: bool = True


def resources_named_by(event: Mapping[str, Json]) -> tuple[Named, ...]:
    """Return what has to be looked at after an event; empty for one that can change nobody's access.

    Only calls count that succeeded and that can change a policy, an ACL, a setting or a grant of a type that is read,
    or make or delete one. Whatever else a mapping holds, it is no error.

    Args:
        event: an EventBridge envelope, as `json.loads` returns it.
    """
    record = _member(event, "detail")
    if event.get("detail-type") != DETAIL_TYPE or _member(record, "errorCode") is not None:
        return ()
    call = _Call(record)
    name_of = _CALLS.get((call.source, call.name))
    if name_of is None or not re.fullmatch(r"[0-9]{12}", call.account) or not _REGION.fullmatch(call.region):
        return ()
    return tuple(name_of(call))


class Rescans(Protocol):
    """Whoever scans, soon and in the background."""

    def scan(self, analyzer_arn: str) -> None:
        """Have everything looked at for one analyzer."""
        ...

    def scan_resource(
        self, analyzer_arn: str, resource: str, *, owner_account: str | None = None, when: When = ...
    ) -> None:
        """Have one resource looked at for one analyzer.

        Raises:
            CollectError: the text is no ARN of a resource that can be read.
        """
        ...


def request_rescans(events: Iterable[Mapping[str, Json]], store: FindingStore, rescans: Rescans) -> int:
    """Have looked at what events name, by every analyzer that it concerns.

    Returns:
        how many resources and analyzers that makes; a resource that is named twice counts twice.

    Raises:
        StoreError: the analyzers are not known.
    """
    analyzers = store.analyzers()

    @cache
    def known(analyzer_arn: str, resource_type: str) -> tuple[str, ...]:
        return tuple(known_resources(store, analyzer_arn, resource_type))

    pairs = [
        (analyzer, named) for event in events for named in resources_named_by(event) for analyzer in analyzers
        if analyzer.type is AnalyzerType.ORGANIZATION
        or (analyzer.type is AnalyzerType.ACCOUNT and analyzer.account == named.account)
    ]  # fmt: skip
    return sum(_request(analyzer, named, known, rescans) for analyzer, named in pairs)


_KnownResources: TypeAlias = Callable[[str, str], Sequence[str]]
"""Lists what an analyzer has looked at of a type; once for a whole list of events, as that may be long."""


def _request(analyzer: Analyzer, named: Named, known: _KnownResources, rescans: Rescans) -> int:
    arns = _arns(analyzer, named, known)
    if not arns:
        rescans.scan(analyzer.arn)
        return 1
    times = (When.NOW, When.AGAIN) if named.soon else (When.WITHIN_THE_HOUR,)
    asked = 0
    for arn in arns:
        try:
            for when in times:
                rescans.scan_resource(analyzer.arn, arn, owner_account=named.account, when=when)
        except UnsupportedArnError:
            continue  # an event may name what nobody reads
        asked += 1
    return asked


def _arns(analyzer: Analyzer, named: Named, known: _KnownResources) -> Sequence[str]:
    """Return the resources to look at; empty for everything."""
    if named.like is None:
        return [] if named.arn is None else [named.arn]
    pattern = re.compile(named.like)
    alike = [arn for arn in known(analyzer.arn, named.resource_type or "") if pattern.fullmatch(arn)]
    return alike or ([] if named.arn is None else [named.arn])


# --- what each call says of its resource


_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
_NAME: Final = re.compile(r"[\x21-\x7e]{1,512}")


class _Call:
    """The parts of a CloudTrail record that name a resource. What is missing, or no text, is empty."""

    def __init__(self, record: Json) -> None:
        self._record = record
        self.source = self._text("eventSource").removesuffix(".amazonaws.com")
        self.name = _without_date(self._text("eventName"))
        self.region = self._text("awsRegion")
        self.account = self._text("recipientAccountId") or self._text("userIdentity", "accountId")
        self.partition = partition_of(self.region)
        self.is_by_a_service = bool(self._text("userIdentity", "invokedBy"))

    def _text(self, *path: str) -> str:
        found = self._record
        for name in path:
            found = _member(found, name)
        return found if isinstance(found, str) and _NAME.fullmatch(found) else ""

    def asked(self, *path: str) -> str:
        """Return a parameter of the request."""
        return self._text("requestParameters", *path)

    def answered(self, *path: str) -> str:
        """Return a member of the answer."""
        return self._text("responseElements", *path)

    def parameter(self, *path: str) -> Json:
        """Return a parameter as it is."""
        found = _member(self._record, "requestParameters")
        for name in path:
            found = _member(found, name)
        return found

    def answered_arn(self) -> str:
        """Return the ARN that an answer has, however it is spelt."""
        answer = _member(self._record, "responseElements")
        names = list(answer) if is_object(answer) else []
        return next((self.answered(name) for name in names if name.lower() == "arn"), "")

    def resource(self, service: str) -> str:
        """Return the one ARN of a service among the resources that the record lists."""
        listed = _member(self._record, "resources")
        told = [_member(one, "ARN") for one in listed] if is_list(listed) else []
        arns = {one for one in told if isinstance(one, str) and _NAME.fullmatch(one)}
        ours = [one for one in arns if one.split(":")[2:3] == [service]]
        return ours[0] if len(ours) == 1 else ""

    def arn(self, service: str, rest: str) -> str:
        """Return the ARN of something in the account and Region of the call."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{rest}"

    def named(self, arn: str) -> Iterable[Named]:
        """Name one resource; everything where the record does not say which."""
        yield Named(self.account, arn or None)


_NameOf: TypeAlias = Callable[[_Call], Iterable[Named]]


def _without_date(name: str) -> str:
    """Return the name of a call without the version that Lambda's have: `AddPermission20150331v2`."""
    return re.sub(r"20[0-9]{6}(v[0-9]+)?$", "", name)


def _bucket(call: _Call) -> Iterable[Named]:
    name = call.asked("bucketName")
    return call.named(f"arn:{call.partition}:s3:::{name}" if name else call.resource("s3"))


def _bucket_of_access_point(call: _Call) -> Iterable[Named]:
    """Name the bucket that a new access point leads to. What happens to one later does not name it."""
    name = next((name for key in ("bucket", "Bucket", "bucketName") if (name := call.asked(key))), "")
    return call.named(f"arn:{call.partition}:s3:::{name}" if name and not name.startswith("arn:") else "")


def _everything(call: _Call) -> Iterable[Named]:
    return call.named("")


def _role(call: _Call) -> Iterable[Named]:
    """Name a role, whose path the request does not have."""
    created = call.answered("role", "arn")
    name = call.asked("roleName")
    if created or not name:
        return call.named(created)
    prefix = f"arn:{call.partition}:iam::{call.account}:role/"
    like = f"{re.escape(prefix)}(.*/)?{re.escape(name)}"
    return [Named(call.account, prefix + name, like, "AWS::IAM::Role")]


def _key(call: _Call) -> Iterable[Named]:
    made = call.answered("keyMetadata", "arn") or call.answered("replicaKeyMetadata", "arn")
    asked = call.asked("keyId")
    told = call.arn("kms", f"key/{asked}") if asked and ":" not in asked and "/" not in asked else asked
    return call.named(made or call.resource("kms") or told)


def _grant(call: _Call) -> Iterable[Named]:
    """Name the key of a grant. Services make grants all the time, and mostly to themselves or for the account's own."""
    soon = not call.is_by_a_service and not call.asked("granteePrincipal").endswith(".amazonaws.com")
    return [Named(call.account, named.arn, soon=soon) for named in _key(call) if named.arn]


def _function(call: _Call) -> Iterable[Named]:
    """Name a function, which a request may call by its name, by a part of its ARN, with a qualifier or without."""
    asked = call.asked("functionName")
    rest = asked.partition("function:")[2] or asked
    name = rest.split(":")[0]
    return call.named(call.arn("lambda", f"function:{name}") if name else "")


def _layer_version(call: _Call) -> Iterable[Named]:
    made = call.answered("layerVersionArn")
    name = call.asked("layerName").rpartition(":")[2]
    version = call.parameter("versionNumber")
    asked = call.arn("lambda", f"layer:{name}:{version}") if name and isinstance(version, int | str) else ""
    return call.named(made or asked)


def _queue(call: _Call) -> Iterable[Named]:
    parts = (call.answered("queueUrl") or call.asked("queueUrl")).split("/")
    return call.named(f"arn:{call.partition}:sqs:{call.region}:{parts[-2]}:{parts[-1]}" if len(parts) > 1 else "")


def _queue_policy(call: _Call) -> Iterable[Named]:
    attributes = call.parameter("attributes")
    return _queue(call) if is_object(attributes) and "Policy" in attributes else ()


def _topic(call: _Call) -> Iterable[Named]:
    return call.named(call.answered("topicArn") or call.asked("topicArn"))


def _topic_policy(call: _Call) -> Iterable[Named]:
    return _topic(call) if call.asked("attributeName") == "Policy" else ()


def _secret(call: _Call) -> Iterable[Named]:
    """Name a secret; a request may have its name, which its ARN has six more letters after."""
    asked = call.asked("secretId")
    arn = call.answered_arn() or (asked if asked.startswith("arn:") else "")
    if arn or not asked:
        return call.named(arn)
    like = f"{re.escape(call.arn('secretsmanager', f'secret:{asked}'))}-[A-Za-z0-9]{{6}}"
    return [Named(call.account, None, like, "AWS::SecretsManager::Secret")]


def _calls(source: str, name_of: _NameOf, *names: str) -> Mapping[tuple[str, str], _NameOf]:
    return {(source, name): name_of for name in names}


_CALLS: Final[Mapping[tuple[str, str], _NameOf]] = {
    **_calls(
        "s3", _bucket, "CreateBucket", "DeleteBucket", "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl",
        "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock",
        "PutBucketOwnershipControls", "DeleteBucketOwnershipControls",
    ),
    **_calls(
        "s3", _bucket_of_access_point, "CreateAccessPoint", "DeleteAccessPoint",
        "PutAccessPointPolicy", "DeleteAccessPointPolicy",
    ),
    **_calls(
        "s3", _everything, "PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock",
        "CreateMultiRegionAccessPoint", "DeleteMultiRegionAccessPoint", "PutMultiRegionAccessPointPolicy",
    ),
    **_calls("iam", _role, "CreateRole", "UpdateRole", "DeleteRole", "UpdateAssumeRolePolicy"),
    **_calls("kms", _key, "CreateKey", "ReplicateKey", "PutKeyPolicy", "ScheduleKeyDeletion", "CancelKeyDeletion"),
    **_calls("kms", _grant, "CreateGrant", "RetireGrant", "RevokeGrant"),
    **_calls(
        "lambda", _function, "CreateFunction", "DeleteFunction", "AddPermission", "RemovePermission",
        "CreateFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig",
    ),
    **_calls(
        "lambda", _layer_version, "PublishLayerVersion", "DeleteLayerVersion",
        "AddLayerVersionPermission", "RemoveLayerVersionPermission",
    ),
    **_calls("sqs", _queue, "CreateQueue", "DeleteQueue", "AddPermission", "RemovePermission"),
    **_calls("sqs", _queue_policy, "SetQueueAttributes"),
    **_calls("sns", _topic, "CreateTopic", "DeleteTopic", "AddPermission", "RemovePermission"),
    **_calls("sns", _topic_policy, "SetTopicAttributes"),
    **_calls(
        "secretsmanager", _secret, "CreateSecret", "DeleteSecret", "RestoreSecret", "ReplicateSecretToRegions",
        "PutResourcePolicy", "DeleteResourcePolicy",
    ),
}  # fmt: skip
"""How each call names its resource. One that is not here changes nobody's access from outside to what is read."""


def _member(value: Json, name: str) -> Json:
    return value.get(name) if is_object(value) else None
