"""What is made of the answers about an organization, and of their absence."""

from datetime import UTC, datetime

import pytest

from sekisho.collectors import CollectError
from sekisho.collectors.collector import Pages
from sekisho.collectors.zone import ORGANIZATION_READS, ReadZone, read_account_zone, read_organization_zone
from sekisho.resources.credentials import credentials_of
from sekisho.resources.snapshot import ApiCall, ApiError, Json, RawAccount
from sekisho.resources.zone import ZoneOfTrust, ZoneType

ORGANIZATION = {"Organization": {"Id": "o-a1b2c3d4e5", "MasterAccountId": "111122223333"}}
NOBODY: frozenset[str] = frozenset()


class Account:
    """Answers `describe_organization` with what it is given, and every listing with an error."""

    account_id = "111122223333"
    partition = "aws"
    home = "us-east-1"

    def __init__(self, described: str | None = None, listed: str = "Timeout", message: str = "") -> None:
        self._described = None if described is None else ApiError(described, message)
        self._listed = ApiError(listed, message)

    def wants(self, region: str) -> bool:
        return bool(region)

    def call(self, name: str, region: str, **params: Json) -> ApiCall:
        assert region == self.home
        response = ORGANIZATION if self._described is None else None
        return ApiCall(name, params, response, self._described)

    def list(self, name: str, region: str, **params: Json) -> Pages:
        assert region == self.home
        return Pages((ApiCall(name, params, error=self._listed),), ())


def test_an_account_zone_notes_the_organization_that_it_may_see() -> None:
    read = read_account_zone(Account(), NOBODY)

    assert read.zone.member_of_organization_id == "o-a1b2c3d4e5"
    assert read.failed == ()


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        pytest.param("AWSOrganizationsNotInUseException", 0, id="there is none"),
        pytest.param("AccessDeniedException", 0, id="it may not be seen"),
        pytest.param("Timeout", 1, id="no answer in time"),
        pytest.param("TooManyRequestsException", 1, id="throttled to the end"),
        pytest.param("InvalidResponse", 1, id="nonsense"),
    ],
)
def test_only_absence_and_refusal_pass_in_silence(code: str, failed: int) -> None:
    read = read_account_zone(Account(code), NOBODY)

    assert read.zone.member_of_organization_id is None
    assert [made.call for made in read.failed] == ["organizations.describe_organization"] * failed


@pytest.mark.parametrize(
    ("aws", "message"),
    [
        pytest.param(Account("AWSOrganizationsNotInUseException"), "belongs to no organization", id="there is none"),
        pytest.param(
            Account("AccessDeniedException"), r"may not read its organization \(AccessDeniedException\)", id="refused"
        ),
        pytest.param(
            Account("Timeout", message="20 s"),
            r"could not read its organization \(Timeout: 20 s\); try again",
            id="no answer in time",
        ),
        pytest.param(
            Account(listed="AccessDenied"), "may not list the accounts of organization o-a1b2c3d4e5", id="no listing"
        ),
        pytest.param(
            Account(listed="Timeout"), r"could not list the accounts .* \(Timeout\); try again", id="no listing in time"
        ),
    ],
)
def test_an_organization_that_cannot_be_read_says_why(aws: Account, message: str) -> None:
    with pytest.raises(CollectError, match=message):
        read_organization_zone(aws, NOBODY)


@pytest.mark.parametrize("call", sorted(set(ORGANIZATION_READS) - {"sts.assume_role"}))
def test_a_failure_that_hides_accounts_is_a_gap_of_credentials_too(call: str) -> None:
    made = ApiCall(call, {}, error=ApiError("Timeout"))
    zone = ZoneOfTrust(ZoneType.ORGANIZATION, Account.account_id, Account.home)
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)

    credentials = credentials_of(RawAccount(Account.account_id, (made,)), partition="aws", taken_at=noon)

    lost = ReadZone(zone, (made,)).lost
    assert [gap.call for gap in credentials.gaps] == ([] if lost is None else [lost.call])
