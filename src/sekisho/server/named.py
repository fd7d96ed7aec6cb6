"""Which resources does a call concern? One table from the calls of CloudTrail's records to how each names its resource.

Source: EventBridge User Guide, "AWS service events delivered via AWS CloudTrail"; CloudTrail User Guide, "CloudTrail
record contents"; the API reference of each service for the names of parameters.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from sekisho.resources.json_values import is_list, is_object
from sekisho.resources.zone import partition_of

DETAIL_TYPE: Final = "AWS API Call via CloudTrail"

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Named:
    """A resource as an event names it, or those of an account that it may mean.

    Attributes:
        account: whose they are.
        arn: of the one; None when the event does not say which. Where nothing else does either, everything is meant.
        like: which of the resources are meant that were looked at before, where the event has a part of a name only:
            their ARNs as a regular expression. Where none is like that, `arn` is meant.
        resource_type: of which these are.
        region: where these are; None for anywhere.
        or_nothing: whether, where none is like that and there is no `arn`, nothing is meant, in place of everything.
        soon: whether it is looked at at once, and once more a little later; else within the hour.
    """

    account: str
    arn: str | None = None
    like: str | None = None
    resource_type: str = ""
    region: str | None = None
    or_nothing: bool = False
    soon: bool = True


def resources_named_by(event: Mapping[str, Json]) -> tuple[Named, ...]:
    """Return what has to be looked at after an event; empty for one that can change nobody's access.

    Only calls count that succeeded and that can change a policy, an ACL, a setting or a grant of a type that is read,
    or make or delete one. Whatever else a mapping holds, it is no error.

    Args:
        event: an EventBridge envelope, as `json.loads` returns it.
    """
    record = member(event, "detail")
    if event.get("detail-type") != DETAIL_TYPE or member(record, "errorCode") is not None:
        return ()
    call = _Call(record)
    name_of = _CALLS.get((call.source, call.name))
    if name_of is None or not _ACCOUNT.fullmatch(call.account) or not _REGION.fullmatch(call.region):
        return ()
    return tuple(name_of(call))


def member(value: Json, name: str) -> Json:
    """Return a member of an object; None of whatever has none."""
    return value.get(name) if is_object(value) else None


def word(value: Json) -> str:
    """Return a name as AWS gives them; empty for what is none."""
    return value if isinstance(value, str) and _NAME.fullmatch(value) else ""


# --- what each call says of its resource


_REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_NAME: Final = re.compile(r"[\x21-\x7e]{1,1024}")
_BUCKET_TYPE: Final = "AWS::S3::Bucket"
_SECRET_TYPE: Final = "AWS::SecretsManager::Secret"  # noqa: S105 - a type


class _Call:
    """The parts of a CloudTrail record that name a resource. What is missing, or no text, is empty."""

    def __init__(self, record: Json) -> None:
        self._record = record
        self.source = self._text("eventSource").removesuffix(".cn").removesuffix(".amazonaws.com")
        self.name = _without_date(self._text("eventName"))
        self.region = self._text("awsRegion")
        self.account = self._text("recipientAccountId") or self._text("userIdentity", "accountId")
        self.partition = partition_of(self.region)
        identity = member(record, "userIdentity")
        self.is_by_a_service = bool(member(identity, "invokedBy")) or member(identity, "type") == "AWSService"

    def _text(self, *path: str) -> str:
        found = self._record
        for name in path:
            found = member(found, name)
        return word(found)

    def asked(self, *path: str) -> str:
        """Return a parameter of the request."""
        return self._text("requestParameters", *path)

    def answered(self, *path: str) -> str:
        """Return a member of the answer."""
        return self._text("responseElements", *path)

    def parameter(self, *path: str) -> Json:
        """Return a parameter as it is."""
        found = member(self._record, "requestParameters")
        for name in path:
            found = member(found, name)
        return found

    def answered_arn(self) -> str:
        """Return the ARN that an answer has, however it is spelt."""
        answer = member(self._record, "responseElements")
        names = list(answer) if is_object(answer) else []
        return next((self.answered(name) for name in names if name.lower() == "arn"), "")

    def listed(self, form: str) -> str:
        """Return the one ARN of a form, a regular expression, among the resources that the record lists."""
        found = {arn for arn, _ in self._listed() if re.fullmatch(form, arn)}
        return found.pop() if len(found) == 1 else ""

    def _listed(self) -> Iterator[tuple[str, str]]:
        listed = member(self._record, "resources")
        for one in listed if is_list(listed) else ():
            yield word(member(one, "ARN")), word(member(one, "accountId"))

    def arn(self, service: str, rest: str, *, region: str = "", account: str = "") -> str:
        """Return the ARN of something, in the account and Region of the call where no other is named."""
        return f"arn:{self.partition}:{service}:{region or self.region}:{account or self.account}:{rest}"

    def named(self, arn: str) -> Iterable[Named]:
        """Name one resource; everything where the record does not say which."""
        yield Named(self._owner(arn), arn or None)

    def _owner(self, arn: str) -> str:
        """Return whose a resource is: the account in its ARN, or that is listed with it, or that hears of the call.

        Who calls what another account has hears of it too.
        """
        in_arn = arn.split(":")[4:5]
        listed = [account for one, account in self._listed() if one == arn]
        return next((one for one in (*in_arn, *listed) if _ACCOUNT.fullmatch(one)), self.account)


_NameOf: TypeAlias = Callable[[_Call], Iterable[Named]]


def _without_date(name: str) -> str:
    """Return the name of a call without the version that Lambda's have: `AddPermission20150331v2`."""
    return re.sub(r"20[0-9]{6}(v[0-9]+)?$", "", name)


