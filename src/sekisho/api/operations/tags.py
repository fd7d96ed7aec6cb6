"""The tags of analyzers."""

from collections.abc import Mapping
from typing import Any

from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.service import Service
from sekisho.findings import tagged, untagged


def tag_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations on tags."""
    store = service.findings

    def list_tags(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        return {"tags": dict(store.analyzer(params["resourceArn"]).tags)}

    def tag(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        store.change_analyzer(params["resourceArn"], lambda known: tagged(known, params["tags"]))
        return {}

    def untag(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        store.change_analyzer(params["resourceArn"], lambda known: untagged(known, params["tagKeys"]))
        return {}

    return {"ListTagsForResource": list_tags, "TagResource": tag, "UntagResource": untag}
