"""Archive rules."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.asking import analyzer_named, analyzer_to_change, criteria_of, page_of_names, shown_criteria
from sekisho.api.operations.service import Service
from sekisho.findings import (
    ArchiveRule,
    Change,
    FindingFilter,
    Known,
    Status,
    UnknownArchiveRuleError,
    apply_rule,
    check_rule,
)


def archive_rule_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations on archive rules."""
    store = service.findings

    def create_archive_rule(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        arn = analyzer_to_change(service, params["analyzerName"], context).arn
        store.create_archive_rule(new_rule(arn, params["ruleName"], params["filter"], context.now))
        return {}

    def get_archive_rule(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        arn = analyzer_named(service, params["analyzerName"], context).arn
        return {"archiveRule": _shown(_rule(service, arn, params["ruleName"]))}

    def list_archive_rules(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        arn = analyzer_named(service, params["analyzerName"], context).arn
        page, token = page_of_names([(one.name, _shown(one)) for one in store.archive_rules(arn)], params, context)
        return {"archiveRules": page, "nextToken": token}

    def update_archive_rule(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        arn = analyzer_to_change(service, params["analyzerName"], context).arn

        def changed(known: ArchiveRule) -> ArchiveRule:
            after = replace(known, criteria=criteria_of(params["filter"]), updated_at=context.now)
            check_rule(after)
            return after

        store.change_archive_rule(arn, params["ruleName"], changed)
        return {}

    def delete_archive_rule(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        store.delete_archive_rule(analyzer_to_change(service, params["analyzerName"], context).arn, params["ruleName"])
        return {}

    def apply_archive_rule(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        arn = store.analyzer(params["analyzerArn"]).arn
        rule = _rule(service, arn, params["ruleName"])

        def applied(known: Known) -> Iterable[Change]:
            return apply_rule(rule, known.findings, now=context.now)

        store.change(FindingFilter(arn, statuses=frozenset({Status.ACTIVE})), applied)
        return {}

    return {
        "CreateArchiveRule": create_archive_rule,
        "GetArchiveRule": get_archive_rule,
        "ListArchiveRules": list_archive_rules,
        "UpdateArchiveRule": update_archive_rule,
        "DeleteArchiveRule": delete_archive_rule,
        "ApplyArchiveRule": apply_archive_rule,
    }


def new_rule(analyzer_arn: str, name: str, criteria: Mapping[str, Mapping[str, Any]], now: datetime) -> ArchiveRule:
    """Return a rule as it is made through the API.

    Raises:
        FindingsError: it is no rule.
    """
    rule = ArchiveRule(analyzer_arn, name, criteria_of(criteria), now, now)
    check_rule(rule)
    return rule


def _rule(service: Service, arn: str, name: str) -> ArchiveRule:
    for rule in service.findings.archive_rules(arn):
        if rule.name == name:
            return rule
    raise UnknownArchiveRuleError(name)


def _shown(rule: ArchiveRule) -> dict[str, Any]:
    return {
        "ruleName": rule.name,
        "filter": shown_criteria(rule.criteria),
        "createdAt": rule.created_at,
        "updatedAt": rule.updated_at,
    }