def _bucket(call: _Call) -> Iterable[Named]:
    name = call.asked("bucketName")
    return call.named(_listed_bucket(call) or (f"arn:{call.partition}:s3:::{name}" if name else ""))


def _listed_bucket(call: _Call) -> str:
    return call.listed(r"arn:[a-z-]+:s3:::[^/:]+")


def _bucket_of_access_point(call: _Call) -> Iterable[Named]:
    """Name the bucket that a new access point leads to, which may be another account's."""
    request = call.parameter("CreateAccessPointRequest")
    asked = (word(member(one, key)) for one in (call.parameter(), request) for key in ("bucket", "Bucket"))
    name = next(filter(None, asked), "")
    arn = _listed_bucket(call) or (f"arn:{call.partition}:s3:::{name}" if name else "")
    return call.named(arn) if arn and not name.startswith("arn:") else _buckets_here(call)


def _buckets_here(call: _Call) -> Iterable[Named]:
    """Name the buckets of a Region: what happens to an access point does not name the bucket that it leads to.

    Source: Amazon S3 User Guide, "Creating access points": it is in the Region of its bucket.
    """
    return [replace(one, region=call.region) for one in _buckets(call)]


def _buckets(call: _Call) -> Iterable[Named]:
    return [Named(call.account, None, ".*", _BUCKET_TYPE)]


def _role(call: _Call) -> Iterable[Named]:
    """Name a role, whose path a request has only if it makes the role."""
    created = call.answered("role", "arn")
    name = call.asked("roleName")
    if created or not name:
        return call.named(created)
    prefix = f"arn:{call.partition}:iam::{call.account}:role"
    like = f"{re.escape(prefix)}/(.*/)?{re.escape(name)}"
    return [Named(call.account, f"{prefix}{call.asked('path') or '/'}{name}", like, "AWS::IAM::Role")]


def _key(call: _Call) -> Iterable[Named]:
    asked = call.asked("keyId")
    told = call.arn("kms", f"key/{asked}") if asked and ":" not in asked and "/" not in asked else asked
    made = call.answered("keyMetadata", "arn")
    return call.named(made or call.listed(r"arn:[a-z-]+:kms:[^:]+:[0-9]+:key/.+") or told)


def _replica_key(call: _Call) -> Iterable[Named]:
    """Name the new key, which has the id of the other one and is in another Region."""
    asked, region = call.asked("keyId").rpartition("/")[2], call.asked("replicaRegion")
    told = call.arn("kms", f"key/{asked}", region=region) if asked and region else ""
    return call.named(call.answered("replicaKeyMetadata", "arn") or told)


def _grant(call: _Call) -> Iterable[Named]:
    """Name the key of a grant. Services make grants all the time, and mostly to themselves or for the account's own."""
    is_to_a_service = call.asked("granteePrincipal").endswith((".amazonaws.com", ".amazonaws.com.cn"))
    soon = not call.is_by_a_service and not is_to_a_service
    return [replace(named, soon=soon) for named in _key(call) if named.arn]


_FUNCTION: Final = re.compile(
    r"((arn:[a-z-]+:lambda:(?P<region>[^:]+):)?(?P<account>[0-9]{12}):)?(function:)?(?P<name>[^:]+)(:[^:]+)?"
)


def _function(call: _Call) -> Iterable[Named]:
    """Name a function, which a request may call by its name, by a part of its ARN, with a qualifier or without."""
    asked = _FUNCTION.fullmatch(call.asked("functionName") or call.asked("resourceArn"))
    if asked is None:
        return call.named("")
    where = {name: asked[name] or "" for name in ("region", "account")}
    return call.named(call.arn("lambda", f"function:{asked['name']}", **where))


def _layer_version(call: _Call) -> Iterable[Named]:
    made = call.answered("layerVersionArn")
    layer = call.asked("layerName")
    arn = layer if layer.startswith("arn:") else call.arn("lambda", f"layer:{layer}")
    version = call.parameter("versionNumber")
    return call.named(made or (f"{arn}:{version}" if layer and isinstance(version, int | str) else ""))


