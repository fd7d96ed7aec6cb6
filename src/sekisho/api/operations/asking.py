"""What several operations read in the same way from their parameters."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from sekisho.api.operation import RequestContext
from sekisho.api.operations.faults import invalid, unknown
from sekisho.api.operations.service import Service
from sekisho.findings import Analyzer, Criteria, Criterion, UnknownAnalyzerError

PAGE: Final = 100
"""How many items a page has unless told. Source: none; the API reference leaves it open."""

LONGEST_PAGE: Final = 1000

T = TypeVar("T")

_ACCOUNT: Final = re.compile("[0-9]{12}")


def page_size(params: Mapping[str, Any]) -> int:
    """Return how many items are asked for; more than a page takes are given on several pages.

    Raises:
        ApiError: fewer than one.
    """
    size = int(params.get("maxResults", PAGE))
    if size < 1:
        raise invalid(f"a page of {size} has room for nothing; set maxResults to 1 or more")
    return min(size, LONGEST_PAGE)


def analyzer_named(service: Service, name: str, context: RequestContext) -> Analyzer:
    """Return the analyzer of a name, to read: the one of the caller's Region, or of any where that has none.

    Raises:
        UnknownAnalyzerError: there is none.
    """
    called = [one for one in service.findings.analyzers() if one.name == name]
    if not called:
        raise UnknownAnalyzerError(name)
    return min(called, key=lambda one: (one.region != context.caller.region, one.arn))


def analyzer_to_change(service: Service, name: str, context: RequestContext) -> Analyzer:
    """Return the analyzer of a name, to change: the one of the caller's Region and no other.

    Raises:
        ApiError: there is none.
    """
    analyzer = analyzer_named(service, name, context)
    if analyzer.region != context.caller.region:
        raise unknown(
            "Analyzer", name, f"in {context.caller.region}; there is one in {analyzer.region}, which may be meant"
        )
    return analyzer


def check_account(text: str, member: str) -> None:
    """Make sure that a text is an account id.

    Raises:
        ApiError: it is none.
    """
    if not _ACCOUNT.fullmatch(text):
        raise invalid(f"`{text[:60]}` in `{member}` is no account; write its twelve digits")


def external_only(analyzer: Analyzer) -> None:
    """Refuse what only analyzers of external access do.

    Raises:
        ApiError: it is one of unused access.

    Source: Access Analyzer API reference: `ListFindings` sends others to `ListFindingsV2`; of resources,
    `ListAnalyzedResources` and `StartResourceScan` know those alone that a policy can open.
    """
    if analyzer.type.is_of_unused_access:
        raise invalid(
            f"this is for analyzers of external access; `{analyzer.name}` is of type {analyzer.type.value}, "
            "whose findings GetFindingV2 and ListFindingsV2 give"
        )


def known_owner(service: Service, analyzer_arn: str, resource: str) -> str | None:
    """Return whose a resource was when it was looked at last; None when it never was. A bucket's ARN does not say."""
    known = service.findings.resource_details(analyzer_arn, resource)
    return None if known is None else known.resource.resource_owner_account


def criteria_of(raw: Mapping[str, Mapping[str, Any]]) -> Criteria:
    """Return criteria as findings know them."""
    return {
        key: Criterion(_texts(one, "eq"), _texts(one, "neq"), _texts(one, "contains"), one.get("exists"))
        for key, one in raw.items()
    }


def _texts(raw: Mapping[str, Any], operator: str) -> tuple[str, ...] | None:
    found = raw.get(operator)
    return None if found is None else tuple(found)


def shown_criteria(criteria: Criteria) -> dict[str, dict[str, Any]]:
    """Return criteria as the API has them; the inverse of `criteria_of`."""
    return {
        key: {
            name: value if name == "exists" else list(value)
            for name in ("eq", "neq", "contains", "exists")
            if (value := getattr(one, name)) is not None
        }
        for key, one in criteria.items()
    }


def page_of_names(
    items: Sequence[tuple[str, T]], params: Mapping[str, Any], context: RequestContext
) -> tuple[list[T], str | None]:
    """Return a page of a short list that is sorted by name, and the token for what follows."""
    size = page_size(params)
    rest = [(name, one) for name, one in items if context.cursor is None or name > context.cursor]
    page = rest[:size]
    token = context.next_token(page[-1][0]) if len(rest) > size else None
    return [one for _, one in page], token
