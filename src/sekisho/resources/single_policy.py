"""Resources with one policy and nothing else: queues, topics, functions, layer versions, file systems, tables, streams.

What a table is made of, its indexes, is under the table's policy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from sekisho.evaluation import CallerKind
from sekisho.policy.actions import ActionTable
from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Gate, Target, View
from sekisho.resources.answers import answer, object_in, require_read, text_in
from sekisho.resources.documents import policy_document
from sekisho.resources.exposure import SIGNED, SIGNED_OR_ANONYMOUS, Exposure, Way, targets
from sekisho.resources.lambda_policy import lambda_document
from sekisho.resources.snapshot import RawResource


@dataclass(frozen=True, slots=True)
class SinglePolicy:
    """Where a resource type keeps its policy.

    Attributes:
        within: the members of the answer to `call` that lead to the object with the member `Policy`.
        callers: the kinds of caller that the service answers.
        unsigned: the actions that can be called without a signature; None for every action.
        optional: calls without which the resource can be understood.
        parts: what else the policy is about: how the ARN of a part begins after the resource's own, with the actions
            on it.
        without: what is so where there is no policy; None where only the resource's own account gets in then.
    """

    document: str
    call: str
    callers: frozenset[CallerKind]
    within: tuple[str, ...] = ()
    unsigned: frozenset[str] | None = None
    optional: frozenset[str] = frozenset()
    parts: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    without: str | None = None


SINGLE_POLICIES = {
    "AWS::SQS::Queue": SinglePolicy(
        "QueuePolicy", "sqs.get_queue_attributes", SIGNED_OR_ANONYMOUS, within=("Attributes",)
    ),
    "AWS::SNS::Topic": SinglePolicy(
        "TopicPolicy", "sns.get_topic_attributes", SIGNED_OR_ANONYMOUS, within=("Attributes",)
    ),
    "AWS::Lambda::Function": SinglePolicy(
        "FunctionPolicy",
        "lambda.get_policy",
        SIGNED_OR_ANONYMOUS,
        unsigned=frozenset({"lambda:InvokeFunctionUrl"}),
        # The last one is asked where the others say that there is nothing: whether there is a function, nobody gets in.
        optional=frozenset(
            {"lambda.get_function_url_config", "lambda.list_aliases", "lambda.get_function_concurrency"}
        ),
    ),
    "AWS::Lambda::LayerVersion": SinglePolicy("LayerVersionPolicy", "lambda.get_layer_version_policy", SIGNED),
    # Source: Amazon EFS User Guide, "Using IAM to control access to file systems", the default policy and NFS clients.
    "AWS::EFS::FileSystem": SinglePolicy(
        "FileSystemPolicy",
        "efs.describe_file_system_policy",
        SIGNED_OR_ANONYMOUS,
        unsigned=frozenset(
            {
                "elasticfilesystem:ClientMount",
                "elasticfilesystem:ClientRootAccess",
                "elasticfilesystem:ClientWrite",
            }
        ),
        without="any client that reaches one of its mount targets may mount it, and who reaches them is not looked at",
    ),
    # Source: Amazon DynamoDB Developer Guide, "Using resource-based policies for DynamoDB".
    "AWS::DynamoDB::Table": SinglePolicy(
        "TablePolicy",
        "dynamodb.get_resource_policy",
        SIGNED,
        parts={"/index/": frozenset({"dynamodb:Query", "dynamodb:Scan"})},
    ),
    "AWS::DynamoDB::Stream": SinglePolicy("StreamPolicy", "dynamodb.get_resource_policy", SIGNED),
}


def read_single_policy(resource: RawResource) -> Exposure:
    """Read a resource whose one policy says everything.

    Raises:
        ReadingError: the policy could not be read or understood.
    """
    kind = SINGLE_POLICIES[resource.resource_type]
    require_read(resource, optional=kind.optional)
    text = object_in(answer(resource, kind.call), *kind.within).get("Policy")
    read = lambda_document if kind.call.startswith("lambda.") else policy_document
    document = read(kind.document, text, resource.arn)
    if document is None:
        closed = kind.without or "only its own account gets in"
        return Exposure((), kind.callers, notes=(f"it has no {kind.document}: {closed}",))
    actions = cross_account_table(resource.resource_type)
    way = Way((Gate((document,)),), tuple(_wanted(resource, kind, actions)), actions, given=_function_url(resource))
    return Exposure((way,), SIGNED if "AWS_IAM" in way.given.get(_AUTH_TYPE, ()) else kind.callers)


def _wanted(resource: RawResource, kind: SinglePolicy, actions: ActionTable) -> Iterator[Target]:
    """Yield what one can want of a resource and its parts, or of a part that is asked about by itself."""
    for start, names in kind.parts.items():
        if start in resource.arn:
            yield Target(actions.set_of(names), (View(resource.arn),))
            return
    yield from targets(resource.resource_type, resource.arn, unsigned=kind.unsigned)
    for start, names in kind.parts.items():
        yield Target(actions.set_of(names), (View(f"{resource.arn}{start}"),), open_ended=True)


_AUTH_TYPE = "lambda:functionurlauthtype"


def _function_url(resource: RawResource) -> dict[str, tuple[str, ...]]:
    """Return what is known of calls through the function's URL, where it has one: how they are authorised.

    Source: AWS Lambda Developer Guide, "Control access to Lambda function URLs".
    """
    auth_type = text_in(answer(resource, "lambda.get_function_url_config"), "AuthType")
    return {} if auth_type is None else {_AUTH_TYPE: (auth_type,)}