def _queue(call: _Call) -> Iterable[Named]:
    *_, owner, name = ("", "", *(call.answered("queueUrl") or call.asked("queueUrl")).split("/"))
    name = name or call.asked("queueName")
    account = owner if _ACCOUNT.fullmatch(owner) else ""
    return call.named(call.arn("sqs", name, account=account) if name else "")


def _queue_policy(call: _Call) -> Iterable[Named]:
    attributes = call.parameter("attributes")
    return _queue(call) if is_object(attributes) and "Policy" in attributes else ()


def _topic(call: _Call) -> Iterable[Named]:
    name = call.asked("name")
    told = call.arn("sns", name) if name else ""
    return call.named(call.answered("topicArn") or call.asked("topicArn") or told)


def _topic_policy(call: _Call) -> Iterable[Named]:
    return _topic(call) if call.asked("attributeName") == "Policy" else ()


def _secret(call: _Call) -> Iterable[Named]:
    """Name a secret and its replicas, which have its policy.

    A request may have its name, or an ARN that lacks the six letters which follow the name.

    Source: AWS Secrets Manager User Guide, "Replicate AWS Secrets Manager secrets across Regions".
    """
    arn, asked = call.answered_arn(), call.asked("secretId")
    if not arn and not asked:
        return call.named("")
    if not arn:
        told = asked if asked.startswith("arn:") else call.arn("secretsmanager", f"secret:{asked}")
        return [replace(one, arn=None, like=_in_any_region(told, "(-[A-Za-z0-9]{6})?")) for one in _secrets(call, told)]
    replicas = [_in_region(arn, region) for region in _replica_regions(call)]
    others = f"(?!{re.escape(arn)}$){_in_any_region(arn)}"
    known = [replace(one, arn=None, like=others, or_nothing=True) for one in _secrets(call, arn)]
    return [one for each in (arn, *replicas) for one in call.named(each)] + known


def _secrets(call: _Call, arn: str) -> Iterable[Named]:
    return [replace(one, resource_type=_SECRET_TYPE) for one in call.named(arn)]


def _replica_regions(call: _Call) -> Iterator[str]:
    for parameter in ("addReplicaRegions", "removeReplicaRegions"):
        listed = call.parameter(parameter)
        for one in listed if is_list(listed) else ():
            region = word(member(one, "region") if is_object(one) else one)
            if _REGION.fullmatch(region):
                yield region


def _in_region(arn: str, region: str) -> str:
    parts = arn.split(":")
    return ":".join([*parts[:3], region, *parts[4:]])


def _in_any_region(arn: str, end: str = "") -> str:
    """Return what matches the ARN of the same secret in every Region."""
    parts = [re.escape(part) for part in arn.split(":")]
    return ":".join([*parts[:3], "[a-z0-9-]+", *parts[4:]]) + end


def _calls(source: str, name_of: _NameOf, *names: str) -> Mapping[tuple[str, str], _NameOf]:
    return {(source, name): name_of for name in names}


_CALLS: Final[Mapping[tuple[str, str], _NameOf]] = {
    **_calls(
        "s3", _bucket, "CreateBucket", "DeleteBucket", "PutBucketPolicy", "DeleteBucketPolicy", "PutBucketAcl",
        "PutBucketPublicAccessBlock", "DeleteBucketPublicAccessBlock",
        "PutBucketOwnershipControls", "DeleteBucketOwnershipControls",
    ),
    **_calls("s3", _bucket_of_access_point, "CreateAccessPoint"),
    **_calls("s3", _buckets_here, "DeleteAccessPoint", "PutAccessPointPolicy", "DeleteAccessPointPolicy"),
    **_calls(
        "s3", _buckets, "PutAccountPublicAccessBlock", "DeleteAccountPublicAccessBlock",
        "CreateMultiRegionAccessPoint", "DeleteMultiRegionAccessPoint", "PutMultiRegionAccessPointPolicy",
    ),
    **_calls("iam", _role, "CreateRole", "UpdateRole", "DeleteRole", "UpdateAssumeRolePolicy"),
    **_calls("kms", _key, "CreateKey", "PutKeyPolicy", "ScheduleKeyDeletion", "CancelKeyDeletion"),
    **_calls("kms", _replica_key, "ReplicateKey"),
    **_calls("kms", _grant, "CreateGrant", "RetireGrant", "RevokeGrant"),
    **_calls(
        "lambda", _function, "CreateFunction", "DeleteFunction", "AddPermission", "RemovePermission",
        "PutResourcePolicy", "DeleteResourcePolicy",
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
        "RemoveRegionsFromReplication", "PutResourcePolicy", "DeleteResourcePolicy",
    ),
}  # fmt: skip
"""How each call names its resource. One that is not here changes nobody's access from outside to what is read."""
