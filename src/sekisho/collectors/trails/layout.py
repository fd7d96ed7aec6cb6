"""How CloudTrail names its files, so that only those are opened that can have an answer.

    [prefix/]AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD/ACCOUNT_CloudTrail_REGION_YYYYMMDDTHHMMZ_….json.gz

Source: CloudTrail User Guide, "Getting and viewing your CloudTrail log files".
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from sekisho.policy.arns import parse_arn

LATE: Final = timedelta(days=2)
"""How long after an event its file is looked for. CloudTrail delivers within minutes, and hardly ever later."""

RECORDS: Final = "CloudTrail"
DIGESTS: Final = "CloudTrail-Digest"

_LAYOUT: Final = re.compile(
    r"(?:^|/)AWSLogs/(?:o-[a-z0-9]+/)?(?P<account>\d{12})/(?P<kind>CloudTrail[\w-]*)/(?P<region>[a-z0-9-]+)"
    r"/(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)/"
)
_ENDINGS: Final = tuple(
    f".{kind}{compression}" for kind in ("json", "jsonl", "ndjson", "csv") for compression in ("", ".gz", ".zst")
)
_NO_RECORDS: Final = ("/result_sign.json", ".head-object.json")
"""What lies beside records: the signature of an export of CloudTrail Lake, and what S3 says of a digest.

Source: CloudTrail User Guide, "Find your saved query results".
"""


@dataclass(frozen=True, slots=True)
class Place:
    """What the name of a log file says.

    Attributes:
        kind: `CloudTrail`, or what stands beside it: `CloudTrail-Digest`, `CloudTrail-Insight`, ….
        day: of the delivery, which is that of the events or a later one.
    """

    account: str
    kind: str
    region: str
    day: date


@dataclass(frozen=True, slots=True)
class Question:
    """Which events are asked for.

    Attributes:
        accounts: in whose trails; empty for all.
        regions: in which Regions; empty for all.
        start: the first day, in UTC; None for any.
        end: the last day, in UTC; None for any.
        late: how long after an event its file is looked for.
        kind: of what files: `CloudTrail`, or what stands beside it.
    """

    accounts: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    start: date | None = None
    end: date | None = None
    late: timedelta = LATE
    kind: str = RECORDS

    def may_be_in(self, key: str) -> bool:
        """Say whether a file can have events that are asked for; one whose name says nothing can."""
        place = place_of(key)
        if place is None:
            return self.kind == RECORDS and is_named_as_records(key)
        return (
            place.kind == self.kind
            and (not self.accounts or place.account in self.accounts)
            and (not self.regions or place.region in self.regions)
            and (self.start is None or place.day >= self.start)
            and (self.end is None or place.day - self.late <= self.end)
        )


def place_of(key: str) -> Place | None:
    """Return what the name of a file says; None for one that CloudTrail has not named."""
    found = _LAYOUT.search(key)
    if found is None:
        return None
    try:
        day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None
    return Place(found["account"], found["kind"], found["region"], day)


def is_named_as_records(key: str) -> bool:
    """Say whether a file has a name as files of records have."""
    return key.endswith(_ENDINGS) and not f"/{key}".endswith(_NO_RECORDS)


def accounts_of(principal: str) -> frozenset[str]:
    """Return the accounts in whose trails the calls of a principal are: its own."""
    arn = parse_arn(principal)
    return frozenset({arn.account}) if arn and arn.account else frozenset()
