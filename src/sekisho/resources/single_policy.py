"""Resources with one policy and nothing else: queues, topics, functions, layer versions."""

from dataclasses import dataclass

from sekisho.evaluation import CallerKind
from sekisho.policy.catalogue import cross_account_table
from sekisho.reasoning import Gate
from sekisho.resources.answers import answer, object_in, require_read, text_in
from sekisho.resources.documents import policy_document
from sekisho.resources.exposure import SIGNED, SIGNED_OR_ANONYMOUS, Exposure, Way, targets
from sekisho.resources.lambda_policy import as_aws_writes_it
from sekisho.resources.snapshot import RawResource


@dataclass(frozen=True, slots=True)
class SinglePolicy:
    """Where a resource type keeps its policy.

    Attributes:
        within: the members of the answer to `call` that lead to the object with the member `Policy`.
        callers: the kinds of caller that the service answers.
        unsigned: the actions that can be called without a signature; None for every action.
        optional: calls without which the resource can be understood.
    """

    document: str
    call: str
    callers: frozenset[CallerKind]
    within: tuple[str, ...] = ()
    unsigned: frozenset[str] | None = None
    optional: frozenset[str] = frozenset()


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
        optional=frozenset({"lambda.get_function_url_config", "lambda.list_aliases"}),
    ),
    "AWS::Lambda::LayerVersion": SinglePolicy("LayerVersionPolicy", "lambda.get_layer_version_policy", SIGNED),
}


def read_single_policy(resource: RawResource) -> Exposure:
    """Read a resource whose one policy says everything.

    Raises:
        ReadingError: the policy could not be read or understood.
    """
    kind = SINGLE_POLICIES[resource.resource_type]
    require_read(resource, optional=kind.optional)
    text = object_in(answer(resource, kind.call), *kind.within).get("Policy")
    if kind.call.startswith("lambda."):
        text = as_aws_writes_it(text)
    document = policy_document(kind.document, text, resource.arn)
    if document is None:
        return Exposure((), kind.callers, notes=(f"it has no {kind.document}: only its own account gets in",))
    wanted = targets(resource.resource_type, resource.arn, unsigned=kind.unsigned)
    actions = cross_account_table(resource.resource_type)
    way = Way((Gate((document,)),), wanted, actions, given=_function_url(resource))
    return Exposure((way,), SIGNED if "AWS_IAM" in way.given.get(_AUTH_TYPE, ()) else kind.callers)


_AUTH_TYPE = "lambda:functionurlauthtype"


def _function_url(resource: RawResource) -> dict[str, tuple[str, ...]]:
    """Return what is known of calls through the function's URL, where it has one: how they are authorised.

    Source: AWS Lambda Developer Guide, "Control access to Lambda function URLs".
    """
    auth_type = text_in(answer(resource, "lambda.get_function_url_config"), "AuthType")
    return {} if auth_type is None else {_AUTH_TYPE: (auth_type,)}
