"""Before a server begins: whose resources it reads, and the analyzer that everyone has."""

import logging
from collections.abc import Callable
from datetime import datetime

import msgspec

from sekisho.collectors import CollectError
from sekisho.findings import (
    Analyzer,
    AnalyzerExistsError,
    AnalyzerType,
    FindingStore,
    UnknownAnalyzerError,
    analyzer_arn,
)
from sekisho.resources.zone import ZoneOfTrust, ZoneType

logger = logging.getLogger("sekisho.server")


class Home(msgspec.Struct, frozen=True):
    """The account in which analyzers are made."""

    account: str
    partition: str


def find_home(store: FindingStore, read_zone: Callable[[], ZoneOfTrust], *, now: datetime) -> Home:
    """Learn whose resources are read, and make sure that somebody looks at them.

    Where no analyzer of this account is known, the default one is made. AWS may be out of reach at the moment: a
    server that has something to show starts nevertheless.

    Args:
        store: where the analyzers live.
        read_zone: reads the zone of trust.
        now: UTC.

    Raises:
        CollectError: it cannot be learnt, and the store knows analyzers of no account, or of several.
    """
    try:
        zone = read_zone()
    except CollectError as error:
        known = store.analyzers()
        if len({one.account for one in known}) != 1:
            raise
        logger.warning("AWS cannot be read at the moment", extra={"fields": {"error": str(error)}})
        return Home(known[0].account, known[0].arn.split(":")[1])
    _make_sure(store, zone, now)
    return Home(zone.account_id, zone.partition)


def _make_sure(store: FindingStore, zone: ZoneOfTrust, now: datetime) -> None:
    arn = analyzer_arn(zone)
    try:
        known = store.analyzer(arn)
    except UnknownAnalyzerError:
        others = [one for one in store.analyzers() if not one.type.is_of_unused_access]
        if not any(one.account == zone.account_id for one in others):
            _make(store, Analyzer(arn, AnalyzerType.of(zone.type), now))
        return
    if zone.type is ZoneType.ORGANIZATION and known.type is AnalyzerType.ACCOUNT:
        store.change_analyzer(arn, lambda one: msgspec.structs.replace(one, type=AnalyzerType.ORGANIZATION))


def _make(store: FindingStore, analyzer: Analyzer) -> None:
    try:
        store.create_analyzer(analyzer)
    except AnalyzerExistsError:
        return  # another server was faster
    logger.info("analyzer made", extra={"fields": {"analyzer": analyzer.arn, "type": analyzer.type.value}})
