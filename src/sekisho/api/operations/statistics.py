"""What is counted of an analyzer's findings."""

from collections.abc import Mapping
from typing import Any

from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.service import Service
from sekisho.findings import FindingStatistics, UnusedAccessStatistics


def statistics_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operation that counts."""
    store = service.findings

    def get_findings_statistics(params: Mapping[str, Any], _context: RequestContext) -> Mapping[str, Any]:
        analyzer = store.analyzer(params["analyzerArn"])
        if analyzer.type.is_of_unused_access:
            unused = store.unused_access_statistics(analyzer.arn)
            shown, last = {"unusedAccessFindingsStatistics": _shown_unused(unused)}, unused.last_updated_at
        else:
            counted = store.statistics(analyzer.arn)
            shown, last = {"externalAccessFindingsStatistics": _shown_statistics(counted)}, counted.last_updated_at
        return {"findingsStatistics": [shown], "lastUpdatedAt": last}

    return {"GetFindingsStatistics": get_findings_statistics}


def _shown_unused(counted: UnusedAccessStatistics) -> dict[str, Any]:
    return {
        "unusedAccessTypeStatistics": [
            {"unusedAccessType": type_.value, "total": number} for type_, number in counted.by_type.items()
        ],
        "topAccounts": [
            {
                "account": account,
                "numberOfActiveFindings": sum(by_type.values()),
                "details": {type_.value: number for type_, number in by_type.items()},
            }
            for account, by_type in counted.worst_accounts.items()
        ]
        or None,
        "totalActiveFindings": counted.active,
        "totalArchivedFindings": counted.archived,
        "totalResolvedFindings": counted.resolved,
    }


def _shown_statistics(counted: FindingStatistics) -> dict[str, Any]:
    by_type = {
        resource_type: {
            "totalActivePublic": counts.public,
            "totalActiveCrossAccount": counts.cross_account,
            "totalActiveErrors": counts.errors,
        }
        for resource_type, counts in counted.by_resource_type.items()
    }
    return {
        "resourceTypeStatistics": by_type,
        "totalActiveFindings": counted.active,
        "totalArchivedFindings": counted.archived,
        "totalResolvedFindings": counted.resolved,
    }
