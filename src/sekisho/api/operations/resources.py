"""Analyzed resources, and looking at one of them again."""

from collections.abc import Mapping
from typing import Any

from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.asking import check_account, external_only, known_owner, page_size
from sekisho.api.operations.service import Service
from sekisho.findings import AnalyzedResource, Analyzer, ResourceDetails, ResourceQuery, UnknownResourceError


def resource_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations on analyzed resources."""
    store = service.findings

    def _external(arn: str) -> Analyzer:
        analyzer = store.analyzer(arn)
        external_only(analyzer)
        return analyzer

    def get_analyzed_resource(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        details = store.resource_details(_external(params["analyzerArn"]).arn, params["resourceArn"])
        if details is None:
            raise UnknownResourceError(params["resourceArn"])
        return {"resource": _shown(details)}

    def list_analyzed_resources(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        page = store.list_resources(
            ResourceQuery(
                _external(params["analyzerArn"]).arn,
                params.get("resourceType"),
                limit=page_size(params),
                after=context.cursor,
            )
        )
        token = None if page.next is None else context.next_token(page.next)
        return {"analyzedResources": [_summary(one) for one in page.resources], "nextToken": token}

    def start_resource_scan(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        arn = _external(params["analyzerArn"]).arn
        owner = params.get("resourceOwnerAccount")
        if owner is not None:
            check_account(owner, "resourceOwnerAccount")
        resource = params["resourceArn"]
        owner = owner or known_owner(service, arn, resource)
        service.scanner.scan_resource(arn, resource, owner_account=owner)
        return {}

    return {
        "GetAnalyzedResource": get_analyzed_resource,
        "ListAnalyzedResources": list_analyzed_resources,
        "StartResourceScan": start_resource_scan,
    }


def _summary(resource: AnalyzedResource) -> dict[str, Any]:
    return {
        "resourceArn": resource.resource,
        "resourceOwnerAccount": resource.resource_owner_account,
        "resourceType": resource.resource_type,
    }


def _shown(details: ResourceDetails) -> dict[str, Any]:
    """Return an `AnalyzedResource`.

    AWS leaves out the two times of a resource without findings, which its description requires; here they are those of
    the analysis. Whether a resource is public that could not be decided is left out.
    """
    analyzed_at = details.resource.analyzed_at
    return {
        **_summary(details.resource),
        "analyzedAt": analyzed_at,
        "createdAt": details.created_at or analyzed_at,
        "updatedAt": details.updated_at or analyzed_at,
        "isPublic": details.is_public,
        "actions": list(details.actions) or None,
        "sharedVia": list(details.shared_via) or None,
        "status": None if details.status is None else details.status.value,
        "error": None if details.error is None else details.error.value,
    }
