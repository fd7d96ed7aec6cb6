from collections.abc import Iterator
from pathlib import Path

import pytest

from sekisho.collectors import CollectError
from sekisho.findings import Analyzer, AnalyzerType, FindingStore
from sekisho.resources.zone import ZoneOfTrust
from sekisho.server import Home, find_home
from sekisho.storage import SqlFindingStore
from unit.findings.builders import ACCOUNT, ANALYZER, MONDAY, TUESDAY, keep_analyzer
from unit.server.builders import ORGANIZATION, ZONE, denied

HOME = Home(ACCOUNT, "aws")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FindingStore]:
    with SqlFindingStore(str(tmp_path / "findings.db")) as opened:
        yield opened


def unreachable() -> ZoneOfTrust:
    raise denied()


@pytest.mark.parametrize("zone", [ZONE, ORGANIZATION], ids=["account", "organization"])
def test_whoever_has_no_analyzer_gets_one(store: FindingStore, zone: ZoneOfTrust) -> None:
    assert find_home(store, lambda: zone, now=TUESDAY) == HOME
    assert store.analyzers() == (Analyzer(ANALYZER, AnalyzerType.of(zone.type), TUESDAY),)

    find_home(store, lambda: zone, now=MONDAY)
    assert store.analyzers() == (Analyzer(ANALYZER, AnalyzerType.of(zone.type), TUESDAY),)


def test_whoever_has_another_one_does_not(store: FindingStore) -> None:
    mine = ANALYZER.replace("sekisho", "mine")
    keep_analyzer(store, mine)

    find_home(store, lambda: ZONE, now=TUESDAY)
    assert [one.arn for one in store.analyzers()] == [mine]


def test_one_of_another_account_is_nobodys_here(store: FindingStore) -> None:
    foreign = "arn:aws:access-analyzer:us-west-2:444455556666:analyzer/sekisho"
    keep_analyzer(store, foreign)

    assert find_home(store, lambda: ZONE, now=TUESDAY) == HOME
    assert [one.arn for one in store.analyzers()] == [ANALYZER, foreign]


def test_an_account_becomes_an_organization_when_that_is_asked_for_and_stays_one(store: FindingStore) -> None:
    keep_analyzer(store)
    for zone in (ORGANIZATION, ZONE):
        find_home(store, lambda zone=zone: zone, now=TUESDAY)  # type: ignore[misc]
        assert store.analyzer(ANALYZER).type is AnalyzerType.ORGANIZATION


def test_without_aws_the_store_tells_and_an_empty_one_does_not(store: FindingStore) -> None:
    with pytest.raises(CollectError, match="no credentials"):
        find_home(store, unreachable, now=TUESDAY)

    keep_analyzer(store)
    assert find_home(store, unreachable, now=TUESDAY) == HOME
