"""Resources with one policy and nothing else: queues, topics, functions, layer versions."""

from collections.abc import Callable
from dataclasses import dataclass

from sekisho.evaluation import CallerKind
from sekisho.reasoning import Gate
from sekisho.resources.documents import answer, policy_document, require_read
from sekisho.resources.exposure import SIGNED, SIGNED_OR_ANONYMOUS, Exposure, Way, targets
from sekisho.resources.snapshot import Json, RawResource


@dataclass(frozen=True, slots=True)
class SinglePolicy:
    """Where a resource type keeps its policy.

    Attributes:
        policy_in: takes the policy's text out of the answer to `call`.
        callers: the kinds of caller that the service answers.
        optional: calls without which the resource can be understood.
    """

    document: str
    call: str
    policy_in: Callable[[Json], Json]
    callers: frozenset[CallerKind]
    optional: frozenset[str] = frozenset()


SINGLE_POLICIES = {
    "AWS::SQS::Queue": SinglePolicy(
        "QueuePolicy",
        "sqs.get_queue_attributes",
        lambda answered: (answered.get("Attributes") or {}).get("Policy"),
        SIGNED_OR_ANONYMOUS,
    ),
    "AWS::SNS::Topic": SinglePolicy(
        "TopicPolicy",
        "sns.get_topic_attributes",
        lambda answered: (answered.get("Attributes") or {}).get("Policy"),
        SIGNED_OR_ANONYMOUS,
    ),
    "AWS::Lambda::Function": SinglePolicy(
        "FunctionPolicy",
        "lambda.get_policy",
        lambda answered: answered.get("Policy"),
        SIGNED_OR_ANONYMOUS,
        optional=frozenset({"lambda.get_function_url_config", "lambda.list_aliases"}),
    ),
    "AWS::Lambda::LayerVersion": SinglePolicy(
        "LayerVersionPolicy", "lambda.get_layer_version_policy", lambda answered: answered.get("Policy"), SIGNED
    ),
}


def read_single_policy(resource: RawResource) -> Exposure:
    """Read a resource whose one policy says everything.

    Raises:
        ReadingError: the policy could not be read or understood.
    """
    kind = SINGLE_POLICIES[resource.resource_type]
    require_read(resource, optional=kind.optional)
    answered = answer(resource, kind.call)
    text = None if answered is None else kind.policy_in(answered)
    document = policy_document(kind.document, text, resource.arn)
    if document is None:
        return Exposure((), kind.callers, notes=(f"it has no {kind.document}: only its own account gets in",))
    return Exposure((Way((Gate((document,)),), targets(resource.resource_type, resource.arn)),), kind.callers)
