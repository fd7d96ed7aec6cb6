"""Exclusions of analyzers of unused access."""

from collections.abc import Mapping

import pytest

from sekisho.findings import AnalyzerType, Exclusion
from sekisho.resources.zone import ZoneType

ACCOUNT, OTHER = "111122223333", "444455556666"
PAYMENTS = {"team": "payments", "stage": "prod"}


@pytest.mark.parametrize(
    ("exclusion", "tags", "excluded"),
    [
        (Exclusion((ACCOUNT,)), None, True),
        (Exclusion((OTHER,)), None, False),
        (Exclusion((OTHER, ACCOUNT)), PAYMENTS, True),
        (Exclusion((), ({"team": "payments"},)), PAYMENTS, True),
        (Exclusion((), ({"team": ""},)), PAYMENTS, True),
        (Exclusion((), ({"team": "pay"},)), PAYMENTS, False),
        (Exclusion((), ({"team": "payments", "stage": "test"},)), PAYMENTS, False),
        (Exclusion((), ({"team": "other"}, {"stage": "prod"})), PAYMENTS, True),
        (Exclusion((), ({"owner": ""},)), PAYMENTS, False),
        (Exclusion((), ({"team": ""},)), None, False),
        (Exclusion((), ({"team": ""},)), {}, False),
        (Exclusion((OTHER,), ({"team": ""},)), PAYMENTS, False),
        (Exclusion((ACCOUNT,), ({"team": ""},)), PAYMENTS, True),
        (Exclusion((ACCOUNT,), ({"team": "other"},)), PAYMENTS, False),
        (Exclusion((), ({}, {"team": "other"})), PAYMENTS, False),
    ],
)
def test_whatever_an_exclusion_names_has_to_hold(
    exclusion: Exclusion, tags: Mapping[str, str] | None, *, excluded: bool
) -> None:
    assert exclusion.excludes(ACCOUNT, tags) is excluded


@pytest.mark.parametrize("zone", ZoneType)
def test_a_type_says_what_is_looked_for_and_where(zone: ZoneType) -> None:
    external, unused = AnalyzerType.of(zone), AnalyzerType.of(zone, unused_access=True)

    assert (external.zone, external.is_of_unused_access) == (zone, False)
    assert (unused.zone, unused.is_of_unused_access) == (zone, True)
