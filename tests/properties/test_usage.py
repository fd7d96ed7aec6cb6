"""Records become rows by the fast ways as by the plain ones."""

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sekisho.activity.kept import Keeper
from sekisho.activity.needs import READS, UNSEEN, WHOLE
from sekisho.activity.record import read_records
from sekisho.activity.summarist import Summarist

texts = st.none() | st.sampled_from(["", "arn:aws:s3:::reports", "arn:aws:s3:::", "AWS::S3::Object", "111122223333"])
entries = st.lists(
    st.fixed_dictionaries({}, optional=dict.fromkeys(("ARN", "ARNPrefix", "type", "accountId", "other"), texts)),
    max_size=4,
)
ODD = {"type": 1}
"""An entry of no ARN, with which all of them are read as services write them that keep to no form."""

moments = st.datetimes(datetime(1970, 1, 1), datetime(2106, 2, 7, 6, 27)).map(lambda one: one.replace(tzinfo=UTC))  # noqa: DTZ001 - the strategy wants it so


@given(entries)
def test_resources_are_kept_whatever_is_beside_them(resources: list[dict[str, str | None]]) -> None:
    keeper = Keeper(READS, WHOLE, UNSEEN)

    assert keeper.kept(b"", msgspec.json.encode(resources)) == keeper.kept(b"", msgspec.json.encode([*resources, ODD]))


@given(moments)
def test_a_time_is_that_of_the_standard_library(moment: datetime) -> None:
    record = {"eventType": "AwsApiCall", "eventTime": moment.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)}
    summarist = Summarist(Keeper(READS, WHOLE, UNSEEN))

    summarist.add(read_records(msgspec.json.encode({"Records": [record]})))

    assert list(summarist.rows.times) == [int(moment.timestamp())]
