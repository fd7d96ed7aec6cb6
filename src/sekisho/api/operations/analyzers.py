"""Analyzers."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from sekisho.api.errors import Reason, validation_error
from sekisho.api.operation import Operation, RequestContext
from sekisho.api.operations.archive_rules import new_rule
from sekisho.api.operations.asking import analyzer_named, analyzer_to_change, page_of_names
from sekisho.api.operations.configuration import configuration_of, shown_configuration
from sekisho.api.operations.service import Service
from sekisho.findings import MOST_ANALYZERS, Analyzer, AnalyzerType, check_analyzer

_TYPES = {one.value: one for one in AnalyzerType}


def analyzer_operations(service: Service) -> Mapping[str, Operation]:
    """Return the operations on analyzers."""

    def get_analyzer(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        return {"analyzer": _shown(analyzer_named(service, params["analyzerName"], context))}

    def list_analyzers(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        wanted = params.get("type")
        known = [(one.arn, _shown(one)) for one in service.findings.analyzers() if wanted in {None, one.type.value}]
        page, token = page_of_names(known, params, context)
        return {"analyzers": page, "nextToken": token}

    def delete_analyzer(params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
        arn = analyzer_to_change(service, params["analyzerName"], context).arn
        service.findings.delete_analyzer(arn, at=context.now, by=context.caller.access_key_id)
        return {}

    return {
        "CreateAnalyzer": partial(_create, service),
        "GetAnalyzer": get_analyzer,
        "ListAnalyzers": list_analyzers,
        "UpdateAnalyzer": partial(_update, service),
        "DeleteAnalyzer": delete_analyzer,
    }


def _create(service: Service, params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
    """Make an analyzer, and have it scan at once."""
    arn = (
        f"arn:{service.partition}:access-analyzer:{context.caller.region}:{service.account_id}"
        f":analyzer/{params['analyzerName']}"
    )
    type_ = _type_of(params["type"], service)
    asked = configuration_of(params, type_, account=service.account_id)
    analyzer = Analyzer(arn, type_, context.now, params.get("tags", {}), unused_access=asked)
    check_analyzer(analyzer)
    rules = [new_rule(arn, one["ruleName"], one["filter"], context.now) for one in params.get("archiveRules", ())]
    service.findings.create_analyzer(analyzer, rules, at_most=MOST_ANALYZERS)
    service.scanner.scan(arn)
    return {"arn": arn}


def _update(service: Service, params: Mapping[str, Any], context: RequestContext) -> Mapping[str, Any]:
    """Set an analyzer of unused access, and have it scan again; without a configuration it stays as it is."""
    analyzer = analyzer_to_change(service, params["analyzerName"], context)
    asked = configuration_of(params, analyzer.type, account=analyzer.account)
    if asked is None:
        return {}
    if not params.get("configuration"):
        return {"configuration": shown_configuration(analyzer)}
    changed = service.findings.change_analyzer(analyzer.arn, lambda known: replace(known, unused_access=asked))
    service.scanner.scan(analyzer.arn)
    return {"configuration": shown_configuration(changed)}


def _type_of(text: str, service: Service) -> AnalyzerType:
    """Return a type by its name; an analyzer that nobody scans would look clean for ever."""
    type_ = _TYPES.get(text)
    if type_ not in service.types:
        served = " and ".join(sorted(one.value for one in service.types))
        raise validation_error(Reason.NOT_SUPPORTED, f"analyzers of type {text} are not served here; {served} are")
    return type_


def _shown(analyzer: Analyzer) -> dict[str, Any]:
    return {
        "arn": analyzer.arn,
        "name": analyzer.name,
        "type": analyzer.type.value,
        "createdAt": analyzer.created_at,
        "lastResourceAnalyzed": analyzer.last_resource,
        "lastResourceAnalyzedAt": analyzer.last_resource_at,
        "tags": dict(analyzer.tags),
        "status": "ACTIVE",
        "configuration": shown_configuration(analyzer),
    }
