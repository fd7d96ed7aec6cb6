"""The operations of the service that are served: each reads its parameters, calls a layer below, and shows the answer.

They hold no rules of their own: what a finding is and what happens to it is `findings`' to say.
"""

from collections.abc import Mapping

from sekisho.api.model import operation_models
from sekisho.api.operation import Operation
from sekisho.api.operations.analyzers import analyzer_operations
from sekisho.api.operations.archive_rules import archive_rule_operations
from sekisho.api.operations.faults import answering
from sekisho.api.operations.findings import finding_operations
from sekisho.api.operations.idempotency import OncePerToken
from sekisho.api.operations.policy_generations import policy_generation_operations
from sekisho.api.operations.previews import preview_operations
from sekisho.api.operations.resources import resource_operations
from sekisho.api.operations.service import ReplyStore, Scanner, Service
from sekisho.api.operations.statistics import statistics_operations
from sekisho.api.operations.tags import tag_operations

__all__ = ["ReplyStore", "Scanner", "Service", "make_operations"]


def make_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations that are served, by their names in the service description."""
    operations = {
        **analyzer_operations(service),
        **archive_rule_operations(service),
        **finding_operations(service),
        **policy_generation_operations(service),
        **preview_operations(service),
        **resource_operations(service),
        **statistics_operations(service),
        **tag_operations(service),
    }
    once = OncePerToken(service.replies)
    return {name: answering(name, _once(once, name, operation)) for name, operation in operations.items()}


def _once(once: OncePerToken, name: str, operation: Operation) -> Operation:
    shape = operation_models()[name].input_shape
    return once.wrap(operation) if shape is not None and "clientToken" in shape.members else operation
